"""Zip archives that are the same to the byte every time: stored members, aligned, without time stamps.

``numpy.load`` and ``zipfile`` read them as they read any other. ``ZipReader`` maps stored members instead of copying
them.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg.io import npy
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.zipread import ZipReader, archive_digest

__all__ = ["ALIGNMENT", "ZipReader", "ZipWriter", "archive_digest"]

ALIGNMENT = 64
_BLOCK = 1 << 20
_STORED, _DEFLATED = 0, 8
_DOS_DATE = 0x21  # 1980-01-01, the earliest
_ZIP64_FROM = _WIDE = 0xFFFFFFFF  # numbers from here on stand in a zip64 record, and _WIDE in their place
_PADDING_ID = 0xD935  # extra field "alignment" of APPNOTE 4.6.2's registered third-party ids
_UTF8 = 0x800


class _Entry(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int


class ZipWriter:
    """Write an archive under a temporary name; ``close`` completes and renames it, ``abort`` removes it.

    Parameters
    ----------
    path : the file; an existing one is replaced by ``close``
    compress : deflate the members; they can then not be mapped

    Used as a context manager it closes at the end of the block, or aborts on an exception.
    """

    def __init__(self, path: str | Path, *, compress: bool = False) -> None:
        self.path = Path(path)
        self.compress = compress
        self._temporary = temporary_beside(path)
        self._file = self._temporary.open("xb")
        self._entries: list[_Entry] = []
        self._names: set[bytes] = set()

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a member with this content."""
        self._add(name, len(data), io.BytesIO(data))

    def add_array(self, name: str, array: NDArray[Any]) -> None:
        """Add the member ``name.npy``: little-endian, C order. Raises TypeError for object arrays."""
        array = npy.little_endian(array)
        header = npy.encode_header(array.dtype, array.shape)
        self._add(f"{name}.npy", len(header) + array.nbytes, io.BytesIO(header + array.tobytes()))

    def add_column(self, name: str, dtype: np.dtype[Any], length: int, data: IO[bytes]) -> None:
        """Add the member ``name.npy`` of shape (length,), its little-endian data read from a stream in blocks."""
        header = npy.encode_header(dtype, (length,))
        self._add(f"{name}.npy", len(header) + length * dtype.itemsize, data, header)

    def close(self) -> None:
        """Complete the archive and give it its name."""
        try:
            self._file.write(self._directory())
            self._file.close()
            os.replace(self._temporary, self.path)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Remove what was written; the file of that name, if there was one, stays as it was."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _add(self, name: str, size: int, data: IO[bytes], header: bytes = b"") -> None:
        encoded = name.encode()
        if encoded in self._names:
            raise ValueError(f"{self.path}: member '{name}' is added twice")
        self._names.add(encoded)
        flags = 0 if name.isascii() else _UTF8
        method = _DEFLATED if self.compress else _STORED
        offset = self._file.tell()
        # Sizes and CRC are known only after the data have passed: a first header keeps the place.
        entry = _Entry(encoded, flags, method, 0, 0, size, offset)
        self._file.write(self._local_header(entry))
        crc = written = compressed = 0
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15) if self.compress else None
        for block in _blocks(header, data):
            crc = zlib.crc32(block, crc)
            written += len(block)
            packed = deflate.compress(block) if deflate else block
            compressed += self._file.write(packed)
        if deflate:
            compressed += self._file.write(deflate.flush())
        if written != size:
            raise ValueError(f"{self.path}: member '{name}' has {written} bytes, {size} were announced")
        entry = entry._replace(crc=crc, compressed=compressed)
        end = self._file.tell()
        self._file.seek(offset)
        self._file.write(self._local_header(entry))
        self._file.seek(end)
        self._entries.append(entry)

    @staticmethod
    def _local_header(entry: _Entry) -> bytes:
        """Return the header before the data, padded so that the data start at a multiple of 64 bytes."""
        large = entry.size * 1.05 > _ZIP64_FROM  # known before compressing, which can add a little
        extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.compressed) if large else b""
        sizes = (_WIDE, _WIDE) if large else (entry.compressed, entry.size)
        end = entry.offset + 30 + len(entry.name) + len(extra) + 6
        padding = -end % ALIGNMENT
        extra += struct.pack("<HHH", _PADDING_ID, 2 + padding, ALIGNMENT) + bytes(padding)
        fixed = struct.pack(
            "<IHHHHHIIIHH",
            0x04034B50,
            45 if large else 20,
            entry.flags,
            entry.method,
            0,
            _DOS_DATE,
            entry.crc,
            *sizes,
            len(entry.name),
            len(extra),
        )
        return fixed + entry.name + extra

    def _directory(self) -> bytes:
        """Return the central directory and the end records, of zip64 where a number does not fit."""
        start = self._file.tell()
        records = []
        for entry in self._entries:
            numbers = (entry.size, entry.compressed, entry.offset)
            wide = b"".join(struct.pack("<Q", number) for number in numbers if number >= _ZIP64_FROM)
            extra = struct.pack("<HH", 1, len(wide)) + wide if wide else b""
            size, compressed, offset = map(_narrow, numbers)
            fixed = struct.pack(
                "<IHHHHHHIIIHHHHHII",
                0x02014B50,
                (3 << 8) | 45,  # made on Unix: the mode below counts
                45 if wide else 20,
                entry.flags,
                entry.method,
                0,
                _DOS_DATE,
                entry.crc,
                compressed,
                size,
                len(entry.name),
                len(extra),
                0,
                0,
                0,
                0o100644 << 16,
                offset,
            )
            records.append(fixed + entry.name + extra)
        directory = b"".join(records)
        count = len(records)
        tail = b""
        if count >= 0xFFFF or start >= _ZIP64_FROM or len(directory) >= _ZIP64_FROM:
            record = (0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), start)
            tail = struct.pack("<IQHHIIQQQQ", *record)
            tail += struct.pack("<IIQI", 0x07064B50, 0, start + len(directory), 1)
        few, length, begin = min(count, 0xFFFF), _narrow(len(directory)), _narrow(start)
        return directory + tail + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, length, begin, 0)


def _narrow(number: int) -> int:
    return number if number < _ZIP64_FROM else _WIDE


def _blocks(header: bytes, data: IO[bytes]) -> Iterator[bytes]:
    if header:
        yield header
    while block := data.read(_BLOCK):
        yield block
