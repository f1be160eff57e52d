"""The base class of all modules."""

from __future__ import annotations

import dataclasses
import enum
import logging
import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pxdbkg import log
from pxdbkg.config import Position
from pxdbkg.errors import BadInput, ConfigError
from pxdbkg.framework.datastore import DataStore
from pxdbkg.framework.job import Job
from pxdbkg.framework.meta import EventId, EventMeta
from pxdbkg.seeding import event_key
from pxdbkg.values import Place, build_config

if TYPE_CHECKING:
    from pxdbkg.framework.path import Path

RESERVED = ("module", "name", "log_level", "if_true", "if_false", "if_value")
_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class Problem(NamedTuple):
    """A fault that a module finds in its parameters: the name of the parameter ("" for the module) and the message."""

    parameter: str
    message: str


class AfterConditionPath(enum.Enum):
    """What follows a conditional path: the event is done, or the path that it left goes on."""

    END = "END"
    CONTINUE = "CONTINUE"


@dataclass(frozen=True)
class Condition:
    """When the return value of a module fulfils ``expression``, the event goes on in ``path``."""

    kind: str
    expression: str
    path: Path
    after: AfterConditionPath

    def holds(self, value: int) -> bool:
        """Tell whether a return value fulfils the expression."""
        sign, number = parse_expression(self.expression)
        return _OPERATORS[sign](value, number)


def parse_expression(text: str) -> tuple[str, int]:
    """Return operator and number of a condition; ConfigError when it is none.

    >>> parse_expression(">= 3")
    ('>=', 3)
    """
    match = re.fullmatch(r"\s*(>=|<=|==|!=|>|<)\s*([+-]?\d+)\s*", text)
    if match is None:
        raise ConfigError(f"condition: '{text}' is not a condition (allowed: > >= < <= == != and a whole number)")
    return match[1], int(match[2])


