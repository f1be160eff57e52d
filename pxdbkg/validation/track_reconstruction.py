"""Reconstruct the signal tracks on top of background: attach pixel clusters from outside inwards, fit, compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.kernels.overlay import overlay
from pxdbkg.validation.event import Event, clustered
from pxdbkg.validation.track_clusters import Crossings, crossings, nearest
from pxdbkg.validation.track_data import Fits, Measurements, Pions
from pxdbkg.validation.track_signal import Signal
from pxdbkg.validation.track_sums import LAYERS, Outcome
from pxdbkg.validation.tracks import AT_BEAM, Tracker

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CHUNK = 50  # events in memory at a time


@dataclass(frozen=True, eq=False)
class _Found:
    """Clusters of one layer that may be attached, of one event.

    Attributes
    ----------
    sensor : uint8 (c,)
    place_mm, variance : float64 (c, 2)
    truth : int64 (k,), cluster * (number of pions) + pion for each pion that has a digit in a cluster, ascending
    """

    sensor: NDArray[np.uint8]
    place_mm: Floats
    variance: Floats
    truth: Integers


def outer_fits(tracker: Tracker, signal: Signal, on_event: Callable[[], None] | None = None) -> Fits:
    """Return the tracks of the strip layers alone, on the cylinder outside layer 2."""
    return tracker.fit(signal.pions, signal.strips, 2, on_event)


def reconstruct(
    tracker: Tracker,
    signal: Signal,
    outer: Fits,
    background: Callable[[int], Digits],
    on_event: Callable[[], None] | None = None,
) -> Outcome:
    """Return what becomes of the tracks.

    Parameters
    ----------
    tracker : planes and fits
    signal : tracks
    outer : of ``outer_fits``
    background : gives the sorted digits that are laid over a signal event, by the number of the event
    on_event : is called after each event
    """
    n = len(signal.pions)
    outcome = Outcome(
        np.zeros(n, bool), np.zeros((n, 5)), np.zeros((n, 2)), np.zeros((n, 2), bool), np.zeros((n, 2), bool)
    )
    for start in range(0, signal.n_events, CHUNK):
        _chunk(tracker, signal, outer, background, (start, min(start + CHUNK, signal.n_events)), outcome, on_event)
    return outcome


def _chunk(
    tracker: Tracker,
    signal: Signal,
    outer: Fits,
    background: Callable[[int], Digits],
    events: tuple[int, int],
    outcome: Outcome,
    on_event: Callable[[], None] | None,
) -> None:
    """Fill in the outcome of the tracks of some events."""
    low, high = (int(row) for row in np.searchsorted(signal.pions.event, events))
    pions = signal.pions.part(low, high)
    measured = signal.strips.part(low, high)
    tracks = outer.part(low, high)
    found: dict[int, list[_Found]] = {layer: [] for layer in LAYERS}
    for event in range(*events):
        merged = clustered(event, (0, 0, event), overlay(signal.digits[event], background(event))[0])
        truth = _truth(merged, signal.digits[event], signal.owner[event] - low, len(pions))
        for layer in LAYERS:
            found[layer].append(_of_layer(merged, truth, len(pions), layer, signal))
        if on_event is not None:
            on_event()
    for layer in sorted(LAYERS, reverse=True):
        added, right = _attach(tracks, pions, found[layer], layer)
        column = LAYERS.index(layer)
        outcome.attached[low + added.particle, column] = True
        outcome.right[low + added.particle, column] = right
        measured = measured.and_these(added)
        tracks = tracker.fit(pions, measured, layer - 1 if layer > 1 else AT_BEAM)
    here = low + tracks.particle
    residual = tracks.parameters - signal.truth[here]
    residual[:, 2] = (residual[:, 2] + np.pi) % (2 * np.pi) - np.pi
    outcome.fitted[here] = True
    outcome.residual[here] = residual
    outcome.pull[here] = residual[:, :2] / np.sqrt(np.diagonal(tracks.covariance, axis1=1, axis2=2)[:, :2])


def _truth(merged: Event, signal: Digits, owner: Integers, n_pions: int) -> Integers:
    at = np.searchsorted(merged.digits.channel(), signal.channel())
    return np.unique(merged.labels[at].astype(np.int64) * n_pions + owner)


def _of_layer(merged: Event, truth: Integers, n_pions: int, layer: int, signal: Signal) -> _Found:
    """Return the clusters of a layer; they follow each other because clusters are in the order of sensors."""
    where = layer_of_sensor[merged.clusters.sensor]
    first, last = (int(np.searchsorted(where, layer, side=side)) for side in ("left", "right"))
    clusters = merged.clusters.select(slice(first, last))
    mine = truth[(truth >= first * n_pions) & (truth < last * n_pions)] - first * n_pions
    return _Found(clusters.sensor, *signal.errors.measured(clusters), mine)


def _attach(tracks: Fits, pions: Pions, found: list[_Found], layer: int) -> tuple[Measurements, NDArray[np.bool_]]:
    """Return the clusters that tracks take in a layer, and whether these are their own."""
    crossed = crossings(tracks.parameters, tracks.covariance, layer)
    event = pions.event[tracks.particle]
    parts, own = [], []
    bounds = np.searchsorted(event, np.arange(len(found) + 1))
    edges = np.searchsorted(crossed.track, bounds)
    for number, clusters in enumerate(found):
        low, high = int(bounds[number]), int(bounds[number + 1])
        some = slice(int(edges[number]), int(edges[number + 1]))
        here = Crossings(
            crossed.track[some] - low, crossed.sensor[some], crossed.place_mm[some], crossed.covariance[some]
        )
        best, _ = nearest(here, high - low, clusters.sensor, clusters.place_mm, clusters.variance)
        (taken,) = np.nonzero(best >= 0)
        cluster, particle = best[taken], tracks.particle[low + taken]
        place, variance = clusters.place_mm[cluster].T, clusters.variance[cluster].T
        parts.append((particle, clusters.sensor[cluster].astype(np.int64), *place, *variance))
        own.append(np.isin(cluster * len(pions) + particle, clusters.truth))
    return Measurements(*(np.concatenate(column) for column in zip(*parts, strict=True))), np.concatenate(own)
