"""Whether a sample repeats itself, the reference, or what its generator was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pxdbkg.errors import BadInput
from pxdbkg.kernels import random
from pxdbkg.seeding import event_key
from pxdbkg.validation.auc import PERMUTATIONS
from pxdbkg.validation.classifier_results import SHARE
from pxdbkg.validation.draws import choose
from pxdbkg.validation.event import SEED
from pxdbkg.validation.fingerprints import NONE, Fingerprints
from pxdbkg.validation.neighbours import nearest, neighbours
from pxdbkg.validation.result import Result, Side

MOST_EVENTS = 2_000  # a side, whose nearest neighbours are looked for
MOST_TRAINING = 10_000
MOST_SHARED = 0.01  # of the events of the reference
P_NEARER = 0.01  # of the distances of events to the training
P_LEARNT = 0.001  # of each of the other signs that something was learnt by heart
_NEIGHBOURS = 32  # the nearest of one half is among them but for a chance of 2^-32

Marks = NDArray[np.uint64]


def memorisation_results(reference: Side, candidate: Side, training: Fingerprints | None) -> list[Result]:
    """Return what is repeated, and how near the events are to each other and to the training.

    Parameters
    ----------
    reference, candidate : the samples
    training : of the events that the generator of the candidate has seen, or None

    The reference must be no part of the training: it shows how near events are that were not learnt. Raises BadInput
    when more than MOST_SHARED of its events are in the training.
    """
    ours, theirs = reference.fingerprints, candidate.fingerprints
    if training is not None:
        _check_held_out(ours, training)
    results = [
        *_repeated(ours, theirs),
        *_shared(ours, theirs),
        _spread(ours, theirs),
    ]
    if training is not None:
        results += [*_verbatim(ours, theirs, training), *_nearer(ours, theirs, training)]
    return results


def _repeated(ours: Fingerprints, theirs: Fingerprints) -> list[Result]:
    found = []
    for name, own, other in (("events", theirs.events, ours.events), ("sensors", theirs.sensors, ours.sensors)):
        value, error, detail = _share_repeated(own)
        floor, _, _ = _share_repeated(other)
        found.append(Result(f"{name} seen before", "diversity", value, error, floor, floor, detail=detail))
    return found


def _share_repeated(marks: Marks) -> tuple[float, float, str]:
    """Share of entries that are copies of an earlier one."""
    known = marks[marks != NONE]
    if not len(known):
        return 0.0, 0.0, "none"
    copies = len(known) - len(np.unique(known))
    share = copies / len(known)
    return share, float(np.sqrt(share * (1 - share) / len(known))), f"{copies} of {len(known)}"


def _shared(ours: Fingerprints, theirs: Fingerprints) -> list[Result]:
    found = []
    for what, own, other in (("events", theirs.events, ours.events), ("sensors", theirs.sensors, ours.sensors)):
        known = own[own != NONE]
        copies = int(np.isin(known, other).sum())
        share = copies / max(len(known), 1)
        error = float(np.sqrt(share * (1 - share) / max(len(known), 1)))
        detail = f"{copies} of {len(known)}"
        found.append(Result(f"{what} of the reference", "diversity", share, error, 0.0, 0.0, detail=detail))
    return found


def _spread(ours: Fingerprints, theirs: Fingerprints) -> Result:
    """Compare the distances to the nearest event of the same sample, against random halves of both together.

    Halves of one size are compared, as distances fall with the number of events.
    """
    key = event_key(SEED, "spread", 0, 0, 0)
    count = min(len(ours), len(theirs), MOST_EVENTS)
    cells = np.concatenate([one.cells[choose(key, len(one), count)] for one in (ours, theirs)])
    index, distance = neighbours(cells, None, _NEIGHBOURS)
    is_theirs = np.arange(2 * count) >= count
    value = _nearness(index, distance, is_theirs)
    lots = random.uniform(key, 0, np.arange(PERMUTATIONS), 2 * count, dtype=np.float32)
    order = np.argsort(lots, axis=1)
    null = np.array([_nearness(index, distance, row >= count) for row in order])
    mean, width = float(null.mean()), float(null.std(ddof=1))
    p_value = float(stats.norm.sf((value - mean) / width)) if width else float(value <= mean)
    limit = mean + width * float(stats.norm.isf(SHARE))
    name = "nearest neighbour inside the sample is nearer"
    return Result(name, "diversity", value, width, mean, limit, detail=f"{count} events a side", p_value=p_value)


def _nearness(index: NDArray[np.int64], distance: NDArray[np.float32], is_second: NDArray[np.bool_]) -> float:
    """Chance that an event of the second half is nearer to its own half than one of the first half is to its own."""
    same = is_second[index] == is_second[:, np.newaxis]
    first = np.argmax(same, axis=1)
    own = np.where(same.any(axis=1), distance[np.arange(len(index)), first], np.inf)
    return _nearer_share(own[is_second], own[~is_second])


def _nearer_share(values: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """Chance that a value is smaller than one of the others, ties counted half."""
    ordered = np.sort(others)
    above = 2 * len(others) - np.searchsorted(ordered, values, "left") - np.searchsorted(ordered, values, "right")
    return float(above.mean() / (2 * len(others)))


def _check_held_out(ours: Fingerprints, training: Fingerprints) -> None:
    known = ours.events[ours.events != NONE]
    shared = int(np.isin(known, training.events).sum())
    if shared > MOST_SHARED * len(known):
        raise BadInput(
            f"training: {shared} of {len(known)} events of the reference are in it (the reference shows what "
            "was not learnt). Give a reference that the generator was not trained on"
        )


def _verbatim(ours: Fingerprints, theirs: Fingerprints, training: Fingerprints) -> list[Result]:
    found = []
    for name in ("events", "sensors", "clusters"):
        learnt = np.unique(getattr(training, name))
        shares = [_verbatim_share(one, name, learnt) for one in (theirs, ours)]
        (value, error, detail), (floor, floor_error, _) = shares
        # The error of the reference, as copies widen that of the candidate.
        spread = floor_error * float(np.sqrt(1 + len(ours) / max(len(theirs), 1)))
        limit = floor + float(stats.norm.isf(P_LEARNT)) * spread
        if name != "clusters":
            limit = floor
        found.append(Result(f"{name} of the training", "memorisation", value, error, floor, limit, detail=detail))
    return found


def _verbatim_share(one: Fingerprints, name: str, learnt: Marks) -> tuple[float, float, str]:
    """Share that is in the training, and its error from the spread of events."""
    marks = getattr(one, name)
    each = marks.size // max(len(one), 1)
    event = one.cluster_event if name == "clusters" else np.repeat(np.arange(len(one)), each)
    known = marks.ravel() != NONE
    copied = np.isin(marks.ravel(), learnt) & known
    total = np.bincount(event[known], minlength=len(one)).astype(float)
    copies = np.bincount(event[copied], minlength=len(one)).astype(float)
    n = max(float(total.sum()), 1.0)
    share = copies.sum() / n
    variance = float(((copies - share * total) ** 2).sum())
    error = float(np.sqrt(max(variance, 1.0))) / n  # one more or less is always possible
    return float(share), error, f"{int(copies.sum())} of {int(total.sum())}"


def _nearer(ours: Fingerprints, theirs: Fingerprints, training: Fingerprints) -> list[Result]:
    """Compare the distances to the training of events of the candidate and of events that were not learnt.

    Given the training, the distances are independent of each other: the test is that of Mann and Whitney, Annals of
    Mathematical Statistics 18 (1947) 50.

    A generator that varies too little is nearer to everything, so a second test asks whether the candidate is nearer to
    the training than to as many events of the reference.
    """
    key = event_key(SEED, "nearer", 0, 0, 0)
    learnt = training.cells[choose(key, len(training), MOST_TRAINING)]
    samples = [one.cells[choose(key, len(one), MOST_EVENTS)] for one in (theirs, ours)]
    distances = [nearest(one, learnt) for one in samples]
    attributed = _attributed(samples[0], samples[1], learnt, key)
    found = []
    for place, (name, share) in enumerate((("event", P_NEARER), ("sensors", P_LEARNT))):
        near, held_out = (one[place] for one in distances)
        n, m = len(near), len(held_out)
        value = _nearer_share(near, held_out)
        p_value = float(stats.mannwhitneyu(near, held_out, alternative="less", method="asymptotic").pvalue)
        width = float(np.sqrt((n + m + 1) / (12.0 * n * m)))
        limit = 0.5 + width * float(stats.norm.isf(share))
        detail = f"{n} events against {m} that were not learnt"
        if value > limit and attributed.passed:
            detail += "; as near to the reference: varies too little, not learnt by heart"
        name = f"nearer to the training, {name}"
        found.append(Result(name, "memorisation", value, width, 0.5, limit, detail=detail, p_value=p_value))
    return [*found, attributed]


def _attributed(
    cells: NDArray[np.float16], reference: NDArray[np.float16], learnt: NDArray[np.float16], key: bytes
) -> Result:
    """Compare the distances of the candidate to as many events of the training and of the reference.

    Chance is what comes out when these events are exchanged with each other, so that it holds for any candidate.
    """
    count = min(len(reference), len(learnt))
    pool = np.concatenate([one[choose(key, len(one), count)] for one in (learnt, reference)])
    index, distance = neighbours(cells, pool, _NEIGHBOURS)
    value = _excess(index, distance, np.arange(2 * count) < count)
    lots = random.uniform(key, 1, np.arange(PERMUTATIONS), 2 * count, dtype=np.float32)
    null = np.array([_excess(index, distance, row < count) for row in np.argsort(lots, axis=1)])
    mean, width = float(null.mean()), float(null.std(ddof=1))
    p_value = float(stats.norm.sf((value - mean) / width)) if width else float(value <= mean)
    limit = mean + width * float(stats.norm.isf(P_LEARNT))
    name = "nearer to the training than to the reference"
    detail = f"share of the distance; {count} events of each"
    return Result(name, "memorisation", value, width, mean, limit, detail=detail, p_value=p_value)


def _excess(index: NDArray[np.int64], distance: NDArray[np.float32], is_learnt: NDArray[np.bool_]) -> float:
    """By how much the nearest learnt event is nearer than the nearest other one, over their mean distance."""
    learnt = is_learnt[index]
    rows = np.arange(len(index))
    # Where one kind is not among the neighbours, it is at least as far as the last of them.
    near, other = (
        np.where(kind.any(axis=1), distance[rows, np.argmax(kind, axis=1)], distance[:, -1])
        for kind in (learnt, ~learnt)
    )
    return float((other - near).mean() / max(float((other + near).mean()) / 2, 1e-12))
