from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import nominal, run1
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.detector.truth import NO_SOURCE
from pxdbkg.errors import DigitError
from pxdbkg.kernels.deposition import PixelCharges
from pxdbkg.reference.digitizer import (
    Electronics,
    digitize,
    digitize_with_truth,
    freed_electrons,
    noise_digits,
    read_out,
)
from pxdbkg.reference.integration_window import IntegrationWindow
from pxdbkg.seeding import event_key

SHARP = Electronics(noise_electrons=0, pedestal_rms_adu=0, noise_fraction=0)


def key(event):
    return event_key("1", "digitizer", 0, 0, event)


def hits(n, energy=np.nan, path_mm=0.075, seed=0):
    rng = np.random.default_rng(seed)
    f4 = [rng.uniform(-6, 6, n), rng.uniform(-20, 20, n), np.zeros(n), np.zeros(n), np.ones(n)]
    f4 += [np.full(n, path_mm), np.broadcast_to(energy, n), np.zeros(n)]
    sensor = rng.integers(0, 40, n).astype("u1")
    return SimHits(sensor, *(column.astype("f4") for column in f4), np.zeros(n, "i4"), np.zeros(n, "f4"))


def charges(electrons, first=0):
    channel = np.arange(first, first + len(electrons), dtype="u4")
    return PixelCharges(channel, np.asarray(electrons, float))


def test_digits_are_sorted_unique_and_above_threshold():
    digits = digitize(hits(3000), key(1), nominal())
    digits.check("test")
    assert digits.charge.min() == 7
    assert digits.charge.max() <= 255


def test_mean_charge_of_a_fast_particle():
    digits = digitize(hits(3000), key(2), nominal())
    assert digits.charge.sum() / 3000 == pytest.approx(29.5, abs=1)  # 30.2 freed, less what stays below threshold


def test_known_energy_gives_its_charge():
    """21.667 keV are 5936 electrons, 27.4 ADU."""
    digits = digitize(hits(2000, 21.667), key(3), nominal(), electronics=SHARP, use_energy=True)
    big = digits.charge > 20
    assert np.mean(digits.charge[big]) < 28
    electrons = freed_electrons(hits(5, 21.667), key(3), use_energy=True)
    np.testing.assert_allclose(electrons, 21667 / 3.65, rtol=1e-6)


def test_energy_is_drawn_where_it_is_not_usable():
    energy = np.array([10, np.nan, 0, -3, np.inf], "f4")
    drawn = freed_electrons(hits(5), key(4), use_energy=False)
    used = freed_electrons(hits(5, energy), key(4), use_energy=True)
    assert used[0] == pytest.approx(10000 / 3.65)
    np.testing.assert_array_equal(used[1:], drawn[1:])
    assert np.all(drawn > 500)


def test_point_like_hits_keep_their_energy():
    photons = hits(3, np.array([6.0, 20.0, np.nan]), path_mm=0.0)
    electrons = freed_electrons(photons, key(5), use_energy=False)
    np.testing.assert_allclose(electrons, [6000 / 3.65, 20000 / 3.65, 0])
    digits = digitize(photons, key(5), nominal(), electronics=SHARP)
    assert len(np.unique(digits.sensor)) == 2


def test_chain_of_a_pixel():
    """Without smearing the charge is electrons over gain, rounded; the clip leaves 255 less the pedestal."""
    digits = read_out(charges([1e6]), key(6), replace(SHARP, pedestal_adu=100))
    assert digits.charge.tolist() == [155]
    digits = read_out(charges([1e6]), key(6), replace(SHARP, pedestal_adu=0))
    assert digits.charge.tolist() == [255]
    many = read_out(charges(np.full(20000, 30 * 216.67)), key(7), SHARP).charge
    assert many.mean() == pytest.approx(30, abs=0.02)
    away = 2 * norm.sf(0.5 / (np.sqrt(30 * 216.67) / 216.67))  # Poisson smearing that rounds to 29 or 31
    assert many.std() == pytest.approx(np.sqrt(away), rel=0.03)


def test_noise_and_pedestals():
    many = read_out(charges(np.full(20000, 30 * 216.67)), key(8)).charge
    expected = np.sqrt(30 * 216.67 + 150**2) / 216.67
    assert many.std() == pytest.approx(np.hypot(expected, np.sqrt(1 / 6)), rel=0.03)
    top = read_out(charges(np.full(20000, 1e6)), key(9)).charge
    assert top.mean() == pytest.approx(155, abs=1)
    assert top.std() == pytest.approx(30, rel=0.03)
    assert top.max() <= 255


