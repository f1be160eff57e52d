"""Signal tracks for the study of tracks: pions, their passages, strip measurements, and digits in the pixels.

They are the same for every sample: each number depends on the number of the event alone, or comes from ACTS with a
fixed seed. Events have ten pions each, charge at random, log-uniform in the transverse momentum, uniform in the cosine
of the polar angle, from a spot of 10 um x 10 um x 0.3 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import SimHits
from pxdbkg.kernels import random
from pxdbkg.reference.digitizer import Electronics, digitize_with_truth
from pxdbkg.seeding import event_key
from pxdbkg.validation.event import SEED, Event, clustered
from pxdbkg.validation.pulls import perigee
from pxdbkg.validation.track_clusters import ClusterErrors, calibrate
from pxdbkg.validation.track_data import Measurements, Passages, Pions
from pxdbkg.validation.track_sums import LAYERS
from pxdbkg.validation.tracker import FIELD_T, THETA_DEG
from pxdbkg.validation.tracks import Tracker

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PIONS = 10  # an event
PT_RANGE_GEV = (0.05, 1.0)
SPOT_MM = (0.010, 0.010, 0.3)
FATRAS_SEED = 1
MIN_STRIPS = 3  # of a track
MAX_PATH_MM = 5.0  # in the silicon of one sensor
_KINDS, _PLACES, _STRIPS = 0, 1, 2  # draw classes


@dataclass(frozen=True, eq=False)
class Signal:
    """Tracks and what they leave in the detector.

    Attributes
    ----------
    pions : n pions
    pt_GeV : float64 (n,), transverse momenta
    truth : float64 (n, 5), d0, z0, phi, theta, q/p at the point nearest to the beam axis
    passed : bool (n, 2), whether a sensor of layer 1, of layer 2 is crossed
    strips : measurements in the strip layers, of pions with at least MIN_STRIPS
    digits : of each event, in the pixels
    owner : int64 arrays, pion that left each of these digits
    errors : of cluster positions, from these digits without any others
    """

    pions: Pions
    pt_GeV: Floats
    truth: Floats
    passed: NDArray[np.bool_]
    strips: Measurements
    digits: tuple[Digits, ...]
    owner: tuple[Integers, ...]
    errors: ClusterErrors

    @property
    def n_events(self) -> int:
        """Return the number of events."""
        return len(self.digits)


def draw_pions(n_events: int) -> Pions:
    """Return the pions of events 0 to n_events - 1."""
    keys = [event_key(SEED, "tracks", 0, 0, event) for event in range(n_events)]
    rows = np.arange(PIONS)
    draws = np.concatenate([random.uniform(key, 0, rows, 4, draw_class=_KINDS) for key in keys])
    places = np.concatenate([random.normal(key, 0, rows, 3, draw_class=_PLACES) for key in keys])
    low, high = np.log(PT_RANGE_GEV)
    pt = np.exp(low + (high - low) * draws[:, 0])
    ends = np.cos(np.deg2rad(THETA_DEG))
    cos = ends[0] + (ends[1] - ends[0]) * draws[:, 1]
    sin, phi = np.sqrt(1 - cos * cos), 2 * np.pi * draws[:, 2]
    direction = np.stack([sin * np.cos(phi), sin * np.sin(phi), cos], axis=1)
    charge = np.where(draws[:, 3] < 0.5, -1.0, 1.0)
    return Pions(np.repeat(np.arange(n_events), PIONS), charge, places * SPOT_MM, direction, pt / sin)


def make_signal(tracker: Tracker, n_events: int, on_event: Callable[[], None] | None = None) -> Signal:
    """Return the signal of events 0 to n_events - 1; ``on_event`` is called after the simulation of each."""
    pions = draw_pions(n_events)
    passages = tracker.simulate(pions, FATRAS_SEED, on_event)
    layer = tracker.planes.layer[passages.plane]
    passed = np.zeros((len(pions), 2), bool)
    for column, number in enumerate(LAYERS):
        passed[passages.particle[layer == number], column] = True
    digits, owner, clusters, true_mm = _pixels(tracker, pions, passages, n_events)
    truth = perigee(pions.position_mm, pions.direction, pions.momentum_GeV, pions.charge, FIELD_T)
    return Signal(
        pions,
        pions.momentum_GeV * np.sin(truth[:, 3]),
        truth,
        passed,
        _strips(tracker, pions, passages),
        tuple(digits),
        tuple(owner),
        calibrate(clusters, true_mm),
    )


def _strips(tracker: Tracker, pions: Pions, passages: Passages) -> Measurements:
    planes = tracker.planes
    outside = passages.plane >= N_SENSORS
    enough = np.bincount(passages.particle[outside], minlength=len(pions)) >= MIN_STRIPS
    (rows,) = np.nonzero(outside & enough[passages.particle])
    particle, plane = passages.particle[rows], passages.plane[rows]
    u, v = planes.to_local(plane, passages.position_mm[rows])
    event, smear = pions.event[particle], np.empty((len(rows), 2))
    for low, high in _spans(event):
        key = event_key(SEED, "tracks", 0, 0, int(event[low]))
        number = (particle[low:high] % PIONS).astype(np.uint32)
        smear[low:high] = random.normal(key, plane[low:high].astype(np.uint8), number, 2, draw_class=_STRIPS)
    sigma = np.stack([planes.sigma_u_mm[plane], planes.sigma_v_mm[plane]], axis=1)
    u, v = (np.stack([u, v], axis=1) + smear * sigma).T
    return Measurements(particle, plane, u, v, *(sigma * sigma).T)


def _spans(event: Integers) -> list[tuple[int, int]]:
    """Return where each event starts and ends in a column that does not fall."""
    ends = [*(np.nonzero(np.diff(event))[0] + 1).tolist(), len(event)]
    return [(low, high) for low, high in zip([0, *ends], ends, strict=False) if high > low]


def _pixels(
    tracker: Tracker, pions: Pions, passages: Passages, n_events: int
) -> tuple[list[Digits], list[Integers], Clusters, Floats]:
    """Return digits and their pions by event; clusters of one pion only, and where it crosses (n, 2), mm."""
    hits = _hits(tracker, passages)
    event = pions.event[hits.particle]
    first = np.searchsorted(event, np.arange(n_events + 1))
    constants = Electronics(noise_fraction=0.0)
    digits, owner, clusters, places = [], [], [Clusters.empty()], [np.zeros((0, 2))]
    for number in range(n_events):
        here = hits.select(slice(int(first[number]), int(first[number + 1])))
        key = event_key(SEED, "track pixels", 0, 0, number)
        found, truth = digitize_with_truth(here, key, nominal(), None, electronics=constants)
        digits.append(found)
        owner.append(truth.particle.astype(np.int64))
        made = clustered(number, (0, 0, number), found)
        rows, hit = _alone(made, owner[-1], here)
        clusters.append(made.clusters.select(rows))
        places.append(np.stack([here.u_mm[hit], here.v_mm[hit]], axis=1).astype(np.float64))
    return digits, owner, Clusters.concatenate(clusters), np.concatenate(places)


def _hits(tracker: Tracker, passages: Passages) -> SimHits:
    """Return the passages through pixel sensors as hits."""
    (rows,) = np.nonzero(passages.plane < N_SENSORS)
    plane, direction = passages.plane[rows], passages.direction[rows]
    u, v = tracker.planes.to_local(plane, passages.position_mm[rows])
    _, along, normal = tracker.planes.axes(plane)
    du, dw = (np.einsum("ij,ij->i", direction, axis) for axis in (along, normal))
    path = np.minimum(nominal().thickness_mm / np.maximum(np.abs(dw), 1e-3), MAX_PATH_MM)
    zero = np.zeros(len(rows), np.float32)
    return SimHits(
        sensor=plane.astype(np.uint8),
        u_mm=u.astype(np.float32),
        v_mm=v.astype(np.float32),
        du=du.astype(np.float32),
        dv=direction[:, 2].astype(np.float32),
        dw=dw.astype(np.float32),
        path_mm=path.astype(np.float32),
        energy_keV=zero,  # drawn from the path
        time_ns=zero,
        particle=passages.particle[rows].astype(np.int32),
        w_mm=zero,
    )


def _alone(event: Event, owner: Integers, hits: SimHits) -> tuple[Integers, Integers]:
    """Return clusters whose digits are all of one pion that crosses their sensor once, and the hits that made them."""
    n = len(event.clusters)
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(low, event.labels, owner)
    np.maximum.at(high, event.labels, owner)
    (rows,) = np.nonzero(low == high)
    made = low[rows] * N_SENSORS + event.clusters.sensor[rows]
    crossed = hits.particle.astype(np.int64) * N_SENSORS + hits.sensor
    order = np.argsort(crossed, kind="stable")
    hit = order[np.searchsorted(crossed[order], made)]
    _, kind, number = np.unique(made, return_inverse=True, return_counts=True)
    once = number[kind] == 1
    return rows[once], hit[once]
