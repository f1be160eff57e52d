"""Wrong arguments of every command, missing extras and faulty networks: one line, status 2, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Refuse = Callable[[list[str]], list[str]]
MODULES = (
    "SignalHits, PXDDigitizer, PXDBackgroundGenerator, BGOverlayExecutor, PXDDigitSorter, PXDClusterizer, DigitOutput"
)
CLOSED = "cannot be written (No such file or directory). Choose another folder, or ask for the right to write there"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "is not KEY=VALUE (KEY: seed, events.first, path.MODULE.parameter)"),
        ("=3", "is not KEY=VALUE (KEY: seed, events.first, path.MODULE.parameter)"),
        ("path=3", "names no parameter (KEY: path.MODULE.parameter)"),
        ("seed.a=3", "nothing to set at 'a', which would be inside the value 42"),
        ("nosuch=3", "nosuch: unknown key (known: path, seed, events, processes, log_level)"),
        ("events.count=-1", "events.count: -1 is out of range (allowed: 0 to 2147483647)"),
        ("path.PXDDigitsorter.x=3", f"no module 'PXDDigitsorter' (modules: {MODULES}). Did you mean 'PXDDigitSorter'?"),
        ("path.9.x=3", "no module at position 9 (allowed: 0 to 6)"),
        ("path.SignalHits.files.1=x", "nothing to set at '1', which would be inside a list of 1"),
        ("path.SignalHits.files.0=3", "path[0].SignalHits.files[0]: 3 is not a text"),
        (
            "path.PXDBackgroundGenerator.threshold=300",
            "path[2].PXDBackgroundGenerator.threshold: 300 is out of range (allowed: 1 to 255 ADU)",
        ),
    ],
)
def test_settings(setting: str, message: str, refuse: Refuse) -> None:
    assert refuse(["run", "job.yaml", "--set", setting]) == [f"--set {setting}: {message}"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            b"",
            ":1:1: path: required, but not given (list[any]: the modules, in the order in which they see an event)",
        ),
        (b"\x00\xff\xfe", ": not a text file in UTF-8 (byte 1). Give a YAML file"),
        (b"- a", ":1:1: ['a'] is not a mapping"),
        (
            b"path: [a: b: c",
            ":1:12: not YAML: expected ',' or ']', but got ':'. Mind indentation, colons and brackets",
        ),
        (b"path:\n  - PXDDigitizer", ":2:5: path[0]: is not a module entry. Write '- module: PXDDigitizer'"),
        (None, ": cannot be read (No such file or directory). Check the name"),
    ],
    ids=["empty", "binary", "list", "bad", "bare name", "missing"],
)
def test_steering_files(content: bytes | None, line: str, refuse: Refuse) -> None:
    file = Path("s.yaml")
    if content is not None:
        file.write_bytes(content)
    try:
        assert refuse(["run", "s.yaml"]) == [f"s.yaml{line}"]
    finally:
        file.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("", "pxdbkg: the following arguments are required: COMMAND. See: pxdbkg --help"),
        ("run", "pxdbkg run: the following arguments are required: STEERING. See: pxdbkg run --help"),
        ("run data", "data: cannot be read (Is a directory). Give the name of a file"),
        ("run job.yaml --dryrun", "pxdbkg: unrecognized arguments: --dryrun. See: pxdbkg --help"),
        ("run job.yaml -n x", "pxdbkg run: argument -n: 'x' is not a whole number. See: pxdbkg run --help"),
        ("run job.yaml -n -1", "-n: -1 is out of range (allowed: 0 or more)"),
        ("run job.yaml --processes 0", "--processes: 0 is out of range (allowed: 1 to 1024)"),
        (
            "run job.yaml -n 500",
            "job.yaml:4:5: path[0].SignalHits: has 200 events, 500 are asked for. Ask for at most 200, or set wrap: "
            "true",
        ),
        (
            "export convnett -o a.pt",
            "export: 'convnett' is not a generator (allowed: baseline, convnet, resnet). Did you mean 'convnet'?",
        ),
        ("export baseline -o a.npz", "export: the file 'a.npz' does not end in .pt, as a payload does. Rename it"),
        ("export baseline -o no/a.pt", "no/a.pt: the folder no does not exist. Create it first"),
        ("export baseline -o /proc/a.pt", f"/proc/a.pt: {CLOSED}"),
        (
            "export baseline -o a.pt --reference bad.json",
            "bad.json: is not a file of reference statistics (no object 'geant4'). Give data/geant4_reference.json, or "
            "a file of the same form",
        ),
        ("display digits.npz --event 9 -o a.png", "digits.npz: no event 9 (events 1 to 2). Choose another one"),
        ("display none.npz --event 9 -o a.png", "none.npz: no collection 'PXDDigits' (it has: none)."),
        (
            "display digits.npz --event 1 --collection PXDDigit -o a.png",
            "digits.npz: no collection 'PXDDigit' (it has: PXDDigits, PXDDigits_beamBG). Did you mean 'PXDDigits'?",
        ),
        ("display digits.npz --event 1 -o a.xyz", "display: cannot write 'a.xyz' (endings: .png, .pdf, .svg, .html)"),
        ("display digits.npz --event 1 -o /proc/a.png", f"/proc/a.png: {CLOSED}"),
        ("benchmark generate --payload no.pt", "no.pt: cannot be read (No such file or directory). Check the name"),
    ],
)
def test_arguments(arguments: str, line: str, refuse: Refuse) -> None:
    assert refuse(arguments.split()) == [line]


@pytest.mark.parametrize(
    ("package", "arguments", "start"),
    [
        ("uproot", "run job.yaml --set path.DigitOutput.file=a.root", "--set path.DigitOutput.file=a.root: path[6]."),
        ("uproot", "inspect bad.root", "ROOT files: needs the package 'uproot'"),
        ("PIL", "inspect images", "PNG images: needs the package 'pillow'"),
        ("matplotlib", "display digits.npz --event 1 -o a.png", "pictures of events: needs the package 'matplotlib'"),
    ],
)
def test_missing_extra(
    package: str, arguments: str, start: str, refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.split(".")[0] == package or name in ("pxdbkg.io.root", "pxdbkg.io.images"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    (line,) = refuse(arguments.split())
    assert line.startswith(start)
    assert "which is not installed. Install it with: pip install 'pxdbkg[" in line


def test_network_that_gives_nan(refuse_job: Callable[..., list[str]]) -> None:
    (line,) = refuse_job({"data/models/default.pt": "nan.pt"})
    start = "path[2].PXDBackgroundGenerator: experiment 0, run 0, event 1: nan.pt: "
    assert line.startswith(start)
    assert "NaN" in line


@pytest.mark.parametrize("processes", ["1", "2"])
def test_in_a_process_of_its_own(processes: str, workplace: Path) -> None:
    before = sorted(os.listdir(workplace))
    options = ["--processes", processes, "--set", "path.PXDBackgroundGenerator.model=nan.pt"]
    done = subprocess.run(
        [sys.executable, "-m", "pxdbkg.cli.main", "run", "job.yaml", *options],
        cwd=workplace,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert sorted(os.listdir(workplace)) == before
