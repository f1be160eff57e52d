"""Which event is processed, and the numbers of all events of a job."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pxdbkg.config import parameter

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
        """Return (experiment, run, first, count) of every run; ValueError when the lists do not go together."""
        lists = {name: getattr(self, name) for name in ("experiment", "run", "first", "count")}
        lengths = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"lists of different lengths ({', '.join(f'{k}: {n}' for k, n in lengths.items())})")
        n_runs = next(iter(lengths.values()), 1)
        columns = [value if isinstance(value, list) else [value] * n_runs for value in lists.values()]
        runs = list(zip(*columns, strict=True))
        if len({run[:2] for run in runs}) < len(runs):
            raise ValueError(f"the same (experiment, run) twice in {[run[:2] for run in runs]}")
        return runs

    def problem(self) -> str | None:
        """Return what is wrong with the numbers as a whole, None when nothing is."""
        try:
            ids = self.ids()
        except ValueError as error:
            return str(error)
        return None if ids else "no event is left to process"

    def ids(self) -> list[EventId]:
        """Return the events in order, after skipping; ValueError when ``skip_to`` names none of them.

        >>> EventNumbers(run=[1, 2], count=[2, 1]).ids()
        [(0, 1, 1), (0, 1, 2), (0, 2, 1)]
        """
        ids = [(e, r, event) for e, r, first, count in self.runs() for event in range(first, first + count)]
        if self.skip_to is not None:
            if self.skip_to not in ids:
                raise ValueError(f"skip_to {list(self.skip_to)} is not one of the events")
            ids = ids[ids.index(self.skip_to) :]
        return ids[self.skip_events :]

    def limited(self, n_events: int) -> EventNumbers:
        """Return the numbers for ``-n``: one run gets this count; of several runs, the first events are taken."""
        if not isinstance(self.count, list) and len(self.runs()) == 1:
            return replace(self, count=n_events + self.skip_events)
        return self


def metas(ids: Iterable[EventId]) -> Iterator[EventMeta]:
    """Yield one EventMeta an event, numbered by position."""
    for index, (experiment, run, event) in zip(itertools.count(), ids, strict=False):
        yield EventMeta(experiment, run, event, index)
