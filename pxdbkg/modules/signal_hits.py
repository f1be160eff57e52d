"""Module SignalHits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pxdbkg.config import parameter
from pxdbkg.detector.hits import SimHits
from pxdbkg.errors import BadInput
from pxdbkg.framework import Module, Problem
from pxdbkg.framework.meta import EventId
from pxdbkg.io.hit_file import HitFiles


class SignalHits(Module):
    """Read simulated hits of signal events: event number N takes entry N of the files, counting from 0."""

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        files: list[str] = parameter(doc="npz files of hits, read one after the other")
        wrap: bool = parameter(False, doc="start again at entry 0 after the last one: event N takes entry N modulo all")
        output: str = parameter("PXDSimHits", doc="collection that is made")

    config: Config
    parallel = True
    event_source = "fallback"

    @cached_property
    def hits(self) -> HitFiles:
        """The files, read when first asked for."""
        return HitFiles(self.config.files)

    def writes(self) -> dict[str, type]:
        return {self.config.output: SimHits}

    def problems(self) -> list[Problem]:
        try:
            available = self.hits.n_events
        except BadInput as error:
            return [Problem("files", str(error))]
        if available == 0:
            return [Problem("files", f"no event in {', '.join(self.config.files)}")]
        beyond = next((event for _, _, event in self.job.events if event >= available), None)
        if self.config.wrap or beyond is None or self.job.n_events > available:  # of too many events, entries() tells
            return []
        return [
            Problem(
                "files",
                f"event {beyond} has no entry (event N takes entry N, there are 0 to {available - 1}). "
                "Ask for other events, or set wrap: true",
            )
        ]

    def entries(self) -> int | None:
        return None if self.config.wrap else self.hits.n_events

    def event_list(self) -> list[EventId] | None:
        return [(0, 0, entry) for entry in range(self.hits.n_events)]

    def event(self) -> None:
        hits = self.hits.event(self.meta.event % self.hits.n_events)
        self.counts["hits"] += len(hits)
        self.store.put(self.config.output, hits)

    def summary(self) -> list[tuple[str, str]]:
        return [
            ("read from", f"{len(self.config.files)} file(s), {self.hits.n_events} events"),
            ("hits", f"{self.counts['hits']}"),
        ]
