"""Write the native digit file, event by event, with the same bytes for the same events."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import provenance as stamp
from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.digit_file import DigitWriter, EventNumbers
from pxdbkg.io.npz import EVENT_COLUMNS, FORMAT, FORMAT_VERSION, GATING, GATING_COLUMNS
from pxdbkg.io.zipstore import ZipWriter

_OFFSETS = np.dtype("<i8")
_EXTRA_DTYPES: dict[str, np.dtype[Any]] = {
    "events/trigger_gate": np.dtype("<i4"),
    "events/gated": np.dtype("u1"),
    f"{GATING}/start_ns": GATING_COLUMNS["start_ns"],
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = {"events", "conditions", GATING}


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


def check_collection_names(names: Sequence[str], where: str) -> list[str]:
    """Return the names of collections that are to be written; FileError for one that a file cannot hold.

    A name has letters, digits, ``_``, ``.`` and ``-``, is not one that the format uses itself, and stands once.

    >>> check_collection_names(["PXDDigits", "PXDClusters"], "a.npz")
    ['PXDDigits', 'PXDClusters']
    """
    for name in names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise FileError(
                f"{where}: '{name}' cannot be the name of a collection in a file (letters, digits, _ . -; not "
                f"{', '.join(sorted(_RESERVED))})"
            )
        if names.count(name) > 1:
            raise FileError(f"{where}: collection '{name}' is to be written twice. Name it once")
    return list(names)


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
        self._collections = check_collection_names(collections, str(path))
        self._compress = compress
        self._extras: tuple[str, ...] | None = None
        self._types: dict[str, type[Digits | Clusters]] = {}
        self._folder = temporary_beside(path)
        self._folder.mkdir()
        self._columns: dict[str, _Column] = {}
        self._lengths: dict[str, int] = {}
        for name, dtype in EVENT_COLUMNS.items():
            self._add_column(f"events/{name}", dtype)

    def write(
        self,
        meta: EventNumbers,
        data: Mapping[str, Digits | Clusters],
        extras: Mapping[str, float | NDArray[Any]] | None = None,
    ) -> None:
        extras = extras or {}
        self._check(data, extras)
        if self._extras is None:
            self._begin(data, extras)
        for name, number in zip(EVENT_COLUMNS, (meta.experiment, meta.run, meta.event), strict=True):
            self._columns[f"events/{name}"].append(np.array([number]))
        for name, value in extras.items():
            self._columns[name].append(np.atleast_1d(np.asarray(value)))
        if f"{GATING}/start_ns" in extras:
            self._end_event(GATING, f"{GATING}/start_ns")
        for name in self._collections:
            for column in data[name].keys():  # noqa: SIM118
                self._columns[f"{name}/{column}"].append(data[name][column])
            self._end_event(name, f"{name}/sensor")
        # Only now does the event count: a write that was interrupted is cut off again by close.
        self.n_events += 1
        self._lengths = {name: column.length for name, column in self._columns.items()}

    def close(self) -> None:
        if self._extras is None:
            self._begin(dict.fromkeys(self._collections, Digits.empty()), {})
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

    def _check(self, data: Mapping[str, Digits | Clusters], extras: Mapping[str, object]) -> None:
        where = f"{self.path}: event number {self.n_events} of the file"
        if set(data) != set(self._collections):
            raise DigitError(f"{where}: has the collections {sorted(data)}, expected {sorted(self._collections)}")
        for name, kind in self._types.items():
            if type(data[name]) is not kind:
                raise DigitError(f"{where}: {name} is {type(data[name]).__name__}, it was {kind.__name__} before")
        if self._extras is not None and tuple(sorted(extras)) != self._extras:
            raise DigitError(f"{where}: has the values {sorted(extras)}, the events before had {list(self._extras)}")

    def _begin(self, data: Mapping[str, Digits | Clusters], extras: Mapping[str, object]) -> None:
        """Lay out the columns, known with the first event: extras by name, collections as given."""
        for name in sorted(extras, key=lambda name: (name.startswith(GATING), name)):
            self._add_column(name, self._extra_dtype(name))
            if name.startswith(GATING):
                self._add_offsets(GATING)
        self._extras = tuple(sorted(extras))
        for name in self._collections:
            self._types[name] = type(data[name])
            for column, dtype in data[name].dtypes.items():
                self._add_column(f"{name}/{column}", dtype)
            self._add_offsets(name)

    def _extra_dtype(self, name: str) -> np.dtype[Any]:
        if name.startswith("conditions/"):
            return np.dtype("<f8")
        if name not in _EXTRA_DTYPES:
            raise DigitError(
                f"{self.path}: no place for the value '{name}' (allowed: {', '.join(_EXTRA_DTYPES)}, conditions/NAME)"
            )
        return _EXTRA_DTYPES[name]

    def _add_column(self, name: str, dtype: np.dtype[Any]) -> None:
        self._columns[name] = _Column(self._folder / str(len(self._columns)), dtype)

    def _add_offsets(self, group: str) -> None:
        self._add_column(f"{group}/offsets", _OFFSETS)
        self._columns[f"{group}/offsets"].append(np.zeros(1))

    def _end_event(self, group: str, column: str) -> None:
        self._columns[f"{group}/offsets"].append(np.array([self._columns[column].length]))
