"""Trigger gate, gating and truth of an event: written with it, and there again when the file is read."""

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Clusters, Digits
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.errors import ConfigError, DigitError
from pxdbkg.framework import EventMeta, Module
from pxdbkg.io import merge_digit_files, open_digits, open_writer

EVENTS = {"experiment": 0, "run": 0, "first": 1, "count": 5}


def timing_of(event):
    gated = event % 2 == 1
    starts = np.array([-15e3, -5e3, 5e3] if gated else [], np.float32)
    return InjectionTiming(10 * event, gated, starts + event)


def digits_of(event):
    return Digits(*(np.arange(event).astype(dtype) for dtype in Digits.dtypes.values()))


def truth_of(event):
    return DigitTruth(np.arange(event).astype("u1"), -np.arange(event).astype("i4"))


class Make(Module):
    """Make background with its truth and timing."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits, "Truth": DigitTruth, "PXDClusters": Clusters, TIMING: InjectionTiming}

    def event(self):
        event = self.meta.event
        self.store.put("PXDDigits", digits_of(event))
        self.store.put("Truth", truth_of(event))
        self.store.put("PXDClusters", Clusters.empty())
        self.store.put(TIMING, timing_of(event))


class Check(Module):
    """Compare what was read with what was made."""

    def reads(self):
        return {"PXDDigits": Digits, "Truth": DigitTruth, "PXDClusters": Clusters, TIMING: InjectionTiming}

    def event(self):
        event = self.meta.event
        assert self.store.get("PXDDigits", Digits) == digits_of(event)
        assert self.store.get("Truth", DigitTruth) == truth_of(event)
        assert self.store.get("PXDClusters", Clusters) == Clusters.empty()
        assert self.store.get(TIMING, InjectionTiming) == timing_of(event)


class See(Module):
    """Keep the timing of each event."""

    def reads(self):
        return {TIMING: InjectionTiming, "PXDDigits_beamBG": Digits}

    def initialize(self):
        self.seen = []

    def event(self):
        self.seen.append((self.store.get(TIMING), len(self.store.get("PXDDigits_beamBG"))))


NAMES = ["PXDDigits", "Truth", "PXDClusters"]


@pytest.fixture(scope="module", params=[".npz", ".root"])
def file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / f"bg{request.param}"
    write(path)
    return path


def write(path, **parameters):
    job = pxdbkg.create_path()
    job.add_module(Make())
    job.add_module("DigitOutput", file=str(path), collections=NAMES, **parameters)
    pxdbkg.process(job, events=EVENTS, seed=1)


def test_the_file_holds_all(file):
    with open_digits(file) as reader:
        reader.verify()
        assert set(reader.kinds) == set(NAMES)
        assert reader.truth_collections == ["Truth"]
        assert reader.has_timing
        assert reader.counts("Truth").tolist() == [1, 2, 3, 4, 5]
        for index in range(5):
            assert reader.truth("Truth", index) == truth_of(index + 1)
            assert reader.columns("Truth", index) == truth_of(index + 1)
            assert reader.timing(index) == timing_of(index + 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_input_puts_all_of_it_back(file, processes):
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(file)], collections=NAMES)
    path.add_module(Check())
    pxdbkg.process(path, processes, seed=1)
    lines = {label: value for name, label, value in pxdbkg.statistics.summaries if name == "DigitInput"}
    assert (lines["digits PXDDigits"], lines["truth Truth"], lines["clusters PXDClusters"]) == ("15", "15", "0")


def test_overlay_input_gives_the_timing_of_the_background_event(file):
    path = pxdbkg.create_path()
    path.add_module("BGOverlayInput", files=[str(file)])
    see = path.add_module(See())
    pxdbkg.process(path, events=EVENTS | {"count": 8}, seed=1)
    assert len(see.seen) == 8
    for timing, n in see.seen:
        assert timing == timing_of(n)


def test_timing_can_be_left_out_or_named(file):
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(file)], timing="SignalTiming")
    path.add_module("BGOverlayInput", files=[str(file)])
    see = path.add_module(See())
    pxdbkg.process(path, seed=1)
    assert len(see.seen) == 5
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(file)], timing=None)
    path.add_module("BGOverlayInput", files=[str(file)], timing=None)
    path.add_module(See())
    with pytest.raises(ConfigError, match=f"collection '{TIMING}' is not made before this module"):
        pxdbkg.process(path, seed=1)


def test_two_timings_of_one_name_are_refused(file):
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(file)])
    path.add_module("BGOverlayInput", files=[str(file)])
    with pytest.raises(ConfigError, match=rf"BGOverlayInput\.timing: writes the collection '{TIMING}', which path"):
        pxdbkg.process(path, seed=1)


def test_files_without_timing_give_none(tmp_path):
    with open_writer(tmp_path / "a.npz", ["PXDDigits"], {}) as writer:
        writer.write(EventMeta(0, 0, 1), {"PXDDigits": digits_of(1)})
    write(tmp_path / "b.npz")
    for files in (["a.npz"], ["a.npz", "b.npz"]):
        path = pxdbkg.create_path()
        path.add_module("BGOverlayInput", files=[str(tmp_path / name) for name in files])
        path.add_module(See())
        with pytest.raises(ConfigError, match=f"collection '{TIMING}' is not made before this module"):
            pxdbkg.process(path, events=EVENTS, seed=1)


def test_merged_files_keep_all(tmp_path):
    write(tmp_path / "s.npz", events_per_file=2)
    write(tmp_path / "whole.npz")
    merge_digit_files(sorted(tmp_path.glob("s-*.npz")), tmp_path / "merged.npz")
    assert (tmp_path / "merged.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_overlay_takes_digits_only(file):
    path = pxdbkg.create_path()
    path.add_module("BGOverlayInput", files=[str(file)], collection="Truth")
    with pytest.raises(ConfigError, match=r"has no collection 'Truth' \(it has: PXDDigits\)"):
        pxdbkg.process(path, events=EVENTS, seed=1)


def test_a_collection_has_one_type_in_all_files(tmp_path):
    for name, kind in (("a", digits_of), ("b", truth_of)):
        with open_writer(tmp_path / f"{name}.npz", ["X"], {}) as writer:
            writer.write(EventMeta(0, 0, 1), {"X": kind(2)})
    path = pxdbkg.create_path()
    path.add_module("DigitInput", files=[str(tmp_path / "*.npz")], collections=["X"])
    with pytest.raises(ConfigError, match=r"b\.npz: has no collection 'X' \(it has: none\)"):
        pxdbkg.process(path, seed=1)


def test_a_gate_that_cannot_be(tmp_path):
    with open_writer(tmp_path / "a.npz", ["PXDDigits"], {}) as writer:
        extras = {"events/trigger_gate": 192, "events/gated": 0}
        writer.write(EventMeta(0, 0, 1), {"PXDDigits": digits_of(1)}, extras)
    with (
        open_digits(tmp_path / "a.npz") as reader,
        pytest.raises(DigitError, match=r"a\.npz: entry 0: .*trigger_gate 192 \(0\.\.191\)"),
    ):
        reader.timing(0)
