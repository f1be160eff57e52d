"""The data store: how modules hand data to each other, write-once within an event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from pxdbkg.errors import StoreError, did_you_mean

T = TypeVar("T")


@dataclass(slots=True)
class _Entry:
    value: Any
    writer: str


@dataclass
class DataStore:
    """Collections by name. Event collections vanish after the event, persistent values stay for the job.

    ``current`` is the module that runs, for the messages, and ``declared`` the collections it may read (None: any).

    >>> store = DataStore()
    >>> store.put("PXDDigits", [1, 2])
    >>> store.get("PXDDigits", list)
    [1, 2]
    """

    current: str = ""
    declared: frozenset[str] | None = None
    _event: dict[str, _Entry] = field(default_factory=dict)
    _persistent: dict[str, _Entry] = field(default_factory=dict)

    def put(self, name: str, value: object, *, replace: bool = False, persistent: bool = False) -> None:
        """Store a value.

        Parameters
        ----------
        name : of the collection
        value : any object; it must not be changed afterwards
        replace : overwrite what is there; the collection must exist
        persistent : keep the value until the end of the job instead of the end of the event

        Raises StoreError when the name is taken and ``replace`` is not set, or free and ``replace`` is.
        """
        home, other = (self._persistent, self._event) if persistent else (self._event, self._persistent)
        if name in other:
            raise StoreError(
                f"{name}: exists as {'an event' if persistent else 'a persistent'} collection of "
                f"{other[name].writer or 'the job'} and cannot be both. Choose another name"
            )
        if replace and name not in home:
            raise StoreError(f"{name}: nothing to replace {self._present(name)}")
        if not replace and name in home:
            raise StoreError(
                f"{name}: already written by {home[name].writer or 'the job'} (collections are write-once). "
                "Choose another name, or use replace=True"
            )
        home[name] = _Entry(value, self.current)

    @overload
    def get(self, name: str, kind: type[T]) -> T: ...
    @overload
    def get(self, name: str) -> Any: ...
    def get(self, name: str, kind: type[Any] = object) -> Any:
        """Return a value; StoreError when it is missing, of another type than ``kind``, or not declared to be read."""
        if name in self._persistent:
            entry = self._persistent[name]
        else:
            self._check_declared(name)
            if name not in self._event:
                raise StoreError(f"{name}: not in the data store {self._present(name)}")
            entry = self._event[name]
        if not isinstance(entry.value, kind):
            raise StoreError(
                f"{name}: holds {type(entry.value).__name__}, written by {entry.writer or 'the job'}; "
                f"{self.current or 'the reader'} needs {kind.__name__}"
            )
        return entry.value

    def has(self, name: str) -> bool:
        """Tell whether a collection is there in this event; StoreError when it is not declared to be read."""
        if name in self._persistent:
            return True
        self._check_declared(name)
        return name in self._event

    def names(self) -> list[str]:
        """Return the names of all collections, event and persistent, sorted."""
        return sorted([*self._event, *self._persistent])

    def clear(self) -> None:
        """Forget the event collections."""
        while self.drop():
            pass

    def drop(self) -> str | None:
        """Forget the youngest event collection and return the name of its writer, None when there is none."""
        return self._event.popitem()[1].writer if self._event else None

    def dump(self, wanted: frozenset[str] | None) -> dict[str, tuple[Any, str]]:
        """Return the event collections that another process needs (None: all), each with its writer."""
        return {k: (e.value, e.writer) for k, e in self._event.items() if wanted is None or k in wanted}

    def restore(self, dumped: dict[str, tuple[Any, str]]) -> None:
        """Take over the event collections of another process."""
        self._event = {name: _Entry(value, writer) for name, (value, writer) in dumped.items()}

    def _check_declared(self, name: str) -> None:
        if self.declared is not None and name not in self.declared:
            known = ", ".join(sorted(self.declared)) or "none"
            raise StoreError(
                f"{name}: {self.current} does not declare that it reads this collection (declared: {known}). "
                "Add it to reads() or optional()"
            )

    def _present(self, name: str) -> str:
        present = self.names()
        return f"(present: {', '.join(present) or 'nothing'}).{did_you_mean(name, present)}"
