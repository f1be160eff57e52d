"""Draw one event of a digit file."""

from __future__ import annotations

import argparse
from pathlib import Path

from pxdbkg.errors import BadInput, did_you_mean

FORMATS = (".png", ".pdf", ".svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``pxdbkg display``."""
    parser.add_argument("file", help="digit file (npz, ROOT, PNG folder)")
    parser.add_argument("--event", type=int, required=True, help="event number")
    parser.add_argument("--sensor", help="one sensor, pixel by pixel, as 1.1.1 or 0..39")
    parser.add_argument("--collection", default="PXDDigits", help="digits that are drawn (default PXDDigits)")
    parser.add_argument(
        "--background",
        default="PXDDigits_beamBG",
        help="digits that are not marked as signal (default PXDDigits_beamBG)",
    )
    parser.add_argument("-o", "--output", required=True, help=f"picture to write ({', '.join(FORMATS)})")


def run(args: argparse.Namespace) -> int:
    """Draw and return the exit status."""
    from pxdbkg.detector.ids import parse_sensor
    from pxdbkg.io import open_digits
    from pxdbkg.validation import plots

    output = Path(args.output)
    if output.suffix not in FORMATS:
        raise BadInput(f"display: cannot write '{output}' (endings: {', '.join(FORMATS)})")
    if not output.absolute().parent.is_dir():
        raise BadInput(f"display: no folder '{output.absolute().parent}' for the picture. Make it first")
    with open_digits(args.file) as reader:
        if args.collection not in reader.collections:
            raise BadInput(
                f"{args.file}: no collection '{args.collection}' (it has: {', '.join(reader.collections)})."
                + did_you_mean(args.collection, reader.collections)
            )
        experiments, runs, numbers = reader.event_ids()
        entries = (numbers == args.event).nonzero()[0]
        if len(entries) == 0:
            known = f"events {numbers.min()} to {numbers.max()}" if len(numbers) else "it has no event"
            raise BadInput(f"{args.file}: no event {args.event} ({known}). Choose another one")
        entry = int(entries[0])
        digits = reader.read(args.collection, entry)
        signal = None
        if args.background in reader.collections and args.background != args.collection:
            signal = plots.signal_part(digits, reader.read(args.background, entry))
    title = f"experiment {experiments[entry]}, run {runs[entry]}, event {args.event}: {len(digits)} digits"
    if signal is not None:
        title += f", {len(signal)} with signal"
    if args.sensor is None:
        figure = plots.draw_event(digits, signal, title)
    else:
        figure = plots.draw_sensor(digits, signal, parse_sensor(args.sensor), title)
    plots.save(figure, output)
    print(f"wrote {output}")
    return 0
