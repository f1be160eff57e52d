from pathlib import Path

import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module
from pxdbkg.io.hit_file import HitFiles
from pxdbkg.reference.digitizer import Electronics, digitize
from pxdbkg.seeding import event_key

SAMPLE = str(Path(__file__).parents[2] / "data" / "signal_simhits.npz")


class Collect(Module):
    """Remember the digits of each event."""

    def reads(self):
        return {"PXDDigits": Digits}

    def initialize(self):
        self.seen = {}

    def event(self):
        self.seen[self.meta.event] = self.store.get("PXDDigits", Digits)


def run(first=0, count=5, processes=1, **parameters):
    path = pxdbkg.create_path()
    path.add_module("SignalHits", files=[SAMPLE])
    path.add_module("PXDDigitizer", **parameters)
    collect = path.add_module(Collect())
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
