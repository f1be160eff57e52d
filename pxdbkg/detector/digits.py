"""Pixel digits as columns, of one event (``Digits``) and of many (``DigitTable``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns
from pxdbkg.errors import ArrayTypeError, DigitError

N_SENSORS = 40
N_U = 250
N_V = 768
COLUMNS: dict[str, np.dtype[Any]] = {
    "sensor": np.dtype("u1"),
    "u": np.dtype("<u2"),
    "v": np.dtype("<u2"),
    "charge": np.dtype("<u2"),
}


@dataclass(frozen=True, eq=False, slots=True)
class Digits(Columns):
    """Fired pixels of one event, or of several one after the other.

    Attributes
    ----------
    sensor : uint8 (n,), index 0..39: layer 1 ladders 1..8 x sensors 1, 2, then layer 2 ladders 1..12 x 1, 2
    u : uint16 (n,), column 0..249 (r-phi)
    v : uint16 (n,), row 0..767 (z)
    charge : uint16 (n,), ADU

    Sorted digits are in strictly ascending order of (sensor, v, u): one entry a pixel.
    """

    sensor: NDArray[np.uint8]
    u: NDArray[np.uint16]
    v: NDArray[np.uint16]
    charge: NDArray[np.uint16]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = COLUMNS

    @classmethod
    def from_maps(cls, maps: NDArray[np.uint8]) -> Digits:
        """Return the non-zero pixels of dense maps (40, 250, 768), indexed (sensor, u, v), sorted."""
        if maps.ndim != 3 or maps.shape[1:] != (N_U, N_V) or maps.shape[0] > N_SENSORS:
            raise ArrayTypeError(f"Digits.from_maps: expected maps of shape (sensors, 250, 768), got {maps.shape}")
        by_row = np.asarray(maps).transpose(0, 2, 1)  # (sensor, u, v) -> (sensor, v, u), the order of digits
        sensor, v, u = np.nonzero(by_row)
        return cls(sensor.astype("u1"), u.astype("u2"), v.astype("u2"), by_row[sensor, v, u].astype("u2"))

    def to_maps(self) -> NDArray[np.uint16]:
        """Return dense maps (40, 250, 768) of charge, indexed (sensor, u, v); charges of one pixel are summed."""
        maps = np.zeros((N_SENSORS, N_U, N_V), np.uint16)
        np.add.at(maps, (self.sensor, self.u, self.v), self.charge)
        return maps

    def channel(self) -> NDArray[np.int64]:
        """Return the pixel number (sensor * 768 + v) * 250 + u (n,), which sorts as digits do."""
        return (self.sensor.astype(np.int64) * N_V + self.v) * N_U + self.u

    def is_sorted(self) -> bool:
        """Tell whether the entries are in strictly ascending order of (sensor, v, u)."""
        return bool(np.all(np.diff(self.channel()) > 0))

    def check(self, where: str, *, sorted_unique: bool = True) -> None:
        """Raise DigitError when a digit lies outside the detector or, if asked, the order is broken."""
        for name, size in (("sensor", N_SENSORS), ("u", N_U), ("v", N_V)):
            if len(self) and int(self[name].max()) >= size:
                at = int(np.argmax(self[name] >= size))
                raise DigitError(
                    f"{where}: digit {at} has {name} {int(self[name][at])}, outside the detector (0..{size - 1})"
                )
        if sorted_unique and not self.is_sorted():
            at = int(np.argmax(np.diff(self.channel()) <= 0)) + 1
            raise DigitError(
                f"{where}: digit {at} is out of order (sorted by sensor, v, u, one entry a pixel). "
                "Sort first: PXDDigitSorter, or pxdbkg.kernels.sort_digits"
            )

    def digest(self) -> str:
        """Return the sha256 of the columns sensor u1, u <u2, v <u2, charge <u2, one after the other."""
        sha = hashlib.sha256()
        for name, dtype in COLUMNS.items():
            sha.update(np.ascontiguousarray(self[name], dtype).tobytes())
        return sha.hexdigest()


class DigitTable(NamedTuple):
    """Digits of several events: the columns, and where each event starts.

    Attributes
    ----------
    columns : the digits of all events, one event after the other
    offsets : int64 (events + 1,); event i has the entries offsets[i] to offsets[i + 1]
    """

    columns: Digits
    offsets: NDArray[np.int64]

    def event(self, index: int) -> Digits:
        """Return the digits of one event."""
        return self.columns.select(slice(int(self.offsets[index]), int(self.offsets[index + 1])))

    def events(self) -> Iterator[Digits]:
        """Iterate over the digits of each event."""
        return (self.event(index) for index in range(len(self.offsets) - 1))


def check_offsets(offsets: NDArray[Any], length: int, where: str) -> None:
    """Raise DigitError unless offsets rise from 0 to the length of the columns."""
    if offsets.ndim != 1 or offsets.dtype.kind != "i" or len(offsets) < 1:
        raise DigitError(f"{where}: offsets are {offsets.dtype} {offsets.shape}, expected int64 (events + 1,)")
    if int(offsets[0]) != 0:
        raise DigitError(f"{where}: the first offset is {int(offsets[0])}, expected 0")
    steps = np.diff(offsets)
    if np.any(steps < 0):
        at = int(np.argmax(steps < 0))
        raise DigitError(
            f"{where}: offsets run backwards at event {at} ({int(offsets[at])} to {int(offsets[at + 1])}). "
            "The file is damaged; make it again"
        )
    if int(offsets[-1]) != length:
        raise DigitError(f"{where}: the last offset is {int(offsets[-1])}, but the columns have {length} entries")
