import re
from dataclasses import dataclass

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError
from pxdbkg.framework import EventMeta, Module
from pxdbkg.io import open_writer


def numbered(*charges):
    """Digits that can be told apart by their charge."""
    n = len(charges)
    return Digits(np.zeros(n, "u1"), np.arange(n, dtype="u2"), np.zeros(n, "u2"), np.array(charges, "u2"))


def write(path, ids, first_charge=0, collections=("PXDDigits",)):
    with open_writer(path, collections, {}) as writer:
        for number, event in enumerate(ids):
            writer.write(EventMeta(*event), {name: numbered(first_charge + number) for name in collections})
    return str(path)


class Collect(Module):
    """Remember the first charge of each event."""

    @dataclass(frozen=True)
    class Config:
        collection: str = "PXDDigits"

    def reads(self):
        return {self.config.collection: Digits}

    def initialize(self):
        self.seen = {}

    def event(self):
        digits = self.store.get(self.config.collection, Digits)
        self.seen[(self.meta.experiment, self.meta.run, self.meta.event)] = int(digits.charge[0])


def run(events=None, n_events=None, processes=1, collection="PXDDigits", **parameters):
    path = pxdbkg.create_path()
    path.add_module("DigitInput", **parameters)
    collect = path.add_module(Collect(collection=collection))
    pxdbkg.process(path, processes, events=events, n_events=n_events, seed=1)
    return collect.seen


IDS = [(0, 1, 7), (0, 1, 9), (0, 2, 1)]


def test_events_keep_their_numbers(tmp_path):
    write(tmp_path / "b.npz", [(3, 3, 3)], 50)
    write(tmp_path / "a.npz", IDS)
    expected = {(0, 1, 7): 0, (0, 1, 9): 1, (0, 2, 1): 2, (3, 3, 3): 50}
    assert run(files=[str(tmp_path / "*.npz")]) == expected
    assert run(files=[str(tmp_path / "*.npz")], processes=2) == expected
    assert run(files=[str(tmp_path / "*.npz")], events={"from": "input"}, n_events=2) == {(0, 1, 7): 0, (0, 1, 9): 1}


def test_wrap_takes_the_entry_of_the_event_number(tmp_path):
    file = write(tmp_path / "a.npz", IDS)
    events = {"experiment": 0, "run": 5, "first": 1, "count": 5}
    assert [*run(files=[file], wrap=True, events=events).values()] == [0, 1, 2, 0, 1]
    alone = run(files=[file], wrap=True, events=events | {"first": 5, "count": 1})
    assert alone == {(0, 5, 5): 1}


def test_all_collections_are_put_under_their_names(tmp_path):
    file = write(tmp_path / "a.npz", IDS, collections=("X", "Y"))
    assert [*run(files=[file], collections=["X", "Y"], collection="Y").values()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("parameters", "options", "problem"),
    [
        ({"files": ["none*.npz"]}, {}, r"DigitInput\.files: none\*\.npz: matches no file"),
        ({"files": ["none.npz"]}, {}, r"none\.npz: cannot be read \(No such file"),
        ({"files": []}, {}, "no file is given"),
        ({"files": ["a.npz"], "collections": ["PXDigits"]}, {}, "Did you mean 'PXDDigits'"),
        ({"files": ["empty.npz"]}, {}, r"no event in empty\.npz"),
        ({"files": ["a.npz"]}, {"n_events": 4}, "numbers 3 events, 4 are asked for"),
        ({"files": ["a.npz"]}, {"events": {"count": 2}}, "numbers the events too"),
        ({"files": ["a.npz"], "wrap": True}, {}, "nothing numbers the events"),
    ],
)
def test_faults_are_found_before_the_first_event(tmp_path, monkeypatch, parameters, options, problem):
    monkeypatch.chdir(tmp_path)
    write("a.npz", IDS)
    write("empty.npz", [])
    with pytest.raises(ConfigError, match=problem) as caught:
        run(**parameters, **options)
    assert sum(bool(re.search(problem, one)) for one in caught.value.problems) == 1


def test_repeated_numbers_are_warned_of(tmp_path, caplog):
    files = [write(tmp_path / name, IDS) for name in ("a.npz", "b.npz")]
    run(files=files)
    assert "3 events have the number of an earlier one: they get the same background" in caplog.text


def test_the_table_says_what_was_read(tmp_path):
    run(files=[write(tmp_path / "a.npz", IDS)])
    assert ("DigitInput", "read from", "1 file(s), 3 events") in pxdbkg.statistics.summaries
    assert ("DigitInput", "digits PXDDigits", "3") in pxdbkg.statistics.summaries
