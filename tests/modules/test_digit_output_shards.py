"""Samples in several files, and jobs that go on after they were stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError, ModuleError
from pxdbkg.framework import Module
from pxdbkg.io import merge_digit_files, open_digits
from pxdbkg.io.shards import shard_path

EVENTS = {"experiment": 0, "run": [1, 2], "first": 1, "count": [7, 6]}  # 13 events: 4 + 4 + 4 + 1


class Make(Module):
    """Make digits that depend on the event only, and remember which events were asked for."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits}

    def initialize(self):
        self.seen = []

    def event(self):
        self.seen.append(self.meta.index)
        n = 10 * self.meta.run + self.meta.event
        self.store.put("PXDDigits", Digits(*(np.arange(n).astype(dtype) for dtype in Digits.dtypes.values())))


class Stop(Module):
    """Press Ctrl-C, or fail, in one event."""

    def __init__(self, index, error=None):
        super().__init__()
        self.index, self.error = index, error

    def event(self):
        if self.meta.index == self.index:
            if self.error:
                raise self.error
            os.kill(os.getpid(), signal.SIGINT)


def run(folder, *more, stop=None, processes=1, events=EVENTS, seed=42, size=4, **parameters):
    folder.mkdir(exist_ok=True)
    path = pxdbkg.create_path()
    make = path.add_module(Make())
    for module in more:
        path.add_module(module)
    path.add_module(stop or Stop(None))  # always there: the files say which modules made them
    path.add_module("DigitOutput", file=str(folder / "sim.npz"), events_per_file=size, **parameters)
    job = pxdbkg.process(path, processes, events=events, seed=seed)
    return job, make.seen


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of a job that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    run(folder)
    return content(folder)


def test_the_files_of_a_sample(tmp_path, whole):
    run(tmp_path, events=EVENTS)
    assert [*whole] == [f"sim-{number:05d}.npz" for number in range(4)]
    counts = []
    for number in range(4):
        with open_digits(shard_path(tmp_path / "sim.npz", number)) as reader:
            counts.append(reader.n_events)
    assert counts == [4, 4, 4, 1]
    lines = [line for name, *line in pxdbkg.statistics.summaries if name == "DigitOutput"]
    assert lines[0][0].endswith("sim-00000.npz to sim-00003.npz")
    assert lines[0][1].startswith("13 events")


def test_any_number_of_processes_writes_the_same_bytes(tmp_path, whole):
    run(tmp_path, processes=2)
    assert content(tmp_path) == whole


def test_merged_files_are_the_file_of_a_job_that_writes_one(tmp_path):
    run(tmp_path / "many")
    run(tmp_path / "one", size=None)
    merge_digit_files(sorted((tmp_path / "many").iterdir()), tmp_path / "merged.npz")
    assert (tmp_path / "merged.npz").read_bytes() == (tmp_path / "one" / "sim.npz").read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("stop", [0, 2, 4, 9, 12])
def test_an_interrupted_job_goes_on(tmp_path, whole, stop, processes):
    job, _ = run(tmp_path, stop=Stop(stop))
    assert job.interrupted == (stop < 12)
    job, seen = run(tmp_path, processes=processes, resume=True)
    assert content(tmp_path) == whole
    first = 13 if stop == 12 else (stop + 1) // 4 * 4
    assert (job.first, job.n_done, pxdbkg.statistics.n_events) == (first, 13, 13 - first)
    if processes == 1:
        assert seen == list(range(first, 13))


def test_a_failed_job_goes_on(tmp_path, whole):
    with pytest.raises(ModuleError, match="broken"):
        run(tmp_path, stop=Stop(6, RuntimeError("broken")))
    assert [*content(tmp_path)] == ["sim-00000.npz"]
    _, seen = run(tmp_path, resume=True)
    assert seen == list(range(4, 13))
    assert content(tmp_path) == whole


def test_a_job_without_earlier_files_begins_at_the_start(tmp_path, whole):
    job, _ = run(tmp_path, resume=True)
    assert (job.first, content(tmp_path)) == (0, whole)


def test_a_complete_job_has_nothing_to_do(tmp_path, whole):
    run(tmp_path)
    job, seen = run(tmp_path, resume=True, processes=2)
    assert (job.first, job.n_done, seen) == (13, 13, [])
    assert not job.interrupted
    assert content(tmp_path) == whole


def test_more_events_are_added(tmp_path, whole):
    run(tmp_path, events=EVENTS | {"count": [7, 2]})
    run(tmp_path, resume=True)
    assert content(tmp_path) == whole


