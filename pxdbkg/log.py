"""Loggers: one tree below ``pxdbkg``, one child a module instance, plain lines on standard error; and progress."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

BAR_INTERVAL_S = 0.1
_BAR = 30
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def get_logger(name: str = "") -> logging.Logger:
    """Return the logger ``pxdbkg`` or its child of this name."""
    return logging.getLogger(f"pxdbkg.{name}" if name else "pxdbkg")


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at the time of the message."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


_HANDLER = _ToStandardError()
_HANDLER.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))


def configure(level: str = "INFO") -> None:
    """Send the messages of pxdbkg to standard error; called by the command line, never by the library."""
    get_logger().setLevel(level)
    get_logger().addHandler(_HANDLER)


class ProgressLine:
    """Shows how far something is: a bar on a terminal, a line now and then in a log.

    Parameters
    ----------
    total : number of events
    interval_s : time between two lines in a log, s
    logger : of the lines
    what : things that are counted
    """

    def __init__(
        self, total: int, interval_s: float = 10.0, logger: logging.Logger | None = None, what: str = "events"
    ) -> None:
        self._total, self._interval_s, self._what = total, interval_s, what
        self._logger = logger or get_logger()
        self._start = self._shown = time.monotonic()
        self._bar = sys.stderr.isatty()

    def show(self, done: int, first: int = 0) -> None:
        """Tell how many events are done, of which the first ones were there before, unless it was told just now."""
        now = time.monotonic()
        if now - self._shown < (BAR_INTERVAL_S if self._bar else self._interval_s) and done < self._total:
            return
        self._shown = now
        text = progress_line(done, self._total, now - self._start, first, self._what)
        if self._bar:
            filled = _BAR * done // self._total
            print(f"\r[{'#' * filled:{_BAR}}] {text:<55}", end="", file=sys.stderr, flush=True)
        else:
            self._logger.info("%s", text)

    def end(self) -> None:
        """Leave the bar behind, so that what is printed next starts on a line of its own."""
        if self._bar and self._shown > self._start:
            print(file=sys.stderr)


def progress_line(done: int, total: int, elapsed_s: float, first: int = 0, what: str = "events") -> str:
    """Return things done, speed and time left as text; the first ones may have been there before.

    >>> progress_line(50, 200, 10.0)
    '50 of 200 events, 200.0 ms an event, 0:30 left'
    """
    each = elapsed_s / (done - first)
    left = round(each * (total - done))
    clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}" if left >= 3600 else f"{left // 60}:{left % 60:02d}"
    return f"{done} of {total} {what}, {1e3 * each:.1f} ms an {what.removesuffix('s')}, {clock} left"
