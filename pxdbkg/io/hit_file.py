"""Files of simulated hits: npz, one entry a passage of a particle through a sensor.

Members: ``event, particle, sensor`` (integers), ``u_mm, v_mm, du, dv, dw, path_mm, edep_MeV, time_ns`` (numbers); the
events are in ascending order from 0. ``all_pt`` (events, particles) tells how many events there are when the last ones
have no hit. Other members, such as the truth of the particles, are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.hits import HIT_COLUMNS, SimHits
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.zipread import ZipReader
from pxdbkg.kernels.deposition import check_hits

_INTEGERS = ("event", "particle", "sensor")
_NUMBERS = ("u_mm", "v_mm", "du", "dv", "dw", "path_mm", "edep_MeV", "time_ns")
_KEV_PER_MEV = 1000.0


class HitFiles:
    """Hits of the events of several files, one file after the other, in memory.

    Parameters
    ----------
    paths : npz files

    Raises FileError, which names the file, when one is missing, damaged, lacks a column, or holds values that cannot
    be digitized.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        if not paths:
            raise FileError("no file is given. Name at least one npz file of hits")
        parts = [_read(Path(path)) for path in paths]
        starts = np.cumsum([0, *(len(offsets) - 1 for _, offsets in parts)])
        self._parts = parts
        self._starts: NDArray[np.int64] = starts.astype(np.int64)

    @property
    def n_events(self) -> int:
        """Number of events in all files."""
        return int(self._starts[-1])

    @property
    def n_hits(self) -> int:
        """Number of hits in all files."""
        return sum(len(hits) for hits, _ in self._parts)

    def event(self, entry: int) -> SimHits:
        """Return the hits of event ``entry``, counting from 0 through all files."""
        if not 0 <= entry < self.n_events:
            raise DigitError(f"HitFiles: no entry {entry} (0..{self.n_events - 1})")
        part = int(np.searchsorted(self._starts, entry, side="right")) - 1
        hits, offsets = self._parts[part]
        local = entry - int(self._starts[part])
        return hits.select(slice(int(offsets[local]), int(offsets[local + 1])))


def _read(path: Path) -> tuple[SimHits, NDArray[np.int64]]:
    with ZipReader(path) as archive:
        missing = [name for name in (*_INTEGERS, *_NUMBERS) if f"{name}.npy" not in archive]
        if missing:
            raise FileError(
                f"{path}: is not a file of hits, the column(s) {', '.join(missing)} are missing. "
                "Give an npz file with one array a column"
            )
        archive.verify()  # a stored member is not checked when it is mapped
        columns = {name: archive.array(name) for name in (*_INTEGERS, *_NUMBERS)}
        known_events = len(archive.array("all_pt")) if "all_pt.npy" in archive else 0
    n = len(columns["event"]) if columns["event"].ndim == 1 else -1
    for name, column in columns.items():
        kinds = "iu" if name in _INTEGERS else "f"
        if column.shape != (n,) or column.dtype.kind not in kinds:
            wanted = "integers" if kinds == "iu" else "numbers"
            raise FileError(f"{path}: column '{name}' is {column.dtype} {column.shape}, expected {wanted} ({n},)")
    event = columns["event"].astype(np.int64)
    if n and (event[0] < 0 or np.any(np.diff(event) < 0)):
        at = int(np.argmax(np.diff(event, prepend=0) < 0))
        raise FileError(
            f"{path}: event numbers run backwards at hit {at} ({event[at]}). Sort the hits by event, from 0"
        )
    sensor = columns["sensor"]
    if n and not 0 <= int(sensor.min()) <= int(sensor.max()) <= 255:
        raise FileError(f"{path}: a hit is on sensor {sensor[(sensor < 0) | (sensor > 255)][0]} (0..39)")
    columns["w_mm"] = np.zeros(n)  # hits of a file cross the mid-plane
    columns["energy_keV"] = columns["edep_MeV"].astype(np.float64) * _KEV_PER_MEV
    hits = SimHits(*(np.ascontiguousarray(columns[name], dtype) for name, dtype in HIT_COLUMNS.items()))
    try:
        check_hits(hits, str(path))
    except DigitError as error:
        raise FileError(str(error)) from None
    n_events = max(known_events, int(event[-1]) + 1 if n else 0)
    return hits, np.searchsorted(event, np.arange(n_events + 1)).astype(np.int64)
