"""Module DigitInput."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.errors import BadInput
from pxdbkg.framework import Module, Problem
from pxdbkg.framework.meta import EventId
from pxdbkg.io.chain import DigitChain
from pxdbkg.io.npz import KINDS

CONDITIONS = "conditions"


class DigitInput(Module):
    """Read digits, usually those of the signal, from files; the events keep the numbers they have there.

    Clusters and the truth of digits can be read too. Machine conditions that all files give for their events are put
    into the store as ``conditions``, and likewise trigger gate and gating.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        files: list[str] = parameter(doc="digit files (npz, ROOT, folder of images); * ? [ ] stand for several")
        collections: list[str] = parameter(["PXDDigits"], doc="collections that are read, under the same names")
        wrap: bool = parameter(
            False, doc="number the events by the events block; event N takes entry N - 1, from the start at the end"
        )

        timing: str | None = parameter(
            TIMING, doc="name for trigger gate and gating, where all files give them; null leaves them out"
        )

    config: Config
    parallel = True

    def set_up(self, config: Any) -> None:
        super().set_up(config)
        self.event_source = None if config.wrap else "exclusive"

    @cached_property
    def chain(self) -> DigitChain:
        """The files, opened when first asked for."""
        return DigitChain(self.config.files, self.config.collections, tuple(KINDS))

    def writes(self) -> dict[str, type]:
        try:
            made: dict[str, type] = dict(self.chain.types)
        except BadInput:
            return dict.fromkeys(self.config.collections, Digits)  # problems() says why
        if self.chain.condition_names:
            made[CONDITIONS] = dict
        if self.chain.has_timing and self.config.timing is not None:
            made[self.config.timing] = InjectionTiming
        return made

    def problems(self) -> list[Problem]:
        try:
            empty = self.chain.n_events == 0
        except BadInput as error:
            return [Problem("files", str(error))]
        return [Problem("files", f"no event in {', '.join(self.config.files)}")] if empty else []

    def entries(self) -> int | None:
        return None if self.config.wrap else self.chain.n_events

    def event_list(self) -> list[EventId] | None:
        ids = self.chain.ids
        return list(zip(ids.experiment.tolist(), ids.run.tolist(), ids.event.tolist(), strict=True))

    def initialize(self) -> None:
        repeated = self.job.n_events - len(set(self.job.events))
        if repeated:
            self.log.warning("%d events have the number of an earlier one: they get the same background", repeated)

    def event(self) -> None:
        entry = (self.meta.event - 1) % self.chain.n_events if self.config.wrap else self.meta.index
        for name in self.config.collections:
            columns = self.chain.columns(name, entry)
            self.counts[name] += len(columns)
            self.store.put(name, columns)
        if self.chain.condition_names:
            self.store.put(CONDITIONS, self.chain.conditions(entry))
        if self.chain.has_timing and self.config.timing is not None:
            self.store.put(self.config.timing, self.chain.timing(entry))

    def summary(self) -> list[tuple[str, str]]:
        files = f"{len(self.chain.paths)} file(s), {self.chain.n_events} events"
        counts = ((f"{KINDS[kind]} {name}", f"{self.counts[name]}") for name, kind in self.chain.types.items())
        return [("read from", files), *counts]
