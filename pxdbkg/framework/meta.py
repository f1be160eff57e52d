"""Which event is processed, and the numbers of all events of a job."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from pxdbkg.config import parameter
from pxdbkg.errors import ConfigError

EventId = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class EventMeta:
    """Identity of the event that is processed.

    Attributes
    ----------
    experiment, run, event : int32, int32, uint64; all data of an event depend on these only
    index : position in the job, from 0; nothing random may depend on it
    """

    experiment: int
    run: int
    event: int
    index: int = 0

    def __str__(self) -> str:
        return f"experiment {self.experiment}, run {self.run}, event {self.event}"


class EventIds(Sequence[EventId]):
    """(experiment, run, event) of the events of some runs, one after the other, made when asked for.

    >>> EventIds([(0, 1, 5, 2), (0, 2, 1, 1)])[1:]
    EventIds([(0, 1, 6, 1), (0, 2, 1, 1)])
    """

    def __init__(self, runs: Iterable[tuple[int, int, int, int]]) -> None:
        self.runs = [run for run in runs if run[3] > 0]
        self._ends = list(itertools.accumulate(run[3] for run in self.runs))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __repr__(self) -> str:
        return f"EventIds({self.runs})"

    @overload
    def __getitem__(self, index: int) -> EventId: ...
    @overload
    def __getitem__(self, index: slice) -> EventIds: ...
    def __getitem__(self, index: int | slice) -> EventId | EventIds:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise IndexError("EventIds: only slices of step 1")
            runs, begin = [], 0
            for (experiment, run, first, count), end in zip(self.runs, self._ends, strict=True):
                low, high = max(start, begin), min(stop, end)
                runs.append((experiment, run, first + low - begin, high - low))
                begin += count
            return EventIds(runs)
        at = range(len(self))[index]
        number = bisect.bisect_right(self._ends, at)
        experiment, run, first, count = self.runs[number]
        return experiment, run, first + at - (self._ends[number] - count)

    def index(self, value: EventId, start: int = 0, stop: int | None = None) -> int:
        """Return the position of an event; ValueError when it is none of them."""
        for (experiment, run, first, count), end in zip(self.runs, self._ends, strict=True):
            if value[:2] == (experiment, run) and first <= value[2] < first + count:
                return end - count + value[2] - first
        raise ValueError(f"{value} is not one of the events")


@dataclass(frozen=True)
class EventNumbers:
    """Numbers of the events of a job, run after run; lists go together item by item, as in basf2's EventInfoSetter."""

    experiment: int | list[int] = parameter(0, doc="experiment number, one or one a run", low=0, high=1023)
    run: int | list[int] = parameter(0, doc="run number, one or a list", low=0, high=2**31 - 1)
    first: int | list[int] = parameter(1, doc="number of the first event of a run", low=0, high=2**63 - 1)
    count: int | list[int] = parameter(1, doc="number of events of a run", low=0, high=2**31 - 1)
    skip_events: int = parameter(0, doc="leave out this many events at the start", low=0)
    skip_to: tuple[int, int, int] | None = parameter(None, doc="start at this (experiment, run, event)", low=0)

    def runs(self) -> list[tuple[int, int, int, int]]:
        """Return (experiment, run, first, count) of every run; ConfigError when the lists do not go together."""
        lists = {name: getattr(self, name) for name in ("experiment", "run", "first", "count")}
        lengths = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
        if len(set(lengths.values())) > 1:
            raise ConfigError(f"lists of different lengths ({', '.join(f'{k}: {n}' for k, n in lengths.items())})")
        n_runs = next(iter(lengths.values()), 1)
        columns = [value if isinstance(value, list) else [value] * n_runs for value in lists.values()]
        runs = list(zip(*columns, strict=True))
        if len({run[:2] for run in runs}) < len(runs):
            raise ConfigError(f"the same (experiment, run) twice in {[run[:2] for run in runs]}")
        return runs

    def problem(self) -> str | None:
        """Return what is wrong with the numbers as a whole, None when nothing is."""
        try:
            ids = self.ids()
        except ConfigError as error:
            return str(error)
        return None if len(ids) else "no event is left to process"

    def ids(self) -> EventIds:
        """Return the events in order, after skipping; ConfigError when ``skip_to`` names none of them.

        >>> list(EventNumbers(run=[1, 2], count=[2, 1]).ids())
        [(0, 1, 1), (0, 1, 2), (0, 2, 1)]
        """
        ids, skip = EventIds(self.runs()), self.skip_events
        if self.skip_to is not None:
            try:
                skip += ids.index(self.skip_to)
            except ValueError:
                raise ConfigError(f"skip_to {list(self.skip_to)} is not one of the events") from None
        return ids[skip:]

    def limited(self, n_events: int) -> EventNumbers:
        """Return the numbers for ``-n``: one run gets this count; of several runs, the first events are taken."""
        if not isinstance(self.count, list) and len(self.runs()) == 1:
            return replace(self, count=n_events + self.skip_events)
        return self


def metas(ids: Sequence[EventId], first: int = 0) -> Iterator[EventMeta]:
    """Yield one EventMeta an event from position ``first`` on, numbered by position."""
    for index in range(first, len(ids)):
        yield EventMeta(*ids[index], index)
