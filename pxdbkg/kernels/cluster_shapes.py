"""What clusters look like beyond their sums: the pattern of their pixels, widths, and how the charge is spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import Digits
from pxdbkg.kernels.overlay import digit_columns

# Patterns by number; part of every published result, so numbers are never given anew.
SHAPE_CLASSES: tuple[str, ...] = (
    "1 pixel",
    "2 along u",
    "2 along v",
    "2 diagonal, rising",  # u and v grow together
    "2 diagonal, falling",
    "3 along u",
    "3 along v",
    "3 corner, low u low v missing",
    "3 corner, high u low v missing",
    "3 corner, low u high v missing",
    "3 corner, high u high v missing",
    "3 other",
    "4 square",
    "4 along u",
    "4 along v",
    "4 other",
    "5 to 9, long in v",  # at least twice as many rows as columns
    "5 to 9, long in u",  # at least twice as many columns as rows
    "5 to 9, other",
    "10 or more, long in v",
    "10 or more, long in u",
    "10 or more, other",
)


@dataclass(frozen=True, eq=False, slots=True)
class ClusterShapes(Columns):
    """Shapes of n clusters, in the order of the clusters. Lengths are in pixels; means are weighted with charge.

    Attributes
    ----------
    shape_class : uint8 (n,), number of the pattern in ``SHAPE_CLASSES``
    min_charge, second_charge : uint16 (n,), ADU of the lowest and of the second highest pixel (0 for one pixel)
    charge_rms_adu : float32 (n,), spread of the charges of the pixels about their mean
    u_rms, v_rms : float32 (n,), spread of the positions about their mean
    uv_correlation : float32 (n,), -1..1, of the positions; 0 where one of them does not vary
    end_charge_share : float32 (n,), 0..1, share of the charge in the first and last row, or in the first and last
        column where the cluster has more columns than rows
    seed_offset : float32 (n,), distance of the highest pixel (of several the first) from the mean position
    """

    shape_class: NDArray[np.uint8]
    min_charge: NDArray[np.uint16]
    second_charge: NDArray[np.uint16]
    charge_rms_adu: NDArray[np.float32]
    u_rms: NDArray[np.float32]
    v_rms: NDArray[np.float32]
    uv_correlation: NDArray[np.float32]
    end_charge_share: NDArray[np.float32]
    seed_offset: NDArray[np.float32]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = {
        "shape_class": np.dtype("u1"),
        "min_charge": np.dtype("<u2"),
        "second_charge": np.dtype("<u2"),
        "charge_rms_adu": np.dtype("<f4"),
        "u_rms": np.dtype("<f4"),
        "v_rms": np.dtype("<f4"),
        "uv_correlation": np.dtype("<f4"),
        "end_charge_share": np.dtype("<f4"),
        "seed_offset": np.dtype("<f4"),
    }


def cluster_shapes(digits: Digits, labels: NDArray[np.int32], n_clusters: int) -> ClusterShapes:
    """Return the shape of each cluster, row k for label k.

    Parameters
    ----------
    digits : n digits, those of a cluster on one sensor
    labels : int32 (n,), 0..n_clusters - 1, each used; see ``pxdbkg.kernels.label``
    n_clusters : number of clusters

    Raises DigitError for a label outside its range or not used, ArrayTypeError for other dtypes and shapes.

    >>> column = lambda *values: np.array(values, "u2")
    >>> pair = Digits(np.zeros(2, "u1"), column(4, 5), column(7, 7), column(10, 30))
    >>> shapes = cluster_shapes(pair, np.zeros(2, np.int32), 1)
    >>> SHAPE_CLASSES[shapes.shape_class[0]], shapes.seed_offset.tolist(), shapes.charge_rms_adu.tolist()
    ('2 along u', [0.25], [10.0])
    """
    return ClusterShapes(*_core.cluster_shapes(digit_columns(digits), labels, n_clusters))
