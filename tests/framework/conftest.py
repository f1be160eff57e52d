"""Small modules that stand in for real ones, known by name in every test of this folder."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.config import parameter
from pxdbkg.errors import DigitError
from pxdbkg.framework import Module, Problem, register_module, registry


class Make(Module):
    """Make random bytes."""

    @dataclass(frozen=True)
    class Config:
        output: str = parameter("values", doc="collection that is made")
        size: int = parameter(16, doc="number of bytes", low=0, high=10**9, unit="B")
        stream: str | None = parameter(None, doc="random stream")

    config: Config
    parallel = True
    random = True

    def writes(self) -> dict[str, type]:
        return {self.config.output: np.ndarray}

    def initialize(self) -> None:
        self.counts["jobs"] += 1

    def event(self) -> None:
        values = np.resize(np.frombuffer(self.key(), np.uint8), self.config.size)
        self.store.put(self.config.output, values)
        self.counts["bytes"] += len(values)

    def provenance(self) -> dict[str, object]:
        return {"size": self.config.size}

    def summary(self) -> list[tuple[str, str]]:
        return [("bytes", f"{self.counts['bytes']} in {self.counts['jobs']} job")]


class Invert(Module):
    """Replace bytes by their complement."""

    @dataclass(frozen=True)
    class Config:
        values: str = parameter("values", doc="collection that is changed")

    config: Config
    parallel = True

    def replaces(self) -> dict[str, type]:
        return {self.config.values: np.ndarray}

    def event(self) -> None:
        self.store.put(self.config.values, ~self.store.get(self.config.values, np.ndarray), replace=True)


class Keep(Module):
    """Write what passes to a file, a line an event."""

    @dataclass(frozen=True)
    class Config:
        values: str = parameter("values", doc="collection that is written")
        file: str = parameter("", doc="file that is written", in_digest=False)

    config: Config

    def reads(self) -> dict[str, type]:
        return {self.config.values: np.ndarray}

    def initialize(self) -> None:
        self.lines: list[str] = []
        self.calls = ["initialize"]

    def beginRun(self) -> None:
        self.calls.append(f"begin {self.meta.run}")

    def event(self) -> None:
        values = self.store.get(self.config.values, np.ndarray)
        self.lines.append(f"{self.meta}: {values[:16].tobytes().hex()}")

    def endRun(self) -> None:
        self.calls.append(f"end {self.meta.run}")

    def terminate(self) -> None:
        self.calls.append("terminate")
        if self.config.file:
            Path(self.config.file).write_text("\n".join(self.lines))

    def abort(self) -> None:
        self.calls.append("abort")


class Choose(Module):
    """Return the event number modulo a number."""

    @dataclass(frozen=True)
    class Config:
        modulo: int = parameter(2, doc="divisor", low=1)

    config: Config
    parallel = True

    def reads(self) -> dict[str, type]:
        return {}

    def event(self) -> None:
        self.return_value(self.meta.event % self.config.modulo)


class Trouble(Module):
    """Go wrong in one event, in a way of your choice."""

    @dataclass(frozen=True)
    class Config:
        event: int = parameter(3, doc="event number")
        how: str = parameter(
            "raise", doc="what happens", choices=("raise", "bad", "kill", "exit", "sleep", "interrupt")
        )

    config: Config
    parallel = True

    def reads(self) -> dict[str, type]:
        return {}

    def event(self) -> None:
        if self.meta.event != self.config.event:
            return
        if self.config.how == "raise":
            raise KeyError("nobody\nforesaw this")
        if self.config.how == "bad":
            raise DigitError("digit 4: u is 300 (allowed: 0 to 249)")
        if self.config.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.config.how == "exit":
            os._exit(7)
        if self.config.how == "sleep":
            time.sleep(600)
        if self.config.how == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)


class Source(Module):
    """Number the events as an input file does."""

    @dataclass(frozen=True)
    class Config:
        available: int = parameter(5, doc="number of events")
        wrap: bool = parameter(False, doc="begin again at the end")
        broken: str = parameter("", doc="fault that problems() finds")

    config: Config
    event_source = "fallback"

    def problems(self) -> list[Problem]:
        return [Problem("broken", self.config.broken)] if self.config.broken else []

    def entries(self) -> int | None:
        return None if self.config.wrap else self.config.available

    def event_list(self) -> list[tuple[int, int, int]]:
        return [(1, 2, 10 + number) for number in range(self.config.available)]


class OnlySource(Source):
    """Number the events, and nobody else."""

    event_source = "exclusive"


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_TABLE", {})
    for module in (Make, Invert, Keep, Choose, Trouble, Source, OnlySource):
        register_module(module)
