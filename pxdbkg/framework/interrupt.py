"""Ctrl-C and SIGTERM: the first one finishes the event, the second one stops at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

_TEXT = b"\npxdbkg: finishing the current event and closing the files; interrupt again to stop at once\n"


class Interrupt:
    """Context in which the two signals are caught; outside the main thread it does nothing."""

    def __init__(self) -> None:
        self.requested = False
        self._old: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        os.write(2, _TEXT)  # the only way to print that is safe in a handler
