"""What happened: calls, time and memory of every module, as rows and as a table."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mb() -> float:
    """Return the resident memory of this process in MB (Linux; 0 where /proc is missing)."""
    try:
        fd = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return 0.0
    try:
        return int(os.read(fd, 100).split(None, 2)[1]) * _PAGE_MB
    finally:
        os.close(fd)


@dataclass
class Row:
    """Calls of ``event`` of one module.

    Attributes
    ----------
    calls : number of calls
    total_s : time in ``event``, summed
    square_s2 : sum of the squares of the times
    memory_mb : change of the resident memory over the calls, summed
    """

    name: str
    calls: int = 0
    total_s: float = 0.0
    square_s2: float = 0.0
    memory_mb: float = 0.0

    def add(self, seconds: float, memory_mb: float) -> None:
        """Count one call."""
        self.calls += 1
        self.total_s += seconds
        self.square_s2 += seconds * seconds
        self.memory_mb += memory_mb

    def merge(self, other: Row) -> None:
        """Add the calls that another process made."""
        self.calls += other.calls
        self.total_s += other.total_s
        self.square_s2 += other.square_s2
        self.memory_mb += other.memory_mb

    @property
    def mean_ms(self) -> float:
        """Return the mean time of a call in ms, 0 without a call."""
        return 1e3 * self.total_s / self.calls if self.calls else 0.0

    @property
    def spread_ms(self) -> float:
        """Return the standard deviation of the time of a call in ms."""
        if not self.calls:
            return 0.0
        mean = self.total_s / self.calls
        return 1e3 * math.sqrt(max(self.square_s2 / self.calls - mean * mean, 0.0))


@dataclass
class Statistics:
    """Rows in path order, the time of the whole job, and the summaries of the modules; prints as a table."""

    rows: list[Row] = field(default_factory=list)
    n_events: int = 0
    wall_s: float = 0.0
    processes: int = 1
    summaries: list[tuple[str, str, str]] = field(default_factory=list)

    def reset(self, names: Iterable[str], processes: int = 1) -> None:
        """Begin a new job with these modules."""
        self.rows = [Row(name) for name in names]
        self.n_events, self.wall_s, self.processes, self.summaries = 0, 0.0, processes, []

    @property
    def total(self) -> Row:
        """Return the sum of all rows; its calls are the events, so its mean is the time of an event in the modules."""
        total = Row("Total", self.n_events)
        for row in self.rows:
            total.total_s += row.total_s
            total.memory_mb += row.memory_mb
        return total

    def __str__(self) -> str:
        width = min(max([24, *(len(row.name) for row in self.rows)]), 36)
        header = f"{'Name':{width}} | {'Calls':>8} | {'Time (s)':>9} | {'Time (ms) / call':>20} | {'Memory (MB)':>11}"
        rule = "=" * len(header)
        lines = [rule, header, rule]
        for row in self.rows:
            spread = f"{row.mean_ms:9.3f} +- {row.spread_ms:7.3f}"
            lines.append(_line(row, width, spread))
        total = self.total
        spread = f"{total.mean_ms:9.3f}" + " " * 11
        return "\n".join([*lines, rule, _line(total, width, spread), rule])

    def summary(self) -> str:
        """Return what the modules say about the run, one line each, and the time of the job."""
        width = max([0, *(len(f"{name}: {label}") for name, label, _ in self.summaries)])
        lines = [f"{f'{name}: {label}':{width}}  {value}" for name, label, value in self.summaries]
        processes = f" with {self.processes} worker processes" if self.processes > 1 else ""
        return "\n".join([*lines, f"{self.n_events} events in {self.wall_s:.1f} s{processes}"])


def _line(row: Row, width: int, time: str) -> str:
    return f"{row.name[:width]:{width}} | {row.calls:8d} | {row.total_s:9.2f} | {time:>20} | {row.memory_mb:11.1f}"


statistics = Statistics()
