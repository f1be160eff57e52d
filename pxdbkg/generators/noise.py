"""The noise of an event: which counters each input of a network is drawn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.kernels import random

_ALL = np.arange(N_SENSORS, dtype=np.uint8)
_IMAGE_CLASS = 0


def event_normals(key: bytes, count: int) -> NDArray[np.float32]:
    """Return normal (1, E) of the event: event level, sensor 0, ordinal 0."""
    return random.normal(key, 0, 0, count, dtype=np.float32) if count else np.zeros((1, 0), np.float32)


def event_uniforms(key: bytes, count: int) -> NDArray[np.float32]:
    """Return uniform (1, 40, K) of the event: event level, each sensor, ordinal 1."""
    return random.uniform(key, _ALL, 1, count, dtype=np.float32)[np.newaxis]


def sensor_normals(key: bytes, count: int) -> NDArray[np.float32]:
    """Return normal (1, 40, E) of the sensors of an event: event level, each sensor, ordinal 0."""
    if not count:
        return np.zeros((1, N_SENSORS, 0), np.float32)
    return random.normal(key, _ALL, 0, count, dtype=np.float32)[np.newaxis]


def image_normals(key: bytes, sensors: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return normal (b, *shape) of images: class 0, the sensor, ordinal 0."""
    count = int(np.prod(shape))
    return random.normal(key, sensors, 0, count, draw_class=_IMAGE_CLASS, dtype=np.float32).reshape(-1, *shape)


def cluster_rows(
    key: bytes,
    k: int,
    sensors: NDArray[np.uint8],
    ordinals: NDArray[np.uint32],
    normal: NDArray[np.float32],
    uniform: NDArray[np.float32],
) -> None:
    """Fill normal (block, Z_k) and uniform (block, U_k) of clusters of class k; rows beyond the given ones are 0.

    Normal numbers take the first ceil(Z_k / 4) blocks of a row, uniform numbers the blocks after them.
    """
    n_normals, n_uniforms = normal.shape[1], uniform.shape[1]
    normal[len(sensors) :] = 0
    uniform[len(sensors) :] = 0
    if n_normals:
        random.normal(key, sensors, ordinals, n_normals, draw_class=k, out=normal)
    if n_uniforms:
        random.uniform(key, sensors, ordinals, n_uniforms, draw_class=k, first_block=-(-n_normals // 4), out=uniform)
