"""The classifier tests of two samples, each as a result with its floor and limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pxdbkg.seeding import event_key
from pxdbkg.validation.auc import Auc, auc_of_events
from pxdbkg.validation.classifier import FEW_ROWS, MANY_ROWS, Rows, Settings, two_sample
from pxdbkg.validation.cluster_rows import CLUSTER_FEATURES, PermutedRows, is_kept
from pxdbkg.validation.draws import choose
from pxdbkg.validation.event import SEED
from pxdbkg.validation.event_features import EVENT_FEATURES, PAIR_FEATURES
from pxdbkg.validation.result import Result, Side
from pxdbkg.validation.tiles import TILE_FEATURES, tile_features

FALSE_ALARMS = 0.0015  # chance of one or more, of all classifiers and of the distances inside the samples together
N_TESTS = 6  # clusters, events, events with pairs, tiles, tiles by network; distances inside (diversity.py)
SHARE = FALSE_ALARMS / N_TESTS
MOST_EVENTS = 5_000  # a side
MOST_ROWS, MOST_TILES, MOST_IMAGES = 100_000, 20_000, 12_000  # a side
SHARP = 0.6  # area that a classifier of clusters must reach for permuted charges
_TWO_SIDED = 1.96
QUICK = 8  # by how much the last three are smaller in a quick comparison

Test = Callable[[Rows, Rows, bool], tuple[Auc, str]]  # the area, and if asked which features it is from


def classifier_results(reference: Side, candidate: Side, quick: bool) -> list[Result]:
    """Return the areas under the curve of the classifier tests.

    Parameters
    ----------
    reference, candidate : the samples; a test is left out where the reference has fewer than 4 events for it, the
        candidate fewer than 2, or one has no tiles
    quick : fewer rows, and no network

    The limit is the area that chance exceeds in SHARE of the comparisons of one source. The floor is the area between
    two halves of the reference, made in the same way, so from half as many events.
    """
    results = []
    for name, most, test in _tests(quick):
        if name.startswith("tiles") and (reference.tiles is None or candidate.tiles is None):
            continue
        ours, theirs = (_rows(name, most, side) for side in (reference, candidate))
        if _has_halves(ours, 4) and _has_halves(theirs, 2):
            results.append(_result(name, ours, theirs, test))
            if name == "clusters" and reference.permuted is not None:
                results.append(_power(reference.permuted, ours, most, test))
    return results


def _tests(quick: bool) -> Iterator[tuple[str, int, Test]]:
    fewer = QUICK if quick else 1
    yield "clusters", MOST_ROWS // fewer, _boosted("clusters", CLUSTER_FEATURES, MANY_ROWS)
    yield "events", MOST_EVENTS, _boosted("events", EVENT_FEATURES, FEW_ROWS)
    names = EVENT_FEATURES + PAIR_FEATURES
    yield "events with pairs", MOST_EVENTS, _boosted("events with pairs", names, FEW_ROWS)
    yield "tiles", MOST_TILES // fewer, _boosted("tiles", TILE_FEATURES, MANY_ROWS)
    if not quick:
        yield "tiles, network", MOST_IMAGES, _network


def _rows(name: str, most: int, side: Side) -> Rows:
    if name == "clusters":
        chosen = _chosen(len(side.clusters.event), most)
        return Rows(side.clusters.rows[chosen], side.clusters.event[chosen])
    if name == "events":
        return _of_events(side.vectors.vectors[:most])
    if name == "events with pairs":
        return _of_events(np.hstack([side.vectors.vectors[:most], side.vectors.pair_vectors[:most]]))
    tiles = side.tiles
    assert tiles is not None
    chosen = _chosen(len(tiles.event), most)
    images = tiles.images[chosen]
    return Rows(tile_features(images, tiles.place[chosen]) if name == "tiles" else images, tiles.event[chosen])


def _of_events(values: NDArray[np.float32]) -> Rows:
    return Rows(values, np.arange(len(values), dtype=np.int32))


def _chosen(n: int, most: int) -> NDArray[np.int64]:
    return choose(event_key(SEED, "thinned", 0, 0, 0), n, most)


def _boosted(name: str, names: Sequence[str], settings: Settings) -> Test:
    def test(first: Rows, second: Rows, rank: bool) -> tuple[Auc, str]:
        found = two_sample(first, second, names, settings, f"classifier {name}", rank=rank)
        leading = [f"{one} ({share:.0%})" for one, share in list(found.importances.items())[:3] if share >= 0.005]
        return found.auc, "most by " + ", ".join(leading) if leading else "no feature stands out"

    return test


def _network(first: Rows, second: Rows, _rank: bool) -> tuple[Auc, str]:
    from pxdbkg.validation.tile_network import network_scores

    values = np.concatenate([first.values, second.values])
    event = np.concatenate([first.event, second.event])
    is_second = np.repeat([False, True], [len(first.event), len(second.event)])
    trained = event % 2 == 0
    key = event_key(SEED, "classifier tiles, network", 0, 0, 0)
    scores = network_scores(values[trained], is_second[trained], values[~trained], key)
    event, is_second = event[~trained], is_second[~trained]
    return auc_of_events(scores[~is_second], event[~is_second], scores[is_second], event[is_second], key), ""


def _power(permuted: PermutedRows, reference: Rows, most: int, test: Test) -> Result:
    """Return the area for a fault of a known size, which tells whether the classifier is sharp enough to judge."""
    chosen = _chosen(len(permuted.event), most)
    fault = Rows(permuted.rows[chosen], permuted.event[chosen])
    auc, _ = test(reference.of(~np.asarray(is_kept(reference.event))), fault, False)
    verdict = "sharp enough to judge" if auc.value >= SHARP else f"below {SHARP:g}: too weak to judge"
    name = "classifier, clusters: power on permuted charges"
    return Result(name, "classifiers", auc.value, auc.error, 0.5, math.nan, detail=verdict, p_value=auc.p_value)


def _has_halves(rows: Rows, parts: int) -> bool:
    """Tell whether each part of the events has rows."""
    return len(np.unique(rows.event % parts)) == parts


def _result(name: str, reference: Rows, candidate: Rows, test: Test) -> Result:
    auc, detail = test(reference, candidate, True)
    second = (reference.event // 2) % 2 == 1  # both halves have events of even and of odd number
    floor, _ = test(reference.of(~second), reference.of(second), False)
    return Result(
        f"classifier, {name}",
        "classifiers",
        auc.value,
        auc.error,
        floor.value,
        auc.at(SHARE),
        detail=f"95 %: {auc.value - _TWO_SIDED * auc.error:.3f} to {auc.value + _TWO_SIDED * auc.error:.3f}"
        + (f"; {detail}" if detail else ""),
        p_value=auc.p_value,
    )
