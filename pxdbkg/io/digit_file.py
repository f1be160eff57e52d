"""What every reader and writer of digit files provides, and how one is chosen.

A new format needs a ``DigitReader`` (``collections``, ``event_ids`` and ``table`` are enough), a line in
``open_digits``, and, if it is written too, a ``DigitWriter`` and a line in ``open_writer``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import Digits, DigitTable
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.errors import DigitError, FileError, did_you_mean
from pxdbkg.io.zipread import first_bytes

TRIGGER_GATE, GATED = "events/trigger_gate", "events/gated"


class EventIds(NamedTuple):
    """Numbers of the events of a file, in order.

    Attributes
    ----------
    experiment, run : int32 (n,)
    event : int64 (n,)
    """

    experiment: NDArray[np.int32]
    run: NDArray[np.int32]
    event: NDArray[np.int64]


class EventNumbers(Protocol):
    """Anything that names an event, such as the event metadata of the framework."""

    @property
    def experiment(self) -> int: ...
    @property
    def run(self) -> int: ...
    @property
    def event(self) -> int: ...


class DigitReader(ABC):
    """Digits of many events in a file or folder, read event by event or in blocks, never as a whole.

    A reader opens in its constructor, checks there what can be checked without reading the columns (event numbers,
    offsets, lengths, dtypes) and raises FileError or DigitError. The columns are checked as they are read: digits
    outside the detector are an error. The order of the digits is that of the file; ``Digits.is_sorted`` tells. Arrays
    that are handed out may be read-only. A reader may be used after a fork.

    Attributes
    ----------
    kind : the format in a word: npz, root, images
    path : as given
    collections : names of the digit collections, in the order of the file
    cluster_collections : names of the cluster collections
    truth_collections : names of the collections that say where digits come from
    n_events : number of events
    provenance : how the file was made; empty when it does not say
    extras : values of each event (n_events,) by member name, such as ``events/trigger_gate``, ``conditions/NAME``
    """

    kind: str
    path: Path
    collections: list[str]
    cluster_collections: list[str]
    truth_collections: Sequence[str] = ()
    n_events: int
    provenance: dict[str, Any]
    extras: dict[str, NDArray[Any]]

    @property
    def kinds(self) -> dict[str, type[Columns]]:
        """Type of every collection by its name, in the order of the file where the format keeps one."""
        kinds: dict[str, type[Columns]] = dict.fromkeys(self.collections, Digits)
        return (
            kinds
            | dict.fromkeys(self.cluster_collections, Clusters)
            | dict.fromkeys(self.truth_collections, DigitTruth)
        )

    @abstractmethod
    def event_ids(self) -> EventIds:
        """Return the numbers of the events."""

    @abstractmethod
    def table(self, collection: str, first: int, count: int) -> DigitTable:
        """Return the digits of ``count`` events from number ``first`` (0-based), offsets from 0.

        Raises FileError for a collection that the file has not and DigitError for digits outside the detector;
        IndexError unless 0 <= first <= first + count <= n_events.
        """

    def read(self, collection: str, index: int) -> Digits:
        """Return the digits of one event (0-based)."""
        return self.table(collection, index, 1).columns

    def counts(self, collection: str) -> NDArray[np.int64]:
        """Return the number of digits (or clusters) of each event (n_events,)."""
        return np.fromiter((len(self.read(collection, i)) for i in range(self.n_events)), np.int64, self.n_events)

    def clusters(self, collection: str, index: int) -> Clusters:
        """Return the clusters of one event (0-based); FileError when the file has no such clusters."""
        raise self.no_collection(collection, self.cluster_collections)

    def truth(self, collection: str, index: int) -> DigitTruth:
        """Return where the digits of one event (0-based) come from; FileError when the file does not say."""
        raise self.no_collection(collection, self.truth_collections)

    def columns(self, collection: str, index: int) -> Columns:
        """Return a collection of one event (0-based), whatever its type."""
        if collection in self.cluster_collections:
            return self.clusters(collection, index)
        if collection in self.truth_collections:
            return self.truth(collection, index)
        return self.read(collection, index)

    @property
    def has_timing(self) -> bool:
        """Tell whether the file gives the trigger gate of its events, and whether they are gated."""
        return TRIGGER_GATE in self.extras and GATED in self.extras

    def timing(self, index: int) -> InjectionTiming:
        """Return trigger gate and gated intervals of one event (0-based), where ``has_timing``.

        Raises DigitError for a gate or a time that cannot be.
        """
        starts = self.gating(index)
        starts = np.zeros(0, np.float32) if starts is None else starts
        try:
            return InjectionTiming(int(self.extras[TRIGGER_GATE][index]), bool(self.extras[GATED][index]), starts)
        except DigitError as error:
            raise DigitError(f"{self.path}: entry {index}: {error}") from None

    def gating(self, index: int) -> NDArray[np.float32] | None:
        """Return the starts of the gated intervals of one event in ns (n,), or None when the file has none."""
        self.check_range(index, 1)
        return None

    def verify(self) -> None:
        """Read everything and check it against the checksums of the file, where its format has some."""
        for collection in self.kinds:
            for index in range(self.n_events):
                self.columns(collection, index)

    @abstractmethod
    def close(self) -> None:
        """Close the file; what was read stays valid."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check_range(self, first: int, count: int) -> None:
        """Raise IndexError unless these events are in the file."""
        if not 0 <= first <= first + count <= self.n_events:
            raise IndexError(f"{self.path}: events {first}..{first + count - 1} of {self.n_events}")

    def no_collection(self, collection: str, known: Sequence[str]) -> FileError:
        """Return the error for a collection that the file has not."""
        return FileError(
            f"{self.path}: has no collection '{collection}' (it has: {', '.join(known) or 'none'})."
            f"{did_you_mean(collection, known)}"
        )


