"""Crossings of sensors by tracks without material, against an integration of the equation of motion."""

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal, run1
from pxdbkg.detector.particles import ELECTRON_MASS_MEV, PARTICLE_COLUMNS, Particles
from pxdbkg.kernels.transport import Transport, transport
from pxdbkg.seeding import event_key

KEY = event_key("1", "transport", 0, 0, 1)
GEOMETRY = nominal()
VACUUM = Transport(scattering=False, energy_loss=False)
LIGHT_SPEED = 299.792458  # mm / ns


def particles(at, momentum, charge=-1, time=0.0, source=0):
    at, momentum = np.broadcast_arrays(np.atleast_2d(at).astype(float), np.atleast_2d(momentum).astype(float))
    n = len(at)
    columns = [*at.T.copy(), *momentum.T.copy()]
    number = np.arange(n, dtype="u4")
    charges = np.broadcast_to(np.asarray(charge, "i1"), n).copy()
    return Particles(*columns, charges, np.full(n, float(time)), np.full(n, source, "u1"), number)


def from_the_centre(rng, n, pt, charge=None):
    phi, cos = rng.uniform(-np.pi, np.pi, n), rng.uniform(0.2, 0.9, n) * rng.choice([-1, 1], n)
    pt = np.broadcast_to(pt, n)
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * cos / np.sqrt(1 - cos**2)], axis=1)
    return particles(np.zeros(3), momentum, rng.choice([-1, 1], n) if charge is None else charge)


class Integrator:
    """Fourth-order Runge-Kutta of dp/dt = q v x B in small steps of path; crossings of planes by Newton steps."""

    def __init__(self, field_t, step_mm=0.4):
        self.field, self.step = field_t, step_mm
        k = np.arange(20)
        layer2 = k >= 8
        self.phi = np.where(layer2, (k - 8) * np.pi / 6, k * np.pi / 4)
        self.radius = np.where(layer2, 22.015, 13.985)

    def move(self, x, d, kick, step):
        def slope(dd):
            return kick * np.stack([dd[:, 1], -dd[:, 0], np.zeros(len(dd))], axis=1)

        s, kick = np.broadcast_to(step, len(x))[:, None], kick[:, None]
        k1 = slope(d)
        d2 = d + s / 2 * k1
        k2 = slope(d2)
        d3 = d + s / 2 * k2
        k3 = slope(d3)
        d4 = d + s * k3
        return x + s / 6 * (d + 2 * d2 + 2 * d3 + d4), d + s / 6 * (k1 + 2 * k2 + 2 * k3 + slope(d4))

    def depth(self, x):
        return x[:, :1] * np.cos(self.phi) + x[:, 1:2] * np.sin(self.phi) - self.radius

    def crossings(self, given, r_max, z_max):
        """Rows (particle, sensor, u, v, dw, path), in order, of all crossings of active areas."""
        x = np.stack([given.x_mm, given.y_mm, given.z_mm], axis=1)
        p = np.stack([given.px_MeV, given.py_MeV, given.pz_MeV], axis=1)
        size = np.linalg.norm(p, axis=1)
        d, kick, who = p / size[:, None], given.charge * 0.299792458 * self.field / size, np.arange(len(x))
        rows, path, before = [], 0.0, self.depth(x)
        while len(x):
            x1, d1 = self.move(x, d, kick, self.step)
            after = self.depth(x1)
            i, plane = np.nonzero(before * after < 0)
            if len(i):
                sin, cos = np.sin(self.phi[plane]), np.cos(self.phi[plane])
                length = self.step * before[i, plane] / (before[i, plane] - after[i, plane])
                for _ in range(6):  # Newton
                    xm, dm = self.move(x[i], d[i], kick[i], length)
                    dw = dm[:, 0] * cos + dm[:, 1] * sin
                    length = length - self.depth(xm)[np.arange(len(i)), plane] / dw
                u = xm[:, 1] * cos - xm[:, 0] * sin - 2.65
                for side in (0, 1):
                    v = xm[:, 2] - np.where(plane < 8, (36.8255, -8.8255)[side], (50.1305, -12.1305)[side])
                    hit = (
                        (np.abs(u) <= 6.25)
                        & (np.abs(v) <= np.where(plane < 8, 22.4, 30.72))
                        & (np.abs(xm[:, 2]) < z_max)
                    )
                    rows.append(np.stack([who[i], 2 * plane + side, u, v, dw, path + length], axis=1)[hit])
            path += self.step
            inside = (np.hypot(x1[:, 0], x1[:, 1]) < r_max) & (np.abs(x1[:, 2]) < z_max)
            x, d, kick, who, before = x1[inside], d1[inside], kick[inside], who[inside], after[inside]
        every = np.concatenate(rows)
        return every[np.lexsort((every[:, 5], every[:, 0]))]


