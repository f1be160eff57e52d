"""Rows of ``pxdbkg benchmark reference``: whole simulated background events, and the share of each stage."""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import pxdbkg
from pxdbkg.cli.benchmark import Row, summarize

LOOP_EVENTS = 20
LOOP_REPEATS = 5
GOAL_MS = 100.0  # 10 events a second on one core, for the preset geant4
# Stage -> the function whose time it is, by file and name.
STAGES = {
    "sources: particles": ("reference/simulator.py", "particles"),
    "transport: hits in silicon": ("kernels/transport.py", "transport"),
    "deposit: charge in pixels": ("kernels/deposition.py", "deposit"),
    "read-out: digits": ("kernels/readout.py", "read_out"),
    "output: digits in a file": ("modules/digit_output.py", "event"),
}


def rows(preset: str) -> Iterator[Row]:
    """Measure events of a preset: the whole event against the goal, each stage and two processes against the event."""
    _simulate(preset)  # warm caches
    plain = np.array([_simulate(preset) for _ in range(LOOP_REPEATS)])
    digits, a_second = plain[:, 1].mean(), 1e3 / np.median(plain[:, 0])
    goal = np.full(LOOP_REPEATS, GOAL_MS)
    name = f"{Path(preset).stem}, {digits:.0f} digits: {a_second:.1f} events a second"
    yield summarize(name, np.stack([plain[:, 0], goal], axis=1), "goal: 10 events a second")
    two = np.array([_simulate(preset, processes=2)[0] for _ in range(LOOP_REPEATS)])
    yield summarize("one event, two processes", np.stack([two, plain[:, 0]], axis=1), "one event, one process")
    times = np.array([_profile(preset) for _ in range(LOOP_REPEATS)])
    for number, stage in enumerate(STAGES):
        yield summarize(stage, times[:, [number, -1]], "one event, with the profiler")
    rest = times[:, -1] - times[:, :-1].sum(axis=1)
    yield summarize("all else", np.stack([rest, times[:, -1]], axis=1), "one event, with the profiler")


def _simulate(preset: str, processes: int = 1) -> tuple[float, float]:
    """Return the ms an event of a job that simulates and writes background, and its digits an event."""
    path = pxdbkg.create_path()
    path.add_module("PXDBackgroundSimulator", preset=preset)
    digitizer = path.add_module("PXDDigitizer", energy="hits", segment=10.0)
    with tempfile.TemporaryDirectory() as folder:
        path.add_module("DigitOutput", file=str(Path(folder) / "background.npz"))
        events = {"experiment": 0, "run": 0, "first": 1, "count": LOOP_EVENTS}
        pxdbkg.process(path, processes, seed=1, events=events)
    return 1e3 * pxdbkg.statistics.wall_s / LOOP_EVENTS, digitizer.counts["digits"] / LOOP_EVENTS


def _profile(preset: str) -> list[float]:
    """Return the ms an event of each stage, and last of the whole event, under the profiler."""
    profile = cProfile.Profile()
    profile.runcall(_simulate, preset)
    found = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    inside = {
        stage: sum(values[3] for (file, _, name), values in found.items() if name == function and file.endswith(place))
        for stage, (place, function) in STAGES.items()
    }
    whole = pxdbkg.statistics.wall_s
    return [1e3 * seconds / LOOP_EVENTS for seconds in (*inside.values(), whole)]
