"""Module Progress."""

from __future__ import annotations

from dataclasses import dataclass

from pxdbkg.config import parameter
from pxdbkg.framework import Module
from pxdbkg.log import ProgressLine


class Progress(Module):
    """Show how far the job is: a bar on a terminal, a line now and then in a log."""

    @dataclass(frozen=True)
    class Config:
        """When to show it."""

        interval_s: float = parameter(10.0, doc="time between two lines in a log", unit="s", low=0.0)

    config: Config
    _line: ProgressLine | None = None

    def reads(self) -> dict[str, type]:
        return {}

    def initialize(self) -> None:
        self._line = ProgressLine(self.job.n_events, self.config.interval_s, self.log)

    def event(self) -> None:
        assert self._line is not None
        self._line.show(self.meta.index + 1, self.job.first)

    def terminate(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._line is not None:
            self._line.end()