@pytest.mark.parametrize(("pt", "n"), [(4.0, 10), (6.5, 20), (9.0, 25), (15.0, 30), (40.0, 80), (1000.0, 80)])
def test_crossings_are_those_of_the_equation_of_motion(rng, pt, n):
    """Curlers with several turns, arcs and nearly straight tracks; positions to a few nm."""
    made = from_the_centre(rng, n, pt)
    momentum = np.stack([made.px_MeV, made.py_MeV, made.pz_MeV], axis=1)
    given = particles(rng.uniform(-12, 12, (n, 3)), momentum, made.charge)
    settings = Transport(scattering=False, energy_loss=False, z_max_mm=50.0, max_crossings=2000)
    hits = transport(given, KEY, GEOMETRY, settings)
    truth = Integrator(1.5).crossings(given, 135.0, 50.0)
    # The integrator may miss two grazing crossings in a row.
    flat = np.union1d(truth[np.abs(truth[:, 4]) < 0.05, 0], hits.particle[np.abs(hits.dw) < 0.05])
    truth = truth[~np.isin(truth[:, 0], flat)]
    hits = hits.select(np.flatnonzero(~np.isin(hits.particle, flat)))
    assert len(truth) > n
    np.testing.assert_array_equal(np.stack([hits.particle, hits.sensor], axis=1), truth[:, :2])
    whole = np.abs(hits.path_mm * np.abs(hits.dw) - 0.075) < 1e-3  # no edge of the active area
    assert whole.mean() > 0.9
    # Half of what the path after the middle plane is longer than the one before it: t^2 bend / (8 |dw|^3).
    longer = 0.075**2 / 8 * 0.45 / pt / np.abs(hits.dw) ** 3
    assert np.all(np.abs(hits.u_mm - truth[:, 2])[whole] < (2e-6 + longer)[whole])
    assert np.all(np.abs(hits.v_mm - truth[:, 3])[whole] < (5e-6 + longer)[whole])
    assert np.all(np.abs(hits.dw - truth[:, 4])[whole] < (1e-6 + longer * 0.45 / pt)[whole])
    momentum = pt / np.sqrt(1 - (hits.dv**2))
    beta = momentum / np.sqrt(momentum**2 + ELECTRON_MASS_MEV**2)
    np.testing.assert_allclose(hits.time_ns, truth[:, 5] / (beta * LIGHT_SPEED), rtol=1e-4)


