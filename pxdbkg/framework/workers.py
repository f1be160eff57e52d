"""Forked worker processes: each runs the first part of a path for every P-th event and sends what it made."""

from __future__ import annotations

import functools
import mmap
import os
import selectors
import signal
import struct
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from pxdbkg.errors import ModuleError
from pxdbkg.framework.meta import EventId, EventMeta
from pxdbkg.framework.module import Module
from pxdbkg.framework.pipes import Receiver, make_pipe, send
from pxdbkg.framework.runner import Runner, module_error
from pxdbkg.framework.statistics import Row

_MOST_WAITING = 2  # complete events of one worker that the parent keeps; more stay in its pipe, so memory stays flat
_STATE = struct.Struct("<ii")  # number of the module that runs, index of the event


class Report(NamedTuple):
    """What a worker did so far: its statistics and the counts of its modules."""

    rows: list[Row]
    counts: list[Counter[str]]


class Made(NamedTuple):
    """One event of a worker: its position, whether the event goes on, its collections with their writers."""

    position: int
    goes_on: bool
    collections: dict[str, tuple[Any, str]]
    report: Report


class Failed(NamedTuple):
    """A worker met an error in an event, or at the end of a run."""

    message: str
    exit_status: int
    notes: list[str]


@dataclass
class _Worker:
    number: int
    pid: int
    receiver: Receiver
    report: Report
    ended: bool = False


class Workers:
    """Worker processes of one job; a context that leaves no process behind.

    Parameters
    ----------
    front : runs the modules of the workers; its modules are initialized
    modules : the first part of the path
    events : of the job; worker w takes the events first + w, first + w + P, first + w + 2 P ...
    processes : number of workers P
    wanted : collections that the parent needs, None for all
    first : position of the first event
    """

    def __init__(
        self,
        front: Runner,
        modules: Sequence[Module],
        events: Sequence[EventId],
        processes: int,
        wanted: frozenset[str] | None,
        first: int = 0,
    ) -> None:
        self._front, self._modules, self._events, self._wanted = front, modules, events, wanted
        self._first, self._stride = first, min(processes, max(len(events) - first, 1))
        self._shared = mmap.mmap(-1, 8 + _STATE.size * self._stride)  # byte 0: stop; then the state of each worker
        self._workers: list[_Worker] = []

    def __enter__(self) -> Workers:
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            for number in range(self._stride):
                self._start(number)
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def receive(self, meta: EventMeta) -> Made:
        """Return an event, waiting for it; ModuleError when the worker failed or died in it."""
        worker = self._workers[(meta.index - self._first) % self._stride]
        self._wait(worker)
        if not worker.receiver.messages:
            raise self._death(worker, meta)
        message = worker.receiver.messages.popleft()
        if isinstance(message, Failed):
            raise _as_error(message)
        assert isinstance(message, Made)
        assert message.position == meta.index
        worker.report = message.report
        return message

    def finish(self) -> list[Report]:
        """Tell the workers to stop after their events, and return what each did in the events that were received."""
        self._shared[0] = 1
        for worker in self._workers:
            dropped = False
            while not worker.ended:
                self._wait(worker)
                if not worker.receiver.messages:
                    raise self._death(worker, None)
                message = worker.receiver.messages.popleft()
                if isinstance(message, Failed):
                    raise _as_error(message)
                dropped |= isinstance(message, Made)
                worker.ended = isinstance(message, Report)
                if worker.ended and not dropped:
                    worker.report = message
        return [worker.report for worker in self._workers]

    def _wait(self, worker: _Worker) -> None:
        """Read from all workers until this one has a complete message or its pipe is closed."""
        while not worker.receiver.messages and not worker.receiver.closed:
            with selectors.DefaultSelector() as selector:
                for other in self._workers:
                    if not other.receiver.closed and len(other.receiver.messages) < _MOST_WAITING:
                        selector.register(other.receiver.fd, selectors.EVENT_READ, other.receiver)
                for key, _ in selector.select():
                    key.data.pump()

    def _start(self, number: int) -> None:
        read_end, write_end = make_pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads, such as those of numpy; the child uses none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            for worker in self._workers:
                os.close(worker.receiver.fd)
            os.close(read_end)
            self._work(number, write_end)
        os.close(write_end)
        nothing = Report([Row(row.name) for row in self._front.rows()], [Counter() for _ in self._front.modules])
        self._workers.append(_Worker(number, pid, Receiver(read_end), nothing))

    def _work(self, number: int, pipe: int) -> NoReturn:
        """Be the worker, and never return."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent decides
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if "torch" in sys.modules:  # a thread pool of the parent does not exist here: using it would wait for ever
                sys.modules["torch"].set_num_threads(1)
            os.environ["OMP_NUM_THREADS"] = "1"
            try:
                send(pipe, self._events_of(number, pipe))
            except ModuleError as error:
                send(pipe, Failed(str(error), error.exit_status, getattr(error, "__notes__", [])))
            status = 0
        except BrokenPipeError:
            pass  # the parent has gone
        except BaseException as error:
            failed = module_error(f"worker {number}", error)
            send(pipe, Failed(str(failed), failed.exit_status, getattr(failed, "__notes__", [])))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _events_of(self, number: int, pipe: int) -> Report:
        front = self._front
        for module in front.modules:
            module.counts.clear()  # what initialize counted is counted in the parent
        for index in range(self._first + number, len(self._events), self._stride):
            if self._shared[0]:
                break
            front.note = functools.partial(self._note, number, index)
            meta = EventMeta(*self._events[index], index)
            front.clear()
            front.begin_event(meta)
            goes_on = front.process(self._modules, meta)
            made = front.store.dump(self._wanted)
            try:
                send(pipe, Made(index, goes_on, made, self._report()))
            except (TypeError, AttributeError, ValueError, RecursionError) as error:  # pickle has no error of its own
                kinds = ", ".join(f"{name} ({type(value).__name__})" for name, (value, _) in made.items())
                raise module_error(f"{meta}: cannot send {kinds} to the parent process", error) from error
        front.end_run()
        return self._report()

    def _report(self) -> Report:
        return Report(self._front.rows(), [module.counts for module in self._front.modules])

    def _note(self, number: int, index: int, module: int) -> None:
        """Leave word of what a worker does, for the case that it dies."""
        _STATE.pack_into(self._shared, 8 + _STATE.size * number, module, index)

    def _death(self, worker: _Worker, meta: EventMeta | None) -> ModuleError:
        """Return the error of a worker that died without a word, with the module that it was in."""
        _, status = os.waitpid(worker.pid, 0)
        worker.pid = 0
        code = os.waitstatus_to_exitcode(status)
        how = f"ended with status {code}"
        if code < 0:
            how = f"was killed by signal {-code} ({signal.Signals(-code).name})"
            how += "; the memory of the machine may be full" if -code == signal.SIGKILL else ""
        module, _ = _STATE.unpack_from(self._shared, 8 + _STATE.size * worker.number)
        where = self._front.where(module)
        return ModuleError(f"{where}: {f'{meta}: ' if meta else ''}worker process {worker.number} {how}")

    def _kill(self) -> None:
        """End the workers that are left, and close the pipes."""
        for worker in self._workers:
            os.close(worker.receiver.fd)
            if worker.pid and not worker.ended:
                os.kill(worker.pid, signal.SIGKILL)
        for worker in self._workers:
            if worker.pid:
                os.waitpid(worker.pid, 0)
        self._workers = []


def _as_error(failed: Failed) -> ModuleError:
    error = ModuleError(failed.message, failed.exit_status)
    for note in failed.notes:
        error.add_note(note)
    return error
