"""Boosted trees that try to tell two samples apart; the only file that needs scikit-learn (extra ``validation``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import MissingExtra
from pxdbkg.kernels import random
from pxdbkg.seeding import event_key
from pxdbkg.validation.auc import Auc, auc_of_events
from pxdbkg.validation.draws import choose, integer
from pxdbkg.validation.event import SEED

_SHUFFLED_ROWS = 60_000  # over all features, so that the features cost no more than the trees
_FEWEST_ROWS, _MOST_ROWS = 100, 2000  # of a sample, shuffled for one feature
_DIFFERENT = 0.01  # chance of an area below which features are ranked

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Features of one sample: of its events, or of several things an event.

    Attributes
    ----------
    values : float32 (n, f), or uint8 (n, columns, rows) for pictures
    event : int32 (n,), event of each row
    """

    values: NDArray[Any]
    event: NDArray[np.int32]

    def of(self, chosen: NDArray[np.bool_]) -> Rows:
        """Return the chosen rows."""
        return Rows(self.values[chosen], self.event[chosen])


@dataclass(frozen=True)
class Settings:
    """Of the boosted trees; all others are those of scikit-learn's HistGradientBoostingClassifier."""

    trees: int
    rate: float
    leaves: int
    share_of_features: float = 1.0


MANY_ROWS = Settings(trees=100, rate=0.1, leaves=31)  # clusters and tiles, 10^4 and more
FEW_ROWS = Settings(trees=100, rate=0.05, leaves=6, share_of_features=0.3)  # events, 100 to 5,000


@dataclass(frozen=True)
class TwoSample:
    """How well a classifier, trained on some events, tells the samples apart in the others.

    Attributes
    ----------
    auc : area under the curve in the events that were not trained on
    importances : by feature, its share of what the samples differ in, 0..1, largest first; empty where they do not
    """

    auc: Auc
    importances: dict[str, float]


def two_sample(
    first: Rows, second: Rows, names: Sequence[str], settings: Settings, name: str, *, rank: bool = True
) -> TwoSample:
    """Train on the events of even number, test on those of odd number.

    Parameters
    ----------
    first, second : the samples, each with events of even and of odd number
    names : of the features
    settings : of the trees
    name : of the test; what is drawn depends on it
    rank : whether the features are ranked

    Halves are halves of the events, never of rows, so rows of one event are on one side. Raises MissingExtra without
    scikit-learn. The test as such: Lopez-Paz, Oquab, arXiv:1610.06545.
    """
    trained = [one.of(one.event % 2 == 0) for one in (first, second)]
    tested = [one.of(one.event % 2 == 1) for one in (first, second)]
    model = _fit(trained, settings, name)
    scores = [_scores(model, one.values) for one in tested]
    auc = auc_of_events(scores[0], tested[0].event, scores[1], tested[1].event, event_key(SEED, name, 0, 0, 1))
    return TwoSample(auc, _importances(model, tested, names, name) if rank and auc.p_value < _DIFFERENT else {})


def _fit(samples: Sequence[Rows], settings: Settings, name: str) -> Any:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise MissingExtra("classifiers of two samples", "scikit-learn", "validation") from None
    model = HistGradientBoostingClassifier(
        max_iter=settings.trees,
        learning_rate=settings.rate,
        max_leaf_nodes=settings.leaves,
        max_features=settings.share_of_features,
        early_stopping=False,
        random_state=integer(event_key(SEED, name, 0, 0, 0)),
    )
    truth = np.repeat([0, 1], [len(one.values) for one in samples])
    with threadpool_limits(1, user_api="openmp"):  # the order of sums, and so the trees, depends on the threads
        return model.fit(np.concatenate([one.values for one in samples]), truth)


def _scores(model: Any, values: NDArray[np.float32]) -> Floats:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        return np.asarray(model.decision_function(values), float)


def _importances(model: Any, samples: Sequence[Rows], names: Sequence[str], name: str) -> dict[str, float]:
    """Fall of the distance of the mean scores when a feature is shuffled, as a share of all falls.

    After Breiman, Machine Learning 45 (2001) 5, section 10, with the scores (log odds) in place of the errors, which no
    longer change where the samples are told apart by several features.
    """
    key = event_key(SEED, name, 0, 0, 2)
    count = min(max(_SHUFFLED_ROWS // (2 * len(names)), _FEWEST_ROWS), _MOST_ROWS)
    picked = [one.values[choose(key, len(one.values), count)] for one in samples]
    values = np.concatenate(picked)
    order = np.argsort(random.uniform(key, 1, np.arange(len(names)), len(values)), axis=1)
    shuffled = np.repeat(values[np.newaxis], len(names) + 1, axis=0)  # the last one stays
    for place, lot in enumerate(order):
        shuffled[place, :, place] = values[lot, place]
    scores = _scores(model, shuffled.reshape(-1, len(names))).reshape(len(shuffled), -1)
    distance = scores[:, len(picked[0]) :].mean(axis=1) - scores[:, : len(picked[0])].mean(axis=1)
    falls = np.maximum(distance[-1] - distance[:-1], 0)
    shares = falls / max(float(falls.sum()), 1e-12)
    return {names[i]: float(shares[i]) for i in np.argsort(-shares, kind="stable")}
