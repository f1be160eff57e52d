import numpy as np
import pytest

from pxdbkg.errors import ArrayTypeError
from pxdbkg.validation.blocks import BLOCKS
from pxdbkg.validation.tile_pairs import N_TILES, tile_pair_classes, tile_products

WITHIN = BLOCKS["tile_products_within"].shape
BETWEEN = BLOCKS["tile_products"].shape


def test_every_pair_has_one_class_and_every_class_pairs() -> None:
    between, within = tile_pair_classes()
    sensor = np.arange(N_TILES) // 12
    assert np.array_equal(between >= 0, sensor[:, None] != sensor)
    assert np.array_equal(within >= 0, sensor[:, None] == sensor)
    for table, shape in ((between, BETWEEN), (within, WITHIN)):
        assert np.array_equal(table, table.T)
        used = np.unique(table[table >= 0])
        assert used.min() >= 0
        assert used.max() < np.prod(shape)
    assert len(np.unique(within[within >= 0])) == np.prod(WITHIN)
    # no pair of different sensors of layer 1 is closer than its neighbours
    assert len(np.unique(between[between >= 0])) > 0.9 * np.prod(BETWEEN)


def tile(sensor: int, u: int, v: int) -> int:
    return (sensor * 2 + u) * 6 + v


def test_classes_of_some_pairs() -> None:
    between, within = tile_pair_classes()
    # the same place on opposite ladders 1 and 5 of layer 1, forward
    opposite = np.unravel_index(between[tile(0, 0, 2), tile(8, 0, 2)], BETWEEN)
    assert [int(i) for i in opposite] == [0, 4, 0]
    # forward and backward sensor of a ladder of layer 2, at their far ends
    ends = np.unravel_index(between[tile(16, 1, 5), tile(17, 1, 0)], BETWEEN)
    assert [int(i) for i in ends] == [2, 0, 3]
    layers = np.unravel_index(between[tile(0, 0, 0), tile(16, 0, 0)], BETWEEN)
    assert [int(i) for i in layers] == [1, 0, 0]
    assert np.unravel_index(within[tile(20, 0, 1), tile(20, 1, 4)], WITHIN) == (1, 1, 3)
    assert np.unravel_index(within[tile(3, 1, 2), tile(3, 1, 2)], WITHIN) == (0, 0, 0)


def test_products_equal_sums_over_pairs() -> None:
    counts = np.random.default_rng(3).integers(0, 60, (11, N_TILES))
    between, within = tile_products(counts)
    assert between.shape == (11, *BETWEEN)
    assert within.shape == (11, *WITHIN)
    classes = tile_pair_classes()
    upper = np.triu_indices(N_TILES)
    for found, table in ((between, classes.between), (within, classes.within)):
        for row, sums in zip(counts, found, strict=True):
            used = table[upper] >= 0
            products = np.multiply.outer(row, row)[upper][used]
            wanted = np.bincount(table[upper][used], products, sums.size)
            assert np.array_equal(sums.ravel(), wanted)


def test_products_of_one_event_and_of_none() -> None:
    one = np.ones(N_TILES)
    between, within = tile_products(one)
    assert between.sum() == 480 * 468 / 2
    assert within.sum() == 40 * 12 * 13 / 2
    assert tile_products(np.zeros((0, N_TILES)))[0].shape == (0, *BETWEEN)
    with pytest.raises(ArrayTypeError, match=r"\(40, 12\)"):
        tile_products(np.zeros((40, 12)))
