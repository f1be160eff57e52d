"""Modules by name; a module is imported when it is first asked for."""

from __future__ import annotations

import importlib

from pxdbkg.errors import BadInput, did_you_mean
from pxdbkg.framework.module import Module

_TABLE: dict[str, str | type[Module]] = {}


def _table() -> dict[str, str | type[Module]]:
    # The own modules import this room, so the table of them can only be read late.
    own: dict[str, str] = importlib.import_module("pxdbkg.modules").MODULES
    return own | _TABLE


def register_module(module: type[Module]) -> type[Module]:
    """Make a module known by the name of its class, for paths and steering files; usable as a decorator."""
    if not (isinstance(module, type) and issubclass(module, Module)):
        raise BadInput(f"register_module: {module!r} is not a subclass of Module")
    _TABLE[module.__name__] = module
    return module


def names() -> list[str]:
    """Return the names of all modules, sorted."""
    return sorted(_table())


def lookup(name: str) -> type[Module]:
    """Return the class of a module; BadInput for an unknown name."""
    table = _table()
    if name not in table:
        raise BadInput(
            f"unknown module '{name}' (known: {', '.join(sorted(table))}).{did_you_mean(name, table)}".rstrip(".")
        )
    found = table[name]
    if isinstance(found, str):
        file, _, cls = found.partition(":")
        found = getattr(importlib.import_module(file), cls)
    assert isinstance(found, type)
    return found
