"""The null model has the published means, Fano factors and charges, and is the file in data/models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.errors import FileError
from pxdbkg.generators.baseline import SIZE_SHARES, make_baseline
from pxdbkg.generators.export import write_payload
from pxdbkg.generators.payload import Payload
from pxdbkg.io.published import read_published

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "data" / "geant4_reference.json"
N_PIXELS = 250 * 768


def test_committed_payload_is_what_export_makes(tmp_path: Path, null_model: Payload) -> None:
    infos = write_payload(*make_baseline(REFERENCE), tmp_path / "default.pt")
    assert infos[0].digest == null_model.digest
    again = write_payload(*make_baseline(REFERENCE), tmp_path / "again.pt")
    assert again == infos
    for suffix in (".pt", ".npz"):
        assert (tmp_path / f"default{suffix}").read_bytes() == (tmp_path / f"again{suffix}").read_bytes()


def test_metadata_say_what_it_is(null_model: Payload) -> None:
    info = null_model.metadata
    assert "null model" in info.note
    assert info.settings["cluster sizes"].startswith("assumed")
    assert "Hosein Hashemi" in info.training["data"]
    assert [condition.name for condition in info.conditions] == ["occupancy_scale"]
    assert info.validation["expected digits"] == pytest.approx(69344, abs=1)


def test_size_shares_are_plausible() -> None:
    sizes, shares = np.array(list(SIZE_SHARES)), np.array(list(SIZE_SHARES.values()))
    assert shares.sum() == pytest.approx(1)
    assert shares @ sizes == pytest.approx(2.63, rel=0.02)
    assert shares @ sizes**2 / (shares @ sizes) == pytest.approx(5.4, rel=0.04)


def statistics(payload: Payload, n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Digits by event and sensor, sum of charge by sensor, and the charge histogram."""
    digits, charge, spectrum = np.zeros((n_events, 40)), np.zeros(40), np.zeros(256)
    for event in range(n_events):
        columns = payload.generate(seed="statistics", events=event).columns
        digits[event] = np.bincount(columns.sensor, minlength=40)
        charge += np.bincount(columns.sensor, columns.charge, minlength=40)
        spectrum += np.bincount(columns.charge, minlength=256)
    return digits, charge, spectrum


def test_a_hundred_events_have_the_published_statistics(null_model: Payload) -> None:
    digits, charge, spectrum = statistics(null_model, 100)
    reference = read_published(REFERENCE)
    mean = digits.mean(axis=0)
    assert mean.sum() == pytest.approx(69344, rel=0.004)
    assert mean[layer_of_sensor == 1].mean() / N_PIXELS == pytest.approx(0.01489, rel=0.006)
    assert mean[layer_of_sensor == 2].mean() / N_PIXELS == pytest.approx(0.00512, rel=0.009)
    published = reference.charge_counts
    apart = np.cumsum(spectrum / spectrum.sum()) - np.cumsum(published / published.sum())
    assert np.abs(apart).max() < 0.003
    assert charge / digits.sum(axis=0) == pytest.approx(reference.mean_charge, rel=0.01)


@pytest.mark.slow
def test_a_thousand_events_have_the_published_fluctuations(null_model: Payload) -> None:
    digits, _, _ = statistics(null_model, 1000)
    reference = read_published(REFERENCE)
    fano = digits.var(axis=0, ddof=1) / digits.mean(axis=0)
    assert fano[layer_of_sensor == 1].mean() == pytest.approx(12.0, rel=0.05)
    assert fano[layer_of_sensor == 2].mean() == pytest.approx(12.5, rel=0.05)
    expected = reference.mean_occupancy * N_PIXELS
    assert digits.mean(axis=0) == pytest.approx(expected, rel=0.015)
    correlation = np.corrcoef(digits.T)[np.triu_indices(40, 1)]
    assert np.abs(correlation).max() < 0.16  # five standard deviations


def test_edges_are_not_depleted(null_model: Payload) -> None:
    table = null_model.generate(seed="edges", events=range(25))
    by_u = np.bincount(table.columns.u, minlength=250)
    assert by_u[[0, 1, 248, 249]].mean() == pytest.approx(by_u.mean(), rel=0.03)
    by_v = np.bincount(table.columns.v, minlength=768)
    assert by_v[[0, 1, 2, 765, 766, 767]].mean() == pytest.approx(by_v.mean(), rel=0.04)


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"geant4": {}})])
def test_wrong_reference_is_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "reference.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FileError) as caught:
        make_baseline(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
