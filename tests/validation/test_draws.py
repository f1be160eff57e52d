import numpy as np
import pytest

from pxdbkg.seeding import event_key
from pxdbkg.validation.draws import choose, integer


@pytest.mark.parametrize(
    ("n", "count", "expected"), [(0, 5, 0), (5, 0, 0), (5, -1, 0), (5, 5, 5), (5, 9, 5), (9, 4, 4)]
)
def test_number_chosen(n, count, expected):
    chosen = choose(bytes(16), n, count)
    assert len(set(chosen.tolist())) == len(chosen) == expected
    assert chosen.tolist() == sorted(chosen.tolist())
    assert all(0 <= one < n for one in chosen)


def test_each_is_as_likely():
    times = np.zeros(20)
    for event in range(2000):
        times[choose(event_key("test", "choose", 0, 0, event), 20, 5)] += 1
    assert np.abs(times - 500).max() < 4.5 * np.sqrt(500 * 0.75)


def test_integer_is_31_bits():
    assert integer(b"\xff" * 16) == 2**31 - 1
