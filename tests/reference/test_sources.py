"""Particles of the sources: kinematics, places, independence."""

import dataclasses

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.particles import ELECTRON_MASS_MEV
from pxdbkg.reference.draws import Draws
from pxdbkg.reference.pairs import BOOST_X, BOOST_Z, TwoPhoton, two_photon
from pxdbkg.reference.photons import PIPE_MM, Compton, Synchrotron, compton, synchrotron
from pxdbkg.reference.showers import Showers, ShowerShape, showers

DRAWS = Draws(bytes(range(16)), 2)


def test_pairs_are_flat_in_rapidity_and_back_to_back_in_their_frame():
    shape = TwoPhoton(rate=1.0, rapidity_rms=0.0, spot_um=(0.0, 0.0, 0.0))
    tracks = two_photon(20_000.0, shape, DRAWS)
    square = BOOST_X**2 + BOOST_Z**2
    gamma = 1 / np.sqrt(1 - square)
    p = np.stack([tracks.px_MeV, tracks.py_MeV, tracks.pz_MeV])
    energy = np.sqrt((p**2).sum(axis=0) + ELECTRON_MASS_MEV**2)
    beta = np.array([BOOST_X, 0.0, BOOST_Z])[:, None]
    along = (beta * p).sum(axis=0)
    rest = p + beta * ((gamma - 1) / square * along - gamma * energy)
    pt = np.hypot(rest[0], rest[1])
    assert pt.min() >= shape.pt_min_MeV * (1 - 1e-9)
    assert pt.max() <= shape.pt_max_MeV * (1 + 1e-9)
    assert np.allclose(rest[:2, ::2], -rest[:2, 1::2])
    rapidity = np.arcsinh(rest[2] / np.sqrt(pt**2 + ELECTRON_MASS_MEV**2))
    assert np.abs(rapidity).max() <= shape.rapidity_max * (1 + 1e-9)
    assert rapidity.std() == pytest.approx(shape.rapidity_max / np.sqrt(3), rel=0.02)
    assert np.median(pt) == pytest.approx(shape.pt_min_MeV * 2 ** (1 / (shape.pt_power - 1)), rel=0.03)
    assert np.array_equal(tracks.charge[:4], [-1, 1, -1, 1])
    assert np.array_equal(tracks.when[::2], tracks.when[1::2])


def test_the_collision_moves_as_the_beams_do():
    """7 and 4 GeV at 41.5 mrad to the axis: the sum of their momenta over the sum of their energies."""
    half = 0.0415
    assert pytest.approx(np.sin(half), rel=1e-3) == BOOST_X
    assert pytest.approx(3 / 11 * np.cos(half), rel=1e-3) == BOOST_Z


def test_showers_come_from_their_ends_and_keep_together():
    shape, source = ShowerShape(multiplicity=20.0, spread_mm=1.0), Showers(rate=1.0, forward=1.0, cos_two_phi=0.8)
    found = showers(40_000.0, source, shape, DRAWS)
    assert np.all(found.z_mm == shape.z_mm)
    assert np.all(found.pz_MeV < 0)
    _, index, members = np.unique(found.when, return_inverse=True, return_counts=True)
    assert members.mean() == pytest.approx(20.0, rel=0.05)
    assert members.std() == pytest.approx(np.sqrt(20 * 19), rel=0.1)  # geometric
    centre_x = (np.bincount(index, found.x_mm) / members)[index]
    assert np.sqrt(np.mean((found.x_mm - centre_x) ** 2)) == pytest.approx(1.0, rel=0.1)
    phi = np.arctan2(found.y_mm, found.x_mm)
    assert 2 * np.cos(2 * phi).mean() == pytest.approx(0.8, abs=0.1)
    backward = showers(1000.0, dataclasses.replace(source, forward=0.0), shape, DRAWS)
    assert np.all(backward.z_mm == -shape.z_mm)
    assert np.all(backward.pz_MeV > 0)


def test_mean_number_of_shower_particles_does_not_depend_on_the_multiplicity():
    for multiplicity in (1.0, 3.0, 30.0):
        counts = [
            len(
                showers(
                    900.0, Showers(rate=1.0), ShowerShape(multiplicity=multiplicity), Draws(bytes([i] * 16), 1)
                ).x_mm
            )
            for i in range(40)
        ]
        assert np.mean(counts) == pytest.approx(900.0, abs=4 * np.sqrt(900 * (2 * multiplicity - 1) / 40))


def test_photons_leave_the_beam_pipe():
    shape = Synchrotron(rate=1.0)
    found = synchrotron(5000.0, shape, DRAWS)
    assert np.all(found.charge == 0)
    assert np.allclose(np.hypot(found.x_mm, found.y_mm), PIPE_MM)
    assert np.all(found.x_mm * found.px_MeV + found.y_mm * found.py_MeV > 0)
    energy_kev = 1000 * np.sqrt(found.px_MeV**2 + found.py_MeV**2 + found.pz_MeV**2)
    assert energy_kev.min() >= shape.energy_min_keV * (1 - 1e-9)
    assert energy_kev.mean() == pytest.approx(shape.energy_min_keV + shape.energy_keV, rel=0.05)
    assert found.z_mm.mean() == pytest.approx(shape.z_mm, abs=2.0)


def test_compton_electrons_start_in_silicon():
    geometry, shape = nominal(), Compton(rate=1.0, radial_power=2.0, pipe_share=0.0)
    found = compton(20_000.0, shape, geometry, DRAWS)
    xyz = np.stack([found.x_mm, found.y_mm, found.z_mm], axis=1)
    inside = np.zeros((40, len(xyz)), bool)
    for sensor in range(40):
        u, v, w = geometry.to_local(sensor, xyz)
        half_v = geometry.v_edges[sensor, -1]
        inside[sensor] = (np.abs(u) <= 6.25 + 1e-9) & (np.abs(v) <= half_v + 1e-9) & (np.abs(w) <= 0.0375 + 1e-9)
    assert inside.any(axis=0).all()
    layer_1 = inside[:16].any(axis=0).mean()
    per_layer = [16 * 44.8 / 13.985**2, 24 * 61.44 / 22.015**2]
    assert layer_1 == pytest.approx(per_layer[0] / sum(per_layer), abs=0.015)
    momentum = np.sqrt(found.px_MeV**2 + found.py_MeV**2 + found.pz_MeV**2)
    kinetic = np.sqrt(momentum**2 + ELECTRON_MASS_MEV**2) - ELECTRON_MASS_MEV
    assert kinetic.min() >= shape.energy_min_MeV * (1 - 1e-6)
    assert kinetic.max() <= shape.energy_max_MeV * (1 + 1e-6)
    assert (found.pz_MeV / momentum).mean() == pytest.approx(0.0, abs=0.02)


def test_compton_electrons_of_the_beam_pipe_and_of_one_side():
    geometry, shape = nominal(), Compton(rate=1.0, pipe_share=0.25, forward=0.8)
    found = compton(20_000.0, shape, geometry, DRAWS)
    on_pipe = np.abs(np.hypot(found.x_mm, found.y_mm) - PIPE_MM) < 1e-9
    assert on_pipe.mean() == pytest.approx(0.25, abs=0.015)
    assert np.abs(found.z_mm[on_pipe]).max() <= shape.pipe_z_mm
    forward = found.z_mm[~on_pipe] > 19.0  # the joints of the ladders lie at 14 and 19 mm
    assert 0.7 < forward.mean() < 0.8
