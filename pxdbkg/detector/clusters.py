"""Pixel clusters as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns

CLUSTER_COLUMNS: dict[str, np.dtype[Any]] = {
    "sensor": np.dtype("u1"),
    "u_mm": np.dtype("<f4"),
    "v_mm": np.dtype("<f4"),
    "charge": np.dtype("<u4"),
    "seed_charge": np.dtype("<u2"),
    "size": np.dtype("<u4"),
    "u_size": np.dtype("<u2"),
    "v_size": np.dtype("<u2"),
    "u_start": np.dtype("<u2"),
    "v_start": np.dtype("<u2"),
}


@dataclass(frozen=True, eq=False, slots=True)
class Clusters(Columns):
    """Groups of neighbouring digits, in the order of their first digit.

    Attributes
    ----------
    sensor : uint8 (n,), index 0..39
    u_mm, v_mm : float32 (n,), charge-weighted position in the local frame of the sensor, mm
    charge : uint32 (n,), sum of the charges of the digits, ADU
    seed_charge : uint16 (n,), the largest charge of a digit, ADU
    size : uint32 (n,), number of digits
    u_size, v_size : uint16 (n,), columns and rows that the cluster spans
    u_start, v_start : uint16 (n,), its smallest column and row
    """

    sensor: NDArray[np.uint8]
    u_mm: NDArray[np.float32]
    v_mm: NDArray[np.float32]
    charge: NDArray[np.uint32]
    seed_charge: NDArray[np.uint16]
    size: NDArray[np.uint32]
    u_size: NDArray[np.uint16]
    v_size: NDArray[np.uint16]
    u_start: NDArray[np.uint16]
    v_start: NDArray[np.uint16]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = CLUSTER_COLUMNS
