"""What chance does: events exchanged between samples, halves, events drawn again, and limits for a family of tests.

Every observable is a function of means over events, so that a thousand deals of the events are one product of matrices.
Floors are distances of random halves of the reference. The difference of the means of two halves of n events has the
variance 4 s^2 / n; the means of the halves are moved towards that of the whole sample until it is the variance
s^2 (1/n + 1/m) of the comparison at hand, with m events of the candidate. To first order this holds for every smooth
function of the means, whatever its degree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pxdbkg.kernels.random import uniform
from pxdbkg.seeding import event_key
from pxdbkg.validation.event import SEED

Array = NDArray[np.float64]
N_EXCHANGES = 2000
N_HALVES = 200  # of each sample, for floors and spreads
N_BOOTSTRAP = 100
FAMILY = 0.007  # rate of false alarms that all observables of a family share; classifiers and tracks have their own


@dataclass(frozen=True)
class Sums:
    """Sums over consecutive events of a sample, a row a unit of events.

    Attributes
    ----------
    blocks : name -> float32 (units, *shape)
    events : int64 (units,), events of each unit
    """

    blocks: Mapping[str, NDArray[np.float32]]
    events: NDArray[np.int64]

    @property
    def n_events(self) -> int:
        """Return the number of all events."""
        return int(self.events.sum())

    def mean(self, name: str) -> Array:
        """Return the mean of a block over events (shape)."""
        return np.asarray(self.blocks[name].sum(axis=0, dtype=np.float64) / self.n_events)

    def deviations(self, name: str, weights: Array) -> NDArray[np.float32]:
        """Return weighted means minus the plain mean float32 (b, *shape) for weights (b, units)."""
        block = self.blocks[name].reshape(len(self.events), -1)
        centred = (block - np.outer(self.events, self.mean(name).ravel())).astype(np.float32)
        sums = weights.astype(np.float32) @ centred
        means = sums / (weights @ self.events).astype(np.float32)[:, None]
        return means.reshape(len(weights), *self.blocks[name].shape[1:])


class _Joined(Mapping[str, NDArray[np.float32]]):
    """Blocks of two samples, one after the other, made when they are asked for."""

    def __init__(self, one: Sums, other: Sums) -> None:
        self._samples = one, other

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return np.concatenate([sums.blocks[name] for sums in self._samples])

    def __iter__(self) -> Iterator[str]:
        return iter(self._samples[0].blocks)

    def __len__(self) -> int:
        return len(self._samples[0].blocks)


def joined(one: Sums, other: Sums) -> Sums:
    """Return the units of both samples as one sample."""
    return Sums(_Joined(one, other), np.concatenate([one.events, other.events]))


def in_equal_units(one: Sums, other: Sums) -> tuple[Sums, Sums]:
    """Return two samples in units of the same number of events; events that do not fill a unit are left out.

    >>> coarse = Sums({"a": np.array([[3], [4], [1]], "f4")}, np.array([2, 2, 1]))
    >>> fine = Sums({"a": np.array([[1], [2], [3]], "f4")}, np.array([1, 1, 1]))
    >>> [sums.blocks["a"].ravel().tolist() for sums in in_equal_units(coarse, fine)]
    [[3.0, 4.0], [3.0]]
    """
    size = int(max(one.events[0], other.events[0]))
    first, second = (_in_units_of(size, sums) for sums in (one, other))
    return first, second


def _in_units_of(size: int, sums: Sums) -> Sums:
    together = size // int(sums.events[0])
    n_units = int((sums.events == sums.events[0]).sum()) // together
    if together == 1 and n_units == len(sums.events):
        return sums
    first = np.arange(0, n_units * together, together)
    blocks = {name: np.add.reduceat(block[: n_units * together], first) for name, block in sums.blocks.items()}
    return Sums(blocks, np.full(n_units, size))


def parts(n_units: int, n_chosen: int, n_draws: int, stream: str) -> Array:
    """Return weights (n_draws, units): 1 for units that are chosen at random, 0 for the others."""
    weights = np.zeros((n_draws, n_units))
    chosen = np.argsort(_draws(stream, n_draws, n_units), axis=1, kind="stable")[:, :n_chosen]
    np.put_along_axis(weights, chosen, 1.0, axis=1)
    return weights


def bootstrap(n_units: int, stream: str, n_samples: int = N_BOOTSTRAP) -> Array:
    """Return weights (n_samples, units): how often each unit is drawn when as many are drawn with replacement."""
    chosen = (_draws(stream, n_samples, n_units) * n_units).astype(np.int64)
    flat = chosen + np.arange(n_samples)[:, None] * n_units
    return np.bincount(flat.ravel(), minlength=n_samples * n_units).reshape(n_samples, n_units).astype(np.float64)


def shrinkage(n_reference: int, n_candidate: int) -> float:
    """Return how far means of halves are moved: the square root of (1 + reference events / candidate events) / 4.

    >>> shrinkage(1000, 1000) ** 2
    0.5000000000000001
    """
    return 0.5 * math.sqrt(1 + n_reference / n_candidate)


@dataclass(frozen=True)
class Tail:
    """The law of a distance when there is no difference: a gamma law with the mean, width and skewness of samples.

    >>> tail = Tail.fitted(np.arange(1.0, 100.0) ** 0.5)
    >>> round(tail.p_value(tail.limit(0.01)), 6)
    0.01
    """

    mean: float
    width: float
    skewness: float

    @classmethod
    def fitted(cls, values: Array) -> Tail:
        """Return the law of values (n,)."""
        width = float(values.std())
        skewness = float(((values - values.mean()) ** 3).mean()) / width**3 if width > 0 else 0.0
        # below 0.1 the gamma law is the normal one to a few per cent; to the left it would have an end
        return cls(float(values.mean()), width, max(skewness, 0.1))

    def p_values(self, values: Array) -> Array:
        """Return the chances (n,) of values at least as large as these (n,)."""
        if self.width == 0:
            return np.where(values > self.mean, 0.0, 1.0)
        return np.asarray(stats.pearson3.sf(values, self.skewness, self.mean, self.width))

    def p_value(self, value: float) -> float:
        """Return the chance of a value at least as large."""
        return float(self.p_values(np.array([value]))[0])

    def limit(self, p_value: float) -> float:
        """Return the value that has this chance."""
        if self.width == 0:
            return self.mean
        return float(stats.pearson3.isf(p_value, self.skewness, self.mean, self.width))


def family_p_value(p_values: Array, rate: float = FAMILY) -> float:
    """Return the p-value below which one test raises the alarm, so that a family of tests does so at a given rate.

    Parameters
    ----------
    p_values : (samples, tests), p-values of every test in samples without a difference; tests may be correlated
    rate : of samples in which at least one test raises the alarm

    The smaller of two estimates: the quantile of the smallest p-value of each sample (Westfall and Young 1993), and the
    same for as many independent tests as the 10 % quantile stands for, which few samples give with less noise.

    >>> one = np.linspace(0.0005, 0.9995, 1000)[:, None]
    >>> round(family_p_value(one, 0.01), 3)
    0.01
    """
    smallest = p_values.min(axis=1)
    direct = float(np.quantile(smallest, rate))
    tests = math.log(0.9) / math.log1p(-max(float(np.quantile(smallest, 0.1)), 1e-12))
    return min(direct, float(1 - (1 - rate) ** (1 / max(tests, 1.0))))


def _draws(stream: str, rows: int, columns: int) -> Array:
    key = event_key(SEED, stream, 0, 0, 0)
    return uniform(key, 0, np.arange(rows, dtype=np.uint32), columns)
