"""Evaluate an observable on two samples, on halves of the reference, and on events drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.validation.resampling import Sums, Tail, bootstrap, family_p_value, halves, shrinkage
from pxdbkg.validation.result import Result

Array = NDArray[np.float64]
_CHUNK_VALUES = 4_000_000  # of one array at a time: 32 MB
_SCALE_HALVES = 500  # for spreads, which need fewer than tails
_REFERENCE, _CANDIDATE = 0, 1


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
    tail: Tail
    chance: Array  # (halves,) values when there is no difference
    detail: str


class Comparison:
    """Two samples, with random halves of the first and events of both drawn again.

    Parameters
    ----------
    reference, candidate : sums over events, of the same blocks
    n_halves, n_bootstrap : number of random halves of the reference, and of samples drawn again
    """

    def __init__(self, reference: Sums, candidate: Sums, *, n_halves: int, n_bootstrap: int) -> None:
        self.samples = (reference, candidate)
        self._shrinkage = (
            shrinkage(reference.n_events, candidate.n_events),
            shrinkage(candidate.n_events, reference.n_events),
        )
        self._halves = (_halves(reference, n_halves), _halves(candidate, min(n_halves, _SCALE_HALVES)))
        self._again = tuple(
            bootstrap(len(sums.events), name, n_bootstrap)
            for name, sums in (("reference", reference), ("candidate", candidate))
        )
        self._known: dict[tuple[int, bool, str], NDArray[np.float32]] = {}

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
                float(one.chance.mean()),
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

        observed = distances(*self._samples())[0]
        pairs = self._pairs_of_halves(_REFERENCE, len(self._halves[_REFERENCE]))
        chance = np.concatenate([distances(*pair).max(axis=1) for pair in pairs])
        again = np.concatenate([distances(*pair).max(axis=1) for pair in self._pairs_again()])
        worst = int(observed.argmax())
        detail = statistic.labels[worst] if len(statistic.labels) > 1 else ""
        ends = [statistic.vector(means)[0, worst] for means in self._samples()]
        if ends[0].size == 1:
            detail = f"{detail}: {ends[0].item():.4g} -> {ends[1].item():.4g}".removeprefix(": ")
        error = float(again.std(ddof=1))
        return _Found(statistic, float(observed[worst]), error, Tail.fitted(chance), chance, detail)

    def _scale(self, statistic: Statistic) -> Array:
        """Return the chance spread (groups, values) of the differences, from halves of both samples.

        With the reference alone, bins with few entries would have too small a spread just where it has too few.
        """
        square = 0.5 * (self._spread(statistic, _REFERENCE) ** 2 + self._spread(statistic, _CANDIDATE) ** 2)
        known = square[square > 0]
        return np.asarray(np.sqrt(np.maximum(square, known.min() if len(known) else 1.0)))

    def _spread(self, statistic: Statistic, which: int) -> Array:
        total, square, n_halves = 0.0, 0.0, min(_SCALE_HALVES, len(self._halves[which]))
        for one, other in self._pairs_of_halves(which, n_halves):
            difference = statistic.vector(other) - statistic.vector(one)
            total, square = total + difference.sum(axis=0), square + (difference**2).sum(axis=0)
        return np.asarray(np.sqrt(np.maximum(square / n_halves - (total / n_halves) ** 2, 0)))

    def _samples(self) -> tuple[Means, Means]:
        return (
            Means(lambda name: self.samples[_REFERENCE].mean(name)[None]),
            Means(lambda name: self.samples[_CANDIDATE].mean(name)[None]),
        )

    def _pairs_of_halves(self, which: int, n_halves: int) -> Iterator[tuple[Means, Means]]:
        for part in self._parts(n_halves):
            shift = self._shrinkage[which]
            yield self._means(which, self._halves, part, shift), self._means(which, self._halves, part, -shift)

    def _pairs_again(self) -> Iterator[tuple[Means, Means]]:
        for part in self._parts(len(self._again[0])):
            yield self._means(0, self._again, part, 1.0), self._means(1, self._again, part, 1.0)

    def _means(self, which: int, weights: Sequence[Array], part: slice, factor: float) -> Means:
        """Return means of weighted units of the reference (0) or the candidate (1), moved away from that of all."""
        sums = self.samples[which]

        def mean(name: str) -> Array:
            key = (which, weights is self._halves, name)
            if key not in self._known:
                self._known[key] = sums.deviations(name, weights[which])
            return np.asarray(sums.mean(name) + factor * self._known[key][part])

        return Means(mean)

    def _parts(self, n_samples: int) -> Iterator[slice]:
        widest = max(block[0].size for block in self.samples[0].blocks.values())
        step = max(1, _CHUNK_VALUES // widest)
        return (slice(first, min(first + step, n_samples)) for first in range(0, n_samples, step))


def _halves(sums: Sums, n_halves: int) -> Array:
    """Return weights (n_halves, units) of random halves of the units that are whole."""
    whole = sums.events == sums.events[0]  # the last unit may be smaller
    weights = np.zeros((n_halves, len(sums.events)))
    weights[:, whole] = halves(int(whole.sum()), n_halves)
    return weights
