"""Simulated hits in silicon as columns: the input of the digitizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns

HIT_COLUMNS: dict[str, np.dtype[Any]] = {
    "sensor": np.dtype("u1"),
    "u_mm": np.dtype("<f4"),
    "v_mm": np.dtype("<f4"),
    "du": np.dtype("<f4"),
    "dv": np.dtype("<f4"),
    "dw": np.dtype("<f4"),
    "path_mm": np.dtype("<f4"),
    "energy_keV": np.dtype("<f4"),
    "time_ns": np.dtype("<f4"),
    "particle": np.dtype("<i4"),
    "w_mm": np.dtype("<f4"),
}


@dataclass(frozen=True, eq=False, slots=True)
class SimHits(Columns):
    """Straight passages of particles through the silicon of a sensor.

    Attributes
    ----------
    sensor : uint8 (n,), index 0..39
    u_mm, v_mm : float32 (n,), middle of the path in the local frame of the sensor, mm
    du, dv, dw : float32 (n,), direction cosines in the local frame
    path_mm : float32 (n,), length of the path inside the silicon, mm
    energy_keV : float32 (n,), deposited energy; NaN or not above 0 where it is unknown
    time_ns : float32 (n,), relative to the trigger
    particle : int32 (n,), number of the particle in its event
    w_mm : float32 (n,), depth of the middle of the path, 0 in the mid-plane of the silicon, mm
    """

    sensor: NDArray[np.uint8]
    u_mm: NDArray[np.float32]
    v_mm: NDArray[np.float32]
    du: NDArray[np.float32]
    dv: NDArray[np.float32]
    dw: NDArray[np.float32]
    path_mm: NDArray[np.float32]
    energy_keV: NDArray[np.float32]
    time_ns: NDArray[np.float32]
    particle: NDArray[np.int32]
    w_mm: NDArray[np.float32]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = HIT_COLUMNS
