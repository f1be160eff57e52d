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

    The first call of a process stands apart, because it may load a network or a file.

    Attributes
    ----------
    calls : number of calls
    total_s : time in ``event``, summed
    first_s : time of the first call, the longest of all processes
    later_calls, later_s, later_square_s2 : number of the other calls, sum of their times, sum of the squares
    memory_mb : change of the resident memory over the calls, summed
    """

    name: str
    calls: int = 0
    total_s: float = 0.0
    first_s: float = 0.0
    later_calls: int = 0
    later_s: float = 0.0
    later_square_s2: float = 0.0
    memory_mb: float = 0.0

    def add(self, seconds: float, memory_mb: float) -> None:
        """Count one call."""
        if self.calls:
            self.later_calls += 1
            self.later_s += seconds
            self.later_square_s2 += seconds * seconds
        else:
            self.first_s = seconds
        self.calls += 1
        self.total_s += seconds
        self.memory_mb += memory_mb

    def merge(self, other: Row) -> None:
        """Add the calls that another process made."""
        self.first_s = max(self.first_s, other.first_s)
        for name in ("calls", "total_s", "later_calls", "later_s", "later_square_s2", "memory_mb"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def mean_ms(self) -> float:
        """Return the mean time of a call after the first in ms; of the first where there is no other."""
        return 1e3 * (self.later_s / self.later_calls if self.later_calls else self.first_s)

    @property
    def spread_ms(self) -> float:
        """Return the standard deviation of the time of a call after the first in ms."""
        if not self.later_calls:
            return 0.0
        mean = self.later_s / self.later_calls
        return 1e3 * math.sqrt(max(self.later_square_s2 / self.later_calls - mean * mean, 0.0))


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
    def event_ms(self) -> float:
        """Return the mean time of an event in all modules, apart from first calls, in ms."""
        return sum(row.mean_ms * row.calls for row in self.rows) / max(self.n_events, 1)

    def __str__(self) -> str:
        width = min(max([24, *(len(row.name) for row in self.rows)]), 28)
        head = _line(width, "Name", "Calls", "Time (s)", "First (ms)", "Later (ms / call)", "Memory (MB)")
        rule = "=" * len(head)
        body = [
            _numbers(width, row.name, row.calls, row, f"{row.mean_ms:9.3f} +- {row.spread_ms:8.3f}")
            for row in self.rows
        ]
        whole = Row("Total")
        for name in ("total_s", "first_s", "memory_mb"):
            setattr(whole, name, sum(getattr(row, name) for row in self.rows))
        total = _numbers(width, "Total", self.n_events, whole, f"{self.event_ms:9.3f}{'':12}")
        return "\n".join([rule, head, rule, *body, rule, total, rule])

    def summary(self) -> str:
        """Return what the modules say about the run, one line each, and the time of the job."""
        width = max([0, *(len(f"{name}: {label}") for name, label, _ in self.summaries)])
        lines = [f"{f'{name}: {label}':{width}}  {value}" for name, label, value in self.summaries]
        processes = f" with {self.processes} worker processes" if self.processes > 1 else ""
        return "\n".join([*lines, f"{self.n_events} events in {self.wall_s:.1f} s{processes}"])


def _numbers(width: int, name: str, calls: int, row: Row, later: str) -> str:
    return _line(
        width, name, str(calls), f"{row.total_s:.2f}", f"{1e3 * row.first_s:.1f}", later, f"{row.memory_mb:.1f}"
    )


def _line(width: int, name: str, calls: str, total: str, first: str, later: str, memory: str) -> str:
    return f"{name[:width]:{width}} | {calls:>7} | {total:>8} | {first:>10} | {later:>21} | {memory:>11}"


statistics = Statistics()
