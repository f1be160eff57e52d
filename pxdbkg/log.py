"""Loggers: one tree below ``pxdbkg``, one child a module instance, plain lines on standard error."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

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
