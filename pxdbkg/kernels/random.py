"""Turn an event key into arrays of numbers; nothing else in the package draws any.

A draw is a function of the key (``pxdbkg.seeding.event_key``) and of a counter: draw class, sensor, ordinal of the row
and block of four words. Rows therefore do not depend on each other, on their order, or on how many there are. The
layout is fixed (DESIGN.md 4): c0 = (class + 1, or 0 for the event level) << 24 | block, c1 = sensor << 24 | ordinal,
c2 and c3 from the key; word j of a row is word j % 4 of block first_block + j // 4.

All laws use + - * / sqrt and elementary functions of our own, so their values are the same on every x86-64
machine, with or without AVX2.
"""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pxdbkg import _core
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.seeding import key_words

__all__ = ["atan2", "exp", "gamma", "log", "normal", "normal_quantile", "philox4x32", "poisson", "sincos", "uniform"]

MAX_ANGLE = 1e6  # radian; beyond, the reduction of an angle would lose digits


def philox4x32(counter: NDArray[np.uint32], key: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the Philox4x32-10 blocks (n, 4) uint32 of counters (n, 4) under a key (2,).

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).

    >>> [hex(word) for word in philox4x32(np.zeros((1, 4), np.uint32), np.zeros(2, np.uint32))[0]]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    return _core.philox4x32(counter, key)


