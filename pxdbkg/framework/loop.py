"""The event loop: ``process``."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import NoneType
from typing import Any

from pxdbkg import log, seeding
from pxdbkg.config import Fault, Position
from pxdbkg.errors import ConfigError
from pxdbkg.framework.check import check_path
from pxdbkg.framework.datastore import DataStore
from pxdbkg.framework.interrupt import Interrupt
from pxdbkg.framework.job import Job
from pxdbkg.framework.meta import EventNumbers, metas
from pxdbkg.framework.path import Path
from pxdbkg.framework.resolve import digest
from pxdbkg.framework.runner import Runner
from pxdbkg.framework.sources import choose_events, read_events
from pxdbkg.framework.statistics import statistics
from pxdbkg.framework.workers import Workers


def prepare(
    path: Path,
    events: EventNumbers | str | None,
    seed: str,
    n_events: int | None = None,
    *,
    position: Position | None = None,
    complete: bool = True,
) -> tuple[Job, list[Fault]]:
    """Make the job of a path and return it with all faults; nothing is initialized.

    Parameters
    ----------
    path, events, n_events, position : as in ``choose_events``
    seed : of the job
    complete : False when modules of the path could not be made
    """
    path.name_modules()
    steps = path.steps()
    ids, faults = choose_events(path, events, n_events, position) if complete else ([], [])
    job = Job(seed, ids, list(dict.fromkeys(step.module for step in steps)), digest(path))
    return job, faults + check_path(path, job, complete=complete)


def make_job(
    path: Path,
    events: Mapping[str, Any] | EventNumbers | None = None,
    seed: int | str | None = None,
    n_events: int | None = None,
) -> Job:
    """Return the job of a path after all checks, with the parameters of ``process``; nothing is initialized."""
    numbers, faults = read_events(events)
    if n_events is not None and (not isinstance(n_events, int) or n_events < 0):
        faults.append(Fault(None, "n_events", f"{n_events!r} is out of range (allowed: whole numbers from 0)"))
    if len(path) == 0:
        faults.append(Fault(None, "path", "has no module. Add one with path.add_module(name)"))
    if isinstance(seed, bool) or not isinstance(seed, (int, str, NoneType)):
        faults.append(Fault(None, "seed", f"{seed!r} is not an integer or a text"))
    if not faults:
        job, faults = prepare(path, numbers, seeding.draw_seed() if seed is None else str(seed), n_events)
    if faults:
        raise ConfigError([str(fault) for fault in faults])
    return job


def process(
    path: Path,
    processes: int = 1,
    *,
    events: Mapping[str, Any] | EventNumbers | None = None,
    seed: int | str | None = None,
    n_events: int | None = None,
) -> Job:
    """Process events: check the path, initialize the modules, loop, terminate.

    Parameters
    ----------
    path : with at least one module
    processes : number of forked workers; 1 processes everything here. The results are the same
    events : numbers as in the ``events`` block of a steering file; without it the input module numbers the events
    seed : integer or text; without it one is drawn, logged and stamped into outputs
    n_events : process this many events

    Returns the job; ``pxdbkg.statistics`` holds the table. Raises ConfigError with all faults of the path before the
    first event, ModuleError when a module fails. Ctrl-C or SIGTERM finishes the current event and closes the files; a
    second one stops at once with KeyboardInterrupt.
    """
    if not isinstance(path, Path):
        raise ConfigError(f"path: {path!r} is not a path. Make one with pxdbkg.create_path()")
    if not isinstance(processes, int) or processes < 1:
        raise ConfigError(f"processes: {processes!r} is out of range (allowed: whole numbers from 1)")
    job = make_job(path, events, seed, n_events)
    if seed is None:
        log.get_logger().info("seed: %s (drawn; give it again to get the same bytes)", job.seed)
    return run_job(path, job, processes)


def run_job(path: Path, job: Job, processes: int = 1) -> Job:
    """Run a job that ``prepare`` found without fault."""
    steps = path.steps()
    statistics.reset([step.module.name for step in steps], processes)
    store = DataStore()
    runner = Runner(steps, statistics.rows, store)
    for module in runner.modules:
        module.store, module.job = store, job
        module.log = log.get_logger(module.name)
        module.log.setLevel(module.log_level or logging.NOTSET)
    start = time.perf_counter()
    n_front = split_path(path) if processes > 1 else 0
    if processes > 1 and n_front == 0:
        log.get_logger().warning("processes: the first module cannot run in a worker; one process does everything")
    with Interrupt() as interrupt:
        try:
            runner.initialize()
            job.first = job.n_done = min(runner.first_needed(), job.n_events)
            if job.first:
                log.get_logger().info("%d of %d events are done already", job.first, job.n_events)
            if n_front:
                _loop_with_workers(path, job, processes, n_front, runner, interrupt)
            else:
                _loop(path, job, runner, interrupt)
            job.interrupted = interrupt.requested and job.n_done < job.n_events
            runner.terminate()
        except BaseException:
            runner.abort()
            raise
        finally:
            statistics.n_events, statistics.wall_s = job.n_done - job.first, time.perf_counter() - start
    for module in runner.modules:
        statistics.summaries += [(module.name, label, value) for label, value in module.summary()]
    return job


def split_path(path: Path) -> int:
    """Return how many leading modules may run in workers: certified, with all their conditional paths."""
    for index, module in enumerate(path):
        inside = [step.module for condition in module.conditions for step in condition.path.steps()]
        if not all(type(one).parallel for one in [module, *inside]):
            return index
    return len(path)


def _loop(path: Path, job: Job, runner: Runner, interrupt: Interrupt) -> None:
    for meta in metas(job.events, job.first):
        if interrupt.requested:
            break
        runner.clear()
        runner.begin_event(meta)
        runner.process(path, meta)
        job.n_done = meta.index + 1
    runner.clear()
    runner.end_run()


def _loop_with_workers(
    path: Path, job: Job, processes: int, n_front: int, runner: Runner, interrupt: Interrupt
) -> None:
    """Let workers run the first modules; run the others here, in the order of the events."""
    modules = path.modules()
    inside = {step.module for step in path.steps() if _top(step.where) < n_front}
    front, back = runner.part(lambda module: module in inside), runner.part(lambda module: module not in inside)
    with Workers(front, modules[:n_front], job.events, processes, back.needed(), job.first) as workers:
        for meta in metas(job.events, job.first):
            if interrupt.requested:
                break
            made = workers.receive(meta)
            back.store.restore(made.collections)
            back.begin_event(meta)
            if made.goes_on:
                back.process(modules[n_front:], meta)
            job.n_done = meta.index + 1
        for report in workers.finish():
            front.merge(report.rows, report.counts)
    back.clear()
    back.end_run()


def _top(where: str) -> int:
    """Return the position on the main path of a place such as ``path[2].Name.if_true[0].Other``."""
    return int(where[len("path[") : where.index("]")])
