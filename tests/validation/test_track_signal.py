"""Signal tracks: what they are made of, and that they do not change."""

from functools import lru_cache

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.validation.event import clustered
from pxdbkg.validation.track_signal import MIN_STRIPS, PIONS, PT_RANGE_GEV, Signal, draw_pions, make_signal
from pxdbkg.validation.tracker import THETA_DEG, planes
from pxdbkg.validation.tracks import Tracker

EVENTS = 40


@lru_cache(maxsize=1)
def signal() -> Signal:
    return make_signal(Tracker(), EVENTS)


def test_pions_of_an_event_do_not_depend_on_the_others():
    few, many = draw_pions(2), draw_pions(5)
    assert np.array_equal(few.position_mm, many.position_mm[: 2 * PIONS])
    assert np.array_equal(few.momentum_GeV, many.momentum_GeV[: 2 * PIONS])
    assert len(np.unique(many.momentum_GeV)) == 5 * PIONS


def test_the_laws_of_pions():
    pions = draw_pions(500)
    cos = pions.direction[:, 2]
    pt = pions.momentum_GeV * np.sqrt(1 - cos**2)
    low, high = np.log(PT_RANGE_GEV)
    assert np.quantile((np.log(pt) - low) / (high - low), [0.25, 0.5, 0.75]) == pytest.approx(
        [0.25, 0.5, 0.75], abs=0.03
    )
    ends = np.cos(np.deg2rad(THETA_DEG))
    assert np.quantile((cos - ends[1]) / (ends[0] - ends[1]), [0.25, 0.75]) == pytest.approx([0.25, 0.75], abs=0.03)
    assert np.std(pions.position_mm, axis=0) == pytest.approx([0.010, 0.010, 0.3], rel=0.05)
    assert np.linalg.norm(pions.direction, axis=1) == pytest.approx(1)
    assert abs(pions.charge.sum()) < 200


def test_digits_lie_where_their_pions_pass():
    some = signal()
    for event in range(EVENTS):
        digits, owner = some.digits[event], some.owner[event]
        assert digits.is_sorted()
        assert len(digits) == len(owner)
        assert np.all(owner // PIONS == event)
        xyz = nominal().to_global(digits.sensor, *nominal().position(digits.sensor, digits.u, digits.v))
        direction = some.pions.direction[owner]
        # Even 50 MeV bend by less than 5 degrees before the second layer.
        turn = np.arctan2(xyz[:, 1], xyz[:, 0]) - np.arctan2(direction[:, 1], direction[:, 0])
        assert np.abs((turn + np.pi) % (2 * np.pi) - np.pi).max() < 0.2


def test_nearly_all_pions_leave_a_cluster_in_each_layer():
    some = signal()
    assert some.passed.mean(axis=0) == pytest.approx([0.99, 0.99], abs=0.02)
    with_digits = np.unique(np.concatenate(some.owner))
    assert len(with_digits) > 0.98 * len(some.pions)
    sizes = np.concatenate([clustered(0, (0, 0, 0), digits).clusters.size for digits in some.digits])
    assert 1.5 < sizes.mean() < 2.2


def test_strips_measure_pions_that_cross_enough_of_them():
    some = signal()
    number = np.bincount(some.strips.particle, minlength=len(some.pions))
    assert set(np.unique(number)) <= {0, *range(MIN_STRIPS, 7)}
    assert np.all(planes().layer[some.strips.plane] > 2)
    assert np.all(some.strips.var_u > 0)


def test_errors_of_clusters_are_those_of_pixels():
    """One column: less than a uniform law over the pitch; two: much less, since they share the charge."""
    errors = signal().errors
    assert 0.008 < errors.u_sigma_mm[0] < 0.05 / np.sqrt(12)
    assert errors.u_sigma_mm[1] < 0.009
    assert np.all(np.abs(errors.u_offset_mm[:2]) < 0.006)
    assert 0.18 < errors.v_sigma[0] < 1 / np.sqrt(12)
    assert errors.v_sigma[1] < 0.13


def test_signal_repeats_itself():
    again = make_signal(Tracker(), 3)
    for event in range(3):
        assert again.digits[event].digest() == signal().digits[event].digest()
    low = again.strips.particle < 3 * PIONS
    assert np.array_equal(again.strips.u_mm[low], signal().strips.part(0, 3 * PIONS).u_mm)
