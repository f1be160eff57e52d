"""Electron-positron pairs of the two-photon process e+e- -> e+e- e+e-."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pxdbkg.config import parameter
from pxdbkg.detector.particles import ELECTRON_MASS_MEV
from pxdbkg.kernels import random
from pxdbkg.reference.draws import PARTICLE, Draws, Floats, power_law
from pxdbkg.reference.starts import Starts

# The two beams (7 and 4 GeV) cross at 83 mrad and the detector axis halves the angle: both have px = E sin(41.5 mrad).
BOOST_X, BOOST_Z = 0.041488, 3.0 / 11.0 * 0.999139


@dataclass(frozen=True)
class TwoPhoton:
    """Kinematics of the pairs.

    The spectrum of the transverse momentum falls as a power, the rapidity is flat (V. M. Budnev et al., Phys. Rep. 15
    (1975) 181: photons with an energy spectrum ~ 1/E give pairs flat in rapidity); both tracks have nearly the same
    transverse momentum in opposite directions, since the photons have almost none. The numbers are assumed; the power
    is fitted. The boost of the collision, along +z and +x, is what makes the hits depend on phi.
    """

    rate: float = parameter(doc="pairs in 20 us", low=0, high=1e6)
    pt_min_MeV: float = parameter(3.2, unit="MeV", low=0.1, high=1000, doc="lowest transverse momentum")
    pt_max_MeV: float = parameter(500.0, unit="MeV", low=0.1, high=5000, doc="highest transverse momentum")
    pt_power: float = parameter(2.5, low=0, high=10, doc="power of the fall with the transverse momentum")
    rapidity_max: float = parameter(4.0, low=0.1, high=8, doc="largest rapidity of the pair in the collision frame")
    rapidity_rms: float = parameter(0.8, low=0, high=5, doc="spread of each track about the pair")
    spot_um: tuple[float, float, float] = parameter((10.0, 0.1, 300.0), unit="um", doc="widths of the collision point")


def two_photon(mean: float, shape: TwoPhoton, draws: Draws) -> Starts:
    """Return the tracks of a Poisson number of pairs with the given mean, electrons and positrons in turn."""
    n = draws.poisson(mean)
    flat = draws.uniform(PARTICLE, n, 4)
    gauss = draws.normal(PARTICLE, n, 6, first_block=1)
    pt = power_law(flat[0], shape.pt_power, shape.pt_min_MeV, shape.pt_max_MeV)
    sin, cos = random.sincos(2.0 * np.pi * flat[1])
    centre = (2.0 * flat[2] - 1.0) * shape.rapidity_max
    columns = []
    for sign, shift in ((-1.0, gauss[0]), (1.0, gauss[1])):
        momentum = _boost(sign * pt * cos, sign * pt * sin, pt, centre + shape.rapidity_rms * shift)
        columns.append(momentum)
    px, py, pz = (np.stack([one, other], axis=1).reshape(-1) for one, other in zip(*columns, strict=True))
    x, y, z = (np.repeat(gauss[2 + axis] * (width / 1000.0), 2) for axis, width in enumerate(shape.spot_um))
    charge = np.tile(np.array([-1, 1], np.int8), n)
    return Starts(x, y, z, px, py, pz, charge, np.repeat(flat[3], 2))


def _boost(px: Floats, py: Floats, pt: Floats, rapidity: Floats) -> tuple[Floats, Floats, Floats]:
    """Return momenta in the laboratory of tracks given in the collision frame, MeV."""
    grown = random.exp(rapidity)
    transverse = np.sqrt(pt * pt + ELECTRON_MASS_MEV**2)
    energy, pz = transverse * (grown + 1.0 / grown) / 2.0, transverse * (grown - 1.0 / grown) / 2.0
    square = BOOST_X**2 + BOOST_Z**2
    gamma = 1.0 / np.sqrt(1.0 - square)
    along = BOOST_X * px + BOOST_Z * pz
    factor = (gamma - 1.0) / square * along + gamma * energy
    return px + factor * BOOST_X, py, pz + factor * BOOST_Z
