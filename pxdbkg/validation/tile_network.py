"""A small network that tells tiles of two samples apart; the only file of this room that needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from pxdbkg.kernels import random
from pxdbkg.validation.tiles import PIECE_U, PIECE_V

EPOCHS = 4
BATCH = 128
RATE = 1e-2
REACH = 3  # pixels on each side that a convolution sees
UNITS = 32
_SIDE = 2 * REACH + 1
_SITES = 30.0  # fired pixels of a typical tile
_TYPICAL = 4.0  # log2 of a typical charge + 1, so that inputs are about 0
_INPUTS = 8.0  # of a site that are not 0


class _Sites(NamedTuple):
    """Surroundings of the fired pixels of tiles, tile after tile, and the number of digits in the pieces of a tile."""

    charges: NDArray[np.uint8]  # (sites, _SIDE**2)
    starts: NDArray[np.int64]  # (tiles + 1,)
    pieces: NDArray[np.float32]  # (tiles, pieces)


def network_scores(
    images: NDArray[np.uint8], is_second: NDArray[np.bool_], others: NDArray[np.uint8], key: bytes
) -> NDArray[np.float64]:
    """Return a score (m,) of tiles, higher for what looks like the second sample, by a network trained on others.

    Parameters
    ----------
    images : uint8 (n, TILE_U, TILE_V), charge, ADU, of the training
    is_second : bool (n,), from which sample they are
    others : uint8 (m, TILE_U, TILE_V), that are scored
    key : of the first weights and of the order of the tiles

    A convolution of 7 x 7 pixels and one of 1 x 1, computed at the fired pixels only (Graham, van der Maaten,
    arXiv:1706.01307), their sum and mean over the tile, and two linear layers that also see how many digits are in each
    piece of it; Adam (Kingma, Ba, arXiv:1412.6980) for a fixed number of epochs with a rate that falls to 0. It
    computes in one thread and takes no random number of torch's.
    """
    learnt, asked = _sites(images), _sites(others)
    with _one_thread():
        weights = _first_weights(key, learnt.pieces.shape[1])
        optimizer = torch.optim.Adam(weights, lr=RATE, betas=(0.9, 0.99))
        truth = torch.from_numpy(is_second.astype(np.float32))
        steps = max(len(images) // BATCH, 1)
        for epoch in range(EPOCHS):
            order = np.argsort(random.uniform(key, 1, epoch, len(images))[0], kind="stable")
            for step in range(steps):
                done = (epoch * steps + step) / (EPOCHS * steps)
                optimizer.param_groups[0]["lr"] = RATE * min(1.0, 10 * (done + 0.01)) * (1.0 - done)
                batch = order[step * BATCH : (step + 1) * BATCH]
                loss = functional.binary_cross_entropy_with_logits(_logits(weights, learnt, batch), truth[batch])
                for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                    weight.grad = slope
                optimizer.step()
        with torch.no_grad():
            blocks = np.array_split(np.arange(len(others)), len(others) // 1000 + 1)
            return np.concatenate([_logits(weights, asked, block).numpy() for block in blocks]).astype(float)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _sites(images: NDArray[np.uint8]) -> _Sites:
    n, height, width = images.shape
    padded = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH)))
    tile, u, v = np.nonzero(images)
    row = width + 2 * REACH
    corner = (tile * (height + 2 * REACH) + u) * row + v
    steps = (np.arange(_SIDE)[:, np.newaxis] * row + np.arange(_SIDE)).ravel()
    charges = np.empty((len(tile), len(steps)), np.uint8)
    for place, step in enumerate(steps):
        charges[:, place] = padded.ravel()[corner + step]
    starts = np.concatenate([[0], np.cumsum(np.bincount(tile, minlength=n))])
    pieces = (images > 0).reshape(n, height // PIECE_U, PIECE_U, width // PIECE_V, PIECE_V).sum(axis=(2, 4))
    return _Sites(charges, starts, np.log1p(pieces.reshape(n, -1)).astype(np.float32))


def _first_weights(key: bytes, n_pieces: int) -> list[Any]:
    """Weights and biases of the layers, scaled by the inputs of a unit (He et al., arXiv:1502.01852)."""
    shapes = [(UNITS, 2 * _SIDE**2), (UNITS, UNITS), (UNITS, 2 * UNITS + n_pieces), (1, UNITS)]
    weights = []
    for number, (outputs, inputs) in enumerate(shapes):
        values = random.normal(key, 0, number, outputs * inputs, dtype=np.float32).reshape(outputs, inputs)
        scale = np.sqrt(2 / (inputs if number else _INPUTS))
        weights += [torch.from_numpy(values * np.float32(scale)), torch.zeros(outputs)]
    return [weight.requires_grad_() for weight in weights]


def _logits(weights: list[Any], sites: _Sites, tiles: NDArray[np.int64]) -> Any:
    counts = (sites.starts[1:] - sites.starts[:-1])[tiles]
    ends = np.cumsum(counts)
    chosen = np.repeat(sites.starts[tiles] - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
    charge = torch.from_numpy(sites.charges[chosen]).float()
    fired = charge.gt(0).float()
    values = torch.cat([fired, fired * (torch.log2(charge + 1) - _TYPICAL)], dim=1)
    for layer in (0, 1):
        values = functional.relu(functional.linear(values, weights[2 * layer], weights[2 * layer + 1]))
    owner = torch.from_numpy(np.repeat(np.arange(len(tiles)), counts))
    summed = torch.zeros(len(tiles), UNITS).index_add(0, owner, values)
    number = torch.from_numpy(np.maximum(counts, 1).astype(np.float32))[:, None]
    pooled = torch.cat([summed / _SITES, summed / number, torch.from_numpy(sites.pieces[tiles])], dim=1)
    hidden = functional.relu(functional.linear(pooled, weights[4], weights[5]))
    return functional.linear(hidden, weights[6], weights[7])[:, 0]
