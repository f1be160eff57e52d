"""Distances between two samples, for many pairs of samples at once.

Histograms have their bins along the last axis; the axes before it (pairs of samples, groups of sensors) are kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def shares(histogram: Array) -> Array:
    """Return a histogram (..., bins) divided by its sum; all 0 where it is empty.

    >>> shares(np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    total = histogram.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(histogram, total, out=np.zeros_like(histogram), where=total > 0))


def kolmogorov_smirnov(one: Array, other: Array) -> Array:
    """Return the largest difference of two cumulative distributions (...), 0..1, of histograms (..., bins).

    >>> float(kolmogorov_smirnov(np.array([1.0, 0, 0]), np.array([0, 0, 2.0])))
    1.0
    """
    return np.asarray(np.abs(np.cumsum(shares(one) - shares(other), axis=-1)).max(axis=-1))


def wasserstein(one: Array, other: Array, steps: Array) -> Array:
    """Return the Wasserstein-1 distance (...) of two histograms (..., bins): the area between the cumulative ones.

    Parameters
    ----------
    one, other : counts, at least 0
    steps : (bins - 1,) distances between the values that neighbouring bins stand for, in the unit of the result

    >>> float(wasserstein(np.array([1.0, 0, 0]), np.array([0, 0, 2.0]), np.array([1.0, 3.0])))
    4.0
    """
    difference = np.cumsum(shares(one) - shares(other), axis=-1)[..., :-1]
    return np.asarray(np.abs(difference) @ steps)


def separation_power(one: Array, other: Array) -> Array:
    """Return half the sum of (p - q)^2 / (p + q) over the bins (...), 0 for equal histograms, 1 for disjoint ones.

    The measure of the CaloChallenge (arXiv 2410.21611), also known as triangular discrimination.

    >>> float(separation_power(np.array([1.0, 0]), np.array([0, 5.0])))
    1.0
    """
    p, q = shares(one), shares(other)
    both = p + q
    return np.asarray(0.5 * np.divide((p - q) ** 2, both, out=np.zeros_like(both), where=both > 0).sum(axis=-1))


def root_mean_square(deviations: Array) -> Array:
    """Return the root mean square (...) of values (..., n); the absolute value of one.

    >>> float(root_mean_square(np.array([3.0, 4.0])))
    3.5355339059327378
    """
    return np.asarray(np.sqrt((deviations**2).mean(axis=-1)))


def frechet(mean_one: Array, covariance_one: Array, mean_other: Array, covariance_other: Array) -> Array:
    """Return the Frechet distance (...) of two normal distributions: their Wasserstein-2 distance, not squared.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2) is its square (Dowson and Landau 1982). Means (..., k),
    covariances (..., k, k); rounding may make a covariance slightly indefinite, which counts as 0.

    >>> unit, zero = np.eye(2), np.zeros(2)
    >>> float(frechet(zero, unit, np.array([3.0, 4.0]), unit))
    5.0
    >>> round(float(frechet(zero, unit, zero, 4 * unit)), 12) == round(2**0.5, 12)
    True
    """
    values, vectors = np.linalg.eigh(covariance_one)
    root = (vectors * np.sqrt(values.clip(0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariance_other @ root).clip(0)).sum(axis=-1)
    traces = np.trace(covariance_one, axis1=-2, axis2=-1) + np.trace(covariance_other, axis1=-2, axis2=-1)
    square = ((mean_one - mean_other) ** 2).sum(axis=-1) + traces - 2 * cross
    return np.asarray(np.sqrt(square.clip(0)))


def cubic_features(features: Array) -> Array:
    """Return the products (n, p) of features (n, k) whose scalar product is the kernel (x y / k + 1)^3.

    With p = (k + 1) (k + 2) (k + 3) / 6. The distance of the means of two samples in this space is the kernel distance
    of KID (Binkowski et al. 2018, there squared): the kernel is the third power of the scalar product of
    z = (1, x / sqrt(k)), and every product of three z counts as often as it can be ordered.

    >>> one, other = np.array([[1.0, 2.0]]), np.array([[0.5, -1.0]])
    >>> kernel = cubic_features(one) @ cubic_features(other).T
    >>> bool(np.isclose(kernel[0, 0], (-1.5 / 2 + 1) ** 3))
    True
    """
    n, k = features.shape
    z = np.concatenate([np.ones((n, 1)), features / np.sqrt(k)], axis=1)
    i, j, m = (index.ravel() for index in np.meshgrid(*[np.arange(k + 1)] * 3, indexing="ij"))
    ordered = (i <= j) & (j <= m)
    i, j, m = i[ordered], j[ordered], m[ordered]
    orders = np.where((i == j) & (j == m), 1, np.where((i == j) | (j == m), 3, 6))
    return np.asarray(z[:, i] * z[:, j] * z[:, m] * np.sqrt(orders))


def euclidean(one: Array, other: Array) -> Array:
    """Return the length (...) of the difference of vectors (..., n).

    >>> float(euclidean(np.zeros(2), np.array([3.0, 4.0])))
    5.0
    """
    return np.asarray(np.sqrt(((one - other) ** 2).sum(axis=-1)))
