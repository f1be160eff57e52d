"""Module PXDDigitizer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import Geometry, nominal, run1
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.framework import Module, Problem
from pxdbkg.reference.digitizer import Electronics, digitize, digitize_with_truth
from pxdbkg.reference.integration_window import IntegrationWindow

_DEFAULT = Electronics()


class PXDDigitizer(Module):
    """Turn hits in silicon into digits: drift, diffusion, read-out electronics, noise, threshold.

    When the event has a timing (trigger gate and gating, from background that was simulated or read before this
    module), hits count only in rows that take charge at their time, so that signal and background agree.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        hits: str = parameter("PXDSimHits", doc="collection of hits")
        digits: str = parameter("PXDDigits", doc="collection that is made")
        energy: str = parameter(
            "path",
            choices=["path", "hits"],
            doc="energy loss: drawn from the length of the path, or of the hits where they have a usable one",
        )
        threshold: int = parameter(_DEFAULT.threshold_adu, unit="ADU", low=1, high=255, doc="zero suppression")
        electrons_per_adu: float = parameter(
            _DEFAULT.electrons_per_adu, unit="e", low=1, high=10000, doc="gain of the read-out"
        )
        noise: float = parameter(_DEFAULT.noise_electrons, unit="e", low=0, high=10000, doc="electronic noise")
        pedestal: float = parameter(_DEFAULT.pedestal_adu, unit="ADU", low=0, high=255, doc="mean of the pedestals")
        pedestal_rms: float = parameter(
            _DEFAULT.pedestal_rms_adu, unit="ADU", low=0, high=255, doc="width of the pedestals"
        )
        noise_fraction: float = parameter(
            _DEFAULT.noise_fraction, low=0, high=0.01, doc="noise digits a pixel and event"
        )
        geometry: str = parameter("nominal", choices=["nominal", "run1"], doc="sensors that are installed")
        integration_window: bool | None = parameter(
            None, doc="rolling shutter and gating: true needs the timing, false ignores it, null uses it if it is there"
        )
        timing: str = parameter(TIMING, doc="collection with trigger gate and gating of the event")
        reversed_layers: list[int] = parameter([1], low=1, high=2, doc="layers whose rows are read from 767 down to 0")
        truth: str | None = parameter(None, doc="collection with the origin of each digit, by default none")
        particles: str | None = parameter(
            "PXDParticles", doc="collection that the hits number, for the sources in the truth; null for none"
        )
        segment: float = parameter(
            _DEFAULT.drift.segment_um, unit="um", low=0.1, high=75, doc="length of the pieces that a path is cut into"
        )
        stream: str | None = parameter(None, doc="name of the random stream, by default that of the module type")

    config: Config
    parallel = True
    random = True

    @cached_property
    def electronics(self) -> Electronics:
        """The constants of the read-out that the parameters stand for."""
        return Electronics(
            threshold_adu=self.config.threshold,
            electrons_per_adu=self.config.electrons_per_adu,
            noise_electrons=self.config.noise,
            pedestal_adu=self.config.pedestal,
            pedestal_rms_adu=self.config.pedestal_rms,
            noise_fraction=self.config.noise_fraction,
            drift=replace(_DEFAULT.drift, segment_um=self.config.segment),
        )

    @cached_property
    def window(self) -> IntegrationWindow:
        """Rolling shutter and gating."""
        return IntegrationWindow(reversed_layers=tuple(self.config.reversed_layers))

    @cached_property
    def geometry(self) -> Geometry:
        """The sensors."""
        return run1() if self.config.geometry == "run1" else nominal()

    def reads(self) -> dict[str, type]:
        wanted: dict[str, type] = {self.config.hits: SimHits}
        if self.config.integration_window:
            wanted[self.config.timing] = InjectionTiming
        if self.config.truth is not None and self.config.particles is not None:
            wanted[self.config.particles] = Particles
        return wanted

    def optional(self) -> dict[str, type]:
        return {self.config.timing: InjectionTiming} if self.config.integration_window is None else {}

    def writes(self) -> dict[str, type]:
        made: dict[str, type] = {self.config.digits: Digits}
        return made if self.config.truth is None else made | {self.config.truth: DigitTruth}

    def problems(self) -> list[Problem]:
        if self.config.truth == self.config.digits:
            return [Problem("truth", f"'{self.config.truth}' is the name of the digits. Choose another one")]
        return []

    def event(self) -> None:
        hits = self.store.get(self.config.hits, SimHits)
        settings: dict[str, Any] = {
            "electronics": self.electronics,
            "use_energy": self.config.energy == "hits",
            "timing": self._timing(),
            "window": self.window,
        }
        if self.config.truth is None:
            digits = digitize(hits, self.key(), self.geometry, **settings)
        else:
            name = self.config.particles
            particles = None if name is None else self.store.get(name, Particles)
            digits, truth = digitize_with_truth(hits, self.key(), self.geometry, particles, **settings)
            self.store.put(self.config.truth, truth)
        self.counts["events"] += 1
        self.counts["timed"] += settings["timing"] is not None
        self.counts["hits"] += len(hits)
        self.counts["digits"] += len(digits)
        self.store.put(self.config.digits, digits)

    def _timing(self) -> InjectionTiming | None:
        window, name = self.config.integration_window, self.config.timing
        if window or (window is None and self.store.has(name)):
            return self.store.get(name, InjectionTiming)
        return None

    def summary(self) -> list[tuple[str, str]]:
        lines = [("hits", f"{self.counts['hits']}"), (f"digits {self.config.digits}", f"{self.counts['digits']}")]
        if self.counts["timed"]:
            lines.append(("events with an integration window", f"{self.counts['timed']} of {self.counts['events']}"))
        return lines
