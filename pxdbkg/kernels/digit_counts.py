"""Histograms of the digits of an event, all in one pass, and of neighbouring charges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import Digits
from pxdbkg.kernels.overlay import digit_columns


class DigitCounts(NamedTuple):
    """Numbers of digits by sensor and place or charge.

    Attributes
    ----------
    charge : int64 (40, 256), by charge in ADU; the last bin holds larger ones too
    u : int64 (40, 250), by column
    v : int64 (40, 768), by row
    region : int64 (40, 4, 6), by region of read-out: DCD (4 u + v mod 4) // 250 and 128 rows (32 gates), the 24 parts
        of basf2's PXDGainMapPar
    tile : int64 (40, 2, 6), by tile of 125 columns and 128 rows
    """

    charge: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    region: NDArray[np.int64]
    tile: NDArray[np.int64]


def digit_counts(digits: Digits) -> DigitCounts:
    """Return the numbers of digits by sensor and charge, column, row, region and tile.

    Raises DigitError for a digit outside the detector.

    >>> column = lambda *values: np.array(values, "u2")
    >>> counts = digit_counts(Digits(np.array([3], "u1"), column(62), column(130), column(9)))
    >>> [np.argwhere(table).tolist() for table in counts]
    [[[3, 9]], [[3, 62]], [[3, 130]], [[3, 1, 1]], [[3, 0, 1]]]
    """
    return DigitCounts(*_core.digit_counts(digit_columns(digits)))


def neighbour_charges(digits: Digits, class_of: NDArray[np.uint8], classes: int) -> NDArray[np.int64]:
    """Return the number of pairs int64 (2, classes, classes) of neighbouring digits by the classes of their charges.

    Axis 0: neighbours along u and along v; then the class of the digit with the smaller u (v), and that of the other.

    Parameters
    ----------
    digits : sorted, one entry a pixel
    class_of : uint8 (256,), class of each charge in ADU; larger charges have that of 255
    classes : number of classes, 1..255

    Raises DigitError for digits that are not sorted and classes out of range, ArrayTypeError for other arrays.

    >>> column = lambda *values: np.array(values, "u2")
    >>> pair = Digits(np.zeros(2, "u1"), column(4, 5), column(7, 7), column(10, 300))
    >>> neighbour_charges(pair, (np.arange(256) >= 100).astype("u1"), 2)[0].tolist()
    [[0, 1], [0, 0]]
    """
    return _core.neighbour_charges(digit_columns(digits), class_of, classes)
