"""Products of the digits of two tiles, summed over pairs of tiles at about the same distance.

A sensor has 2 x 6 tiles of 125 columns and 128 rows. The sum over pairs of tiles of the product of their digits, less
the same sum for the mean digits, tells how much background comes in patches that reach over tiles and sensors.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.errors import ArrayTypeError
from pxdbkg.validation.blocks import BLOCKS, TILE_PHI, TILE_Z

N_TILES = BLOCKS["tile_counts"].size  # 480
_BETWEEN = BLOCKS["tile_products"].shape
_WITHIN = BLOCKS["tile_products_within"].shape
_N_BETWEEN = BLOCKS["tile_products"].size
_ROWS_AT_ONCE = 64  # of many events: 20 MB


class TilePairClasses(NamedTuple):
    """Class of each pair of tiles, symmetric; -1 where a table does not use the pair.

    Attributes
    ----------
    between : int64 (480, 480), index into the flattened block ``tile_products``; pairs on different sensors
    within : int64 (480, 480), index into the flattened block ``tile_products_within``; pairs on one sensor, also of a
        tile with itself
    """

    between: NDArray[np.int64]
    within: NDArray[np.int64]


@lru_cache(maxsize=1)
def tile_pair_classes() -> TilePairClasses:
    """Return the class of each pair of tiles: by layers, difference in phi and in z of their centres.

    Pairs of one sensor have classes by layer and by the numbers of tiles between them along u and v.
    """
    tile_u, tile_v = _WITHIN[1], _WITHIN[2]
    sensor, at_u, at_v = (index.ravel() for index in np.indices((N_SENSORS, tile_u, tile_v)))
    u_mm = nominal().u_mm.reshape(tile_u, N_U // tile_u).mean(axis=1)[at_u]
    v_mm = nominal().v_mm.reshape(N_SENSORS, tile_v, N_V // tile_v).mean(axis=2)[sensor, at_v]
    x, y, z = nominal().to_global(sensor, u_mm, v_mm).T
    phi = np.rad2deg(np.arctan2(y, x))
    turn = np.abs(phi[:, None] - phi) % 360.0
    layer = layer_of_sensor[sensor].astype(np.int64) - 1
    same = sensor[:, None] == sensor
    place = (
        layer[:, None] + layer,
        TILE_PHI.index(np.minimum(turn, 360.0 - turn)),
        TILE_Z.index(np.abs(z[:, None] - z)),
    )
    between = np.where(same, -1, np.ravel_multi_index(place, _BETWEEN))
    steps = (np.abs(at_u[:, None] - at_u), np.abs(at_v[:, None] - at_v))
    own_layer = np.broadcast_to(layer[:, None], same.shape)
    within = np.where(same, np.ravel_multi_index((own_layer, *steps), _WITHIN), -1)
    return TilePairClasses(between, within)


def tile_products(counts: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the blocks ``tile_products`` (..., 3, 5, 4) and ``tile_products_within`` (..., 2, 2, 6).

    Every pair of tiles counts once. Of mean counts it gives the products that tiles without correlation would have.

    Parameters
    ----------
    counts : (..., 480) digits by tile, in the order of the flattened block ``tile_counts``

    Raises ArrayTypeError for another last axis.
    """
    counts = np.asarray(counts, np.float64)
    if counts.shape[-1:] != (N_TILES,):
        raise ArrayTypeError(f"tile_products: counts have the shape {counts.shape}, expected (..., {N_TILES})")
    partners = _partners()
    rows = counts.reshape(-1, N_TILES)
    sums = np.empty((len(rows), partners.shape[0] // N_TILES))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE].T  # (480, rows)
        of_partners = (partners @ some).reshape(-1, N_TILES, some.shape[1])  # sums over the partners of each tile
        sums[start : start + _ROWS_AT_ONCE] = np.einsum("ctn,tn->nc", of_partners, some)
    leading = counts.shape[:-1]
    return sums[:, :_N_BETWEEN].reshape(*leading, *_BETWEEN), sums[:, _N_BETWEEN:].reshape(*leading, *_WITHIN)


@lru_cache(maxsize=1)
def _partners() -> sparse.csr_array:
    """Return a matrix (classes * 480, 480) with 1 where two tiles are a pair of a class, each pair once."""
    between, within = tile_pair_classes()
    first, second = np.triu_indices(N_TILES)
    pair_class = np.where(between >= 0, between, within + _N_BETWEEN)[first, second]
    n_classes = _N_BETWEEN + BLOCKS["tile_products_within"].size
    place = (pair_class * N_TILES + first, second)
    return sparse.csr_array((np.ones(len(first)), place), shape=(n_classes * N_TILES, N_TILES))
