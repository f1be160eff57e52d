import json
import sys
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.cli.main import main
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_writer

PUBLISHED = str(Path(__file__).parents[2] / "data" / "geant4_reference.json")


def write(path, seeds, *, threshold=7, shift=0, sensors=40, collections=("PXDDigits",), mean=2000, seed="42"):
    with open_writer(path, list(collections), {"seed": seed}) as writer:
        for number, event in enumerate(seeds):
            rng = np.random.default_rng(event)
            count = rng.poisson(mean * rng.gamma(50, 1 / 50))
            channel = np.sort(rng.choice(sensors * 768 * 250, count, replace=False))
            digits = Digits(
                (channel // 192_000).astype("u1"),
                (channel % 250).astype("u2"),
                (channel // 250 % 768).astype("u2"),
                np.minimum(7 + rng.exponential(20, count) + shift, 255).astype("u2"),
            )
            digits = digits.select(digits.charge >= threshold)
            writer.write(EventMeta(0, 0, number), dict.fromkeys(collections, digits))
    return str(path)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return write(tmp_path_factory.mktemp("reference") / "reference.npz", range(60))


def test_equal_sources_pass_and_two_runs_write_the_same(reference, tmp_path, capsys):
    both = ("PXDDigits", "PXDDigits_beamBG")  # where a file has the background, that is meant
    candidate = write(tmp_path / "candidate.npz", range(100, 150), seed="43", collections=both)
    written = []
    for name in ("a", "b"):
        numbers, page = tmp_path / f"{name}.json", tmp_path / f"{name}.html"
        command = ["validate", "--reference", reference, "--candidate", candidate, "--quick", "--strict"]
        command += ["--published", PUBLISHED, "--json", str(numbers), "--report", str(page)]
        assert main(command) == 0
        written.append((numbers.read_bytes(), page.read_bytes()))
    assert written[0] == written[1]
    text = capsys.readouterr().out
    assert "PASS: all" in text
    assert "(50 against 60 events)" in text
    facts = json.loads(written[0][0])
    assert facts["verdict"] == "pass"
    assert {"name", "value", "error", "floor", "ratio", "limit", "pass"} <= set(facts["observables"][0])
    assert len({one["name"] for one in facts["observables"]}) == len(facts["observables"]) > 50
    assert facts["provenance"]["reference"]["provenance"]["seed"] == "42"
    assert facts["provenance"]["candidate"]["provenance"]["seed"] == "43"
    assert facts["provenance"]["candidate"]["collection"] == "PXDDigits_beamBG"
    assert facts["published"][0]["name"] == "digits an event"
    assert written[0][1].lower().startswith(b"<!doctype html>")


def test_a_shift_of_all_charges_fails(reference, tmp_path, capsys):
    candidate = write(tmp_path / "candidate.npz", range(100, 160), shift=1)
    assert main(["validate", "--reference", reference, "--candidate", candidate, "--quick"]) == 0
    assert "FAIL: " in capsys.readouterr().out


def test_training_events_in_the_candidate_and_strict_tells_the_shell(reference, tmp_path, capsys):
    training = write(tmp_path / "training.npz", range(200, 260))
    candidate = write(tmp_path / "candidate.npz", [*range(200, 210), *range(300, 340)])
    command = ["validate", "--reference", reference, "--candidate", candidate, "--training", training, "--quick"]
    assert main([*command, "--strict"]) == 1
    table = capsys.readouterr().out
    assert "FAILS" in table.partition("\nMemorisation\n")[2].partition("\nFAIL: ")[0]
    assert max(map(len, table.splitlines())) <= 180


def faults(folder):
    """Arguments besides a good reference, and what the one line says."""
    image = folder / "picture.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n")
    shared = folder / "good.html"  # what a file is, is told by its content
    write(folder / "digits.npz", range(100, 150))
    (folder / "digits.npz").rename(shared)
    text = folder / "text.txt"
    text.write_text("hello")
    candidate = write(folder / "good.npz", range(100, 150))
    return {
        "no file": (
            ["--candidate", "missing.npz"],
            "candidate: missing.npz: cannot be read (No such file or directory)",
        ),
        "text": (["--candidate", str(text)], f"candidate: {text}"),
        "payload": (["--candidate", str(Path(PUBLISHED).parent / "models" / "default.pt")], "default.pt"),
        "no events": (["--candidate", write(folder / "none.npz", [])], "has no events (at least 40, better 1000)"),
        "one event": (["--candidate", write(folder / "one.npz", [1])], "has 1 event (at least 40, better 1000)"),
        "no digits": (
            ["--candidate", write(folder / "empty.npz", range(50), threshold=300)],
            "has no digit in 50 events",
        ),
        "threshold": (
            ["--candidate", write(folder / "cut.npz", range(50), threshold=12)],
            "the smallest charge is 12 ADU, that of the reference 7 ADU",
        ),
        "sensors": (
            ["--candidate", write(folder / "part.npz", range(50), sensors=16)],
            "has no digit in sensor 2.1.1, 2.1.2, 2.2.1, 2.2.2 and 20 more, reference has",
        ),
        "collection": (["--candidate", candidate, "--collection", "PXDDigit"], "Did you mean 'PXDDigits'?"),
        "training": (["--candidate", candidate, "--training", str(text)], f"training: {text}"),
        "published": (["--candidate", candidate, "--published", str(text)], "text.txt"),
        "json": (["--candidate", candidate, "--json", "numbers.txt"], "names end in .json"),
        "report": (["--candidate", candidate, "--report", str(folder / "no" / "page.html")], "no folder for"),
        "twice": (["--candidate", candidate, candidate], "good.npz: is given twice"),
        "page of an input": (["--candidate", str(shared), "--report", str(shared)], "is read, and would be"),
        "held out": (
            ["--candidate", candidate, "--training", write(folder / "seen.npz", range(20, 80))],
            "training: 40 of 60 events of the reference are in it",
        ),
        "few tracks": (["--candidate", candidate, "--tracks", "10"], "tracks: 10 tracks, 60 events of the reference"),
        "events": (["--candidate", candidate, "--events", "0"], "--events 0: too small (at least 1)"),
        "few": (["--candidate", candidate, "--events", "20"], "has 20 events (at least 40"),
        "tracks": (["--candidate", candidate, "--tracks", "-1"], "--tracks -1: too small (at least 0)"),
    }


def test_bad_input_is_one_clear_line(reference, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = faults(tmp_path)
    before = sorted(tmp_path.iterdir())
    for name, (arguments, expected) in cases.items():
        assert main(["validate", "--reference", reference, *arguments, "--quick"]) == 2, name
        lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("[INFO]")]
        assert len(lines) == 1, (name, lines)
        assert expected in lines[0], name
    assert sorted(tmp_path.iterdir()) == before


def test_inputs_are_read_only_and_an_interrupt_leaves_nothing(reference, tmp_path, capsys, monkeypatch):
    published = tmp_path / "published.json"
    published.write_bytes(Path(PUBLISHED).read_bytes())
    command = ["validate", "--reference", reference, "--candidate", reference, "--published", str(published), "--quick"]
    assert main([*command, "--json", str(published)]) == 2
    assert "published.json: is read, and would be overwritten" in capsys.readouterr().err
    assert published.read_bytes() == Path(PUBLISHED).read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pxdbkg.validation.report.report", interrupted)
    numbers, page = tmp_path / "numbers.json", tmp_path / "page.html"
    assert main([*command, "--json", str(numbers), "--report", str(page)]) == 130
    assert sorted(tmp_path.iterdir()) == [published]


@pytest.mark.parametrize(("package", "option"), [("sklearn", []), ("acts", ["--tracks", "100"])])
def test_a_missing_package_is_told_before_the_work(reference, monkeypatch, capsys, package, option):
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["validate", "--reference", reference, "--candidate", reference, *option]) == 2
    assert f"needs the package '{package}'" in capsys.readouterr().err
