"""The error tree: what went wrong, and whether the user can mend it.

Every message is one line of the form ``WHERE: PROBLEM (allowed values). REMEDY``. ``BadInput`` and its children end a
command with exit status 2, all other errors with 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class PxdbkgError(Exception):
    """Base of every error that pxdbkg raises on purpose."""

    exit_status = 1

    def __str__(self) -> str:
        # KeyError, one of the parents below, would print the repr of its argument.
        return str(self.args[0]) if self.args else ""


class BadInput(PxdbkgError):
    """Something that the user gave is wrong: a file, a parameter, an array."""

    exit_status = 2


class ConfigError(BadInput, ValueError):
    """One or more faults of a configuration, all of them, one a line."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class FileError(BadInput, ValueError):
    """A file is missing, damaged, or not of the kind that is needed."""


class PayloadError(FileError):
    """A generator payload cannot be used."""


class DigitError(BadInput, ValueError):
    """Values of an array break a rule: out of range, not sorted, offsets that run backwards."""


class ArrayTypeError(BadInput, TypeError):
    """An array has the wrong dtype, shape or memory layout; it is never converted silently."""


class ConditionError(BadInput, ValueError):
    """A machine condition is unknown to a payload or out of its range."""


class StoreError(PxdbkgError, KeyError):
    """A collection of the data store is missing, of another type, or written twice."""


class MissingExtra(BadInput, ImportError):
    """An optional package is not installed."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature}: needs the package '{package}', which is not installed. "
            f"Install it with: pip install 'pxdbkg[{extra}]'"
        )


class ModuleError(PxdbkgError):
    """A module failed in an event; names module, experiment, run and event."""

    def __init__(self, message: str, exit_status: int = 1) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def unreadable(path: object, error: OSError) -> str:
    """Return the line that says why a file cannot be read, and what to do.

    >>> unreadable("a.npz", FileNotFoundError(2, "No such file or directory"))
    'a.npz: cannot be read (No such file or directory). Check the name'
    """
    remedies = {PermissionError: "Ask for the right to read it", IsADirectoryError: "Give the name of a file"}
    return f"{path}: cannot be read ({error.strerror or error}). {remedies.get(type(error), 'Check the name')}"


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the choice nearest to a word, or an empty string.

    >>> did_you_mean("thresold", ["threshold", "seed"])
    " Did you mean 'threshold'?"
    """
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
