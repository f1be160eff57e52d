import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pxdbkg.cli.main import main
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_digits, open_writer

GOLDEN = Path(__file__).parents[1] / "golden" / "digits_v1.npz"


def test_a_digit_file_is_shown(capsys):
    assert main(["inspect", str(GOLDEN)]) == 0
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == str(GOLDEN)
    assert "digits npz, format version 1" in lines
    assert f"events 3 (experiment 12, run 7, event 1 to {2**40})" in lines
    assert "PXDDigits 83 digits, 27.7 an event (0 to 80)" in lines
    assert "PXDClusters 83 clusters, 27.7 an event (0 to 80)" in lines
    assert "provenance seed 42" in lines
    assert f"sha256 {hashlib.sha256(GOLDEN.read_bytes()).hexdigest()}" in lines


def test_json_has_the_same_facts(capsys):
    assert main(["inspect", str(GOLDEN), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["content"], facts["format"], facts["format_version"], facts["events"]) == ("digits", "npz", 1, 3)
    assert facts["collections"]["PXDDigits_beamBG"] == {"type": "digits", "entries": 41, "least": 0, "most": 40}
    assert facts["values"] == ["conditions/current_her_mA", "events/gated", "events/trigger_gate"]
    assert facts["provenance"] == {"seed": "42"}


def test_a_payload_is_shown(capsys):
    payload = GOLDEN.parents[2] / "data" / "models" / "default.pt"
    assert main(["inspect", str(payload)]) == 0
    text = capsys.readouterr().out
    assert "kind clusters, format 1, torchscript" in text
    assert hashlib.sha256(payload.read_bytes()).hexdigest() in text
    assert main(["inspect", str(payload.with_suffix(".npz")), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["content"], facts["kind"], facts["storage"]) == ("payload", "clusters", "arrays")
    assert len(facts["digest"]) == 64


def test_root_files_and_folders_of_images_are_shown(tmp_path, capsys):
    with open_digits(GOLDEN) as golden, open_writer(tmp_path / "a.root", ["PXDDigits"], {"seed": "42"}) as writer:
        writer.write(EventMeta(0, 0, 1), {"PXDDigits": golden.read("PXDDigits", 0)})
    assert main(["inspect", str(tmp_path / "a.root"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["format"], facts["format_version"], facts["provenance"]) == ("root", 1, {"seed": "42"})
    assert facts["collections"]["PXDDigits"] == {"type": "digits", "entries": 80, "least": 80, "most": 80}
    (tmp_path / "images" / "1.1.1").mkdir(parents=True)
    Image.fromarray(np.full((250, 768), 9, np.uint8)).save(tmp_path / "images" / "1.1.1" / "7.png")
    assert main(["inspect", str(tmp_path / "images")]) == 0
    text = capsys.readouterr().out
    assert "images, format version unknown" in text
    assert "192000 digits" in text
    assert "sha256" not in text


def flipped(data):
    at = data.index(b"PXDDigits/charge.npy") + 300  # behind the headers of the member
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.npz", flipped, "member 'PXDDigits/charge.npy' is damaged (Bad CRC-32"),
        ("a.npz", lambda data: data[:5000], "is damaged, its end is missing"),
        ("a.npz", lambda data: b"", "is empty"),
        ("a.txt", lambda data: b"hello", "is neither an npz nor a ROOT file"),
        ("a.root", lambda data: b"root" + bytes(100), "a.root"),
        ("a.pt", lambda data: data, "is a file of digits, not a payload"),
        ("a.pt", lambda data: b"\x80\x04", "is a pickle"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_2(tmp_path, capsys, name, content, problem):
    (tmp_path / name).write_bytes(content(GOLDEN.read_bytes()))
    assert main(["inspect", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(str(tmp_path / name))
    assert problem in err
    assert err.count("\n") == 1


def test_a_missing_file_and_simulated_hits_are_told(tmp_path, capsys):
    assert main(["inspect", str(tmp_path / "none.npz")]) == 2
    assert "No such file" in capsys.readouterr().err
    np.savez(tmp_path / "hits.npz", u_mm=1, v_mm=1, path_mm=1)
    assert main(["inspect", str(tmp_path / "hits.npz")]) == 2
    assert "SignalHits" in capsys.readouterr().err


def write_shards(folder, numbers, seed="42"):
    for number in numbers:
        with (
            open_digits(GOLDEN) as golden,
            open_writer(folder / f"s-{number:05d}.npz", ["PXDDigits"], {"seed": seed}) as out,
        ):
            for event in range(2 if number < 3 else 1):
                out.write(EventMeta(0, 7, 2 * number + event), {"PXDDigits": golden.read("PXDDigits", event)})
    return str(folder / "s-*.npz")


def test_files_of_one_sample_are_shown_together(tmp_path, capsys):
    pattern = write_shards(tmp_path, range(4))
    assert main(["inspect", pattern]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == f"{tmp_path}/s-00000.npz to s-00003.npz"
    assert "files 4, 1 to 2 events each" in lines
    assert "events 7 (experiment 0, run 7, event 0 to 6)" in lines
    assert "PXDDigits 320 digits, 45.7 an event (0 to 80)" in lines
    assert "provenance seed 42" in lines
    assert not any(line.startswith(("files that lack", "provenance differs")) for line in lines)
    assert main(["inspect", "--json", *(str(path) for path in sorted(tmp_path.iterdir()))]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [part["events"] for part in facts["files"]] == [2, 2, 2, 1]
    assert facts["size_bytes"] == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert facts["files"][1]["sha256"] == hashlib.sha256((tmp_path / "s-00001.npz").read_bytes()).hexdigest()


def test_what_is_odd_about_a_sample_is_said(tmp_path, capsys):
    write_shards(tmp_path, [0, 2], seed="1")
    pattern = write_shards(tmp_path, [4])
    assert main(["inspect", pattern]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert f"files that lack {tmp_path}/s-00001.npz, {tmp_path}/s-00003.npz" in lines
    assert "provenance differs seed" in lines


def test_files_that_do_not_belong_together(tmp_path, capsys):
    write_shards(tmp_path, [0, 1])
    (tmp_path / "s-00002.npz").write_bytes((tmp_path / "s-00001.npz").read_bytes())
    assert main(["inspect", str(tmp_path / "s-*.npz")]) == 2
    assert "s-00002.npz: experiment 0, run 7, event 2 is in" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "s-00000.npz"), str(GOLDEN)]) == 2
    assert "Show files of one sample together" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "none-*.npz")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
