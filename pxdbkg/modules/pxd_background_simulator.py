"""Module PXDBackgroundSimulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

from pxdbkg.config import parameter
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.particles import Particles
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.errors import BadInput
from pxdbkg.framework import Module, Problem
from pxdbkg.modules.run_ranges import ConditionRange, find_range, range_problems
from pxdbkg.reference.conditions import Conditions
from pxdbkg.reference.preset import SOURCES, Preset, load_preset
from pxdbkg.reference.simulator import Simulator
from pxdbkg.seeding import event_key

CONDITIONS = "conditions"
NAMES = frozenset(field.name for field in fields(Conditions))


class PXDBackgroundSimulator(Module):
    """Simulate beam background physically: particles of all sources and their hits in the silicon.

    A PXDDigitizer after it makes digits of the hits. Machine conditions are taken from ``conditions``, then from
    ``condition_table``, then from the collection ``conditions`` of the event (those that are known), then from the
    preset; with those drawn for the event they are put into the collection ``stamp``. With a rolling shutter, the
    trigger gate and gating of the event are put into the store too, as PXDInjectionBGTiming.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        preset: str = parameter("geant4", doc="preset by name (early_data, geant4, design), or a .yaml file")
        conditions: dict[str, float] = parameter({}, doc="machine conditions by name, the same in all events")
        condition_table: list[ConditionRange] = parameter(
            [], doc="machine conditions by run: experiment, first_run, last_run, values"
        )
        sources: list[str] | None = parameter(None, doc="sources that are on, by name; null for all")
        hits: str = parameter("PXDSimHits", doc="collection of hits that is made")
        particles: str = parameter("PXDParticles", doc="collection of particles that is made")
        stamp: str | None = parameter(
            CONDITIONS, doc="collection that the conditions of the event are put into; null for none"
        )
        seed: str | int | None = parameter(None, doc="seed of this module instead of that of the job")
        stream: str | None = parameter(None, doc="name of the random stream; null for the type of the module")

    config: Config
    parallel = True
    random = True

    @cached_property
    def simulator(self) -> Simulator:
        """The simulator; the preset is read when it is first asked for."""
        return Simulator(load_preset(self.config.preset), nominal(), sources=self.config.sources)

    @property
    def preset(self) -> Preset:
        """The preset in use."""
        return self.simulator.preset

    def writes(self) -> dict[str, type]:
        made: dict[str, type] = {self.config.hits: SimHits, self.config.particles: Particles}
        if self.config.stamp is not None:
            made[self.config.stamp] = dict
        try:
            return made | {TIMING: InjectionTiming} if self.preset.rolling_shutter else made
        except BadInput:
            return made  # problems() says why

    def optional(self) -> dict[str, type]:
        return {} if self.config.stamp == CONDITIONS else {CONDITIONS: dict}

    def problems(self) -> list[Problem]:
        try:
            preset = self.preset
        except BadInput as error:
            name = "sources" if str(error).startswith("sources") else "preset"
            return [Problem(name, line.removeprefix(f"{name}: ")) for line in str(error).splitlines()]
        table = self.config.condition_table
        self.log.debug("preset %s, digest %s", self.config.preset, preset.digest())
        runs = [(experiment, run) for experiment, run, _ in self.job.events]
        problems = [Problem("condition_table", text) for text in (range_problems(table, runs) if table else [])]
        for name, values in [("conditions", {}), *(("condition_table", entry.values) for entry in table)]:
            try:
                self.machine(values)
            except BadInput as error:
                problems += [Problem(name, line.removeprefix("conditions.")) for line in str(error).splitlines()]
        return list(dict.fromkeys(problems))

    def machine(self, values: Mapping[str, float]) -> Conditions:
        """Return the conditions with the values of a run, and those of the parameters above them."""
        return self.preset.now.replace({**values, **self.config.conditions})

    def beginRun(self) -> None:
        experiment, run = self.meta.experiment, self.meta.run
        entry = find_range(self.config.condition_table, experiment, run)
        self._table = entry.values if entry else {}
        self._now = self.machine(self._table)
        self._run_key = event_key(self.seed, f"{self.stream}:run", experiment, run, 0)

    def event(self) -> None:
        now = self._now
        if self.store.has(CONDITIONS):
            given = self.store.get(CONDITIONS, dict)
            now = self.machine({name: given[name] for name in given if name in NAMES} | self._table)
        event = self.simulator.event(self.key(), self._run_key, now)
        self.store.put(self.config.particles, event.particles)
        self.store.put(self.config.hits, event.hits)
        if self.config.stamp is not None:
            self.store.put(self.config.stamp, event.conditions)
        if event.timing is not None:
            self.store.put(TIMING, event.timing)
        self.counts["events"] += 1
        self.counts["particles"] += len(event.particles)
        self.counts["hits"] += len(event.hits)

    def provenance(self) -> dict[str, object]:
        return {
            "preset": self.config.preset if self.config.preset.isidentifier() else "file",
            "preset_digest": self.preset.digest(),
            "sources": {name: number for number, name in enumerate(SOURCES) if name in self.simulator.sources},
            "stream": self.stream,
        }

    def summary(self) -> list[tuple[str, str]]:
        events = self.counts["events"]
        per_event = ((name, self.counts[name] / events) for name in ("particles", "hits")) if events else ()
        return [(f"{name} an event", f"{value:.1f}") for name, value in per_event]
