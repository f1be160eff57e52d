"""What is stamped into every output: where it came from, and nothing that differs between two runs of the same job.

No time, host, folder or process count, so that one process, two processes and merged parts write identical files.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pxdbkg import __version__
from pxdbkg.errors import FileError, unreadable

_BLOCK = 1 << 20


def base() -> dict[str, object]:
    """Return the part that every output shares: the version of pxdbkg and the commit that it was built from.

    >>> sorted(base())
    ['commit', 'pxdbkg']
    """
    return {"pxdbkg": __version__, "commit": commit()}


@cache
def commit() -> str:
    """Return the commit of this pxdbkg: as built in, else of the checkout that it is imported from, else "unknown".

    A checkout with uncommitted changes adds ``-dirty``.
    """
    try:
        return str(importlib.import_module("pxdbkg._build").COMMIT)
    except ImportError:
        pass
    checkout = Path(__file__).resolve().parent.parent
    if not (checkout / ".git").exists():
        return "unknown"
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip() or "unknown"


def to_bytes(provenance: Mapping[str, object]) -> bytes:
    """Return a provenance as UTF-8 JSON with sorted keys: equal content, equal bytes.

    Raises TypeError for values that JSON does not know, ValueError for NaN and infinities.

    >>> to_bytes({"seed": "42", "run": 3})
    b'{"run": 3, "seed": "42"}'
    """
    return json.dumps(provenance, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def from_bytes(data: bytes, where: str) -> dict[str, Any]:
    """Return the provenance that ``to_bytes`` wrote; FileError, beginning with ``where``, when it is not JSON.

    >>> from_bytes(b'{"seed": "42"}', "a.npz")
    {'seed': '42'}
    """
    try:
        provenance = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: the provenance is not UTF-8 JSON ({error}). Make or copy the file again") from None
    if not isinstance(provenance, dict):
        raise FileError(f"{where}: the provenance is a {type(provenance).__name__}, expected a mapping")
    return provenance


def file_sha256(path: str | Path) -> str:
    """Return the sha256 of the bytes of a file as hex; FileError when it cannot be read."""
    sha = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                sha.update(block)
    except OSError as error:
        raise FileError(unreadable(path, error)) from None
    return sha.hexdigest()
