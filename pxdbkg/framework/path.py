"""A path: modules one after the other."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pxdbkg.errors import BadInput
from pxdbkg.framework import registry
from pxdbkg.framework.meta import EventNumbers
from pxdbkg.framework.module import Module


class Step(NamedTuple):
    """A module, where it stands (``path[2].PXDDigitizer``), and how many conditional paths lie around it."""

    module: Module
    where: str
    depth: int


class Path:
    """Modules in the order in which they see an event; does nothing until ``process``."""

    def __init__(self) -> None:
        self._modules: list[Module] = []

    def add_module(self, module: str | Module, /, *, name: str = "", **parameters: Any) -> Module:
        """Append a module and return it.

        Parameters
        ----------
        module : name of a registered module, or an instance
        name : of its own, for the table, the log and the provenance; by default its type
        parameters : of the module, checked at once; none with an instance

        Raises ConfigError with all faults of the parameters, BadInput for an unknown module.
        """
        if isinstance(module, str):
            module = registry.lookup(module)(**parameters)
        elif not isinstance(module, Module):
            raise BadInput(f"add_module: {module!r} is not a module (allowed: a name or an instance of Module)")
        elif parameters:
            raise BadInput(f"add_module: {module.name} is an instance, give its parameters where it is made")
        self._modules.append(module.set_name(name) if name else module)
        return module

    def modules(self) -> list[Module]:
        """Return the modules, without those of conditional paths."""
        return list(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name: str) -> bool:
        return any(type(module).__name__ == name for module in self._modules)

    def steps(self, where: str = "path", depth: int = 0, _open: tuple[Path, ...] = ()) -> list[Step]:
        """Return every module with its place, each one before those of its conditional paths.

        Raises BadInput when a path is part of itself.
        """
        if self in _open:
            raise BadInput(f"{where}: this path contains itself (a conditional path must be another one)")
        found = []
        for index, module in enumerate(self._modules):
            place = f"{where}[{index}]"
            named = f"{place}.{type(module).__name__}"
            found.append(Step(module, named, depth))
            for condition in module.conditions:
                found += condition.path.steps(f"{named}.{condition.kind}", depth + 1, (*_open, self))
        return found

    def check(self, *, events: Mapping[str, Any] | EventNumbers | None = None, n_events: int | None = None) -> None:
        """Check everything that can be checked before the first event; ConfigError with all faults.

        ``process`` does so too. Parameters as there.
        """
        importlib.import_module("pxdbkg.framework.loop").make_job(self, events, None, n_events)

    def name_modules(self) -> None:
        """Give each module a name of its own: the given one, else its type, with ``#2`` ... when there are several."""
        seen: Counter[str] = Counter()
        for module in dict.fromkeys(step.module for step in self.steps()):
            name = module.given_name or type(module).__name__
            seen[name] += 1
            module.name = name if seen[name] == 1 else f"{name}#{seen[name]}"


def create_path() -> Path:
    """Return an empty path."""
    return Path()
