"""Where and how the particles of one source start, before they get a time and a place in the event."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.particles import Particles
from pxdbkg.reference.draws import Floats


class Starts(NamedTuple):
    """Columns (n,) of the particles of one source.

    Attributes
    ----------
    x_mm, y_mm, z_mm : position, mm
    px_MeV, py_MeV, pz_MeV : momentum, MeV/c
    charge : int8, -1, 0 or +1
    when : uniform numbers 0..1, the time in the window; particles of one collision or shower share it
    """

    x_mm: Floats
    y_mm: Floats
    z_mm: Floats
    px_MeV: Floats
    py_MeV: Floats
    pz_MeV: Floats
    charge: NDArray[np.int8]
    when: Floats

    @classmethod
    def none(cls) -> Self:
        """Return no particle."""
        empty = np.zeros(0)
        return cls(empty, empty, empty, empty, empty, empty, np.zeros(0, np.int8), empty)

    def particles(self, source: int, time_ns: Floats) -> Particles:
        """Return them as particles of a source, at times (n,), ns."""
        n = len(self.charge)
        number = np.arange(n, dtype=np.uint32)
        return Particles(*self[:7], np.ascontiguousarray(time_ns), np.full(n, source, np.uint8), number)
