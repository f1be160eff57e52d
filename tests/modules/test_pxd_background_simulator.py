"""Module PXDBackgroundSimulator: hits, conditions and timing in the store; faults before the first event."""

import pytest

import pxdbkg
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module
from pxdbkg.io.digit_file import open_digits
from pxdbkg.reference.preset import load_preset

EVENTS = {"experiment": 0, "run": 1, "first": 1, "count": 3}
FEW = {"occupancy_scale": 0.05}


class Keep(Module):
    """Keep what the events hold."""

    def event(self):
        kept.append({name: self.store.get(name) for name in NAMES if self.store.has(name)})


NAMES = ("PXDSimHits", "PXDParticles", "PXDDigits", "Truth", "conditions", "simulated", "PXDInjectionBGTiming")
kept: list[dict[str, object]] = []


def run(processes=1, digitizer=None, events=EVENTS, **parameters):
    kept.clear()
    path = pxdbkg.create_path()
    path.add_module("PXDBackgroundSimulator", **{"conditions": FEW, **parameters})
    path.add_module("PXDDigitizer", energy="hits", truth="Truth", **(digitizer or {}))
    path.add_module(Keep())
    pxdbkg.process(path, processes, events=events, seed=3)
    return list(kept)


def test_events_are_the_same_in_workers_and_alone():
    events = run()
    assert run(processes=2) == events
    alone = run(events={**EVENTS, "first": 3, "count": 1})
    assert alone == events[2:]
    assert all(isinstance(event["PXDDigits"], Digits) and len(event["PXDDigits"]) > 500 for event in events)


def test_truth_names_the_source_of_nearly_every_digit():
    (event,) = run(events={**EVENTS, "count": 1})
    truth = event["Truth"]
    assert isinstance(truth, DigitTruth)
    assert len(truth) == len(event["PXDDigits"])
    known = truth.particle >= 0
    assert known.mean() > 0.99
    assert (event["PXDParticles"].source[truth.particle[known]] == truth.source[known]).all()


def test_files_name_the_numbers_of_the_sources(tmp_path):
    path = pxdbkg.create_path()
    path.add_module("PXDBackgroundSimulator", conditions=FEW, sources=["compton", "two_photon"])
    path.add_module("PXDDigitizer", energy="hits")
    path.add_module("DigitOutput", file=str(tmp_path / "a.npz"))
    pxdbkg.process(path, events={**EVENTS, "count": 1}, seed=3)
    with open_digits(tmp_path / "a.npz") as reader:
        stamp = reader.provenance["modules"]["PXDBackgroundSimulator"]
    assert stamp["sources"] == {"two_photon": 0, "compton": 9}
    assert stamp["preset_digest"] == load_preset("geant4").digest()


def test_ungated_preset_has_no_timing_and_the_others_have():
    assert all("PXDInjectionBGTiming" not in event for event in run())
    for event in run(preset="design", conditions={"occupancy_scale": 0.1}):
        assert isinstance(event["PXDInjectionBGTiming"], InjectionTiming)
        assert event["conditions"]["trigger_gate"] == event["PXDInjectionBGTiming"].trigger_gate


def test_conditions_come_from_the_parameters_then_the_table_then_the_preset():
    table = [
        {"experiment": 0, "first_run": 1, "last_run": 9, "values": {"luminosity_cm2s1": 1e34, "n_bunches": 1000.0}}
    ]
    parameters = {"conditions": {**FEW, "luminosity_cm2s1": 2e34}, "condition_table": table}
    conditions = run(**parameters)[0]["conditions"]
    assert conditions["luminosity_cm2s1"] == 2e34
    assert conditions["n_bunches"] == 1000.0
    assert conditions["current_ler_mA"] == 3600.0


def test_less_luminosity_leaves_the_particles_of_the_beams():
    whole, half = run()[0], run(conditions={**FEW, "luminosity_cm2s1": 4e35})[0]
    beams = [
        event["PXDParticles"].select((event["PXDParticles"].source > 1) & (event["PXDParticles"].source < 9))
        for event in (whole, half)
    ]
    assert beams[0] == beams[1]
    assert len(half["PXDParticles"]) < 0.7 * len(whole["PXDParticles"])


class Given(Module):
    """Put conditions into the event, as an input module does."""

    def writes(self):
        return {"conditions": dict}

    def event(self):
        self.store.put("conditions", {"luminosity_cm2s1": 3e34, "n_bunches": 1200.0, "of_the_future": 1.0})


def test_conditions_of_the_event_come_before_those_of_the_preset():
    kept.clear()
    path = pxdbkg.create_path()
    path.add_module(Given())
    path.add_module("PXDBackgroundSimulator", conditions={**FEW, "n_bunches": 900.0}, stamp="simulated")
    path.add_module(Keep())
    pxdbkg.process(path, events={**EVENTS, "count": 1}, seed=3)
    simulated = kept[0]["simulated"]
    assert simulated["luminosity_cm2s1"] == 3e34
    assert simulated["n_bunches"] == 900.0
    assert "of_the_future" not in simulated


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"preset": "geant3"}, r"preset: preset 'geant3': does not exist|preset: 'geant3': does not exist"),
        ({"preset": "gone.yaml"}, r"gone\.yaml"),
        ({"sources": ["tousheck_ler"]}, r"sources: 'tousheck_ler' is not a source .* Did you mean 'touschek_ler'"),
        ({"conditions": {"current_ler_mA": -5.0}}, r"conditions: current_ler_mA: -5\.0 is out of range"),
        ({"conditions": {"luminosity_cm2s1": 1e40}}, r"conditions: luminosity_cm2s1: 1e\+40 is out of range"),
        ({"conditions": {"moon": 1.0}}, "conditions: moon: unknown parameter"),
        (
            {"condition_table": [{"experiment": 0, "first_run": 2, "last_run": 9, "values": {}}]},
            "condition_table: experiment 0, run 1: stands in no range",
        ),
    ],
)
def test_fault_is_found_before_the_first_event(parameters, message):
    with pytest.raises(ConfigError, match=message) as caught:
        run(**parameters)
    assert len(str(caught.value).splitlines()) == 1
