"""The functions of mean blocks against numpy on made-up events."""

import numpy as np
import pytest

from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.validation import vectors
from pxdbkg.validation.blocks import BLOCKS, COUNT_OFFSET
from pxdbkg.validation.catalogue import statistics
from pxdbkg.validation.derived import DIGIT_BINS, FEATURES
from pxdbkg.validation.statistics import Means
from pxdbkg.validation.tile_pairs import tile_products

N_EVENTS = 300


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(1)
    return rng.poisson(1700 * rng.gamma(80, 1 / 80, (N_EVENTS, 40)) * rng.gamma(200, 1 / 200, (N_EVENTS, 1)))


@pytest.fixture(scope="module")
def means(counts):
    row, column = np.triu_indices(40)
    off = counts - COUNT_OFFSET
    blocks = {"counts": counts.mean(axis=0), "count_products": (off[:, row] * off[:, column]).mean(axis=0)}
    return Means(lambda name: blocks[name][None])


def test_fano_factor(counts, means):
    expected = counts.var(axis=0) / counts.mean(axis=0)
    assert vectors.fano(means)[0, :, 0] == pytest.approx(expected)
    layers = [expected[layer_of_sensor == layer].mean() for layer in (1, 2)]
    assert vectors.fano_of_layers(means)[0, :, 0] == pytest.approx(layers)


def test_correlation(counts, means):
    expected = np.corrcoef(counts.T)
    assert vectors.correlation(means)[0] == pytest.approx(expected)
    row, column = np.triu_indices(40, 1)
    assert vectors.correlations_of_pairs(means)[0, 0] == pytest.approx(expected[row, column])
    kinds = dict(zip(vectors.CORRELATED, vectors.correlation_means(means)[0, :, 0], strict=True))
    assert kinds["two sensors of a ladder"] == pytest.approx(np.mean([expected[i, i + 1] for i in range(0, 40, 2)]))
    assert kinds["layer 1 and layer 2"] == pytest.approx(expected[:16, 16:].mean())
    assert sum(pairs.sum() for pairs in vectors.CORRELATED.values()) == 780


def test_empty_sensors_give_numbers():
    nothing = Means(lambda name: np.full((1, *BLOCKS[name].shape), COUNT_OFFSET**2 if "products" in name else 0.0))
    assert not vectors.fano(nothing).any()
    assert not vectors.correlation(nothing).any()
    assert not vectors.mean_charge(nothing).any()


def test_tiles_that_do_not_correlate_have_no_excess():
    tiles = np.random.default_rng(2).uniform(10, 60, (1, 480))
    between, within = tile_products(tiles)
    blocks = {
        "tile_counts": tiles.reshape(1, *BLOCKS["tile_counts"].shape),
        "tile_products": between,
        "tile_products_within": 1.1 * within,
    }
    assert vectors.tile_excess(Means(blocks.__getitem__), within=False) == pytest.approx(0, abs=1e-12)
    excess = vectors.tile_excess(Means(blocks.__getitem__), within=True)
    assert excess == pytest.approx(np.full(excess.shape, 0.1))


def test_frechet_of_moments_is_that_of_the_events():
    rng = np.random.default_rng(3)
    events = rng.normal(size=(500, len(FEATURES)))
    row, column = np.triu_indices(len(FEATURES))

    def moments(features):
        return np.concatenate([features, features[:, row] * features[:, column]], axis=1).mean(axis=0)[None, None]

    assert vectors.frechet(moments(events), moments(events + 0.5))[0, 0] == pytest.approx(0.5 * len(FEATURES) ** 0.5)
    assert vectors.frechet(moments(events), moments(events))[0, 0] == pytest.approx(0, abs=1e-3)


def test_every_observable_can_be_computed_and_has_its_own_name():
    rng = np.random.default_rng(4)
    shapes = {name: block.shape for name, block in BLOCKS.items()}
    k = len(FEATURES)
    shapes |= {
        "event_digits": (3, DIGIT_BINS),
        "feature_moments": (k + k * (k + 1) // 2,),
        "cubic": ((k + 1) * (k + 2) * (k + 3) // 6,),
    }
    blocks = {name: rng.uniform(1, 2, (2, *shape)) for name, shape in shapes.items()}
    blocks["count_products"] += COUNT_OFFSET**2
    listed = statistics()
    for one in listed:
        vector = one.vector(Means(blocks.__getitem__))
        assert vector.ndim == 3, one.name
        found = one.distance(vector - vector) if one.scaled else one.distance(vector, vector)
        assert found.shape == (2, len(one.labels)), one.name
        assert found == pytest.approx(0, abs=1e-6), one.name
    assert len({one.name for one in listed}) == len(listed) == 48
