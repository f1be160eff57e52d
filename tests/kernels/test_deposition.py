import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from pxdbkg import _core
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import SimHits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import random
from pxdbkg.kernels.deposition import Drift, collection_table, deposit
from pxdbkg.seeding import event_key

KEY = event_key("1", "deposition", 0, 0, 1)
NO_WALK = Drift(clear_um=0, source_um=0, drain_um=0, drain_wide_um=0)


def make_hits(sensor, u_mm, v_mm, du=0.0, dv=0.0, path_mm=None):
    n = len(np.atleast_1d(u_mm))
    columns = [np.broadcast_to(np.asarray(x, "f4"), n).copy() for x in (u_mm, v_mm, du, dv)]
    dw = np.sqrt(1 - columns[2] ** 2 - columns[3] ** 2)
    path = 0.075 / dw if path_mm is None else np.full(n, path_mm)
    rest = [np.full(n, np.nan, "f4"), np.zeros(n, "f4"), np.zeros(n, "i4"), np.zeros(n, "f4")]
    return SimHits(np.broadcast_to(np.uint8(sensor), n).copy(), *columns, dw, path.astype("f4"), *rest)


def scattered(n, seed=0):
    rng = np.random.default_rng(seed)
    hits = make_hits(
        0, rng.uniform(-6, 6, n), rng.uniform(-20, 20, n), rng.uniform(-0.5, 0.5, n), rng.uniform(-0.7, 0.7, n)
    )
    return replace(hits, sensor=rng.integers(0, 40, n).astype("u1")), rng.uniform(3000, 12000, n)


def test_charge_is_kept_sorted_and_unique():
    hits, electrons = scattered(500)
    charges = deposit(hits, electrons, KEY, nominal())
    assert charges.electrons.sum() == pytest.approx(electrons.sum(), rel=1e-12)
    assert np.all(np.diff(charges.channel.astype(np.int64)) > 0)
    assert np.all(charges.electrons > 0)
    channel = (charges.sensor.astype(int) * 768 + charges.v) * 250 + charges.u
    np.testing.assert_array_equal(channel, charges.channel)
    np.testing.assert_array_equal(charges.pixel, charges.v.astype(int) * 250 + charges.u)


def test_a_hit_lights_the_pixels_that_it_crosses():
    geometry = nominal()
    rng = np.random.default_rng(1)
    n = 300
    sensor, u, v = rng.integers(0, 40, n).astype("u1"), rng.integers(1, 249, n), rng.integers(1, 767, n)
    u_mm, v_mm = geometry.position(sensor, u, v)
    for i in range(n):
        charges = deposit(make_hits(sensor[i], u_mm[i], v_mm[i]), np.array([8000.0]), KEY, geometry)
        top = int(np.argmax(charges.electrons))
        assert (charges.sensor[top], charges.u[top], charges.v[top]) == (sensor[i], u[i], v[i])
        assert charges.electrons[top] > 6000


