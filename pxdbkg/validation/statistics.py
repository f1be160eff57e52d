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
        self.reference, self.candidate = reference, candidate
        self.shrinkage = shrinkage(reference.n_events, candidate.n_events)
        whole = reference.events == reference.events[0]  # the last unit may be smaller
        self._halves = np.zeros((n_halves, len(reference.events)))
        self._halves[:, whole] = halves(int(whole.sum()), n_halves)
        self._again = [
            bootstrap(len(sums.events), name, n_bootstrap)
            for name, sums in (("reference", reference), ("candidate", candidate))
        ]
        self._known: dict[tuple[int, str], NDArray[np.float32]] = {}

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
        chance = np.concatenate([distances(*pair).max(axis=1) for pair in self._pairs_of_halves()])
        again = np.concatenate([distances(*pair).max(axis=1) for pair in self._pairs_again()])
        worst = int(observed.argmax())
        detail = statistic.labels[worst] if len(statistic.labels) > 1 else ""
        ends = [statistic.vector(means)[0, worst] for means in self._samples()]
        if ends[0].size == 1:
            detail = f"{detail}: {ends[0].item():.4g} -> {ends[1].item():.4g}".removeprefix(": ")
        error = float(again.std(ddof=1))
        return _Found(statistic, float(observed[worst]), error, Tail.fitted(chance), chance, detail)

    def _scale(self, statistic: Statistic) -> Array:
        """Return the chance spread (groups, values) of the differences; where there is none, that of a single event."""
        total, square, n_halves = 0.0, 0.0, 0
        for one, other in self._pairs_of_halves():
            difference = statistic.vector(other) - statistic.vector(one)
            total, square = total + difference.sum(axis=0), square + (difference**2).sum(axis=0)
            n_halves += len(difference)
        spread = np.sqrt(np.maximum(square / n_halves - (total / n_halves) ** 2, 0))
        known = spread[spread > 0]
        # a bin that is empty in the reference would make one entry of the candidate infinitely unlikely
        return np.maximum(spread, 0.05 * float(np.median(known))) if len(known) else np.ones_like(spread)

    def _samples(self) -> tuple[Means, Means]:
        return (
            Means(lambda name: self.reference.mean(name)[None]),
            Means(lambda name: self.candidate.mean(name)[None]),
        )

    def _pairs_of_halves(self) -> Iterator[tuple[Means, Means]]:
        for part in self._parts(len(self._halves)):
            yield self._means(0, part, self.shrinkage), self._means(0, part, -self.shrinkage)

    def _pairs_again(self) -> Iterator[tuple[Means, Means]]:
        for part in self._parts(len(self._again[0])):
            yield self._means(1, part, 1.0), self._means(2, part, 1.0)

    def _means(self, which: int, part: slice, factor: float) -> Means:
        """Return means of the halves (0), or of events of the reference (1) or the candidate (2) drawn again."""
        sums = self.candidate if which == 2 else self.reference
        return Means(lambda name: sums.mean(name) + factor * self._deviations(which, name)[part])

    def _deviations(self, which: int, name: str) -> NDArray[np.float32]:
        if (which, name) not in self._known:
            sums = self.candidate if which == 2 else self.reference
            weights = (self._halves, *self._again)[which]
            self._known[which, name] = sums.deviations(name, weights)
        return self._known[which, name]

    def _parts(self, n_samples: int) -> Iterator[slice]:
        widest = max(block[0].size for block in self.reference.blocks.values())
        step = max(1, _CHUNK_VALUES // widest)
        return (slice(first, first + step) for first in range(0, n_samples, step))
