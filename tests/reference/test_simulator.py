"""Whole background events: reproducible, independent sources, rates that follow the conditions."""

import dataclasses

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.readout import N_GATES
from pxdbkg.errors import ConfigError
from pxdbkg.reference.injection import BURST_NS, FRAME_NS, TURN_NS, draw_arrival
from pxdbkg.reference.preset import SOURCES, STEADY_SHOWERS, load_preset
from pxdbkg.reference.simulator import Simulator
from pxdbkg.seeding import event_key

RUN_KEY = event_key("1", "run", 0, 0, 0)


def key(event):
    return event_key("1", "simulator", 0, 0, event)


def small(name="geant4", factor=0.05):
    """A preset with fewer particles."""
    preset = load_preset(name)
    return dataclasses.replace(preset, conditions=dataclasses.replace(preset.now, occupancy_scale=factor))


def test_an_event_is_the_same_in_any_order():
    one, other = Simulator(small(), nominal()), Simulator(small(), nominal())
    forward = [one.event(key(n), RUN_KEY) for n in (1, 2, 3)]
    backward = [other.event(key(n), RUN_KEY) for n in (3, 2, 1)][::-1]
    for a, b in zip(forward, backward, strict=True):
        assert a.particles == b.particles
        assert a.hits == b.hits
    assert forward[0].particles != forward[1].particles


@pytest.mark.parametrize("name", ["geant4", "design"])
def test_turning_a_source_off_leaves_the_others_as_they_are(name):
    preset = small(name)
    whole = Simulator(preset, nominal()).event(key(1), RUN_KEY)
    present = [SOURCES[number] for number in np.unique(whole.particles.source)]
    assert {"two_photon", "compton", "synchrotron"} < set(present)
    for off in ("two_photon", "compton", "touschek_ler"):
        rest = Simulator(preset, nominal(), sources=set(SOURCES) - {off}).event(key(1), RUN_KEY)
        kept = whole.particles.source != SOURCES.index(off)
        assert rest.particles == whole.particles.select(kept)
        before = whole.hits.select(kept[whole.hits.particle])
        renumbered = (np.cumsum(kept) - 1)[before.particle].astype(np.int32)
        assert rest.hits == dataclasses.replace(before, particle=renumbered)
        assert rest.timing == whole.timing


def test_hits_lie_on_sensors_and_belong_to_particles():
    event = Simulator(small(), nominal()).event(key(2), RUN_KEY)
    hits = event.hits
    assert len(hits) > 100
    assert hits.particle.max() < len(event.particles)
    column, row = nominal().cell(hits.sensor, hits.u_mm, hits.v_mm)
    assert np.mean((column >= 0) & (row >= 0)) > 0.999
    assert np.all(hits.energy_keV > 0)


@pytest.mark.parametrize(
    ("values", "same", "halved"),
    [
        ({"luminosity_cm2s1": 0.5}, ("touschek_ler", "coulomb_her", "synchrotron"), ("two_photon", "radiative_bhabha")),
        ({"pressure_ler_nTorr": 0.5}, ("two_photon", "touschek_ler"), ("coulomb_ler", "bremsstrahlung_ler")),
        ({"n_bunches": 2.0}, ("two_photon", "coulomb_ler"), ("touschek_ler", "touschek_her")),
        ({"current_her_mA": 0.5}, ("two_photon", "touschek_ler"), ("synchrotron", "coulomb_her")),
    ],
)
def test_rates_follow_the_conditions(values, same, halved):
    preset = load_preset("geant4")
    simulator = Simulator(preset, nominal())
    reference = preset.reference
    changed = reference.replace({name: factor * getattr(reference, name) for name, factor in values.items()})
    before, after = simulator.rates(reference), simulator.rates(changed)
    for name in same:
        assert after[name] == before[name] > 0
    for name in halved:
        assert after[name] == pytest.approx(before[name] / 2)
    showers = sum(after[name] for name in STEADY_SHOWERS) / sum(before[name] for name in STEADY_SHOWERS)
    assert after["compton"] == pytest.approx(before["compton"] * showers)


