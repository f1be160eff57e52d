"""Clusters as points of a space of features, projected onto fixed directions, for the sliced Wasserstein distance."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.kernels.cluster_shapes import ClusterShapes
from pxdbkg.kernels.random import normal
from pxdbkg.seeding import event_key
from pxdbkg.validation.blocks import DIRECTION
from pxdbkg.validation.event import SEED

# Name, what is subtracted, what is divided by: rounded mean and width in simulated background (preset geant4). Of
# charge, sizes and charge rms the logarithm is taken (of 1 + the rms), so that single large clusters do not rule.
STANDARD: tuple[tuple[str, float, float], ...] = (
    ("charge", 3.95, 0.8),
    ("seed_charge", 3.3, 0.6),
    ("size", 0.95, 0.75),
    ("u_size", 0.65, 0.65),
    ("v_size", 0.6, 0.65),
    ("charge_rms_adu", 1.6, 1.1),
    ("u_rms", 0.5, 0.75),
    ("v_rms", 0.45, 0.7),
    ("end_charge_share", 0.78, 0.31),
    ("seed_offset", 0.55, 0.9),
    ("u_mm", 0.0, 3.6),
    ("v_mm", 0.0, 15.0),
)
LARGEST = 4.0  # of a standardised feature
_LOGARITHMS = {"charge": 16384, "seed_charge": 512, "size": 1024, "u_size": 256, "v_size": 1024}  # largest + 1


@lru_cache(maxsize=1)
def directions() -> NDArray[np.float32]:
    """Return the fixed unit vectors float32 (12, 32), uniform on the sphere."""
    drawn = normal(event_key(SEED, "sliced", 0, 0, 0), 0, np.arange(DIRECTION.bins), len(STANDARD))
    return np.ascontiguousarray((drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).T, np.float32)


def standardised(clusters: Clusters, shapes: ClusterShapes) -> NDArray[np.float32]:
    """Return the features of n clusters float32 (12, n), about 0 with width 1, within +-4."""
    features = np.empty((len(STANDARD), len(clusters)), np.float32)
    for row, (name, centre, width) in zip(features, STANDARD, strict=True):
        values = clusters[name] if name in clusters.dtypes else shapes[name]
        if name in _LOGARITHMS:
            np.take(_logarithms(name), np.minimum(values, _LOGARITHMS[name] - 1), out=row)
        elif name == "charge_rms_adu":
            np.log1p(values, out=row)
        else:
            row[:] = values
        row -= np.float32(centre)
        row *= np.float32(1.0 / width)
    return np.clip(features, -LARGEST, LARGEST, out=features)


def projections(clusters: Clusters, shapes: ClusterShapes) -> NDArray[np.float32]:
    """Return the products float32 (m, 32) of the features of every second cluster with the directions.

    Half of the clusters of an event tell as much about a sample of events as all of them, in half the time.
    """
    some = slice(None, None, 2)
    return np.ascontiguousarray(standardised(clusters.select(some), shapes.select(some)).T @ directions())


@lru_cache(maxsize=len(_LOGARITHMS))
def _logarithms(name: str) -> NDArray[np.float32]:
    """Return the logarithms of whole numbers; 0 for 0."""
    return np.log(np.maximum(np.arange(_LOGARITHMS[name]), 1)).astype(np.float32)
