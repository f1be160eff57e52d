"""The main job, whole: what the published numbers, the signal and the table ask of its output."""

import contextlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.cli.main import main
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.io import DigitReader, open_digits

ROOT = Path(__file__).parents[1]
REFERENCE = json.loads((ROOT / "data/geant4_reference.json").read_text())["geant4"]
COUNT = 100
SIGNAL_ONLY = """
seed: 42
events: {experiment: 0, run: 0, first: 1, count: 100}
path:
  - module: SignalHits
    files: [data/signal_simhits.npz]
  - module: PXDDigitizer
  - module: DigitOutput
    file: signal.npz
"""  # the signal of the main job alone, to look for it in the result


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """File and printed text of the main job."""
    folder = tmp_path_factory.mktemp("main_job")
    (folder / "data").symlink_to(ROOT / "data")
    (folder / "signal.yaml").write_text(SIGNAL_ONLY)
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(text):
        patch.chdir(folder)
        assert main(["run", str(ROOT / "steering/overlay.yaml")]) == 0
        assert main(["run", "signal.yaml"]) == 0
    return folder, text.getvalue()


@pytest.fixture(scope="module")
def overlaid(job: tuple[Path, str]) -> DigitReader:
    return open_digits(job[0] / "overlay.npz")


def test_background_has_the_published_occupancy(overlaid: DigitReader) -> None:
    assert overlaid.n_events == COUNT
    counts = np.zeros(N_SENSORS)
    for entry in range(COUNT):
        counts += np.bincount(overlaid.read("PXDDigits_beamBG", entry).sensor, minlength=N_SENSORS)
    counts /= COUNT
    assert counts.sum() == pytest.approx(69_344, rel=0.02)
    assert 100 * counts[:16].mean() / (N_U * N_V) == pytest.approx(1.489, rel=0.02)
    assert 100 * counts[16:].mean() / (N_U * N_V) == pytest.approx(0.512, rel=0.02)


def test_background_has_the_published_charges(overlaid: DigitReader) -> None:
    table = overlaid.table("PXDDigits_beamBG", 0, COUNT)
    found = np.bincount(table.columns.charge, minlength=256)[7:256].cumsum()
    published = np.cumsum(REFERENCE["charge_counts"])
    assert np.abs(found / found[-1] - published / published[-1]).max() <= 0.02


def test_digits_are_sorted_unique_and_above_threshold(overlaid: DigitReader) -> None:
    for name in ("PXDDigits", "PXDDigits_beamBG"):
        for entry in range(COUNT):
            digits = overlaid.read(name, entry)
            digits.check(f"{name}, entry {entry}")
            assert digits.charge.min() >= 7


def test_every_signal_pixel_keeps_its_charge(job: tuple[Path, str], overlaid: DigitReader) -> None:
    found = 0
    with open_digits(job[0] / "signal.npz") as signal_file:
        for entry in range(COUNT):
            signal, both = signal_file.read("PXDDigits", entry), overlaid.read("PXDDigits", entry)
            background = overlaid.read("PXDDigits_beamBG", entry)
            charge = both.to_maps().astype(int)
            assert np.array_equal(charge, signal.to_maps().astype(int) + background.to_maps())
            found += len(signal)
    assert found > 20 * COUNT  # ten pions an event cross two layers


def test_table_says_what_is_in_the_file(job: tuple[Path, str], overlaid: DigitReader) -> None:
    _, text = job
    for name in ("PXDDigits_beamBG", "PXDDigits"):
        total = len(overlaid.table(name, 0, COUNT).columns)
        row = re.search(rf"{name}\b.*", text)
        assert row is not None, text
        assert re.search(rf"\b{total / COUNT:.1f}\b|\b{total}\b", text.replace(",", "")), (name, total, text)


def test_two_processes_write_the_same_file(job: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = job
    monkeypatch.chdir(folder)
    arguments = ["run", str(ROOT / "steering/overlay.yaml"), "-n", "20", "--set", "path.DigitOutput.file=part.npz"]
    assert main(arguments) == 0
    one = (folder / "part.npz").read_bytes()
    assert main([*arguments, "--processes", "2"]) == 0
    assert (folder / "part.npz").read_bytes() == one


def test_event_17_alone_is_event_17_of_the_job(
    job: tuple[Path, str], overlaid: DigitReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = job
    monkeypatch.chdir(folder)
    alone = ["--set", "events.first=17", "-n", "1", "--set", "path.DigitOutput.file=alone.npz"]
    assert main(["run", str(ROOT / "steering/overlay.yaml"), *alone]) == 0
    with open_digits(folder / "alone.npz") as reader:
        for name in ("PXDDigits", "PXDDigits_beamBG"):
            assert reader.read(name, 0).digest() == overlaid.read(name, 16).digest()
    assert main(["run", str(ROOT / "steering/overlay.yaml"), *alone, "--set", "seed=43"]) == 0
    with open_digits(folder / "alone.npz") as reader:
        assert reader.read("PXDDigits_beamBG", 0).digest() != overlaid.read("PXDDigits_beamBG", 16).digest()
