import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError, ModuleError
from pxdbkg.framework import Module
from pxdbkg.kernels import overlay

EVENTS = {"experiment": 0, "run": 0, "first": 1, "count": 4}


def digits_of(event, share):
    rng = np.random.default_rng(event)
    return Digits.from_maps(np.where(rng.random((40, 250, 768)) < share, 200, 0).astype(np.uint8))


class Make(Module):
    """Make signal and background that depend on the event number only."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits, "PXDDigits_beamBG": Digits}

    def event(self):
        self.store.put("PXDDigits", digits_of(self.meta.event, 0.0002))
        self.store.put("PXDDigits_beamBG", digits_of(-self.meta.event + 100, 0.001))


class Keep(Module):
    """Keep what is in the store."""

    def reads(self):
        return {"PXDDigits": Digits, "PXDDigits_beamBG": Digits}

    def initialize(self):
        self.kept = []

    def event(self):
        self.kept.append((self.store.get("PXDDigits", Digits), self.store.get("PXDDigits_beamBG", Digits)))


class Break(Module):
    """Turn the background round."""

    def replaces(self):
        return {"PXDDigits_beamBG": Digits}

    def event(self):
        background = self.store.get("PXDDigits_beamBG", Digits)
        self.store.put("PXDDigits_beamBG", background.select(np.arange(len(background))[::-1]), replace=True)


def run(*, processes=1, **parameters):
    path = pxdbkg.create_path()
    path.add_module(Make())
    path.add_module("BGOverlayExecutor", **parameters)
    keep = path.add_module(Keep())
    pxdbkg.process(path, processes, events=EVENTS, seed=1)
    return keep.kept, dict(line[1:] for line in pxdbkg.statistics.summaries if line[0] == "BGOverlayExecutor")


@pytest.mark.parametrize("processes", [1, 2])
def test_signal_is_replaced_by_the_overlay_and_background_stays(processes):
    kept, lines = run(processes=processes)
    for event, (digits, background) in enumerate(kept, start=1):
        assert background == digits_of(100 - event, 0.001)
        assert digits == overlay(digits_of(event, 0.0002), background)[0]
    mean = np.mean([len(digits) for digits, _ in kept])
    assert f"= {mean:.1f}," in lines["digits an event"]


def test_masked_background_is_left_out_and_signal_stays():
    kept, lines = run(masks={"sensors": ["layer2"]}, max_charge=250)
    for event, (digits, _) in enumerate(kept, start=1):
        signal = digits_of(event, 0.0002)
        assert digits.select(digits.sensor >= 16) == signal.select(signal.sensor >= 16)
        assert digits.charge.max() <= 250
    assert "background masked" in lines
    assert "above 250 ADU" in lines


def test_background_out_of_order_is_named():
    path = pxdbkg.create_path()
    path.add_module(Make())
    path.add_module(Break())
    path.add_module("BGOverlayExecutor")
    with pytest.raises(ModuleError, match=r"BGOverlayExecutor.*overlay: background: digit 1 .*out of order"):
        pxdbkg.process(path, events=EVENTS, seed=1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"masks": {"rows": {"1.1.1": [768]}}}, r"masks\.rows\.1\.1\.1: 768 is not a row"),
        ({"masks": {"lines": []}}, "masks: 'lines' is not a kind of mask"),
        ({"background": "PXDDigits"}, "background: 'PXDDigits' is the signal itself"),
        ({"background": "PXDDigits_beamBg"}, r"collection 'PXDDigits_beamBg' is not made .*'PXDDigits_beamBG'"),
    ],
)
def test_faults_are_found_before_the_first_event(parameters, message):
    with pytest.raises(ConfigError, match=message):
        run(**parameters)


@pytest.mark.parametrize("limit", [0, 65536])
def test_max_charge_has_bounds(limit):
    with pytest.raises(ConfigError, match=f"max_charge: {limit} is out of range .*1 to 65535 ADU"):
        run(max_charge=limit)
