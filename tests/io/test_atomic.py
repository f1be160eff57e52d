import os

import pytest

from pxdbkg.errors import FileError
from pxdbkg.io.atomic import atomic_path


def test_the_old_file_stays_until_the_end(tmp_path):
    out = tmp_path / "a.txt"
    out.write_text("old")
    with atomic_path(out) as temporary:
        temporary.write_text("new")
        assert out.read_text() == "old"
    assert out.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    def write():
        with atomic_path(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileError, match=r"does not exist\. Create it"), atomic_path(tmp_path / "no" / "a"):
        pass
    with pytest.raises(FileError, match="is a folder"), atomic_path(tmp_path):
        pass
