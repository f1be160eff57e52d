import threading

import numpy as np

from pxdbkg.generators.scratch import Scratch


def test_memory_is_used_again_and_grows() -> None:
    scratch = Scratch()
    first = scratch.array("a", (10, 3), np.float32)
    assert first.shape == (10, 3)
    assert first.flags.c_contiguous
    assert np.shares_memory(first, scratch.array("a", (5, 6), np.float32))
    assert scratch.array("a", (1000,), np.float32).shape == (1000,)
    assert scratch.array("a", (4,), np.int64).dtype == np.int64


def test_names_and_threads_have_memory_of_their_own() -> None:
    scratch = Scratch()
    mine = scratch.array("a", (10,), np.float32)
    assert not np.shares_memory(mine, scratch.array("b", (10,), np.float32))
    other: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: other.append(scratch.array("a", (10,), np.float32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, other[0])
