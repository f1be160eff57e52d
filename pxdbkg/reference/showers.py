"""Electrons and positrons of the showers that lost beam particles make near the interaction region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pxdbkg.config import parameter
from pxdbkg.kernels import random
from pxdbkg.reference.draws import GROUP, PARTICLE, Draws, azimuth, exponential, power_law
from pxdbkg.reference.starts import Starts

MAX_MULTIPLICITY = 10_000


@dataclass(frozen=True)
class ShowerShape:
    """What the showers of all sources have in common; the numbers are assumed, some are fitted.

    A beam particle that hits the wall near the final focus makes a shower. Its secondaries enter the volume of the
    detector at its end, close together, and follow the field.
    """

    multiplicity: float = parameter(1.5, low=1, high=500, doc="mean number of electrons and positrons of a shower")
    rate_share: float = parameter(0.0, low=0, high=1, doc="share of their fluctuation that rates carry, not sizes")
    z_mm: float = parameter(120.0, unit="mm", low=0, high=280, doc="distance from the collision point")
    azimuth_deg: float = parameter(0.0, unit="deg", low=-180, high=180, doc="azimuth from which phi is counted")
    spread_mm: float = parameter(1.5, unit="mm", low=0, high=100, doc="spread of the particles of a shower in x and y")
    momentum_MeV: float = parameter(4.0, unit="MeV", low=0.1, high=1000, doc="median momentum")
    momentum_spread: float = parameter(0.9, low=0, high=3, doc="width of the logarithm of the momentum")


@dataclass(frozen=True)
class Showers:
    """One source of showers; they enter at a radius with a density per area ~ r^-radial_power.

    A loss in the horizontal plane, where off-energy particles are bent, gives cos_two_phi > 0, one in the vertical
    plane, where the beam is large in the final focus, cos_two_phi < 0.
    """

    rate: float = parameter(doc="electrons and positrons in 20 us, mean", low=0, high=1e6)
    forward: float = parameter(0.5, low=0, high=1, doc="share of the showers at the forward (+z) end")
    cos_phi: float = parameter(0.0, low=-1, high=1, doc="amplitude of cos(phi) in the azimuth of the showers")
    cos_two_phi: float = parameter(0.0, low=-1, high=1, doc="amplitude of cos(2 phi)")
    radial_power: float = parameter(4.0, low=-2, high=10, doc="power of the fall of their density with the radius")
    r_min_mm: float = parameter(11.5, unit="mm", low=11, high=100, doc="smallest radius of a shower")
    r_max_mm: float = parameter(18.0, unit="mm", low=11, high=200, doc="largest radius of a shower")
    slope: float = parameter(0.7, low=0, high=10, doc="width of the slopes dx/dz and dy/dz of its particles")


def split(mean: float, shape: ShowerShape) -> tuple[float, float]:
    """Return the multiplicity in use, and the relative rms of the rate that stands for what it leaves out.

    Public numbers do not tell large showers at a steady rate from small ones at a rate that fluctuates. With
    ``rate_share`` s the multiplicity m becomes m' = 1 + (1 - s) (m - 1). A Poisson number of geometric showers with N
    particles on average has the variance N (2 m - 1), so a rate with the relative variance 2 (m - m') / N keeps the
    variance of their number.

    >>> split(100.0, ShowerShape(multiplicity=3.0, rate_share=1.0))
    (1.0, 0.2)
    """
    multiplicity = 1.0 + (1.0 - shape.rate_share) * (shape.multiplicity - 1.0)
    return multiplicity, float(np.sqrt(2.0 * (shape.multiplicity - multiplicity) / mean)) if mean else 0.0


def showers(mean: float, source: Showers, shape: ShowerShape, draws: Draws) -> Starts:
    """Return the particles of showers, a Poisson number of showers with ``mean`` particles together on average.

    The number of particles of a shower is geometric, at least 1, with the mean that ``split`` gives.
    """
    multiplicity, _ = split(mean, shape)
    n_showers = draws.poisson(mean / multiplicity)
    flat = draws.uniform(GROUP, n_showers, 5)
    members = np.ones(n_showers, np.int64)
    if multiplicity > 1.0:
        per_failure = -1.0 / float(random.log(np.array([1.0 - 1.0 / multiplicity]))[0])
        members += np.minimum(exponential(flat[0]) * per_failure, MAX_MULTIPLICITY).astype(np.int64)
    shower = np.repeat(np.arange(n_showers), members)
    n = len(shower)
    radius = power_law(flat[1], source.radial_power - 1.0, source.r_min_mm, source.r_max_mm)
    phi = azimuth(flat[2], source.cos_phi, source.cos_two_phi) + shape.azimuth_deg * (np.pi / 180.0)
    sin, cos = random.sincos(phi)
    side = np.where(flat[3] < source.forward, 1.0, -1.0)
    gauss = draws.normal(PARTICLE, n, 5, first_block=1)
    sign = draws.uniform(PARTICLE, n, 1)[0]
    x = (radius * cos)[shower] + shape.spread_mm * gauss[0]
    y = (radius * sin)[shower] + shape.spread_mm * gauss[1]
    momentum = shape.momentum_MeV * random.exp(shape.momentum_spread * gauss[2])
    slope_x, slope_y = source.slope * gauss[3], source.slope * gauss[4]
    inward = -side[shower]
    pz = momentum / np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    charge = np.where(sign < 0.5, -1, 1).astype(np.int8)
    place_z = side[shower] * shape.z_mm
    return Starts(x, y, place_z, pz * slope_x, pz * slope_y, pz * inward, charge, flat[4][shower])
