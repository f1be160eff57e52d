"""Outputs appear under their name when they are complete, or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pxdbkg.errors import FileError

_TEMPORARY = re.compile(r"\.(.+)\.(\d+)-[0-9a-f]{8}\.tmp")


def temporary_beside(path: str | Path) -> Path:
    """Return an unused hidden name in the folder of a file, so that renaming it stays on one file system.

    Raises FileError when that folder does not exist or cannot be written to, or the path is a folder.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileError(f"{path}: the folder {path.parent} does not exist. Create it first")
    if path.is_dir():
        raise FileError(f"{path}: is a folder. Give the name of a file")
    temporary = path.parent / f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise FileError(
            f"{path}: cannot be written ({error.strerror or error}). Choose another folder, or ask for the right to "
            "write there"
        ) from None
    return temporary


def check_outputs(outputs: Iterable[str | Path], inputs: Iterable[str | Path]) -> None:
    """Raise FileError for an output that would overwrite an input, or another output, or cannot be written.

    Parameters
    ----------
    outputs : files that will be written
    inputs : files that are read, and folders, in which nothing may be written; they need not exist
    """
    read = [Path(one).resolve() for one in inputs]
    written: set[Path] = set()
    for output in outputs:
        place = Path(output).resolve()
        if any(place == one or one in place.parents for one in read):
            raise FileError(f"{output}: is read, and would be overwritten. Choose another name")
        if place in written:
            raise FileError(f"{output}: is given for two outputs. Choose another name for one of them")
        written.add(place)
        temporary_beside(output)


def remove_leftovers(folder: str | Path, wanted: Callable[[str], bool]) -> int:
    """Remove temporary files that killed processes left in a folder, and return their number.

    Parameters
    ----------
    folder : where to look
    wanted : tells from the name of an output whether its temporary files may go

    What belongs to another process that is running on this machine stays.
    """
    count = 0
    for path in Path(folder).iterdir():
        match = _TEMPORARY.fullmatch(path.name)
        if match is None or not wanted(match[1]) or _is_running(int(match[2])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _is_running(pid: int) -> bool:
    if pid == os.getpid():  # in a container every job may have the same number
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary name to write to; rename it when the block ends well, remove it when it does not.

    An existing file is replaced at the end, in one step; until then it stays as it was.
    """
    temporary = temporary_beside(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
