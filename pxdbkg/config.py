"""Parameters as frozen dataclasses: types, defaults, units, bounds and one line of text each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

REQUIRED: Any = dataclasses.MISSING


def parameter(
    default: Any = REQUIRED,
    *,
    doc: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] | None = None,
) -> Any:
    """Declare one parameter of a ``Config`` dataclass.

    Parameters
    ----------
    default : value when none is given; without it the parameter is required. Lists and dicts are copied.
    doc : one line that help, errors and documentation show
    unit : of the value, for example ``ADU``
    low, high : inclusive bounds of a number (of each number, in a list)
    choices : the allowed values
    """
    metadata = {"doc": doc, "unit": unit, "low": low, "high": high, "choices": choices}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
