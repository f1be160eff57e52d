"""Area under the curve of a score that shall tell two samples apart, with its error and its chance law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pxdbkg.kernels import random

PERMUTATIONS = 1000
MOST_VALUES = 1024  # different scores that are told apart; more are put into bins of equal content

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Auc:
    """Probability that a row of the second sample has the higher score, ties counted half.

    Attributes
    ----------
    value : the area
    error : its standard error, from the spread of events
    null_mean, null_width : mean and standard deviation of the area when events change sides at random
    """

    value: float
    error: float
    null_mean: float
    null_width: float

    @property
    def p_value(self) -> float:
        """Return the chance of an area as large without any difference, by the normal law of the permutations."""
        if not self.null_width:
            return float(self.value <= self.null_mean)
        return float(stats.norm.sf((self.value - self.null_mean) / self.null_width))

    def at(self, p_value: float) -> float:
        """Return the area whose chance is ``p_value``."""
        return self.null_mean + self.null_width * float(stats.norm.isf(p_value))


def auc_of_events(
    first: Floats, first_event: NDArray[np.int32], second: Floats, second_event: NDArray[np.int32], key: bytes
) -> Auc:
    """Compare the scores of the rows of two samples, where rows of one event belong together.

    Parameters
    ----------
    first, second : scores (n,) and (m,), at least one each
    first_event, second_event : int32 (n,), (m,), event of each row
    key : of the permutations

    The area is bilinear in the score histograms of the events, so a permutation of whole events between the samples
    costs two matrix products. The error is that of DeLong et al., Biometrics 44 (1988) 837, for rows in clusters
    (Obuchowski, Biometrics 53 (1997) 567).
    """
    bins = _bins(np.concatenate([first, second]))
    histograms = [_histograms(bins[: len(first)], first_event), _histograms(bins[len(first) :], second_event)]
    n_bins = max(one.shape[1] for one in histograms)
    low, high = (np.pad(one, ((0, 0), (0, n_bins - one.shape[1]))) for one in histograms)
    value = float(_areas(low.sum(axis=0), high.sum(axis=0)))
    mean, width = _null(low, high, key)
    return Auc(value, _error(low, high, value), mean, width)


def _bins(scores: Floats) -> NDArray[np.int64]:
    values, bins = np.unique(scores, return_inverse=True)
    if len(values) <= MOST_VALUES:
        return np.asarray(bins)
    edges = np.unique(np.quantile(scores, np.arange(1, MOST_VALUES) / MOST_VALUES))
    return np.asarray(np.searchsorted(edges, scores, side="right"))


def _histograms(bins: NDArray[np.int64], event: NDArray[np.int32]) -> Floats:
    _, row = np.unique(event, return_inverse=True)
    n_events, n_bins = int(row.max()) + 1, int(bins.max()) + 1
    return np.bincount(row * n_bins + bins, minlength=n_events * n_bins).reshape(n_events, n_bins).astype(float)


def _share_below(histogram: Floats) -> Floats:
    """Share of a sample (..., bins) below each bin, its own bin half."""
    return np.asarray((np.cumsum(histogram, axis=-1) - histogram / 2) / histogram.sum(axis=-1, keepdims=True))


def _areas(low: Floats, high: Floats) -> Floats:
    return np.asarray((high * _share_below(low)).sum(axis=-1) / high.sum(axis=-1))


def _null(low: Floats, high: Floats, key: bytes) -> tuple[float, float]:
    pooled = np.concatenate([low, high])
    total = pooled.sum(axis=0)
    areas = []
    for first in range(0, PERMUTATIONS, 100):
        lots = random.uniform(key, 0, np.arange(first, first + 100), len(pooled), dtype=np.float32)
        moved = np.zeros(lots.shape, np.float32)
        np.put_along_axis(moved, np.argpartition(lots, len(high) - 1, axis=1)[:, : len(high)], 1.0, axis=1)
        side = moved.astype(float) @ pooled
        areas.append(_areas(total - side, side))
    every = np.concatenate(areas)
    return float(every.mean()), float(every.std(ddof=1))


def _error(low: Floats, high: Floats, area: float) -> float:
    variance = 0.0
    for own, score in ((high, _share_below(low.sum(axis=0))), (low, 1.0 - _share_below(high.sum(axis=0)))):
        rows = own.sum(axis=1)
        residual = own @ score - area * rows
        if len(own) > 1:
            variance += float((residual**2).sum()) / rows.sum() ** 2 * len(own) / (len(own) - 1)
    return float(np.sqrt(variance))