def uniform(
    key: bytes,
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    count: int,
    *,
    draw_class: int | None = None,
    first_block: int = 0,
    dtype: DTypeLike = np.float64,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return uniform numbers (n, count) in the open interval (0, 1), one word each: ((w >> 8) + 0.5) 2^-24.

    Parameters
    ----------
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    sensor : 0..255, one number or an integer array (n,)
    ordinal : 0..2^24 - 1, one number or an integer array (n,)
    count : numbers a row
    draw_class : 0..254, or None for the event level
    first_block : block of four words at which the rows start; first_block + ceil(count / 4) <= 2^24
    dtype : float64, or float32, which rounds toward zero and so stays below 1
    out : C-contiguous array (at least n, count) whose first n rows are filled and returned; sets the dtype

    Raises DigitError for values out of range and ArrayTypeError for arrays of a wrong type.

    >>> uniform(bytes(16), sensor=3, ordinal=np.arange(2), count=5).shape
    (2, 5)
    """
    return _fill(_core.uniform, "uniform", key, sensor, ordinal, count, draw_class, first_block, dtype, out)


def normal(
    key: bytes,
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    count: int,
    *,
    draw_class: int | None = None,
    first_block: int = 0,
    dtype: DTypeLike = np.float64,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return standard normal numbers (n, count): the quantile of ``uniform``'s numbers, one word each.

    Parameters as for ``uniform``. Quantile: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477. The
    largest magnitude is that of probability 2^-25, 5.42.
    """
    return _fill(_core.normal, "normal", key, sensor, ordinal, count, draw_class, first_block, dtype, out)


def poisson(
    key: bytes,
    mean: NDArray[np.float64],
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    *,
    draw_class: int | None = None,
    first_block: int = 0,
) -> NDArray[np.int64]:
    """Return Poisson numbers (n,) of the given means (n,), 0 to 1e9.

    Below a mean of 10 by inversion (one block), above by transformed rejection (one block an attempt): Hoermann,
    Insurance: Mathematics and Economics 12 (1993) 39, algorithm PTRS. Other parameters and errors as for ``uniform``.
    """
    return _core.poisson(*_counters("poisson", key, sensor, ordinal, draw_class, first_block), _reals(mean))


def gamma(
    key: bytes,
    shape: NDArray[np.float64],
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    *,
    draw_class: int | None = None,
    first_block: int = 0,
) -> NDArray[np.float64]:
    """Return gamma numbers (n,) of the given shapes (n,), above 0 and up to 1e9, with scale 1.

    Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000) 363; one block an attempt, one more for a
    shape below 1. Other parameters and errors as for ``uniform``.
    """
    return _core.gamma(*_counters("gamma", key, sensor, ordinal, draw_class, first_block), _reals(shape))


def log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the natural logarithm (n,) of positive, normal numbers (n,), the same bits on every machine."""
    values = _reals(x)
    if not np.all((values >= np.finfo(np.float64).tiny) & (values < np.inf)):
        raise DigitError("log: an argument is not a positive, normal, finite number")
    return _core.log(values)


def exp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the exponential (n,) of numbers (n,), the same bits on every machine."""
    return _core.exp(_reals(x))


def sincos(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sine and cosine (n,) of angles (n,), up to 1e6 radian, the same bits on every machine; error below 2e-16.

    >>> [part.tolist() for part in sincos(np.array([0.0]))]
    [[0.0], [1.0]]
    """
    values = _reals(x)
    if not np.all(np.abs(values) <= MAX_ANGLE):
        raise DigitError("sincos: an angle is not between -1e6 and 1e6 radian")
    return _core.sincos(values)


def atan2(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the angles (n,) of finite vectors (x, y), -pi to pi, the same bits on every machine; error below 1e-15.

    The angle of a vector of length 0 is 0, whatever the signs of its components.
    """
    ys, xs = _reals(y), _reals(x)
    if not (np.all(np.isfinite(ys)) and np.all(np.isfinite(xs))):
        raise DigitError("atan2: a component is not finite")
    return _core.atan2(ys, xs)


def normal_quantile(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantile (n,) of the standard normal law at probabilities (n,), 0 < p < 1 (AS 241).

    >>> normal_quantile(np.array([0.5]))
    array([0.])
    """
    values = _reals(p)
    if not np.all((values > 0) & (values < 1)):
        raise DigitError("normal_quantile: a probability is not between 0 and 1, both excluded")
    return _core.normal_quantile(values)


def _reals(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, np.float64)


def _integers(where: str, name: str, values: SupportsIndex | NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return a contiguous array (n,) or (1,) of the dtype; what does not fit into it is an error."""
    if not isinstance(values, np.ndarray):
        values = np.array([operator.index(values)])
    if values.dtype == dtype:
        return np.ascontiguousarray(values)
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise ArrayTypeError(f"{where}: {name} is {values.dtype} {values.shape}, expected an integer or integers (n,)")
    high = np.iinfo(np.dtype(dtype)).max
    if values.size and not 0 <= int(values.min()) <= int(values.max()) <= high:
        wrong = int(values[np.argmax((values < 0) | (values > high))])
        raise DigitError(f"{where}: {name} {wrong} (0..{high if name == 'sensor' else 2**24 - 1})")
    return values.astype(dtype)


def _counters(
    where: str,
    key: bytes,
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    draw_class: int | None,
    first_block: int,
) -> tuple[NDArray[np.uint32], int, NDArray[np.uint8], NDArray[np.uint32], int]:
    if draw_class is not None and not 0 <= draw_class <= 254:
        raise DigitError(f"{where}: draw_class {draw_class} (0..254, or None for the event level)")
    if not 0 <= first_block <= 2**24:
        raise DigitError(f"{where}: first_block {first_block} (0..16777215)")
    return (
        np.array(key_words(key), np.uint32),
        0 if draw_class is None else draw_class + 1,
        _integers(where, "sensor", sensor, np.uint8),
        _integers(where, "ordinal", ordinal, np.uint32),
        first_block,
    )


def _fill(
    kernel: Any,
    where: str,
    key: bytes,
    sensor: SupportsIndex | NDArray[Any],
    ordinal: SupportsIndex | NDArray[Any],
    count: int,
    draw_class: int | None,
    first_block: int,
    dtype: DTypeLike,
    out: NDArray[Any] | None,
) -> NDArray[Any]:
    counters = _counters(where, key, sensor, ordinal, draw_class, first_block)
    lengths = {len(counters[2]), len(counters[3])}
    n = 0 if 0 in lengths else max(lengths)
    if count < 0:
        raise DigitError(f"{where}: count {count} (0 or more)")
    if out is None:
        result = np.empty((n, count), dtype)
    elif out.ndim != 2 or out.shape[0] < n or out.shape[1] != count:
        raise ArrayTypeError(f"{where}: out has the shape {out.shape}, expected (at least {n}, {count})")
    else:
        result = out[:n]
    kernel(*counters, result)
    return result
