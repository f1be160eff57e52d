"""Values by experiment and range of runs: tables that must have neither gaps nor overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from pxdbkg.config import parameter


@dataclass(frozen=True)
class RunRange:
    """Runs of one experiment, both ends included."""

    experiment: int = parameter(doc="experiment")
    first_run: int = parameter(doc="first run", low=0)
    last_run: int = parameter(doc="last run, included", low=0)


@dataclass(frozen=True)
class ModelRange(RunRange):
    """A payload for a range of runs."""

    payload: str = parameter(doc="payload file, .pt or .npz")
    sha256: str = parameter("", doc="digest that the payload must have")


@dataclass(frozen=True)
class ConditionRange(RunRange):
    """Machine conditions for a range of runs."""

    values: dict[str, float] = parameter(doc="conditions by name")


R = TypeVar("R", bound=RunRange)


def range_problems(ranges: Sequence[RunRange], runs: Sequence[tuple[int, int]]) -> list[str]:
    """Return what is wrong with a table: empty, overlapping or missing ranges, and runs of the job that it lacks.

    Parameters
    ----------
    ranges : in any order
    runs : (experiment, run) of the job

    >>> range_problems([RunRange(0, 1, 5), RunRange(0, 5, 9)], [])
    ['experiment 0: runs 1 to 5 and 5 to 9 overlap. Let each run stand in one range']
    """
    problems = [
        f"experiment {entry.experiment}: runs {entry.first_run} to {entry.last_run} are no range. Swap them"
        for entry in ranges
        if entry.last_run < entry.first_run
    ]
    for one, other in pairwise(sorted(ranges, key=lambda entry: (entry.experiment, entry.first_run, entry.last_run))):
        if one.experiment != other.experiment:
            continue
        both = f"experiment {one.experiment}: runs {one.first_run} to {one.last_run} and {other.first_run} to "
        if other.first_run <= one.last_run:
            problems.append(f"{both}{other.last_run} overlap. Let each run stand in one range")
        elif other.first_run > one.last_run + 1:
            problems.append(f"{both}{other.last_run} leave a gap. Add a range for the runs between them")
    if not problems:
        problems += [
            f"experiment {experiment}, run {run}: stands in no range. Add one"
            for experiment, run in dict.fromkeys(runs)
            if find_range(ranges, experiment, run) is None
        ]
    return problems


def find_range(ranges: Sequence[R], experiment: int, run: int) -> R | None:
    """Return the range of a run, or None."""
    return next(
        (entry for entry in ranges if entry.experiment == experiment and entry.first_run <= run <= entry.last_run), None
    )
