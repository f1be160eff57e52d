"""Show what a digit file or a payload holds, after checking all of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg.io import DigitReader, open_digits
from pxdbkg.io.npz import KINDS
from pxdbkg.io.zipstore import ZipReader
from pxdbkg.provenance import file_sha256

_ZIP = b"PK"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", help="digit file (npz, ROOT, folder of images) or payload (.pt, .npz)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Read and check the file, print what it is."""
    path = Path(args.file)
    facts, rows = describe_payload(path) if is_payload(path) else describe_digits(path)
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        width = max(len(label) for label, _ in rows)
        print(path)
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
    return facts, rows


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
        "event_numbers": [int(events.min()), int(events.max())] if len(events) else [],
        "collections": collections,
        "values": sorted(reader.extras),
        "provenance": provenance,
    }


def _range(numbers: list[int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
