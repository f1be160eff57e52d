"""Module Progress."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from pxdbkg.config import parameter
from pxdbkg.framework import Module

BAR_INTERVAL_S = 0.1
_BAR = 30


class Progress(Module):
    """Show how far the job is: a bar on a terminal, a line now and then in a log."""

    @dataclass(frozen=True)
    class Config:
        """When to show it."""

        interval_s: float = parameter(10.0, doc="time between two lines in a log", unit="s", low=0.0)

    config: Config

    def reads(self) -> dict[str, type]:
        return {}

    def initialize(self) -> None:
        self._start = self._shown = time.monotonic()
        self._bar = sys.stderr.isatty()

    def event(self) -> None:
        now, done = time.monotonic(), self.meta.index + 1
        if now - self._shown < (BAR_INTERVAL_S if self._bar else self.config.interval_s) and done < self.job.n_events:
            return
        self._shown = now
        text = line(done, self.job.n_events, now - self._start, self.job.first)
        if self._bar:
            filled = _BAR * done // self.job.n_events
            print(f"\r[{'#' * filled:{_BAR}}] {text:<55}", end="", file=sys.stderr, flush=True)
        else:
            self.log.info("%s", text)

    def terminate(self) -> None:
        self._end_line()

    def abort(self) -> None:
        self._end_line()

    def _end_line(self) -> None:
        """Leave the bar behind, so that what is printed next starts on a line of its own."""
        if self._bar and self._shown > self._start:
            print(file=sys.stderr)


def line(done: int, total: int, elapsed_s: float, first: int = 0) -> str:
    """Return events done, speed and time left as text; the first ones may have been there before.

    >>> line(50, 200, 10.0)
    '50 of 200 events, 200.0 ms an event, 0:30 left'
    """
    each = elapsed_s / (done - first)
    left = round(each * (total - done))
    clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}" if left >= 3600 else f"{left // 60}:{left % 60:02d}"
    return f"{done} of {total} events, {1e3 * each:.1f} ms an event, {clock} left"
