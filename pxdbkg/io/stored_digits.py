"""Turn digit columns as other programs store them into digits: checked, sorted, one entry a pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import COLUMNS, N_SENSORS, N_U, N_V, Digits, DigitTable
from pxdbkg.detector.ids import sensor_index
from pxdbkg.errors import DigitError
from pxdbkg.kernels.overlay import sort_digits

_SEGMENT = 0x1F


def exactly(values: NDArray[Any], dtype: np.dtype[Any], where: str) -> NDArray[Any]:
    """Return values in another dtype; DigitError, beginning with ``where``, when one of them does not fit.

    >>> exactly(np.array([1, 300]), np.dtype("u2"), "a.root").dtype.name
    'uint16'
    """
    with np.errstate(invalid="ignore"):
        converted = values.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(converted, values):
        bad = values[converted != values][0]
        raise DigitError(f"{where}: {bad} does not fit {dtype.name}. The file is damaged; make it again")
    return converted


def to_table(
    columns: Mapping[str, NDArray[Any]], offsets: NDArray[np.int64], vxd_ids: bool, where: Callable[[int], str]
) -> tuple[DigitTable, dict[str, str]]:
    """Return the digits of some events as the detector numbers them, and what had to be put right.

    Digits out of order are sorted, and charges of one pixel summed, as basf2's PXDDigitSorter does.

    Parameters
    ----------
    columns : sensor, u, v, charge, integers of any width (n,)
    offsets : int64 (events + 1,), checked
    vxd_ids : the column ``sensor`` holds VxdIDs; their segment bits, the frame number of basf2, are dropped
    where : gives the beginning of an error message for an event, counted from 0

    Returns the table and the findings, a sentence by kind (``frames``, ``merged``). Raises DigitError for an unknown
    sensor, a pixel outside the detector or a number that does not fit.
    """
    findings = {}
    try:
        digits = _to_digits(columns, vxd_ids, "digits")
    except DigitError:
        for event, (low, high) in enumerate(pairwise(offsets.tolist())):
            part = {name: column[low:high] for name, column in columns.items()}
            _to_digits(part, vxd_ids, where(event))  # raises again, and names the event
        raise
    if vxd_ids and (frames := int(np.count_nonzero(columns["sensor"] & _SEGMENT))):
        findings["frames"] = f"{frames} digits carry a frame number, which is dropped"
    table = DigitTable(digits, offsets)
    number = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if np.all(np.diff(number * (N_SENSORS * N_V * N_U) + digits.channel()) > 0):
        return table, findings
    events = [part if part.is_sorted() else sort_digits(part)[0] for part in table.events()]
    if merged := len(digits) - sum(map(len, events)):
        findings["merged"] = f"{merged} digits share a pixel with another one; their charges are summed"
    return DigitTable(Digits.concatenate(events), np.cumsum([0, *map(len, events)], dtype=np.int64)), findings


def _to_digits(columns: Mapping[str, NDArray[Any]], vxd_ids: bool, where: str) -> Digits:
    converted = {name: exactly(columns[name], dtype, where) for name, dtype in COLUMNS.items() if name != "sensor"}
    if vxd_ids:
        converted["sensor"] = sensor_index(columns["sensor"], ignore_segment=True, where=where)
    else:
        converted["sensor"] = exactly(columns["sensor"], COLUMNS["sensor"], where)
    digits = Digits(**converted)
    digits.check(where, sorted_unique=False)
    return digits
