"""Measure the speed of kernels, generators and the simulation, each as a ratio to a reference in the same run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import BadInput
from pxdbkg.io.atomic import atomic_path

SUITES = ("kernels", "generate", "reference")
CALLS = (
    5  # in a row that one time is the mean of: in an event loop, too, a step finds its code and its input in the cache
)


@dataclass(frozen=True)
class Row:
    """One measurement: median milliseconds of a step and of its reference, and their ratio."""

    name: str
    ms: float
    spread_ms: float
    reference: str
    reference_ms: float
    ratio: float
    repeats: int


def measure(
    name: str, step: Callable[[], object], reference: str, against: Callable[[], object], repeats: int = 50
) -> Row:
    """Time a step and its reference in turn, CALLS calls of each, so that both see the same machine."""
    step()  # warm caches, both once
    against()
    times_ms = np.empty((repeats, 2))
    for repeat in range(repeats):
        for column, call in enumerate((step, against)):
            start = perf_counter()
            for _ in range(CALLS):
                call()
            times_ms[repeat, column] = 1e3 * (perf_counter() - start) / CALLS
    return summarize(name, times_ms, reference)


def summarize(name: str, times_ms: NDArray[np.float64], reference: str) -> Row:
    """Return the row of pairs of times (repeats, 2) of a step and of its reference.

    ``ms`` and ``reference_ms`` are medians, ``spread_ms`` is half the distance of the 16 % and 84 % quantiles,
    ``ratio`` is the median over the pairs.
    """
    low, middle, high = np.quantile(times_ms[:, 0], [0.16, 0.5, 0.84])
    return Row(
        name=name,
        ms=round(float(middle), 4),
        spread_ms=round(float(high - low) / 2, 4),
        reference=reference,
        reference_ms=round(float(np.median(times_ms[:, 1])), 4),
        ratio=round(float(np.median(times_ms[:, 0] / times_ms[:, 1])), 4),
        repeats=len(times_ms),
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a table for the terminal."""
    lines = [f"{'step':<44} {'ms':>9} {'+-':>7}   {'reference':<38} {'ms':>9} {'ratio':>8}"]
    lines += [
        f"{row.name:<44} {row.ms:9.3f} {row.spread_ms:7.3f}   "
        f"{row.reference:<38} {row.reference_ms:9.3f} {row.ratio:8.3f}"
        for row in rows
    ]
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``pxdbkg benchmark``."""
    parser.add_argument("suite", choices=SUITES, help="what is measured")
    parser.add_argument("--json", metavar="F", help="write the rows to this file as well (- for standard output)")
    parser.add_argument(
        "--payload", default="data/models/default.pt", help="kernels, generate: payload that makes the background"
    )
    parser.add_argument("--preset", default="geant4", help="reference: preset that is simulated (default geant4)")


def run(args: argparse.Namespace) -> int:
    """Measure, print the table and return the exit status."""
    from pxdbkg.cli import benchmark_generate, benchmark_kernels, benchmark_reference

    if args.json not in (None, "-") and not Path(args.json).absolute().parent.is_dir():
        raise BadInput(f"benchmark: no folder '{Path(args.json).absolute().parent}' for the JSON. Make it first")
    suites: dict[str, Callable[[], Iterator[Row]]] = {
        "kernels": lambda: benchmark_kernels.rows(args.payload),
        "generate": lambda: benchmark_generate.rows(args.payload),
        "reference": lambda: benchmark_reference.rows(args.preset),
    }
    rows = list(suites[args.suite]())
    text = json.dumps([asdict(row) for row in rows], indent=1)
    if args.json == "-":
        print(text)
        return 0
    print(table(rows))
    if args.json is not None:
        with atomic_path(args.json) as part:
            part.write_text(text + "\n")
    return 0
