"""Follow background particles through the pixel detector.

Electrons and positrons move on exact helices in a uniform field along +z. The next surface is the middle plane of the
silicon of a ladder, within the active area of one of its sensors, or the beam pipe, a cylinder. A curler comes round
again and crosses again, as often as it has the energy; the crossing just made is told from the next one on the same
plane by the angle of turning, and a track that turns back inside the silicon makes one passage, not two.

Length of a passage. On either side of the middle plane the path ends where the first of these happens:

- the helix leaves the silicon: w(s) = dw s + b s^2 / 2 = +-t/2, b the curvature across the plane,
- scattering has carried the track out: the chord of the way there is inclined by a normal draw of width theta0(s) /
  sqrt(3) against the track, theta0 Highland's width over its length s without the logarithm, taken across the plane;
  s is found from 1 / s^2 = (1 / s0 + g theta0(s) / (sqrt(3) t/2))^2 + 1 / (3 s1)^2, with s0 the length without
  scattering and s1 that at which theta0(s) s / sqrt(3) = t/2. Mean and quantiles of the length agree with a random walk
  in small steps to 10 to 20 %,
- the track leaves the active area sideways, or has gone 100 mm, or half a turn.

The hit is the straight line from entry to exit; its middle is the crossing of the middle plane wherever the passage is
symmetric. ``path_mm`` is the length of that line. Losses are drawn over the length of the way itself.

Where the energy is left. A passage longer than ``piece_mm`` is several hits, each with its own energy loss, and single
collisions above ``knock_on_keV`` are hits at a point of the path (``path_mm`` 0): the charge of the pixels along a
track fluctuates pixel by pixel.

Energy loss: the law of ``pxdbkg.kernels.straggling``, scale and most probable loss times 1 / beta^2, the latter less
8 % at the minimum of ionization (beta gamma 3.5 and below; nothing from 200 on, linear in its logarithm between),
knock-on electrons up to half of the kinetic energy, the loss at most the kinetic energy: then the passage is shortened
in proportion and the particle ends. Beam pipe and support take a mean loss, times 1 / beta^2 and the oblique path
(through the pipe at most 10 times its thickness). Support comes after the silicon.

Scattering, once a crossing, by two normal projected angles of Highland's width (Particle Data Group, Passage of
particles through matter, 13.6 MeV / (beta p) sqrt(x) (1 + 0.038 ln(x / beta^2))), x the whole of silicon and support
in units of the radiation length, p the momentum before the crossing.

A charged particle that starts in the silicon makes its first passage from there to the surface, whichever way it goes,
and does not cross that middle plane again before it has left; one that is too slow to be followed leaves its energy at
a point. A start within 1 nm of the radius of the beam pipe has the pipe behind it.

Photons go straight, see no beam pipe and are absorbed in silicon after an exponential path by the photoelectric effect;
they leave all their energy at that point (``path_mm`` 0) and end. Nothing else happens to them: Compton electrons are
particles of their own.

Bremsstrahlung and annihilation are left out; knock-on electrons do not travel.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import PARTICLE_COLUMNS, Particles
from pxdbkg.errors import DigitError
from pxdbkg.kernels.deposition import MAX_PATH_MM
from pxdbkg.seeding import key_words

__all__ = ["Transport", "photoelectric_length_um", "transport"]

N_SOURCES = 31
_NUMBERS = {
    "field_T": (0.0, 10.0),
    "beam_pipe_radius_mm": (0.0, 13.0),
    "beam_pipe_x0": (0.0, 0.1),
    "beam_pipe_loss_MeV": (0.0, 10.0),
    "silicon_x0": (0.0, 0.1),
    "support_x0": (0.0, 0.1),
    "support_loss_MeV": (0.0, 10.0),
    "r_max_mm": (25.0, 1e5),
    "z_max_mm": (1.0, 1e5),
    "min_kinetic_MeV": (1e-3, 1e3),
    "piece_mm": (0.0, 10.0),
    "stopping_MeV": (0.0, 1.0),
    "knock_on_keV": (0.0, 1e6),
}


@dataclass(frozen=True)
class Transport:
    """Material, field and limits of the transport; the defaults describe the Belle II pixel detector.

    Attributes
    ----------
    field_T : magnetic field along +z, 0 to 10
    beam_pipe_radius_mm : radius of the pipe, 0 (none) to 13
    beam_pipe_x0 : its thickness in radiation lengths, perpendicular
    beam_pipe_loss_MeV : mean energy loss of a fast particle in it, perpendicular
    silicon_x0 : thickness of the silicon in radiation lengths
    support_x0, support_loss_MeV : the same of what is glued to the silicon of one ladder: mean thickness and loss
    r_max_mm, z_max_mm : a particle ends there
    max_crossings : of sensors and beam pipe together, 1 to 5000; then a charged particle ends
    min_kinetic_MeV : a charged particle below it ends
    piece_mm : longer passages are cut into pieces of at most this length, each a hit with a loss of its own; 0: never
    stopping_MeV : an electron in the silicon whose kinetic energy falls below it leaves the rest at that point and ends
    knock_on_keV : single collisions with more energy are hits of their own, at a point; 0: none
    scattering : multiple scattering changes directions and the length of grazing passages
    energy_loss : charged particles lose energy; without, the energy of hits is still drawn

    Raises DigitError for a value out of range.
    """

    field_T: float = 1.5
    beam_pipe_radius_mm: float = 11.0
    beam_pipe_x0: float = 0.008
    beam_pipe_loss_MeV: float = 0.5
    silicon_x0: float = 0.0008
    support_x0: float = 0.0012
    support_loss_MeV: float = 0.044
    r_max_mm: float = 135.0
    z_max_mm: float = 300.0
    piece_mm: float = 0.0
    stopping_MeV: float = 0.0
    knock_on_keV: float = 0.0
    max_crossings: int = 400
    min_kinetic_MeV: float = 0.02
    scattering: bool = True
    energy_loss: bool = True

    def __post_init__(self) -> None:
        for name, (low, high) in _NUMBERS.items():
            if not low <= getattr(self, name) <= high:
                raise DigitError(f"Transport: {name} {getattr(self, name)} ({low:g} to {high:g})")
        if not 1 <= self.max_crossings <= 5000:
            raise DigitError(f"Transport: max_crossings {self.max_crossings} (1 to 5000)")


def transport(particles: Particles, key: bytes, geometry: Geometry, settings: Transport | None = None) -> SimHits:
    """Return the hits of background particles, in the order of the particles and, of one, of its crossings.

    Parameters
    ----------
    particles : where and with what momentum they start; ``SimHits.particle`` counts them from 0
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    geometry : the installed sensors
    settings : material, field, limits

    A particle draws by its source and number alone (class 8 * source + 4, ordinal = number, 8 blocks a crossing), so
    its hits do not depend on the others. Raises DigitError for particles that are not finite, do not move, or have a
    charge, source or number out of range.

    >>> from pxdbkg.detector.geometry import nominal
    >>> len(transport(Particles.empty(), bytes(16), nominal()))
    0
    """
    chosen = settings or Transport()
    _check(particles)
    numbers = [float(getattr(chosen, name)) for name in _NUMBERS] + [MAX_PATH_MM]
    edges = geometry.v_edges
    columns = _core.transport(
        tuple(np.ascontiguousarray(particles[name]) for name in PARTICLE_COLUMNS),
        (
            geometry.sensors,
            geometry.radius_mm,
            geometry.phi_rad,
            geometry.z_centre_mm,
            np.ascontiguousarray(edges[:, 0]),
            np.ascontiguousarray(edges[:, -1]),
        ),
        geometry.tangential_mm,
        float(geometry.u_edges_mm()[-1]),
        geometry.thickness_mm,
        np.array(numbers),
        chosen.max_crossings,
        chosen.scattering,
        chosen.energy_loss,
        np.array(key_words(key), np.uint32),
    )
    return SimHits(*columns)


def photoelectric_length_um(energy_keV: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the attenuation lengths (n,), um, of silicon for photoelectric absorption of photons (n,), above 0 keV.

    From the mass energy-absorption coefficients of J. H. Hubbell and S. M. Seltzer, NISTIR 5632, 1 to 30 keV; beyond,
    the slopes at the ends go on (E^3.1 above).

    >>> photoelectric_length_um(np.array([10.0])).round(1).tolist()
    [130.5]
    """
    energy = np.ascontiguousarray(energy_keV, np.float64)
    if not np.all((energy >= 1e-3) & (energy <= 1e9)):
        raise DigitError("photoelectric_length_um: an energy is not between 1e-3 and 1e9 keV")
    return 1000.0 * _core.photoelectric_length(energy)


def _check(particles: Particles) -> None:
    """Raise DigitError, naming the particle, for what cannot be followed."""
    if len(particles) == 0:
        return
    place = np.stack([particles[name] for name in ("x_mm", "y_mm", "z_mm", "time_ns")])
    momentum = np.stack([particles[name] for name in ("px_MeV", "py_MeV", "pz_MeV")])
    p2 = (momentum * momentum).sum(axis=0)
    faults = (
        (~(np.abs(place) <= 1e9).all(axis=0), "a position or time that is not finite or above 1e9"),
        (~((p2 >= 1e-10) & (p2 <= 1e14)), "a momentum outside 1e-5..1e7 MeV/c"),
        (np.abs(particles.charge) > 1, "a charge other than -1, 0 and 1"),
        (particles.source >= N_SOURCES, f"a source outside 0..{N_SOURCES - 1}"),
        (particles.number >= 2**24, "a number outside 0..16777215"),
    )
    for wrong, text in faults:
        if np.any(wrong):
            at = int(np.argmax(wrong))
            values = ", ".join(f"{field.name} {particles[field.name][at]}" for field in fields(particles))
            raise DigitError(f"transport: particle {at} has {text} ({values})")
