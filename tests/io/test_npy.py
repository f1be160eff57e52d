import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pxdbkg.io import npy


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_numpy_reads_what_we_write_and_we_read_what_numpy_writes(array):
    ours = npy.little_endian(array)
    data = npy.encode_header(ours.dtype, ours.shape) + ours.tobytes()
    assert len(npy.encode_header(ours.dtype, ours.shape)) % 64 == 0
    read = np.load(io.BytesIO(data), allow_pickle=False)
    assert read.shape == array.shape
    assert read.tobytes() == ours.tobytes()
    stream = io.BytesIO()
    np.save(stream, array)
    header = npy.decode_header(stream.getvalue())
    assert (header.dtype, header.shape) == (array.dtype, array.shape)
    assert header.data_start + header.n_bytes == len(stream.getvalue())


def test_objects_are_refused_both_ways():
    with pytest.raises(TypeError, match="pickle"):
        npy.little_endian(np.array([{}], object))
    stream = io.BytesIO()
    np.save(stream, np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="never unpickled"):
        npy.decode_header(stream.getvalue())


HEADER = npy.encode_header(np.dtype("<u2"), (5,))


@given(st.integers(0, len(HEADER) - 1))
def test_every_cut_is_a_value_error(length):
    with pytest.raises(ValueError, match="npy"):
        npy.decode_header(HEADER[:length])


@given(st.integers(0, len(HEADER) - 1), st.integers(1, 255))
def test_a_flipped_byte_never_ends_in_another_error(at, flip):
    damaged = bytearray(HEADER)
    damaged[at] ^= flip
    with contextlib.suppress(ValueError):
        assert npy.decode_header(bytes(damaged)).data_start <= len(HEADER)
