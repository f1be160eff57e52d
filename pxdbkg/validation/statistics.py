"""Evaluate an observable on two samples, on exchanges of their events, and on events drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pxdbkg.validation.resampling import (
    N_HALVES,
    Sums,
    Tail,
    bootstrap,
    family_p_value,
    in_equal_units,
    joined,
    parts,
    shrinkage,
)
from pxdbkg.validation.result import Result

Array = NDArray[np.float64]
_AT_ONCE = 500  # draws; the widest block then takes 16 MB
_FOR_SPREAD = 500  # exchanges; a spread needs fewer than the tail of a law


class Means:
    """Means of blocks over events, for many samples at once; each block is (samples, *shape)."""

    def __init__(self, get: Callable[[str], Array]) -> None:
        self._get = get

    def __getitem__(self, name: str) -> Array:
        return self._get(name)


@dataclass(frozen=True)
class Statistic:
    """One observable and its distance.

    Attributes
    ----------
    name, group, unit : as of a Result
    vector : means of a sample -> what is compared (samples, groups, values)
    distance : (samples, groups, values) twice -> (samples, groups); with ``scaled`` of one array, the differences
    labels : name of each group; the largest distance of all groups counts
    scaled : whether the distance is in units of the chance spread of each value
    """

    name: str
    group: str
    unit: str
    vector: Callable[[Means], Array]
    distance: Callable[..., Array]
    labels: Sequence[str] = ("",)
    scaled: bool = False


@dataclass(frozen=True)
class _Found:
    statistic: Statistic
    value: float
    error: float
    floor: float
    tested: float  # the value in units of the spread of exchanges, where it has such units
    tail: Tail
    chance: Array  # (exchanges,) such values when there is no difference
    detail: str

    def limit(self, p_value: float) -> float:
        """Return the limit of the value: that of what is tested, in the units of the value."""
        return self.tail.limit(p_value) * (self.value / self.tested if self.tested > 0 else 1.0)


class Comparison:
    """Two samples, and what chance makes of them.

    The chance law of a distance is that of exchanges: all events of both samples, dealt out again into samples of the
    same sizes. When both have one source, the samples at hand are one such deal, so that limits hold however few the
    events. The floor is the mean distance of random halves of the reference. Values in sigma are in units of the spread
    inside of the samples, which their difference does not widen; what is tested is in units of the spread of exchanges.

    Parameters
    ----------
    reference, candidate : sums over events, of the same blocks
    n_exchanges, n_bootstrap : number of exchanges, and of samples drawn again for the errors
    """

    def __init__(self, reference: Sums, candidate: Sums, *, n_exchanges: int, n_bootstrap: int) -> None:
        self.samples = (reference, candidate)
        first, second = in_equal_units(reference, candidate)
        n_first, n_second = len(first.events), len(second.events)
        weights = parts(n_first + n_second, n_first, n_exchanges, "exchanges")
        self._exchanges = _Draws(joined(first, second), weights)
        self._balance = n_first / n_second  # how far the rest moves when the chosen units move by 1
        self._halves = [
            _Draws(sums, parts(len(sums.events), len(sums.events) // 2, N_HALVES, "halves")) for sums in (first, second)
        ]
        sizes = reference.n_events, candidate.n_events
        self._shrinkage = (shrinkage(*sizes), shrinkage(*sizes[::-1]))
        self._again = [
            _Draws(sums, bootstrap(len(sums.events), name, n_bootstrap))
            for name, sums in (("reference", reference), ("candidate", candidate))
        ]

    def evaluate(self, statistics: Sequence[Statistic], progress: Callable[[int], None]) -> list[Result]:
        """Return a result for each observable, with limits that hold for all of them together."""
        found = []
        for number, statistic in enumerate(statistics, start=1):
            found.append(self._evaluate(statistic))
            progress(number)
        chance = np.stack([one.tail.p_values(one.chance) for one in found], axis=1)
        p_value = family_p_value(chance)
        return [
            Result(
                one.statistic.name,
                one.statistic.group,
                one.value,
                one.error,
                one.floor,
                one.limit(p_value),
                one.statistic.unit,
                one.detail,
                one.tail.p_value(one.tested),
            )
            for one in found
        ]

    def _evaluate(self, statistic: Statistic) -> _Found:
        inside = self._spread_inside(statistic) if statistic.scaled else None
        exchanged = _spread(statistic, self._exchanged(_FOR_SPREAD)) if statistic.scaled else None

        def distances(one: Means, other: Means, scale: Array | None) -> Array:
            vectors = statistic.vector(one), statistic.vector(other)
            if scale is None:
                return statistic.distance(*vectors)
            return statistic.distance((vectors[1] - vectors[0]) / scale)

        def largest(pairs: Iterator[tuple[Means, Means]], scale: Array | None) -> Array:
            return np.concatenate([distances(*pair, scale).max(axis=1) for pair in pairs])

        own = [Means(partial(_of_all, sums)) for sums in self.samples]
        observed = distances(own[0], own[1], inside)[0]
        worst = int(observed.argmax())
        value = float(observed[worst])
        chance = largest(self._exchanged(), exchanged)
        tested = float(distances(own[0], own[1], exchanged).max())
        first, second = self._again
        again = largest(((first.means(part, 1.0), second.means(part, 1.0)) for part in first.slices()), inside)
        return _Found(
            statistic,
            value,
            float(again.std(ddof=1)),
            float(largest(self._halves[0].pairs(self._shrinkage[0], -self._shrinkage[0]), inside).mean()),
            tested,
            Tail.fitted(chance),
            chance,
            _detail(statistic, [statistic.vector(means)[0, worst] for means in own], worst),
        )

    def _exchanged(self, most: int | None = None) -> Iterator[tuple[Means, Means]]:
        return self._exchanges.pairs(1.0, -self._balance, most)

    def _spread_inside(self, statistic: Statistic) -> Array:
        """Return the chance spread of the differences (groups, values) from halves of each sample.

        The difference of the samples is no part of it, as it is of the spread of exchanges.
        """
        first, second = (
            _spread(statistic, draws.pairs(shift, -shift)) ** 2
            for draws, shift in zip(self._halves, self._shrinkage, strict=True)
        )
        return np.asarray(np.sqrt(0.5 * (first + second)))


def _spread(statistic: Statistic, pairs: Iterator[tuple[Means, Means]]) -> Array:
    """Return the spread (groups, values) of the differences; where there is none, the smallest of others."""
    differences = np.concatenate([statistic.vector(other) - statistic.vector(one) for one, other in pairs])
    spread = differences.std(axis=0)
    known = spread[spread > 0]
    return np.asarray(np.maximum(spread, known.min() if len(known) else 1.0))


def _detail(statistic: Statistic, ends: Sequence[Array], worst: int) -> str:
    """Return where the difference is largest, and both values if it is one value."""
    label = statistic.labels[worst] if len(statistic.labels) > 1 else ""
    if ends[0].size > 1:
        return label
    return f"{label}: {ends[0].item():.4g} -> {ends[1].item():.4g}".removeprefix(": ")


def _of_all(sums: Sums, name: str) -> Array:
    return sums.mean(name)[None]


class _Draws:
    """Samples drawn from one sample, and the deviations of their means, kept for all observables.

    Parameters
    ----------
    sums : the sample
    weights : (draws, units), how often each unit is drawn
    """

    def __init__(self, sums: Sums, weights: Array) -> None:
        self.sums, self.weights = sums, weights
        self._known: dict[str, tuple[Array, NDArray[np.float32]]] = {}

    def means(self, part: slice, factor: float) -> Means:
        """Return means of some of the draws, their deviation from the mean of all units times a factor."""

        def mean(name: str) -> Array:
            if name not in self._known:
                self._known[name] = self.sums.mean(name), self.sums.deviations(name, self.weights)
            whole, deviations = self._known[name]
            return np.asarray(whole + factor * deviations[part])

        return Means(mean)

    def pairs(self, one: float, other: float, most: int | None = None) -> Iterator[tuple[Means, Means]]:
        """Yield means of the draws, of the first ones if there is a most, with two factors."""
        for part in self.slices(most):
            yield self.means(part, one), self.means(part, other)

    def slices(self, most: int | None = None) -> Iterator[slice]:
        """Yield parts of the draws."""
        end = min(most or len(self.weights), len(self.weights))
        return (slice(first, min(first + _AT_ONCE, end)) for first in range(0, end, _AT_ONCE))
