"""Transport of background particles through material: scattering, energy loss, lengths of passages, photons."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import HIT_COLUMNS
from pxdbkg.detector.particles import ELECTRON_MASS_MEV, PARTICLE_COLUMNS, Particles
from pxdbkg.errors import DigitError
from pxdbkg.kernels import random
from pxdbkg.kernels.deposition import check_hits
from pxdbkg.kernels.straggling import energy_loss_kev, most_probable_kev
from pxdbkg.kernels.transport import Transport, photoelectric_length_um, transport
from pxdbkg.seeding import event_key

KEY = event_key("1", "transport", 0, 0, 1)
GEOMETRY = nominal()


def particles(at, momentum, charge=-1, time=0.0, source=0):
    at, momentum = np.broadcast_arrays(np.atleast_2d(at).astype(float), np.atleast_2d(momentum).astype(float))
    n = len(at)
    columns = [*at.T.copy(), *momentum.T.copy()]
    number = np.arange(n, dtype="u4")
    charges = np.broadcast_to(np.asarray(charge, "i1"), n).copy()
    return Particles(*columns, charges, np.full(n, float(time)), np.full(n, source, "u1"), number)


def test_a_particle_does_not_depend_on_the_others(rng):
    given = background(300)
    every = transport(given, KEY, GEOMETRY)
    chosen = np.sort(rng.choice(300, 40, replace=False))
    some = transport(given.select(chosen), KEY, GEOMETRY)
    expected = every.select(np.flatnonzero(np.isin(every.particle, chosen)))
    assert len(some) > 40
    for name in HIT_COLUMNS:
        got = chosen[some.particle] if name == "particle" else some[name]
        np.testing.assert_array_equal(got, expected[name])


def test_photons_are_absorbed_as_silicon_attenuates_them(rng):
    """At right angles through one ladder of each layer, 75 um each."""
    n = 20000
    energy = rng.uniform(0.004, 0.03, n)
    start = np.stack([np.zeros(n), rng.uniform(0, 5, n), rng.uniform(20, 30, n)], axis=1)
    hits = transport(particles(start, energy[:, None] * [1.0, 0.0, 0.0], 0), KEY, GEOMETRY)
    first = hits.sensor < 16
    length = photoelectric_length_um(1000 * energy)
    assert first.sum() == pytest.approx(np.sum(1 - np.exp(-75 / length)), rel=0.03)
    assert (~first).sum() == pytest.approx(np.sum(np.exp(-75 / length) * (1 - np.exp(-75 / length))), rel=0.05)
    np.testing.assert_allclose(hits.energy_keV, 1000 * energy[hits.particle], rtol=1e-6)
    assert not hits.path_mm.any()
    np.testing.assert_allclose(hits.u_mm[first], start[hits.particle[first], 1] - 2.65, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("x_mm", np.nan, "position or time"),
        ("px_MeV", 0.0, "momentum outside"),
        ("px_MeV", np.inf, "momentum outside"),
        ("charge", 2, "a charge other"),
        ("source", 31, "source outside"),
        ("number", 2**24, "number outside"),
    ],
)
def test_bad_particles_are_named(name, value, text):
    given = particles(np.zeros((2, 3)), [[1.0, 0, 0], [1.0, 0, 0]])
    columns = {key: given[key].copy() for key in PARTICLE_COLUMNS}
    columns[name][1] = value
    with pytest.raises(DigitError, match=f"particle 1 has .*{text}"):
        transport(Particles(**columns), KEY, GEOMETRY)


@pytest.mark.parametrize(("name", "value"), [("field_T", -1.0), ("r_max_mm", np.nan), ("max_crossings", 0)])
def test_bad_settings_are_named(name, value):
    with pytest.raises(DigitError, match=f"{name} {value}"):
        Transport(**{name: value})


def across_a_ladder(n, momentum, at=(12.0, 2.65, 36.0), towards=(1.0, 0.0, 0.0), charge=-1):
    """Particles onto the middle of sensor 0; by default at right angles, just before the silicon of its ladder."""
    return particles(np.tile(at, (n, 1)), momentum * np.asarray(towards), charge)


def highland(x0, momentum):
    beta = momentum / np.hypot(momentum, ELECTRON_MASS_MEV)
    return 13.6 / (beta * momentum) * np.sqrt(x0) * (1 + 0.038 * np.log(x0 / beta**2))


@pytest.mark.parametrize("momentum", [10.0, 100.0, 2000.0])
def test_scattering_has_the_width_of_highland(momentum):
    n = 20000
    hits = transport(across_a_ladder(n, momentum), KEY, GEOMETRY, Transport(field_T=0.0, energy_loss=False))
    second = hits.sensor >= 16
    assert second.sum() > 0.99 * n
    expected = highland(0.0008 + 0.0012, momentum)
    for angle in (hits.dv[second], hits.du[second] - np.median(hits.du[second])):
        assert np.std(angle) == pytest.approx(expected, rel=0.02)
        assert abs(np.mean(angle)) < 4 * expected / np.sqrt(n)
    assert not hits.dv[~second].any()  # the first ladder is met as sent


def test_scattering_in_the_pipe_adds_its_oblique_path():
    n, momentum = 20000, 200.0
    towards = np.array([np.cos(0.8), 0.0, np.sin(0.8)])
    settings = Transport(field_T=0.0, energy_loss=False)
    hits = transport(across_a_ladder(n, momentum, (0.0, 0.0, 10.0), towards), KEY, GEOMETRY, settings)
    first = hits.select(np.flatnonzero(hits.sensor < 16))
    sideways = first.du * np.cos(0.0)  # perpendicular to the plane of incidence
    assert np.std(sideways) == pytest.approx(highland(0.008 / np.cos(0.8), momentum), rel=0.02)


@pytest.mark.parametrize("momentum", [0.7, 2.0, 50.0, 200.0])
def test_energy_loss_follows_the_law_of_fast_particles_over_beta_squared(momentum):
    """Less 8 % of the most probable loss at the minimum, beta gamma 3.5; nothing from 200 on."""
    n = 20000
    hits = transport(across_a_ladder(n, momentum), KEY, GEOMETRY, Transport(field_T=0.0, max_crossings=1))
    assert np.all(hits.sensor == 0)
    np.testing.assert_allclose(hits.path_mm, 0.075, rtol=2e-3 if momentum < 1 else 1e-5)
    fast = energy_loss_kev(np.full(n, 75.0), KEY, np.zeros(n, "u1"), np.arange(n, dtype="u4"), draw_class=4)
    beta2 = momentum**2 / (momentum**2 + ELECTRON_MASS_MEV**2)
    below = np.log(200 / np.clip(momentum / ELECTRON_MASS_MEV, 3.5, 200)) / np.log(200 / 3.5)
    fast -= 0.08 * below * most_probable_kev(np.array([75.0]))
    assert np.median(hits.energy_keV) == pytest.approx(np.median(fast) / beta2, rel=0.03)
    if momentum > 10:
        np.testing.assert_allclose(hits.energy_keV, fast, rtol=2e-3)  # the same words


def test_slow_electrons_end_in_the_silicon_with_all_their_energy():
    """Kinetic energy 50 keV: stopped within the first sensor, on a path as much shorter as the energy is less."""
    kinetic = 0.05
    momentum = np.sqrt(kinetic * (kinetic + 2 * ELECTRON_MASS_MEV))
    given = across_a_ladder(5000, momentum, (13.9, 2.65, 36.0))
    hits = transport(given, KEY, GEOMETRY, Transport(field_T=0.0, silicon_x0=0.0))
    np.testing.assert_array_equal(hits.particle, np.arange(5000))
    stopped = hits.energy_keV > 49.9999
    assert stopped.mean() > 0.995
    assert np.all(hits.energy_keV < 50.0001)
    assert np.all(hits.path_mm[stopped] < 0.075)
    assert np.mean(hits.path_mm) < 0.06
    # The path begins at the surface: its middle is as far before the middle plane as the path is too short.
    tilted = across_a_ladder(5000, momentum, (13.9, 2.65, 36.0), (0.8, 0.6, 0.0))
    hits = transport(tilted, KEY, GEOMETRY, Transport(field_T=0.0, silicon_x0=0.0))
    entry = hits.u_mm - 0.5 * hits.path_mm * hits.du
    np.testing.assert_allclose(entry, 0.75 * (13.985 - 0.0375 - 13.9), atol=2e-6)


@pytest.mark.parametrize(("limit", "hit"), [(4.45, True), (4.55, False)])
def test_the_pipe_takes_its_loss(limit, hit):
    """5 MeV less 0.5 MeV leaves 4.5 MeV."""
    momentum = np.sqrt(5.0 * (5.0 + 2 * ELECTRON_MASS_MEV))
    settings = Transport(field_T=0.0, scattering=False, min_kinetic_MeV=limit)
    hits = transport(across_a_ladder(10, momentum, (0.0, 2.0, 36.0)), KEY, GEOMETRY, settings)
    assert (len(hits) > 0) == hit


def test_support_takes_its_loss_after_the_silicon():
    """A track that loses 0.5 MeV at the first sensor of 0.6 MeV has a slower, and so larger, second hit."""
    momentum = np.sqrt(0.6 * (0.6 + 2 * ELECTRON_MASS_MEV))
    given = across_a_ladder(4000, momentum)
    settings = {"field_T": 0.0, "scattering": False}
    light = transport(given, KEY, GEOMETRY, Transport(support_loss_MeV=0.0, **settings))
    heavy = transport(given, KEY, GEOMETRY, Transport(support_loss_MeV=0.3, **settings))
    np.testing.assert_array_equal(light.energy_keV[light.sensor < 16], heavy.energy_keV[heavy.sensor < 16])
    medians = [np.median(hits.energy_keV[hits.sensor >= 16]) for hits in (light, heavy)]
    assert medians[1] > 1.3 * medians[0]


def walk_through_silicon(rng, slope, spread, n):
    """Path from the middle plane to a surface of a track that is scattered in small steps, half thicknesses 1."""
    w, angle, path, live = np.zeros(n), np.full(n, slope), np.zeros(n), np.arange(n)
    step = min(1 / slope, spread ** (-2 / 3)) / 300
    for count in range(1, 30000):
        kicked = angle + spread * np.sqrt(3 * step) * rng.standard_normal(len(live))
        w, angle = w + (angle + kicked) / 2 * step, kicked
        out = np.abs(w) >= 1
        path[live[out]] = count * step
        live, w, angle = live[~out], w[~out], angle[~out]
        if not len(live):
            break
    return path


@pytest.mark.parametrize(("momentum", "dw"), [(300.0, 0.02), (30.0, 0.1), (8.0, 0.1), (3.0, 0.1)])
def test_grazing_passages_are_as_long_as_a_random_walk(rng, momentum, dw):
    """No field; both sides of the middle plane together. Mean to 15 %, median to 12 %."""
    n = 6000
    towards = np.array([dw, 0.0, np.sqrt(1 - dw**2)])
    at = np.array([13.985, 2.65, 36.8255]) - 3.0 * towards / towards[0] * dw
    settings = Transport(field_T=0.0, energy_loss=False, max_crossings=1)
    hits = transport(across_a_ladder(n, momentum, at, towards), KEY, GEOMETRY, settings)
    assert np.all(hits.sensor == 0)
    half, beta = 0.0375, momentum / np.hypot(momentum, ELECTRON_MASS_MEV)
    spread = 13.6 / (beta * momentum) * np.sqrt(0.0008 / 0.075 / 3) * np.sqrt(half)
    path = half * (walk_through_silicon(rng, dw, spread, n) + walk_through_silicon(rng, dw, spread, n))
    assert np.mean(hits.path_mm) == pytest.approx(np.mean(path), rel=0.15)
    assert np.median(hits.path_mm) == pytest.approx(np.median(path), rel=0.12)


@pytest.mark.parametrize("depth", [-0.0375, -0.02, 0.0, 0.03])
def test_a_start_in_the_silicon_is_a_passage_from_there(depth):
    n = 200
    given = across_a_ladder(n, 5.0, (13.985 + depth, 2.65, 36.8255), (0.6, 0.0, 0.8))
    for scattering in (False, True):
        hits = transport(given, KEY, GEOMETRY, Transport(field_T=0.0, scattering=scattering))
        first = hits.select(np.flatnonzero(np.diff(hits.particle, prepend=-1)))
        np.testing.assert_array_equal(first.sensor, 0)
        assert np.count_nonzero(hits.sensor == 0) == n
        tolerance = 0.35 if scattering else 1e-5
        np.testing.assert_allclose(first.path_mm, (0.0375 - depth) / 0.6, rtol=tolerance)
        np.testing.assert_allclose(first.v_mm, 0.5 * first.path_mm * 0.8, atol=0.01 if scattering else 2e-5)
        np.testing.assert_array_equal(first.time_ns, 0.0)
        assert np.count_nonzero(hits.sensor >= 16) > 0.9 * n


def test_electrons_too_slow_to_move_stay_where_they_start():
    """10 keV in the silicon of sensor 0 and in the air before it."""
    momentum = np.sqrt(0.01 * (0.01 + 2 * ELECTRON_MASS_MEV))
    inside = transport(across_a_ladder(3, momentum, (13.99, 2.0, 36.0)), KEY, GEOMETRY)
    np.testing.assert_allclose(inside.energy_keV, 10.0, rtol=1e-6)
    np.testing.assert_allclose(inside.u_mm, -0.65, rtol=1e-6)
    assert not inside.path_mm.any()
    assert len(transport(across_a_ladder(3, momentum), KEY, GEOMETRY)) == 0


def test_passages_end_at_the_edge_of_the_active_area():
    """Along v, into the sensor 1 mm from its end: 1 mm of passage on that side, its middle shifted accordingly."""
    edge = GEOMETRY.v_edges_mm(0)[-1]
    dw = 0.02
    towards = np.array([dw, 0.0, np.sqrt(1 - dw**2)])
    at = np.array([13.985, 2.65, 36.8255 + edge - 1.0]) - 5.0 * towards
    hits = transport(across_a_ladder(1, 1000.0, at, towards), KEY, GEOMETRY, Transport(field_T=0.0, scattering=False))
    half = 0.0375 / dw
    assert hits.path_mm[0] == pytest.approx(half + 1.0, abs=1e-3)
    assert hits.v_mm[0] == pytest.approx(edge - (half + 1.0) / 2, abs=1e-3)


def test_plain_code_and_avx2_give_the_same_bytes(rng, instruction_set):
    hits = transport(background(400), KEY, GEOMETRY)
    assert digest(hits) == GOLDEN, instruction_set


def background(n):
    """Electrons, positrons and photons of many energies from many places, without a random generator of others."""
    rows = np.arange(n, dtype="u4")
    u = random.uniform(event_key("1", "background", 0, 0, 1), 0, rows, 9)
    energy = random.exp(-4 + 9 * u[:, 0])
    cos = 2 * u[:, 1] - 1
    (sin_phi, cos_phi), sin = random.sincos(2 * np.pi * u[:, 2]), np.sqrt(1 - cos * cos)
    columns = [30 * (u[:, 3] - 0.5), 30 * (u[:, 4] - 0.5), 100 * (u[:, 5] - 0.4)]
    columns += [energy * sin * cos_phi, energy * sin * sin_phi, energy * cos]
    charge = np.floor(3 * u[:, 6]).astype("i1") - 1
    columns[3:] = [np.where(charge == 0, 1e-3, 1.0) * p for p in columns[3:]]
    return Particles(*columns, charge.astype("i1"), 20000 * u[:, 7], (rows % 31).astype("u1"), rows)


def digest(hits):
    return hashlib.sha256(b"".join(hits[name].tobytes() for name in HIT_COLUMNS)).hexdigest()[:16]


GOLDEN = "7bd38ea8163d6aa6"


@settings(max_examples=60)
@given(data=st.data())
def test_hits_stay_within_bounds(data):
    """Any start and momentum: ordered hits on the sensors, finite, no more energy than the particle has."""
    n = data.draw(st.integers(1, 12))
    reals = st.floats(-40, 40, allow_nan=False)
    place = np.array(data.draw(st.lists(st.tuples(reals, reals, st.floats(-80, 100)), min_size=n, max_size=n)))
    size = 10.0 ** np.array(data.draw(st.lists(st.floats(-3, 4), min_size=n, max_size=n)))
    direction = np.array(data.draw(st.lists(st.tuples(reals, reals, reals), min_size=n, max_size=n)))
    direction[np.linalg.norm(direction, axis=1) < 1e-6] = [0.0, 0.0, 1.0]
    momentum = size[:, None] * direction / np.linalg.norm(direction, axis=1)[:, None]
    charge = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n)))
    switches = {"scattering": data.draw(st.booleans()), "energy_loss": data.draw(st.booleans())}
    start = particles(place, momentum, charge, time=7.0)
    switches |= {"piece_mm": data.draw(st.sampled_from([0.0, 0.2])), "knock_on_keV": data.draw(st.sampled_from([0, 4]))}
    switches |= {"field_T": data.draw(st.sampled_from([0.0, 1.5])), "stopping_MeV": data.draw(st.floats(0, 0.2))}
    hits = transport(start, KEY, GEOMETRY, Transport(**switches))
    check_hits(hits, "transport")
    assert np.all(np.diff(hits.particle) >= 0)
    again = np.diff(hits.particle) == 0
    assert np.all(np.diff(hits.time_ns)[again] >= 0)
    assert np.all(hits.time_ns >= 7.0)
    assert np.all(np.abs(hits.u_mm) <= 6.25 + 1e-5)
    assert np.all(np.abs(hits.v_mm) <= np.where(hits.sensor < 16, 22.4, 30.72) + 1e-5)
    assert np.all(np.abs(hits.w_mm) <= 0.0376)
    mass = np.where(charge == 0, 0.0, ELECTRON_MASS_MEV)
    kinetic = 1000 * (np.hypot(size, mass) - mass)
    spent = np.bincount(hits.particle, hits.energy_keV, minlength=n)
    most = kinetic if switches["energy_loss"] else np.maximum(kinetic, 1.0) * np.bincount(hits.particle, minlength=n)
    assert np.all(spent <= most * (1 + 1e-5) + 1e-6)
    assert np.all(np.isfinite(hits.energy_keV) & (hits.energy_keV >= 0))


def test_a_track_that_circles_beside_a_sensor_for_ever_ends():
    """It would drift to the sensor's edge, 0.15 mm away, in 1e250 years."""
    start = particles([0.0, 20.0, -43.0], [0.0, 1.0, 8.5e-255], charge=1)
    assert len(transport(start, KEY, GEOMETRY)) == 0