class DigitWriter(ABC):
    """Write events one by one; the file appears under its name, complete, when ``close`` returns.

    Memory does not grow with the number of events. Used as a context manager it closes at the end of the block, or
    aborts on an exception.

    Attributes
    ----------
    path : the file; an existing one is replaced by ``close``
    provenance : stamped into the file at ``close``
    """

    path: Path
    provenance: dict[str, object]

    @abstractmethod
    def write(
        self,
        meta: EventNumbers,
        data: Mapping[str, Columns],
        extras: Mapping[str, float | NDArray[Any]] | None = None,
    ) -> None:
        """Append one event.

        Parameters
        ----------
        meta : its numbers: experiment, run (int32), event (int64)
        data : digits, clusters or truth by collection; the same collections, each of the same type, in every event
        extras : values of the event by member name: ``events/trigger_gate``, ``events/gated``, ``conditions/NAME``
            (one number each) and ``Gating/start_ns`` (float32 (n,)); the same names in every event
        """

    @abstractmethod
    def close(self) -> None:
        """Complete the file with the events so far, and give it its name."""

    @abstractmethod
    def abort(self) -> None:
        """Remove what was written; a file of that name stays as it was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def open_digits(path: str | Path) -> DigitReader:
    """Open a digit file by what it is: an npz, a ROOT file, or a folder of PNG images, a folder a sensor.

    Raises FileError when it is missing, damaged or of another kind, DigitError when its offsets make no sense.
    """
    path = Path(path)
    if path.is_dir():
        from pxdbkg.io.images import ImageDigitReader

        return ImageDigitReader(path)
    magic = first_bytes(path, 4)
    if magic == b"root":
        from pxdbkg.io.root import RootDigitReader

        return RootDigitReader(path)
    if magic.startswith(b"PK"):
        from pxdbkg.io.npz import NpzDigitReader

        return NpzDigitReader(path)
    problem = "is neither an npz nor a ROOT file nor a folder of images" if magic else "is empty"
    raise FileError(f"{path}: {problem}. Give a file that DigitOutput wrote, or a basf2 file with PXDDigits")


def open_writer(
    path: str | Path, collections: Sequence[str], provenance: Mapping[str, object], *, compress: bool = False
) -> DigitWriter:
    """Return a writer for a file ending in ``.npz`` or ``.root``.

    Parameters
    ----------
    path : the file; an existing one is replaced at ``close``
    collections : names of the collections, in the order in which they stand in the file
    provenance : what is stamped into the file
    compress : deflate an npz; about a third of the size, slower, and readers unpack it first

    Raises FileError for another ending, or when the folder does not exist.
    """
    path = Path(path)
    if path.suffix == ".npz":
        from pxdbkg.io.npz_writer import NpzDigitWriter

        return NpzDigitWriter(path, collections, provenance, compress=compress)
    if path.suffix == ".root":
        from pxdbkg.io.root import RootDigitWriter

        return RootDigitWriter(path, collections, provenance)
    raise FileError(f"{path}: no format has the ending '{path.suffix}' (allowed: .npz, .root)")
