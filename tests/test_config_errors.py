"""Every faulty steering file of tests/config_errors gives the lines that stand beside it, all at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pxdbkg.cli.main import main

FOLDER = Path(__file__).parent / "config_errors"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["run", "dry-run"])
def test_lines(
    file: Path, options: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    before = set(os.listdir())
    assert main(["run", file.name, *options]) == 2
    out, err = capfd.readouterr()
    assert err == file.with_suffix(".txt").read_text()
    assert out == ""
    assert set(os.listdir()) == before


def test_three_mistakes_give_three_lines() -> None:
    assert len((FOLDER / "three_mistakes.txt").read_text().splitlines()) == 3


def test_in_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pxdbkg.cli.main", "run", "everything_at_once.yaml"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (FOLDER / "everything_at_once.txt").read_text()
    assert "Traceback" not in done.stderr
