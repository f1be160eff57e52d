"""Everything that can be wrong with a path, found before the first event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pxdbkg.config import Fault
from pxdbkg.errors import BadInput, PxdbkgError, did_you_mean
from pxdbkg.framework.job import Job
from pxdbkg.framework.module import AfterConditionPath, Module, Problem
from pxdbkg.framework.path import Path, Step
from pxdbkg.values import Place


@dataclass
class _Known:
    """Collections known at one place of a path: their type, and where they are made."""

    types: dict[str, type] = field(default_factory=dict)
    makers: dict[str, str] = field(default_factory=dict)

    def copy(self) -> _Known:
        return _Known(dict(self.types), dict(self.makers))

    def add(self, other: _Known) -> None:
        self.types |= other.types
        self.makers |= other.makers


def check_path(path: Path, job: Job, *, complete: bool = True) -> list[Fault]:
    """Return all faults of a path, in path order; an empty list means that the job can start.

    Parameters
    ----------
    path : checked with its conditional paths
    job : seed and events of the job
    complete : False when modules are left out because they could not be made: collections are then not checked
    """
    steps = path.steps()
    faults = list(_repeated(steps))
    for step in steps:
        step.module.job = job
        faults += _own_problems(step)
    if complete:
        faults += _collections(path, "path", _Known())
    faults += _streams(steps)
    faults += _entries(steps, job)
    return faults


def fault(step: Step, parameter: str, message: str) -> Fault:
    """Return a fault of a module, with the position of the parameter where the path comes from a file."""
    where = f"{step.where}.{parameter}" if parameter else step.where
    return Fault(step.module.locate(_place(vars(step.module.config), f".{parameter}")), where, message)


def _place(value: object, text: str) -> Place:
    """Return the keys that a text such as ``.rows.1.1.1[3]`` means in a value, as far as they exist."""
    if isinstance(value, Mapping):
        for key in sorted(value, key=lambda one: -len(str(one))):
            rest = text.removeprefix(f".{key}")
            if rest != text and rest[:1] in ("", ".", "["):
                return (key, *_place(value[key], rest))
    elif isinstance(value, (list, tuple)) and (match := re.match(r"\[(\d+)\]", text)) and int(match[1]) < len(value):
        index = int(match[1])
        return (index, *_place(value[index], text[match.end() :]))
    return ()


def _own_problems(step: Step) -> list[Fault]:
    if step.module.faulty:
        return []
    try:
        found = step.module.problems()
    except PxdbkgError as error:
        found = [Problem("", line) for line in str(error).splitlines()]
    return [fault(step, problem.parameter, problem.message) for problem in found]


def _repeated(steps: list[Step]) -> Iterator[Fault]:
    seen: dict[int, str] = {}
    for step in steps:
        if id(step.module) in seen:
            yield fault(step, "", f"this instance already stands at {seen[id(step.module)]}. Make a second one")
        seen.setdefault(id(step.module), step.where)


def _collections(path: Path, where: str, known: _Known) -> list[Fault]:
    faults: list[Fault] = []
    for index, module in enumerate(path):
        step = Step(module, f"{where}[{index}].{type(module).__name__}", 0)
        try:
            needed = module.reads() | module.replaces()
            faults += _needed(step, needed, known)
            optional = {name: kind for name, kind in module.optional().items() if name in known.types}
            faults += _needed(step, optional, known)
            for name, kind in module.writes().items():
                if not name:
                    faults.append(fault(step, _parameter_with(module, name), "is empty. Give the collection a name"))
                    continue
                if name in known.types:
                    message = f"writes the collection '{name}', which {known.makers[name]} already writes"
                    parameter = _parameter_with(module, name)
                    faults.append(fault(step, parameter, f"{message}. Choose another name"))
                known.types[name], known.makers[name] = kind, step.where
            known.types |= module.replaces()
        except PxdbkgError as error:
            faults += [fault(step, "", line) for line in str(error).splitlines()]
        after: list[_Known] = []
        for condition in module.conditions:
            branch = known.copy()
            faults += _collections(condition.path, f"{step.where}.{condition.kind}", branch)
            if condition.after is AfterConditionPath.CONTINUE:
                after.append(branch)
        for branch in after:
            known.add(branch)
    return faults


def _needed(step: Step, needed: dict[str, type], known: _Known) -> Iterator[Fault]:
    for name, kind in needed.items():
        parameter = _parameter_with(step.module, name)
        if parameter.partition("[")[0] in step.module.faulty:
            continue
        if name not in known.types:
            made = ", ".join(known.types) or "none"
            message = f"collection '{name}' is not made before this module (made: {made})."
            yield fault(step, parameter, (message + did_you_mean(name, known.types)).rstrip("."))
        elif not issubclass(known.types[name], kind):
            yield fault(
                step,
                parameter,
                f"collection '{name}' holds {known.types[name].__name__}, made by {known.makers[name]} "
                f"(needed: {kind.__name__})",
            )


def _parameter_with(module: Module, collection: str) -> str:
    """Return the parameter that names a collection, so that the fault points at it."""
    for name in getattr(module.config, "__dataclass_fields__", {}):
        value = getattr(module.config, name)
        if value == collection:
            return str(name)
        if isinstance(value, (list, tuple)) and collection in value:
            return f"{name}[{list(value).index(collection)}]"
    return ""


def _streams(steps: list[Step]) -> Iterator[Fault]:
    seen: dict[tuple[str, str], str] = {}
    for step in steps:
        if not type(step.module).random:
            continue
        stream = (step.module.seed, step.module.stream)
        if stream in seen:
            yield fault(
                step,
                "stream",
                f"draws from the random stream '{stream[1]}', as {seen[stream]} does; their numbers would be the same. "
                "Give one of them another stream",
            )
        seen.setdefault(stream, step.where)


def _entries(steps: list[Step], job: Job) -> Iterator[Fault]:
    for step in steps:
        available = _ask(step.module.entries) if not step.module.faulty else None
        if available is not None and available < job.n_events:
            remedy = f"Ask for at most {available}"
            if hasattr(step.module.config, "wrap"):
                remedy += ", or set wrap: true"
            yield fault(step, "", f"has {available} events, {job.n_events} are asked for. {remedy}")


def _ask(question: Callable[[], int | None]) -> int | None:
    try:
        return question()
    except BadInput:
        return None  # problems() says why
