"""Module PXDBackgroundGenerator."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ConditionError, ConfigError, PayloadError
from pxdbkg.framework import Module, Problem
from pxdbkg.generators.regions import Regions
from pxdbkg.generators.request import Request, condition_row, make_request
from pxdbkg.io import payload as files
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.modules.run_ranges import ConditionRange, ModelRange, find_range, range_problems

if TYPE_CHECKING:
    from pxdbkg.generators.payload import Payload

CONDITIONS = "conditions"


class PXDBackgroundGenerator(Module):
    """Generate the digits of beam background with a payload.

    Machine conditions are taken from ``conditions``, then from ``condition_table``, then from the collection
    ``conditions`` of the event (those that the payload knows), then from the payload's defaults.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        model: str | list[ModelRange] = parameter(
            doc="payload file (.pt or .npz), or a table of experiment, first_run, last_run, payload"
        )
        seed: str | int | None = parameter(None, doc="seed of this module instead of that of the job")
        threshold: int = parameter(
            7, doc="lowest charge that is kept; not below that of the payload", unit="ADU", low=1, high=255
        )
        sensors: list[str | int] | None = parameter(
            None, doc="sensors to generate: names, indices, layer1, layer2, run1; null for all"
        )
        masks: dict[str, Any] = parameter({}, doc="pixels to leave out: sensors, rows, drains, pixels")
        conditions: dict[str, float] = parameter({}, doc="machine conditions by name, the same in all events")
        condition_table: list[ConditionRange] = parameter(
            [], doc="machine conditions by run: experiment, first_run, last_run, values"
        )
        rois: list[dict[str, Any]] | str | None = parameter(
            None, doc="boxes sensor, u_min, u_max, v_min, v_max outside which digits are left out, or their collection"
        )
        stream: str | None = parameter(None, doc="name of the random stream; null for the type of the module")
        output: str = parameter("PXDDigits_beamBG", doc="collection that is made")
        threads: int = parameter(1, doc="threads of torch while an event is generated", low=1, in_digest=False)
        model_sha256: str = parameter("", doc="digest that the payload must have, as pxdbkg inspect shows it")

    config: Config
    parallel = True
    random = True

    def writes(self) -> dict[str, type]:
        return {self.config.output: Digits}

    def reads(self) -> dict[str, type]:
        return {self.config.rois: list} if isinstance(self.config.rois, str) else {}

    def optional(self) -> dict[str, type]:
        return {CONDITIONS: dict}

    def problems(self) -> list[Problem]:
        runs = [(experiment, run) for experiment, run, _ in self.job.events]
        problems: list[Problem] = []
        for name in ("model", "condition_table"):
            table = getattr(self.config, name)
            if isinstance(table, list) and (table or name == "model"):
                problems += [Problem(name, text) for text in range_problems(table, runs)]
        if not isinstance(self.config.model, str) and self.config.model_sha256:
            problems.append(Problem("model_sha256", "is for one payload. Give each entry of the table its sha256"))
        for entry in self._models():
            try:
                info = _checked(entry)
            except PayloadError as error:
                problems.append(Problem("model", str(error)))
                continue
            problems += self._request_problems(info)
        return list(dict.fromkeys(problems))

    def initialize(self) -> None:
        self._infos: dict[str, PayloadInfo] = {entry.payload: _checked(entry) for entry in self._models()}
        self._payloads: dict[str, Payload] = {}
        self._fixed: dict[str, float] = dict(self.config.conditions)

    def beginRun(self) -> None:
        experiment, run = self.meta.experiment, self.meta.run
        entry = (
            find_range(self._models(), experiment, run) if isinstance(self.config.model, list) else self._models()[0]
        )
        table = find_range(self.config.condition_table, experiment, run)
        if entry is None:
            raise ConfigError(f"{self.name}.model: experiment {experiment}, run {run} stands in no range. Add one")
        self._file = entry.payload
        self._fixed = (dict(table.values) if table else {}) | self.config.conditions
        self._request = self._make_request(self._infos[self._file], self._fixed)

    def event(self) -> None:
        payload = self._loaded()
        request = self._request
        if self.store.has(CONDITIONS):
            known = {condition.name for condition in payload.metadata.conditions}
            stored = {name: value for name, value in self.store.get(CONDITIONS, dict).items() if name in known}
            cond = condition_row(payload.metadata, stored | self._fixed)
            request = dataclasses.replace(request, cond=cond)
        if isinstance(self.config.rois, str):
            boxes = self.store.get(self.config.rois, list)
            request = request.within(Regions.from_boxes(boxes, f"collection {self.config.rois}"))
        digits = payload.digits(self.key(), request)
        self.store.put(self.config.output, digits)
        self.counts["events"] += 1
        self.counts["digits"] += len(digits)

    def provenance(self) -> dict[str, object]:
        payloads = [{"digest": info.digest, "family": info.family, "kind": info.kind} for info in self._infos.values()]
        return {"payloads": payloads, "threshold_adu": self.config.threshold, "stream": self.stream}

    def summary(self) -> list[tuple[str, str]]:
        events, digits = self.counts["events"], self.counts["digits"]
        return [("background digits an event", f"{digits / events:.1f}")] if events else []

    def _models(self) -> Sequence[ModelRange]:
        model = self.config.model
        # One file serves all runs: its range is not looked at.
        return [ModelRange(0, 0, 0, model, self.config.model_sha256)] if isinstance(model, str) else model

    def _loaded(self) -> Payload:
        """Return the payload of this run, loaded at its first event: workers are forked before torch starts."""
        if self._file not in self._payloads:
            from pxdbkg.generators.payload import load_payload

            payload = load_payload(self._file)
            if payload.digest != self._infos[self._file].digest:
                raise PayloadError(f"{self._file}: was replaced while the job ran. Run again")
            self._payloads[self._file] = payload
        return self._payloads[self._file]

    def _make_request(self, info: PayloadInfo, conditions: dict[str, float]) -> Request:
        config = self.config
        return make_request(
            info,
            threshold=config.threshold,
            sensors=config.sensors,
            masks=config.masks or None,
            rois=None if isinstance(config.rois, str) else config.rois,
            conditions=conditions,
            threads=config.threads,
        )

    def _request_problems(self, info: PayloadInfo) -> list[Problem]:
        texts = []
        for values in [{}, *(entry.values for entry in self.config.condition_table)]:
            try:
                self._make_request(info, values | self.config.conditions)
            except (ConfigError, ConditionError) as error:
                texts += str(error).splitlines()
        split = [text.partition(": ") for text in texts]
        return [Problem(name, message) for name, _, message in split]


def _checked(entry: ModelRange) -> PayloadInfo:
    """Return the metadata of a payload whose file was checked without torch; PayloadError if it cannot be used."""
    if not Path(entry.payload).exists():
        raise PayloadError(f"{entry.payload}: there is no such file. Make one with: pxdbkg export baseline -o FILE")
    info = files.check(entry.payload)
    if entry.sha256 and info.digest != entry.sha256:
        raise PayloadError(
            f"{entry.payload}: has the digest {info.digest}, model_sha256 asks for {entry.sha256}. "
            "Use that payload, or change the parameter"
        )
    return info
