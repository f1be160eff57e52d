"""Choices that the validator makes: which rows of an event it keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg.kernels import random


def choose(key: bytes, n: int, count: int) -> NDArray[np.int64]:
    """Return ``count`` different numbers of 0..n - 1, rising, each set of them as likely; all when there are no more.

    >>> choose(bytes(16), 3, 5).tolist()
    [0, 1, 2]
    """
    if count >= n:
        return np.arange(n)
    if count <= 0:
        return np.zeros(0, np.int64)
    lot = random.uniform(key, 0, 0, n)[0]
    return np.sort(np.argpartition(lot, count)[:count])


def integer(key: bytes) -> int:
    """Return 0..2^31 - 1 made from a key, for libraries that ask for a number as their seed.

    >>> integer(bytes(16))
    0
    """
    return int.from_bytes(key[:4], "little") >> 1
