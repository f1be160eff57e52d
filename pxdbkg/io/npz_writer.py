"""Write the native digit file, event by event, with the same bytes for the same events."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import provenance as stamp
from pxdbkg.detector.columns import Columns
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.digit_file import DigitWriter, EventNumbers
from pxdbkg.io.event_form import EventForm
from pxdbkg.io.npz import EVENT_COLUMNS, FORMAT, FORMAT_VERSION, GATING
from pxdbkg.io.zipstore import ZipWriter

_OFFSETS = np.dtype("<i8")


class _Column:
    """One column on its way to the file: appended to a temporary file of its own."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.length = 0
        self._file = path.open("x+b")

    def append(self, values: NDArray[Any]) -> None:
        self._file.write(np.ascontiguousarray(values, self.dtype).tobytes())
        self.length += len(values)

    def add_to(self, archive: ZipWriter, name: str, length: int) -> None:
        """Copy the first ``length`` values, those of complete events, into a member of the archive."""
        self._file.truncate(length * self.dtype.itemsize)
        self._file.seek(0)
        archive.add_column(name, self.dtype, length, self._file)

    def close(self) -> None:
        self._file.close()


class NpzDigitWriter(DigitWriter):
    """Stream events into columns on disk; ``close`` makes the archive of them.

    Parameters
    ----------
    path : the file; an existing one is replaced by ``close``
    collections : names of the collections, in the order in which they stand in the file
    provenance : what is stamped into the file; the format is added
    compress : deflate the members

    Members stand in a fixed order: provenance, event numbers, their extras by name, then the collections as given.
    Raises FileError when the folder does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        collections: Sequence[str],
        provenance: Mapping[str, object],
        *,
        compress: bool = False,
    ) -> None:
        self.path = Path(path)
        self.provenance = dict(provenance)
        self.n_events = 0
        self._form = EventForm(path, collections)
        self._compress = compress
        self._folder = temporary_beside(path)
        self._folder.mkdir()
        self._columns: dict[str, _Column] = {}
        self._lengths: dict[str, int] = {}
        for name, dtype in EVENT_COLUMNS.items():
            self._add_column(f"events/{name}", dtype)

    def write(
        self,
        meta: EventNumbers,
        data: Mapping[str, Columns],
        extras: Mapping[str, float | NDArray[Any]] | None = None,
    ) -> None:
        extras = extras or {}
        if self._form.accept(data, extras):
            self._begin()
        for name, number in zip(EVENT_COLUMNS, (meta.experiment, meta.run, meta.event), strict=True):
            self._columns[f"events/{name}"].append(np.array([number]))
        for name, value in extras.items():
            self._columns[name].append(np.atleast_1d(np.asarray(value)))
        if f"{GATING}/start_ns" in extras:
            self._end_event(GATING, f"{GATING}/start_ns")
        for name in self._form.collections:
            for column in data[name].dtypes:
                self._columns[f"{name}/{column}"].append(data[name][column])
            self._end_event(name, f"{name}/{next(iter(data[name].dtypes))}")
        # Only now does the event count: a write that was interrupted is cut off again by close.
        self.n_events += 1
        self._lengths = {name: column.length for name, column in self._columns.items()}

    def close(self) -> None:
        if self._form.accept_none():
            self._begin()
            self._lengths = {name: column.length for name, column in self._columns.items()}
        stamped = {**self.provenance, "format": FORMAT, "format_version": FORMAT_VERSION}
        try:
            with ZipWriter(self.path, compress=self._compress) as archive:
                archive.add_array("provenance", np.frombuffer(stamp.to_bytes(stamped), np.uint8))
                for name, column in self._columns.items():
                    column.add_to(archive, name, self._lengths[name])
        finally:
            self.abort()

    def abort(self) -> None:
        for column in self._columns.values():
            column.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self) -> None:
        """Lay out the columns, known with the first event: extras by name, collections as given."""
        for name, dtype in self._form.extras.items():
            self._add_column(name, dtype)
            if name.startswith(GATING):
                self._add_offsets(GATING)
        for name, kind in self._form.types.items():
            for column, dtype in kind.dtypes.items():
                self._add_column(f"{name}/{column}", dtype)
            self._add_offsets(name)

    def _add_column(self, name: str, dtype: np.dtype[Any]) -> None:
        self._columns[name] = _Column(self._folder / str(len(self._columns)), dtype)

    def _add_offsets(self, group: str) -> None:
        self._add_column(f"{group}/offsets", _OFFSETS)
        self._columns[f"{group}/offsets"].append(np.zeros(1))

    def _end_event(self, group: str, column: str) -> None:
        self._columns[f"{group}/offsets"].append(np.array([self._columns[column].length]))
