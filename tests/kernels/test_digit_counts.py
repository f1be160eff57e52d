from typing import Any

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.readout import drain
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels.digit_counts import digit_counts, neighbour_charges


@pytest.fixture
def digits(rng: np.random.Generator) -> Digits:
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[::3] = np.where(rng.random((14, 250, 768)) < 0.03, rng.integers(1, 256, (14, 250, 768)), 0)
    return Digits.from_maps(maps)


def table(shape: tuple[int, ...], *index: Any) -> Any:
    counts = np.zeros(shape, int)
    np.add.at(counts, index, 1)
    return counts


def test_counts_equal_numpy(digits: Digits) -> None:
    counts = digit_counts(digits)
    sensor, u, v = digits.sensor, digits.u, digits.v
    assert np.array_equal(counts.charge, table((40, 256), sensor, digits.charge))
    assert np.array_equal(counts.u, table((40, 250), sensor, u))
    assert np.array_equal(counts.v, table((40, 768), sensor, v))
    assert np.array_equal(counts.region, table((40, 4, 6), sensor, drain(u, v) // 250, v // 128))
    assert np.array_equal(counts.tile, table((40, 2, 6), sensor, u // 125, v // 128))
    assert all(part.dtype == np.int64 for part in counts)


def test_large_charges_share_the_last_bin() -> None:
    two = Digits(np.zeros(2, "u1"), np.array([0, 1], "u2"), np.zeros(2, "u2"), np.array([255, 510], "u2"))
    assert digit_counts(two).charge[0, 255] == 2


def test_nothing_counts_nothing() -> None:
    assert not any(part.any() for part in digit_counts(Digits.empty()))
    assert not neighbour_charges(Digits.empty(), np.zeros(256, "u1"), 1).any()


@pytest.mark.parametrize(("sensor", "u", "v"), [(40, 0, 0), (0, 250, 0), (0, 0, 768)])
def test_counts_reject_digits_outside(sensor: int, u: int, v: int) -> None:
    one = Digits(np.array([sensor], "u1"), np.array([u], "u2"), np.array([v], "u2"), np.ones(1, "u2"))
    with pytest.raises(DigitError, match=f"digit 0 has sensor {sensor}, u {u}, v {v}"):
        digit_counts(one)


def test_neighbours_equal_shifted_maps(digits: Digits) -> None:
    class_of = (np.arange(256) // 64).astype("u1")
    maps = digits.to_maps()
    classes = np.where(maps > 0, class_of[maps], 9)
    wanted = np.zeros((2, 4, 4), int)
    for axis, (low, high) in enumerate(((classes[:, :-1], classes[:, 1:]), (classes[:, :, :-1], classes[:, :, 1:]))):
        both = (low < 9) & (high < 9)
        np.add.at(wanted[axis], (low[both], high[both]), 1)
    assert np.array_equal(neighbour_charges(digits, class_of, 4), wanted)
    assert wanted.sum() > 1000


def test_neighbours_do_not_reach_over_borders() -> None:
    # last column and first column of the next row; last row and first row of the next sensor
    four = Digits(
        np.array([0, 0, 0, 1], "u1"),
        np.array([249, 0, 0, 0], "u2"),
        np.array([3, 4, 767, 0], "u2"),
        np.full(4, 9, "u2"),
    )
    assert not neighbour_charges(four, np.zeros(256, "u1"), 1).any()


def test_neighbours_reject() -> None:
    one = Digits(np.zeros(1, "u1"), np.zeros(1, "u2"), np.zeros(1, "u2"), np.ones(1, "u2"))
    twice = Digits.concatenate([one, one])
    table = np.zeros(256, "u1")
    with pytest.raises(DigitError, match="neighbour_charges: digit 1 .*out of order"):
        neighbour_charges(twice, table, 1)
    with pytest.raises(DigitError, match="class_of has 255 entries"):
        neighbour_charges(one, table[:255].copy(), 1)
    with pytest.raises(DigitError, match="the class of 0 ADU is 3"):
        neighbour_charges(one, table + np.uint8(3), 3)
    with pytest.raises(DigitError, match="number of classes is 0"):
        neighbour_charges(one, table, 0)
    with pytest.raises(ArrayTypeError, match="class_of"):
        neighbour_charges(one, table.astype(int), 1)
