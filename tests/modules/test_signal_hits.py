from pathlib import Path

import pytest

import pxdbkg
from pxdbkg.detector import SimHits
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module

SAMPLE = str(Path(__file__).parents[2] / "data" / "signal_simhits.npz")


class Collect(Module):
    """Remember the number of hits of each event."""

    def reads(self):
        return {"PXDSimHits": SimHits}

    def initialize(self):
        self.seen = {}

    def event(self):
        self.seen[self.meta.event] = len(self.store.get("PXDSimHits", SimHits))


def run(events=None, n_events=None, **parameters):
    path = pxdbkg.create_path()
    path.add_module("SignalHits", **{"files": [SAMPLE], **parameters})
    collect = path.add_module(Collect())
    pxdbkg.process(path, events=events, n_events=n_events, seed=1)
    return collect.seen


def test_event_number_is_the_entry():
    every = run()
    assert list(every) == list(range(200))
    assert run({"first": 150, "count": 3}) == {n: every[n] for n in (150, 151, 152)}
    assert run(n_events=5) == {n: every[n] for n in range(5)}


def test_wrap_starts_again():
    every = run()
    assert run({"first": 199, "count": 3}, wrap=True) == {199: every[199], 200: every[0], 201: every[1]}


def test_two_files_follow_each_other():
    every = run()
    assert run({"first": 200, "count": 2}, files=[SAMPLE, SAMPLE]) == {200: every[0], 201: every[1]}


def test_events_beyond_the_files_are_refused_before_the_first():
    with pytest.raises(ConfigError, match="has 200 events, 300 are asked for.*wrap: true"):
        run({"count": 300})
    with pytest.raises(ConfigError, match=r"files: event 200 has no entry .*there are 0 to 199\).*wrap: true"):
        run({"first": 198, "count": 3})


def test_bad_files_are_faults_of_the_parameter(tmp_path):
    broken = tmp_path / "hits.npz"
    broken.write_bytes(Path(SAMPLE).read_bytes()[:5000])
    with pytest.raises(ConfigError, match=r"SignalHits\.files: .*hits\.npz: .*damaged"):
        run({"count": 1}, files=[str(broken)])
    with pytest.raises(ConfigError, match=r"none\.npz: cannot be read"):
        run({"count": 1}, files=[str(tmp_path / "none.npz")])
