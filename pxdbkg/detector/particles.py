"""Background particles as columns: what the simulation of a background event starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns

ELECTRON_MASS_MEV = 0.51099895
PARTICLE_COLUMNS: dict[str, np.dtype[Any]] = {
    "x_mm": np.dtype("<f8"),
    "y_mm": np.dtype("<f8"),
    "z_mm": np.dtype("<f8"),
    "px_MeV": np.dtype("<f8"),
    "py_MeV": np.dtype("<f8"),
    "pz_MeV": np.dtype("<f8"),
    "charge": np.dtype("i1"),
    "time_ns": np.dtype("<f8"),
    "source": np.dtype("u1"),
    "number": np.dtype("<u4"),
}


@dataclass(frozen=True, eq=False, slots=True)
class Particles(Columns):
    """Electrons, positrons and photons of one event, where and with what momentum they start.

    Attributes
    ----------
    x_mm, y_mm, z_mm : float64 (n,), global position, mm
    px_MeV, py_MeV, pz_MeV : float64 (n,), global momentum, MeV/c
    charge : int8 (n,), -1 and +1 (electrons, positrons) or 0 (photons)
    time_ns : float64 (n,), relative to the trigger
    source : uint8 (n,), number of the background source, 0..30
    number : uint32 (n,), number of the particle among those of its source in this event, below 2^24: with ``source``
        it names the draws of the particle, which therefore do not depend on other sources
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]
    z_mm: NDArray[np.float64]
    px_MeV: NDArray[np.float64]
    py_MeV: NDArray[np.float64]
    pz_MeV: NDArray[np.float64]
    charge: NDArray[np.int8]
    time_ns: NDArray[np.float64]
    source: NDArray[np.uint8]
    number: NDArray[np.uint32]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = PARTICLE_COLUMNS
