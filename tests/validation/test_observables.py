from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.detector import Digits
from pxdbkg.detector.totals import Totals
from pxdbkg.io.published import read_published
from pxdbkg.validation.observables import Observable, observables

PUBLISHED = read_published(Path(__file__).parents[2] / "data" / "geant4_reference.json")


def totals_like(published, n_events=50, scale=1.0, spread=0.0):
    """Totals with the published occupancies and spectrum, all but exactly."""
    totals = Totals()
    rng = np.random.default_rng(5)
    counts = published.mean_occupancy * 192_000 * scale
    expected = published.charge_counts / published.charge_counts.sum()
    quantiles = np.searchsorted(np.cumsum(expected), (np.arange(200_000) + 0.5) / 200_000)
    for number in range(n_events):
        factor = 1 + spread * (1 if number % 2 else -1)
        sensor = np.repeat(np.arange(40), np.rint(counts * factor).astype(int)).astype("u1")
        zero = np.zeros(len(sensor), "u2")
        charge = quantiles[(rng.random(len(sensor)) * 200_000).astype(int)].astype("u2")
        totals.add(Digits(sensor, zero, zero, charge))
    return totals


def by_name(found):
    return {one.name: one for one in found}


def test_a_sample_like_the_published_one_passes():
    found = by_name(observables(totals_like(PUBLISHED), PUBLISHED))
    digits = found["digits an event"]
    assert digits.published == pytest.approx(69_344.3, abs=0.1)
    assert digits.value == pytest.approx(69_344.3, rel=1e-4)
    assert abs(digits.difference_percent) < 0.01
    assert found["charge spectrum, Kolmogorov-Smirnov"].value < 1e-3
    assert found["charge spectrum, Wasserstein-1"].value < 0.05
    worst = next(one for name, one in found.items() if name.startswith("occupancy off by, worst"))
    assert worst.value < 0.1
    for name in ("fall with radius, n of r^-n", "forward / backward, layer 2", "one-fold wave in phi, layer 1"):
        assert found[name].value == pytest.approx(found[name].published, rel=0.01)
    limited = [one for one in found.values() if one.passed is not None]
    assert {one.name.partition(",")[0] for one in limited if one.passed} >= {"occupancy off by", "charge spectrum"}


def test_the_published_generator_is_told_beside():
    found = by_name(observables(totals_like(PUBLISHED, 2), PUBLISHED))
    assert found["charge spectrum, Kolmogorov-Smirnov"].generator == pytest.approx(0.0745, abs=5e-4)
    assert found["charge spectrum, Wasserstein-1"].generator == pytest.approx(2.80, abs=0.005)
    assert found["occupancy off by, mean of 40"].generator == pytest.approx(11.7, abs=0.05)
    worst = next(one for name, one in found.items() if name.startswith("occupancy off by, worst"))
    assert worst.generator == pytest.approx(31.9, abs=0.05)
    assert found["Fano factor, layer 1"].generator == 23.9


def test_a_sample_with_more_digits_fails():
    found = by_name(observables(totals_like(PUBLISHED, 3, scale=1.03), PUBLISHED))
    assert found["digits an event"].difference_percent == pytest.approx(3.0, abs=0.01)
    worst = next(one for name, one in found.items() if name.startswith("occupancy off by, worst"))
    assert worst.passed is False
    assert worst.value == pytest.approx(3.0, abs=0.1)


def test_what_sensors_share_is_their_correlation():
    found = by_name(observables(totals_like(PUBLISHED, 4, spread=0.1), PUBLISHED))
    for name, one in found.items():
        if name.startswith("correlation"):
            assert one.value == pytest.approx(1.0, abs=1e-6)
    fano = found["Fano factor, layer 1"]
    counts = PUBLISHED.mean_occupancy[:16] * 192_000
    assert fano.value == pytest.approx(float((counts * 0.01 * 4 / 3).mean()), rel=1e-3)
    assert fano.passed is False


def test_without_published_numbers_and_with_one_event():
    found = observables(totals_like(PUBLISHED, 1), None)
    assert {one.published for one in found} == {one.passed for one in found} == {None}
    assert not any("Fano" in one.name or "correlation" in one.name for one in found)


def test_without_the_generated_sample():
    found = observables(totals_like(PUBLISHED, 2), replace(PUBLISHED, iea_gan=None))
    assert {one.generator for one in found} == {None}


def test_sensors_without_a_digit():
    totals = Totals()
    for charge in (9, 255):
        totals.add(
            Digits(
                *(
                    np.array([value]).astype(t)
                    for value, t in zip((3, 0, 0, charge), Digits.dtypes.values(), strict=True)
                )
            )
        )
    for one in observables(totals, PUBLISHED):
        assert np.isfinite(one.value)
        assert one.error is None or np.isfinite(one.error)


def test_limits():
    assert Observable("a", "", 1.0, limit=1.0).passed
    assert Observable("a", "", 1.1, limit=1.0).passed is False
    assert Observable("a", "", 1.1, published=1.0, limit_percent=11).passed
    assert Observable("a", "", 0.8, published=1.0, limit_percent=11).passed is False
    assert Observable("a", "", 0.8, published=1.0).passed is None
    assert Observable("a", "", 0.8, published=0.0, limit_percent=1).passed is None
