"""Payload files of a generator: metadata, digest and checks, by reading the zip archive only (no torch here).

``NAME.pt`` is a TorchScript archive with the extra file ``pxdbkg.json``; ``NAME.npz`` beside it holds the weights by
state-dict name and the same JSON. Both carry a digest over all their members but the JSON.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import PayloadError
from pxdbkg.io.metadata import KINDS, PayloadInfo, parse_info
from pxdbkg.io.zipstore import ZipReader, ZipWriter, archive_digest

__all__ = ["KINDS", "PayloadInfo", "check", "describe", "read_arrays", "read_info", "write_arrays", "write_torchscript"]

JSON_MEMBER = "pxdbkg.json"
ARCHIVE = "archive"  # the folder inside the zip archive that TorchScript asks for
_SCRIPT_JSON = f"{ARCHIVE}/extra/{JSON_MEMBER}"
_MAX_JSON_BYTES = 1 << 20
_MANGLED = re.compile(rb"___torch_mangle_\d+")
# They run while the archive is loaded, before its graphs can be looked at.
_RUNS_AT_LOAD = re.compile(rb"__(?:set|get)state__")
_HOW_TO_EXPORT = "Make one with: pxdbkg export"


def read_info(path: str | Path) -> PayloadInfo:
    """Return the metadata of a payload file, without looking at its weights.

    Raises PayloadError when the file is missing, damaged, no payload, of a newer format or of an unknown kind.
    """
    with ZipReader(path, error=PayloadError) as archive:
        return _info(archive)


def check(path: str | Path) -> PayloadInfo:
    """Return the metadata after reading every member: CRCs, digest, and no code that runs while loading.

    Raises PayloadError, as ``read_info`` does, and when the digest differs or a member may not be there.
    """
    with ZipReader(path, error=PayloadError) as archive:
        info = _info(archive)
        for name in archive.names:
            if name.endswith(".py") and _RUNS_AT_LOAD.search(archive.read(name)):
                raise PayloadError(
                    f"{path}: its code '{name}' runs while it is loaded (__setstate__), which a payload may not. "
                    "Export the network with pxdbkg.generators.export.write_payload"
                )
    found = archive_digest(path, {json_member(info)}, error=PayloadError)
    if found != info.digest:
        raise PayloadError(
            f"{path}: its digest is {found[:12]}..., the file says {info.digest[:12]}...: it was changed after it was "
            "made. Copy or export it again"
        )
    return info


def describe(path: str | Path) -> list[tuple[str, str]]:
    """Return what a payload file is, as rows of label and text, after ``check``."""
    info = check(path)
    rows = [
        ("payload", f"{info.family}, kind {info.kind}, format {info.format_version}, {info.storage}"),
        ("note", info.note),
        ("sensors", f"{len(info.sensors)} of 40"),
        ("threshold", f"{info.threshold_adu} ADU"),
    ]
    rows += [
        ("condition", f"{c.name}: {c.low:g} to {c.high:g} {c.unit}, default {c.default:g}".replace(" ,", ","))
        for c in info.conditions
    ]
    rows.append(("sizes", _plain(info.sizes)))
    rows.append(("blocks", _plain(info.block_sizes)))
    for label, table in (("training", info.training), ("validation", info.validation), ("versions", info.versions)):
        rows.append((label, _plain(table) or "none"))
    rows.append(("digest", info.digest))
    return rows


def json_member(info: PayloadInfo) -> str:
    """Return the name of the member that holds the metadata."""
    return _SCRIPT_JSON if info.storage == "torchscript" else JSON_MEMBER


def write_torchscript(path: str | Path, info: PayloadInfo, module_bytes: Path) -> PayloadInfo:
    """Write ``NAME.pt`` from what ``torch.jit.save`` wrote, and return the metadata with the digest.

    Parameters
    ----------
    path : the payload file
    info : metadata; its digest and storage are filled in here
    module_bytes : file that ``torch.jit.save`` wrote

    Members are stored, aligned and without time stamps. Debug members go, they hold the paths of source files, and the
    numbers that torch adds to names of types are counted from 0, so that the same network gives the same bytes.
    """
    with ZipReader(module_bytes, error=PayloadError) as source:
        names = [name for name in source.names if not name.endswith((".debug_pkl", "serialization_id"))]
        members = {name.partition("/")[2]: source.read(name) for name in names}
    mangled = sorted(
        {match for name, data in members.items() if _holds_names(name) for match in _MANGLED.findall(data)},
        key=lambda match: int(match.rpartition(b"_")[2]),
    )
    renamed = {old: b"___torch_mangle_%d" % number for number, old in enumerate(mangled)}

    def rename(text: bytes) -> bytes:
        return _MANGLED.sub(lambda match: renamed.get(match.group(), match.group()), text)

    content = {
        f"{ARCHIVE}/{rename(name.encode()).decode()}": rename(data) if _holds_names(name) else data
        for name, data in members.items()
    }
    return _write(path, dataclasses.replace(info, storage="torchscript"), content)


def write_arrays(path: str | Path, info: PayloadInfo, arrays: Mapping[str, NDArray[Any]]) -> PayloadInfo:
    """Write ``NAME.npz``: one array a state-dict name, and the metadata; return it with the digest."""
    return _write(path, dataclasses.replace(info, storage="arrays"), dict(arrays))


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return copies of the arrays of ``NAME.npz`` by state-dict name."""
    with ZipReader(path, error=PayloadError) as archive:
        names = [name.removesuffix(".npy") for name in archive.names if name.endswith(".npy")]
        return {name: np.array(archive.array(name)) for name in names}


