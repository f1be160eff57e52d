"""Rows of ``pxdbkg benchmark generate``: whole events at several occupancies, and the event loop around them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

import pxdbkg
from pxdbkg.cli.benchmark import Row, measure, summarize

LOOP_EVENTS = 20
LOOP_REPEATS = 5


def rows(payload_path: str) -> Iterator[Row]:
    """Measure whole events of a payload against one at its nominal occupancy, and the event loop against it."""
    payload = pxdbkg.load_payload(payload_path)

    def event(scale: float) -> int:
        conditions = {"occupancy_scale": scale} if scale != 1 else {}
        return len(payload.generate(seed=1, events=1, conditions=conditions).columns)

    takes_scale = any(condition.name == "occupancy_scale" for condition in payload.metadata.conditions)
    for scale in (0.1, 0.33, 1.0, 3.3) if takes_scale else (1.0,):
        name = f"one event of {event(scale)} digits, noise to digits"
        yield measure(name, partial(event, scale), "one event, nominal", partial(event, 1.0))
    times = np.array([_main_job(payload_path) for _ in range(LOOP_REPEATS)])
    yield summarize("event loop without the generator, an event", times, "the generator in it")


def _main_job(payload_path: str) -> tuple[float, float]:
    """Return the ms an event of the main job without its generator, and those of the generator."""
    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=["data/signal_simhits.npz"])
    path.add_module("PXDDigitizer")
    generator = path.add_module("PXDBackgroundGenerator", model=payload_path)
    for name in ("BGOverlayExecutor", "PXDDigitSorter", "PXDClusterizer"):
        path.add_module(name)
    with tempfile.TemporaryDirectory() as folder:
        collections = ["PXDDigits", "PXDDigits_beamBG", "PXDClusters"]
        path.add_module("DigitOutput", file=str(Path(folder) / "overlay.npz"), collections=collections)
        pxdbkg.process(path, seed=1, events={"experiment": 0, "run": 0, "first": 1, "count": LOOP_EVENTS})
    row = next(row for row in pxdbkg.statistics.rows if row.name == generator.name)
    return 1e3 * (pxdbkg.statistics.wall_s - row.total_s) / LOOP_EVENTS, row.mean_ms
