"""What all events of one file have in common: collections, their types, and the further values of an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.digit_file import GATED, TRIGGER_GATE
from pxdbkg.io.npz import GATING, GATING_COLUMNS, KINDS

START_NS = f"{GATING}/start_ns"
_EXTRA_DTYPES: dict[str, np.dtype[Any]] = {
    TRIGGER_GATE: np.dtype("<i4"),
    GATED: np.dtype("u1"),
    START_NS: GATING_COLUMNS["start_ns"],
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = {"events", "conditions", GATING}


def check_collection_names(names: Sequence[str], where: str) -> list[str]:
    """Return the names of collections that are to be written; FileError for one that a file cannot hold.

    A name has letters, digits, ``_``, ``.`` and ``-``, is not one that the format uses itself, and stands once.

    >>> check_collection_names(["PXDDigits", "PXDClusters"], "a.npz")
    ['PXDDigits', 'PXDClusters']
    """
    for name in names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise FileError(
                f"{where}: '{name}' cannot be the name of a collection (letters, digits, _ . -; not "
                f"{', '.join(sorted(_RESERVED))})"
            )
        if names.count(name) > 1:
            raise FileError(f"{where}: collection '{name}' is to be written twice. Name it once")
    return list(names)


class EventForm:
    """The form of the events of a file, fixed by the first one.

    Parameters
    ----------
    path : the file, for messages
    collections : names of the collections, in order

    Attributes
    ----------
    types : type of each collection, in order; empty before the first event
    extras : dtype of each further value of an event, by its member name in an npz file, sorted, gating last

    Raises FileError for a name that no file can hold.
    """

    def __init__(self, path: Path | str, collections: Sequence[str]) -> None:
        self.collections = check_collection_names(collections, str(path))
        self.types: dict[str, type[Columns]] = {}
        self.extras: dict[str, np.dtype[Any]] = {}
        self._path = path
        self._n_events = 0

    def accept(self, data: Mapping[str, Columns], extras: Mapping[str, object]) -> bool:
        """Check the next event against those before; return whether it is the first one.

        Raises DigitError, naming the event, when its collections, types or values are others.
        """
        where = f"{self._path}: event number {self._n_events} of the file"
        if set(data) != set(self.collections):
            raise DigitError(f"{where}: has the collections {sorted(data)}, expected {sorted(self.collections)}")
        for name, values in data.items():
            if not isinstance(values, tuple(KINDS)):
                known = ", ".join(kind.__name__ for kind in KINDS)
                raise DigitError(f"{where}: {name} is {type(values).__name__} (a file holds {known})")
        for name, kind in self.types.items():
            if type(data[name]) is not kind:
                raise DigitError(f"{where}: {name} is {type(data[name]).__name__}, it was {kind.__name__} before")
        first = not self._n_events
        if first:
            names = sorted(extras, key=lambda name: (name.startswith(GATING), name))
            self.extras = {name: self._extra_dtype(name) for name in names}
            self.types = {name: type(data[name]) for name in self.collections}
        elif set(extras) != set(self.extras):
            raise DigitError(f"{where}: has the values {sorted(extras)}, the events before had {sorted(self.extras)}")
        self._n_events += 1
        return first

    def accept_none(self) -> bool:
        """Give a file without an event a form, collections of digits; return False if there were events."""
        if self._n_events:
            return False
        self.types = dict.fromkeys(self.collections, Digits)
        return True

    def _extra_dtype(self, name: str) -> np.dtype[Any]:
        if name.startswith("conditions/"):
            return np.dtype("<f8")
        if name not in _EXTRA_DTYPES:
            raise DigitError(
                f"{self._path}: no place for the value '{name}' (allowed: {', '.join(_EXTRA_DTYPES)}, conditions/NAME)"
            )
        return _EXTRA_DTYPES[name]