def test_a_track_that_turns_back_in_the_silicon_makes_one_passage():
    """Grazing along u, the top of the arc 10 um above the middle plane, below the surface."""
    momentum = 20.0
    rho = momentum / (0.299792458 * 1.5)
    start = np.sqrt(2 * rho * 0.2)
    at = np.array([13.985 + 0.01 - 0.2, 2.65 - start, 36.0])
    angle = start / rho
    towards = np.array([np.sin(angle), np.cos(angle), 0.0])
    settings = Transport(scattering=False, energy_loss=False, max_crossings=2)
    bent = [transport(particles(at, momentum * towards, q), KEY, GEOMETRY, settings) for q in (-1, 1)]
    (one_passage,) = (hits for hits in bent if len(hits) and hits.sensor[0] == 0 and hits.path_mm[0] > 1)
    # From the lower surface up to 10 um and down again: twice the half chord at a depth of 47.5 um.
    assert one_passage.path_mm[0] == pytest.approx(2 * np.sqrt(2 * rho * 0.0475), rel=0.02)
    assert np.count_nonzero(one_passage.sensor == 0) == 1
    assert abs(one_passage.u_mm[0]) < 0.02


def test_limits_end_particles(rng):
    given = from_the_centre(rng, 400, 30.0)
    every = transport(given, KEY, GEOMETRY, VACUUM)
    near = transport(given, KEY, GEOMETRY, Transport(scattering=False, energy_loss=False, z_max_mm=20.0))
    z = GEOMETRY.to_global(near.sensor, near.u_mm, near.v_mm)[:, 2]
    assert len(near) < len(every)
    assert np.all(np.abs(z) < 20.2)  # middles of passages that cross before
    one = transport(given, KEY, GEOMETRY, Transport(beam_pipe_radius_mm=0.0, max_crossings=1))
    assert np.bincount(one.particle).max() == 1
    outside = particles([[140.0, 0, 0], [0, 0, 301.0]], [[-50.0, 0, 0], [0, 0, -50.0]])
    assert len(transport(outside, KEY, GEOMETRY)) == 0


def test_a_quarter_turn_of_the_detector_turns_the_hits(rng):
    """Ladders repeat every 90 degrees in both layers; the field is along the axis."""
    given = from_the_centre(rng, 500, rng.uniform(4, 60, 500))
    turned = {name: given[name] for name in PARTICLE_COLUMNS}
    turned["px_MeV"], turned["py_MeV"] = -given.py_MeV, given.px_MeV
    a = transport(given, KEY, GEOMETRY, VACUUM)
    b = transport(Particles(**turned), KEY, GEOMETRY, VACUUM)
    layer1 = a.sensor < 16
    np.testing.assert_array_equal(np.where(layer1, (a.sensor + 4) % 16, (a.sensor - 16 + 6) % 24 + 16), b.sensor)
    for name in ("u_mm", "v_mm", "path_mm", "du", "dw", "time_ns"):
        np.testing.assert_allclose(a[name], b[name], atol=2e-5)


def test_sensors_that_are_not_installed_are_not_there(rng):
    given = from_the_centre(rng, 300, rng.uniform(4, 60, 300))
    hits = transport(given, KEY, run1())
    assert set(hits.sensor.tolist()) <= set(run1().sensors.tolist())
    assert np.any(hits.sensor >= 16)


@pytest.mark.parametrize("pt", [3.0, 6.0, 25.0, 400.0])
def test_a_pipe_without_material_changes_nothing(rng, pt):
    """Its crossings cut the way into pieces; the hits are the same but for rounding."""
    n = 200
    made = from_the_centre(rng, n, pt)
    place = rng.uniform(-16, 16, (n, 3)) * [1.0, 1.0, 2.0]
    given = particles(place, np.stack([made.px_MeV, made.py_MeV, made.pz_MeV], axis=1), made.charge)
    limits = {"scattering": False, "energy_loss": False, "max_crossings": 5000, "z_max_mm": 60.0}
    a, b = (transport(given, KEY, GEOMETRY, Transport(beam_pipe_radius_mm=r, **limits)) for r in (0.0, 11.0))
    assert len(a) > n // 4
    np.testing.assert_array_equal(a.particle, b.particle)
    np.testing.assert_array_equal(a.sensor, b.sensor)
    for name in ("u_mm", "v_mm", "dw", "time_ns"):
        np.testing.assert_allclose(a[name], b[name], atol=2e-5)
