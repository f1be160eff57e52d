import os
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxdbkg.framework.pipes import Receiver, make_pipe, send


def travel(messages: list[object]) -> list[object]:
    read_end, write_end = make_pipe()

    def write() -> None:
        for message in messages:
            send(write_end, message)
        os.close(write_end)

    writer = threading.Thread(target=write)
    writer.start()
    receiver = Receiver(read_end)
    while not receiver.closed:
        receiver.pump()
    writer.join()
    os.close(read_end)
    return list(receiver.messages)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.dictionaries(st.text(max_size=3), st.binary(max_size=300)), max_size=4))
def test_messages_arrive_whole_and_in_order(messages: list[object]) -> None:
    assert travel(messages) == messages


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 3_000_000])
def test_arrays_arrive_aligned_and_writable(size: int) -> None:
    columns = {"a": np.arange(size, dtype="u1"), "b": np.arange(size, dtype="<u2"), "c": np.arange(size, dtype="f8")}
    (got,) = travel([columns])
    for name, column in columns.items():
        assert np.array_equal(got[name], column)
        assert got[name].dtype == column.dtype
        assert got[name].flags.aligned
        assert got[name].flags.writeable


def test_what_cannot_be_pickled_leaves_the_pipe_clean() -> None:
    read_end, write_end = make_pipe()
    with pytest.raises((TypeError, AttributeError)):
        send(write_end, {"lock": threading.Lock()})
    send(write_end, "next")
    receiver = Receiver(read_end)
    receiver.pump()
    assert list(receiver.messages) == ["next"]
    os.close(read_end)
    os.close(write_end)
