from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import pxdbkg
from pxdbkg.config import parameter
from pxdbkg.detector import Digits
from pxdbkg.detector.geometry import nominal, run1
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module
from pxdbkg.io.hit_file import HitFiles
from pxdbkg.reference.digitizer import Electronics, digitize, digitize_with_truth
from pxdbkg.reference.integration_window import IntegrationWindow
from pxdbkg.seeding import event_key

SAMPLE = str(Path(__file__).parents[2] / "data" / "signal_simhits.npz")


class Collect(Module):
    """Remember the digits of each event, and their truth where there is one."""

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        truth: str | None = parameter(None, doc="collection of the truth")

    def reads(self):
        return {"PXDDigits": Digits} | ({self.config.truth: DigitTruth} if self.config.truth else {})

    def initialize(self):
        self.seen = {}

    def event(self):
        digits = self.store.get("PXDDigits", Digits)
        truth = self.config.truth
        self.seen[self.meta.event] = (digits, self.store.get(truth, DigitTruth)) if truth else digits


class Time(Module):
    """Give events a timing, particles to number, and hits at random times."""

    parallel = True

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        timing: bool = parameter(True, doc="write the timing")

    def reads(self):
        return {"PXDSimHits": SimHits}

    replaces = reads

    def writes(self):
        return {"PXDParticles": Particles} | ({TIMING: InjectionTiming} if self.config.timing else {})

    def event(self):
        hits, n = self.store.get("PXDSimHits", SimHits), 500
        self.store.put("PXDSimHits", timed(hits, self.meta.event), replace=True)
        self.store.put("PXDParticles", particles(n))
        if self.config.timing:
            self.store.put(TIMING, timing(self.meta.event))


def timed(hits, event):
    rng = np.random.default_rng(event)
    n = len(hits)
    return replace(hits, time_ns=rng.uniform(-2e4, 2e4, n).astype("f4"), particle=rng.integers(0, 500, n).astype("i4"))


def timing(event):
    return InjectionTiming(7 * event, True, np.array([5000], "f4"))


def particles(n):
    columns = {name: np.zeros(n, dtype) for name, dtype in Particles.dtypes.items()}
    return Particles(**(columns | {"source": (np.arange(n) % 11).astype("u1")}))


def run(first=0, count=5, processes=1, before=(), **parameters):
    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=[SAMPLE])
    for module in before:
        path.add_module(module)
    path.add_module("PXDDigitizer", **parameters)
    collect = path.add_module(Collect(truth=parameters.get("truth")))
    pxdbkg.process(path, processes, events={"first": first, "count": count}, seed="42")
    return collect.seen


def test_digits_are_those_of_the_event_key():
    files = HitFiles([SAMPLE])
    for number, digits in run().items():
        key = event_key("42", "PXDDigitizer", 0, 0, number)
        assert digits == digitize(files.event(number), key, nominal())
        assert len(digits) > 5


def test_an_event_is_the_same_alone_and_with_workers():
    every = run(count=20)
    assert run(first=17, count=1)[17] == every[17]
    assert run(count=20, processes=2) == every


def test_parameters_reach_the_electronics():
    files, plain = HitFiles([SAMPLE]), run(count=1)[0]
    key = event_key("42", "PXDDigitizer", 0, 0, 0)
    changed = {
        "threshold": (20, {"threshold_adu": 20}),
        "electrons_per_adu": (100.0, {"electrons_per_adu": 100.0}),
        "noise": (2000.0, {"noise_electrons": 2000.0}),
        "pedestal": (230.0, {"pedestal_adu": 230.0}),
        "pedestal_rms": (0.0, {"pedestal_rms_adu": 0.0}),
        "noise_fraction": (1e-3, {"noise_fraction": 1e-3}),
    }
    for name, (value, constants) in changed.items():
        got = run(count=1, **{name: value})[0]
        assert got == digitize(files.event(0), key, nominal(), electronics=Electronics(**constants)), name
        assert name == "pedestal_rms" or got != plain, name
    used = digitize(files.event(0), key, nominal(), use_energy=True)
    assert run(count=1, energy="hits")[0] == used != plain
    assert run(count=1, stream="other")[0] != plain


