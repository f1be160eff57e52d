import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from pxdbkg import _core
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import random
from pxdbkg.seeding import event_key

KEY = event_key("42", "test", 0, 0, 17)
N = 20000
ROWS = np.arange(N, dtype=np.uint32)
FILLS = [random.uniform, random.normal]


def key(i):
    return event_key("law", "test", 0, 0, i)


@pytest.mark.parametrize(
    ("counter", "keys", "block"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_published_vectors(counter, keys, block):
    def words(text):
        return np.array([int(word, 16) for word in text.split()], np.uint32)

    np.testing.assert_array_equal(random.philox4x32(words(counter)[None], words(keys))[0], words(block))


@given(
    st.integers(0, 254) | st.none(),
    st.integers(0, 255),
    st.integers(0, 2**24 - 1),
    st.integers(1, 30),
    st.integers(0, 2**24 - 8),
)
def test_words_stand_where_the_layout_says(draw_class, sensor, ordinal, count, first):
    k0, k1, c2, c3 = np.frombuffer(KEY, "<u4")
    blocks = -(-count // 4)
    c0 = (0 if draw_class is None else draw_class + 1) << 24
    counters = [[c0 | (first + b), sensor << 24 | ordinal, c2, c3] for b in range(blocks)]
    words = random.philox4x32(np.array(counters, np.uint32), np.array([k0, k1])).ravel()[:count]
    got = random.uniform(KEY, sensor, ordinal, count, draw_class=draw_class, first_block=first)
    np.testing.assert_array_equal(got[0], ((words >> 8) + 0.5) * 2.0**-24)


@pytest.mark.parametrize("fill", FILLS)
@settings(max_examples=40)
@given(data=st.data())
def test_rows_do_not_depend_on_each_other(fill, data):
    count = data.draw(st.integers(1, 40))
    sensor = np.array(data.draw(st.lists(st.integers(0, 39), min_size=1, max_size=60)), np.uint8)
    ordinal = np.arange(len(sensor), dtype=np.uint32) * 7
    chosen = np.array(data.draw(st.lists(st.integers(0, len(sensor) - 1), max_size=30)), np.intp)
    all_rows = fill(KEY, sensor, ordinal, count, draw_class=3)
    np.testing.assert_array_equal(fill(KEY, sensor[chosen], ordinal[chosen], count, draw_class=3), all_rows[chosen])
    fewer = data.draw(st.integers(1, count))
    np.testing.assert_array_equal(fill(KEY, sensor, ordinal, fewer, draw_class=3), all_rows[:, :fewer])


def test_rows_of_rejection_laws_do_not_depend_on_each_other():
    mean = np.geomspace(0.01, 1e6, 1000)
    some = np.arange(0, 1000, 7)
    for law in (random.poisson, random.gamma):
        assert np.array_equal(law(KEY, mean, 4, ROWS[:1000])[some], law(KEY, mean[some], 4, ROWS[:1000][some]))


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 3, 8, 27, 1030])
def test_simd_and_scalar_give_the_same_bytes(fill, dtype, count):
    sensor = (ROWS[:501] % 40).astype(np.uint8)
    fast = fill(KEY, sensor, ROWS[:501], count, dtype=dtype)
    _core.allow_avx2(False)
    try:
        slow = fill(KEY, sensor, ROWS[:501], count, dtype=dtype)
    finally:
        _core.allow_avx2(True)
    assert slow.tobytes() == fast.tobytes()


def test_float32_is_rounded_toward_zero_and_below_one():
    exact = random.uniform(KEY, 0, ROWS, 64)
    single = random.uniform(KEY, 0, ROWS, 64, dtype=np.float32)
    assert exact.max() > 1 - 2.0**-19
    assert single.max() < 1
    assert np.all((single <= exact) & (np.nextafter(single, np.float32(2)) > exact))


def test_out_is_filled_and_returned():
    out = np.full((8, 5), 9, np.float32)
    got = random.uniform(KEY, 1, ROWS[:6], 5, out=out)
    assert got.base is out
    assert got.shape == (6, 5)
    np.testing.assert_array_equal(got, random.uniform(KEY, 1, ROWS[:6], 5, dtype=np.float32))
    assert np.all(out[6:] == 9)


def test_levels_of_a_key_do_not_meet():
    rows = [random.uniform(KEY, s, o, 4, draw_class=c) for s in (0, 1) for o in (0, 1) for c in (None, 0, 254)]
    assert len({row.tobytes() for row in rows}) == len(rows)


def test_uniform_law():
    assert stats.kstest(random.uniform(key(1), 0, ROWS, 5).ravel(), "uniform").pvalue > 0.01


def test_normal_law_and_quantile():
    draws = random.normal(key(2), 0, ROWS, 5)
    np.testing.assert_allclose(draws, special.ndtri(random.uniform(key(2), 0, ROWS, 5)), rtol=4e-15, atol=1e-16)
    assert stats.kstest(draws.ravel(), "norm").pvalue > 0.01
    p = np.concatenate([10.0 ** -np.arange(1, 300), np.linspace(0.001, 0.999, 999)])
    np.testing.assert_allclose(random.normal_quantile(p), special.ndtri(p), rtol=4e-15, atol=1e-16)


@pytest.mark.parametrize("mean", [1e-3, 0.3, 4.0, 9.999, 10.0, 27.5, 900.0, 1e6])
def test_poisson_law(mean):
    draws = random.poisson(key(3), np.full(N, mean), 0, ROWS)
    law = stats.poisson(mean)
    edges = np.unique(law.ppf(np.linspace(0.005, 0.995, 30))) + 0.5
    observed = np.histogram(draws, np.concatenate([[-np.inf], edges, [np.inf]]))[0]
    expected = N * np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    keep = expected > 5
    pooled = [np.append(x[keep], x[~keep].sum()) if (~keep).any() else x for x in (observed, expected)]
    chi2 = float(np.sum((pooled[0] - pooled[1]) ** 2 / np.maximum(pooled[1], 1e-9))) if keep.sum() > 1 else 0.0
    assert stats.chi2.sf(chi2, max(len(pooled[0]) - 1, 1)) > 0.005
    assert abs(draws.mean() - mean) < 4 * np.sqrt(mean / N)


def test_poisson_of_mean_zero_is_zero():
    assert not random.poisson(KEY, np.zeros(100), 0, ROWS[:100]).any()


@pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 3.3, 1e4])
def test_gamma_law(shape):
    draws = random.gamma(key(4), np.full(N, shape), 0, ROWS)
    assert stats.kstest(draws, stats.gamma(shape).cdf).pvalue > 0.01