class Module:
    """Base class of modules: parameters, hooks, and what the framework needs to know.

    A subclass has a docstring whose first line is its help text, a frozen dataclass ``Config`` of parameters, and any
    of the hooks ``initialize, beginRun, event, endRun, terminate``.

    Class attributes
    ----------------
    parallel : may run in a forked worker: all data go through the store, nothing is written to files, and what it makes
        depends on ``self.meta`` only. Numbers for the summary go into ``self.counts``, which is summed over workers.
    random : draws random numbers; ``Config`` has a field ``stream: str | None = None`` and ``self.key()`` can be used
    event_source : "exclusive" numbers the events itself, "fallback" does so when nothing else does, None never

    Parameters are given by name and checked at once: ConfigError lists all faults.
    """

    @dataclass(frozen=True)
    class Config:
        """No parameters."""

    parallel: ClassVar[bool] = False
    random: ClassVar[bool] = False
    event_source: Literal["exclusive", "fallback"] | None = None

    config: Any
    name: str
    log: logging.Logger
    store: DataStore
    meta: EventMeta
    job: Job
    counts: Counter[str]

    def __init__(self, **parameters: Any) -> None:
        config, faults = build_config(type(self).Config, parameters)
        if faults:
            raise ConfigError([f"{type(self).__name__}{fault}" for fault in faults])
        self.set_up(config)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names = (
            [field.name for field in dataclasses.fields(cls.Config)] if dataclasses.is_dataclass(cls.Config) else None
        )
        if names is None:
            raise TypeError(f"{cls.__name__}.Config: must be a dataclass, @dataclass(frozen=True)")
        if taken := [name for name in names if name in RESERVED]:
            raise TypeError(f"{cls.__name__}.Config: {', '.join(taken)} mean something else in a steering file")
        if cls.random and "stream" not in names:
            raise TypeError(f"{cls.__name__}.Config: a random module needs the field 'stream: str | None'")

    def set_up(self, config: Any) -> None:
        """Give a new module its checked parameters; for the framework, and for an ``__init__`` that makes its own."""
        self.config = config
        self.name = type(self).__name__
        self.given_name = ""
        self.log = log.get_logger(self.name)
        self.log_level: str | None = None
        self.conditions: list[Condition] = []
        self.counts = Counter()
        self.result: int | None = None
        self.faulty: frozenset[str] = frozenset()
        self.locate: Callable[[Place], Position | None] = lambda _: None

    # Declarations ---------------------------------------------------------------------------------------------------

    def reads(self) -> dict[str, type]:
        """Return the collections that must be there before this module, each with its type."""
        return {}

    def optional(self) -> dict[str, type]:
        """Return the collections that are used when they are there."""
        return {}

    def writes(self) -> dict[str, type]:
        """Return the collections that this module makes."""
        return {}

    def replaces(self) -> dict[str, type]:
        """Return the collections that this module overwrites; they must be there before it."""
        return {}

    def problems(self) -> list[Problem]:
        """Return the faults found by looking at files and at parameters together; called before ``initialize``."""
        return []

    def entries(self) -> int | None:
        """Return how many events an input module can deliver, None for no limit."""
        return None

    def event_list(self) -> Sequence[EventId] | None:
        """Return (experiment, run, event) of every event of an event source, in order."""
        return None

    def resume_at(self) -> int | None:
        """Return the position of the first event that an output still needs; None for a module that is no output.

        Called after all modules are initialized. The job begins with the first event that an output needs.
        """
        return None

    def provenance(self) -> dict[str, object]:
        """Return what this module adds to the provenance of outputs: only what is the same in every equal job."""
        return {}

    def summary(self) -> list[tuple[str, str]]:
        """Return lines (label, value) to print after the run."""
        return []

    # Hooks ----------------------------------------------------------------------------------------------------------

    def initialize(self) -> None:
        """Prepare the job. No torch here beyond reading files: workers are forked afterwards."""

    def beginRun(self) -> None:
        """Prepare a run: called when experiment or run changed."""

    def event(self) -> None:
        """Process one event."""

    def endRun(self) -> None:
        """Close a run."""

    def terminate(self) -> None:
        """Finish the job: close files."""

    def abort(self) -> None:
        """Clean up after a failure, instead of ``terminate``: leave no half-written file behind."""

    # Services -------------------------------------------------------------------------------------------------------

    @property
    def stream(self) -> str:
        """Return the name of the random stream: the parameter ``stream``, by default the type of the module."""
        return getattr(self.config, "stream", None) or type(self).__name__

    @property
    def seed(self) -> str:
        """Return the seed of this module: its parameter ``seed`` if it has one that is set, else that of the job."""
        own = getattr(self.config, "seed", None)
        return self.job.seed if own is None else str(own)

    def key(self) -> bytes:
        """Return the 16-byte key of this module in this event."""
        if not type(self).random:
            raise BadInput(f"{self.name}: key() needs the class attribute random = True")
        return event_key(self.seed, self.stream, self.meta.experiment, self.meta.run, self.meta.event)

    def return_value(self, value: int | bool) -> None:
        """Set the value that conditions look at in this event."""
        self.result = int(value)

    def set_name(self, name: str) -> Module:
        """Give the module a name of its own for the table, the log and the provenance; by default it is its type."""
        self.name = self.given_name = name
        return self

    def set_log_level(self, level: str) -> Module:
        """Set the lowest level of message of this module that is shown: DEBUG, INFO, WARNING or ERROR."""
        if level not in log.LEVELS:
            raise ConfigError(f"{self.name}.log_level: '{level}' is not allowed (allowed: {', '.join(log.LEVELS)})")
        self.log_level = level
        return self

    def if_value(
        self, expression: str, path: Path, after: AfterConditionPath = AfterConditionPath.END, *, kind: str = "if_value"
    ) -> Module:
        """Go on in another path when the return value fulfils the expression, for example ">3".

        The first condition that holds is taken. Afterwards the event ends, or with CONTINUE goes on after this module.
        Without a return value no condition holds.
        """
        parse_expression(expression)
        self.conditions.append(Condition(kind, expression, path, AfterConditionPath(after)))
        return self

    def if_true(self, path: Path, after: AfterConditionPath = AfterConditionPath.END) -> Module:
        """Go on in another path when the return value is 1 or more."""
        return self.if_value(">=1", path, after, kind="if_true")

    def if_false(self, path: Path, after: AfterConditionPath = AfterConditionPath.END) -> Module:
        """Go on in another path when the return value is less than 1; an empty path skips the event."""
        return self.if_value("<1", path, after, kind="if_false")
