"""Draw one event of a digit file, or a whole sample."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pxdbkg.errors import BadInput, did_you_mean
from pxdbkg.io.atomic import check_outputs
from pxdbkg.io.chain import expand

FORMATS = (".png", ".pdf", ".svg")
PAGE = ".html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``pxdbkg display``."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="digit files (npz, ROOT, PNG folder); * ? [ ] stand for several"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--event", type=int, help="draw this event")
    what.add_argument("--summary", action="store_true", help="draw a page of plots of all events, and print numbers")
    parser.add_argument("--sensor", help="with --event: one sensor, pixel by pixel, as 1.1.1 or 0..39")
    parser.add_argument("--collection", default="PXDDigits", help="digits that are drawn (default PXDDigits)")
    parser.add_argument(
        "--background",
        default="PXDDigits_beamBG",
        help="with --event: digits that are not marked as signal (default PXDDigits_beamBG)",
    )
    parser.add_argument(
        "--published",
        metavar="JSON",
        help="with --summary: compare with published statistics, as data/geant4_reference.json",
    )
    parser.add_argument("--json", metavar="JSON", help="with --summary: write the numbers to this file too")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        help=f"file to write ({', '.join(FORMATS)}; with --event also {PAGE}: a page to zoom and point in)",
    )


def run(args: argparse.Namespace) -> int:
    """Draw and return the exit status."""
    output = Path(args.output)
    endings = FORMATS if args.summary else (*FORMATS, PAGE)
    if output.suffix not in endings:
        raise BadInput(f"display: cannot write '{output}' (endings: {', '.join(endings)})")
    if not output.absolute().parent.is_dir():
        raise BadInput(f"display: no folder '{output.absolute().parent}' to write to. Make it first")
    inputs, outputs = [*expand(args.files)], [output]
    if args.published is not None:
        inputs.append(Path(args.published))
    if args.json is not None:
        outputs.append(Path(args.json))
    check_outputs(outputs, inputs)
    if args.summary:
        from pxdbkg.cli.display_summary import draw_sample

        if args.sensor is not None:
            raise BadInput("display: --sensor is for one event. Give --event, or leave it out")
        draw_sample(args.files, args.collection, args.published, args.json, output)
    else:
        for option in ("published", "json"):
            if getattr(args, option) is not None:
                raise BadInput(f"display: --{option} is for a whole sample. Give --summary, or leave it out")
        _draw_event(args, output)
    print(f"wrote {output}")
    return 0


def _draw_event(args: argparse.Namespace, output: Path) -> None:
    from pxdbkg.detector.ids import parse_sensor
    from pxdbkg.io import open_digits
    from pxdbkg.validation.event_view import event_view

    sensor = None if args.sensor is None else parse_sensor(args.sensor)
    path, entry = _find(args.files, args.event, args.collection)
    with open_digits(path) as reader:
        experiment, run, event = (int(numbers[entry]) for numbers in reader.event_ids())
        digits = reader.read(args.collection, entry)
        background = None
        if args.background in reader.collections and args.background != args.collection:
            background = reader.read(args.background, entry)
    view = event_view((experiment, run, event), digits, background)
    if output.suffix == PAGE:
        from pxdbkg.validation.event_page import write_event_page

        write_event_page(view, f"{path}: {args.collection}", output, sensor)
        return
    from pxdbkg.validation import plots
    from pxdbkg.validation.event_display import draw_event, draw_sensor

    plots.save(draw_event(view) if sensor is None else draw_sensor(view, sensor), output)


def _find(files: list[str], event: int, collection: str) -> tuple[Path, int]:
    """Return the first file that has an event of this number, and its position there."""
    from pxdbkg.io import open_digits

    known: list[int] = []
    paths = expand(files)
    for path in paths:
        with open_digits(path) as reader:
            if collection not in reader.collections:
                raise BadInput(
                    f"{path}: no collection '{collection}' (it has: {', '.join(reader.collections) or 'none'})."
                    + did_you_mean(collection, reader.collections)
                )
            numbers = reader.event_ids().event
        entries = np.flatnonzero(numbers == event)
        if len(entries):
            return path, int(entries[0])
        known += [int(numbers.min()), int(numbers.max())] if len(numbers) else []
    allowed = f"events {min(known)} to {max(known)}" if known else "it has no event"
    raise BadInput(f"{', '.join(map(str, paths))}: no event {event} ({allowed}). Choose another one")
