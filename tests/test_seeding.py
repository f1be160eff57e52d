import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.kernels.random import philox4x32
from pxdbkg.seeding import draw_seed, event_key, key_words

texts = st.text(max_size=12)
i32 = st.integers(-(2**31), 2**31 - 1)


def test_check_value_of_the_fixed_layout():
    key = event_key("42", "PXDBackgroundGenerator", 0, 0, 17)
    assert key.hex() == "feb4387fc425535c81a88e3588dbba86"
    assert event_key(42, "PXDBackgroundGenerator", 0, 0, 17) == key


def test_first_block_of_the_check_key():
    k0, k1, c2, c3 = key_words(event_key("42", "PXDBackgroundGenerator", 0, 0, 17))
    block = philox4x32(np.array([[0, 0, c2, c3]], np.uint32), np.array([k0, k1], np.uint32))
    assert [f"{word:08x}" for word in block[0]] == ["8926825b", "1d0caacf", "f0bbffda", "944938fc"]


@given(st.lists(st.tuples(texts, texts, i32, i32, st.integers(0, 2**64 - 1)), min_size=2, max_size=2, unique=True))
def test_different_draws_have_different_keys(pair):
    assert event_key(*pair[0]) != event_key(*pair[1])


def test_lengths_keep_seed_and_stream_apart():
    assert event_key("ab", "c", 0, 0, 0) != event_key("a", "bc", 0, 0, 0)


@pytest.mark.parametrize("numbers", [(2**31, 0, 0), (0, -(2**31) - 1, 0), (0, 0, -1), (0, 0, 2**64)])
def test_numbers_out_of_range_are_named(numbers):
    with pytest.raises(ValueError, match=f"event {numbers[2]}: out of range"):
        event_key("1", "s", *numbers)


def test_key_of_a_wrong_length():
    with pytest.raises(ValueError, match="this one has 3"):
        key_words(b"abc")


def test_fresh_seeds_differ():
    assert draw_seed() != draw_seed()