def test_pieces_of_a_passage_lie_in_a_row_with_losses_of_their_own():
    n, dw = 2000, 0.1
    towards = np.array([dw, 0.0, np.sqrt(1 - dw**2)])
    at = np.array([13.985, 2.65, 36.8255]) - 2.0 * towards
    whole, cut = (
        transport(
            across_a_ladder(n, 1000.0, at, towards), KEY, GEOMETRY, Transport(field_T=0.0, piece_mm=piece, **ONCE)
        )
        for piece in (0.0, 0.2)
    )
    assert len(whole) == n
    assert len(cut) == 4 * n
    np.testing.assert_allclose(cut.path_mm, 0.1875, rtol=1e-5)
    np.testing.assert_allclose(cut.v_mm.reshape(n, 4).mean(axis=1), whole.v_mm, atol=1e-5)
    np.testing.assert_allclose(np.diff(cut.v_mm.reshape(n, 4)), 0.1875 * towards[2], atol=1e-5)
    np.testing.assert_allclose(cut.w_mm.reshape(n, 4)[0], dw * 0.1875 * np.array([-1.5, -0.5, 0.5, 1.5]), atol=1e-6)
    energy = cut.energy_keV.reshape(n, 4)
    correlation = np.corrcoef(energy.T)[np.triu_indices(4, 1)]
    assert np.all(np.abs(correlation) < 5 / np.sqrt(n))
    # One law for a path is not quite the sum of four for its quarters: knock-on electrons stop sooner in the latter.
    assert energy.sum(axis=1).mean() == pytest.approx(whole.energy_keV.mean(), rel=0.2)
    # Other crossings, and other particles, draw other words.
    assert len(np.unique(cut.energy_keV)) > 0.999 * len(cut)