def test_threshold_cuts_below():
    adu = np.array([6.4, 6.6, 7.0, 9.0])
    sharp = replace(SHARP, electrons_per_adu=1e6)  # Poisson smearing is then negligible
    assert read_out(charges(adu * 1e6), key(10), sharp).charge.tolist() == [7, 7, 9]
    assert read_out(charges(adu * 1e6), key(10), replace(sharp, threshold_adu=8)).charge.tolist() == [9]


def test_small_charges_are_poisson():
    """Below 1000 electrons the smearing is Poisson: a mean of 3 leaves e^-3 empty."""
    sharp = replace(SHARP, electrons_per_adu=1.0, threshold_adu=1, pedestal_adu=0)
    got = read_out(charges(np.full(20000, 3.0)), key(11), sharp)
    assert 1 - len(got) / 20000 == pytest.approx(np.exp(-3), abs=0.005)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 299), min_size=1))
def test_draws_of_a_pixel_do_not_depend_on_the_others(chosen):
    every = charges(np.linspace(500, 5000, 300), first=1234567)
    index = np.array(sorted(chosen))
    few = PixelCharges(every.channel[index], every.electrons[index])
    all_digits, some = read_out(every, key(12)), read_out(few, key(12))
    kept = np.isin(all_digits.channel(), every.channel[index])
    assert some == all_digits.select(kept)


def test_noise_digits():
    sensors = np.arange(40, dtype="u1")
    counts, charge = [], []
    for event in range(2000):
        digits = noise_digits(key(event), sensors)
        counts.append(len(digits))
        charge += digits.charge.tolist()
    assert np.mean(counts) == pytest.approx(0.384, abs=4 * np.sqrt(0.384 / 2000))
    assert set(charge) == {8}
    busy = noise_digits(key(1), sensors, Electronics(noise_fraction=0.01))
    busy.check("test", sorted_unique=False)
    assert len(busy) == pytest.approx(0.01 * 7.68e6, rel=0.02)
    assert busy.u.mean() == pytest.approx(124.5, abs=2)
    assert busy.v.mean() == pytest.approx(383.5, abs=5)


def test_noise_digits_join_sorted_and_once():
    busy = Electronics(noise_fraction=0.01)
    digits = digitize(hits(2000), key(13), nominal(), electronics=busy)
    digits.check("test")
    clean = digitize(hits(2000), key(13), nominal(), electronics=replace(busy, noise_fraction=0))
    assert clean == digits.select(np.isin(digits.channel(), clean.channel()))


def test_sensors_that_are_not_installed_stay_empty():
    assert set(digitize(hits(500), key(14), run1()).sensor) <= set(run1().sensors)
    full = digitize(hits(500), key(14), nominal(), electronics=replace(Electronics(), noise_fraction=0))
    part = digitize(hits(500), key(14), run1(), electronics=replace(Electronics(), noise_fraction=0))
    assert part == full.select(np.isin(full.sensor, run1().sensors))


def test_noise_digits_join_as_in_a_long_list():
    """The same as all digits in one list, of which each pixel keeps the first."""
    busy = replace(SHARP, noise_fraction=2e-3)
    for event in range(5):
        clean = digitize(hits(500), key(event), nominal(), electronics=SHARP)
        both = Digits.concatenate([clean, noise_digits(key(event), nominal().sensors, busy)])
        _, first = np.unique(both.channel(), return_index=True)
        assert digitize(hits(500), key(event), nominal(), electronics=busy) == both.select(first)


def particles(n, seed=0):
    source = np.random.default_rng(seed).integers(0, 9, n).astype("u1")
    return replace(
        Particles(*(np.zeros(n, dtype) for dtype in Particles.dtypes.values())),
        source=source,
        number=np.arange(n, dtype="u4"),
    )


def test_truth_names_particles_and_sources():
    n = 3000
    given = replace(hits(n), particle=np.random.default_rng(1).permutation(n).astype("i4"))
    busy = Electronics(noise_fraction=1e-4)
    digits, truth = digitize_with_truth(given, key(16), nominal(), particles(n), electronics=busy)
    assert digits == digitize(given, key(16), nominal(), electronics=busy)
    assert len(truth) == len(digits)
    real = truth.particle >= 0
    assert np.count_nonzero(~real) == pytest.approx(768, abs=120)
    assert set(truth.source[~real]) == {NO_SOURCE}
    np.testing.assert_array_equal(truth.source[real], particles(n).source[truth.particle[real]])
    # The digit lies where its particle has passed.
    hit = np.argsort(given.particle)[truth.particle[real]]
    u_mm, v_mm = nominal().position(digits.sensor[real], digits.u[real], digits.v[real])
    np.testing.assert_array_equal(given.sensor[hit], digits.sensor[real])
    assert np.abs(u_mm - given.u_mm[hit]).max() < 0.15
    assert np.abs(v_mm - given.v_mm[hit]).max() < 0.2


