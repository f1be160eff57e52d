import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from pxdbkg.validation.auc import auc_of_events

KEY = bytes(range(16))


def test_independent_rows_against_mann_whitney():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=300), rng.normal(0.15, 1, size=200)
    found = auc_of_events(first, np.arange(300, dtype="i4"), second, np.arange(200, dtype="i4"), KEY)
    oracle = mannwhitneyu(second, first, alternative="greater")
    assert found.value == pytest.approx(oracle.statistic / 60_000)
    assert found.p_value == pytest.approx(oracle.pvalue, abs=0.01)
    assert found.null_width == pytest.approx(np.sqrt(501 / (12 * 60_000)), rel=0.1)
    assert found.at(found.p_value) == pytest.approx(found.value)


def test_ties_count_half():
    first, second = np.array([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 1.0, 3.0])
    events = [np.arange(4, dtype="i4"), np.arange(3, dtype="i4")]
    oracle = mannwhitneyu(second, first).statistic / 12
    assert auc_of_events(first, events[0], second, events[1], KEY).value == pytest.approx(oracle)


def test_equal_scores_tell_nothing():
    events = np.arange(10, dtype="i4")
    found = auc_of_events(np.zeros(10), events, np.zeros(10), events, KEY)
    assert (found.value, found.error, found.p_value) == (0.5, 0.0, 1.0)
    assert found.value <= found.at(1e-4)


def test_rows_of_one_event_are_no_independent_rows():
    """Thirty rows an event that all share its shift: chance is as wide as the number of events says."""
    rng = np.random.default_rng(2)
    shift = rng.normal(size=(2, 40))
    rows = (shift[..., None] + 0.01 * rng.normal(size=(2, 40, 30))).reshape(2, -1)
    event = np.repeat(np.arange(40, dtype="i4"), 30)
    found = auc_of_events(rows[0], event, rows[1], event, KEY)
    alone = auc_of_events(shift[0], np.arange(40, dtype="i4"), shift[1], np.arange(40, dtype="i4"), KEY)
    assert found.null_width == pytest.approx(alone.null_width, rel=0.1)
    assert found.error == pytest.approx(alone.error, rel=0.1)


def test_error_is_the_spread_of_repetitions():
    rng = np.random.default_rng(3)
    event = np.repeat(np.arange(60, dtype="i4"), 5)
    found = [
        auc_of_events(*((rng.normal(at, 1, (60, 1)) + rng.normal(size=(60, 5))).ravel() if i % 2 == 0 else event
                        for at in (0.0, 0.5) for i in (0, 1)), KEY)
        for _ in range(60)
    ]  # fmt: skip
    assert np.mean([one.error for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.25)


def test_many_scores_are_put_into_bins():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=5000), rng.normal(0.2, 1, size=5000)
    event = np.repeat(np.arange(100, dtype="i4"), 50)
    found = auc_of_events(first, event, second, event, KEY)
    assert found.value == pytest.approx(mannwhitneyu(second, first).statistic / 25e6, abs=2e-5)
