import os
import subprocess
import sys

import pytest

from pxdbkg.errors import FileError
from pxdbkg.io.atomic import atomic_path, check_outputs, remove_leftovers


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


def test_leftovers_of_processes_that_are_gone_are_removed(tmp_path):
    running = os.getppid()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = {
        f".a.npz.{gone.pid}-0123abcd.tmp": True,
        f".a.npz.{os.getpid()}-0123abcd.tmp": True,  # of an earlier process: this one has not begun to write
        f".a.npz.{running}-0123abcd.tmp": False,
        f".b.npz.{gone.pid}-0123abcd.tmp": False,
        "a.npz": False,
        f"a.npz.{gone.pid}-0123abcd.tmp": False,
    }
    for name in names:
        (tmp_path / name).touch()
    folder = tmp_path / f".a.npz.{gone.pid}-00000000.tmp"
    folder.mkdir()
    (folder / "0").touch()
    assert remove_leftovers(tmp_path, lambda name: name == "a.npz") == 3
    assert {path.name for path in tmp_path.iterdir()} == {name for name, removed in names.items() if not removed}


def test_inputs_are_not_overwritten(tmp_path):
    read, folder, free = tmp_path / "a.npz", tmp_path / "pictures", tmp_path / "b.json"
    read.touch()
    folder.mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(read)
    check_outputs([free], [read, folder])
    for output in (read, link, folder / "new.png", tmp_path / "pictures" / ".." / "a.npz"):
        with pytest.raises(FileError, match="is read, and would be overwritten"):
            check_outputs([free, output], [read, folder])
    with pytest.raises(FileError, match="is given for two outputs"):
        check_outputs([free, f"{tmp_path}/./b.json"], [])
    with pytest.raises(FileError, match=r"does not exist\. Create it"):
        check_outputs([tmp_path / "no" / "a.json"], [])
    assert not free.exists()
