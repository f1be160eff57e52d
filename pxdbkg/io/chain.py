"""Several digit files as one sequence of events, few of them open at a time."""

from __future__ import annotations

import glob
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.errors import FileError
from pxdbkg.io.digit_file import DigitReader, EventIds, open_digits

_CONDITIONS = "conditions/"
_OPEN_FILES = 8  # a job may list a thousand files, and a process may hold about as many open


def expand(patterns: Sequence[str]) -> list[Path]:
    """Return the files that names and patterns with ``* ? [ ]`` stand for, those of one pattern in alphabetic order.

    A name without such characters is returned as it is, whether there is a file or not. Raises FileError for a pattern
    that matches nothing, and when there is no name at all.
    """
    paths: list[Path] = []
    for pattern in patterns:
        if not glob.has_magic(pattern) or Path(pattern).exists():
            paths.append(Path(pattern))
        elif matches := sorted(glob.glob(pattern, recursive=True)):
            paths += map(Path, matches)
        else:
            raise FileError(f"{pattern}: matches no file")
    if not paths:
        raise FileError("no file is given. Name at least one")
    return paths


class DigitChain:
    """The events of several digit files, one file after the other.

    Parameters
    ----------
    patterns : names of files, or patterns
    collections : that every file must have
    kinds : types that these collections may have

    Attributes
    ----------
    paths : the files
    types : type of each of the collections
    first : number of the first event of each file (files + 1,), int64
    ids : experiment, run, event of all events
    condition_names : machine conditions that every file gives for its events
    has_timing : whether every file gives trigger gate and gating of its events
    n_events : number of all events

    Raises FileError or DigitError when a file cannot be read or lacks a collection.
    """

    def __init__(
        self, patterns: Sequence[str], collections: Sequence[str], kinds: Sequence[type[Columns]] = (Digits,)
    ) -> None:
        self.paths = expand(patterns)
        self._open: OrderedDict[int, DigitReader] = OrderedDict()
        self._pid = os.getpid()
        self.types: dict[str, type[Columns]] = {}
        self.has_timing = True
        ids, conditions = [], []
        for number in range(len(self.paths)):
            reader = self._reader(number)
            for collection in collections:
                kind = reader.kinds.get(collection)
                if kind is None or kind is not self.types.get(collection, kind) or kind not in kinds:
                    wanted = self.types.get(collection)
                    usable = [name for name, one in reader.kinds.items() if one in ([wanted] if wanted else kinds)]
                    raise reader.no_collection(collection, usable)
                self.types[collection] = kind
            self.has_timing &= reader.has_timing
            ids.append(reader.event_ids())
            conditions.append({name for name in reader.extras if name.startswith(_CONDITIONS)})
        self.ids = EventIds(*(np.concatenate(columns) for columns in zip(*ids, strict=True)))
        self.first = np.cumsum([0, *(len(one.event) for one in ids)])
        self.n_events = int(self.first[-1])
        self.condition_names = sorted(name.removeprefix(_CONDITIONS) for name in set.intersection(*conditions))

    def read(self, collection: str, entry: int) -> Digits:
        """Return the digits of event number ``entry`` of the chain, in the order of its file."""
        reader, index = self._find(entry)
        return reader.read(collection, index)

    def columns(self, collection: str, entry: int) -> Columns:
        """Return a collection of event number ``entry`` of the chain, whatever its type."""
        reader, index = self._find(entry)
        return reader.columns(collection, index)

    def timing(self, entry: int) -> InjectionTiming:
        """Return trigger gate and gating of event number ``entry`` of the chain, where ``has_timing``."""
        reader, index = self._find(entry)
        return reader.timing(index)

    def conditions(self, entry: int) -> dict[str, float]:
        """Return the machine conditions of event number ``entry`` of the chain."""
        reader, index = self._find(entry)
        return {name: float(reader.extras[_CONDITIONS + name][index]) for name in self.condition_names}

    def close(self) -> None:
        """Close the files."""
        while self._open:
            self._open.popitem()[1].close()

    def _find(self, entry: int) -> tuple[DigitReader, int]:
        """Return the file of an event and its number there."""
        number = int(np.searchsorted(self.first, entry, side="right")) - 1
        return self._reader(number), entry - int(self.first[number])

    def _reader(self, number: int) -> DigitReader:
        if self._pid != os.getpid():  # a forked process shares the position in an open file with its parent
            self._inherited, self._open, self._pid = self._open, OrderedDict(), os.getpid()
        if number not in self._open:
            if len(self._open) == _OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            self._open[number] = open_digits(self.paths[number])
        self._open.move_to_end(number)
        return self._open[number]
