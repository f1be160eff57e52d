"""Forked workers: the same results as one process, clear errors, nothing left behind."""

import os
import resource
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pxdbkg
from pxdbkg.errors import ModuleError
from pxdbkg.framework import AfterConditionPath, Module, Path
from pxdbkg.framework.loop import split_path


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = set(os.listdir("/proc/self/fd"))
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert set(os.listdir("/proc/self/fd")) == before


def run(processes: int, count: int, modulo: int = 1, runs: int = 1) -> tuple[list[str], list[tuple[str, str, str]]]:
    path, skipped = Path(), Path()
    path.add_module("Choose", modulo=modulo).if_value(">=2", skipped, AfterConditionPath.END)
    path.add_module("Make", size=70_000)
    path.add_module("Invert")
    keep = path.add_module("Keep")
    events = {"run": list(range(runs)), "count": count}
    pxdbkg.process(path, processes, events=events, seed=5)
    return keep.lines, pxdbkg.statistics.summaries


@settings(deadline=None, max_examples=8)
@given(st.integers(2, 4), st.integers(1, 9), st.integers(1, 4), st.integers(1, 3))
def test_results_do_not_depend_on_the_number_of_workers(processes: int, count: int, modulo: int, runs: int) -> None:
    assert run(processes, count, modulo, runs) == run(1, count, modulo, runs)


def test_more_workers_than_events() -> None:
    assert run(5, 2) == run(1, 2)


def test_statistics_are_those_of_all_workers() -> None:
    run(3, 7)
    assert [(row.name, row.calls) for row in pxdbkg.statistics.rows] == [
        ("Choose", 7),
        ("Make", 7),
        ("Invert", 7),
        ("Keep", 7),
    ]
    assert all(row.total_s > 0 for row in pxdbkg.statistics.rows)
    assert pxdbkg.statistics.processes == 3


def trouble(how: str, count: int = 9) -> tuple[ModuleError, Module]:
    path = Path()
    path.add_module("Make", size=200_000)
    path.add_module("Trouble", how=how, event=4)
    keep = path.add_module("Keep")
    with pytest.raises(ModuleError) as caught:
        pxdbkg.process(path, 2, events={"run": 3, "count": count}, seed=1)
    return caught.value, keep


@pytest.mark.parametrize(
    ("how", "status", "text"),
    [
        ("raise", 1, "KeyError: 'nobody\\nforesaw this'"),
        ("bad", 2, "digit 4: u is 300 (allowed: 0 to 249)"),
        ("kill", 1, "worker process 1 was killed by signal 9 (SIGKILL); the memory of the machine may be full"),
        ("exit", 1, "worker process 1 ended with status 7"),
    ],
)
def test_trouble_in_a_worker_arrives_as_one_error(how: str, status: int, text: str) -> None:
    error, keep = trouble(how)
    assert str(error) == f"path[1].Trouble: experiment 0, run 3, event 4: {text}"
    assert error.exit_status == status
    assert len(keep.lines) == 3
    assert keep.calls == ["initialize", "begin 3", "abort"]
    assert any("Traceback" in note for note in getattr(error, "__notes__", [])) == (how == "raise")


def test_trouble_at_the_end_of_a_run_in_a_worker() -> None:
    class Bad(Module):
        parallel = True

        def endRun(self) -> None:
            raise ValueError("no")

    path = Path()
    path.add_module(Bad())
    with pytest.raises(ModuleError, match=r"path\[0\].Bad: experiment 0, run 0, endRun: ValueError: no"):
        pxdbkg.process(path, 2, events={"count": 4}, seed=1)


def test_trouble_in_the_parent_ends_the_workers() -> None:
    class Bad(Module):
        def event(self) -> None:
            raise ValueError("no")

    path = Path()
    path.add_module("Make", size=2_000_000)
    path.add_module(Bad())
    with pytest.raises(ModuleError, match="ValueError: no"):
        pxdbkg.process(path, 2, events={"count": 30}, seed=1)


def test_what_cannot_travel_is_named() -> None:
    class Lock(Module):
        parallel = True

        def writes(self) -> dict[str, type]:
            return {"lock": object}

        def event(self) -> None:
            self.store.put("lock", threading.Lock())

    class Look(Module):
        def reads(self) -> dict[str, type]:
            return {"lock": object}

    path = Path()
    path.add_module(Lock())
    path.add_module(Look())
    pxdbkg.process(path, events={}, seed=1)
    with pytest.raises(ModuleError, match=r"event 1: cannot send lock \(lock\) to the parent process: TypeError"):
        pxdbkg.process(path, 2, events={}, seed=1)


def test_only_what_the_parent_reads_travels() -> None:
    present = []

    class Look(Module):
        def reads(self) -> dict[str, type]:
            return {"values": np.ndarray}

        def event(self) -> None:
            present.append(self.store.names())

    class Anything(Module):
        def event(self) -> None:
            present.append(self.store.names())

    for last in (Look, Anything):
        path = Path()
        path.add_module("Make")
        path.add_module("Make", output="more", stream="more")
        path.add_module(last())
        pxdbkg.process(path, 2, events={}, seed=1)
    assert present == [["values"], ["more", "values"]]


def test_a_condition_counts_with_its_whole_path() -> None:
    path, other = Path(), Path()
    path.add_module("Make")
    path.add_module("Choose").if_true(other)
    path.add_module("Invert")
    path.add_module("Keep")
    assert split_path(path) == 3
    other.add_module("Keep")
    assert split_path(path) == 1


def test_without_a_certified_module_one_process_does_everything(caplog: pytest.LogCaptureFixture) -> None:
    class Plain(Module):
        pass

    path = Path()
    path.add_module(Plain())
    assert pxdbkg.process(path, 2, events={"count": 3}, seed=1).n_done == 3
    assert "one process does everything" in caplog.text


def test_memory_of_the_parent_stays_flat() -> None:
    class Slow(Module):
        def reads(self) -> dict[str, type]:
            return {"values": np.ndarray}

        def event(self) -> None:
            self.store.get("values", np.ndarray)
            sum(range(100_000))  # slower than the workers, which must wait

    path = Path()
    path.add_module("Make", size=4_000_000)
    path.add_module(Slow())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pxdbkg.process(path, 2, events={"count": 40}, seed=1)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 60  # all events together have 160 MB


def test_workers_do_not_hang_after_the_parent_used_torch() -> None:
    code = """
        from dataclasses import dataclass
        import torch, pxdbkg
        from pxdbkg.framework import Module

        class Net(Module):
            parallel = True
            def event(self):
                images = torch.ones(4, 8, 64, 64)
                self.counts["sum"] += int(torch.nn.functional.conv2d(images, torch.ones(8, 8, 3, 3)).sum())

        torch.set_num_threads(4)
        a = torch.ones(600, 600)
        (a @ a).sum()
        torch.nn.functional.conv2d(torch.ones(4, 8, 64, 64), torch.ones(8, 8, 3, 3))
        path = pxdbkg.create_path()
        net = path.add_module(Net())
        pxdbkg.process(path, 2, events={"count": 6}, seed=1)
        assert torch.get_num_threads() == 4
        print(net.counts["sum"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout) == 6 * 4 * 8 * 62 * 62 * 72
