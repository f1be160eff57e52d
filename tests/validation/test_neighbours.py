import numpy as np
from scipy.spatial.distance import cdist

from pxdbkg.validation.neighbours import nearest, neighbours


def cells_of(seed, n):
    return np.random.default_rng(seed).gamma(9, 0.3, (n, 40, 48)).astype(np.float16)


def test_nearest_against_loops():
    cells, others = cells_of(1, 7), cells_of(2, 5)
    whole, by_sensor = nearest(cells, others)
    squares = ((cells[:, None].astype(float) - others[None].astype(float)) ** 2).sum(axis=3)
    assert np.allclose(whole, np.sqrt(squares.sum(axis=2).min(axis=1)), rtol=1e-5)
    assert np.allclose(by_sensor, np.sqrt(squares.min(axis=1)).mean(axis=1), rtol=1e-5)


def test_blocks_do_not_show():
    cells, others = cells_of(1, 600), cells_of(2, 3)
    whole, by_sensor = nearest(cells, others)
    last = nearest(cells[590:], others)
    assert np.allclose(whole[590:], last[0], rtol=1e-5)
    assert np.allclose(by_sensor[590:], last[1], rtol=1e-5)


def test_neighbours_against_sorting():
    cells = cells_of(3, 300)
    index, distance = neighbours(cells, None, 4)
    flat = cells.reshape(300, -1).astype(float)
    every = cdist(flat, flat)
    np.fill_diagonal(every, np.inf)
    assert np.allclose(distance, np.sort(every, axis=1)[:, :4], rtol=1e-4)
    assert np.allclose(np.take_along_axis(every, index, 1), distance, rtol=1e-4)
    assert neighbours(cells[:3], None, 32)[0].shape == (3, 2)
    index, distance = neighbours(cells[:100], cells[100:], 4)
    assert np.allclose(distance, np.sort(every[:100, 100:], axis=1)[:, :4], rtol=1e-4)
