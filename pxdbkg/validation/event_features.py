"""One vector of features for each event, without and with pairs, for tests that compare events.

A test of events becomes as sharp as one likes when features are added, so that both lists are fixed: a change raises
``EVENT_FEATURES_VERSION``.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.validation.block_values import LAYER_SIZE, event_blocks
from pxdbkg.validation.blocks import (
    BACKGROUND,
    DISTANCE,
    GATES,
    GROUP,
    GROUP_OF_SENSOR,
    LAYER,
    LAYER_COT,
    LAYER_PHI,
    LAYERS,
    OVERLAP_RPHI,
    OVERLAP_Z,
    SENSOR,
    SHAPE,
    SIZE,
    TILE_PHI,
    TILE_Z,
    WITHIN_U,
)
from pxdbkg.validation.event import Event

EVENT_FEATURES_VERSION = 1

_MEANS = ("size", "u_size", "v_size", "charge", "seed_charge")  # of clusters
_LARGE_BIN = SIZE.edges.index(10)
_LAYER_BIN = SIZE.edges.index(LAYER_SIZE)


def _ranges(edges: tuple[float, ...]) -> list[str]:
    return [f"{low:g} to {high:g}" for low, high in itertools.pairwise(edges)]


EVENT_FEATURES: tuple[str, ...] = (
    *(f"digits, {sensor}" for sensor in SENSOR.categories),
    *(f"mean charge, {sensor}" for sensor in SENSOR.categories),
    *(f"clusters, {group}" for group in GROUP.categories),
    *(f"share of {name}, {group}" for name in ("single pixels", "10 pixels or more") for group in GROUP.categories),
    *(f"mean {name}, {group}" for name in _MEANS for group in GROUP.categories),
    *(f"share of {name}, {group}" for name in BACKGROUND.categories for group in GROUP.categories),
)
PAIR_FEATURES: tuple[str, ...] = (
    *(f"pairs at {mm} mm, {group}" for group in GROUP.categories for mm in _ranges(DISTANCE.edges)),
    *(
        f"tiles, layers {layers}, phi {phi} deg, z {z} mm"
        for layers in LAYERS.categories
        for phi in _ranges(TILE_PHI.edges)
        for z in _ranges(TILE_Z.edges)
    ),
    *(
        f"tiles of a sensor, {layer}, {u} columns, rows {v} apart"
        for layer in LAYER.categories
        for u in WITHIN_U.categories
        for v in range(GATES.bins)
    ),
    *(f"layers, phi {phi} rad" for phi in _ranges(LAYER_PHI.edges)),
    *(f"layers, cot theta {cot}" for cot in _ranges(LAYER_COT.edges)),
    *(f"overlap, {layer}, r phi {mm} mm" for layer in LAYER.categories for mm in _ranges(OVERLAP_RPHI.edges)),
    *(f"overlap, {layer}, z {mm} mm" for layer in LAYER.categories for mm in _ranges(OVERLAP_Z.edges)),
)


class EventVectors:
    """Features of each event of a sample; takes 1.2 kB an event.

    Attributes
    ----------
    n_events : number of events
    """

    def __init__(self) -> None:
        self.n_events = 0
        self._rows = np.empty((256, len(EVENT_FEATURES) + len(PAIR_FEATURES)), np.float32)

    def add(self, event: Event) -> None:
        """Add one event."""
        if self.n_events == len(self._rows):
            rows = np.empty((2 * len(self._rows), self._rows.shape[1]), np.float32)
            rows[: self.n_events] = self._rows
            self._rows = rows
        blocks = event_blocks(event)
        row = self._rows[self.n_events]
        row[: len(EVENT_FEATURES)] = _event_features(blocks, event.clusters)
        row[len(EVENT_FEATURES) :] = _pair_features(blocks)
        self.n_events += 1

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Return the features without pairs float32 (n, k), columns as in ``EVENT_FEATURES``."""
        return self._rows[: self.n_events, : len(EVENT_FEATURES)]

    @property
    def pair_vectors(self) -> NDArray[np.float32]:
        """Return the features of pairs float32 (n, m), columns as in ``PAIR_FEATURES``."""
        return self._rows[: self.n_events, len(EVENT_FEATURES) :]


def _event_features(blocks: dict[str, NDArray[Any]], clusters: Clusters) -> NDArray[np.float64]:
    """Return digits and mean charge by sensor, and numbers, shares and means of clusters by group; 0 for nothing."""
    group = GROUP_OF_SENSOR[clusters.sensor]
    number = blocks["size"].sum(axis=1)
    per_cluster = 1.0 / np.maximum(number, 1)
    background = np.zeros((GROUP.bins, BACKGROUND.bins))
    np.add.at(background, GROUP_OF_SENSOR, blocks["background_class"])
    return np.concatenate(
        [
            blocks["counts"],
            blocks["charge_moments"][:, 0] / np.maximum(blocks["counts"], 1),
            number,
            blocks["shape"][:, SHAPE.categories.index("1 pixel")] * per_cluster,
            blocks["size"][:, _LARGE_BIN:].sum(axis=1) * per_cluster,
            *(np.bincount(group, clusters[name], GROUP.bins) * per_cluster for name in _MEANS),
            *(background * per_cluster[:, None]).T,
        ]
    )


def _pair_features(blocks: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return pairs divided by the product of the numbers that they are made of, so that these alone change nothing."""
    clusters = blocks["size"].sum(axis=1, dtype=np.float64)
    layer_clusters = clusters.reshape(2, 2).sum(axis=1)
    large = blocks["size"][:, _LAYER_BIN:].sum(axis=1, dtype=np.float64).reshape(2, 2).sum(axis=1)
    digits = blocks["tile_counts"].reshape(len(SENSOR.categories), -1).sum(axis=1, dtype=np.float64)
    inner, outer = digits[GROUP_OF_SENSOR < 2].sum(), digits[GROUP_OF_SENSOR >= 2].sum()
    layers = np.array([inner * inner, inner * outer, outer * outer])
    overlap = blocks["overlap_coincidences"]
    return np.concatenate(
        [
            _share(blocks["pair_distance"], clusters**2),
            _share(blocks["tile_products"], layers),
            _share(blocks["tile_products_within"], layers[[0, 2]]),
            _share(blocks["layer_coincidences"].sum(axis=1)[None], large[:1] * large[1:]),
            _share(blocks["layer_coincidences"].sum(axis=0)[None], large[:1] * large[1:]),
            _share(overlap.sum(axis=2), layer_clusters**2),
            _share(overlap.sum(axis=1), layer_clusters**2),
        ]
    )


def _share(values: NDArray[Any], by: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row of values divided by its number, flat; 0 where there is nothing."""
    return np.asarray((values.reshape(len(by), -1) / np.maximum(by, 1.0)[:, None]).ravel())
