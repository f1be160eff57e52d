"""Module PXDBackgroundGenerator: what is wrong is told before the first event, and events do not depend on the job."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pxdbkg
from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ConfigError, PxdbkgError
from pxdbkg.framework import Module
from pxdbkg.generators.payload import load_payload

ROOT = Path(__file__).parents[2]
MODEL = str(ROOT / "data" / "models" / "default.pt")
FEW = ["1.1.1", "2.1.1"]


class Put(Module):
    """Put objects into the store."""

    @dataclass(frozen=True)
    class Config:
        objects: dict[str, Any] = parameter({}, doc="objects by name")

    config: Config
    parallel = True

    def writes(self) -> dict[str, type]:
        return {name: type(value) for name, value in self.config.objects.items()}

    def event(self) -> None:
        for name, value in self.config.objects.items():
            self.store.put(name, value)


class Collect(Module):
    """Keep the digits of every event."""

    def reads(self) -> dict[str, type]:
        return {"PXDDigits_beamBG": Digits}

    def initialize(self) -> None:
        self.digits: dict[tuple[int, int], Digits] = {}
        self.provenance_seen: Any = None

    def event(self) -> None:
        self.digits[self.meta.run, self.meta.event] = self.store.get("PXDDigits_beamBG", Digits)
        self.provenance_seen = self.job.provenance["modules"]["PXDBackgroundGenerator"]


def run(
    parameters: dict[str, Any],
    events: dict[str, Any] | None = None,
    *,
    seed: int = 42,
    processes: int = 1,
    objects: dict[str, Any] | None = None,
) -> Collect:
    path = pxdbkg.create_path()
    if objects:
        path.add_module(Put(objects=objects))
    path.add_module("PXDBackgroundGenerator", **{"model": MODEL, "sensors": FEW, **parameters})
    collect = path.add_module(Collect())
    pxdbkg.process(path, processes, events=events or {"first": 17, "count": 1}, seed=seed)
    assert isinstance(collect, Collect)
    return collect


def expected(event: int = 17, **arguments: Any) -> Digits:
    return load_payload(MODEL).generate(**{"seed": 42, "events": event, "sensors": FEW, **arguments}).columns


def fault(parameters: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        run(parameters, **more)
    return str(caught.value).splitlines()


def test_module_is_the_payload_call() -> None:
    collect = run({})
    assert collect.digits == {(0, 17): expected()}
    assert collect.provenance_seen["payloads"][0]["digest"] == load_payload(MODEL).digest


def test_alone_in_a_batch_and_in_workers() -> None:
    alone = run({}).digits[0, 17]
    batch = run({}, {"first": 10, "count": 12})
    forked = run({}, {"first": 10, "count": 12}, processes=2)
    assert batch.digits[0, 17] == alone
    assert forked.digits == batch.digits


def test_parameters_reach_the_payload() -> None:
    mask = {"rows": {"1.1.1": list(range(300))}}
    box = {"sensor": "1.1.1", "u_min": 3, "u_max": 200, "v_min": 5, "v_max": 400}
    assert run({"threshold": 20}).digits[0, 17] == expected(threshold=20)
    assert run({"masks": mask}).digits[0, 17] == expected(masks=mask)
    assert run({"rois": [box]}).digits[0, 17] == expected(rois=[box])
    assert run({"stream": "other"}).digits[0, 17] == expected(stream="other")
    assert run({"seed": 7}).digits[0, 17] == expected(seed=7)
    assert run({"model": MODEL.replace(".pt", ".npz")}).digits[0, 17] == expected()
    assert run({"sensors": None, "output": "PXDDigits_beamBG"}).digits[0, 17] == expected(sensors=None)


def test_regions_from_the_store() -> None:
    box = {"sensor": "2.1.1", "u_min": 3, "u_max": 200, "v_min": 5, "v_max": 400}
    collect = run({"rois": "regions"}, objects={"regions": [box]})
    assert collect.digits[0, 17] == expected(rois=[box])


def test_conditions_from_parameter_then_table_then_store() -> None:
    def scale(value: float) -> Digits:
        return expected(conditions={"occupancy_scale": value})

    table = [{"experiment": 0, "first_run": 0, "last_run": 9, "values": {"occupancy_scale": 0.5}}]
    store = {"conditions": {"occupancy_scale": 2.0, "current_her_mA": 700.0}}
    fixed = {"occupancy_scale": 0.25}
    assert run({}, objects=store).digits[0, 17] == scale(2.0)
    assert run({"condition_table": table}, objects=store).digits[0, 17] == scale(0.5)
    assert run({"condition_table": table, "conditions": fixed}, objects=store).digits[0, 17] == scale(0.25)


def test_condition_of_an_event_out_of_range_names_the_event() -> None:
    with pytest.raises(PxdbkgError, match=r"event 17.*occupancy_scale: 9\.0 .*0\.1 to 4") as caught:
        run({}, objects={"conditions": {"occupancy_scale": 9.0}})
    assert caught.value.exit_status == 2


def test_model_by_run(tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    shutil.copy(MODEL.replace(".pt", ".npz"), other)
    table = [
        {"experiment": 0, "first_run": 0, "last_run": 1, "payload": MODEL},
        {"experiment": 0, "first_run": 2, "last_run": 9, "payload": str(other)},
    ]
    collect = run({"model": table}, {"run": [1, 2], "first": 1, "count": [1, 1]})
    assert {run for run, _ in collect.digits} == {1, 2}
    assert len(collect.provenance_seen["payloads"]) == 2
    assert collect.digits[2, 1] == expected(1, run=2)


def test_tables_with_gaps_and_overlaps() -> None:
    def model(*ranges: tuple[int, int]) -> dict[str, Any]:
        rows = [{"experiment": 0, "first_run": low, "last_run": high, "payload": MODEL} for low, high in ranges]
        return {"model": rows}

    assert "overlap" in fault(model((0, 4), (4, 9)))[0]
    assert "gap" in fault(model((0, 4), (6, 9)))[0]
    assert "stands in no range" in fault(model((1, 4)))[0]
    assert "stands in no range" in fault({"model": []})[0]
    table = [{"experiment": 0, "first_run": 5, "last_run": 9, "values": {"occupancy_scale": 99.0}}]
    lines = fault({"condition_table": table})
    assert "condition_table: experiment 0, run 0" in lines[0]
    assert "99.0 is out of the range" in lines[1]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"threshold": 300}, ("threshold: 300", "1 to 255 ADU")),
        ({"threshold": 5}, ("threshold: 5", "7 to 255 ADU")),
        ({"model": "none.pt"}, ("model: none.pt: there is no such file", "pxdbkg export")),
        ({"model": str(ROOT / "pyproject.toml")}, ("not a zip archive",)),
        ({"model": str(ROOT / "tests" / "golden" / "digits_v1.npz")}, ("file of digits",)),
        ({"model_sha256": "ab"}, ("model_sha256 asks for ab",)),
        ({"sensors": ["7.1.1"]}, ("sensors: '7.1.1'",)),
        ({"masks": {"row": {}}}, ("masks: 'row'",)),
        ({"rois": [{}]}, ("rois[0]",)),
        ({"rois": "nowhere"}, ("'nowhere' is not made",)),
        ({"conditions": {"occupancy_scale": 5}}, ("conditions.occupancy_scale: 5", "0.1 to 4")),
        ({"conditions": {"luminosity": 5}}, ("conditions.luminosity", "does not know")),
        ({"threads": 0}, ("threads: 0",)),
        ({"modle": MODEL}, ("modle", "Did you mean 'model'")),
    ],
    ids=str,
)
def test_bad_input_is_one_line(parameters: dict[str, Any], words: tuple[str, ...]) -> None:
    lines = fault(parameters)
    assert len(lines) == 1, lines
    assert "PXDBackgroundGenerator" in lines[0]
    assert all(word in lines[0] for word in words), lines


def test_pinned_payload_passes() -> None:
    digest = load_payload(MODEL).digest
    assert run({"model_sha256": digest}).digits[0, 17] == expected()


def test_payload_that_changes_while_the_job_waits(tmp_path: Path) -> None:
    class Replace(Module):
        """Replace the payload by another one."""

        def event(self) -> None:
            shutil.copy(MODEL.replace(".pt", ".npz"), tmp_path / "model.pt")

    shutil.copy(MODEL, tmp_path / "model.pt")
    path = pxdbkg.create_path()
    path.add_module(Replace())
    path.add_module("PXDBackgroundGenerator", model=str(tmp_path / "model.pt"))
    with pytest.raises(PxdbkgError, match="was replaced while the job ran"):
        pxdbkg.process(path, events={"count": 1}, seed=1)


def test_checking_a_path_imports_no_torch() -> None:
    code = (
        "import sys, pxdbkg\n"
        "from pxdbkg.modules.pxd_background_generator import PXDBackgroundGenerator as M\n"
        f"from pxdbkg.framework.job import Job\nm = M(model={MODEL!r})\nm.job = Job('1', [(0, 0, 1)])\n"
        "assert m.problems() == []\nm.initialize()\nsys.exit('torch' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_summary_counts_digits(capsys: pytest.CaptureFixture[str]) -> None:
    collect = run({}, {"first": 1, "count": 4}, processes=2)
    mean = sum(map(len, collect.digits.values())) / 4
    assert f"{mean:.1f}" in pxdbkg.statistics.summary()
