"""The validator cannot be fooled: ten planted faults, each with 1000 events a side, and no false alarm."""

from types import SimpleNamespace

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.detector.ids import side_of_sensor
from pxdbkg.io import open_digits
from pxdbkg.kernels.clustering import label
from pxdbkg.kernels.overlay import sort_digits
from pxdbkg.validation.comparison import compare, judge
from pxdbkg.validation.event import clustered
from pxdbkg.validation.fingerprints import Fingerprints
from pxdbkg.validation.resampling import parts
from pxdbkg.validation.sides import collect

N_EVENTS = 1000
pytestmark = pytest.mark.slow


def rebuilt(sensor, u, v, charge):
    digits = Digits(sensor.astype("u1"), u.astype("u2"), v.astype("u2"), charge.astype("u2"))
    return sort_digits(digits)[0]


def more_in_one_sensor(events, rng):
    """3 % more clusters in sensor 1.3.1, taken from its other events."""
    for number, digits in enumerate(events):
        other = events[(number + 1) % len(events)]
        own = other.select(other.sensor == 4)
        labels, n_clusters = label(own)
        extra = own.select((rng.random(n_clusters) < 0.03)[labels])
        free = extra.select(~np.isin(extra.channel(), digits.channel()))
        yield sort_digits(Digits.concatenate([digits, free]))[0]


def one_adu_more(events, rng):
    for digits in events:
        yield Digits(digits.sensor, digits.u, digits.v, np.minimum(digits.charge + 1, 255).astype("u2"))


def two_sensors_swapped(events, rng):
    number = np.arange(40, dtype="u1")
    number[[0, 2]] = number[[2, 0]]
    for digits in events:
        yield rebuilt(number[digits.sensor], digits.u, digits.v, digits.charge)


def sensors_from_other_events(events, rng):
    order = np.stack([rng.permutation(len(events)) for _ in range(40)])
    offsets = [np.searchsorted(digits.sensor, np.arange(41)) for digits in events]
    for number in range(len(events)):
        parts = []
        for sensor in range(40):
            other = order[sensor, number]
            parts.append(events[other].select(slice(*offsets[other][sensor : sensor + 2])))
        yield Digits.concatenate(parts)


def no_large_clusters(events, rng):
    for digits in events:
        labels, n_clusters = label(digits)
        yield digits.select(np.bincount(labels, minlength=n_clusters)[labels] <= 10)


def few_distinct_events(events, rng):
    for number in range(len(events)):
        yield events[number % 100]


def mirrored_in_forward_sensors(events, rng):
    forward = side_of_sensor == 1
    for digits in events:
        yield rebuilt(
            digits.sensor, digits.u, np.where(forward[digits.sensor], 767 - digits.v, digits.v), digits.charge
        )


def clusters_anywhere(events, rng):
    """Every cluster goes where another event has one in its sensor: the same counts and profiles, no pairs."""
    firsts = []
    for digits in events:
        labels, n_clusters = label(digits)
        first = np.zeros(n_clusters, np.int64)
        first[labels[::-1]] = np.arange(len(digits))[::-1]
        firsts.append((labels, first))
    places = [[] for _ in range(40)]
    for digits, (_, first) in zip(events, firsts, strict=True):
        for sensor in range(40):
            here = first[digits.sensor[first] == sensor]
            places[sensor].append(np.stack([digits.u[here], digits.v[here]], axis=1))
    places = [np.concatenate(one) for one in places]
    for digits, (labels, first) in zip(events, firsts, strict=True):
        target = np.empty((len(first), 2), np.int64)
        of_sensor = digits.sensor[first]
        for sensor in range(40):
            here = np.flatnonzero(of_sensor == sensor)
            target[here] = places[sensor][rng.integers(0, len(places[sensor]), len(here))]
        u = digits.u.astype(int) - digits.u[first][labels] + target[labels, 0]
        v = digits.v.astype(int) - digits.v[first][labels] + target[labels, 1]
        inside = (u >= 0) & (u < 250) & (v < 768)
        yield rebuilt(digits.sensor[inside], u[inside], v[inside], digits.charge[inside])


