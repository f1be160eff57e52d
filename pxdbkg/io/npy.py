"""The header of numpy's ``.npy`` format, written the same by every numpy version, read without pickles."""

from __future__ import annotations

import ast
import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"\x93NUMPY\x01\x00"
HEADER_BYTES = 128
MAX_HEADER_BYTES = 65536


class ArrayHeader(NamedTuple):
    """What an npy header says: dtype, shape, order of the data, and where the data begin."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    data_start: int

    @property
    def n_bytes(self) -> int:
        """Length of the data that must follow."""
        return math.prod(self.shape) * self.dtype.itemsize


def little_endian(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in C order and little-endian, a copy only where it is not; TypeError for object arrays."""
    if array.dtype.hasobject:
        raise TypeError(f"arrays of dtype {array.dtype} need a pickle, which is never written")
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def encode_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the version 1.0 header of a C-ordered array, padded to a multiple of 64 bytes (128 for our columns).

    >>> len(encode_header(np.dtype("<u2"), (5,)))
    128
    """
    text = repr({"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}).encode("ascii")
    length = max(HEADER_BYTES, -(-(len(_MAGIC) + 2 + len(text) + 1) // 64) * 64) - len(_MAGIC) - 2
    return _MAGIC + length.to_bytes(2, "little") + text.ljust(length - 1) + b"\n"


def decode_header(start: bytes) -> ArrayHeader:
    """Return what the header at the start of an npy member says.

    Raises ValueError when it is not one, is cut short, or describes Python objects (a pickle).
    """
    if start[:6] != _MAGIC[:6]:
        raise ValueError("it is not an npy array")
    if start[6:8] not in (b"\1\0", b"\2\0"):
        raise ValueError(f"npy format {start[6:8].hex('.')} is not read (01.00 and 02.00 are)")
    size = 2 if start[6] == 1 else 4
    data_start = 8 + size + int.from_bytes(start[8 : 8 + size], "little")
    text = start[8 + size : data_start]
    if len(start) < data_start or data_start > MAX_HEADER_BYTES:
        raise ValueError("its npy header is cut short")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a damaged header can look like bad Python syntax
        try:
            header = ast.literal_eval(text.decode("latin1").strip())
            dtype = np.lib.format.descr_to_dtype(header["descr"])
            shape, fortran_order = header["shape"], header["fortran_order"]
        except (ValueError, SyntaxError, TypeError, KeyError, IndexError, RecursionError, MemoryError) as error:
            raise ValueError(f"its npy header cannot be read ({type(error).__name__})") from None
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"its shape is {shape!r}")
    if not isinstance(fortran_order, bool):
        raise ValueError(f"its order is {fortran_order!r}")
    return ArrayHeader(dtype, shape, fortran_order, data_start)
