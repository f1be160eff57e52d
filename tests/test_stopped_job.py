"""The main job when it is stopped: Ctrl-C leaves a whole file of the events so far, a kill leaves the old file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pxdbkg.io import open_digits

ROOT = Path(__file__).parents[1]
COUNT = 199


def start(folder: Path, processes: str) -> subprocess.Popen[str]:
    """Start the main job and return it when some events are done."""
    (folder / "data").symlink_to(ROOT / "data")
    settings = [f"events.count={COUNT}", "path.Progress.interval_s=0"]
    options = ["--processes", processes, *(word for setting in settings for word in ("--set", setting))]
    job = subprocess.Popen(
        [sys.executable, "-m", "pxdbkg.cli.main", "run", str(ROOT / "steering/overlay.yaml"), *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert job.stderr is not None
    for line in job.stderr:
        if f" 3 of {COUNT} events" in line:
            return job
    raise AssertionError(job.communicate())


@pytest.mark.parametrize("processes", ["1", "2"])
def test_interrupt_leaves_the_events_so_far(processes: str, tmp_path: Path) -> None:
    job = start(tmp_path, processes)
    job.send_signal(signal.SIGINT)
    out, err = job.communicate(timeout=120)
    assert job.returncode == 130, err
    assert "Traceback" not in err
    done = re.search(rf"interrupted after (\d+) of {COUNT} events", out)
    assert done is not None
    assert re.search(rf"DigitOutput +\| +{done[1]} \|", out)
    with open_digits(tmp_path / "overlay.npz") as reader:
        reader.verify()
        assert reader.event_ids()[2].tolist() == list(range(1, int(done[1]) + 1))
    assert sorted(os.listdir(tmp_path)) == ["data", "overlay.npz"]


def test_kill_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "overlay.npz").write_bytes(b"what was there before")
    job = start(tmp_path, "1")
    job.kill()
    job.communicate(timeout=120)
    assert (tmp_path / "overlay.npz").read_bytes() == b"what was there before"
    assert not [
        name for name in os.listdir(tmp_path) if not name.startswith(".") and name not in ("data", "overlay.npz")
    ]