def test_log_and_exp_are_accurate():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 20001), np.linspace(0.5, 2, 20001)])
    exact = np.log(x.astype(np.longdouble))
    assert np.max(np.abs(random.log(x) - exact) / np.spacing(np.maximum(np.abs(exact).astype(float), 1e-300))) < 2.5
    y = np.linspace(-700, 700, 40001)
    assert np.max(np.abs(random.exp(y) / np.exp(y.astype(np.longdouble)) - 1)) < 4e-16
    np.testing.assert_array_equal(random.exp(np.array([0.0, -800.0, 800.0])), [1.0, 0.0, np.inf])


def test_sincos_is_accurate():
    quarters = np.arange(-2000, 2000) * (np.pi / 4)
    x = np.concatenate([np.linspace(-1e6, 1e6, 40001), np.linspace(-8, 8, 40001), quarters, [5e-324, -0.0, 1e6, -1e6]])
    sine, cosine = random.sincos(x)
    wide = x.astype(np.longdouble)
    assert np.max(np.abs(sine - np.sin(wide))) < 2e-16
    assert np.max(np.abs(cosine - np.cos(wide))) < 2e-16


def test_atan2_is_accurate_in_all_quadrants():
    angle = np.linspace(-np.pi, np.pi, 80001)
    length = np.geomspace(1e-150, 1e150, 80001)
    y, x = np.sin(angle) * length, np.cos(angle) * length
    assert np.max(np.abs(random.atan2(y, x) - np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble)))) < 1e-15
    axes = np.array([0.0, 1.0, 0.0, -1.0, 0.0, 1.0])
    np.testing.assert_array_equal(random.atan2(axes[:5], axes[1:]), np.arctan2(axes[:5], axes[1:]))
    assert random.atan2(np.array([-0.0]), np.array([-0.0]))[0] == 0


