"""Memory that every event uses again."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch(threading.local):
    """Arrays by name, kept by each thread for its next event.

    Arrays of an event are larger than what malloc keeps, and fresh memory costs a page fault every 4 kB: about a third
    of the time of an event of the null model.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array with any content; it is overwritten when this name is asked for again."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < size or buffer.dtype != dtype:
            buffer = self._buffers[name] = np.empty(size + size // 8, dtype)
        return buffer[:size].reshape(shape)
