"""Transport of background particles, against an integration of the equation of motion and formulas of one's own."""

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import HIT_COLUMNS
from pxdbkg.detector.particles import ELECTRON_MASS_MEV, PARTICLE_COLUMNS, Particles
from pxdbkg.errors import DigitError
from pxdbkg.kernels.transport import Transport, photoelectric_length_um, transport
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


def from_the_centre(rng, n, pt, charge=None, cos_max=0.9):
    phi, cos = rng.uniform(-np.pi, np.pi, n), rng.uniform(-cos_max, cos_max, n)
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
    given = from_the_centre(rng, n, pt)
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
    np.testing.assert_allclose(hits.dw, truth[:, 4], atol=1e-3)
    momentum = pt / np.sqrt(1 - (hits.dv**2))
    beta = momentum / np.sqrt(momentum**2 + ELECTRON_MASS_MEV**2)
    np.testing.assert_allclose(hits.time_ns, truth[:, 5] / (beta * LIGHT_SPEED), rtol=1e-4)


def test_a_particle_does_not_depend_on_the_others(rng):
    given = from_the_centre(rng, 300, rng.uniform(3, 40, 300))
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