@settings(max_examples=30)
@given(st.lists(st.integers(0, 39), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
def test_draws_of_a_hit_do_not_depend_on_the_others(chosen, seed):
    hits, electrons = scattered(40, seed)
    hits = replace(hits, sensor=np.arange(40, dtype="u1"))
    some = np.zeros(40)
    some[chosen] = electrons[chosen]
    every, few = deposit(hits, electrons, KEY, nominal()), deposit(hits, some, KEY, nominal())
    kept = np.isin(every.sensor, chosen)
    np.testing.assert_array_equal(every.channel[kept], few.channel)
    np.testing.assert_array_equal(every.electrons[kept], few.electrons)


def test_simd_and_scalar_give_the_same_bytes():
    hits, electrons = scattered(200)
    fast = deposit(hits, electrons, KEY, nominal())
    _core.allow_avx2(False)
    try:
        slow = deposit(hits, electrons, KEY, nominal())
    finally:
        _core.allow_avx2(True)
    assert slow.electrons.tobytes() == fast.electrons.tobytes()
    assert slow.channel.tobytes() == fast.channel.tobytes()


def test_bytes_never_change():
    hits, electrons = scattered(1000)
    charges = deposit(hits, electrons, KEY, nominal())
    digest = hashlib.sha256(charges.channel.tobytes() + charges.electrons.tobytes()).hexdigest()
    assert digest[:16] == GOLDEN


GOLDEN = "3c5824472acd4a1c"


def plainly(hits, electrons, drift):
    """The same law, one segment and one pixel at a time."""
    geometry, found = nominal(), {}
    half_u, gate = 125 * 0.05, 37.5 - drift.gate_depth_um
    for i in range(len(hits)):
        edges = geometry.v_edges[hits.sensor[i]]
        names = ("u_mm", "v_mm", "w_mm", "du", "dv", "dw", "path_mm")
        u0, v0, w0, du, dv, dw, path = (float(hits[name][i]) for name in names)
        segments = 1 if 1000 * path < drift.point_like_um else int(1000 * path / drift.segment_um) + 1
        groups = int(electrons[i] / segments / drift.group_electrons) + 1
        draws = random.uniform(KEY, hits.sensor[i], i, segments * groups, draw_class=1)[0].reshape(segments, groups)
        own = []
        for k in range(segments):
            s = path * ((k + 0.5) / segments - 0.5)
            u, v, w = u0 + s * du, v0 + s * dv, min(max(1000 * w0 + 1000 * s * dw, -37.5), 37.5)
            if abs(u) >= half_u or not edges[0] <= v < edges[-1]:
                continue
            z = abs(gate - w) * 1e-4
            shift = z * (drift.lorentz_cm[0] + z * (drift.lorentz_cm[1] + z * drift.lorentz_cm[2])) * 10
            column = (u + (shift if gate > w else -shift) + half_u) / 0.05
            corner_u = min(max(int(column + 0.5), 0), 250)
            corner_v = int(np.argmin(np.abs(edges - v)))
            wide = hits.sensor[i] >= 16 and geometry.v_pitch_um[hits.sensor[i], min(corner_v, 767)] > 80
            rim = drift.source_um if corner_v % 2 == 0 else drift.drain_wide_um if wide else drift.drain_um
            table = collection_table(drift.clear_um, rim, drift)
            dx, dy = (column - corner_u) * 0.05 * 1000, (v - edges[corner_v]) * 1000
            shares = np.cumsum([bilinear(table, x, y) for x, y in ((dx, dy), (dx, -dy), (-dx, dy))])
            counts = np.diff([0, *(np.count_nonzero(draws[k] < share) for share in shares), groups])
            right, left = min(corner_u, 249), max(corner_u - 1, 0)
            upper, lower = min(corner_v, 767), max(corner_v - 1, 0)
            for (row, col), count in zip(
                ((upper, right), (lower, right), (upper, left), (lower, left)), counts, strict=True
            ):
                pixel = (int(hits.sensor[i]) * 768 + row) * 250 + col
                recent = [entry for entry in own[-8:] if entry[0] == pixel]
                if count and not recent:
                    own.append(recent_entry := [pixel, 0.0])
                    recent = [recent_entry]
                if count:
                    recent[-1][1] += electrons[i] / segments / groups * int(count)
        for pixel, charge in own:
            found[pixel] = found[pixel] + charge if pixel in found else charge
    return found


def bilinear(table, x, y):
    x, y = (min(max(value + 27.5, 0.0), 56 - 1.001) for value in (x, y))
    i, j = int(x), int(y)
    a, b = x - i, y - j
    low, high = table[i], table[i + 1]
    return (1 - a) * ((1 - b) * low[j] + b * low[j + 1]) + a * ((1 - b) * high[j] + b * high[j + 1])


@settings(max_examples=15)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(0.3, 0.3), (0.99, 0.05), (0.05, 0.99), (0.7, 0.7)]),
    st.sampled_from([Drift(), Drift(group_electrons=900.0), Drift(segment_um=1.0, sigma_u_um=4.8, sigma_v_um=4.8)]),
    st.booleans(),
)
def test_bytes_are_those_of_the_plain_law(seed, direction, drift, avx2):
    """Steep and grazing paths, on edges and corners of the matrix too, to the last bit."""
    rng = np.random.default_rng(seed)
    n = 6
    u, v = np.append(rng.uniform(-6.3, 6.3, n - 2), [6.25, -6.25]), rng.uniform(-31, 31, n)
    hits = make_hits(0, u, np.where(rng.uniform(size=n) < 0.3, 22.4, v), *direction)
    hits = replace(
        hits,
        sensor=rng.integers(0, 40, n).astype("u1"),
        path_mm=np.where(rng.uniform(size=n) < 0.2, 0, np.minimum(hits.path_mm, 0.9)).astype("f4"),
        w_mm=np.where(rng.uniform(size=n) < 0.5, 0, rng.uniform(-0.04, 0.04, n)).astype("f4"),
    )
    electrons = rng.uniform(500, 20000, n)
    _core.allow_avx2(avx2)
    try:
        charges = deposit(hits, electrons, KEY, nominal(), drift=drift)
    finally:
        _core.allow_avx2(True)
    expected = plainly(hits, electrons, drift)
    assert charges.channel.tolist() == sorted(expected)
    assert charges.electrons.tolist() == [expected[channel] for channel in sorted(expected)]


