"""Blocks that need both samples before they can be filled: bins and scales are taken from all their events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.validation.blocks import BLOCKS, GROUP, GROUP_OF_SENSOR
from pxdbkg.validation.distances import cubic_features
from pxdbkg.validation.event_features import EVENT_FEATURES, EventVectors
from pxdbkg.validation.resampling import Sums
from pxdbkg.validation.result import Side

Array = NDArray[np.float64]
DIGIT_BINS = 50  # of the digits of an event, with equal numbers of events
_CLUSTER_FEATURES = ("share of single pixels", "share of 10 pixels or more", "mean v_size", "mean charge")
FEATURES: tuple[str, ...] = (
    *(f"digits, {group}" for group in GROUP.categories),
    *(f"mean charge of a digit, {group}" for group in GROUP.categories),
    *(f"{name} of clusters, {group}" for name in _CLUSTER_FEATURES for group in GROUP.categories),
)


def sums_of(reference: Side, candidate: Side) -> tuple[Sums, Sums]:
    """Return the sums of both samples over their units, with the blocks that are made here.

    ``event_digits`` (3, DIGIT_BINS): histogram of the digits of an event in both layers, layer 1 and layer 2.
    ``feature_moments`` (k + k (k + 1) / 2): the FEATURES of an event and their products, upper triangle row by row.
    ``cubic`` (p): products of up to three FEATURES, see ``distances.cubic_features``.
    FEATURES are in units of their spread in both samples together, around the mean; what both share leaves exchanges
    of their events as they are.
    """
    edges = digit_edges(reference, candidate)
    features = [features_of(side.vectors) for side in (reference, candidate)]
    both = np.concatenate(features)
    mean, width = both.mean(axis=0), both.std(axis=0)
    width[width == 0] = 1.0
    return (
        _sums(reference, edges, (features[0] - mean) / width),
        _sums(candidate, edges, (features[1] - mean) / width),
    )


def features_of(vectors: EventVectors) -> Array:
    """Return the FEATURES (events, k): few enough for a covariance matrix, of all kinds."""
    rows = vectors.vectors.astype(np.float64)
    of_group = np.eye(GROUP.bins)[GROUP_OF_SENSOR]
    digits, charge = rows[:, :N_SENSORS], rows[:, N_SENSORS : 2 * N_SENSORS]
    number = digits @ of_group
    columns = [EVENT_FEATURES.index(f"{name}, {group}") for name in _CLUSTER_FEATURES for group in GROUP.categories]
    return np.concatenate([number, (digits * charge) @ of_group / np.maximum(number, 1), rows[:, columns]], axis=1)


def digit_edges(reference: Side, candidate: Side) -> Array:
    """Return the inner edges (3, DIGIT_BINS - 1) of the digits of an event: both layers, layer 1, layer 2."""
    digits = np.concatenate([_digits(side) for side in (reference, candidate)])
    return np.asarray(np.quantile(digits, np.linspace(0, 1, DIGIT_BINS + 1)[1:-1], axis=0).T)


def _sums(side: Side, edges: Array, features: Array) -> Sums:
    first = np.concatenate([[0], np.cumsum(side.units.events)[:-1]])  # event that each unit begins with
    blocks = {
        name: sums.reshape(len(sums), *BLOCKS[name].shape) for name, sums in side.units.sums.items() if name in BLOCKS
    }
    bins = np.stack([np.searchsorted(edges[row], _digits(side)[:, row], side="right") for row in range(3)], axis=1)
    blocks["event_digits"] = np.add.reduceat(np.eye(DIGIT_BINS, dtype=np.float32)[bins], first)
    row, column = np.triu_indices(features.shape[1])
    moments = np.concatenate([features, features[:, row] * features[:, column]], axis=1)
    blocks["feature_moments"] = np.add.reduceat(moments, first).astype(np.float32)
    blocks["cubic"] = np.add.reduceat(cubic_features(features), first).astype(np.float32)
    return Sums(blocks, side.units.events)


def _digits(side: Side) -> Array:
    """Return the digits (events, 3) of each event: both layers, layer 1, layer 2."""
    counts = side.totals.counts
    layers = [counts[:, layer_of_sensor == layer].sum(axis=1) for layer in (1, 2)]
    return np.stack([layers[0] + layers[1], *layers], axis=1).astype(np.float64)
