"""Ctrl-C and SIGTERM, in a process of its own."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CODE = """
import os, signal, sys, time
import pxdbkg
from pxdbkg.framework import Module

class Work(Module):
    parallel = True
    def event(self):
        time.sleep(0.01)
        self.counts["events"] += 1

class Tell(Module):
    def reads(self):
        return {}
    def event(self):
        if self.meta.event == 3:
            print("ready", flush=True)
            time.sleep(WAIT)
    def terminate(self):
        print("terminate", flush=True)
    def abort(self):
        print("abort", flush=True)

path = pxdbkg.create_path()
path.add_module(Work())
path.add_module(Tell())
try:
    job = pxdbkg.process(path, PROCESSES, events={"count": 1000}, seed=1)
    calls = [row.calls for row in pxdbkg.statistics.rows]
    print(job.interrupted, job.n_done, calls, path.modules()[0].counts["events"], flush=True)
except KeyboardInterrupt:
    print("stopped", flush=True)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def start(processes: int, wait: float) -> subprocess.Popen[str]:
    code = textwrap.dedent(CODE).replace("PROCESSES", str(processes)).replace("WAIT", str(wait))
    job = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert job.stdout is not None
    assert job.stdout.readline() == "ready\n"
    return job


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_one_finishes_the_event(processes: int, number: signal.Signals) -> None:
    job = start(processes, 0.5)
    if number == signal.SIGINT:
        os.killpg(job.pid, number)  # as a terminal does: to all processes
    else:
        os.kill(job.pid, number)
    out, err = job.communicate(timeout=60)
    assert out == "terminate\nTrue 3 [3, 3] 3\nTrue\n"
    assert "finishing the current event" in err
    assert job.returncode == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_second_one_stops_at_once(processes: int) -> None:
    job = start(processes, 600)
    assert job.stderr is not None
    os.killpg(job.pid, signal.SIGINT)
    job.stderr.readline()
    assert "finishing the current event" in job.stderr.readline()
    os.killpg(job.pid, signal.SIGINT)
    out, _ = job.communicate(timeout=60)
    assert out == "abort\nstopped\nTrue\n"


def test_workers_end_when_the_parent_is_killed() -> None:
    job = start(2, 600)
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    assert len(children) == 2
    job.kill()
    job.communicate(timeout=60)
    for child in children:
        for _ in range(600):
            if not running(child):
                break
            signal.sigtimedwait([], 0.05)
        assert not running(child)


def running(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
