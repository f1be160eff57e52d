"""Fit the background simulation to published statistics."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg import log
from pxdbkg.config import dump_yaml
from pxdbkg.detector.geometry import nominal
from pxdbkg.errors import BadInput
from pxdbkg.io.atomic import atomic_path, temporary_beside
from pxdbkg.io.published import read_published
from pxdbkg.reference.calibration import Step, calibrate
from pxdbkg.reference.preset import Preset, as_mapping, load_preset

_LINE_S = 20.0  # between two lines of progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--preset", default="geant4", metavar="P", help="preset to start from, by name or file (default: %(default)s)"
    )
    parser.add_argument(
        "--target",
        default="data/geant4_reference.json",
        metavar="F",
        help="published statistics to fit to (default: %(default)s)",
    )
    parser.add_argument("-o", dest="output", required=True, metavar="FILE", help="preset that is written, .yaml")
    parser.add_argument(
        "-n", dest="n_events", type=int, default=200, metavar="N", help="events of each simulation (default: 200)"
    )
    parser.add_argument("--steps", type=int, default=5, metavar="K", help="linear steps of the fit (default: 5)")
    parser.add_argument("--seed", default="calibration", metavar="S", help="seed of the events")


def run(args: argparse.Namespace) -> int:
    """Fit, print the free parameters and what they reach, write the preset."""
    for name, value, low in (("-n", args.n_events, 2), ("--steps", args.steps, 0)):
        if value < low:
            raise BadInput(f"{name}: {value} is out of range (allowed: whole numbers from {low})")
    if Path(args.output).suffix != ".yaml":
        raise BadInput(f"calibrate: the file '{args.output}' does not end in .yaml, as a preset does. Rename it")
    temporary_beside(args.output)  # better now than after the work
    preset = load_preset(args.preset)
    target = read_published(args.target)
    progress = _Progress()
    fitted = calibrate(
        preset,
        target,
        nominal(),
        n_events=args.n_events,
        steps=args.steps,
        seed=args.seed,
        report=lambda step: _report(step, target.mean_occupancy, target.mean_charge),
        progress=progress,
    )
    show_parameters(fitted)
    with atomic_path(args.output) as path:
        path.write_text(dump_yaml(_rounded(as_mapping(fitted))), encoding="utf-8")
    print(f"{args.output}: written. Use it with: preset: {args.output}")
    return 0


def _rounded(value: Any) -> Any:
    """Return plain values with six digits of each number: far below the errors of a fit, and readable."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def show_parameters(preset: Preset) -> None:
    """Print the free parameters of a preset with their errors and assumptions."""
    print(f"{'free parameter':28s} {'value':>10s} {'error':>9s}  assumed")
    for name, free in preset.fit.items():
        value, error = (f"{x:.4g}" if x is not None else "-" for x in (free.value, free.error))
        assumed = f"{free.assumed:g} +- {free.assumed_error:g}" if free.assumed is not None else "-"
        print(f"{name:28s} {value:>10s} {error:>9s}  {assumed}")


def _report(step: Step, occupancy: np.ndarray, charge: np.ndarray) -> None:
    seen = step.seen
    off = np.abs(seen["occupancy"] / occupancy - 1.0)
    off_charge = np.abs(seen["charge"] / charge - 1.0)
    print(
        f"chi2 {step.chi2:9.1f}: occupancy off by {100 * off.mean():.2f} % (worst sensor {100 * off.max():.2f} %), "
        f"mean charge by {100 * off_charge.mean():.2f} % ({100 * off_charge.max():.2f} %), "
        f"KS {step.ks:.4f}, Fano {seen['fano'][0]:.2f} and {seen['fano'][1]:.2f}",
        flush=True,
    )


class _Progress:
    """Counts events, and says so now and then."""

    def __init__(self) -> None:
        self._events, self._start = 0, time.monotonic()
        self._said = self._start

    def __call__(self) -> None:
        self._events += 1
        now = time.monotonic()
        if now - self._said > _LINE_S:
            self._said = now
            log.get_logger("calibrate").info(
                "%d events simulated, %.0f ms an event", self._events, 1e3 * (now - self._start) / self._events
            )
            sys.stderr.flush()
