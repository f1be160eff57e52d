import numpy as np
import pytest
import torch

from pxdbkg.validation.auc import auc_of_events
from pxdbkg.validation.tile_network import network_scores

KEY = bytes(range(16))


def tiles_of(seed, n, alike):
    """Tiles with 12 pairs of pixels along u, of one charge or of two."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, 50, 64), np.uint8)
    tile, u, v = np.repeat(np.arange(n), 12), rng.integers(0, 49, 12 * n), rng.integers(0, 64, 12 * n)
    images[tile, u, v], other = rng.integers(7, 100, (2, 12 * n))
    images[tile, u + 1, v] = images[tile, u, v] if alike else other
    return images


@pytest.fixture(scope="module")
def samples():
    images = np.concatenate([tiles_of(1, 600, True), tiles_of(2, 600, False)])
    others = np.concatenate([tiles_of(3, 200, True), tiles_of(4, 200, False)])
    return images, np.repeat([False, True], 600), others


def test_charges_of_neighbours_show(samples):
    scores = network_scores(*samples, KEY)
    event = np.arange(200, dtype="i4")
    assert auc_of_events(scores[:200], event, scores[200:], event, KEY).value > 0.8


def test_same_input_same_scores_and_torch_is_as_before(samples):
    images, is_second, others = (one[:: len(one) // 200] for one in samples)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    before = torch.get_rng_state()
    try:
        scores = network_scores(images, is_second, others, KEY)
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), before)
        assert np.array_equal(network_scores(images, is_second, others, KEY), scores)
        assert not np.array_equal(network_scores(images, is_second, others, bytes(16)), scores)
    finally:
        torch.set_num_threads(threads)


def test_empty_tiles_have_a_score(samples):
    images, is_second, others = (one[:: len(one) // 100].copy() for one in samples)
    images[3] = 0
    others[:] = 0
    scores = network_scores(images, is_second, others, KEY)
    assert np.isfinite(scores).all()
    assert len(set(scores.tolist())) == 1
