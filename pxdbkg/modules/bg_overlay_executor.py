"""Module BGOverlayExecutor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import Module, Problem
from pxdbkg.kernels import overlay
from pxdbkg.modules.mask_parameter import DOC, make_mask, mask_problems


class BGOverlayExecutor(Module):
    """Overlay background digits on signal digits: charges of one pixel add."""

    @dataclass(frozen=True)
    class Config:
        """Which collections, and what is left of them."""

        digits: str = parameter("PXDDigits", doc="signal digits; replaced by signal with background")
        background: str = parameter("PXDDigits_beamBG", doc="background digits; kept as they are")
        masks: dict[str, Any] = parameter({}, doc=f"background on these pixels is left out. {DOC}")
        max_charge: int | None = parameter(
            None, unit="ADU", low=1, high=65535, doc="larger sums are set to this charge; none leaves them"
        )

    config: Config
    parallel = True

    def reads(self) -> dict[str, type]:
        return {self.config.background: Digits}

    def replaces(self) -> dict[str, type]:
        return {self.config.digits: Digits}

    def problems(self) -> list[Problem]:
        problems = mask_problems(self.config.masks)
        if self.config.background == self.config.digits:
            problems.append(Problem("background", f"'{self.config.background}' is the signal itself. Name another one"))
        return problems

    def initialize(self) -> None:
        self._mask = make_mask(self.config.masks)

    def event(self) -> None:
        signal = self.store.get(self.config.digits, Digits)
        background = self.store.get(self.config.background, Digits)
        digits, counts = overlay(signal, background, mask=self._mask, max_charge=self.config.max_charge)
        self.store.put(self.config.digits, digits, replace=True)
        self.counts.update(counts._asdict(), events=1)

    def summary(self) -> list[tuple[str, str]]:
        counts = self.counts
        per_event = max(counts["events"], 1)
        lines = [
            (
                "digits an event",
                f"{counts['signal'] / per_event:.1f} signal + {counts['background'] / per_event:.1f} background "
                f"= {counts['total'] / per_event:.1f}, {counts['shared'] / per_event:.1f} pixels with both",
            )
        ]
        if self._mask is not None:
            lines.append(("background masked", f"{counts['masked'] / per_event:.1f} digits an event"))
        if self.config.max_charge is not None:
            lines.append((f"above {self.config.max_charge} ADU", f"{counts['clipped']} digits clipped"))
        return lines
