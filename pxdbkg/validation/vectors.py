"""What is compared: functions of mean blocks, for many samples at once; arrays (samples, groups, values)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.validation import distances
from pxdbkg.validation.blocks import PROJECTION, count_covariance
from pxdbkg.validation.derived import FEATURES
from pxdbkg.validation.statistics import Means
from pxdbkg.validation.tile_pairs import tile_products

Array = NDArray[np.float64]
Vector = Callable[[Means], Array]

_PROJECTION_STEPS = np.full(PROJECTION.bins - 1, PROJECTION.edges[1] - PROJECTION.edges[0])
_LADDER = np.arange(N_SENSORS) // 2


def block(name: str) -> Vector:
    """Return a block with two axes (samples, groups, values)."""
    return lambda means: means[name]


def values(name: str) -> Vector:
    """Return a block as single values (samples, all values, 1)."""
    return lambda means: means[name].reshape(len(means[name]), -1, 1)


def flat(name: str) -> Vector:
    """Return a block as one group (samples, 1, all values)."""
    return lambda means: means[name].reshape(len(means[name]), 1, -1)


def by_sensor(name: str) -> Vector:
    """Return a block as (samples, first axis, all the rest)."""
    return lambda means: means[name].reshape(*means[name].shape[:2], -1)


def as_one(vector: Vector) -> Vector:
    """Return all groups of a vector as one."""

    def one(means: Means) -> Array:
        values = vector(means)
        return values.reshape(len(values), 1, -1)

    return one


def shares(vector: Vector) -> Vector:
    """Return a vector whose groups are divided by their sums."""
    return lambda means: distances.shares(vector(means))


def mean_charge(means: Means) -> Array:
    """Return the mean charge of the digits of a sensor (samples, 40, 1), ADU."""
    return _ratio(means["charge_moments"][..., :1], means["counts"][..., None])


def fano(means: Means) -> Array:
    """Return variance / mean (samples, 40, 1) of the digits of a sensor; 0 for an empty sensor."""
    counts = means["counts"]
    variance = np.diagonal(count_covariance(counts, means["count_products"]), axis1=-2, axis2=-1)
    return _ratio(variance, counts)[..., None]


def fano_of_layers(means: Means) -> Array:
    """Return the mean of ``fano`` over the sensors of a layer (samples, 2, 1)."""
    of_sensors = fano(means)
    return np.stack([of_sensors[:, layer_of_sensor == layer].mean(axis=1) for layer in (1, 2)], axis=1)


def region_fano(means: Means) -> Array:
    """Return variance / mean of the digits of a region of read-out (samples, 1, regions)."""
    regions = means["regions"].reshape(len(means["regions"]), 1, -1)
    squares = means["region_squares"].reshape(regions.shape)
    return _ratio(squares - regions**2, regions)


def correlation(means: Means) -> Array:
    """Return the correlation coefficients (samples, 40, 40) of the digits of two sensors; 0 for an empty sensor."""
    covariance = count_covariance(means["counts"], means["count_products"])
    width = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1).clip(0))
    return _ratio(covariance, width[..., :, None] * width[..., None, :])


def correlations_of_pairs(means: Means) -> Array:
    """Return the correlation coefficients of all pairs of sensors (samples, 1, 780)."""
    row, column = np.triu_indices(N_SENSORS, 1)
    return correlation(means)[:, None, row, column]


def _correlated() -> dict[str, NDArray[np.bool_]]:
    """Return which pairs of sensors (40, 40) are alike."""
    layer, ladder = (one[:, None] == one[None, :] for one in (layer_of_sensor, _LADDER))
    first = layer_of_sensor[:, None] == 1
    upper = np.triu(np.ones((N_SENSORS, N_SENSORS), bool), 1)
    return {
        "two sensors of a ladder": upper & ladder,
        "layer 1, two ladders": upper & layer & first & ~ladder,
        "layer 2, two ladders": upper & layer & ~first & ~ladder,
        "layer 1 and layer 2": upper & ~layer,
    }


CORRELATED = _correlated()


def correlation_means(means: Means) -> Array:
    """Return the mean correlation coefficient of each kind of pairs, CORRELATED (samples, 4, 1)."""
    coefficients = correlation(means)
    return np.stack([coefficients[:, pairs].mean(axis=1) for pairs in CORRELATED.values()], axis=1)[..., None]


def tile_excess(means: Means, *, within: bool) -> Array:
    """Return the covariance of the digits of two tiles over the product of their means (samples, 1, classes)."""
    products = means["tile_products_within" if within else "tile_products"]
    counts = means["tile_counts"]
    independent = tile_products(counts.reshape(len(counts), -1))[1 if within else 0]
    return (_ratio(products, independent) - (independent > 0)).reshape(len(products), 1, -1)


def sliced(one: Array, other: Array) -> Array:
    """Return the mean over the directions (samples, 1) of the Wasserstein distances, in widths of the features."""
    return np.asarray(distances.wasserstein(one, other, _PROJECTION_STEPS).mean(axis=1, keepdims=True))


def frechet(one: Array, other: Array) -> Array:
    """Return the Frechet distance (samples, 1) from moments (samples, 1, k + k (k + 1) / 2)."""
    return distances.frechet(*_moments(one), *_moments(other))


def _moments(values: Array) -> tuple[Array, Array]:
    """Return mean (samples, 1, k) and covariance (samples, 1, k, k)."""
    mean = values[..., : len(FEATURES)]
    row, column = np.triu_indices(len(FEATURES))
    covariance = np.empty((*mean.shape, len(FEATURES)))
    covariance[..., row, column] = values[..., len(FEATURES) :] - mean[..., row] * mean[..., column]
    covariance[..., column, row] = covariance[..., row, column]
    return mean, covariance


def _ratio(one: Array, other: Array) -> Array:
    """Return one / other, 0 where the second is not positive."""
    one, other = np.broadcast_arrays(one, other)
    return np.asarray(np.divide(one, other, out=np.zeros(other.shape), where=other > 0))
