"""Blocks of a sample, summed over units of consecutive events, so that memory stays flat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg.validation.block_values import event_blocks
from pxdbkg.validation.blocks import BLOCKS
from pxdbkg.validation.event import Event

MAX_UNITS = 2000


class Units:
    """Sums of blocks over units of events: single events first, and ever more to a unit when there are many.

    With more than ``max_units`` events, units are merged two by two; all but the last then have the same number.

    Attributes
    ----------
    max_units : even
    """

    def __init__(self, max_units: int = MAX_UNITS) -> None:
        assert max_units > 0
        assert max_units % 2 == 0
        self.max_units = max_units
        sizes = [block.size for block in BLOCKS.values()]
        self._ends = dict(zip(BLOCKS, np.cumsum(sizes).tolist(), strict=True))
        # Memory is taken by the system when a row is written, so few events take little.
        self._rows = np.empty((max_units, sum(sizes)), np.float32)
        self._events = np.zeros(max_units, np.int64)
        self._n_units = 0
        self._events_of_a_unit = 1
        self._open = np.zeros(sum(sizes))  # sums of the last unit, exact

    def add(self, event: Event) -> None:
        """Add one event."""
        if self._n_units == 0 or self._events[self._n_units - 1] == self._events_of_a_unit:
            if self._n_units == self.max_units:
                self._merge()
            self._n_units += 1
            self._open[:] = 0.0
        last = self._n_units - 1
        for name, values in event_blocks(event).items():
            self._open[self._place(name)] += values.ravel()
        self._rows[last] = self._open
        self._events[last] += 1

    @property
    def n_events(self) -> int:
        """Return the number of events."""
        return int(self._events.sum())

    @property
    def events(self) -> NDArray[np.int64]:
        """Return the number of events int64 (n_units,) of each unit."""
        return self._events[: self._n_units]

    @property
    def sums(self) -> dict[str, NDArray[np.float32]]:
        """Return the sums float32 (n_units, size) of each block, by name; views that the next event may change."""
        return {name: self._rows[: self._n_units, self._place(name)] for name in BLOCKS}

    def mean(self, name: str) -> NDArray[np.float64]:
        """Return the mean of a block over events, in its shape; NaN without events."""
        total = self._sums(name).sum(axis=0, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray((total / self.n_events if self.n_events else total / np.nan).reshape(BLOCKS[name].shape))

    def error(self, name: str) -> NDArray[np.float64]:
        """Return the standard error of ``mean``, from the spread of the units; NaN with less than two."""
        if self._n_units < 2:
            return np.full(BLOCKS[name].shape, np.nan)
        events = self.events.astype(np.float64)
        off = self._sums(name) - events[:, None] * self.mean(name).ravel()
        correction = self._n_units / (self._n_units - 1)
        error = np.sqrt(correction * (off**2).sum(axis=0)) / events.sum()
        return np.asarray(error.reshape(BLOCKS[name].shape))

    def _sums(self, name: str) -> NDArray[np.float32]:
        return self._rows[: self._n_units, self._place(name)]

    def _place(self, name: str) -> slice:
        return slice(self._ends[name] - BLOCKS[name].size, self._ends[name])

    def _merge(self) -> None:
        """Add neighbouring units, two and two, in place."""
        half = self.max_units // 2
        for unit in range(half):
            self._rows[unit] = self._rows[2 * unit] + self._rows[2 * unit + 1]
        self._events[:half] = self._events[0::2] + self._events[1::2]
        self._events[half:] = 0
        self._n_units = half
        self._events_of_a_unit *= 2
