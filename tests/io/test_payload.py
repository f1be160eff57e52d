"""Payload files: every fault one clear line, found without torch."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pxdbkg.errors import PayloadError
from pxdbkg.io import payload
from pxdbkg.io.zipstore import ZipWriter

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(params=["payload_v1.pt", "payload_v1.npz"])
def good(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(GOLDEN / request.param, tmp_path))


def fault(path: Path) -> str:
    """Message of the error that a file gives, the same from both entries where both can see it."""
    with pytest.raises(PayloadError) as caught:
        payload.check(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert caught.value.exit_status == 2
    return text


def refused(path: Path) -> bool:
    try:
        payload.check(path)
    except PayloadError:
        return True
    return False


def rewrite(path: Path, change: Any = None, *, drop: str = "", add: tuple[str, bytes] | None = None) -> None:
    """Write an archive again with changed metadata, a member less or a member more."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in members if name.endswith("pxdbkg.json"))
    if change:
        fields = json.loads(members[name])
        change(fields)
        members[name] = json.dumps(fields).encode()
    if drop:
        members = {name: data for name, data in members.items() if drop not in name}
    if add:
        members[add[0]] = add[1]
    with ZipWriter(path) as writer:
        for member, data in members.items():
            writer.add_bytes(member, data)


def test_good_files_pass(good: Path) -> None:
    info = payload.check(good)
    assert (info.kind, info.family, info.format_version, info.threshold_adu) == ("clusters", "baseline", 1, 7)
    assert info == payload.read_info(good)
    assert info.storage == ("torchscript" if good.suffix == ".pt" else "arrays")
    rows = dict(payload.describe(good))
    assert rows["digest"] == info.digest
    assert "occupancy_scale: 0.1 to 4, default 1" in rows["condition"]


def test_checking_imports_no_torch(good: Path) -> None:
    code = f"import sys, pxdbkg.io.payload as p; p.check({str(good)!r}); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_flipped_byte_is_seen(good: Path) -> None:
    data = bytearray(good.read_bytes())
    places = np.random.default_rng(1).integers(0, len(data), 40)
    with zipfile.ZipFile(good) as archive:
        spans = [(info.header_offset + 30 + len(info.filename), info.file_size) for info in archive.infolist()]
    for place in [*places.tolist(), *(start + 200 for start, size in spans if size > 300)]:
        data[place] ^= 0x10
        good.write_bytes(data)
        data[place] ^= 0x10
        if not refused(good):
            # What is not seen changed nothing: padding and time stamps belong to no member.
            with zipfile.ZipFile(good) as changed, zipfile.ZipFile(GOLDEN / good.name) as original:
                assert all(changed.read(name) == original.read(name) for name in original.namelist())


@pytest.mark.parametrize("keep", [10, 1000, 0.5, 0.99])
def test_truncated_file(good: Path, keep: float) -> None:
    data = good.read_bytes()
    good.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    fault(good)


def test_missing_and_empty_files_and_folders(tmp_path: Path) -> None:
    assert "No such file" in fault(tmp_path / "none.pt")
    (tmp_path / "empty.pt").touch()
    assert "empty" in fault(tmp_path / "empty.pt")
    assert "directory" in fault(tmp_path).lower()


def test_plain_pickle_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "pickle.pt"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    assert "is a pickle, which is never opened" in fault(path)


def test_digit_file_is_named(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN / "digits_v1.npz", tmp_path))
    assert "file of digits" in fault(path)
    assert "BGOverlayInput" in fault(path)


def test_torch_archive_without_metadata(good: Path) -> None:
    if good.suffix == ".pt":
        rewrite(good, drop="pxdbkg.json")
        assert "without 'pxdbkg.json'" in fault(good)
        assert "pxdbkg export" in fault(good)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.update(format_version=2), ("format version 2", "up to 1", "newer pxdbkg")),
        (lambda f: f.update(format_version="1"), ("format_version", "allowed: 1")),
        (lambda f: f.update(kind="tracks"), ("kind 'tracks'", "image, clusters")),
        (lambda f: f.pop("sizes"), ("lacks 'sizes'",)),
        (lambda f: f.update(note=3), ("note is 3",)),
        (lambda f: f.update(sensors=[3, 3]), ("sensors are (3, 3)",)),
        (lambda f: f.update(sensors=[40]), ("(40,)", "0..39")),
        (lambda f: f.update(threshold_adu=0), ("threshold_adu is 0", "1..255")),
        (lambda f: f["sizes"].update(classes=-1), ("'classes' is -1",)),
        (lambda f: f["sizes"].update(classes=3), ("'normals'", "3 numbers")),
        (lambda f: f["block_sizes"].update(rows=[0] * 8), ("'rows'", "at least 1")),
        (lambda f: f["conditions"].append({"name": "x"}), ("condition", "lacks one of")),
        (lambda f: f["conditions"][0].update(default=9), ("default of its condition occupancy_scale",)),
        (lambda f: f.update(digest="0" * 64), ("digest", "000000000000")),
        (lambda f: f.update(kind="image"), ("'noise' is None",)),
    ],
)
def test_wrong_metadata(good: Path, change: Any, words: tuple[str, ...]) -> None:
    rewrite(good, change)
    text = fault(good)
    assert all(word in text for word in words), text


def test_metadata_that_are_no_json(good: Path) -> None:
    name = "pxdbkg.json" if good.suffix == ".npz" else "archive/extra/pxdbkg.json"
    rewrite(good, add=(name, b"{"))
    assert "not JSON" in fault(good)
    rewrite(good, add=(name, b"[1]"))
    assert "expected an object" in fault(good)
    rewrite(good, add=(name, b" " * (2 << 20)))
    assert "at most" in fault(good)


def test_member_more_changes_the_digest(good: Path) -> None:
    rewrite(good, add=("archive/more", b"1"))
    assert "digest" in fault(good)


def test_code_that_runs_while_loading_is_refused(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN / "payload_v1.pt", tmp_path))
    rewrite(path, add=("archive/code/__torch__/more.py", b"class A:\n  def __setstate__(self): ..."))
    assert "__setstate__" in fault(path)


def test_arrays_are_plain_npz(tmp_path: Path) -> None:
    arrays = payload.read_arrays(GOLDEN / "payload_v1.npz")
    with np.load(io.BytesIO((GOLDEN / "payload_v1.npz").read_bytes()), allow_pickle=False) as plain:
        assert set(plain.files) == {*arrays, "pxdbkg.json"}
        assert all(np.array_equal(plain[name], array) for name, array in arrays.items())


def test_writing_is_deterministic(tmp_path: Path) -> None:
    info, arrays = payload.check(GOLDEN / "payload_v1.npz"), payload.read_arrays(GOLDEN / "payload_v1.npz")
    written = payload.write_arrays(tmp_path / "a.npz", info, arrays)
    assert written == info
    assert (tmp_path / "a.npz").read_bytes() == (GOLDEN / "payload_v1.npz").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