ONCE = {"scattering": False, "max_crossings": 1}


def test_knock_on_electrons_are_points_on_the_path_and_take_their_energy_from_it():
    n, above = 5000, 20.0
    given = across_a_ladder(n, 1000.0, (12.0, 2.65, 36.0), (0.8, 0.6, 0.0))
    plain, points = (
        transport(given, KEY, GEOMETRY, Transport(field_T=0.0, knock_on_keV=limit, **ONCE)) for limit in (0.0, above)
    )
    np.testing.assert_allclose(np.bincount(points.particle, points.energy_keV), plain.energy_keV, rtol=1e-5)
    knock_on = points.path_mm == 0
    assert np.all(points.energy_keV[knock_on] > 0.99 * above)
    path, xi = 75 / 0.8, 0.01783 * 75 / 0.8
    expected = n * (xi / above - xi / (115 * (path / 75) ** 0.6))  # Rutherford's 1 / E^2
    assert np.count_nonzero(knock_on) == pytest.approx(expected, rel=4 / np.sqrt(expected))
    along = (points.u_mm - plain.u_mm[points.particle])[knock_on] / 0.6 / (path / 1000)
    assert abs(np.mean(along)) < 0.05
    assert np.std(along) == pytest.approx(1 / np.sqrt(12), rel=0.1)
    np.testing.assert_allclose(points.w_mm[knock_on], along * 0.075, atol=1e-5)


