"""Module PXDDigitizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import SimHits
from pxdbkg.framework import Module
from pxdbkg.reference.digitizer import Electronics, digitize

_DEFAULT = Electronics()


class PXDDigitizer(Module):
    """Turn hits in silicon into digits: drift, diffusion, read-out electronics, noise, threshold."""

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
        )

    def reads(self) -> dict[str, type]:
        return {self.config.hits: SimHits}

    def writes(self) -> dict[str, type]:
        return {self.config.digits: Digits}

    def event(self) -> None:
        hits = self.store.get(self.config.hits, SimHits)
        digits = digitize(
            hits, self.key(), nominal(), electronics=self.electronics, use_energy=self.config.energy == "hits"
        )
        self.counts["hits"] += len(hits)
        self.counts["digits"] += len(digits)
        self.store.put(self.config.digits, digits)

    def summary(self) -> list[tuple[str, str]]:
        return [("hits", f"{self.counts['hits']}"), (f"digits {self.config.digits}", f"{self.counts['digits']}")]
