"""Read zip archives safely: checked members, stored arrays mapped, every damage one clear line, never a pickle."""

from __future__ import annotations

import hashlib
import mmap
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import FileError, unreadable
from pxdbkg.io import npy

_BLOCK = 1 << 20
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    MemoryError,
)


class ZipReader:
    """Members of a zip archive, read only.

    Parameters
    ----------
    path : the file
    error : class of the errors that are raised: FileError, or a child such as PayloadError

    Raises ``error`` when the file is missing, is not a zip archive, is damaged, or names a member twice.
    """

    def __init__(self, path: str | Path, *, error: type[FileError] = FileError) -> None:
        self.path = Path(path)
        self._error = error
        self._map: mmap.mmap | None = None
        with self._damage("the archive"):
            try:
                self._zip = zipfile.ZipFile(self.path)
            except zipfile.BadZipFile as bad:
                size = self.path.stat().st_size
                if not size:
                    raise error(f"{path}: the file is empty. Make or copy it again") from None
                with open(self.path, "rb") as file:
                    first = file.read(2)
                if first[:1] == b"\x80":
                    raise error(
                        f"{path}: is a pickle, which is never opened, because it can run any code. Check the name"
                    ) from None
                if first != b"PK":
                    raise error(
                        f"{path}: is not a zip archive, so neither an npz nor a payload file. Check the name"
                    ) from None
                if str(bad) == "File is not a zip file":  # what zipfile says when it does not find the directory
                    raise error(f"{path}: is damaged, its end is missing. Make or copy the file again") from None
                raise bad
        self._members = {info.filename: info for info in self._zip.infolist()}
        if len(self._members) != len(self._zip.infolist()):
            self.close()
            raise error(f"{path}: names a member twice. Make the file again")

    @property
    def names(self) -> list[str]:
        """Names of the members in the order of the archive."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the bytes of a member, its CRC checked."""
        info = self._info(name)
        with self._damage(f"member '{name}'"), self._zip.open(info) as member:
            data = member.read()
            if len(data) != info.file_size:
                raise EOFError("it is cut short")
            return data

    def verify(self) -> None:
        """Read every member and check its CRC, in blocks."""
        for name in self._members:
            for _ in self._blocks(name):
                pass

    def array(self, name: str) -> NDArray[Any]:
        """Return the member ``name.npy`` as a read-only array.

        A stored member is mapped, not copied, and its CRC is not checked (``verify`` does); a deflated one is
        unpacked to a nameless temporary file, its CRC checked, and that file is mapped: memory stays flat.
        """
        member = f"{name}.npy"
        info = self._info(member)
        with self._damage(f"member '{member}'"):
            if info.flag_bits & 1:
                raise ValueError("it is encrypted")
            if info.compress_type == zipfile.ZIP_STORED:
                buffer, start = self._stored(info)
            else:
                buffer, start = self._unpacked(member), 0
            header = npy.decode_header(bytes(buffer[start : start + min(info.file_size, npy.MAX_HEADER_BYTES)]))
            if header.data_start + header.n_bytes != info.file_size:
                raise ValueError(f"its header announces {header.n_bytes} bytes of data, there are other than that")
            flat = np.frombuffer(buffer, np.uint8, header.n_bytes, start + header.data_start)
            array: NDArray[Any] = flat.view(header.dtype).reshape(
                header.shape, order="F" if header.fortran_order else "C"
            )
            array.flags.writeable = False
            return array

    def is_stored(self, name: str) -> bool:
        """Tell whether the member ``name.npy`` is stored, so that it can be mapped in place."""
        return self._info(f"{name}.npy").compress_type == zipfile.ZIP_STORED

    def release(self) -> None:
        """Let the system drop the mapped pages that were read; arrays stay valid and are read again on use."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the file; arrays that were handed out stay valid."""
        self._zip.close()
        self._map = None

    def __enter__(self) -> ZipReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise self._error(f"{self.path}: has no member '{name}' (members: {_some(self.names)})")
        return self._members[name]

    def _blocks(self, name: str) -> Iterator[bytes]:
        info = self._info(name)
        with self._damage(f"member '{name}'"), self._zip.open(info) as member:
            left = info.file_size
            while block := member.read(_BLOCK):
                left -= len(block)
                yield block
            if left:
                raise EOFError("it is cut short")

    def _stored(self, info: zipfile.ZipInfo) -> tuple[mmap.mmap, int]:
        """Return the map of the file and where the data of a stored member begin in it."""
        if self._map is None:
            with open(self.path, "rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = self._map[info.header_offset : info.header_offset + 30]
        signature, name_length, extra_length = struct.unpack("<I22xHH", header)
        if signature != 0x04034B50:
            raise ValueError("its local header is damaged")
        start = info.header_offset + 30 + name_length + extra_length
        name = self._map[info.header_offset + 30 : info.header_offset + 30 + name_length]
        encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if name != info.orig_filename.encode(encoding) or info.compress_size != info.file_size:
            raise ValueError("its local header does not agree with the directory")
        if start + info.file_size > len(self._map):
            raise EOFError("it is cut short")
        return self._map, start

    def _unpacked(self, name: str) -> mmap.mmap:
        with tempfile.TemporaryFile() as file:
            for block in self._blocks(name):
                file.write(block)
            file.flush()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @contextmanager
    def _damage(self, what: str) -> Iterator[None]:
        try:
            yield
        except FileError:
            raise
        except OSError as error:
            raise self._error(unreadable(self.path, error)) from None
        except _DAMAGE as error:
            raise self._error(
                f"{self.path}: {what} is damaged ({str(error) or type(error).__name__}). Make or copy the file again"
            ) from None


def archive_digest(path: str | Path, exclude: Collection[str] = (), *, error: type[FileError] = FileError) -> str:
    """Return the sha256 over name, length and bytes of every member of a zip archive, as hex.

    Parameters
    ----------
    path : the archive
    exclude : names of members that are left out
    error : class of the errors that are raised

    The members are taken in the order of their names in UTF-8; each adds u32 length of the name, name, u64 length of
    the content, content, little-endian. CRCs are checked on the way. How members are packed does not matter.
    """
    sha = hashlib.sha256()
    with ZipReader(path, error=error) as archive:
        for name in sorted(set(archive.names) - set(exclude), key=str.encode):
            encoded = name.encode()
            size = archive._info(name).file_size
            sha.update(struct.pack("<I", len(encoded)) + encoded + struct.pack("<Q", size))
            for block in archive._blocks(name):
                sha.update(block)
    return sha.hexdigest()


def array_names(names: Collection[str]) -> list[str]:
    """Return the names of the arrays among member names: those that end in ``.npy``, without it.

    >>> array_names(["a/x.npy", "pxdbkg.json"])
    ['a/x']
    """
    return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]


def first_bytes(path: str | Path, count: int) -> bytes:
    """Return the first bytes of a file; FileError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(count)
    except OSError as error:
        raise FileError(unreadable(path, error)) from None


def _some(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