def test_slow_electrons_stop_where_they_become_slower_than_asked():
    """No electron comes out of the silicon with less than 0.1 MeV: it would have left the rest in it."""
    kinetic = 0.13
    momentum = np.sqrt(kinetic * (kinetic + 2 * ELECTRON_MASS_MEV))
    given = across_a_ladder(4000, momentum, (13.9, 2.65, 36.0))
    hits = transport(given, KEY, GEOMETRY, Transport(field_T=0.0, stopping_MeV=0.1, **ONCE))
    energy = np.bincount(hits.particle, hits.energy_keV)
    stopped = energy > 129.999
    assert np.all(stopped | (energy < 30.001))
    assert stopped.mean() > 0.5
    assert np.all(hits.w_mm[hits.path_mm == 0] < 0.0376)


def test_photoelectric_lengths_are_those_of_the_tables():
    """Energy absorption of silicon, NISTIR 5632: 128 to 134 um at 10 keV in other tables; the K edge at 1.84 keV."""
    energy = np.array([1.8388, 1.8389, 4.0, 10.0, 20.0, 60.0])
    expected = 1e4 / 2.33 / np.array([307.0, 3059.0, 442.7, 32.89, 4.076, 0.1367])
    np.testing.assert_allclose(photoelectric_length_um(energy), expected, rtol=2e-3)
    with pytest.raises(DigitError, match="1e9 keV"):
        photoelectric_length_um(np.array([0.0]))
