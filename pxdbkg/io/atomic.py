"""Outputs appear under their name when they are complete, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxdbkg.errors import FileError


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
