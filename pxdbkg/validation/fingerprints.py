"""Short marks of events, sensors and clusters, by which copies show, and coarse pictures, by which near copies do."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.validation.event import Event

FEWEST_DIGITS = 4  # of a sensor or an event with a mark: those with fewer agree by chance
FEWEST_PIXELS = 6  # of a cluster with a mark
CLUSTER_SHARE = 4  # one of so many large clusters has a mark: by its charge, so that a copy has one as well
CELLS_U, CELLS_V = 6, 8  # of the coarse picture of a sensor, about 42 x 96 pixels each
NONE = 0  # mark of what has too few digits
_CELL_OF_U = np.arange(N_U) * CELLS_U // N_U * CELLS_V
_CELL_OF_V = np.arange(N_V) // (N_V // CELLS_V)
_CELL_OF_SENSOR = np.arange(N_SENSORS) * CELLS_U * CELLS_V


class Fingerprints:
    """Marks of the events of a sample, in their order; 4 kB an event and 5 kB for its clusters.

    Attributes
    ----------
    events : uint64 (n,), mark of all digits, NONE below FEWEST_DIGITS
    sensors : uint64 (n, 40), mark of the digits of a sensor, wherever the sensor is; NONE below FEWEST_DIGITS
    clusters : uint64 (m,), marks of large clusters, from charges and relative positions; see ``cluster_marks``
    cluster_event : int32 (m,), event of each of them
    cells : float16 (n, 40, CELLS_U * CELLS_V), square root of the number of digits in a cell; the root has about the
        same spread, 1/2, for any Poisson mean (Anscombe, Biometrika 35 (1948) 246)

    Marks of events and sensors are the first 64 bits of a sha256.
    """

    def __init__(self) -> None:
        self._events: list[int] = []
        self._sensors: list[NDArray[np.uint64]] = []
        self._clusters: list[NDArray[np.uint64]] = []
        self._cells: list[NDArray[np.float16]] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """Take one event."""
        digits = event.digits
        pixel = digits.v.astype(np.uint64) * np.uint64(N_U) + digits.u
        content = ((pixel << np.uint64(16)) | digits.charge).astype("<u8", copy=False).tobytes()
        borders = np.searchsorted(digits.sensor, np.arange(N_SENSORS + 1))
        marks = np.zeros(N_SENSORS, np.uint64)
        whole = hashlib.sha256()
        for sensor, (start, stop) in enumerate(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)):
            digest = hashlib.sha256(content[8 * start : 8 * stop]).digest()
            whole.update(digest)
            if stop - start >= FEWEST_DIGITS:
                marks[sensor] = _mark(digest)
        self._events.append(_mark(whole.digest()) if len(digits) >= FEWEST_DIGITS else NONE)
        self._sensors.append(marks)
        self._cells.append(_cells(event))
        self._clusters.append(cluster_marks(event))
        for name in ("events", "sensors", "clusters", "cluster_event", "cells"):
            self.__dict__.pop(name, None)

    @cached_property
    def events(self) -> NDArray[np.uint64]:
        return np.array(self._events, np.uint64)

    @cached_property
    def sensors(self) -> NDArray[np.uint64]:
        return np.array(self._sensors, np.uint64).reshape(-1, N_SENSORS)

    @cached_property
    def clusters(self) -> NDArray[np.uint64]:
        return np.concatenate([np.zeros(0, np.uint64), *self._clusters])

    @cached_property
    def cluster_event(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(len(self), dtype=np.int32), [len(one) for one in self._clusters])

    @cached_property
    def cells(self) -> NDArray[np.float16]:
        return np.array(self._cells, np.float16).reshape(-1, N_SENSORS, CELLS_U * CELLS_V)


def _mark(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "little") or 1


def _cells(event: Event) -> NDArray[np.float16]:
    digits = event.digits
    cell = _CELL_OF_U[digits.u] + _CELL_OF_V[digits.v] + _CELL_OF_SENSOR[digits.sensor]
    counts = np.bincount(cell, minlength=N_SENSORS * CELLS_U * CELLS_V)
    return np.sqrt(counts).astype(np.float16).reshape(N_SENSORS, -1)


def cluster_marks(event: Event) -> NDArray[np.uint64]:
    """Return marks uint64 (m,) of clusters of FEWEST_PIXELS or more whose charge is a multiple of CLUSTER_SHARE.

    A mark is a sum of a mixed word a pixel, made of its column and row inside the cluster and its charge, so it does
    not depend on where the cluster is. The mixing is that of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, figure 17).
    """
    clusters = event.clusters
    is_marked = (clusters.size >= FEWEST_PIXELS) & (clusters.charge % CLUSTER_SHARE == 0)
    rank = np.cumsum(is_marked) - 1
    inside = np.flatnonzero(is_marked[event.labels])
    label = event.labels[inside]
    across = (event.digits.u[inside] - clusters.u_start[label]).astype(np.uint64)
    along = (event.digits.v[inside] - clusters.v_start[label]).astype(np.uint64)
    word = _mixed((across << np.uint64(32)) | (along << np.uint64(16)) | event.digits.charge[inside])
    count = int(is_marked.sum())
    halves = [word & np.uint64(0xFFFFFFFF), word >> np.uint64(32)]
    # Sums of 32-bit numbers are exact in double precision up to 2^21 pixels.
    low, high = (np.bincount(rank[label], half, count).astype(np.uint64) for half in halves)
    return _mixed((low & np.uint64(0xFFFFFFFF)) ^ (high << np.uint64(32)))


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
