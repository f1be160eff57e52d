"""Module DigitInput."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import BadInput
from pxdbkg.framework import Module, Problem
from pxdbkg.framework.meta import EventId
from pxdbkg.io.chain import DigitChain

CONDITIONS = "conditions"


class DigitInput(Module):
    """Read digits, usually those of the signal, from files; the events keep the numbers they have there.

    Machine conditions that all files give for their events are put into the store as ``conditions``.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        files: list[str] = parameter(doc="digit files (npz, ROOT, folder of images); * ? [ ] stand for several")
        collections: list[str] = parameter(["PXDDigits"], doc="collections that are read, under the same names")
        wrap: bool = parameter(
            False, doc="number the events by the events block; event N takes entry N - 1, from the start at the end"
        )

    config: Config
    parallel = True

    def set_up(self, config: Any) -> None:
        super().set_up(config)
        self.event_source = None if config.wrap else "exclusive"

    @cached_property
    def chain(self) -> DigitChain:
        """The files, opened when first asked for."""
        return DigitChain(self.config.files, self.config.collections)

    def writes(self) -> dict[str, type]:
        made: dict[str, type] = dict.fromkeys(self.config.collections, Digits)
        try:
            return made | {CONDITIONS: dict} if self.chain.condition_names else made
        except BadInput:
            return made  # problems() says why

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
            digits = self.chain.read(name, entry)
            self.counts[name] += len(digits)
            self.store.put(name, digits)
        if self.chain.condition_names:
            self.store.put(CONDITIONS, self.chain.conditions(entry))

    def summary(self) -> list[tuple[str, str]]:
        files = f"{len(self.chain.paths)} file(s), {self.chain.n_events} events"
        return [("read from", files), *((f"digits {name}", f"{self.counts[name]}") for name in self.config.collections)]
