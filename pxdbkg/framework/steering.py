"""Steering files: a job in YAML, with every fault at its line and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pxdbkg import log
from pxdbkg.config import Document, Fault, dump_yaml, parameter, read_yaml
from pxdbkg.errors import BadInput, ConfigError, did_you_mean
from pxdbkg.framework import registry
from pxdbkg.framework.job import Job
from pxdbkg.framework.loop import prepare
from pxdbkg.framework.meta import EventNumbers
from pxdbkg.framework.module import RESERVED, AfterConditionPath, Module, parse_expression
from pxdbkg.framework.path import Path
from pxdbkg.framework.resolve import resolved
from pxdbkg.framework.sources import read_events
from pxdbkg.values import Place, ValueFault, build_config, dotted

MOST_PROCESSES = 1024
_AFTER = tuple(after.value for after in AfterConditionPath)


@dataclass(frozen=True)
class _Keys:
    """Top level of a steering file."""

    path: list[Any] = parameter(doc="the modules, in the order in which they see an event")
    seed: int | str | None = parameter(None, doc="of all random numbers; drawn, printed and stamped when not given")
    events: dict[str, Any] | None = parameter(None, doc="numbers of the events; without it the input numbers them")
    processes: int = parameter(1, doc="number of forked workers", low=1, high=MOST_PROCESSES)
    log_level: str = parameter("INFO", doc="lowest level of message that is shown", choices=log.LEVELS)


@dataclass(frozen=True)
class _Branch:
    """One condition of a module."""

    path: list[Any] = parameter(doc="the modules of the conditional path")
    condition: str = parameter("", doc="operator and whole number, for example '>3'")
    after: str = parameter("END", doc="what follows the conditional path", choices=_AFTER)


class Steering:
    """A steering file that was read: path, seed, event numbers, and the faults found so far.

    Parameters
    ----------
    document : the file
    settings : ``KEY=VALUE`` texts that change it, as ``--set`` takes them
    """

    def __init__(self, document: Document, settings: Sequence[str] = ()) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self.path = Path()
        self.events: EventNumbers | str | None = None
        self._complete = True
        for setting in settings:
            try:
                _apply(document, setting)
            except BadInput as error:
                self.faults.append(Fault(None, "", str(error)))
        self.faults += document.faults
        given = {} if document.value is None else document.value
        keys, faults = build_config(_Keys, given)
        self.faults += [self._fault((), fault, dotted(fault.place)[1:]) for fault in faults]
        self.keys: _Keys | None = keys
        if keys is not None:
            self._fill(self.path, keys.path, ("path",), "path")
            if keys.events is not None:
                self.events, events_faults = read_events(keys.events, document)
                self.faults += events_faults

    @property
    def seed(self) -> str | None:
        """Return the seed as text, None when the file gives none."""
        return None if self.keys is None or self.keys.seed is None else str(self.keys.seed)

    def prepare(self, seed: str, n_events: int | None = None) -> Job:
        """Check everything and return the job; ConfigError with all faults, in the order of the file."""
        faults = list(self.faults)
        if self.keys is not None and len(self.path):
            events_bad = any(fault.where.startswith("events") for fault in faults)
            if isinstance(self.events, EventNumbers) and n_events is not None:
                self.events = self.events.limited(n_events)
            job, more = prepare(
                self.path,
                EventNumbers() if events_bad else self.events,
                seed,
                None if events_bad else n_events,
                position=self.document.locate(("events",)),
                complete=self._complete,
            )
            faults += more
        if faults:
            unique = dict.fromkeys(faults)
            raise ConfigError([str(fault) for fault in sorted(unique, key=self._order)])
        return job

    def show(self, seed: str | None) -> str:
        """Return the whole job with every parameter, as a steering file."""
        top: dict[str, Any] = {"seed": seed}
        if isinstance(self.events, EventNumbers):
            numbers = vars(self.events)
            top["events"] = {name: list(v) if isinstance(v, tuple) else v for name, v in numbers.items()}
        elif self.events is not None:
            top["events"] = {"from": self.events}
        return dump_yaml(top | {"path": resolved(self.path)})

    def _order(self, fault: Fault) -> tuple[int, int]:
        position = fault.position
        return (position.line, position.column) if position else (0, 0)

    def _fault(self, place: Place, fault: ValueFault, where: str) -> Fault:
        position = self.document.locate((*place, *fault.place), key=fault.at_key)
        # Only what a module is given is called a parameter.
        message = fault.message if place else fault.message.replace("unknown parameter", "unknown key", 1)
        return Fault(position, where, message)

    def _fill(self, path: Path, entries: Sequence[Any], place: Place, where: str) -> None:
        """Add the modules of a list of entries to a path."""
        if not entries and len(place) == 1:
            self.faults.append(self._fault(place, ValueFault((), "has no module. Add '- module: NAME'"), where))
        for index, entry in enumerate(entries):
            self._add(path, entry, (*place, index), f"{where}[{index}]")

    def _add(self, path: Path, entry: Any, place: Place, where: str) -> None:
        """Add one module to a path, or note why not."""
        kind = self._kind(entry, place, where)
        if kind is None:
            self._complete = False
            return
        where = f"{where}.{kind.__name__}"
        parameters = {name: value for name, value in entry.items() if name not in RESERVED}
        config, faults = build_config(kind.Config, parameters)
        self.faults += [self._fault(place, fault, f"{where}{dotted(fault.place)}") for fault in faults]
        if config is None or (faults and kind.__init__ is not Module.__init__):
            self._complete = False
            return
        if faults:
            # Made with defaults for what is faulty: good enough to look at its collections.
            module = kind.__new__(kind)
            module.set_up(config)
            module.faulty = frozenset(str(fault.place[0]) for fault in faults)
        else:
            module = kind(**parameters)
        module.locate = lambda inner: self.document.locate((*place, *inner))
        path.add_module(module)
        self._extras(module, entry, place, where)

    def _kind(self, entry: Any, place: Place, where: str) -> type[Module] | None:
        if not isinstance(entry, Mapping) or "module" not in entry:
            name = entry if isinstance(entry, str) else "NAME"
            fault = ValueFault((), f"is not a module entry. Write '- module: {name}'")
            self.faults.append(self._fault(place, fault, where))
            return None
        name = entry["module"]
        try:
            if isinstance(name, str):
                return registry.lookup(name)
            message = f"{name!r} is not the name of a module"
        except BadInput as error:
            message = str(error)
        self.faults.append(self._fault(place, ValueFault(("module",), message), where))
        return None

    def _extras(self, module: Module, entry: Mapping[str, Any], place: Place, where: str) -> None:
        """Read what every module entry may have besides parameters: name, log level, conditions."""
        if "name" in entry:
            if isinstance(entry["name"], str) and entry["name"]:
                module.set_name(entry["name"])
            else:
                fault = ValueFault(("name",), f"{entry['name']!r} is not a text")
                self.faults.append(self._fault(place, fault, f"{where}.name"))
        if "log_level" in entry:
            try:
                module.set_log_level(entry["log_level"])
            except ConfigError as error:
                fault = ValueFault(("log_level",), str(error).partition(": ")[2])
                self.faults.append(self._fault(place, fault, f"{where}.log_level"))
        for kind in ("if_value", "if_true", "if_false"):
            if kind in entry:
                self._branches(module, kind, entry[kind], (*place, kind), f"{where}.{kind}")

    def _branches(self, module: Module, kind: str, given: Any, place: Place, where: str) -> None:
        """Read one condition: a list of modules, a mapping with path and after, or a list of such mappings."""
        if isinstance(given, Mapping):
            self._branch(module, kind, given, place, where)
        elif isinstance(given, list) and given and all(isinstance(one, Mapping) and "path" in one for one in given):
            for index, one in enumerate(given):
                self._branch(module, kind, one, (*place, index), where)
        elif isinstance(given, list) and kind != "if_value":
            self._branch(module, kind, {"path": given}, place, where, bare=True)
        else:
            wanted = "condition, path, after" if kind == "if_value" else "path, after; or a list of modules"
            self.faults.append(self._fault(place, ValueFault((), f"is not a mapping (keys: {wanted})"), where))

    def _branch(
        self, module: Module, kind: str, given: Mapping[str, Any], place: Place, where: str, *, bare: bool = False
    ) -> None:
        branch, faults = build_config(_Branch, given)
        if kind == "if_value" and not faults:
            try:
                parse_expression(branch.condition)
            except ConfigError as error:
                faults = [ValueFault(("condition",), str(error).partition(": ")[2])]
        elif kind != "if_value" and "condition" in given:
            faults.append(ValueFault(("condition",), f"{kind} has its own condition. Use if_value", at_key=True))
        self.faults += [self._fault(place, fault, f"{where}{dotted(fault.place)}") for fault in faults]
        if branch is None or faults:
            self._complete = False
            return
        path, after = Path(), AfterConditionPath(branch.after)
        self._fill(path, branch.path, place if bare else (*place, "path"), where)
        if kind == "if_value":
            module.if_value(branch.condition, path, after)
        else:
            (module.if_true if kind == "if_true" else module.if_false)(path, after)


def read_steering(file: str, settings: Sequence[str] = ()) -> Steering:
    """Read a steering file; FileError when it is missing or not YAML. Other faults are raised by ``prepare``."""
    return Steering(read_yaml(file), settings)


def _apply(document: Document, setting: str) -> None:
    """Change a document by one ``KEY=VALUE``; BadInput when the key leads nowhere."""
    key, equals, value = setting.partition("=")
    option = f"--set {setting}"
    steps = key.split(".")
    if not equals or not all(steps):
        raise BadInput(f"{option}: is not KEY=VALUE (KEY: seed, events.first, path.MODULE.parameter)")
    if steps[0] != "path":
        document.set(tuple(steps), value, option)
        return
    if len(steps) < 3:
        raise BadInput(f"{option}: names no parameter (KEY: path.MODULE.parameter)")
    entries = document.value.get("path") if isinstance(document.value, dict) else None
    place = _find(entries, steps[1], ("path",), option)
    document.set((*place, *steps[2:]), value, option)


def _find(entries: Any, name: str, place: Place, option: str) -> Place:
    """Return the place of a module by its name, its type or its position."""
    found = dict(_modules(entries, place))
    if name.isdecimal():
        if isinstance(entries, list) and int(name) < len(entries):
            return (*place, int(name))
        raise BadInput(f"{option}: no module at position {name} (allowed: 0 to {len(entries or []) - 1})")
    hits = [where for where, names in found.items() if name in names]
    if not hits:
        known = list(dict.fromkeys(one for names in found.values() for one in names))
        raise BadInput(
            f"{option}: no module '{name}' (modules: {', '.join(known)}).{did_you_mean(name, known)}".rstrip(".")
        )
    if len(hits) > 1:
        spots = ", ".join(dotted(hit)[1:] for hit in hits)
        raise BadInput(f"{option}: '{name}' stands at {spots}. Name it by its position, path.{hits[0][1]}.")
    return hits[0]


def _modules(entries: Any, place: Place) -> list[tuple[Place, tuple[str, ...]]]:
    """Return place, name and type of every module entry, those of conditional paths too."""
    found: list[tuple[Place, tuple[str, ...]]] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, Mapping):
            here = (*place, index)
            names = (entry.get("name"), entry.get("module"))
            if isinstance(entry.get("module"), str):
                found.append((here, tuple(str(name) for name in names if name)))
            for kind in ("if_true", "if_false", "if_value"):
                inner = entry.get(kind)
                if isinstance(inner, Mapping):
                    found += _modules(inner.get("path"), (*here, kind, "path"))
                elif isinstance(inner, list):
                    found += _modules(inner, (*here, kind))
    return found
