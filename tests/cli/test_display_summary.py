import json
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.cli.main import main
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_writer

PUBLISHED = str(Path(__file__).parents[2] / "data" / "geant4_reference.json")


def write(path: Path, events: range, n: int = 500) -> str:
    with open_writer(path, ["PXDDigits", "Empty"], {"seed": "42"}) as writer:
        for event in events:
            rng = np.random.default_rng(event)
            channel = np.sort(rng.choice(40 * 768 * 250, n + 10 * event, replace=False))
            digits = Digits(
                (channel // 192_000).astype("u1"),
                (channel % 250).astype("u2"),
                (channel // 250 % 768).astype("u2"),
                rng.integers(7, 256, len(channel)).astype("u2"),
            )
            writer.write(EventMeta(0, 0, event), {"PXDDigits": digits, "Empty": Digits.empty()})
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> str:
    for number in range(3):
        write(tmp_path / f"s-{number:05d}.npz", range(4 * number, 4 * number + 4))
    return str(tmp_path / "s-*.npz")


def test_a_page_a_table_and_numbers(files: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, numbers = tmp_path / "page.png", tmp_path / "numbers.json"
    arguments = ["display", files, "--summary", "--published", PUBLISHED, "--json", str(numbers), "-o", str(page)]
    assert main(arguments) == 0
    assert page.read_bytes().startswith(b"\x89PNG")
    text = capsys.readouterr().out
    head, _, first, *_, last = text.splitlines()
    assert head.split() == ["quantity", "sample", "+-", "Geant4", "difference", "limit", "IEA-GAN"]
    assert first.split()[:4] == ["digits", "an", "event", "555"]
    assert first.split()[-2:] == ["%", "62286.3"]
    assert "FAILS" in text
    assert last == f"wrote {page}"
    facts = json.loads(numbers.read_text())
    assert (facts["events"], len(facts["files"]), facts["provenance"]["seed"]) == (12, 3, "42")
    assert {"name", "value", "published", "difference_percent", "limit", "pass"} <= set(facts["observables"][0])
    assert facts["observables"][0]["value"] == pytest.approx(555)
    assert np.shape(facts["correlation"]) == (40, 40)
    assert sum(facts["charge_counts"]) == 12 * 555
    assert sum(facts["sensors"]["occupancy"]) * 192_000 == pytest.approx(555)
    assert len(facts["clusters"]["mean_v_size_layer2"]) == len(facts["clusters"]["theta_edges_deg"]) - 1


def test_the_sample_alone(files: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["display", files, "--summary", "-o", str(tmp_path / "page.pdf")]) == 0
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    head, _, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["quantity", "sample", "+-"]
    assert len(first.split()) == 5


def test_one_event_is_enough(tmp_path: Path) -> None:
    file = write(tmp_path / "one.npz", range(1), 3)
    assert main(["display", file, "--summary", "--published", PUBLISHED, "-o", str(tmp_path / "page.png")]) == 0


def test_an_event_is_found_in_any_file(files: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["display", files, "--event", "9", "-o", str(tmp_path / "event.png")]) == 0
    assert main(["display", files, "--event", "12", "-o", str(tmp_path / "event.png")]) == 2
    assert "no event 12 (events 0 to 11)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--summary", "--sensor", "1.1.1"], "--sensor is for one event. Give --event, or leave it out"),
        (["--event", "1", "--json", "a.json"], "--json is for a whole sample. Give --summary, or leave it out"),
        (["--event", "1", "--published", PUBLISHED], "--published is for a whole sample"),
        (["--summary", "--event", "1"], "not allowed with argument"),
        ([], "one of the arguments --event --summary is required"),
        (["--summary", "--collection", "PXDDigit"], "Did you mean 'PXDDigits'?"),
        (["--summary", "--collection", "Empty"], "Empty has no digit in 12 events. Choose another collection"),
        (["--summary", "--published", "none.json"], "none.json: cannot be read"),
        (["--summary", "--json", "none/a.json"], "none/a.json: the folder none does not exist. Create it first"),
    ],
)
def test_bad_input_is_one_line(
    files: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    try:
        status = main(["display", files, *arguments, "-o", str(tmp_path / "page.png")])
    except SystemExit as error:
        status = int(error.code or 0)
    assert status == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("[INFO]")]
    assert message in lines[0]
    assert len(lines) == 1
    assert not (tmp_path / "page.png").exists()


def test_a_file_without_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "empty.npz", range(0))
    assert main(["display", file, "--summary", "-o", str(tmp_path / "page.png")]) == 2
    assert capsys.readouterr().err == f"{file}: has no event. Give a file with events\n"