def test_truth_without_particles():
    given = replace(hits(3), particle=np.array([5, -7, -1], "i4"))
    digits, truth = digitize_with_truth(given, key(17), nominal(), None, electronics=SHARP)
    assert set(truth.source) == {NO_SOURCE}
    assert set(truth.particle) == {5, -1}
    _, truth = digitize_with_truth(given, key(17), nominal(), particles(6), electronics=SHARP)
    assert set(truth.source) == {int(particles(6).source[5]), NO_SOURCE}
    with pytest.raises(DigitError, match="hit 0 is of particle 5, there are 5"):
        digitize_with_truth(given, key(17), nominal(), particles(5))
    digits, truth = digitize_with_truth(SimHits.empty(), key(17), nominal(), particles(0), electronics=SHARP)
    assert len(digits) == len(truth) == 0


def at_times(n, seed=0):
    time = np.random.default_rng(seed).uniform(-2.5e4, 2.5e4, n).astype("f4")
    return replace(hits(n, seed=seed), time_ns=time, particle=np.arange(n, dtype="i4"))


@settings(max_examples=20)
@given(st.integers(0, 191), st.sampled_from([(), (1,), (1, 2)]))
def test_rows_take_hits_of_their_time(trigger, backwards):
    """Every digit has a hit in the window of its row, worked out one by one; half of 50 us of hits are left."""
    given = at_times(400)
    window, timing = IntegrationWindow(reversed_layers=backwards), InjectionTiming(trigger, False, np.zeros(0, "f4"))
    digits, truth = digitize_with_truth(
        given, key(18), nominal(), None, electronics=SHARP, timing=timing, window=window
    )
    for sensor, v, particle in zip(digits.sensor, digits.v, truth.particle, strict=True):
        row = 767 - int(v) if (1 if sensor < 16 else 2) in backwards else int(v)
        start = -20000 + ((row // 4 - trigger) % 192 + 1) * 20000 / 192
        assert start <= given.time_ns[particle] < start + 20000
    every = digitize(given, key(18), nominal(), electronics=SHARP)
    assert len(digits) / len(every) == pytest.approx(0.4, abs=0.08)


def test_hits_at_the_trigger_see_no_window():
    timing = InjectionTiming(77, False, np.zeros(0, "f4"))
    given = replace(hits(300), time_ns=np.full(300, 0.2, "f4"))
    assert digitize(given, key(19), nominal(), timing=timing) == digitize(given, key(19), nominal())


def test_gating_loses_hits_and_gates():
    timing = InjectionTiming(0, True, np.array([-0.1, 10000], "f4"))
    given = replace(hits(2000), time_ns=np.full(2000, 0.2, "f4"))
    busy = replace(SHARP, noise_fraction=1e-3)
    assert len(digitize(given, key(20), nominal(), electronics=SHARP, timing=timing)) == 0
    blind_off = IntegrationWindow(blind_ns=0, reversed_layers=())
    digits, truth = digitize_with_truth(
        given, key(20), nominal(), None, electronics=busy, timing=timing, window=blind_off
    )
    every = digitize(given, key(20), nominal(), electronics=busy)
    skipped = (every.v // 4 >= 96) & (every.v // 4 < 109)  # 10,000 and 11,400 ns of 104.17 a gate
    assert digits == every.select(~skipped)
    assert len(truth) == len(digits)
    assert skipped.any()
    # An interval before the trigger blinds, but skips no gate; without the flag nothing happens.
    before = InjectionTiming(0, True, np.array([-500], "f4"))
    assert digitize(given, key(20), nominal(), electronics=busy, timing=before) == every
    off = InjectionTiming(0, False, np.array([-0.1, 10000], "f4"))
    assert digitize(given, key(20), nominal(), electronics=busy, timing=off) == every


def test_same_key_same_bytes_and_other_key_other_bytes():
    assert digitize(hits(50), key(1), nominal()) == digitize(hits(50), key(1), nominal())
    assert digitize(hits(50), key(1), nominal()) != digitize(hits(50), key(2), nominal())


def test_bytes_never_change():
    assert digitize(hits(300), key(15), nominal()).digest()[:16] == GOLDEN


GOLDEN = "faf760c9ac02503d"


def test_empty_and_bad_hits():
    quiet = replace(Electronics(), noise_fraction=0)
    assert digitize(SimHits.empty(), key(1), nominal(), electronics=quiet) == Digits.empty()
    with pytest.raises(DigitError, match=r"digitize: hit 0 has a path outside 0\.\.200 mm"):
        digitize(hits(1, path_mm=300.0), key(1), nominal())