def test_numbers_of_particles_have_the_rates_and_their_fluctuation():
    preset = dataclasses.replace(small(factor=0.02), rate_fluctuation=0.3, source_fluctuation=0.0)
    simulator = Simulator(preset, nominal(), sources=["two_photon"])
    now = preset.now
    counts = np.array(
        [len(simulator.particles(key(n), now, draw_arrival(key(n), preset, now))[0]) / 2 for n in range(300)]
    )
    mean = simulator.rates(now)["two_photon"]
    assert counts.mean() == pytest.approx(mean, rel=4 * 0.3 / np.sqrt(300) + 0.01)
    expected = np.sqrt(1 / mean + np.expm1(0.3**2))
    assert counts.std() / mean == pytest.approx(expected, rel=0.25)


def test_ungated_events_have_no_timing_and_arrive_before_the_trigger():
    event = Simulator(small(), nominal()).event(key(1), RUN_KEY)
    assert event.timing is None
    assert "trigger_gate" not in event.conditions
    assert -FRAME_NS <= event.particles.time_ns.min() <= event.particles.time_ns.max() <= 0


def test_rolling_shutter_doubles_the_window_and_stamps_the_gate():
    event = Simulator(small("design"), nominal()).event(key(1), RUN_KEY)
    assert event.timing is not None
    assert event.conditions["trigger_gate"] == event.timing.trigger_gate
    assert event.conditions["time_since_injection_us"] >= 0
    steady = event.particles.time_ns[event.particles.source == 0]
    assert steady.min() < -0.9 * FRAME_NS
    assert steady.max() > 0.9 * FRAME_NS


def test_gated_mode_and_trigger_gates():
    preset = dataclasses.replace(load_preset("design"), gated_fraction=0.2)
    arrivals = [draw_arrival(key(n), preset, preset.now) for n in range(1000)]
    gates = np.array([arrival.timing.trigger_gate for arrival in arrivals])
    gated = np.array([arrival.timing.gated for arrival in arrivals])
    assert gates.min() < 5
    assert gates.max() > N_GATES - 6
    assert gated.mean() == pytest.approx(0.2, abs=0.05)
    for arrival in arrivals[:50]:
        assert -FRAME_NS <= arrival.passages_ns[0] <= TURN_NS - FRAME_NS
        assert np.allclose(np.diff(arrival.passages_ns), TURN_NS)
        assert len(arrival.timing.gating_start_ns) == (4 if arrival.timing.gated else 0)


def test_injection_comes_in_bursts_and_dies_away():
    preset = small("design", 1.0)
    simulator = Simulator(preset, nominal(), sources=["injection_ler", "injection_her"])
    early, late = (
        simulator.event(key(1), RUN_KEY, preset.now.replace({"time_since_injection_us": t})) for t in (0.0, 50_000.0)
    )
    assert len(early.particles) > 100
    assert len(late.particles) < 0.01 * len(early.particles)
    passages = draw_arrival(key(1), preset, preset.now).passages_ns
    since = early.particles.time_ns[:, None] - passages
    assert np.all(((since >= 0) & (since <= BURST_NS)).any(axis=1))


def test_hot_pixels_are_those_of_the_run():
    preset = small("early_data", 1.0)
    simulator = Simulator(preset, nominal(), sources=["hot_pixels"])
    places = [simulator.event(key(n), RUN_KEY).hits for n in range(40)]
    fired = [set(zip(hits.sensor.tolist(), hits.u_mm.tolist(), hits.v_mm.tolist(), strict=True)) for hits in places]
    repeated = set.intersection(set().union(*fired[:20]), set().union(*fired[20:]))
    assert len(repeated) > 10
    other_run = simulator.event(key(0), event_key("1", "run", 0, 1, 0)).hits
    assert set(other_run.u_mm.tolist()) != set(places[0].u_mm.tolist())


def test_unknown_source():
    with pytest.raises(ConfigError, match=r"sources: 'twophoton' is not a source .* Did you mean 'two_photon'\?"):
        Simulator(load_preset("geant4"), nominal(), sources=["twophoton"])
