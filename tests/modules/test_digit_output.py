import os
import signal
import sys

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Clusters, Digits
from pxdbkg.errors import ConfigError, ModuleError
from pxdbkg.framework import Module
from pxdbkg.io import open_digits

EVENTS = {"experiment": 3, "run": 4, "first": 5, "count": 6}


class Make(Module):
    """Make digits and clusters that depend on the event number only."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits, "PXDClusters": Clusters}

    def event(self):
        n = self.meta.event % 4
        self.store.put("PXDDigits", Digits(*(np.arange(n).astype(dtype) for dtype in Digits.dtypes.values())))
        self.store.put("PXDClusters", Clusters(*(np.full(n, 2).astype(dtype) for dtype in Clusters.dtypes.values())))


class Fail(Module):
    """Raise in one event, as Ctrl-C would or as a bug would."""

    error = RuntimeError("broken")

    def event(self):
        if self.meta.index == 3:
            raise self.error


def run(file, *more, processes=1, events=EVENTS, **parameters):
    path = pxdbkg.create_path()
    path.add_module(Make())
    for module in more:
        path.add_module(module)
    path.add_module("DigitOutput", file=str(file), **parameters)
    return pxdbkg.process(path, processes, events=events, seed=42)


def test_what_the_store_has_is_in_the_file_with_its_provenance(tmp_path):
    job = run(tmp_path / "a.npz", collections=["PXDDigits", "PXDClusters"])
    with open_digits(tmp_path / "a.npz") as reader:
        assert [tuple(map(int, ids)) for ids in zip(*reader.event_ids(), strict=True)] == list(job.events)
        assert reader.counts("PXDDigits").tolist() == reader.counts("PXDClusters").tolist() == [1, 2, 3, 0, 1, 2]
        assert reader.read("PXDDigits", 2).u.tolist() == [0, 1, 2]
        assert reader.provenance["seed"] == "42"
        assert {"pxdbkg", "commit", "steering", "modules", "format", "format_version"} <= set(reader.provenance)
    lines = [line for name, *line in pxdbkg.statistics.summaries if name == "DigitOutput"]
    assert lines[0][1].startswith("6 events, 0.0 MB")
    assert lines[1] == ["written", "9 PXDDigits, 9 PXDClusters"]


@pytest.mark.parametrize("compress", [False, True])
def test_one_process_and_two_write_the_same_bytes(tmp_path, compress):
    run(tmp_path / "a.npz", compress=compress)
    run(tmp_path / "b.npz", compress=compress, processes=2)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    run(tmp_path / "a.npz")
    before = (tmp_path / "a.npz").read_bytes()
    with pytest.raises(ModuleError, match="broken"):
        run(tmp_path / "a.npz", Fail())
    assert (tmp_path / "a.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_an_interrupted_job_closes_the_file_with_its_events(tmp_path):

    class Interrupt(Module):
        """Press Ctrl-C in the fourth event."""

        def event(self):
            if self.meta.index == 3:
                os.kill(os.getpid(), signal.SIGINT)

    job = run(tmp_path / "a.npz", Interrupt())
    assert job.interrupted
    with open_digits(tmp_path / "a.npz") as reader:
        assert reader.event_ids().event.tolist() == [5, 6, 7, 8]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize(
    ("file", "parameters", "problem"),
    [
        ("none/a.npz", {}, r"file: none/a\.npz: the folder none does not exist\. Create it first"),
        ("a.txt", {}, r"no format has the ending '\.txt' \(allowed: \.npz, \.root\)"),
        ("old.npz", {"overwrite": False}, r"old\.npz exists\. Remove it, or set overwrite: true"),
        ("folder.npz", {}, "is a folder"),
        ("a.npz", {"collections": []}, "no collection is given"),
        ("a.npz", {"collections": ["PXDDigit"]}, "Did you mean 'PXDDigits'"),
        ("a.npz", {"collections": ["PXDDigits", "PXDDigits"]}, "to be written twice"),
    ],
)
def test_faults_are_found_before_the_first_event(tmp_path, monkeypatch, file, parameters, problem):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.npz").touch()
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ConfigError, match=problem):
        run(file, **parameters)


def test_two_outputs_to_one_file_are_refused(tmp_path):
    first = pxdbkg.framework.registry.lookup("DigitOutput")(file=str(tmp_path / "a.npz"))
    with pytest.raises(ConfigError, match=r"DigitOutput writes .*a\.npz too"):
        run(tmp_path / "a.npz", first)


def test_conditions_go_through_files(tmp_path):
    class Conditions(Module):
        """Give the events a current."""

        def writes(self):
            return {"conditions": dict}

        def event(self):
            self.store.put("conditions", {"current_her_mA": 900.0 + self.meta.event})

    run(tmp_path / "a.npz", Conditions())
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(tmp_path / "a.npz")])
    path.add_module("DigitOutput", file=str(tmp_path / "b.npz"))
    pxdbkg.process(path, processes=2, seed=42)
    with open_digits(tmp_path / "b.npz") as reader:
        assert reader.extras["conditions/current_her_mA"].tolist() == [905.0, 906.0, 907.0, 908.0, 909.0, 910.0]


def test_root_files_take_no_compress(tmp_path):
    with pytest.raises(ConfigError, match="ROOT files are always compressed"):
        run(tmp_path / "a.root", compress=True)


def test_a_missing_extra_is_told_before_the_first_event(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uproot", None)
    monkeypatch.delitem(sys.modules, "pxdbkg.io.root", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'pxdbkg\[root\]'"):
        run(tmp_path / "a.root")


def test_input_is_not_replaced(tmp_path):
    file = tmp_path / "a.npz"
    run(file)
    before = file.read_bytes()
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(file)])
    path.add_module("DigitOutput", file=str(tmp_path / "." / "a.npz"))
    with pytest.raises(ConfigError, match=r"a\.npz is read by this job, and would be replaced\. Choose another name"):
        pxdbkg.process(path, seed=1)
    assert file.read_bytes() == before
