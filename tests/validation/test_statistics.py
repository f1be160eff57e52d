import numpy as np
import pytest

from pxdbkg.validation import distances
from pxdbkg.validation.resampling import Sums
from pxdbkg.validation.statistics import Comparison, Statistic

N_BINS = 8
STATISTICS = [
    Statistic("spectrum", "charge", "", lambda means: means["spectrum"], distances.kolmogorov_smirnov, ("a", "b")),
    Statistic(
        "counts",
        "occupancy",
        "sigma",
        lambda means: means["counts"][..., None],
        distances.root_mean_square,
        ("first", "second", "third"),
        scaled=True,
    ),
    Statistic(
        "distance of spectra",
        "features",
        "",
        lambda means: means["spectrum"].reshape(-1, 1, 2 * N_BINS),
        distances.euclidean,
    ),
]


def sums_of(rng, n_events, factor=1.0):
    rate = rng.gamma(20, 1 / 20, (n_events, 1))
    counts = rng.poisson(rate * np.array([50, 80, 100 * factor]))
    spectrum = rng.poisson(rate[:, :, None] * np.linspace(20, 2, N_BINS), (n_events, 2, N_BINS))
    blocks = {"counts": counts.astype(np.float32), "spectrum": spectrum.astype(np.float32)}
    return Sums(blocks, np.ones(n_events, np.int64))


def compared(reference, candidate, n_exchanges=400):
    pair = Comparison(reference, candidate, n_exchanges=n_exchanges, n_bootstrap=30)
    return pair.evaluate(STATISTICS, lambda _: None)


def test_equal_samples_have_no_distance():
    sums = sums_of(np.random.default_rng(1), 100)
    assert [one.value for one in compared(sums, sums)] == pytest.approx([0, 0, 0], abs=1e-9)


def test_a_difference_is_found_where_it_is():
    rng = np.random.default_rng(2)
    spectrum, counts, distance = compared(sums_of(rng, 500), sums_of(rng, 400, factor=1.15))
    assert not counts.passed
    assert counts.detail.startswith("third")
    assert spectrum.passed
    assert distance.passed
    assert counts.p_value < 1e-6
    assert counts.ratio > 3


def test_false_alarms_are_as_rare_as_they_should_be():
    rng = np.random.default_rng(3)
    alarms = sum(any(not one.passed for one in compared(sums_of(rng, 120), sums_of(rng, 90))) for _ in range(60))
    assert alarms <= 3  # 0.4 expected at 0.7 %; more than 3 has a chance below 0.1 %


def test_errors_are_the_spread_of_repetitions():
    rng = np.random.default_rng(4)
    pairs = [compared(sums_of(rng, 200), sums_of(rng, 200, factor=1.2))[1] for _ in range(40)]
    spread = np.std([one.value for one in pairs])
    assert np.mean([one.error for one in pairs]) == pytest.approx(spread, rel=0.4)


def test_floor_is_the_mean_without_a_difference():
    rng = np.random.default_rng(5)
    pairs = [compared(sums_of(rng, 200), sums_of(rng, 100))[0] for _ in range(40)]
    values, floors = np.array([[one.value, one.floor] for one in pairs]).T
    assert floors.mean() == pytest.approx(values.mean(), abs=4 * values.std() / np.sqrt(40))


def test_same_samples_give_the_same_numbers():
    sums = sums_of(np.random.default_rng(6), 50), sums_of(np.random.default_rng(7), 50)
    assert compared(*sums) == compared(*sums)


def test_few_events_with_long_tails_raise_no_more_alarms():
    """Second moments of some 30 events: their spread, when taken from one sample, is too small too often."""
    moments = [
        Statistic(
            "variances",
            "regions",
            "sigma",
            lambda means: (means["squares"] - means["counts"] ** 2)[:, None, :],
            distances.root_mean_square,
            scaled=True,
        )
    ]
    rng = np.random.default_rng(8)

    def sample():
        counts = rng.lognormal(0, 1, (30, 100)).astype(np.float32)
        return Sums({"counts": counts, "squares": counts**2}, np.ones(30, np.int64))

    pairs = [Comparison(sample(), sample(), n_exchanges=300, n_bootstrap=10) for _ in range(60)]
    p_values = np.array([pair.evaluate(moments, lambda _: None)[0].p_value for pair in pairs])
    assert p_values.min() > 1e-4
    assert p_values.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * 60))
