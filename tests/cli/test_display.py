from pathlib import Path

import numpy as np
import pytest

from pxdbkg.cli.main import main
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_writer


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = str(tmp_path / "digits.npz")
    one = Digits(np.array([3], "u1"), np.array([5], "u2"), np.array([6], "u2"), np.array([20], "u2"))
    writer = open_writer(path, ["PXDDigits", "PXDDigits_beamBG"], {})
    writer.write(EventMeta(0, 0, 17, 0), {"PXDDigits": one, "PXDDigits_beamBG": Digits.empty()})
    writer.close()
    return path


@pytest.mark.parametrize("more", [[], ["--sensor", "1.2.2"]], ids=["detector", "sensor"])
def test_writes_a_picture(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    picture = tmp_path / "event.png"
    assert main(["display", file, "--event", "17", "-o", str(picture), *more]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == f"wrote {picture}\n"


@pytest.mark.parametrize(("more", "first"), [([], None), (["--sensor", "1.2.2"], 3)], ids=["detector", "sensor"])
def test_writes_a_page(file: str, tmp_path: Path, more: list[str], first: int | None) -> None:
    page = tmp_path / "event.html"
    assert main(["display", file, "--event", "17", "-o", str(page), *more]) == 0
    text = page.read_text()
    assert "experiment 0, run 0, event 17: 1 digits, 1 with signal, 1 clusters" in text
    assert f"{file}: PXDDigits" in text
    assert f'"sensor":{"null" if first is None else first}' in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--event", "18", "-o", "e.png"], "no event 18 (events 17 to 17)"),
        (["--event", "17", "-o", "e.txt"], "cannot write 'e.txt' (endings: .png, .pdf, .svg, .html)"),
        (["--event", "17", "-o", "nowhere/e.png"], "no folder"),
        (["--event", "17", "-o", "e.png", "--sensor", "1.9.1"], "1.9.1"),
        (["--event", "17", "-o", "e.png", "--collection", "PXDDigit"], "Did you mean 'PXDDigits'?"),
    ],
)
def test_bad_input_is_one_line(
    file: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["display", file, *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["display", "nowhere.npz", "--event", "1", "-o", "e.png"]) == 2
    assert "nowhere.npz" in capsys.readouterr().err


def test_does_not_overwrite_what_it_reads(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(file).read_bytes()
    picture = str(tmp_path / "page.png")
    assert main(["display", file, "--summary", "--json", file, "-o", picture]) == 2
    assert capsys.readouterr().err == f"{file}: is read, and would be overwritten. Choose another name\n"
    assert main(["display", file, "--summary", "--json", picture, "-o", picture]) == 2
    assert "is given for two outputs" in capsys.readouterr().err
    assert Path(file).read_bytes() == before
    assert not Path(picture).exists()
