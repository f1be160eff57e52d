"""Counts of pairs of clusters that are close to each other: within a sensor, between layers, between ladders."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core


def pair_distances(
    sensor: NDArray[np.uint8], u_mm: NDArray[np.float32], v_mm: NDArray[np.float32], edges_mm: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the number of pairs int64 (40, bins) of points of the same sensor by distance, each pair once.

    Time grows with the pairs whose v differ by less than the last border.

    Parameters
    ----------
    sensor : uint8 (n,), 0..39, in any order
    u_mm, v_mm : float32 (n,), positions in the frame of the sensor, mm, finite
    edges_mm : float64 (bins + 1,), rising from 0 or more, mm; a distance belongs to the bin whose lower
        border it reaches

    Raises DigitError for values that break these rules, ArrayTypeError for other dtypes and shapes.

    >>> points = np.zeros(3, "u1"), np.array([0, 3, 0], "f4"), np.array([0, 4, 1], "f4")
    >>> pair_distances(*points, np.array([0.0, 2.0, 4.0, 6.0]))[0].tolist()
    [1, 0, 2]
    """
    return _core.pair_distances(sensor, u_mm, v_mm, edges_mm)


def coincidences(
    a1: NDArray[np.float64],
    b1: NDArray[np.float64],
    a2: NDArray[np.float64],
    b2: NDArray[np.float64],
    a_edges: NDArray[np.float64],
    b_edges: NDArray[np.float64],
    period: float = math.inf,
) -> NDArray[np.int64]:
    """Return the number of pairs int64 (a bins, b bins), a point of each list, by the differences of coordinates.

    Differences are second minus first; that of ``a`` is taken modulo the period, as for angles.

    Parameters
    ----------
    a1, b1 : float64 (n,), coordinates of the first list, within +-1e9
    a2, b2 : float64 (m,), of the second list
    a_edges, b_edges : float64 (bins + 1,), rising; those of ``a`` span no more than the period
    period : of ``a``, above 0; infinite for none

    Raises DigitError for values that break these rules, ArrayTypeError for other dtypes and shapes.

    >>> angle, place = np.array([359.0]), np.array([5.0])
    >>> coincidences(angle, place, np.array([1.0]), place, np.array([-4.0, 0, 4]), np.array([-1.0, 1]), 360.0).tolist()
    [[0], [1]]
    """
    return _core.coincidences(a1, b1, a2, b2, a_edges, b_edges, period)
