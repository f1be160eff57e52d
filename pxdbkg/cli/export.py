"""Write a generator as a payload."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pxdbkg.errors import BadInput, did_you_mean
from pxdbkg.io.atomic import temporary_beside

if TYPE_CHECKING:
    from torch import nn

    from pxdbkg.io.metadata import PayloadInfo

UNTRAINED = ("convnet", "resnet")
FAMILIES = ("baseline", *UNTRAINED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("generator", metavar="GENERATOR", help=f"what to export: {', '.join(FAMILIES)}")
    parser.add_argument(
        "-o", dest="output", required=True, metavar="FILE", help="payload file, .pt; .npz goes beside it"
    )
    parser.add_argument("--seed", default="0", metavar="S", help="seed of untrained weights (default: 0)")
    parser.add_argument(
        "--reference",
        default="data/geant4_reference.json",
        metavar="F",
        help="published statistics that the baseline is made from (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the payload and print its digest."""
    if args.generator not in FAMILIES:
        raise BadInput(
            f"export: '{args.generator}' is not a generator (allowed: {', '.join(FAMILIES)})."
            + did_you_mean(args.generator, FAMILIES)
        )
    if Path(args.output).suffix != ".pt":
        raise BadInput(f"export: the file '{args.output}' does not end in .pt, as a payload does. Rename it")
    temporary_beside(args.output)  # better now than after the work
    from pxdbkg.generators.export import write_payload

    if args.generator == "baseline":
        from pxdbkg.generators.baseline import make_baseline

        made: tuple[nn.Module, PayloadInfo] = make_baseline(args.reference)
    else:
        from pxdbkg.generators.untrained import make_untrained

        made = make_untrained(args.generator, args.seed)
    script, arrays = write_payload(*made, args.output)
    for path, written in ((Path(args.output), script), (Path(args.output).with_suffix(".npz"), arrays)):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, digest {written.digest}")
    return 0
