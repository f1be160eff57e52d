import sys

import numpy as np
import pytest

from pxdbkg.errors import MissingExtra
from pxdbkg.validation.classifier import FEW_ROWS, MANY_ROWS, Rows, two_sample

NAMES = ("one", "two", "three")


def rows_of(seed, n_events, per_event=1, shift=0.0, shared=0.0):
    """Rows of normal numbers, the second feature shifted; ``shared`` of the spread is common to an event."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_events, per_event, 3)) + shared * rng.normal(size=(n_events, 1, 3))
    values[..., 1] += shift
    return Rows(values.reshape(-1, 3).astype("f4"), np.repeat(np.arange(n_events, dtype="i4"), per_event))


def test_a_shift_shows_and_is_named():
    found = two_sample(rows_of(1, 300), rows_of(2, 300, shift=1.0), NAMES, FEW_ROWS, "test")
    assert found.auc.value == pytest.approx(0.76, abs=0.06)  # Phi(1 / sqrt 2) = 0.760 is what can be reached
    assert found.auc.p_value < 1e-6
    assert next(iter(found.importances)) == "two"
    assert set(found.importances) == set(NAMES)


def test_same_input_same_numbers():
    samples = rows_of(1, 20, 20), rows_of(2, 20, 20, shift=0.2)
    assert two_sample(*samples, NAMES, MANY_ROWS, "test") == two_sample(*samples, NAMES, MANY_ROWS, "test")


@pytest.mark.parametrize(("per_event", "shared"), [(1, 0.0), (30, 1.0)])
def test_two_samples_of_one_source(per_event, shared):
    """Also where rows of one event are alike, p-values are those of chance."""
    p_values = [
        two_sample(
            rows_of(2 * seed, 60, per_event, shared=shared),
            rows_of(2 * seed + 1, 60, per_event, shared=shared),
            NAMES,
            FEW_ROWS,
            "test",
        ).auc.p_value
        for seed in range(10)
    ]
    assert min(p_values) > 0.001
    assert 0.25 < np.mean(p_values) < 0.75


def test_samples_of_different_size():
    found = two_sample(rows_of(1, 50, 4), rows_of(2, 200, 4, shift=1.0), NAMES, FEW_ROWS, "test")
    assert found.auc.value > 0.65


def test_few_events_tell_nothing():
    found = two_sample(rows_of(1, 4), rows_of(2, 4, shift=9.0), NAMES, FEW_ROWS, "test")
    assert found.auc.value == 0.5
    assert found.auc.value <= found.auc.at(1e-3)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingExtra, match=r"scikit-learn.*pip install 'pxdbkg\[validation\]'"):
        two_sample(rows_of(1, 10), rows_of(2, 10), NAMES, FEW_ROWS, "test")
