"""The fit finds the parameters that a target was made with."""

import dataclasses

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.totals import N_ADU
from pxdbkg.errors import ConfigError
from pxdbkg.io.published import Published
from pxdbkg.reference.calibration import (
    calibrate,
    get_parameter,
    observe,
    set_parameter,
    simulate_sample,
)
from pxdbkg.reference.preset import SOURCES, Fitted, load_preset
from pxdbkg.seeding import event_key


def small(factor=0.1, **fit):
    preset = load_preset("geant4")
    conditions = dataclasses.replace(preset.now, occupancy_scale=factor)
    return dataclasses.replace(preset, conditions=conditions, fit={name: Fitted(**free) for name, free in fit.items()})


def as_target(preset, n_events, seed):
    """What a sample of a preset gives, as published statistics."""
    sample = simulate_sample(preset, nominal(), n_events, seed=seed)
    seen = observe(sample, preset, nominal())
    counts = np.rint(sample.spectrum.sum(axis=(0, 1)) * n_events).astype(np.int64)
    assert counts.shape == (N_ADU,)
    return Published(seen["occupancy"], seen["charge"], counts, seen["fano"], n_events, 7, "made here", None)


def test_parameters_are_read_and_set_by_their_place():
    preset = load_preset("geant4")
    changed = set_parameter(preset, "sources.compton.rate", 12.0)
    assert get_parameter(changed, "sources.compton.rate") == 12.0
    assert dataclasses.replace(changed, sources=preset.sources) == preset
    for place in ("sources.comptom.rate", "about", "sources"):
        with pytest.raises(ConfigError, match="fit: "):
            get_parameter(preset, place)


def test_fit_finds_the_rates_and_the_slope_of_its_target():
    places = {"pairs": ["sources.two_photon.rate"], "electrons": ["sources.compton.rate"]}
    places["slope"] = ["sources.two_photon.pt_power"]
    start = small(0.4, **{name: {"parameters": place, "low": 0.0} for name, place in places.items()})
    factors = {"pairs": 0.8, "electrons": 1.4, "slope": 1.1}
    made = start
    for name, place in places.items():
        made = set_parameter(made, place[0], factors[name] * get_parameter(start, place[0]))
    chi2 = []
    fitted = calibrate(
        start,
        as_target(made, 15, "fit"),
        nominal(),
        n_events=15,
        steps=4,
        seed="fit",
        report=lambda s: chi2.append(s.chi2),
    )
    assert chi2[-1] < 0.1 * chi2[0]
    for name, place in places.items():
        expected = get_parameter(made, place[0])
        assert get_parameter(fitted, place[0]) == fitted.fit[name].value == pytest.approx(expected, rel=0.1)
        assert 0 < fitted.fit[name].error < 0.2 * expected


def test_parameters_of_one_name_keep_their_ratio():
    names = [f"sources.{source}.rate" for source in ("touschek_ler", "coulomb_ler")]
    start = small(ler={"parameters": names, "low": 0.0})
    made = start
    for name in names:
        made = set_parameter(made, name, 1.5 * get_parameter(start, name))
    fitted = calibrate(start, as_target(made, 4, "fit"), nominal(), n_events=4, steps=2, seed="fit")
    assert get_parameter(fitted, names[0]) == pytest.approx(get_parameter(made, names[0]), rel=0.1)
    ratios = [get_parameter(fitted, name) / get_parameter(start, name) for name in names]
    assert ratios[0] == pytest.approx(ratios[1])


def test_assumption_holds_what_the_target_does_not():
    """A hundred times more certain than the target could be."""
    free = {"parameters": ["sources.synchrotron.rate"], "low": 0.0}
    value = get_parameter(small(), "sources.synchrotron.rate")
    start = small(photons={**free, "assumed": 2 * value, "assumed_error": 1e-4 * value})
    fitted = calibrate(start, as_target(small(), 3, "fit"), nominal(), n_events=3, steps=4, seed="fit")
    assert fitted.fit["photons"].value == pytest.approx(2 * value, rel=1e-3)


def test_nothing_to_fit():
    with pytest.raises(ConfigError, match="has no free parameters"):
        calibrate(small(), as_target(small(), 2, "x"), nominal(), n_events=2)


def test_fano_factor_from_groups_is_that_of_the_counts():
    """Independent groups: the sum of squares against the variance of 400 events."""
    preset = dataclasses.replace(small(0.02), rate_fluctuation=0.0, source_fluctuation=0.0)
    sample = simulate_sample(preset, nominal(), 400)
    seen = observe(sample, preset, nominal())["fano"]
    counts = np.array(
        [simulate_sample(preset, nominal(), 1, seed=f"{n}").spectrum.sum(axis=(0, 2)) for n in range(300)]
    )
    fano = counts.var(axis=0, ddof=1) / counts.mean(axis=0)
    for layer, sensors in ((0, slice(0, 16)), (1, slice(16, 40))):
        assert seen[layer] == pytest.approx(fano[sensors].mean(), rel=0.25)


def test_digits_without_a_source_are_noise():
    sample = simulate_sample(small(0.001), nominal(), 20)
    assert sample.spectrum.shape == (len(SOURCES) + 1, 40, N_ADU)
    assert sample.spectrum[-1].sum() == pytest.approx(5e-8 * 40 * 192_000, rel=1.5)


def test_sample_is_the_same_again():
    one, other = (simulate_sample(small(0.01), nominal(), 2, seed="a") for _ in range(2))
    assert np.array_equal(one.spectrum, other.spectrum)
    assert event_key("a", "particles", 0, 0, 1) != event_key("b", "particles", 0, 0, 1)
