import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError
from pxdbkg.framework import EventMeta, Module
from pxdbkg.io import open_writer

N = 10


def write(path, ids, first_charge=0, collection="PXDDigits", rows=(0,)):
    """A file whose entry i has the charge first_charge + i + 1."""
    with open_writer(path, [collection], {}) as writer:
        for number, event in enumerate(ids):
            v = np.array(rows, "u2")
            zero = np.zeros_like(v)
            digits = Digits(zero.astype("u1"), zero, v, zero + np.uint16(first_charge + number + 1))
            writer.write(EventMeta(*event), {collection: digits})
    return str(path)


class Collect(Module):
    """Remember the entry of each event, told by its charge."""

    def reads(self):
        return {"PXDDigits_beamBG": Digits}

    def initialize(self):
        self.seen = []
        self.background = self.store.get("BackgroundInfo")

    def event(self):
        digits = self.store.get("PXDDigits_beamBG", Digits)
        assert digits.is_sorted()
        self.seen.append(int(digits.charge[0]) - 1)


def run(files, events, seed=1, processes=1, **parameters):
    path = pxdbkg.create_path()
    path.add_module("BGOverlayInput", files=files, **parameters)
    collect = path.add_module(Collect())
    pxdbkg.process(path, processes, events=events, seed=seed)
    return collect


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "bg.npz", [(0, 0, event) for event in range(N)])


def test_entries_follow_each_other_from_a_start_that_the_run_draws(file):
    seen = run([file], {"count": 25}).seen
    assert seen == [(seen[0] + i) % N for i in range(25)]
    starts = {run([file], {"count": 1, "run": number}).seen[0] for number in range(30)}
    assert len(starts) > N // 2
    assert {run([file], {"count": 1}, seed=seed).seen[0] for seed in range(30)} != {seen[0]}


def test_an_event_has_its_background_in_any_job(file):
    whole = run([file], {"first": 1, "count": 25}).seen
    assert run([file], {"first": 1, "count": 25}, processes=2).seen == whole
    assert run([file], {"first": 18, "count": 1}).seen == whole[17:18]
    assert run([file], {"first": 1, "count": 25, "skip_events": 20}).seen == whole[20:]


def test_files_are_one_after_the_other(tmp_path):
    files = [write(tmp_path / f"{i:02}.npz", [(0, 0, 0)] * 2, 2 * i) for i in range(12)]  # more than stay open
    seen = run([str(tmp_path / "*.npz")], {"count": 24}).seen
    assert sorted(seen) == list(range(24))
    assert run(files, {"count": 24}).seen == seen


def test_reuse_is_counted_told_once_and_kept(file, caplog):
    caplog.set_level("INFO", "pxdbkg")
    collect = run([file], {"count": 25})
    assert (collect.background.n_entries, collect.background.n_reused) == (N, 15)
    assert (collect.background.method, collect.background.files) == ("overlay", (file,))
    assert caplog.text.count("background entries will be used again: 25 events, 10 entries, one of them 3 times") == 1
    assert ("BGOverlayInput", "entries used again", "15") in pxdbkg.statistics.summaries
    caplog.clear()
    assert run([file], {"count": 10}).background.n_reused == 0
    assert "used again" not in caplog.text


def test_the_output_is_named_by_collection_and_extension(tmp_path):
    file = write(tmp_path / "a.npz", [(0, 0, 0)], collection="X_beamBG")
    path = pxdbkg.create_path()
    for parameters, output in [
        ({}, "PXDDigits_beamBG"),
        ({"collection": "X_beamBG"}, "X_beamBG"),
        ({"collection": "X", "extension": "_bg"}, "X_bg"),
    ]:
        assert list(path.add_module("BGOverlayInput", files=[file], **parameters).writes()) == [output]


def test_physics_experiments_take_entries_of_their_own_run(tmp_path):
    ids = [(12, run_number, 0) for run_number in (5, 6, 5, 6, 6)]
    file = write(tmp_path / "a.npz", ids)
    assert set(run([file], {"experiment": 12, "run": 5, "count": 9}).seen) == {0, 2}
    assert set(run([file], {"experiment": 12, "run": 6, "count": 9}, processes=2).seen) == {1, 3, 4}
    every = run([file], {"experiment": 12, "run": 7, "count": 9}, ignore_run_numbers=True).seen
    assert set(every) == {0, 1, 2, 3, 4}
    with pytest.raises(ConfigError, match=r"no background of experiment 12, run 7.*ignore_run_numbers"):
        run([file], {"experiment": 12, "run": 7, "count": 9})
    with pytest.raises(ConfigError, match=r"begins with experiment 12, the job has 1003.*skip_experiment_check"):
        run([file], {"experiment": 1003})
    assert len(run([file], {"experiment": 1003, "count": 2}, skip_experiment_check=True).seen) == 2


def test_digits_out_of_order_are_sorted(tmp_path):
    file = write(tmp_path / "a.npz", [(0, 0, 0)], rows=(5, 3))
    run([file], {"count": 2})
    assert ("BGOverlayInput", "events sorted on reading", "2") in pxdbkg.statistics.summaries


def test_faults_of_files_are_found_before_the_first_event(tmp_path, file):
    empty = write(tmp_path / "empty.npz", [])
    with pytest.raises(ConfigError, match=r"empty\.npz: has no event. Leave it out"):
        run([file, empty], {"count": 1})
    with pytest.raises(ConfigError, match="matches no file"):
        run([str(tmp_path / "none*")], {"count": 1})
    with pytest.raises(ConfigError, match="no collection 'Y'"):
        run([file], {"count": 1}, collection="Y")
