"""Module EventInfoSetter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pxdbkg.framework import EventNumbers, Module, Problem
from pxdbkg.framework.meta import EventId


class EventInfoSetter(Module):
    """Set the numbers of the events, as the ``events`` block of a steering file does."""

    @dataclass(frozen=True)
    class Config(EventNumbers):
        """The same parameters as the ``events`` block."""

    config: Config
    parallel = True
    event_source = "exclusive"

    def problems(self) -> list[Problem]:
        problem = self.config.problem()
        return [Problem("", problem)] if problem else []

    def event_list(self) -> Sequence[EventId]:
        return self.config.ids()
