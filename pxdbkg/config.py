"""Parameters as frozen dataclasses, and YAML files whose faults are reported as file:line:column."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pxdbkg import values
from pxdbkg.values import Place

REQUIRED: Any = dataclasses.MISSING


def parameter(
    default: Any = REQUIRED,
    *,
    doc: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] | None = None,
    in_digest: bool = True,
) -> Any:
    """Declare one parameter of a ``Config`` dataclass.

    Parameters
    ----------
    default : value when none is given; without it the parameter is required. Lists and dicts are copied.
    doc : one line that help, errors and documentation show
    unit : of the value, for example ``ADU``
    low, high : inclusive bounds of a number (of each number, in a list)
    choices : the allowed values
    in_digest : False for what does not change the data, such as the name of an output file; left out of the digest of
        a steering file
    """
    metadata = {"doc": doc, "unit": unit, "low": low, "high": high, "choices": choices, "in_digest": in_digest}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


class Position(NamedTuple):
    """Where a value comes from: a place in a file, or an option of the command line (line 0)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Fault(NamedTuple):
    """One fault of a configuration: position in a file, if there is one, name of the faulty thing, and message."""

    position: Position | None
    where: str
    message: str

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.position, self.where, self.message) if part)


def dotted(place: Place) -> str:
    """Return keys and indices as they follow a name.

    >>> dotted(("rows", "1.1.1", 3))
    '.rows.1.1.1[3]'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


class ParameterFault(NamedTuple):
    """A fault of one parameter: the keys that lead to it, and the message."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.place)}: {self.message}"


def build_config(cls: type, given: Mapping[str, Any]) -> tuple[Any, list[ParameterFault]]:
    """Make a parameter dataclass from names and values; return it and all faults.

    Faulty values are replaced by their defaults, so that other checks can go on; the first result is None where a
    required value is missing.
    """
    made, faults = values.build(cls, given)
    return made, [ParameterFault(fault.place, fault.message) for fault in faults]
