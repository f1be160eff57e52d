import hashlib
import io
import os
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxdbkg.errors import FileError, PayloadError
from pxdbkg.io import zipstore
from pxdbkg.io.zipstore import ZipReader, ZipWriter, archive_digest

ARRAYS = {
    "PXDDigits/charge": np.arange(1000, dtype="<u2"),
    "empty": np.zeros(0, "<i8"),
    "matrix": np.arange(12, dtype="<f4").reshape(3, 4),
    "scalar": np.float64(3),
}


def write(path, *, compress=False):
    with ZipWriter(path, compress=compress) as archive:
        for name, array in ARRAYS.items():
            archive.add_array(name, np.asarray(array))
        archive.add_bytes("note.txt", b"hello" * 10)
        archive.add_column("column", np.dtype("<u2"), 7, io.BytesIO(np.arange(7, dtype="<u2").tobytes()))
    return path


@pytest.mark.parametrize("compress", [False, True])
def test_numpy_zipfile_and_we_read_the_same(tmp_path, compress):
    path = write(tmp_path / "a.npz", compress=compress)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("note.txt") == b"hello" * 10
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(path, allow_pickle=False) as loaded, ZipReader(path) as ours:
        ours.verify()
        for name, array in {**ARRAYS, "column": np.arange(7, dtype="<u2")}.items():
            np.testing.assert_array_equal(loaded[name], array)
            np.testing.assert_array_equal(ours.array(name), array)
            assert ours.array(name).dtype == np.asarray(array).dtype
            assert not ours.array(name).flags.writeable


def test_stored_data_start_at_multiples_of_64_bytes(tmp_path):
    with ZipReader(write(tmp_path / "a.npz")) as archive:
        assert [archive.array(name).ctypes.data % 64 for name in ("PXDDigits/charge", "matrix", "column")] == [0, 0, 0]


def test_the_bytes_are_the_same_every_time(tmp_path):
    one, two = write(tmp_path / "a.npz").read_bytes(), write(tmp_path / "b.npz").read_bytes()
    assert one == two


@pytest.mark.parametrize("compress", [False, True])
def test_large_archives_use_zip64(tmp_path, monkeypatch, compress):
    monkeypatch.setattr(zipstore, "_ZIP64_FROM", 40)  # as if 40 bytes were 4 GB
    with ZipWriter(tmp_path / "a.npz", compress=compress) as archive:
        archive.add_array("a", np.arange(100))
        archive.add_bytes("b", b"short")
    data = (tmp_path / "a.npz").read_bytes()
    assert data.count(b"PK\x06\x06") == data.count(b"PK\x06\x07") == 1
    with ZipReader(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive.array("a"), np.arange(100))
        assert archive.read("b") == b"short"
        archive.verify()


def test_arrays_outlive_the_reader_and_released_pages_come_back(tmp_path):
    with ZipReader(write(tmp_path / "a.npz")) as archive:
        array = archive.array("PXDDigits/charge")
        archive.release()
    np.testing.assert_array_equal(array, ARRAYS["PXDDigits/charge"])


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = write(tmp_path / "a.npz")
    before = path.read_bytes()

    def add_twice():
        with ZipWriter(path) as archive:
            archive.add_bytes("a", b"")
            archive.add_bytes("a", b"")

    with pytest.raises(ValueError, match="added twice"):
        add_twice()
    with pytest.raises(ValueError, match="were announced"), ZipWriter(path) as archive:
        archive.add_column("a", np.dtype("<u2"), 3, io.BytesIO(b"12"))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]


@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_is_one_line(tmp_path, compress):
    data = write(tmp_path / "a.npz", compress=compress).read_bytes()
    cut = tmp_path / "cut.npz"
    for length in [*range(0, len(data), 7), len(data) - 1]:
        cut.write_bytes(data[:length])
        with pytest.raises(FileError, match=r"cut\.npz: ") as caught, ZipReader(cut) as archive:
            archive.verify()
        assert "\n" not in str(caught.value)


def complaint(path):
    """The error of reading a file, an empty text when it holds what was written."""
    try:
        with ZipReader(path) as archive:
            archive.verify()
            for name in ARRAYS:
                np.testing.assert_array_equal(archive.array(name), ARRAYS[name])
    except FileError as error:
        return str(error)
    return ""


@settings(max_examples=200, deadline=None)
@given(st.data(), st.booleans())
def test_a_flipped_byte_is_found_or_harmless(tmp_path_factory, data, compress):
    folder = tmp_path_factory.getbasetemp()
    path = folder / f"flip{compress}.npz"
    whole = bytearray(path.read_bytes() if path.exists() else write(path, compress=compress).read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    flipped = folder / "flipped.npz"
    flipped.write_bytes(whole)
    assert re.fullmatch(rf"({re.escape(str(flipped))}: .+)?", complaint(flipped))


def test_other_files_say_what_they_are_not(tmp_path):
    for content, problem in [(b"", "is empty"), (b"root....", "is not a zip archive"), (b"PK\x03\x04..", "damaged")]:
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(FileError, match=problem):
            ZipReader(tmp_path / "x.npz")
    with pytest.raises(PayloadError, match="No such file"):
        ZipReader(tmp_path / "none.pt", error=PayloadError)
    with pytest.raises(FileError, match="Is a directory"):
        ZipReader(tmp_path)
    with ZipReader(write(tmp_path / "a.npz")) as archive, pytest.raises(FileError, match=r"has no member 'b.npy'"):
        archive.array("b")


def test_pickles_are_never_read(tmp_path):
    np.savez(tmp_path / "a.npz", bad=np.array([{}], object), good=np.arange(3))
    with ZipReader(tmp_path / "a.npz") as archive:
        with pytest.raises(FileError, match=r"'bad\.npy'.*never unpickled"):
            archive.array("bad")
        np.testing.assert_array_equal(archive.array("good"), np.arange(3))


def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    with pytest.raises(FileError, match="names a member twice"):
        ZipReader(tmp_path / "a.zip")


def test_the_digest_sees_names_and_content_but_not_the_packing(tmp_path):
    digest = archive_digest(write(tmp_path / "a.npz"))
    assert digest == archive_digest(write(tmp_path / "b.npz", compress=True))
    with zipfile.ZipFile(tmp_path / "a.npz") as old, zipfile.ZipFile(tmp_path / "c.npz", "w") as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
        new.writestr("more", b"1")
    assert archive_digest(tmp_path / "c.npz") != digest
    assert archive_digest(tmp_path / "c.npz", exclude=["more"]) == digest


def test_the_digest_is_what_the_format_says(tmp_path):
    with ZipWriter(tmp_path / "a.zip") as archive:
        archive.add_bytes("b", b"xyz")
        archive.add_bytes("a", b"")
    laid_out = b"\1\0\0\0a" + bytes(8) + b"\1\0\0\0b" + b"\3" + bytes(7) + b"xyz"
    assert archive_digest(tmp_path / "a.zip") == hashlib.sha256(laid_out).hexdigest()
