"""Physical simulation of background events: from sources and conditions to hits in the silicon.

One event takes these steps: the rate of each source under the conditions, a random factor for all sources and one for
each; the particles of each source, from counters of its own; their transport through the detector. What one source
draws depends on no other, so turning a source off leaves the particles of the others as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.errors import ConfigError, did_you_mean
from pxdbkg.kernels import random
from pxdbkg.kernels.transport import Transport, transport
from pxdbkg.reference.conditions import Conditions, scale
from pxdbkg.reference.draws import PURPOSES, RATE, Draws, Floats
from pxdbkg.reference.hot_pixels import hot_pixels
from pxdbkg.reference.injection import BURST_NS, FRAME_NS, Arrival, draw_arrival
from pxdbkg.reference.pairs import two_photon
from pxdbkg.reference.photons import compton, synchrotron
from pxdbkg.reference.preset import SOURCES, STEADY_SHOWERS, Injection, Preset
from pxdbkg.reference.showers import Showers, showers, split
from pxdbkg.reference.starts import Starts

__all__ = ["BackgroundEvent", "Simulator"]

# Laws of ``conditions.LAWS`` that rates follow. Compton electrons follow the showers, hot pixels nothing.
_LAW = {
    "two_photon": "luminosity",
    "radiative_bhabha": "luminosity",
    "touschek_ler": "touschek_ler",
    "touschek_her": "touschek_her",
    "coulomb_ler": "beam_gas_ler",
    "coulomb_her": "beam_gas_her",
    "bremsstrahlung_ler": "beam_gas_ler",
    "bremsstrahlung_her": "beam_gas_her",
    "synchrotron": "current_her",
    "injection_ler": "current_ler",
    "injection_her": "current_her",
}
# Charge fluctuates along a track; what is beyond the sensors does not come back.
PASSAGE = Transport(z_max_mm=125.0, piece_mm=0.2, knock_on_keV=4.0, stopping_MeV=0.1)
_HOT = SOURCES.index("hot_pixels")


@dataclass(frozen=True)
class BackgroundEvent:
    """One simulated event before its digitization.

    Attributes
    ----------
    particles : all particles, in the order of the sources
    hits : their passages through silicon; ``hits.particle`` counts ``particles``
    timing : trigger gate and gating; None when the rolling shutter is off
    conditions : conditions of the event, by name
    """

    particles: Particles
    hits: SimHits
    timing: InjectionTiming | None
    conditions: dict[str, float]


class Simulator:
    """Simulate background events of one preset.

    Parameters
    ----------
    preset : sources and rates
    geometry : sensors
    sources : names of the sources that are on, by default all
    passage : constants of the transport

    Raises ConfigError for a source that does not exist.
    """

    def __init__(
        self,
        preset: Preset,
        geometry: Geometry,
        *,
        sources: Collection[str] | None = None,
        passage: Transport | None = None,
    ) -> None:
        self.preset = preset
        self.geometry = geometry
        self.passage = passage or PASSAGE
        self.sources = frozenset(SOURCES if sources is None else sources)
        for name in sorted(self.sources - set(SOURCES)):
            raise ConfigError(
                f"sources: '{name}' is not a source (allowed: {', '.join(SOURCES)}).{did_you_mean(name, SOURCES)}"
            )

    def rates(self, now: Conditions) -> dict[str, float]:
        """Return the mean number of particles (pairs) of every source in a frame of 20 us, by name.

        Hot pixels are left out. Sources that are off count as well: Compton electrons follow the showers.
        """
        sources, reference = self.preset.sources, self.preset.reference
        rates = {}
        for name, law in _LAW.items():
            rate = getattr(sources, name).rate
            rates[name] = rate * scale(law, now, reference) * now.occupancy_scale if rate else 0.0
        at_reference = sum(getattr(sources, name).rate for name in STEADY_SHOWERS)
        now_showers = sum(rates[name] for name in STEADY_SHOWERS)
        rates["compton"] = sources.compton.rate * now_showers / at_reference if at_reference else 0.0
        return rates

    def particles(self, key: bytes, now: Conditions, arrival: Arrival) -> list[Particles]:
        """Return the particles of each source that is on, hot pixels excepted."""
        preset = self.preset
        common = _factor(preset.rate_fluctuation, float(random.normal(key, 0, 0, 1)[0, 0]))
        frames = 2.0 if preset.rolling_shutter else 1.0  # over which particles arrive, up to the end of the last row
        parts = []
        for name, rate in self.rates(now).items():
            number = SOURCES.index(name)
            shape = getattr(preset.sources, name)
            if name not in self.sources or not rate:
                continue
            draws = Draws(key, number)
            own = float(random.normal(key, 0, 1, 1, draw_class=PURPOSES * number + RATE)[0, 0])
            mean = rate * common * _factor(self.source_rms(name, rate), own)
            if isinstance(shape, Injection):
                if name != arrival.ring or arrival.since_injection_us is None:
                    continue
                calm = float(random.exp(np.array([-arrival.since_injection_us / shape.decay_us]))[0])
                starts = showers(mean * calm * len(arrival.passages_ns), shape, preset.showers, draws)
                time_ns = _bursts(starts.when, arrival.passages_ns)
            else:
                starts = self._start(name, mean * frames, draws)
                time_ns = (starts.when * frames - 1.0) * FRAME_NS
            parts.append(starts.particles(number, time_ns))
        return parts

    def source_rms(self, name: str, rate: float) -> float:
        """Return the relative rms of the factor that only this source has, at its rate in a frame."""
        preset = self.preset
        of_showers = split(rate, preset.showers)[1] if name in STEADY_SHOWERS else 0.0
        return float(np.sqrt(preset.source_fluctuation**2 + of_showers**2))

    def event(self, key: bytes, run_key: bytes, now: Conditions | None = None) -> BackgroundEvent:
        """Simulate one event up to its hits.

        Parameters
        ----------
        key : 16 bytes of ``pxdbkg.seeding.event_key``
        run_key : 16 bytes that the events of a run share; it fixes the hot pixels
        now : conditions, by default those of the preset
        """
        conditions = now or self.preset.now
        arrival = draw_arrival(key, self.preset, conditions)
        moving = Particles.concatenate(self.particles(key, conditions, arrival))
        hits = transport(moving, key, self.geometry, self.passage)
        particles = moving
        if "hot_pixels" in self.sources and self.preset.sources.hot_pixels.fraction:
            starts, fired = hot_pixels(self.preset.sources.hot_pixels, self.geometry, run_key, Draws(key, _HOT))
            particles = Particles.concatenate([moving, starts.particles(_HOT, (starts.when - 1.0) * FRAME_NS)])
            fired = dataclasses.replace(fired, particle=fired.particle + np.int32(len(moving)))
            hits = SimHits.concatenate([hits, fired])
        stamp = conditions.known()
        if arrival.since_injection_us is not None:
            stamp["time_since_injection_us"] = arrival.since_injection_us
        if arrival.timing is not None:
            stamp["trigger_gate"] = float(arrival.timing.trigger_gate)
        return BackgroundEvent(particles, hits, arrival.timing, stamp)

    def _start(self, name: str, mean: float, draws: Draws) -> Starts:
        sources = self.preset.sources
        if name == "two_photon":
            return two_photon(mean, sources.two_photon, draws)
        if name == "synchrotron":
            return synchrotron(mean, sources.synchrotron, draws)
        if name == "compton":
            return compton(mean, sources.compton, self.geometry, draws)
        shape: Showers = getattr(sources, name)
        return showers(mean, shape, self.preset.showers, draws)


def _factor(rms: float, gauss: float) -> float:
    """Return a log-normal factor of mean 1."""
    return float(random.exp(np.array([rms * gauss - rms * rms / 2.0]))[0])


def _bursts(when: Floats, passages_ns: Floats) -> Floats:
    """Return times (n,) within the bursts of some passages, from uniform numbers (n,)."""
    at = when * len(passages_ns)
    index = np.minimum(at.astype(np.intp), len(passages_ns) - 1)
    return passages_ns[index] + BURST_NS * (at - index)