def test_bytes_never_change():
    """Anybody who changes these digests changes every simulated event of every user."""
    mean = np.geomspace(0.01, 1e6, 2000)
    draws = {
        "uniform": random.uniform(KEY, 5, ROWS[:500], 7, draw_class=2, first_block=9),
        "uniform32": random.uniform(KEY, 5, ROWS[:500], 7, dtype=np.float32),
        "normal": random.normal(KEY, 5, ROWS[:500], 7),
        "poisson": random.poisson(KEY, mean, 5, ROWS[:2000]),
        "gamma": random.gamma(KEY, mean, 5, ROWS[:2000]),
        "sincos": np.concatenate(random.sincos(mean)),
        "atan2": random.atan2(mean - 3.0, 2.0 - mean[::-1]),
    }
    assert {name: hashlib.sha256(values.tobytes()).hexdigest()[:16] for name, values in draws.items()} == GOLDEN


GOLDEN = {
    "uniform": "908da95b508784e6",
    "uniform32": "5722a001972aeda2",
    "normal": "36207a727755f51d",
    "poisson": "2cd85b5061a379bc",
    "gamma": "12396ced291a1f2c",
    "sincos": "0e1b1dbcff059772",
    "atan2": "db5a96471d31e48e",
}


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: random.uniform(KEY, 0, 2**24, 1), DigitError, "ordinal 16777216"),
        (lambda: random.uniform(KEY, 0, np.array([1, 2**24], np.uint32), 1), DigitError, "ordinal 16777216"),
        (lambda: random.uniform(KEY, 0, -1, 1), DigitError, "ordinal -1"),
        (lambda: random.uniform(KEY, 256, 0, 1), DigitError, "sensor 256"),
        (lambda: random.uniform(KEY, np.array([0.5]), 0, 1), ArrayTypeError, "sensor is float64"),
        (lambda: random.uniform(KEY, 0, 0, 1, draw_class=255), DigitError, "draw_class 255"),
        (lambda: random.uniform(KEY, 0, 0, -1), DigitError, "count -1"),
        (lambda: random.uniform(KEY, 0, 0, 5, first_block=2**24 - 1), DigitError, "16777216 blocks"),
        (lambda: random.uniform(KEY, 0, 0, 1, first_block=-1), DigitError, "first_block -1"),
        (lambda: random.uniform(KEY, 0, ROWS[:3], 1, out=np.empty((2, 1))), ArrayTypeError, r"shape \(2, 1\)"),
        (lambda: random.uniform(KEY, 0, ROWS[:3], 1, dtype=np.int32), ArrayTypeError, "int32"),
        (lambda: random.uniform(KEY, 0, 0, 2, out=np.empty((4, 4))[:, ::2]), ArrayTypeError, "not contiguous"),
        (lambda: random.uniform(KEY, np.zeros(2, np.uint8), ROWS[:3], 1), DigitError, "2 and ordinal 3"),
        (lambda: random.uniform(b"short", 0, 0, 1), ValueError, "16 bytes"),
        (lambda: random.poisson(KEY, np.array([-1.0]), 0, 0), DigitError, "mean -1"),
        (lambda: random.poisson(KEY, np.array([np.nan]), 0, 0), DigitError, "mean nan"),
        (lambda: random.poisson(KEY, np.array([2e9]), 0, 0), DigitError, "mean 2"),
        (lambda: random.poisson(KEY, np.array([1.0]), 0, 0, first_block=2**24), DigitError, "ran out of blocks"),
        (lambda: random.gamma(KEY, np.array([0.0]), 0, 0), DigitError, "shape 0"),
        (lambda: random.gamma(KEY, np.array([np.inf]), 0, 0), DigitError, "shape inf"),
        (lambda: random.gamma(KEY, np.array([0.5]), 0, 0, first_block=2**24 - 1), DigitError, "ran out of blocks"),
        (lambda: random.log(np.array([0.0])), DigitError, "positive"),
        (lambda: random.sincos(np.array([1.1e6])), DigitError, "1e6 radian"),
        (lambda: random.sincos(np.array([np.nan])), DigitError, "1e6 radian"),
        (lambda: random.atan2(np.array([np.inf]), np.array([1.0])), DigitError, "not finite"),
        (lambda: random.atan2(np.ones(2), np.ones(3)), DigitError, "2 and x 3"),
        (lambda: random.normal_quantile(np.array([1.0])), DigitError, "between 0 and 1"),
        (lambda: random.philox4x32(np.zeros((2, 3), np.uint32), np.zeros(2, np.uint32)), DigitError, r"\(2, 3\)"),
    ],
)
def test_bad_arguments(call, error, text):
    with pytest.raises(error, match=text):
        call()
