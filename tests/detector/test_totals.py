import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from pxdbkg.detector import Digits
from pxdbkg.detector.totals import Totals, kolmogorov_smirnov, wasserstein_adu
from pxdbkg.errors import ArrayTypeError, DigitError


def event_of(number, n=400):
    rng = np.random.default_rng(number)
    u, v, charge = (rng.integers(0, high, n).astype("u2") for high in (250, 768, 300))
    return Digits(rng.integers(0, 39, n).astype("u1"), u, v, charge)


def totals_of(numbers):
    totals = Totals()
    for number in numbers:
        totals.add(event_of(number, 100 * number + 50))
    return totals


def test_totals_against_numpy():
    events = [event_of(number, 100 * number + 50) for number in range(70)]
    totals = totals_of(range(70))
    every = Digits.concatenate(events)
    counts = np.array([np.bincount(event.sensor, minlength=40) for event in events])
    assert totals.n_events == 70
    assert np.array_equal(totals.counts, counts)
    assert np.array_equal(
        totals.charge_counts[3], np.bincount(every.charge[every.sensor == 3].clip(max=255), minlength=256)
    )
    assert totals.mean_occupancy == pytest.approx(counts.mean(axis=0) / 192_000)
    assert totals.occupancy_error == pytest.approx(counts.std(axis=0, ddof=1) / np.sqrt(70) / 192_000)
    assert totals.mean_charge[:39] == pytest.approx([every.charge[every.sensor == s].mean() for s in range(39)])
    assert totals.charge_pmf == pytest.approx(np.bincount(every.charge.clip(max=255), minlength=256) / len(every))
    assert totals.fano[:39] == pytest.approx(counts[:, :39].var(axis=0, ddof=1) / counts[:, :39].mean(axis=0))
    assert totals.correlation[:39, :39] == pytest.approx(np.corrcoef(counts[:, :39].T))


def test_the_error_of_fano_factors_is_their_spread_over_samples():
    rng = np.random.default_rng(3)
    fano, errors, mean_errors = [], [], []
    for _ in range(200):
        totals = Totals()
        shared = rng.gamma(4.0, 5.0, 50)  # makes counts wide, with a tail, and sensors correlated
        for rate in shared:
            counts = rng.poisson(rate, 40)
            sensor = np.repeat(np.arange(40), counts).astype("u1")
            zero = np.zeros(len(sensor), "u2")
            totals.add(Digits(sensor, zero, zero, zero + np.uint16(9)))
        fano.append(totals.fano)
        errors.append(totals.fano_error)
        mean_errors.append(totals.mean_fano_error(np.arange(16)))
    assert np.mean(errors) == pytest.approx(np.std(fano, axis=0).mean(), rel=0.2)
    assert np.mean(mean_errors) == pytest.approx(np.std(np.mean(np.array(fano)[:, :16], axis=1)), rel=0.2)
    assert np.mean(mean_errors) > 0.7 * np.mean(errors)


def test_an_empty_sensor_has_no_fano_factor_and_no_correlation():
    totals = totals_of(range(3))
    assert np.isnan(totals.fano[39])
    assert np.isnan(totals.correlation[39]).all()
    assert totals.mean_charge[39] == 0


@pytest.mark.parametrize("numbers", [[], [2]])
def test_too_few_events_for_a_spread(numbers):
    totals = totals_of(numbers)
    assert np.isnan(totals.fano).all()
    assert np.isnan(totals.fano_error).all()
    assert not totals.occupancy_error.any()
    assert np.isfinite(totals.mean_occupancy).all()
    assert totals.charge_pmf.sum() == pytest.approx(len(numbers))


@pytest.mark.parametrize("split", [0, 3, 9])
def test_totals_of_parts_add_up(split):
    whole, both = totals_of(range(9)), totals_of(range(split)) + totals_of(range(split, 9))
    assert both.n_events == 9
    assert np.array_equal(both.counts, whole.counts)
    assert np.array_equal(both.charge_counts, whole.charge_counts)
    assert np.array_equal(both.charge_sum_adu, whole.charge_sum_adu)
    both.add(event_of(1))
    assert both.n_events == 10


def test_distances_of_spectra_against_scipy():
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 1000, (2, 256))
    adu = np.arange(7, 256)
    assert wasserstein_adu(one, other) == pytest.approx(wasserstein_distance(adu, adu, one[7:], other[7:]))
    cdf = [np.cumsum(counts[7:]) / counts[7:].sum() for counts in (one, other)]
    assert kolmogorov_smirnov(one, other) == pytest.approx(np.abs(cdf[0] - cdf[1]).max())
    assert kolmogorov_smirnov(one, 3 * one) == wasserstein_adu(one, 3 * one) == 0


def test_charges_below_the_threshold_do_not_count():
    one = np.ones(256)
    other = np.where(np.arange(256) < 7, 50, 1)
    assert wasserstein_adu(one, other) == 0
    assert wasserstein_adu(one, other, first_adu=0) > 1


@pytest.mark.parametrize(
    ("counts", "error"), [(np.ones(255), ArrayTypeError), (np.zeros(256), DigitError), (-np.ones(256), DigitError)]
)
def test_what_is_no_spectrum(counts, error):
    with pytest.raises(error, match="charge spectrum"):
        kolmogorov_smirnov(np.ones(256), counts)
