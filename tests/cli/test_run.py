"""``pxdbkg run`` as a user sees it."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from pxdbkg.cli.main import main
from pxdbkg.config import parameter
from pxdbkg.errors import DigitError
from pxdbkg.framework import Module, register_module, registry

TEXT = """\
seed: 42
events: {count: 5}
path:
  - module: Fragile
  - module: Progress
"""


class Fragile(Module):
    """Fail in event 3 when asked to."""

    @dataclass(frozen=True)
    class Config:
        how: str = parameter("", doc="how it fails")

    config: Config
    parallel = True

    def event(self) -> None:
        self.counts["events"] += 1
        if self.meta.event == 3 and self.config.how == "bug":
            raise ZeroDivisionError("nobody foresaw this")
        if self.meta.event == 3 and self.config.how == "input":
            raise DigitError("u is 300 (allowed: 0 to 249)")
        if self.meta.event == 3 and self.config.how == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)

    def summary(self) -> list[tuple[str, str]]:
        return [("events", str(self.counts["events"]))]


@pytest.fixture(autouse=True)
def steering(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "_TABLE", {})
    register_module(Fragile)
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(TEXT)


def test_a_job(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", "--processes", "2"]) == 0
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert lines[0] == "seed: 42"
    assert re.match(r"Fragile +\| +5 \|", lines[4])
    assert lines[-2] == "Fragile: events  5"
    assert re.fullmatch(r"5 events in \d+\.\d s with 2 worker processes", lines[-1])
    assert re.fullmatch(r"\[INFO\] 5 of 5 events, .*\n", err)


def test_a_drawn_seed_is_printed_and_gives_the_same_job(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", "--set", "seed=null"]) == 0
    line = capfd.readouterr().out.splitlines()[0]
    seed = re.fullmatch(r"seed: ([0-9a-f]{16}) \(drawn; give it again to get the same bytes\)", line)
    assert seed is not None
    assert main(["run", "a.yaml", "--set", f"seed='{seed[1]}'"]) == 0
    assert capfd.readouterr().out.splitlines()[0] == f"seed: {seed[1]}"


def test_dry_run_shows_the_job_and_does_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", "--dry-run", "-n", "3", "--set", "path.Progress.interval_s=2"]) == 0
    out, _ = capfd.readouterr()
    assert "interval_s: 2.0" in out
    assert out.endswith("ok: 3 events, nothing was processed\n")
    Path("b.yaml").write_text(out.rpartition("ok:")[0])
    assert main(["run", "b.yaml", "--dry-run"]) == 0
    assert capfd.readouterr().out == out


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_bug_is_one_line_and_a_hint(processes: str, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "a.yaml", "--set", "path.Fragile.how=bug", "--processes", processes]
    assert main(arguments) == 1
    assert capfd.readouterr().err.splitlines() == [
        "path[0].Fragile: experiment 0, run 0, event 3: ZeroDivisionError: nobody foresaw this",
        "Run again with --log-level DEBUG to see the traceback",
    ]
    assert main([*arguments, "--log-level", "DEBUG"]) == 1
    assert 'raise ZeroDivisionError("nobody foresaw this")' in capfd.readouterr().err


@pytest.mark.parametrize("processes", ["1", "2"])
def test_bad_input_met_in_an_event(processes: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", "--set", "path.Fragile.how=input", "--processes", processes]) == 2
    assert capfd.readouterr().err.splitlines() == [
        "path[0].Fragile: experiment 0, run 0, event 3: u is 300 (allowed: 0 to 249)"
    ]


def test_interrupt(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", "--set", "path.Fragile.how=interrupt"]) == 130
    out, err = capfd.readouterr()
    assert "finishing the current event" in err
    assert re.search(r"Fragile +\| +3 \|", out)
    assert out.endswith("interrupted after 3 of 5 events; the files hold these\n")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["-n", "-1"], "-n: -1 is out of range (allowed: 0 or more)"),
        (["--processes", "0"], "--processes: 0 is out of range (allowed: 1 to 1024)"),
        (
            ["--set", "path.Fragil.how=x"],
            "--set path.Fragil.how=x: no module 'Fragil' (modules: Fragile, Progress). Did",
        ),
    ],
)
def test_bad_options(options: list[str], line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "a.yaml", *options]) == 2
    assert capfd.readouterr().err.startswith(line)


def test_log_level_of_the_file_and_of_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(f"log_level: ERROR\n{TEXT}")
    assert main(["run", "a.yaml"]) == 0
    assert capfd.readouterr().err == ""
    assert main(["run", "a.yaml", "--log-level", "INFO"]) == 0
    assert "[INFO] 5 of 5" in capfd.readouterr().err


def test_second_interrupt_is_status_130(tmp_path: Path) -> None:
    code = """
        import sys, time
        from pxdbkg.cli.main import main
        from pxdbkg.framework import Module, register_module

        class Fragile(Module):
            def event(self):
                print("ready", flush=True)
                time.sleep(600)

        register_module(Fragile)
        sys.exit(main(["run", "a.yaml"]))
    """
    job = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert job.stdout is not None
    assert job.stderr is not None
    while job.stdout.readline() != "ready\n":
        pass
    job.send_signal(signal.SIGINT)
    job.stderr.readline()
    job.stderr.readline()
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert err == "pxdbkg: interrupted\n"
    assert job.returncode == 130