def test_magnetic_field_shifts_along_u():
    """Charge of all depths moves by the mean of the published cubic; the walk adds nothing to it."""
    n = 400
    hits = make_hits(0, np.full(n, 0.0), np.linspace(-10, 10, n))
    charges = deposit(hits, np.full(n, 2e5), KEY, nominal(), drift=NO_WALK)
    # u = 0 is a border: the share on the right is that of a Gaussian around the shift.
    right = charges.electrons[charges.u >= 125].sum() / charges.electrons.sum()
    w = (np.arange(16) + 0.5) * 75 / 16 - 37.5
    z = (15.5 - w) * 1e-4
    shift = np.sign(z) * (0.2612 * abs(z) - 19.48 * z**2 + 916.7 * abs(z) ** 3) * 1e4
    assert right == pytest.approx(ndtr(shift / 4.2).mean(), abs=0.005)
    assert shift.max() == pytest.approx(9.5, abs=0.3)


def test_point_like_hits_are_one_segment():
    charges = deposit(make_hits(3, 0.025, 0.03, path_mm=5e-5), np.array([99.0]), KEY, nominal())
    assert charges.electrons.tolist() == [99.0]  # one group of at most 100 electrons


def test_edges_collect_and_the_outside_loses():
    edge = make_hits(0, [-6.2499, 6.2499], [-22.399, 22.399])
    charges = deposit(edge, np.full(2, 8000.0), KEY, nominal(), drift=replace(NO_WALK, lorentz_cm=(0, 0, 0)))
    assert set(zip(charges.u.tolist(), charges.v.tolist(), strict=True)) == {(0, 0), (249, 767)}
    assert charges.electrons.sum() == pytest.approx(16000)
    outside = make_hits(0, [6.2501, 0.0], [0.0, 23.0])
    assert len(deposit(outside, np.full(2, 8000.0), KEY, nominal()).channel) == 0


def test_half_of_a_shallow_path_may_be_outside():
    hit = make_hits(0, 6.25, 0.0, du=0.9, path_mm=0.172)
    charges = deposit(hit, np.array([80000.0]), KEY, nominal())
    assert charges.electrons.sum() == pytest.approx(40000, rel=0.05)


def test_nothing_to_deposit():
    assert len(deposit(SimHits.empty(), np.zeros(0), KEY, nominal()).channel) == 0
    assert len(deposit(make_hits(0, 0.0, 0.0), np.zeros(1), KEY, nominal()).channel) == 0


def test_table_is_a_probability_and_symmetric():
    table = collection_table(4, 6)
    assert table.shape == (56, 56)
    assert np.all((table >= 0) & (table <= 1))
    assert np.all(np.diff(table.mean(axis=1)) > 0)
    assert np.all(np.diff(table.mean(axis=0)) > 0)
    total = table + table[::-1] + table[:, ::-1] + table[::-1, ::-1]
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_table_without_rims_is_the_integral_of_the_drift():
    at = np.arange(56) - 27.5
    expected = ndtr(at / 4.2)[:, None] * ndtr(at / 4.1)[None]
    np.testing.assert_allclose(collection_table(0, 0), expected, atol=2e-3)


