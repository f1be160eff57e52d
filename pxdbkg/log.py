"""Loggers: one tree below ``pxdbkg``, one child a module instance, plain lines on standard error."""

from __future__ import annotations

import logging
import sys

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def get_logger(name: str = "") -> logging.Logger:
    """Return the logger ``pxdbkg`` or its child of this name."""
    return logging.getLogger(f"pxdbkg.{name}" if name else "pxdbkg")


def configure(level: str = "INFO") -> None:
    """Send the messages of pxdbkg to standard error; called by the command line, never by the library."""
    root = get_logger()
    root.setLevel(level)
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
        root.addHandler(handler)
    root.propagate = False
