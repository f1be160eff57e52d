"""Tell whether one sample of background is as good as another."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from pxdbkg.errors import BadInput
from pxdbkg.io.atomic import atomic_path, check_outputs

if TYPE_CHECKING:
    from pxdbkg.validation.result import Result, Validation

_WIDEST = 66  # characters of the last column; the file of numbers and the page have all of it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``pxdbkg validate``."""
    parser.epilog = (
        "In the table, floor is what two samples of the reference give in the mean, ratio is value / floor, and an "
        "observable fails above its limit. Exit status: 0 done, 1 with --strict when an observable fails, 2 bad input."
    )
    for name, text in (
        ("reference", "sample that is right, such as full simulation"),
        ("candidate", "sample that is judged"),
    ):
        parser.add_argument(
            f"--{name}", metavar="FILE", nargs="+", required=True, help=f"{text}; * ? [ ] stand for several files"
        )
    parser.add_argument(
        "--training", metavar="FILE", nargs="+", help="events that the generator was trained on, to find copies of them"
    )
    parser.add_argument(
        "--published", metavar="JSON", help="put the candidate beside these numbers, as data/geant4_reference.json"
    )
    parser.add_argument(
        "--collection",
        help="digits that are compared (default: PXDDigits_beamBG where the file has it, else PXDDigits)",
    )
    parser.add_argument("--events", type=int, metavar="N", help="use the first N events of each sample (default: all)")
    parser.add_argument("--quick", action="store_true", help="at most 100 events a sample, no neural network")
    parser.add_argument(
        "--tracks",
        type=int,
        default=0,
        metavar="N",
        help="reconstruct N signal tracks with each background, 20000 for an answer",
    )
    parser.add_argument("--strict", action="store_true", help="exit with status 1 when an observable fails")
    parser.add_argument("--json", metavar="JSON", help="write all numbers to this file")
    parser.add_argument("--report", metavar="HTML", help="write a page with all numbers and plots")


def run(args: argparse.Namespace) -> int:
    """Compare and return the exit status."""
    from pxdbkg.cli.display_summary import table
    from pxdbkg.io.published import read_published
    from pxdbkg.validation.comparison import QUICK_EVENTS, validate
    from pxdbkg.validation.sides import SampleFiles

    _check(args)
    published = None if args.published is None else read_published(args.published)
    most = min(args.events or QUICK_EVENTS, QUICK_EVENTS) if args.quick else args.events
    samples = [
        SampleFiles(name, patterns, args.collection, None if name == "training" else most)
        for name in ("reference", "candidate", "training")
        if (patterns := getattr(args, name)) is not None
    ]
    outputs = [path for path in (args.json, args.report) if path is not None]
    inputs = [path for sample in samples for path in sample.chain.paths]
    try:
        check_outputs(outputs, inputs if args.published is None else [*inputs, args.published])
        found = validate(*samples, published=published, quick=args.quick, n_tracks=args.tracks)
    finally:
        for sample in samples:
            sample.close()
    print(_table(found.results))
    if found.published:
        print(f"\n{table(found.published, published=True)}\n")
    print(_verdict(found))
    sys.stdout.flush()  # the report takes seconds
    _write(found, args.json, args.report)
    for path in outputs:
        print(f"wrote {path}")
    return 1 if args.strict and not found.passed else 0


def _write(found: Validation, numbers: str | None, page: str | None) -> None:
    """Write what was asked for: all of it, or nothing when that is interrupted."""
    with ExitStack() as parts:
        if numbers is not None:
            part = parts.enter_context(atomic_path(numbers))
            part.write_text(json.dumps(_facts(found), indent=1, allow_nan=False), encoding="utf-8")
        if page is not None:
            from pxdbkg.validation.report import write_report

            write_report(found, Path(page))