@pytest.mark.parametrize("borders", [(4, 6), (4, 7)])
def test_table_agrees_with_a_walk(borders):
    """A walk in the plane around one corner, starting at points of the table."""
    rng = np.random.default_rng(3)
    n = 4000
    table = collection_table(*borders)
    for i, j in ((27, 27), (30, 28), (36, 26), (20, 33), (28, 44)):
        x = np.stack([rng.normal(i - 27.5, 4.2, n), rng.normal(j - 27.5, 4.1, n)])
        free = np.ones(n, bool)
        for _ in range(200):
            free &= (np.abs(x[0]) < borders[0]) | (np.abs(x[1]) < borders[1])
            x[:, free] += rng.normal(0, 2.8, (2, np.count_nonzero(free)))
        share = np.mean((x[0] > 0) & (x[1] > 0))
        assert share == pytest.approx(table[i, j], abs=4 * 0.5 / np.sqrt(n))


def crowded(n, seed):
    """Hits of a few particles that meet in a few pixels, at times over two frames."""
    rng = np.random.default_rng(seed)
    hits = make_hits(0, rng.uniform(-0.2, 0.2, n), rng.uniform(-0.2, 0.2, n), rng.uniform(-0.6, 0.6, n))
    return (
        replace(
            hits,
            sensor=rng.integers(0, 2, n).astype("u1"),
            time_ns=rng.uniform(-2e4, 2e4, n).astype("f4"),
            particle=rng.integers(-1, 8, n).astype("i4"),
        ),
        rng.uniform(500, 9000, n),
    )


def hit_by_hit(hits, electrons):
    """Charges of every hit on its own: {pixel: [(hit, electrons)]}."""
    shares = {}
    for i in range(len(hits)):
        alone = np.zeros(len(hits))
        alone[i] = electrons[i]
        charges = deposit(hits, alone, KEY, nominal())
        for channel, charge in zip(charges.channel.tolist(), charges.electrons.tolist(), strict=True):
            shares.setdefault(channel, []).append((i, charge))
    return shares


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_the_particle_with_most_charge_is_named(seed, n):
    hits, electrons = crowded(n, seed)
    charges = deposit(hits, electrons, KEY, nominal(), particles=True)
    shares = hit_by_hit(hits, electrons)
    assert charges.channel.tolist() == sorted(shares)
    plain = deposit(hits, electrons, KEY, nominal())
    np.testing.assert_array_equal(plain.electrons, charges.electrons)
    assert plain.particle is None
    for channel, named in zip(charges.channel.tolist(), charges.particle.tolist(), strict=True):
        sums = {}
        for hit, charge in shares[channel]:
            particle = int(hits.particle[hit])
            sums[particle] = sums.get(particle, 0.0) + charge
        assert named == max(sums, key=sums.__getitem__)  # the first of equal ones, as the dictionary keeps the order


def test_of_equal_particles_that_of_the_earlier_hit_is_named():
    points = make_hits(0, [0.025] * 4, [0.03] * 4, path_mm=0.0)
    for order in ([5, 3, 3, 5], [3, 5, 5, 3], [7, 5, 3, -1]):
        hits = replace(points, particle=np.array(order, "i4"))
        charges = deposit(hits, np.full(4, 50.0), KEY, nominal(), particles=True)
        assert charges.particle.tolist() == [order[0]]
    hits = replace(points, particle=np.array([9, 4, 2, 4], "i4"))
    charges = deposit(hits, np.array([60.0, 50.0, 70.0, 50.0]), KEY, nominal(), particles=True)
    assert charges.particle.tolist() == [4]  # two shares of 50


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([200.0, 5000.0, 20000.0]))
def test_rows_take_the_charge_of_their_time(seed, open_for):
    hits, electrons = crowded(30, seed)
    opens = np.random.default_rng(seed).uniform(-2e4, 2e4, (40, 192))
    charges = deposit(hits, electrons, KEY, nominal(), opens_ns=opens, open_for_ns=open_for, particles=True)
    expected = {}
    for channel, parts in hit_by_hit(hits, electrons).items():
        sensor, gate = channel // 192000, channel % 192000 // 1000
        since = [hits.time_ns[hit].astype(float) - opens[sensor, gate] for hit, _ in parts]
        taken = [charge for (_, charge), t in zip(parts, since, strict=True) if 0 <= t < open_for]
        if taken:
            expected[channel] = sum(taken)
    assert charges.channel.tolist() == sorted(expected)
    np.testing.assert_allclose(charges.electrons, [expected[channel] for channel in sorted(expected)], rtol=1e-12)


