from types import SimpleNamespace

import numpy as np
import pytest

from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.validation.derived import DIGIT_BINS, FEATURES, features_of, sums_of
from pxdbkg.validation.event_features import EVENT_FEATURES

N_EVENTS = 200


def side(seed, events_of_a_unit):
    rng = np.random.default_rng(seed)
    vectors = rng.uniform(1, 2, (N_EVENTS, len(EVENT_FEATURES))).astype(np.float32)
    events = np.full(N_EVENTS // events_of_a_unit, events_of_a_unit)
    return SimpleNamespace(
        totals=SimpleNamespace(counts=rng.poisson(50, (N_EVENTS, 40))),
        units=SimpleNamespace(sums={}, events=events),
        vectors=SimpleNamespace(vectors=vectors),
    )


@pytest.fixture(scope="module")
def sums():
    return side(1, 1), side(2, 4), *sums_of(side(1, 1), side(2, 4))


def test_bins_of_digits_hold_as_many_events_of_the_reference(sums):
    _, candidate, first, second = sums
    assert first.blocks["event_digits"].shape == (N_EVENTS, 3, DIGIT_BINS)
    assert second.blocks["event_digits"].shape == (N_EVENTS // 4, 3, DIGIT_BINS)
    assert (first.blocks["event_digits"].sum(axis=(0, 2)) == N_EVENTS).all()
    assert (first.mean("event_digits") + second.mean("event_digits")).max() < 0.2  # 4 %, more for equal numbers
    assert (second.blocks["event_digits"].sum(axis=2) == 4).all()
    many = candidate.totals.counts[:, layer_of_sensor == 2].sum(axis=1)
    assert np.argmax(second.blocks["event_digits"][many.argmax() // 4, 2, ::-1]) == 0  # in the last bin


def test_features_are_in_widths_of_both_samples(sums):
    k = len(FEATURES)
    _, candidate, first, second = sums
    row, column = np.triu_indices(k)
    moments = (first.mean("feature_moments") + second.mean("feature_moments")) / 2
    assert moments[:k] == pytest.approx(np.zeros(k), abs=1e-5)
    assert moments[k:][row == column] == pytest.approx(np.ones(k), rel=1e-5)
    both = np.concatenate([features_of(side(1, 1).vectors), features_of(candidate.vectors)])
    features = (features_of(candidate.vectors) - both.mean(axis=0)) / both.std(axis=0)
    assert second.mean("feature_moments")[:k] == pytest.approx(features.mean(axis=0), abs=1e-5)
    assert second.mean("cubic")[0] == pytest.approx(1)  # the product of no feature


def test_features_add_up_sensors_of_a_group():
    vectors = np.zeros((1, len(EVENT_FEATURES)), np.float32)
    vectors[0, 0], vectors[0, 2] = 30, 10  # digits of 1.1.1 and 1.2.1, both layer 1 forward
    vectors[0, 40], vectors[0, 42] = 20, 40  # their mean charges
    found = dict(zip(FEATURES, features_of(SimpleNamespace(vectors=vectors))[0], strict=True))
    assert found["digits, layer 1 forward"] == 40
    assert found["mean charge of a digit, layer 1 forward"] == 25
    assert found["digits, layer 2 backward"] == 0
