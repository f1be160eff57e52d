import subprocess
import sys

import pytest

from pxdbkg import provenance
from pxdbkg.errors import FileError


def test_base_is_version_and_commit_only():
    assert set(provenance.base()) == {"pxdbkg", "commit"}
    assert all(isinstance(value, str) and value for value in provenance.base().values())


def test_a_built_commit_wins_over_the_checkout():
    script = (
        "import sys, types; built = types.ModuleType('pxdbkg._build'); built.COMMIT = 'feedbeef';"
        "sys.modules['pxdbkg._build'] = built; from pxdbkg import provenance; print(provenance.commit())"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "feedbeef"


def test_bytes_do_not_depend_on_the_order_of_keys():
    one = provenance.to_bytes({"b": [1, 2.5], "a": {"z": None, "y": "µ"}})
    assert one == provenance.to_bytes({"a": {"y": "µ", "z": None}, "b": [1, 2.5]})
    assert provenance.from_bytes(one, "x") == {"a": {"y": "µ", "z": None}, "b": [1, 2.5]}


def test_nan_has_no_json():
    with pytest.raises(ValueError, match="JSON compliant"):
        provenance.to_bytes({"a": float("nan")})


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"[1]", b"3", b"[" * 100_000])
def test_damaged_bytes_are_one_line(data):
    with pytest.raises(FileError, match=r"^a\.npz: the provenance is ") as caught:
        provenance.from_bytes(data, "a.npz")
    assert "\n" not in str(caught.value)


def test_sha256_of_a_missing_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert provenance.file_sha256(tmp_path / "a").startswith("ba7816bf")
    with pytest.raises(FileError, match="cannot be read"):
        provenance.file_sha256(tmp_path / "b")