@pytest.mark.parametrize("wrong", [{"threshold": 300}, {"threshold": 0}, {"noise": -1.0}, {"energy": "file"}])
def test_values_out_of_bounds_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ConfigError, match=rf"PXDDigitizer\.{name}"):
        run(**wrong)


def key(event):
    return event_key("42", "PXDDigitizer", 0, 0, event)


def test_timing_of_the_event_is_used_where_it_is():
    """By default, and not when it is switched off; the layers turn round."""
    files = HitFiles([SAMPLE])
    hits = {event: timed(files.event(event), event) for event in range(5)}
    windows = {name: IntegrationWindow(reversed_layers=layers) for name, layers in (("one", (1,)), ("two", (2,)))}
    free = {event: digitize(hits[event], key(event), nominal()) for event in hits}
    gated = {
        name: {
            event: digitize(hits[event], key(event), nominal(), timing=timing(event), window=window) for event in hits
        }
        for name, window in windows.items()
    }
    assert run(before=[Time()]) == gated["one"]
    assert run(before=[Time()], processes=2) == gated["one"]
    assert run(before=[Time()], integration_window=True) == gated["one"]
    assert run(before=[Time()], reversed_layers=[2]) == gated["two"]
    assert run(before=[Time()], integration_window=False) == free
    assert run(before=[Time(timing=False)]) == free
    assert len({str(digits) for digits in (free[0], gated["one"][0], gated["two"][0])}) == 3


def test_window_that_is_wanted_needs_the_timing():
    with pytest.raises(ConfigError, match="PXDInjectionBGTiming"):
        run(integration_window=True)


@pytest.mark.parametrize("processes", [1, 2])
def test_truth_is_written_beside_the_digits(processes):
    files = HitFiles([SAMPLE])
    for event, (digits, truth) in run(before=[Time()], processes=processes, truth="Truth").items():
        hits = timed(files.event(event), event)
        expected = digitize_with_truth(hits, key(event), nominal(), particles(500), timing=timing(event))
        assert (digits, truth) == expected
        assert len(truth) > 0
        assert set(truth.source) <= {*range(11), 255}
    unknown = run(before=[Time()], truth="Truth", particles=None)
    assert all(set(truth.source) <= {255} for _, truth in unknown.values())
    with pytest.raises(ConfigError, match="PXDParticles"):
        run(truth="Truth")
    with pytest.raises(ConfigError, match="is the name of the digits"):
        run(before=[Time()], truth="PXDDigits")


def test_first_detector_has_half_of_the_sensors():
    seen = run(geometry="run1", count=3)
    for event, digits in seen.items():
        assert digits == digitize(HitFiles([SAMPLE]).event(event), key(event), run1())
        assert set(digits.sensor) <= set(run1().sensors)


def test_signal_is_gated_as_its_background_is(tmp_path):
    """The timing that background was written with comes back with it, for a digitizer that follows."""
    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=[SAMPLE])
    path.add_module(Time())
    path.add_module("PXDDigitizer")
    path.add_module("DigitOutput", file=str(tmp_path / "background.npz"), collections=["PXDDigits"])
    pxdbkg.process(path, events={"first": 3, "count": 1}, seed="42")

    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=[SAMPLE])
    path.add_module("BGOverlayInput", files=[str(tmp_path / "background.npz")])
    digitizer = path.add_module("PXDDigitizer", reversed_layers=[])
    collect = path.add_module(Collect())
    pxdbkg.process(path, events={"count": 40}, seed="42")
    files, window = HitFiles([SAMPLE]), IntegrationWindow(reversed_layers=())
    free = {event: digitize(files.event(event), key(event), nominal()) for event in collect.seen}
    for event, digits in collect.seen.items():
        distance = (free[event].v.astype(int) // 4 - 21) % 192  # the trigger gate of event 3
        skipped = (distance >= 48) & (distance < 61)  # 5,000 and 6,400 ns of 104.17 a gate
        assert digits == free[event].select(~skipped)
        assert digits == digitize(files.event(event), key(event), nominal(), timing=timing(3), window=window)
    assert collect.seen != free
    assert ("events with an integration window", "40 of 40") in digitizer.summary()
