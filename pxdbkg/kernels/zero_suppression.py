"""Dense charge maps to digits, and the logarithmic charge code of image networks."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import DigitError

N_CODES = 256


@cache
def codec_edges() -> NDArray[np.float32]:
    """Return the lower edge of every charge in the log code, float32 (256,), read-only.

    Edge k is 2 log2(k + 1) / 8 - 1, computed in double precision and rounded once. A value x means the largest charge
    k with edge[k] <= x. (The code maps 0..255 ADU to -1..1, as basf2's PXD background networks do.)

    >>> float(codec_edges()[7])
    -0.25
    """
    edges = np.array([2.0 * math.log2(k + 1) / 8.0 - 1.0 for k in range(N_CODES)], np.float32)
    edges.flags.writeable = False
    return edges


def encode_adu(adu: NDArray[Any]) -> NDArray[np.float32]:
    """Return charges in the log code, x = 2 log2(adu + 1) / 8 - 1, float32 of the same shape.

    Parameters
    ----------
    adu : charges of any real dtype and shape, 0 or more, ADU; whole ones give the edges of ``codec_edges``

    Raises DigitError for a charge that is negative or not a number.
    """
    charges = np.asarray(adu)
    if charges.size and not bool(np.all(charges >= 0)):
        raise DigitError(f"encode_adu: a charge is {charges[~(charges >= 0)].flat[0]} ADU (allowed: 0 or more)")
    return (2.0 * np.log2(charges.astype(np.float64) + 1.0) / 8.0 - 1.0).astype(np.float32)


def decode_log(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the charges of values in the log code, uint8 of the same shape, ADU: 0 below the code, 255 above it.

    Raises DigitError at NaN.

    >>> decode_log(np.array([-9.0, -0.25, 1.0], np.float32)).tolist()
    [0, 7, 255]
    """
    if bool(np.isnan(values).any()):
        at = tuple(int(i) for i in np.argwhere(np.isnan(values))[0])
        raise DigitError(f"decode_log: value {at} is NaN (allowed: any number)")
    passed = np.searchsorted(codec_edges(), values, side="right")
    return np.maximum(passed - 1, 0).astype(np.uint8)


def suppress_adu(maps: NDArray[np.uint8], threshold: int, sensors: NDArray[np.uint8]) -> Digits:
    """Return the pixels of charge maps at or above a threshold, as sorted digits.

    Parameters
    ----------
    maps : uint8 (s, 250, 768), indexed (sensor, u, v), contiguous, ADU
    threshold : 1..255 ADU
    sensors : uint8 (s,), the sensor index of each map, ascending

    Raises ArrayTypeError for another dtype, shape or layout, DigitError for other values.

    >>> maps = np.zeros((1, 250, 768), np.uint8)
    >>> maps[0, 3, 5] = 9
    >>> suppress_adu(maps, 7, np.array([2], np.uint8)).charge.tolist()
    [9]
    """
    return Digits(*_core.suppress_adu(maps, threshold, sensors))


def suppress_log(maps: NDArray[np.float32], threshold: int, sensors: NDArray[np.uint8]) -> Digits:
    """Decode maps in the log code and return the pixels at or above a threshold, as sorted digits.

    Parameters
    ----------
    maps : float32 (s, 250, 768), indexed (sensor, u, v), or (s, 256, 768) as a network makes them, with u = row - 3
        and six rows of padding, which are not read; contiguous
    threshold : 1..255 ADU
    sensors : uint8 (s,), the sensor index of each map, ascending

    Raises ArrayTypeError for another dtype, shape or layout, DigitError for other values and, naming the pixel, for
    NaN.
    """
    return Digits(*_core.suppress_log(maps, threshold, sensors, codec_edges()))
