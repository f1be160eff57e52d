"""Distances of events to their nearest neighbours, in the coarse pictures of the fingerprints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 256  # events a matrix product

Cells = NDArray[np.float16]
Floats = NDArray[np.float32]


def nearest(cells: Cells, others: Cells) -> tuple[Floats, Floats]:
    """Return the distance of each event to the nearest of the others, of the whole event and sensor by sensor.

    Parameters
    ----------
    cells : float16 (n, 40, cells), see ``Fingerprints``
    others : float16 (m, 40, cells), m > 0

    The first array (n,) is the Euclidean distance of the events. The second is the mean over sensors of the distance to
    the nearest of the same sensor, whichever event that is in: it is small when sensors of several events are put
    together.
    """
    whole, by_sensor = np.zeros(len(cells), np.float32), np.zeros(len(cells), np.float32)
    targets = np.ascontiguousarray(others.transpose(1, 0, 2), np.float32)
    squares = np.einsum("snc,snc->sn", targets, targets)
    for first in range(0, len(cells), BLOCK):
        block = np.ascontiguousarray(cells[first : first + BLOCK].transpose(1, 0, 2), np.float32)
        total = np.zeros((block.shape[1], len(others)), np.float32)
        mean = np.zeros(block.shape[1], np.float32)
        for sensor, own in enumerate(block):
            distance = np.maximum(_squares(own, targets[sensor], squares[sensor]), 0)
            total += distance
            mean += np.sqrt(distance.min(axis=1)) / np.float32(len(block))
        whole[first : first + BLOCK] = np.sqrt(total.min(axis=1))
        by_sensor[first : first + BLOCK] = mean
    return whole, by_sensor


def neighbours(cells: Cells, others: Cells | None, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the ``count`` nearest of the others of each event (n, count), nearest first, and their distances.

    Without others, those of the same sample but the event itself; of fewer events, all.
    """
    flat = cells.reshape(len(cells), -1).astype(np.float32)
    targets = flat if others is None else others.reshape(len(others), -1).astype(np.float32)
    squares = np.einsum("nc,nc->n", targets, targets)
    count = min(count, len(targets) - (others is None))
    index = np.empty((len(cells), count), np.int64)
    distance = np.empty((len(cells), count), np.float32)
    for first in range(0, len(cells), BLOCK):
        block = flat[first : first + BLOCK]
        found = _squares(block, targets, squares)
        if others is None:
            row = np.arange(len(block))
            found[row, first + row] = np.inf
        near = np.argpartition(found, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(near, np.argsort(np.take_along_axis(found, near, 1), axis=1, kind="stable"), 1)
        index[first : first + BLOCK] = near
        distance[first : first + BLOCK] = np.sqrt(np.maximum(np.take_along_axis(found, near, 1), 0))
    return index, distance


def _squares(own: Floats, others: Floats, squares: Floats) -> Floats:
    """Squared distances (n, m); rounding can leave them slightly below 0."""
    return np.asarray(np.einsum("nc,nc->n", own, own)[:, np.newaxis] + squares - 2 * (own @ others.T))
