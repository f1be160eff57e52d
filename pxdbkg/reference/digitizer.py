"""From hits in silicon to digits: charge, read-out electronics, noise digits.

The chain and its constants are those of the basf2 PXD digitizer and of PXD-Components.xml. Order of a pixel's charge:
Poisson smearing (Gaussian above 1000 electrons), electronic noise, conversion to ADU, pedestal, rounding, clipping of
the sum at 255 ADU, subtraction of the rounded pedestal, threshold. So the largest charge of a digit is 255 ADU less its
pedestal.

Draws of an event key: class 0 energy loss and class 1 groups of electrons, by (sensor, number of the hit); class 2
electronics, by (sensor, pixel v * 250 + u); class 3 noise digits, by sensor. What one pixel or hit draws depends on no
other.

Hits count in all rows, whatever their time, unless the timing of the event is given: see ``integration_window``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_U, N_V, Digits
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.readout import gate
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.detector.truth import NO_SOURCE, DigitTruth
from pxdbkg.errors import DigitError
from pxdbkg.kernels import random, readout
from pxdbkg.kernels.deposition import Drift, PixelCharges, check_hits, deposit
from pxdbkg.kernels.straggling import energy_loss_kev
from pxdbkg.reference.integration_window import IntegrationWindow

__all__ = ["Electronics", "digitize", "digitize_with_truth", "freed_electrons", "noise_digits", "read_out"]

LOSS, GROUPS, PIXELS, NOISE = 0, 1, 2, 3  # draw classes
EV_PER_PAIR = 3.65
NOISE_CHARGE = 1.1  # of a noise digit, in units of the threshold


@dataclass(frozen=True)
class Electronics:
    """Constants of the read-out; the defaults are those of basf2.

    Attributes
    ----------
    threshold_adu : a pixel below it gives no digit
    electrons_per_adu : 130 nA/ADU over 0.6 nA/e
    noise_electrons : width of the electronic noise
    pedestal_adu, pedestal_rms_adu : mean and width of the pedestals, which are not below 0
    adc_max_adu : where the sum of charge and pedestal is clipped
    noise_fraction : noise digits a pixel and event
    drift : constants of drift and collection
    """

    threshold_adu: int = 7
    electrons_per_adu: float = 216.67
    noise_electrons: float = 150.0
    pedestal_adu: float = 100.0
    pedestal_rms_adu: float = 30.0
    adc_max_adu: int = 255
    noise_fraction: float = 5e-8
    drift: Drift = field(default_factory=Drift)


def freed_electrons(hits: SimHits, key: bytes, *, use_energy: bool, drift: Drift | None = None) -> NDArray[np.float64]:
    """Return the electrons (n,) that hits free, 3.65 eV a pair.

    Parameters
    ----------
    hits : passages of particles
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    use_energy : take the energies of the hits where they are above 0; elsewhere, and without it, the loss is drawn from
        the length of the path
    drift : constants; hits with a path below ``point_like_um`` have no loss to draw and keep the energy that they have
    """
    known = np.isfinite(hits.energy_keV) & (hits.energy_keV > 0)
    path_um = hits.path_mm.astype(np.float64) * 1000.0
    point_like = path_um < (drift or Drift()).point_like_um
    given = known & (point_like | use_energy)
    loss = np.where(given, hits.energy_keV, 0.0).astype(np.float64)
    (drawn,) = np.nonzero(~given & ~point_like)
    if len(drawn):
        ordinal = drawn.astype(np.uint32)
        loss[drawn] = energy_loss_kev(path_um[drawn], key, hits.sensor[drawn], ordinal, draw_class=LOSS)
    return loss * (1000.0 / EV_PER_PAIR)


def read_out(charges: PixelCharges, key: bytes, electronics: Electronics | None = None) -> Digits:
    """Return the sorted digits that collected charges give.

    Parameters
    ----------
    charges : electrons in pixels
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    electronics : constants of the read-out
    """
    return _read_out(charges, key, electronics or Electronics())[0]


def _read_out(charges: PixelCharges, key: bytes, constants: Electronics) -> tuple[Digits, NDArray[np.uint32]]:
    return readout.read_out(
        charges.channel,
        charges.electrons,
        key,
        threshold_adu=constants.threshold_adu,
        electrons_per_adu=constants.electrons_per_adu,
        noise_electrons=constants.noise_electrons,
        pedestal_adu=constants.pedestal_adu,
        pedestal_rms_adu=constants.pedestal_rms_adu,
        adc_max_adu=constants.adc_max_adu,
        draw_class=PIXELS,
    )


def noise_digits(key: bytes, sensors: NDArray[np.uint8], electronics: Electronics | None = None) -> Digits:
    """Return the noise digits of an event, not sorted: Poisson(noise_fraction x 192,000) on each sensor.

    Parameters
    ----------
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    sensors : uint8 (s,), the installed sensors
    electronics : constants of the read-out

    Each has 1.1 times the threshold, rounded, at a random pixel; two may fall on the same pixel.
    """
    constants = electronics or Electronics()
    mean = np.full(len(sensors), constants.noise_fraction * N_U * N_V)
    counts = random.poisson(key, mean, sensors, 0, draw_class=NOISE)
    sensor = np.repeat(sensors, counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    ordinal = (np.arange(len(sensor)) - first + 1).astype(np.uint32)  # ordinal 0 has drawn the number
    place = random.uniform(key, sensor, ordinal, 2, draw_class=NOISE)
    charge = np.full(len(sensor), int(np.floor(NOISE_CHARGE * constants.threshold_adu + 0.5)), np.uint16)
    return Digits(sensor, (place[:, 0] * N_U).astype(np.uint16), (place[:, 1] * N_V).astype(np.uint16), charge)


def digitize(
    hits: SimHits,
    key: bytes,
    geometry: Geometry,
    *,
    electronics: Electronics | None = None,
    use_energy: bool = False,
    timing: InjectionTiming | None = None,
    window: IntegrationWindow | None = None,
) -> Digits:
    """Return the sorted digits of one event.

    Parameters
    ----------
    hits : passages of particles through silicon
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    geometry : sensors and pixels; hits on sensors that are not installed are left out
    electronics : constants
    use_energy : take the energies of the hits where they are usable, instead of drawing them from the path
    timing : trigger gate and gating of the event; without it hits count whatever their time
    window : constants of the rolling shutter and the gating, for ``timing``

    A noise digit on a pixel that has a digit already is left out. Raises DigitError for hits with NaN, a direction that
    is no unit vector, or values out of range.

    >>> from pxdbkg.detector.geometry import nominal
    >>> len(digitize(SimHits.empty(), bytes(16), nominal(), electronics=Electronics(noise_fraction=0.0)))
    0
    """
    digits, _ = _digitize(hits, key, geometry, electronics or Electronics(), use_energy, timing, window, False)
    return digits


def digitize_with_truth(
    hits: SimHits,
    key: bytes,
    geometry: Geometry,
    particles: Particles | None,
    *,
    electronics: Electronics | None = None,
    use_energy: bool = False,
    timing: InjectionTiming | None = None,
    window: IntegrationWindow | None = None,
) -> tuple[Digits, DigitTruth]:
    """Return the digits of ``digitize`` and, entry by entry, where they come from.

    Parameters as of ``digitize``, and ``particles``, which ``hits.particle`` numbers; without them the digits have a
    particle but no source. Of several particles in a pixel the one with most charge (before smearing) is named, of
    equal ones that of the earlier hit; noise digits, and hits with a negative number, have none. Raises DigitError also
    for a hit whose particle does not exist.
    """
    if particles is not None and len(hits) and int(hits.particle.max()) >= len(particles):
        at = int(np.argmax(hits.particle))
        raise DigitError(f"digitize: hit {at} is of particle {hits.particle[at]}, there are {len(particles)}")
    digits, particle = _digitize(hits, key, geometry, electronics or Electronics(), use_energy, timing, window, True)
    source = np.full(len(digits), NO_SOURCE, np.uint8)
    if particles is not None:
        known = particle >= 0
        source[known] = particles.source[particle[known]]
    return digits, DigitTruth(source, np.maximum(particle, np.int32(-1)))


def _digitize(
    hits: SimHits,
    key: bytes,
    geometry: Geometry,
    constants: Electronics,
    use_energy: bool,
    timing: InjectionTiming | None,
    window: IntegrationWindow | None,
    truth: bool,
) -> tuple[Digits, NDArray[np.int32]]:
    """Return the digits and their particles; without ``truth`` no particle."""
    shutter = window or IntegrationWindow()
    check_hits(hits, "digitize")
    electrons = freed_electrons(hits, key, use_energy=use_energy, drift=constants.drift)
    electrons[~np.isin(hits.sensor, geometry.sensors)] = 0.0  # masking keeps the numbers of the other hits
    if timing is not None:
        electrons[shutter.blind(timing, hits.time_ns)] = 0.0
    charges = deposit(
        hits,
        electrons,
        key,
        geometry,
        drift=constants.drift,
        draw_class=GROUPS,
        opens_ns=None if timing is None else shutter.opens_ns(timing),
        open_for_ns=shutter.frame_ns,
        particles=truth,
    )
    digits, pixel = _read_out(charges, key, constants)
    particle = np.zeros(0, np.int32) if charges.particle is None else charges.particle[pixel]
    noise = noise_digits(key, geometry.sensors, constants)
    if len(noise):
        added, place = _free_noise(digits, noise)
        digits = Digits(*(np.insert(digits[name], place, added[name]) for name in Digits.dtypes))
        particle = np.insert(particle, place, -1) if truth else particle
    if timing is not None and timing.gated:
        kept = ~shutter.skipped(timing)[digits.sensor, gate(digits.v)]
        digits = digits.select(kept)
        particle = particle[kept] if truth else particle
    return digits, particle


def _free_noise(digits: Digits, noise: Digits) -> tuple[Digits, NDArray[np.int64]]:
    """Return noise digits, sorted, that are on pixels without a digit, and before which digits they belong."""
    channel, first = np.unique(noise.channel(), return_index=True)
    taken = digits.channel()
    place = np.searchsorted(taken, channel)
    free = taken[np.minimum(place, len(taken) - 1)] != channel if len(taken) else np.ones(len(channel), bool)
    return noise.select(first[free]), place[free]