def test_a_missing_file_is_made_again_with_all_after_it(tmp_path, whole):
    run(tmp_path)
    (tmp_path / "sim-00001.npz").unlink()
    _, seen = run(tmp_path, resume=True)
    assert seen == list(range(4, 13))
    assert content(tmp_path) == whole


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_damaged_file_is_made_again(tmp_path, whole, damage, caplog):
    run(tmp_path)
    path = tmp_path / "sim-00002.npz"
    data = bytearray(path.read_bytes())
    if damage == "bit":
        data[len(data) // 2] ^= 1
    path.write_bytes({"cut": data[: len(data) // 2], "bit": data, "empty": b""}[damage])
    _, seen = run(tmp_path, resume=True)
    assert seen == list(range(8, 13))
    assert content(tmp_path) == whole
    assert "sim-00002.npz: is made again" in caplog.text


def test_two_outputs_go_on_from_the_one_that_is_behind(tmp_path, whole):
    first = pxdbkg.framework.registry.lookup("DigitOutput")(
        file=str(tmp_path / "other.npz"), events_per_file=3, resume=True
    ).set_name("Other")
    with pytest.raises(ModuleError):
        run(tmp_path / "a", first, stop=Stop(10, RuntimeError("broken")), resume=True)
    (tmp_path / "other-00001.npz").unlink()
    again = type(first)(file=str(tmp_path / "other.npz"), events_per_file=3, resume=True).set_name("Other")
    _, seen = run(tmp_path / "a", again, resume=True)
    assert seen == list(range(3, 13))
    with open_digits(tmp_path / "other-00003.npz") as reader:
        assert reader.event_ids().event.tolist() == [3, 4, 5]
    files = content(tmp_path / "a")
    run(tmp_path / "b", type(first)(file=str(tmp_path / "c.npz")).set_name("Other"))
    assert files.keys() == whole.keys()
    for name in files:
        with open_digits(tmp_path / "a" / name) as one, open_digits(tmp_path / "b" / name) as other:
            assert one.table("PXDDigits", 0, one.n_events).columns == other.table("PXDDigits", 0, one.n_events).columns


def test_an_output_that_cannot_go_on_gets_all_events(tmp_path):
    plain = pxdbkg.framework.registry.lookup("DigitOutput")(file=str(tmp_path / "one.npz")).set_name("Plain")
    run(tmp_path / "a", plain, resume=True)
    again = type(plain)(file=str(tmp_path / "one.npz")).set_name("Plain")
    before = content(tmp_path / "a")
    _, seen = run(tmp_path / "a", again, resume=True)
    assert seen == list(range(13))
    assert content(tmp_path / "a") == before
    with open_digits(tmp_path / "one.npz") as reader:
        assert reader.n_events == 13


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"seed": 43}, r"sim-00000\.npz: made by another job \(seed '42', now '43'\)\. Remove the files of that job"),
        (
            {"events": EVENTS | {"first": 2}},
            r"has 4 events from \(0, 1, 1\) .*, expected 4 events from \(0, 1, 2\)",
        ),
        ({"size": 3}, r"sim-00000\.npz: has 4 events .*, expected 3 events"),
        ({"compress": True}, r"made by another job \(steering '"),
    ],
)
def test_files_of_another_job_are_refused(tmp_path, change, problem):
    run(tmp_path)
    before = content(tmp_path)
    with pytest.raises(ModuleError, match=problem) as error:
        run(tmp_path, **{"resume": True} | change)
    assert error.value.exit_status == 2
    assert "\n" not in str(error.value)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, r"sim-00000\.npz and 3 more of this name exist\. Set resume: true to go on after them, or remove them"),
        ({"size": None, "resume": True}, "resume: needs events_per_file: only whole files are kept"),
        ({"events": EVENTS | {"count": 2}, "resume": True}, r"sim-00001\.npz is of a longer job, this one has 1 files"),
        ({"size": 0}, r"events_per_file: 0 is out of range \(allowed: >= 1\)"),
        ({"events": {"count": 400_000}, "size": 1}, r"events_per_file: 1 makes 400000 files \(at most 100000\)"),
    ],
)
def test_faults_are_found_before_the_first_event(tmp_path, change, problem):
    run(tmp_path)
    before = content(tmp_path)
    with pytest.raises(ConfigError, match=problem):
        run(tmp_path, **change)
    assert content(tmp_path) == before


def test_resume_needs_a_path_without_conditions(tmp_path):
    skip = Stop(None)
    skip.if_true(pxdbkg.create_path())
    with pytest.raises(ConfigError, match="resume: needs a path without conditions"):
        run(tmp_path, stop=skip, resume=True)


SCRIPT = """
import sys, time
sys.path.insert(0, {tests!r})
import pxdbkg
from test_digit_output_shards import EVENTS, Make, Stop

class Slow(pxdbkg.Module):
    "Take long for an event."
    def event(self):
        print(self.meta.index, flush=True)
        time.sleep(0.02 if self.meta.index < 9 else 60)

path = pxdbkg.create_path()
path.add_module(Make())
path.add_module(Slow())
path.add_module(Stop(None))
path.add_module("DigitOutput", file="sim.npz", events_per_file=4)
pxdbkg.process(path, {processes}, events=EVENTS, seed=42)
"""


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_job_goes_on(tmp_path, processes):
    script = SCRIPT.format(tests=str(Path(__file__).parent), processes=processes)
    job = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    while job.stdout.readline().strip() != "9":
        pass
    job.kill()
    job.wait()
    job.stdout.close()
    assert len([*tmp_path.glob(".sim-00002.npz.*.tmp")]) == 1
    assert [path.name for path in sorted(tmp_path.glob("sim-*"))] == ["sim-00000.npz", "sim-00001.npz"]

    class Slow(Module):
        """Stand in for the module that was slow."""

        def event(self):
            time.sleep(0)

    _, seen = run(tmp_path, Slow(), resume=True)
    assert seen == list(range(8, 13))
    run(tmp_path / "whole", Slow())
    expected = content(tmp_path / "whole")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == expected
    assert not [*tmp_path.glob(".*")]
