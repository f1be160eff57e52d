"""Digit files of ROOT: read basf2's and our own, write plain trees.

The names of the branches are those of ``root_layout``. Our files hold one TTree ``tree`` (no RNTuple), with one counter
a collection and one branch a column, and the provenance as a string (JSON) beside it. ROOT stamps the time of writing
and a random identifier into a file, so two equal jobs write equal contents, not equal bytes; npz files are equal.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import provenance as stamp
from pxdbkg.detector.clusters import CLUSTER_COLUMNS, Clusters
from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import N_SENSORS, Digits, DigitTable, check_offsets
from pxdbkg.detector.truth import TRUTH_COLUMNS, DigitTruth
from pxdbkg.errors import DigitError, FileError, MissingExtra, PxdbkgError
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.digit_file import DigitReader, DigitWriter, EventIds, EventNumbers
from pxdbkg.io.event_form import EventForm
from pxdbkg.io.npz import EVENT_COLUMNS, FORMAT, FORMAT_VERSION, GATING, read_provenance
from pxdbkg.io.root_layout import TREE, Collection, branch_name, find
from pxdbkg.io.stored_digits import exactly, to_table
from pxdbkg.log import get_logger

try:
    import awkward as ak
    import uproot
except ImportError as missing:
    raise MissingExtra("ROOT files", "uproot", "root") from missing

_BLOCK_BYTES = 8 << 20  # of the columns that are read, or collected before they are written, at once
_BLOCK_EVENTS = 4096


class RootDigitReader(DigitReader):
    """Read digits from the tree ``tree`` of a ROOT file, in blocks of a few megabytes.

    Digits of basf2 are converted to sensor indices; frame numbers in their ids are dropped, with a warning. Digits that
    are out of order are sorted, and charges of one pixel summed, as basf2's PXDDigitSorter does, with a warning.

    Parameters
    ----------
    path : the file

    Raises FileError when the file is missing, damaged, or has no tree or no digits.
    """

    kind = "root"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileError(f"{path}: no such file. Check the name")
        with self._damage("the file"):
            # Mapped into memory: no thread that a fork would lose.
            self._file = uproot.open(self.path, handler=uproot.MemmapSource)
            classes = {name.split(";")[0]: kind for name, kind in self._file.classnames(recursive=False).items()}
            announced, size = int(self._file.file.fEND), self.path.stat().st_size
        if announced > size:
            raise FileError(f"{path}: is cut off ({size} of {announced} bytes). Make or copy it again")
        if classes.get(TREE) != "TTree":
            found = ", ".join(f"{name} ({kind})" for name, kind in classes.items())
            raise FileError(
                f"{path}: has no TTree '{TREE}' (it has: {found or 'nothing'}). Give a file of DigitOutput or basf2"
            )
        with self._damage(f"the tree '{TREE}'"):
            self._tree = self._file[TREE]
            paths = self._tree.keys(recursive=True, full_paths=True)
            self.n_events = int(self._tree.num_entries)
            self.provenance = {}
            if classes.get("provenance") == "TObjString":
                self.provenance = read_provenance(str(self._file["provenance"]).encode(), self.path)
        self._layout = find(paths)
        self.collections = list(self._layout.digits)
        self.cluster_collections = list(self._layout.clusters)
        self.truth_collections = list(self._layout.truth)
        if not self.collections and not self.cluster_collections:
            raise FileError(
                f"{path}: the tree '{TREE}' has no digits (branches NAME.m_sensorID, .m_uCellID, .m_vCellID and "
                f".m_charge, or NAME_sensor, _u, _v and _charge; it has: {', '.join(paths) or 'none'}). "
                "Write it with split branches"
            )
        self._ids = self._read_ids()
        self.extras = {name: self._flat(branch) for name, branch in self._layout.extras.items()}
        self._block: dict[str, tuple[int, DigitTable]] = {}
        self._warned: set[str] = set()

    def event_ids(self) -> EventIds:
        """Return the numbers of the events; 0, 0 and the position in the file where the tree has none."""
        return self._ids

    def table(self, collection: str, first: int, count: int) -> DigitTable:
        """Return the digits of ``count`` events from number ``first`` (0-based), offsets from 0."""
        self.check_range(first, count)
        if collection not in self._layout.digits:
            raise self.no_collection(collection, self.collections)
        parts, counts, at = [Digits.empty()], [np.zeros(1, np.int64)], first
        while at < first + count:
            start, block = self._block_with(collection, at)
            stop = min(first + count, start + len(block.offsets) - 1)
            low, high = (int(block.offsets[event - start]) for event in (at, stop))
            parts.append(block.columns.select(slice(low, high)))
            counts.append(np.diff(block.offsets[at - start : stop - start + 1]))
            at = stop
        columns = parts[-1] if len(parts) < 3 else Digits.concatenate(parts)
        return DigitTable(columns, np.cumsum(np.concatenate(counts)))

    def counts(self, collection: str) -> NDArray[np.int64]:
        """Return the number of digits (or clusters) of each event (n_events,), as stored."""
        group = (self._layout.digits | self._layout.clusters | self._layout.truth).get(collection)
        if group is None:
            raise self.no_collection(collection, list(self.kinds))
        step = self._block_length(group)
        counts = [np.zeros(0, np.int64)]
        for first in range(0, self.n_events, step):
            offsets, _ = self._jagged(next(iter(group.branches.values())), first, min(step, self.n_events - first))
            counts.append(np.diff(offsets))
        return np.concatenate(counts)

    def clusters(self, collection: str, index: int) -> Clusters:
        """Return the clusters of one event (0-based); FileError when the file has no such clusters."""
        self.check_range(index, 1)
        if collection not in self._layout.clusters:
            raise self.no_collection(collection, self.cluster_collections)
        _, columns = self._columns(collection, self._layout.clusters[collection], index, 1)
        where = self._where(collection, index)
        clusters = Clusters(**{name: exactly(columns[name], dtype, where) for name, dtype in CLUSTER_COLUMNS.items()})
        if len(clusters) and int(clusters.sensor.max()) >= N_SENSORS:
            raise DigitError(f"{where}: has sensor {int(clusters.sensor.max())}, outside the detector (0..39)")
        return clusters

    def truth(self, collection: str, index: int) -> DigitTruth:
        """Return where the digits of one event (0-based) come from; FileError when the file does not say."""
        self.check_range(index, 1)
        if collection not in self._layout.truth:
            raise self.no_collection(collection, self.truth_collections)
        _, columns = self._columns(collection, self._layout.truth[collection], index, 1)
        where = self._where(collection, index)
        return DigitTruth(**{name: exactly(columns[name], dtype, where) for name, dtype in TRUTH_COLUMNS.items()})

    def gating(self, index: int) -> NDArray[np.float32] | None:
        """Return the starts of the gated intervals of one event in ns (n,), or None when the file has none."""
        self.check_range(index, 1)
        if not self._layout.gating:
            return None
        return self._jagged(self._layout.gating, index, 1)[1].astype(np.float32)

    def close(self) -> None:
        """Close the file; what was read stays valid."""
        self._file.close()
        self._block.clear()

    def _read_ids(self) -> EventIds:
        numbers = {column: self._flat(branch) for column, branch in self._layout.events.items()}
        none = np.zeros(self.n_events, np.int64)
        where = f"{self.path}: event numbers"
        return EventIds(
            exactly(numbers.get("experiment", none), np.dtype("<i4"), where),
            exactly(numbers.get("run", none), np.dtype("<i4"), where),
            exactly(numbers.get("event", np.arange(self.n_events)), np.dtype("<i8"), where),
        )

    def _block_with(self, collection: str, event: int) -> tuple[int, DigitTable]:
        """Return the first event and the digits of the block that an event belongs to; the last block is kept."""
        start, block = self._block.get(collection, (0, None))
        if block is None or not start <= event < start + len(block.offsets) - 1:
            group = self._layout.digits[collection]
            length = self._block_length(group)
            start = event // length * length
            offsets, columns = self._columns(collection, group, start, min(length, self.n_events - start))
            block, findings = to_table(
                columns, offsets, group.vxd_ids, lambda event: self._where(collection, start + event)
            )
            for kind, finding in findings.items():
                self._warn(kind, f"{self.path}: {collection}, entries from {start} on: {finding}")
            self._block[collection] = (start, block)
            self._release()
        return start, block

    def _release(self) -> None:
        """Hand pages of the mapped file back; they would count as memory of the process until the file is closed."""
        mapped = getattr(self._file.file.source.file, "base", None)
        if isinstance(mapped, mmap.mmap):
            mapped.madvise(mmap.MADV_DONTNEED)

    def _block_length(self, group: Collection) -> int:
        size = sum(int(self._tree[branch].uncompressed_bytes) for branch in group.branches.values())
        return int(np.clip(_BLOCK_BYTES * self.n_events // max(size, 1), 1, _BLOCK_EVENTS))

    def _columns(
        self, collection: str, group: Collection, first: int, count: int
    ) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
        """Return offsets and columns of some events, checked to be of one length in each event."""
        columns: dict[str, NDArray[Any]] = {}
        offsets = np.zeros(1, np.int64)
        for column, branch in group.branches.items():
            others, columns[column] = self._jagged(branch, first, count)
            check_offsets(others, len(columns[column]), f"{self.path}: {branch}")
            if len(columns) == 1:
                offsets = others
            if not np.array_equal(offsets, others):
                at = int(np.argmax(np.diff(offsets) != np.diff(others)))
                raise DigitError(
                    f"{self.path}: {collection}, entry {first + at}: {int(np.diff(offsets)[at])} entries but "
                    f"{int(np.diff(others)[at])} values of {branch}. The file is damaged; make it again"
                )
        return offsets, columns

    def _where(self, collection: str, entry: int) -> str:
        experiment, run, event = (int(numbers[entry]) for numbers in self._ids)
        return f"{self.path}: {collection}, entry {entry} (experiment {experiment}, run {run}, event {event})"

    def _warn(self, kind: str, message: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            get_logger("io").warning("%s (said once a file)", message)

    def _jagged(self, branch: str, first: int, count: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        with self._damage(f"the branch {branch}"):
            events = {"entry_start": first, "entry_stop": first + count}
            array = ak.to_packed(self._tree[branch].array(**events, library="ak", array_cache=None))
            lists = isinstance(array.layout, ak.contents.ListOffsetArray)
            if not lists or not isinstance(array.layout.content, ak.contents.NumpyArray):
                raise FileError(f"{self.path}: the branch {branch} is {array.type}, expected numbers, so many an event")
            return np.asarray(array.layout.offsets.data, np.int64), np.asarray(array.layout.content.data)

    def _flat(self, branch: str) -> NDArray[Any]:
        with self._damage(f"the branch {branch}"):
            values = np.asarray(self._tree[branch].array(library="np", array_cache=None))
        if values.dtype.kind not in "iufb" or values.shape != (self.n_events,):
            raise FileError(
                f"{self.path}: the branch {branch} is {values.dtype} {values.shape}, expected a number an event"
            )
        return values.astype(values.dtype.newbyteorder("="))

    @contextmanager
    def _damage(self, what: str) -> Iterator[None]:
        """Turn whatever a damaged file makes uproot raise into one clear line."""
        try:
            yield
        except PxdbkgError:
            raise
        except Exception as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            raise FileError(
                f"{self.path}: {what} cannot be read ({type(error).__name__}: {reason}). Make or copy it again"
            ) from error


class RootDigitWriter(DigitWriter):
    """Write events to a TTree, a few megabytes at a time.

    Parameters
    ----------
    path : the file, which appears when ``close`` returns
    collections : names of the collections, in the order in which they stand in the tree
    provenance : stamped into the file as JSON; the format is added

    Raises FileError when the folder does not exist or cannot be written to.
    """

    def __init__(self, path: str | Path, collections: Sequence[str], provenance: Mapping[str, object]) -> None:
        self.path = Path(path)
        self.provenance = dict(provenance)
        self._form = EventForm(path, collections)
        self._temporary = temporary_beside(path)
        try:
            # Smaller than the default, zlib, and three times as fast; ROOT reads it from 6.20 on.
            self._file = uproot.recreate(self._temporary, compression=uproot.ZSTD(1))
        except OSError as error:
            raise FileError(f"{path}: cannot be written ({error.strerror or error})") from None
        self._tree: Any = None
        self._events: list[tuple[int, int, int]] = []
        self._values: dict[str, list[Any]] = {}
        self._parts: dict[str, list[Columns]] = {}
        self._bytes = 0

    def write(
        self,
        meta: EventNumbers,
        data: Mapping[str, Columns],
        extras: Mapping[str, float | NDArray[Any]] | None = None,
    ) -> None:
        extras = extras or {}
        if self._form.accept(data, extras):
            self._begin()
        self._events.append((meta.experiment, meta.run, meta.event))
        for name, value in extras.items():
            self._values[name].append(value)
        for name, part in self._parts.items():
            part.append(data[name])
            self._bytes += sum(data[name][column].nbytes for column in data[name].dtypes)
        if self._bytes > _BLOCK_BYTES or len(self._events) >= _BLOCK_EVENTS:
            self._flush()

    def close(self) -> None:
        try:
            if self._form.accept_none():
                self._begin()
            self._flush()
            stamped = {**self.provenance, "format": FORMAT, "format_version": FORMAT_VERSION}
            self._file["provenance"] = stamp.to_bytes(stamped).decode()
            self._file.close()
            os.replace(self._temporary, self.path)
        finally:
            self.abort()

    def abort(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _begin(self) -> None:
        """Lay out the tree, known with the first event."""
        types: dict[str, Any] = {branch_name(f"events/{name}"): dtype for name, dtype in EVENT_COLUMNS.items()}
        for name, dtype in self._form.extras.items():
            group, _, column = name.partition("/")
            if group == GATING:
                types[group] = f"var * {{{column}: {dtype.name}}}"
            else:
                types[branch_name(name)] = dtype
        for name, kind in self._form.types.items():
            types[name] = f"var * {{{', '.join(f'{column}: {dtype.name}' for column, dtype in kind.dtypes.items())}}}"
        self._values = {name: [] for name in self._form.extras}
        self._parts = {name: [] for name in self._form.types}
        self._tree = self._file.mktree(
            TREE,
            types,
            counter_name=lambda group: f"n{group}",
            field_name=lambda group, column: branch_name(f"{group}/{column}") if group else column,
        )

    def _flush(self) -> None:
        """Append the collected events to the tree, one basket a branch."""
        if not self._events:
            return
        columns: dict[str, Any] = {}
        for position, (name, dtype) in enumerate(EVENT_COLUMNS.items()):
            columns[branch_name(f"events/{name}")] = np.array([event[position] for event in self._events], dtype)
        for name, dtype in self._form.extras.items():
            group, _, column = name.partition("/")
            if group == GATING:
                parts = [np.asarray(value, dtype).reshape(-1) for value in self._values[name]]
                columns[group] = _jagged_array([len(part) for part in parts], {column: np.concatenate(parts)})
            else:
                columns[branch_name(name)] = np.array(self._values[name], dtype)
            self._values[name].clear()
        for name, collected in self._parts.items():
            lengths = [len(part) for part in collected]
            merged = {column: np.concatenate([part[column] for part in collected]) for column in collected[0].dtypes}
            columns[name] = _jagged_array(lengths, merged)
            collected.clear()
        self._tree.extend(columns)
        self._events.clear()
        self._bytes = 0


def _jagged_array(lengths: list[int], columns: dict[str, NDArray[Any]]) -> Any:
    """Return records of columns, so many an event, in the form that uproot writes."""
    record = ak.contents.RecordArray([ak.contents.NumpyArray(column) for column in columns.values()], list(columns))
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), record))