def _check(args: argparse.Namespace) -> None:
    """Raise BadInput for what can be known to fail after minutes of work."""
    from importlib.util import find_spec

    from pxdbkg.errors import MissingExtra

    for name, ending in (("json", ".json"), ("report", ".html")):
        path = getattr(args, name)
        if path is None:
            continue
        if Path(path).suffix != ending:
            raise BadInput(f"validate: --{name} {path}: cannot write this (names end in {ending}). Choose another name")
        if not Path(path).absolute().parent.is_dir():
            raise BadInput(f"validate: no folder for '{path}'. Make it first")
        if Path(path).is_dir():
            raise BadInput(f"validate: '{path}' is a folder. Give the name of a file")
    for option, least in (("events", 1), ("tracks", 0)):
        value = getattr(args, option)
        if value is not None and value < least:
            raise BadInput(f"validate: --{option} {value}: too small (at least {least})")
    needed = [("the classifiers of validate", "sklearn", "validation")]
    if args.report is not None:
        needed.append(("the report of validate", "matplotlib", "plots"))
    if args.tracks:
        needed.append(("the tracks of validate", "acts", "acts"))
    for feature, package, extra in needed:
        if find_spec(package) is None:
            raise MissingExtra(feature, package, extra)


def _table(results: Sequence[Result]) -> str:
    """Return all results as a table, group by group."""
    from pxdbkg.validation.result import GROUPS

    head = ("observable", "value", "+-", "floor", "ratio", "limit", "", "where")
    rows: list[tuple[str, ...]] = [head]
    group = ""
    for one in results:
        if one.group != group:
            group = one.group
            rows.append((GROUPS[group], *[""] * (len(head) - 1)))
        name = f"  {one.name}" + (f" [{one.unit}]" if one.unit else "")
        verdict = {True: "ok", False: "FAILS", None: ""}[one.passed]
        ratio = "" if math.isnan(one.ratio) else f"{one.ratio:.2f}"
        numbers = [_number(number) for number in (one.value, one.error, one.floor)]
        rows.append(
            (name, *numbers, ratio, _number(one.limit), verdict, shorten(one.detail, _WIDEST, placeholder=" ..."))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    left = {0, 6, 7}  # columns of text
    lines = []
    for row in rows:
        cells = [f"{cell:{'<' if c in left else '>'}{widths[c]}}" for c, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"


def _verdict(found: Validation) -> str:
    judged = [one for one in found.results if one.passed is not None]
    sizes = f"{found.candidate.n_events} against {found.reference.n_events} events"
    if found.passed:
        return f"PASS: all {len(judged)} observables are within their limits ({sizes})"
    worst = max(found.failed, key=lambda one: one.value / one.limit if one.limit > 0 else math.inf)
    count = f"{len(found.failed)} of {len(judged)}"
    beyond = "is beyond its limit" if len(found.failed) == 1 else "are beyond their limits"
    return f"FAIL: {count} observables {beyond} ({sizes}), above all {worst.name}"


def _facts(found: Validation) -> dict[str, Any]:
    """Return the result as it is written to a file; null where there is no number."""
    from pxdbkg import provenance

    def number(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

    return {
        "verdict": "pass" if found.passed else "fail",
        "observables": [
            {
                "name": one.name,
                "group": one.group,
                "unit": one.unit,
                "value": number(one.value),
                "error": number(one.error),
                "floor": number(one.floor),
                "ratio": number(one.ratio),
                "limit": number(one.limit),
                "pass": one.passed,
                "p_value": number(one.p_value),
                "detail": one.detail,
            }
            for one in found.results
        ],
        "published": [
            {
                "name": one.name,
                "unit": one.unit,
                "value": number(one.value),
                "error": number(one.error),
                "published": number(one.published),
                "generator": number(one.generator),
                "difference_percent": number(one.difference_percent),
            }
            for one in found.published
        ],
        "provenance": {
            "validator": {**provenance.base(), **found.options},
            **{
                side.label: {
                    "files": list(side.files),
                    "collection": side.collection,
                    "events": side.n_events,
                    "provenance": side.provenance,
                }
                for side in (found.reference, found.candidate)
            },
        },
    }
