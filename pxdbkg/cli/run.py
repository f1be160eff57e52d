"""Run a steering file."""

from __future__ import annotations

import argparse

from pxdbkg import log, seeding
from pxdbkg.errors import BadInput
from pxdbkg.framework.loop import run_job
from pxdbkg.framework.statistics import statistics
from pxdbkg.framework.steering import MOST_PROCESSES, read_steering


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("steering", metavar="STEERING", help="steering file (YAML)")
    parser.add_argument(
        "-n", dest="n_events", type=int, metavar="N", help="process N events instead of those of the file"
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="P",
        help="number of worker processes (default: 1, or what the file says); the results are the same",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the file: seed, events.first, path.MODULE.parameter (MODULE: name, or position from 0)",
    )
    parser.add_argument("--dry-run", action="store_true", help="check, print the whole job, process nothing")


def run(args: argparse.Namespace) -> int:
    """Run the job of a steering file; 130 when it was interrupted."""
    if args.n_events is not None and args.n_events < 0:
        raise BadInput(f"-n: {args.n_events} is out of range (allowed: 0 or more)")
    if args.processes is not None and not 1 <= args.processes <= MOST_PROCESSES:
        raise BadInput(f"--processes: {args.processes} is out of range (allowed: 1 to {MOST_PROCESSES})")
    steering = read_steering(args.steering, args.settings)
    seed = steering.seed or seeding.draw_seed()
    job = steering.prepare(seed, args.n_events)
    assert steering.keys is not None
    if args.dry_run:
        print(steering.show(steering.seed), end="")
        print(f"ok: {job.n_events} events, nothing was processed")
        return 0
    if args.log_level is None:
        log.configure(steering.keys.log_level)
    print(f"seed: {seed}" + ("" if steering.seed else " (drawn; give it again to get the same bytes)"), flush=True)
    run_job(steering.path, job, args.processes or steering.keys.processes)
    print(statistics)
    print(statistics.summary())
    if job.interrupted:
        print(f"interrupted after {job.n_done} of {job.n_events} events; the files hold these", flush=True)
        return 130
    return 0
