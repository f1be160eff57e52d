"""Module PXDDigitSorter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import Module, Problem
from pxdbkg.kernels import sort_digits
from pxdbkg.modules.mask_parameter import DOC, make_mask, mask_problems


class PXDDigitSorter(Module):
    """Sort digits by (sensor, v, u), merge those of one pixel and drop masked ones."""

    @dataclass(frozen=True)
    class Config:
        """What is sorted, and what is dropped."""

        digits: str = parameter("PXDDigits", doc="digits; replaced by the sorted ones")
        masks: dict[str, Any] = parameter({}, doc=f"all digits on these pixels are dropped. {DOC}")
        merge: bool = parameter(True, doc="add the charges of digits of one pixel")
        trim: bool = parameter(True, doc="drop digits outside the detector instead of failing")

    config: Config
    parallel = True

    def replaces(self) -> dict[str, type]:
        return {self.config.digits: Digits}

    def problems(self) -> list[Problem]:
        return mask_problems(self.config.masks)

    def initialize(self) -> None:
        self._mask = make_mask(self.config.masks)

    def event(self) -> None:
        digits = self.store.get(self.config.digits, Digits)
        ordered, counts = sort_digits(digits, mask=self._mask, merge=self.config.merge, trim=self.config.trim)
        self.store.put(self.config.digits, ordered, replace=True)
        self.counts.update(counts._asdict())

    def summary(self) -> list[tuple[str, str]]:
        counts = self.counts
        return [
            (
                "digits",
                f"{counts['total']} sorted of {counts['input']}; {counts['merged']} merged, {counts['masked']} masked, "
                f"{counts['outside']} outside the detector",
            )
        ]
