"""Show what a digit file or a payload holds, after checking all of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg.errors import FileError
from pxdbkg.io import DigitReader, open_digits
from pxdbkg.io.chain import expand
from pxdbkg.io.merge import check_unique_events
from pxdbkg.io.npz import KINDS
from pxdbkg.io.shards import missing_shards
from pxdbkg.io.zipstore import ZipReader
from pxdbkg.provenance import file_sha256

_ZIP = b"PK"
_OF_A_FILE = ("file", "events", "size_bytes", "sha256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="digit file (npz, ROOT, folder of images) or payload (.pt, .npz); several digit files are shown as one "
        "sample, * ? [ ] stand for several",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Read and check the file or files, print what they are."""
    paths = expand(args.files)
    path = paths[0]
    if len(paths) > 1:
        facts, rows = describe_sample(paths)
    else:
        facts, rows = describe_payload(path) if is_payload(path) else describe_digits(path)
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        width = max(len(label) for label, _ in rows)
        print(path if len(paths) == 1 else f"{path} to {paths[-1].name}")
        for label, text in rows:
            print(f"  {label:{width}}  {text}".rstrip())
    return 0


def is_payload(path: Path) -> bool:
    """Tell whether a path is an archive with the metadata of a payload, or by its ending should be one."""
    if path.suffix == ".pt":
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            return False
    with ZipReader(path) as archive:
        return any(name.rpartition("/")[2] == "pxdbkg.json" for name in archive.names)


def describe_payload(path: Path) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the facts of a payload for JSON, and as rows of a table; PayloadError when it is not sound."""
    from pxdbkg.io import payload

    rows = payload.describe(path)
    sha256 = file_sha256(path)
    facts = {"file": str(path), "content": "payload", "sha256": sha256, **dataclasses.asdict(payload.read_info(path))}
    return facts, [*rows, ("sha256", sha256)]


def describe_digits(path: Path) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the facts of a digit file for JSON, and as rows of a table; FileError or DigitError when it is unsound."""
    with open_digits(path) as reader:
        reader.verify()
        facts = _digit_facts(reader)
    if path.is_file():
        facts |= {"size_bytes": path.stat().st_size, "sha256": file_sha256(path)}
    return facts, _digit_rows(facts)


def describe_sample(paths: Sequence[Path]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the facts of several digit files together for JSON, and as rows of a table.

    Raises FileError or DigitError when one is unsound or no digit file, or an event is in two of them.
    """
    check_unique_events(paths)
    parts = [describe_digits(path)[0] for path in paths]
    first = parts[0]
    for part in parts[1:]:
        if list(part["collections"]) != list(first["collections"]):
            found = f"{list(part['collections'])}, {first['file']} has {list(first['collections'])}"
            raise FileError(f"{part['file']}: has {found}. Show files of one sample together")
    facts = {key: first[key] for key in ("content", "format", "format_version")} | {
        "files": [
            {key: part[key] for key in ("file", "events", "size_bytes", "sha256") if key in part} for part in parts
        ],
        "events": sum(part["events"] for part in parts),
        "experiments": sorted({number for part in parts for number in part["experiments"]}),
        "runs": sorted({number for part in parts for number in part["runs"]}),
        "event_numbers": _limits([number for part in parts for number in part["event_numbers"]]),
        "collections": {
            name: {
                "type": found["type"],
                "entries": sum(part["collections"][name]["entries"] for part in parts),
                "least": min(part["collections"][name]["least"] for part in parts if part["events"] or part is first),
                "most": max(part["collections"][name]["most"] for part in parts),
            }
            for name, found in first["collections"].items()
        },
        "values": sorted(set.intersection(*(set(part["values"]) for part in parts))),
        "provenance": {
            key: value
            for key, value in first["provenance"].items()
            if all(part["provenance"].get(key) == value for part in parts)
        },
        "size_bytes": sum(part.get("size_bytes", 0) for part in parts),
    }
    differ = sorted({key for part in parts for key in part["provenance"]} - set(facts["provenance"]))
    most, least = (pick(part["events"] for part in parts) for pick in (max, min))
    each = f"{most} events each" if most == least else f"{least} to {most} events each"
    rows = [("files", f"{len(parts)}, {each}"), *_digit_rows(facts)]
    if differ:
        rows.append(("provenance differs", ", ".join(differ)))
    if missing := missing_shards(paths):
        rows.append(("files that lack", ", ".join(map(str, missing))))
    return facts, rows


def _digit_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("digits", f"{facts['format']}, format version {facts['format_version'] or 'unknown'}")]
    numbers = f"{facts['events']}"
    if facts["events"]:
        numbers += f" (experiment {_range(facts['experiments'])}, run {_range(facts['runs'])}, "
        numbers += f"event {_range(facts['event_numbers'])})"
    rows.append(("events", numbers))
    for name, found in facts["collections"].items():
        text = f"{found['entries']} {found['type']}"
        if facts["events"]:
            text += f", {found['entries'] / facts['events']:.1f} an event ({found['least']} to {found['most']})"
        rows.append((name, text))
    if facts["values"]:
        rows.append(("values", ", ".join(facts["values"])))
    rows += [(f"provenance {key}", _plain(value)) for key, value in sorted(facts["provenance"].items())]
    rows += [(key, str(facts[key])) for key in ("size_bytes", "sha256") if key in facts]
    return rows


def _digit_facts(reader: DigitReader) -> dict[str, Any]:
    experiments, runs, events = reader.event_ids()
    collections = {}
    for name, kind in reader.kinds.items():
        counts = reader.counts(name)
        least, most = (int(counts.min()), int(counts.max())) if len(counts) else (0, 0)
        collections[name] = {"type": KINDS[kind], "entries": int(counts.sum()), "least": least, "most": most}
    provenance = dict(reader.provenance)
    provenance.pop("format", None)
    return {
        "file": str(reader.path),
        "content": "digits",
        "format": reader.kind,
        "format_version": provenance.pop("format_version", None),
        "events": reader.n_events,
        "experiments": np.unique(experiments).tolist(),
        "runs": np.unique(runs).tolist(),
        "event_numbers": _limits(events.tolist()),
        "collections": collections,
        "values": sorted(reader.extras),
        "provenance": provenance,
    }


def _limits(numbers: list[int]) -> list[int]:
    return [min(numbers), max(numbers)] if numbers else []


def _range(numbers: list[int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
