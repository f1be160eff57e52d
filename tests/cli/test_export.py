"""Command ``pxdbkg export``."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxdbkg.cli.main import main
from pxdbkg.io import payload as files

ROOT = Path(__file__).parents[2]


def test_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["export", "baseline", "-o", str(tmp_path / "new.pt")]) == 0
    info = files.check(tmp_path / "new.pt")
    assert info.digest in capsys.readouterr().out
    assert info.digest == files.read_info("data/models/default.pt").digest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["baselin", "-o", "a.pt"], ("'baselin' is not a generator", "Did you mean 'baseline'")),
        (["baseline", "-o", "a.bin"], ("'a.bin'", ".pt")),
        (["baseline", "-o", "a.pt", "--reference", "none.json"], ("none.json: cannot be read", "geant4_reference")),
        (["baseline", "-o", "no/such/a.pt"], ("no/such/a.pt",)),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "--reference" not in arguments:
        arguments = [*arguments, "--reference", str(ROOT / "data" / "geant4_reference.json")]
    monkeypatch.chdir(tmp_path)
    assert main(["export", *arguments]) == 2
    text = capsys.readouterr().err.strip()
    assert "\n" not in text
    assert all(word in text for word in words), text
    assert not list(tmp_path.iterdir())
