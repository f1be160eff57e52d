"""Evaluate an observable on two samples, on exchanges of their events, and on events drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pxdbkg.validation.resampling import (
    N_FLOOR,
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
    distance : (samples, groups, values) twice, and with ``scaled`` the scale (groups, values) -> (samples, groups)
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
    tail: Tail
    chance: Array  # (exchanges,) values when there is no difference
    detail: str


class Comparison:
    """Two samples, and what chance makes of them.

    The chance law of a distance is that of exchanges: all events of both samples, dealt out again into samples of the
    same sizes. When both have one source, the samples at hand are one such deal, so that limits hold however few the
    events. The floor is the mean distance of random halves of the reference.

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
        self._halves = _Draws(first, parts(n_first, n_first // 2, N_FLOOR, "halves"))
        self._shrinkage = shrinkage(reference.n_events, candidate.n_events)
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
                one.tail.limit(p_value),
                one.statistic.unit,
                one.detail,
                one.tail.p_value(one.value),
            )
            for one in found
        ]

    def _evaluate(self, statistic: Statistic) -> _Found:
        scale = self._scale(statistic) if statistic.scaled else None

        def distances(one: Means, other: Means) -> Array:
            vectors = statistic.vector(one), statistic.vector(other)
            return statistic.distance(*vectors) if scale is None else statistic.distance(*vectors, scale)

        def largest(pairs: Iterator[tuple[Means, Means]]) -> Array:
            return np.concatenate([distances(*pair).max(axis=1) for pair in pairs])

        own = [Means(partial(_of_all, sums)) for sums in self.samples]
        observed = distances(*own)[0]
        worst = int(observed.argmax())
        detail = statistic.labels[worst] if len(statistic.labels) > 1 else ""
        ends = [statistic.vector(means)[0, worst] for means in own]
        if ends[0].size == 1:
            detail = f"{detail}: {ends[0].item():.4g} -> {ends[1].item():.4g}".removeprefix(": ")
        chance = largest(self._exchanged())
        floor = float(largest(self._halves.pairs(self._shrinkage, -self._shrinkage)).mean())
        first, second = self._again
        again = largest((first.means(part, 1.0), second.means(part, 1.0)) for part in first.slices())
        return _Found(
            statistic, float(observed[worst]), float(again.std(ddof=1)), floor, Tail.fitted(chance), chance, detail
        )

    def _exchanged(self) -> Iterator[tuple[Means, Means]]:
        return self._exchanges.pairs(1.0, -self._balance)

    def _scale(self, statistic: Statistic) -> Array:
        """Return the chance spread (groups, values) of the differences; where there is none, the smallest of others.

        It is the same for all exchanges, as it must be for the limits to hold.
        """
        total, square, n_exchanges = 0.0, 0.0, len(self._exchanges.weights)
        for one, other in self._exchanged():
            difference = statistic.vector(other) - statistic.vector(one)
            total, square = total + difference.sum(axis=0), square + (difference**2).sum(axis=0)
        spread = np.sqrt(np.maximum(square / n_exchanges - (total / n_exchanges) ** 2, 0))
        known = spread[spread > 0]
        return np.asarray(np.maximum(spread, known.min() if len(known) else 1.0))


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

    def pairs(self, one: float, other: float) -> Iterator[tuple[Means, Means]]:
        """Yield means of all draws with two factors."""
        for part in self.slices():
            yield self.means(part, one), self.means(part, other)

    def slices(self) -> Iterator[slice]:
        """Yield parts of the draws."""
        return (slice(first, first + _AT_ONCE) for first in range(0, len(self.weights), _AT_ONCE))
