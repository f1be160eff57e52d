import json
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.cli import benchmark, benchmark_generate, benchmark_kernels, benchmark_reference
from pxdbkg.cli.main import main

ROOT = Path(__file__).parents[2]
KEYS = ["name", "ms", "spread_ms", "reference", "reference_ms", "ratio", "repeats"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    def twice(name, step, reference, against, repeats=2):  # type: ignore[no-untyped-def]
        return benchmark.measure(name, step, reference, against, min(repeats, 2))

    monkeypatch.setattr(benchmark_kernels, "measure", twice)
    monkeypatch.setattr(benchmark_generate, "measure", twice)
    monkeypatch.setattr(benchmark_generate, "LOOP_REPEATS", 1)
    monkeypatch.setattr(benchmark_generate, "LOOP_EVENTS", 2)
    monkeypatch.setattr(benchmark_reference, "LOOP_REPEATS", 1)
    monkeypatch.setattr(benchmark_reference, "LOOP_EVENTS", 2)


@pytest.mark.parametrize("suite", benchmark.SUITES)
def test_rows_are_complete(quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], suite: str) -> None:
    assert main(["benchmark", suite, "--json", str(tmp_path / "rows.json")]) == 0
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert len(rows) >= 5
    table = capsys.readouterr().out
    for row in rows:
        assert list(row) == KEYS
        assert row["ms"] > 0
        assert row["reference_ms"] > 0
        assert row["name"] in table


def test_ratio_is_of_the_pairs() -> None:
    row = benchmark.summarize("step", np.array([[1.0, 2.0], [10.0, 20.0], [3.0, 6.0]]), "other")
    assert (row.ms, row.reference_ms, row.ratio, row.repeats) == (3.0, 6.0, 0.5, 3)


def test_stages_of_the_simulation_are_parts_of_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_reference, "LOOP_REPEATS", 1)
    monkeypatch.setattr(benchmark_reference, "LOOP_EVENTS", 2)
    found = {row.name: row for row in benchmark_reference.rows("early_data")}
    first = next(iter(found))
    assert first.startswith("early_data, ")
    assert float(first.split()[-4]) == pytest.approx(1000 / found[first].ms, abs=0.051)
    stages = [*benchmark_reference.STAGES, "all else"]
    assert [*found][2:] == stages
    assert sum(found[stage].ratio for stage in stages) == pytest.approx(1, abs=0.01)
    assert all(0 < found[stage].ratio < 1 for stage in stages)


def test_missing_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "reference", "--preset", "geant5"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "geant5" in error


def test_missing_payload(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "kernels", "--payload", "nowhere.pt"]) == 2
    assert "nowhere.pt" in capsys.readouterr().err


def test_missing_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "kernels", "--json", "nowhere/rows.json"]) == 2
    assert "no folder" in capsys.readouterr().err
