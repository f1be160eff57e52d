"""List the modules, or show the parameters of one."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import typing

from pxdbkg.config import show_value
from pxdbkg.framework import Module, registry
from pxdbkg.values import describe_rules, describe_type, rules_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show the parameters of this module")


def run(args: argparse.Namespace) -> int:
    """Print one line a module, or everything about one."""
    if args.name:
        print(describe(registry.lookup(args.name)))
        return 0
    width = max(len(name) for name in registry.names())
    for name in registry.names():
        print(f"{name:{width}}  {first_line(registry.lookup(name))}")
    return 0


def first_line(module: type[Module]) -> str:
    """Return the first line of the docstring of a module."""
    return (inspect.getdoc(module) or "").partition("\n")[0]


def describe(module: type[Module]) -> str:
    """Return the help of a module: text, parameters, collections of the default parameters."""
    lines = [f"{module.__name__}: {inspect.getdoc(module) or ''}", ""]
    hints = typing.get_type_hints(module.Config)
    fields = dataclasses.fields(module.Config)
    lines.append("Parameters" if fields else "No parameters")
    for field in fields:
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        rules = rules_of(field)
        head = f"  {field.name}: {describe_type(hints[field.name])}"
        head += ", required" if required else f" = {show_value(default)}"
        allowed = describe_rules(rules) or rules.unit
        lines.append(head + (f"   [{allowed}]" if allowed else ""))
        lines.append(f"      {field.metadata.get('doc', '')}")
    lines += ["", *_properties(module)]
    return "\n".join(lines)


def _properties(module: type[Module]) -> list[str]:
    lines = []
    required = [f for f in dataclasses.fields(module.Config) if f.default is f.default_factory is dataclasses.MISSING]
    if not required:
        made = module()
        for label, declared in (("Reads", made.reads()), ("Uses, when there", made.optional())):
            lines += [f"{label}: {_collections(declared)}"] if declared else []
        for label, declared in (("Replaces", made.replaces()), ("Writes", made.writes())):
            lines += [f"{label}: {_collections(declared)}"] if declared else []
    lines.append(f"Runs in worker processes: {'yes' if module.parallel else 'no'}")
    return lines


def _collections(declared: dict[str, type]) -> str:
    return ", ".join(f"{name} ({kind.__name__})" for name, kind in declared.items())
