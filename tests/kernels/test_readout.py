import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import random
from pxdbkg.kernels.readout import read_out
from pxdbkg.seeding import event_key

BASF2 = {
    "threshold_adu": 7,
    "electrons_per_adu": 216.67,
    "noise_electrons": 150.0,
    "pedestal_adu": 100.0,
    "pedestal_rms_adu": 30.0,
    "adc_max_adu": 255,
    "draw_class": 2,
}


def key(event):
    return event_key("1", "readout", 0, 0, event)


def step_by_step(channel, mean, event_key, settings):
    """The chain with one array a step, all laws drawn for all pixels."""
    sensor, pixel = (channel // 192000).astype("u1"), channel % np.uint32(192000)
    draws = random.normal(event_key, sensor, pixel, 3, draw_class=settings["draw_class"])
    electrons = mean + np.sqrt(mean) * draws[:, 0]
    few = np.nonzero(mean <= 1000)[0]
    poisson = random.poisson(
        event_key, mean[few], sensor[few], pixel[few], draw_class=settings["draw_class"], first_block=1
    )
    electrons[few] = poisson
    electrons += settings["noise_electrons"] * draws[:, 1]
    pedestal = np.maximum(settings["pedestal_adu"] + settings["pedestal_rms_adu"] * draws[:, 2], 0.0)
    total = np.floor(electrons / settings["electrons_per_adu"] + pedestal + 0.5)
    adu = np.minimum(total, settings["adc_max_adu"]) - np.floor(pedestal + 0.5)
    kept = adu >= settings["threshold_adu"]
    u, v = (pixel % 250).astype("u2"), (pixel // 250).astype("u2")
    return Digits(sensor[kept], u[kept], v[kept], adu[kept].astype("u2")), np.nonzero(kept)[0]


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 700),
    st.sampled_from([3.0, 30.0, 300.0, 1000.0, 5000.0, 1e5]),
    st.sampled_from([{}, {"threshold_adu": 1}, {"noise_electrons": 800.0}, {"electrons_per_adu": 20.0}]),
)
def test_digits_are_those_of_the_plain_chain(seed, n, scale, change):
    """The kernel draws no Poisson numbers where they cannot matter; the digits must not show it."""
    rng = np.random.default_rng(seed)
    channel = np.sort(rng.choice(7_680_000, n, replace=False)).astype("u4")
    mean = rng.exponential(scale, n)
    settings = BASF2 | change
    digits, index = read_out(channel, mean, key(seed), **settings)
    expected, kept = step_by_step(channel, mean, key(seed), settings)
    assert digits == expected
    np.testing.assert_array_equal(index, kept)


@pytest.mark.slow
def test_unlikely_poisson_draws_are_not_lost():
    """A million pixels around the charge where a draw begins to matter."""
    channel = np.arange(1_000_000, dtype="u4")
    mean = np.random.default_rng(1).uniform(300, 1000, len(channel))
    settings = BASF2 | {"noise_electrons": 250.0}
    digits, _ = read_out(channel, mean, key(1), **settings)
    assert digits == step_by_step(channel, mean, key(1), settings)[0]


def test_simd_and_scalar_agree_with_the_golden_bytes(instruction_set):
    channel = np.arange(0, 7_680_000, 997, dtype="u4")
    digits, index = read_out(channel, np.linspace(0, 6000, len(channel)), key(2), **BASF2)
    digest = hashlib.sha256(digits.digest().encode() + index.tobytes()).hexdigest()
    assert digest[:16] == GOLDEN


GOLDEN = "f8486c2d49b84f75"


def test_borders_of_the_laws():
    """0 electrons, 1000 (the last mean of the Poisson law) and the largest charge give what the chain says."""
    channel = np.array([0, 1, 191_999, 192_000, 7_679_999], "u4")
    mean = np.array([0.0, 1000.0, np.nextafter(1000, 2000), 1e15, 1e6])
    digits, index = read_out(channel, mean, key(3), **BASF2)
    assert digits == step_by_step(channel, mean, key(3), BASF2)[0]
    assert set(index) >= {3, 4}


def test_no_pixel_gives_no_digit():
    digits, index = read_out(np.zeros(0, "u4"), np.zeros(0), key(1), **BASF2)
    assert len(digits) == len(index) == 0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"threshold_adu": 0}, r"threshold_adu 0 \(1 to 255\)"),
        ({"electrons_per_adu": 0.0}, "electrons_per_adu 0.0"),
        ({"noise_electrons": -1.0}, "noise_electrons -1.0"),
        ({"pedestal_adu": float("nan")}, "pedestal_adu nan"),
        ({"adc_max_adu": 65536}, r"adc_max_adu 65536 \(0 to 65535\)"),
        ({"draw_class": 255}, r"draw_class 255 \(0\.\.254\)"),
    ],
)
def test_constants_out_of_range(change, text):
    with pytest.raises(DigitError, match=text):
        read_out(np.zeros(1, "u4"), np.ones(1), key(1), **(BASF2 | change))


def test_bad_pixels():
    with pytest.raises(DigitError, match=r"pixel 0 has channel 7680000 \(0\.\.7679999\)"):
        read_out(np.array([7_680_000], "u4"), np.ones(1), key(1), **BASF2)
    with pytest.raises(DigitError, match="pixel 1 has channel 1 .* nan electrons"):
        read_out(np.arange(2, dtype="u4"), np.array([1.0, np.nan]), key(1), **BASF2)
    with pytest.raises(DigitError, match="as many electrons as channels"):
        read_out(np.arange(2, dtype="u4"), np.ones(1), key(1), **BASF2)
    with pytest.raises(ArrayTypeError, match="channel"):
        read_out(np.arange(2), np.ones(2), key(1), **BASF2)
