"""Soft photons of synchrotron radiation, and electrons that hard photons free in the material."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pxdbkg.config import parameter
from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.ids import side_of_sensor
from pxdbkg.detector.particles import ELECTRON_MASS_MEV
from pxdbkg.kernels import random
from pxdbkg.reference.draws import PARTICLE, Draws, exponential, power_law
from pxdbkg.reference.starts import Starts

PIPE_MM = 12.0  # outer radius of the beam pipe


@dataclass(frozen=True)
class Synchrotron:
    """Photons of about 10 keV that leave the beam pipe at one place; the numbers are assumed.

    They come from the upstream quadrupoles of the electron ring, in the horizontal plane, and are scattered at the beam
    pipe: localized in phi and z, as the background studies of Belle II show them.
    """

    rate: float = parameter(doc="photons in 20 us that leave the beam pipe towards the detector", low=0, high=1e6)
    energy_min_keV: float = parameter(6.0, unit="keV", low=1, high=100, doc="lowest energy: softer ones are absorbed")
    energy_keV: float = parameter(4.0, unit="keV", low=0.1, high=100, doc="mean energy above the lowest")
    phi_deg: float = parameter(0.0, unit="deg", low=-360, high=360, doc="azimuth of the place")
    phi_rms_deg: float = parameter(25.0, unit="deg", low=0, high=360, doc="width in azimuth")
    z_mm: float = parameter(30.0, unit="mm", low=-200, high=200, doc="z of the place")
    z_rms_mm: float = parameter(20.0, unit="mm", low=0, high=200, doc="width in z")


@dataclass(frozen=True)
class Compton:
    """Electrons that hard photons of showers free in the beam pipe and the silicon, by Compton scattering and pairs.

    They start on the outside of the beam pipe or anywhere in the silicon, in any direction, with a spectrum ~
    E^-energy_power; their number in a layer falls with the radius as r^-radial_power per area. Those of the beam pipe
    curl: few reach layer 2. The numbers are assumed, some are fitted. The rate follows that of the shower sources.
    """

    rate: float = parameter(doc="electrons in 20 us", low=0, high=1e6)
    energy_min_MeV: float = parameter(0.03, unit="MeV", low=0.001, high=10, doc="lowest kinetic energy")
    energy_max_MeV: float = parameter(3.0, unit="MeV", low=0.001, high=100, doc="highest kinetic energy")
    energy_power: float = parameter(1.0, low=0, high=5, doc="power of the fall of the spectrum")
    radial_power: float = parameter(2.0, low=-2, high=10, doc="power of the fall with the radius")
    forward: float = parameter(0.5, low=0, high=1, doc="weight of the forward sensors against the backward ones")
    pipe_share: float = parameter(0.5, low=0, high=1, doc="share that starts on the beam pipe")
    pipe_z_mm: float = parameter(60.0, unit="mm", low=1, high=120, doc="they start at |z| up to this")


def synchrotron(mean: float, shape: Synchrotron, draws: Draws) -> Starts:
    """Return a Poisson number of photons, on the outside of the beam pipe and on their way outwards."""
    n = draws.poisson(mean)
    flat = draws.uniform(PARTICLE, n, 4)
    gauss = draws.normal(PARTICLE, n, 2, first_block=1)
    energy = (shape.energy_min_keV + shape.energy_keV * exponential(flat[0])) / 1000.0
    sin, cos = random.sincos((shape.phi_deg + shape.phi_rms_deg * gauss[0]) * (np.pi / 180.0))
    # Isotropic into the outer half space: the cosine to the outward normal is the square root of a uniform number.
    normal = np.sqrt(flat[1])
    side, along = random.sincos(2.0 * np.pi * flat[2])
    rest = np.sqrt(1.0 - flat[1])
    tangent, axial = rest * side, rest * along
    return Starts(
        PIPE_MM * cos,
        PIPE_MM * sin,
        shape.z_mm + shape.z_rms_mm * gauss[1],
        energy * (normal * cos - tangent * sin),
        energy * (normal * sin + tangent * cos),
        energy * axial,
        np.zeros(n, np.int8),
        flat[3],
    )


def compton(mean: float, shape: Compton, geometry: Geometry, draws: Draws) -> Starts:
    """Return a Poisson number of electrons, spread evenly over the beam pipe and over the silicon of each layer."""
    n = draws.poisson(mean)
    flat = draws.uniform(PARTICLE, n, 9)
    length = geometry.v_edges[:, -1] - geometry.v_edges[:, 0]
    fall = random.exp(-shape.radial_power * random.log(geometry.radius_mm))
    side = np.where(side_of_sensor == 1, shape.forward, 1.0 - shape.forward)
    installed = np.isin(np.arange(N_SENSORS), geometry.sensors)
    cumulative = np.cumsum(np.where(installed, length * fall * side, 0.0))
    sensor = np.minimum(np.searchsorted(cumulative, flat[0] * cumulative[-1], side="right"), N_SENSORS - 1)
    width = geometry.u_edges_mm()[-1] - geometry.u_edges_mm()[0]
    u = (flat[1] - 0.5) * width + geometry.tangential_mm
    w = (flat[2] - 0.5) * geometry.thickness_mm + geometry.radius_mm[sensor]
    sin, cos = random.sincos(geometry.phi_rad[sensor])
    kinetic = power_law(flat[3], shape.energy_power, shape.energy_min_MeV, shape.energy_max_MeV)
    momentum = np.sqrt(kinetic * (kinetic + 2.0 * ELECTRON_MASS_MEV))
    axial = 2.0 * flat[4] - 1.0
    across = momentum * np.sqrt(1.0 - axial * axial)
    sin_p, cos_p = random.sincos(2.0 * np.pi * flat[5])
    on_pipe = flat[8] < shape.pipe_share
    pipe_sin, pipe_cos = random.sincos(2.0 * np.pi * flat[1])
    return Starts(
        np.where(on_pipe, PIPE_MM * pipe_cos, w * cos - u * sin),
        np.where(on_pipe, PIPE_MM * pipe_sin, w * sin + u * cos),
        np.where(
            on_pipe,
            (2.0 * flat[6] - 1.0) * shape.pipe_z_mm,
            geometry.z_centre_mm[sensor] + (flat[6] - 0.5) * length[sensor],
        ),
        across * cos_p,
        across * sin_p,
        momentum * axial,
        np.full(n, -1, np.int8),
        flat[7],
    )