def test_a_long_path_keeps_only_its_open_rows():
    """Along v over many gates, one of them open."""
    hit = make_hits(0, 0.0, 0.0, dv=0.999, path_mm=10.0)
    every = deposit(hit, np.array([9e5]), KEY, nominal())
    opens = np.full((40, 192), 100.0)
    opens[0, 90] = -100.0
    some = deposit(hit, np.array([9e5]), KEY, nominal(), opens_ns=opens, open_for_ns=150.0)
    kept = every.v // 4 == 90
    assert kept.any()
    assert not kept.all()
    np.testing.assert_array_equal(some.channel, every.channel[kept])
    np.testing.assert_array_equal(some.electrons, every.electrons[kept])


def test_faults_of_times():
    hit, opens = make_hits(0, 0.0, 0.0), np.zeros((40, 192))
    late = replace(hit, time_ns=np.array([np.nan], "f4"))
    with pytest.raises(DigitError, match="hit 0 has no time"):
        deposit(late, np.ones(1), KEY, nominal(), opens_ns=opens, open_for_ns=1.0)
    with pytest.raises(DigitError, match=r"opens_ns \(40, 768\)"):
        deposit(hit, np.ones(1), KEY, nominal(), opens_ns=np.zeros((40, 768)), open_for_ns=1.0)
    with pytest.raises(DigitError, match="open_for_ns -1"):
        deposit(hit, np.ones(1), KEY, nominal(), opens_ns=opens, open_for_ns=-1.0)
    assert len(deposit(late, np.full(1, 8000.0), KEY, nominal()).channel)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"u_mm": np.array([np.nan], "f4")}, "not finite"),
        ({"sensor": np.array([40], "u1")}, r"outside 0\.\.39"),
        ({"dw": np.array([0.5], "f4")}, "no unit vector"),
        ({"path_mm": np.array([-1], "f4")}, r"path outside 0\.\.200 mm"),
    ],
)
def test_bad_hits(change, text):
    with pytest.raises(DigitError, match=text):
        deposit(replace(make_hits(0, 0.0, 0.0), **change), np.ones(1), KEY, nominal())


def test_bad_arguments():
    hit = make_hits(0, 0.0, 0.0)
    with pytest.raises(DigitError, match="frees nan electrons"):
        deposit(hit, np.array([np.nan]), KEY, nominal())
    with pytest.raises(DigitError, match=r"frees 1000000000.0 electrons"):
        deposit(hit, np.array([1e9]), KEY, nominal())
    with pytest.raises(DigitError, match="electrons has 2 entries"):
        deposit(hit, np.ones(2), KEY, nominal())
    with pytest.raises(DigitError, match="out of range"):
        collection_table(4, 6, Drift(step_um=9.0))
    with pytest.raises(DigitError, match="segment_um 0.0"):
        Drift(segment_um=0.0)
    with pytest.raises(DigitError, match="draw_class 255"):
        deposit(hit, np.ones(1), KEY, nominal(), draw_class=255)
    with pytest.raises(ArrayTypeError, match="u_mm: expected a float32 array"):
        _core.deposit(hit.sensor, np.zeros(1), *[None] * 10, 0.05, None, [], None, None, 0.0, None, 1)