def _holds_names(member: str) -> bool:
    return member.endswith(".py") or member == "data.pkl"


def _write(path: str | Path, info: PayloadInfo, content: Mapping[str, bytes | NDArray[Any]]) -> PayloadInfo:
    # The digest comes from the members as they will stand in the file: write once without the JSON, read, write again.
    draft = Path(f"{path}.draft")
    try:
        _pack(draft, content, None)
        done = dataclasses.replace(info, digest=archive_digest(draft, error=PayloadError))
    finally:
        draft.unlink(missing_ok=True)
    _pack(Path(path), content, done)
    return done


def _pack(path: Path, content: Mapping[str, bytes | NDArray[Any]], info: PayloadInfo | None) -> None:
    with ZipWriter(path) as archive:
        for name, data in content.items():
            if isinstance(data, bytes):
                archive.add_bytes(name, data)
            else:
                archive.add_array(name, data)
        if info:
            text = json.dumps(info.to_json(), indent=1, sort_keys=True, ensure_ascii=False)
            archive.add_bytes(json_member(info), text.encode())


def _info(archive: ZipReader) -> PayloadInfo:
    path, names = archive.path, archive.names
    member = next((name for name in names if re.fullmatch(rf"(?:[^/]+/extra/)?{re.escape(JSON_MEMBER)}", name)), None)
    if member is None:
        if any(name.startswith("events/") or name.endswith("/offsets.npy") for name in names):
            raise PayloadError(f"{path}: is a file of digits, not a payload. Read it with BGOverlayInput or DigitInput")
        what = "a torch file" if any(name.endswith("data.pkl") for name in names) else "a zip archive"
        raise PayloadError(f"{path}: is {what} without '{JSON_MEMBER}', so not a payload. {_HOW_TO_EXPORT}")
    data = archive.read(member)
    if len(data) > _MAX_JSON_BYTES:
        raise PayloadError(f"{path}: '{member}' has {len(data)} bytes (at most {_MAX_JSON_BYTES}). {_HOW_TO_EXPORT}")
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise PayloadError(f"{path}: '{member}' is not JSON ({error}). {_HOW_TO_EXPORT}") from None
    storage = "arrays" if member == JSON_MEMBER else "torchscript"
    if storage == "torchscript" and member != _SCRIPT_JSON:
        raise PayloadError(f"{path}: its folder is '{member.partition('/')[0]}' (allowed: {ARCHIVE}). {_HOW_TO_EXPORT}")
    return parse_info(fields, storage, str(path))


def _plain(table: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in table.items())