def charges_permuted(events, rng):
    for digits in events:
        order = np.lexsort((rng.random(len(digits)), digits.sensor))
        yield Digits(digits.sensor, digits.u, digits.v, digits.charge[order])


# fault -> what must catch it, whatever else does
FAULTS = {
    more_in_one_sensor: "fired pixels of a sensor, worst of 40",
    one_adu_more: "charge, Wasserstein-1",
    two_sensors_swapped: "fired pixels of a sensor, worst of 40",
    sensors_from_other_events: "correlation of the digits of two sensors, mean",
    no_large_clusters: "pixels of a cluster, chi2 of the bins",
    few_distinct_events: "events seen before",
    mirrored_in_forward_sensors: "profile along v, worst of 40",
    clusters_anywhere: "pairs by distance g(r), shape",
    charges_permuted: "charges of neighbouring pixels, chi2",
}


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """2000 events of the reference simulation."""
    file = tmp_path_factory.mktemp("events") / "events.npz"
    path = pxdbkg.create_path()
    path.add_module("PXDBackgroundSimulator", preset="geant4")
    path.add_module("PXDDigitizer", energy="hits", segment=10.0)
    path.add_module("DigitOutput", file=str(file))
    pxdbkg.process(path, processes=2, seed="faults", events={"first": 1, "count": 2 * N_EVENTS})
    with open_digits(file) as reader:
        return [reader.read("PXDDigits", entry) for entry in range(reader.n_events)]


def side_of(label, digits, tiles=False):
    digits = list(digits)
    return collect(label, (clustered(n, (0, 0, n), one) for n, one in enumerate(digits)), len(digits), tiles=tiles)


@pytest.fixture(scope="module")
def reference(events):
    return side_of("reference", events[:N_EVENTS])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_found(events, reference, fault):
    candidate = side_of("candidate", fault(events[N_EVENTS:], np.random.default_rng(1)))
    failed = {one.name: one for one in judge(reference, candidate, classifiers=False) if one.passed is False}
    print(f"{fault.__name__}: " + "; ".join(f"{one.name} {one.value:.3g} > {one.limit:.3g}" for one in failed.values()))
    assert FAULTS[fault] in failed


def test_copies_of_training_events_are_found(events, reference):
    """A tenth of the candidate are training events with a few charges changed; held out events are none."""
    training = Fingerprints()
    for number, digits in enumerate(events[N_EVENTS : N_EVENTS + 500]):
        training.add(clustered(number, (0, 0, number), digits))
    fresh = events[N_EVENTS + 500 :]
    copies = [
        Digits(one.sensor, one.u, one.v, np.where(np.arange(len(one)) % 50 == 0, one.charge // 2 + 7, one.charge))
        for one in events[N_EVENTS : N_EVENTS + 50]
    ]
    honest = side_of("candidate", fresh)
    copied = side_of("candidate", fresh[:450] + copies)

    def failed(side):
        results = judge(reference, side, training, classifiers=False)
        return [one.name for one in results if one.group == "memorisation" and one.passed is False]

    assert failed(honest) == []
    assert {"nearer to the training, event", "nearer to the training than to the reference"} <= set(failed(copied))


def test_real_against_real_raises_no_alarm(events):
    """20 splits of 2000 events: 0.14 alarms expected at the documented 0.7 %, at most one allowed."""
    whole = side_of("all", events)

    def part(chosen):
        return SimpleNamespace(
            units=SimpleNamespace(
                sums={name: sums[chosen] for name, sums in whole.units.sums.items()}, events=whole.units.events[chosen]
            ),
            vectors=SimpleNamespace(
                vectors=whole.vectors.vectors[chosen], pair_vectors=whole.vectors.pair_vectors[chosen]
            ),
            totals=SimpleNamespace(counts=whole.totals.counts[chosen]),
        )

    alarms = []
    for weights in parts(len(events), N_EVENTS, 20, "splits"):
        results = compare(part(weights == 1), part(weights == 0))
        alarms.append([one.name for one in results if not one.passed])
    print(alarms)
    assert sum(map(bool, alarms)) <= 1
