"""Every example in steering/ runs, writes what its header says, and makes the digits that it made before."""

import json
import runpy
import shutil
from pathlib import Path

import pytest

from pxdbkg.cli.main import main
from pxdbkg.io import open_digits

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/steering_digests.json").read_text())
NEEDS_NETWORK = {"convnet.yaml": "convnet", "compare_generators.yaml": "resnet"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the top of the checkout, to run in as a newcomer does."""
    shutil.copytree(ROOT / "steering", tmp_path / "steering")
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return main(["run", *arguments])


def digests(file: str) -> dict[str, list[str]]:
    """Digests of the first events of each digit collection."""
    with open_digits(file) as reader:
        names = [name for name in reader.collections if "Digits" in name]
        return {name: [reader.read(name, entry).digest()[:16] for entry in range(3)] for name in names}


def check_golden(example: str, found: dict[str, list[str]]) -> None:
    line = json.dumps({example: found})
    assert found == GOLDEN.get(example), (
        f"the digits of {example} changed. If that was meant (physics, payload or draws; say so in CHANGELOG.md), put "
        f"this into tests/golden/steering_digests.json: {line}"
    )


def test_overlay_then_overlay_from_its_file(checkout: Path) -> None:
    assert run("steering/overlay.yaml", "-n", "3") == 0
    check_golden("overlay.yaml", digests("overlay.npz"))
    assert run("steering/overlay_from_file.yaml", "-n", "3") == 0
    check_golden("overlay_from_file.yaml", digests("overlay_from_file.npz"))


def test_python_writes_the_bytes_that_yaml_writes(checkout: Path) -> None:
    import pxdbkg

    assert run("steering/overlay.yaml", "-n", "3") == 0
    build_path = runpy.run_path("steering/overlay.py")["build_path"]
    events = {"experiment": 0, "run": 0, "first": 1, "count": 3}
    pxdbkg.process(build_path("python.npz"), seed=42, events=events)
    assert digests("python.npz") == digests("overlay.npz")
    assert (checkout / "python.npz").stat().st_size > 0


def test_simulated_background(checkout: Path) -> None:
    assert run("steering/simulate_background.yaml", "-n", "3") == 0
    check_golden("simulate_background.yaml", digests("background-00000.npz"))
    with open_digits("background-00000.npz") as reader:
        assert list(reader.kinds) == ["PXDDigits", "PXDTruth"]
        assert len(reader.truth("PXDTruth", 0)) == len(reader.read("PXDDigits", 0))


def test_training_set_goes_on_where_it_stopped(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--set", "path.DigitOutput.events_per_file=2"]
    assert run("steering/training_set.yaml", "-n", "4", *files) == 0
    before = {path.name: path.read_bytes() for path in checkout.glob("training-*.npz")}
    assert sorted(before) == ["training-00000.npz", "training-00001.npz"]
    (checkout / "training-00001.npz").unlink()
    assert run("steering/training_set.yaml", "-n", "4", "--processes", "2", *files) == 0
    assert {path.name: path.read_bytes() for path in checkout.glob("training-*.npz")} == before


SHORT = ["overlay.yaml", "overlay_from_file.yaml", "simulate_background.yaml", "training_set.yaml"]


@pytest.mark.parametrize("example", SHORT)
def test_header_says_what_input_output_time(example: str) -> None:
    head = (ROOT / "steering" / example).read_text().split("seed:")[0]
    assert all(f"# {word}" in head for word in ("What:", "Input:", "Output:", "Time:"))


def test_network_examples_say_what_to_export(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("steering/convnet.yaml") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "convnet.pt" in error


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(NEEDS_NETWORK))
def test_network_examples_run(checkout: Path, example: str) -> None:
    family = NEEDS_NETWORK[example]
    assert main(["export", family, "-o", f"{family}.pt"]) == 0
    few = [] if example == "compare_generators.yaml" else ["--set", "path.PXDBackgroundGenerator.sensors=[0, 16]"]
    assert run(f"steering/{example}", "-n", "1", *few) == 0
    with open_digits(example.replace(".yaml", ".npz")) as reader:
        for name in reader.collections:
            occupancy = len(reader.read(name, 0)) / (2 * 250 * 768)
            assert 0.003 < occupancy < 0.03, name
