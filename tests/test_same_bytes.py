"""An event has the same bytes wherever, whenever and in whatever company it is made, and nothing else is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import pxdbkg
from pxdbkg import _core
from pxdbkg.cli.main import main
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.masks import PixelMask
from pxdbkg.io import open_digits
from pxdbkg.io.merge import merge_digit_files

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "data/models/default.pt"
BACKGROUND = "PXDDigits_beamBG"
COLLECTIONS = ["PXDDigits", BACKGROUND, "PXDClusters"]
JOB = f"""\
seed: 42
events: {{experiment: 0, run: 0, first: 1, count: 32}}
path:
  - module: SignalHits
    files: [{ROOT}/data/signal_simhits.npz]
  - module: PXDDigitizer
  - module: PXDBackgroundGenerator
    model: {MODEL}
  - module: BGOverlayExecutor
  - module: PXDDigitSorter
  - module: PXDClusterizer
  - module: DigitOutput
    file: out.npz
    collections: [PXDDigits, PXDDigits_beamBG, PXDClusters]
"""
GENERATOR = "path.PXDBackgroundGenerator"
RunJob = Callable[..., Path]


@pytest.fixture
def run_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJob:
    """Run the job, with options and changes of its text, in a folder of its own; return the file."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str, text: str = JOB) -> Path:
        (tmp_path / "job.yaml").write_text(text)
        assert main(["run", "job.yaml", "--log-level", "ERROR", *options]) == 0
        return tmp_path / "out.npz"

    return run


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events 1 to 32 of the job, in one process."""
    folder = tmp_path_factory.mktemp("batch")
    (folder / "job.yaml").write_text(JOB)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["run", "job.yaml", "--log-level", "ERROR"]) == 0
    return folder / "out.npz"


def digests(file: Path, event: int = 17) -> dict[str, str]:
    """Digest of every collection of one event of a file."""
    with open_digits(file) as reader:
        entry = reader.event_ids()[2].tolist().index(event)
        return {name: reader.read(name, entry).digest() for name in COLLECTIONS[:2]} | {
            "PXDClusters": _cluster_digest(reader.path, entry)
        }


def _cluster_digest(path: Path, entry: int) -> str:
    with np.load(path) as archive:
        first, last = archive["PXDClusters/offsets"][entry : entry + 2]
        names = sorted(name for name in archive.files if name.startswith("PXDClusters/") and "offsets" not in name)
        return "".join(archive[name][first:last].tobytes().hex() for name in names)


def background(file: Path, event: int = 17) -> Digits:
    with open_digits(file) as reader:
        return reader.read(BACKGROUND, reader.event_ids()[2].tolist().index(event))


SKIPPED = JOB.replace(JOB.splitlines()[1] + "\n", "").replace(
    "path:\n", "path:\n  - {module: EventInfoSetter, count: 32, SKIP}\n"
)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--set", "events.first=17", "-n", "1"], JOB),
        ([], SKIPPED.replace("SKIP", "skip_events: 15")),
        ([], SKIPPED.replace("SKIP", "skip_to: [0, 0, 17]")),
        (["--set", "events.first=16", "-n", "3", "--processes", "2"], JOB),
        (["--set", "events.first=17", "-n", "1", "--set", f"{GENERATOR}.threads=2"], JOB),
        (["--set", "events.first=17", "-n", "1", "--set", f"{GENERATOR}.model={MODEL.with_suffix('.npz')}"], JOB),
    ],
    ids=["alone", "skip_events", "skip_to", "two processes", "two threads", "rebuilt from arrays"],
)
def test_event_17(options: list[str], text: str, run_job: RunJob, batch: Path) -> None:
    assert digests(run_job(*options, text=text)) == digests(batch)


def test_payload_call_and_module_agree(batch: Path) -> None:
    payload = pxdbkg.load_payload(MODEL)
    numbers = list(range(1, 33))
    made = payload.generate(seed=42, events=numbers[::-1])
    assert [background(batch, number) for number in numbers] == list(made.events())[::-1]


def test_other_seed_and_other_stream_give_other_events(run_job: RunJob, batch: Path) -> None:
    one = ["--set", "events.first=17", "-n", "1"]
    seeds = digests(run_job(*one, "--set", "seed=43"))
    assert all(seeds[name] != digests(batch)[name] for name in COLLECTIONS)
    assert background(run_job(*one, "--set", f"{GENERATOR}.stream=another")) != background(batch)
    assert background(run_job(*one, "--set", f"{GENERATOR}.seed=43")) != background(batch)


BOX = {"sensor": "1.1.2", "u_min": 10, "u_max": 99, "v_min": 5, "v_max": 300}
MASKS = {"sensors": ["1.2.1"], "rows": {"2.1.1": [5, 6]}}


@pytest.mark.parametrize("what", ["sensors", "rois", "masks"])
def test_what_is_left_out_leaves_the_rest(what: str, run_job: RunJob, batch: Path) -> None:
    whole = background(batch)
    value, kept = {
        "sensors": ("[0, 7, 33]", np.isin(whole.sensor, [0, 7, 33])),
        "rois": (
            str([BOX]),
            (whole.sensor == 1) & (whole.u >= 10) & (whole.u <= 99) & (whole.v >= 5) & (whole.v <= 300),
        ),
        "masks": (str(MASKS), ~PixelMask.from_mapping(MASKS).is_masked(whole)),
    }[what]
    part = background(run_job("--set", "events.first=17", "-n", "1", "--set", f"{GENERATOR}.{what}={value}"))
    assert 0 < len(part) < len(whole)
    assert part == whole.select(kept)


def test_workers_and_shards_write_the_same_file(run_job: RunJob, batch: Path, tmp_path: Path) -> None:
    assert run_job("--processes", "2").read_bytes() == batch.read_bytes()
    shards = [
        run_job("--set", f"events.first={first}", "-n", "16", "--set", f"path.DigitOutput.file={first}.npz").with_name(
            f"{first}.npz"
        )
        for first in (1, 17)
    ]
    assert merge_digit_files(shards, tmp_path / "merged.npz") == 32
    assert (tmp_path / "merged.npz").read_bytes() == batch.read_bytes()


@pytest.fixture
def scalar() -> Iterator[None]:
    """Kernels without AVX2."""
    _core.allow_avx2(False)
    yield
    _core.allow_avx2(True)


@pytest.mark.usefixtures("scalar")
def test_scalar_kernels_write_the_same_file(run_job: RunJob, batch: Path) -> None:
    assert not _core.use_avx2()
    assert run_job().read_bytes() == batch.read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
def test_global_state_is_left_alone(processes: int, run_job: RunJob) -> None:
    def state() -> tuple[object, ...]:
        numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002  # it must not change
        threads = torch.get_num_threads(), torch.get_num_interop_threads()
        return numpy_state, torch.get_rng_state().tolist(), *threads, torch.is_grad_enabled(), dict(os.environ)

    before = state()
    run_job("-n", "2", "--processes", str(processes), "--set", f"{GENERATOR}.threads=2")
    assert state() == before
    path = pxdbkg.create_path()
    path.add_module("EventInfoSetter", count=2)
    path.add_module("PXDBackgroundGenerator", model=str(MODEL), threads=2, sensors=[0])
    pxdbkg.process(path, processes, seed=1)
    assert state() == before
    pxdbkg.load_payload(MODEL).generate(seed=1, events=[1, 2], threads=2, sensors=[0])
    assert state() == before


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_hash_seed_and_folder_do_not_matter(hash_seed: str, batch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (tmp_path / "job.yaml").write_text(JOB)
    subprocess.run(
        [sys.executable, "-m", "pxdbkg.cli.main", "run", "../job.yaml"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        timeout=300,
    )
    assert (folder / "out.npz").read_bytes() == batch.read_bytes()


def test_after_a_fork(batch: Path) -> None:
    code = f"""
import os, pxdbkg
payload = pxdbkg.load_payload({str(MODEL)!r})
make = lambda: payload.generate(seed=42, events=17).columns.digest()
first = make()
child = os.fork()
if child == 0:
    os._exit(0 if make() == first == make() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert make() == first
print(first)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == background(batch).digest(), done.stderr
