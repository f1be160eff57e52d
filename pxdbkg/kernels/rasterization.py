"""Clusters, given pixel by pixel, to digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import Digits


class RasterCounts(NamedTuple):
    """What ``rasterize`` did.

    Attributes
    ----------
    pixels : pixels of clusters that were given
    outside : those dropped because they lie outside the sensor
    clipped : digits above 255 ADU
    """

    pixels: int
    outside: int
    clipped: int


def rasterize(
    sensor: NDArray[np.uint8],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    n_pixels: NDArray[np.int64],
    du: NDArray[np.int16],
    dv: NDArray[np.int16],
    adu: NDArray[np.float32],
    *,
    threshold: int,
) -> tuple[Digits, RasterCounts]:
    """Return the sorted digits of clusters.

    Pixels outside the sensor are dropped and counted. The charges of a pixel are summed in float32 in the order given
    (so the same rows give the same bytes), rounded down, clipped at 255 and kept from the threshold on.

    Parameters
    ----------
    sensor : (n,), 0..39, in any order; rows of one sensor are drawn in the order given
    u, v : (n,), column and row of the origin; any value
    n_pixels : (n,), pixels of each row, 0 or more
    du, dv : (p,), steps from the origin, the pixels of one row after those of the row before; p is the sum of n_pixels
    adu : (p,), charges, ADU; infinity clips, negative charges reduce the sum
    threshold : 1..255 ADU

    Raises DigitError, naming the row, for an unknown sensor, wrong pixel counts, NaN and minus infinity;
    ArrayTypeError for another dtype, shape or layout.

    >>> one = np.ones(1, np.int64)
    >>> step = np.array([0, 1], np.int16)
    >>> adu = np.array([9.9, 400.0], np.float32)
    >>> digits, counts = rasterize(np.zeros(1, np.uint8), one, one, 2 * one, step, 0 * step, adu, threshold=7)
    >>> digits.u.tolist(), digits.charge.tolist(), counts.clipped
    ([1, 2], [9, 255], 1)
    """
    columns, counts = _core.rasterize(sensor, u, v, n_pixels, du, dv, adu, threshold)
    return Digits(*columns), RasterCounts(*counts)
