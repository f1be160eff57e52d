import dataclasses

import numpy as np
import pytest

from pxdbkg.detector import Digits, nominal
from pxdbkg.detector.totals import Totals
from pxdbkg.kernels import sort_digits
from pxdbkg.reference.digitizer import digitize
from pxdbkg.reference.preset import load_preset
from pxdbkg.reference.simulator import Simulator
from pxdbkg.seeding import event_key
from pxdbkg.validation.classifier_results import SHARE, classifier_results
from pxdbkg.validation.cluster_rows import ClusterRows
from pxdbkg.validation.event import clustered
from pxdbkg.validation.event_features import EventVectors
from pxdbkg.validation.fingerprints import Fingerprints
from pxdbkg.validation.memorisation import memorisation_results
from pxdbkg.validation.result import Side
from pxdbkg.validation.sides import collect
from pxdbkg.validation.tiles import Tiles


def made_up(seed, clusters=3000):
    """Rows of 1 to 4 pixels whose charges are about that of the cluster."""
    rng = np.random.default_rng(seed)
    steps, length = np.arange(4), rng.integers(1, 5, clusters)
    sensor = np.repeat(rng.integers(0, 40, clusters)[:, None], 4, axis=1)
    u = np.repeat(rng.integers(0, 250, clusters)[:, None], 4, axis=1)
    v = rng.integers(0, 765, clusters)[:, None] + steps
    charge = rng.gamma(3, 10, clusters)[:, None] * rng.normal(1, 0.1, (clusters, 4))
    kept = steps < length[:, None]
    columns = (u, v, np.clip(charge, 7, 255).astype(int))
    return sort_digits(Digits(sensor[kept].astype("u1"), *(one[kept].astype("u2") for one in columns)))[0]


def permuted(digits, seed):
    """Charges shuffled among the pixels of each sensor."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(digits)), digits.sensor))
    return Digits(digits.sensor, digits.u, digits.v, digits.charge[order])


def side(events, clusters=200, tiles=100):
    collectors = EventVectors(), ClusterRows(clusters), Tiles(tiles), Fingerprints()
    for position, digits in enumerate(events):
        event = clustered(position, (0, 0, position), digits)
        for one in collectors:
            one.add(event)
    return Side("", (), "", len(events), {}, Totals(), None, *collectors)


@pytest.fixture(scope="module")
def reference():
    return side([made_up(seed) for seed in range(16)])


def test_two_samples_of_one_source_pass(reference):
    results = classifier_results(reference, side([made_up(seed) for seed in range(100, 116)]), quick=False)
    assert [one.name.removeprefix("classifier, ") for one in results] == [
        "clusters", "events", "events with pairs", "tiles", "tiles, network",
    ]  # fmt: skip
    for one in results:
        assert one.passed
        assert one.group == "classifiers"
        assert one.p_value > SHARE
        assert 0.3 < one.floor < 0.7


def test_permuted_charges_show(reference):
    candidate = side([permuted(made_up(seed), seed) for seed in range(200, 216)])
    results = {one.name: one for one in classifier_results(reference, candidate, quick=True)}
    assert len(results) == 4
    for name in ("classifier, clusters", "classifier, tiles"):
        assert results[name].value > 0.6
        assert results[name].passed is False
        assert results[name].detail.startswith("95 %: 0.")
        assert "; most by " in results[name].detail


def test_power_on_permuted_charges_is_told(reference):
    """The charges of made-up clusters are alike, so that permuting them shows; noise is what it was."""

    def power(events):
        of_half = collect(
            "reference", (clustered(n, (0, 0, n), one) for n, one in enumerate(events)), 16, permuted=True
        )
        return {one.name: one for one in classifier_results(of_half, reference, quick=True)}[
            "classifier, clusters: power on permuted charges"
        ]

    sharp = power([made_up(seed) for seed in range(16)])
    assert sharp.value > 0.6
    assert sharp.detail == "sharp enough to judge"
    assert sharp.passed is None
    blind = power([permuted(made_up(seed), seed) for seed in range(16)])
    assert blind.value < 0.6
    assert blind.detail == "below 0.6: too weak to judge"


@pytest.mark.parametrize(("n_events", "n_tests"), [(3, 0), (4, 5)])
def test_few_events(n_events, n_tests):
    few = side([made_up(seed) for seed in range(n_events)], clusters=5, tiles=5)
    results = classifier_results(few, few, quick=False)
    assert len(results) == n_tests
    assert all(one.passed for one in results)


def test_samples_without_tiles(reference):
    bare = dataclasses.replace(reference, tiles=None)
    assert [one.name for one in classifier_results(bare, reference, quick=True)] == [
        "classifier, clusters", "classifier, events", "classifier, events with pairs",
    ]  # fmt: skip


def test_events_without_digits():
    empty = side([Digits.empty()] * 8)
    assert [one.value for one in classifier_results(empty, empty, quick=False)] == [0.5] * 4


def simulated(number, factor=0.3):
    """An event of the reference simulator, with fewer particles."""
    preset = load_preset("geant4")
    preset = dataclasses.replace(preset, conditions=dataclasses.replace(preset.now, occupancy_scale=factor))
    hits = Simulator(preset, nominal()).event(event_key("1", "particles", 0, 0, number), bytes(16)).hits
    return digitize(hits, event_key("1", "digits", 0, 0, number), nominal(), use_energy=True)


@pytest.fixture(scope="module")
def simulation():
    return [simulated(number) for number in range(120)]


@pytest.mark.slow
def test_charges_permuted_in_simulated_events(simulation):
    candidate = side([permuted(one, n) for n, one in enumerate(simulation[60:])], clusters=1000, tiles=200)
    results = classifier_results(side(simulation[:60], clusters=1000, tiles=200), candidate, quick=False)
    by_name = {one.name.removeprefix("classifier, "): one for one in results}
    for name in ("clusters", "tiles, network"):
        assert by_name[name].value >= 0.6
        assert by_name[name].passed is False


@pytest.mark.slow
def test_splits_of_simulated_events_pass(simulation):
    for split in range(4):
        order = np.random.default_rng(split).permutation(len(simulation))
        halves = [side([simulation[i] for i in half], clusters=500, tiles=100) for half in np.split(order, 2)]
        results = classifier_results(*halves, quick=split > 0) + memorisation_results(*halves, None)
        assert [one.name for one in results if not one.passed] == []
