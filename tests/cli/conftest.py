"""What the tests of bad input share: a folder with sound and damaged files, and commands that must be refused."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from pxdbkg.cli.main import main
from pxdbkg.generators.baseline import make_baseline
from pxdbkg.generators.export import write_payload

ROOT = Path(__file__).parents[2]
MODEL = "data/models/default.pt"
HITS = "data/signal_simhits.npz"
JOB = """\
seed: 42
events: {experiment: 0, run: 0, first: 1, count: 2}
path:
  - module: SignalHits
    files: [data/signal_simhits.npz]
  - module: PXDDigitizer
  - module: PXDBackgroundGenerator
    model: data/models/default.pt
    sensors: [0]
  - module: BGOverlayExecutor
  - module: PXDDigitSorter
  - module: PXDClusterizer
  - module: DigitOutput
    file: out.npz
    collections: [PXDDigits, PXDDigits_beamBG, PXDClusters]
"""
INPUT = """\
seed: 42
path:
  - module: DigitInput
    files: [digits.npz]
  - module: PXDDigitSorter
"""


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the data, a sound file of digits, and every damaged file."""
    folder = tmp_path_factory.mktemp("bad_input")
    (folder / "data").symlink_to(ROOT / "data")
    (folder / "job.yaml").write_text(JOB)
    (folder / "folder.npz").mkdir()
    (folder / "pictures").mkdir()
    (folder / "images" / "1.1.1").mkdir(parents=True)
    (folder / "images" / "1.1.1" / "1.png").write_bytes(b"no image")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["run", "job.yaml", "--set", "path.DigitOutput.file=digits.npz", "--log-level", "ERROR"]) == 0
        _damage()
    return folder


def _damage() -> None:
    model, hits, digits = (Path(name).read_bytes() for name in (MODEL, HITS, "digits.npz"))
    for name, content in {
        "cut.pt": model[: len(model) // 2],
        "flipped.pt": _flip(model),
        "empty.pt": b"",
        "pickle.pt": pickle.dumps({"weights": [1.0]}),
        "text.pt": b"hello",
        "cut_hits.npz": hits[: len(hits) // 2],
        "flipped_hits.npz": _flip(hits),
        "empty.npz": b"",
        "text.npz": b"hello",
        "cut.npz": digits[: len(digits) // 2],
        "bad.root": b"root" + bytes(100),
        "bad.json": b"{}",
    }.items():
        Path(name).write_bytes(content)
    torch.save({"weights": torch.zeros(3)}, "state.pt")
    broken, info = make_baseline("data/geant4_reference.json")
    for values in broken.state_dict().values():
        if values.is_floating_point():
            values.fill_(float("nan"))
    write_payload(broken, info, "nan.pt")
    _rewrite_info("newer.pt", format_version=2)
    _rewrite_info("kind.pt", kind="voxels")
    columns = dict(np.load("digits.npz"))
    first = columns["PXDDigits/offsets"][1]
    for name, member, entry, value in (
        ("outside.npz", "PXDDigits/u", 0, 250),
        ("backwards.npz", "PXDDigits/offsets", 2, first - 1),
        ("long.npz", "PXDDigits/offsets", 2, columns["PXDDigits/offsets"][2] + 1),
    ):
        changed = columns[member].copy()
        changed[entry] = value
        np.savez(name, **(columns | {member: changed}))
    np.savez("float.npz", **(columns | {"PXDDigits/charge": columns["PXDDigits/charge"].astype(np.float32)}))
    np.savez("none.npz", **{name: column[:0] for name, column in columns.items() if name.startswith("events/")})


def _flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _rewrite_info(name: str, **changes: object) -> None:
    with zipfile.ZipFile(MODEL) as old, zipfile.ZipFile(name, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member.endswith("pxdbkg.json"):
                content = json.dumps(json.loads(content) | changes).encode()
            new.writestr(member, content)


@pytest.fixture
def refuse(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[list[str]], list[str]]:
    """Run a command that must end with status 2 and leave the folder as it was; return its lines."""
    monkeypatch.chdir(workplace)

    def run(arguments: list[str]) -> list[str]:
        before = _listing()
        try:
            status: object = main(arguments)
        except SystemExit as exit_:
            status = exit_.code
        out, err = capfd.readouterr()
        assert status == 2, out + err
        assert out in ("", "seed: 42\n")  # the second when a fault is met in an event
        assert _listing() == before
        return err.splitlines()

    return run


def _listing() -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in Path().iterdir()}


@pytest.fixture
def refuse_job(refuse: Callable[[list[str]], list[str]]) -> Iterator[Callable[..., list[str]]]:
    """Run the job with texts replaced in its steering file, and with options."""
    file = Path("job.yaml")

    def run(changes: dict[str, str], *options: str) -> list[str]:
        text = JOB
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        return refuse(["run", "job.yaml", *options])

    yield run
    file.write_text(JOB)


@pytest.fixture
def refuse_digits(refuse: Callable[[list[str]], list[str]]) -> Iterator[Callable[[str], list[str]]]:
    """Run a job that reads a file of digits."""
    file = Path("input.yaml")

    def run(name: str) -> list[str]:
        file.write_text(INPUT.replace("digits.npz", name))
        return refuse(["run", "input.yaml"])

    yield run
    file.unlink(missing_ok=True)
