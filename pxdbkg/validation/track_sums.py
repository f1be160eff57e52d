"""What a scenario does to tracks as sums over units of events, and the numbers that follow from such sums.

Every number is a function of sums over tracks, so a bootstrap over units is one product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.validation.pulls import core, frechet

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PT_BINS = ((0.0, 0.2), (0.2, 1.0))  # GeV, those of the first paper's figure 3
PARAMETERS = ("d0", "z0")
LAYERS = (1, 2)
PULL_EDGES = np.linspace(-8.0, 8.0, 401)
RMS_WITHIN, TAIL_BEYOND = 10.0, 5.0
# Residuals beyond so many widths of tracks without background count as this in the Frechet distance, so that a few wild
# tracks do not decide.
RESIDUAL_WITHIN = 10.0
_UPPER = np.triu_indices(5)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of each track in a scenario.

    Attributes
    ----------
    fitted : bool (n,)
    residual : float64 (n, 5), fitted less true d0, z0, phi, theta, q/p; any value where not fitted
    pull : float64 (n, 2), of d0 and z0
    attached, right : bool (n, 2), whether a cluster of layer 1, of layer 2 was attached, and whether it is the track's
    """

    fitted: NDArray[np.bool_]
    residual: Floats
    pull: Floats
    attached: NDArray[np.bool_]
    right: NDArray[np.bool_]


def names() -> tuple[str, ...]:
    """Return the names of the numbers of ``numbers``, in their order.

    Core width: Gaussian, see ``pulls.core``; root mean square of the pulls within +-10; share of the fitted tracks with
    a pull beyond +-5; wrong attachments: share of the attached clusters that hold no digit of the track; hit
    efficiency: share of the tracks that cross the layer to which a cluster with a digit of theirs is attached.

    >>> names()[0], names()[-1]
    ('pull of d0, core width, pT < 0.2 GeV', 'hit efficiency, layer 2, 0.2 to 1 GeV')
    """
    found = []
    for low, high in PT_BINS:
        where = f"pT < {high:g} GeV" if low == 0 else f"{low:g} to {high:g} GeV"
        for what in ("core width", f"rms within {RMS_WITHIN:g}", f"share beyond {TAIL_BEYOND:g}"):
            found += [f"pull of {parameter}, {what}, {where}" for parameter in PARAMETERS]
        for what in ("wrong attachments", "hit efficiency"):
            found += [f"{what}, layer {layer}, {where}" for layer in LAYERS]
    return tuple(found)


class Sums:
    """Places of the sums of one pT bin in a row of all of them."""

    bins = len(PULL_EDGES) - 1
    histograms = slice(0, 2 * bins)
    squares = slice(2 * bins, 2 * bins + 2)  # of pulls within RMS_WITHIN
    within = slice(2 * bins + 2, 2 * bins + 4)
    beyond = slice(2 * bins + 4, 2 * bins + 6)
    fitted = 2 * bins + 6
    wrong = slice(2 * bins + 7, 2 * bins + 9)
    attached = slice(2 * bins + 9, 2 * bins + 11)
    right = slice(2 * bins + 11, 2 * bins + 13)
    passed = slice(2 * bins + 13, 2 * bins + 15)
    first = slice(2 * bins + 15, 2 * bins + 20)
    second = slice(2 * bins + 20, 2 * bins + 35)
    size = 2 * bins + 35


def unit_sums(
    outcome: Outcome, unit: Integers, n_units: int, pt_GeV: Floats, passed: NDArray[np.bool_], scale: Floats
) -> Floats:
    """Return the sums of each unit, float64 (n_units, bins of pT, Sums.size).

    Parameters
    ----------
    outcome : of n tracks
    unit : int64 (n,), of each track
    n_units : number of units
    pt_GeV : float64 (n,), true ones
    passed : bool (n, 2), whether the track crosses a sensor of layer 1, of layer 2
    scale : float64 (bins of pT, 5), widths of residuals
    """
    result = np.zeros((n_units, len(PT_BINS), Sums.size))
    for number, (low, high) in enumerate(PT_BINS):
        chosen = (pt_GeV >= low) & (pt_GeV < high)
        target = result[:, number]
        np.add.at(target[:, Sums.passed], unit[chosen], passed[chosen])
        np.add.at(target[:, Sums.attached], unit[chosen], outcome.attached[chosen])
        np.add.at(target[:, Sums.right], unit[chosen], outcome.right[chosen])
        np.add.at(target[:, Sums.wrong], unit[chosen], (outcome.attached & ~outcome.right)[chosen])
        chosen &= outcome.fitted
        where, pull = unit[chosen], outcome.pull[chosen]
        for parameter in range(2):
            inside = (pull[:, parameter] > PULL_EDGES[0]) & (pull[:, parameter] < PULL_EDGES[-1])
            at = np.searchsorted(PULL_EDGES, pull[inside, parameter], side="right") - 1
            np.add.at(target, (where[inside], at + parameter * Sums.bins), 1.0)
        kept = np.abs(pull) < RMS_WITHIN
        np.add.at(target[:, Sums.squares], where, np.where(kept, pull, 0.0) ** 2)
        np.add.at(target[:, Sums.within], where, kept)
        np.add.at(target[:, Sums.beyond], where, np.abs(pull) > TAIL_BEYOND)
        np.add.at(target[:, Sums.fitted], where, 1.0)
        residual = np.clip(outcome.residual[chosen] / scale[number], -RESIDUAL_WITHIN, RESIDUAL_WITHIN)
        np.add.at(target[:, Sums.first], where, residual)
        np.add.at(target[:, Sums.second], where, residual[:, _UPPER[0]] * residual[:, _UPPER[1]])
    return result


def numbers(sums: Floats) -> Floats:
    """Return the numbers (m, n) named by ``names`` of sums (m, bins of pT, Sums.size); NaN where tracks lack."""
    columns = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for number in range(len(PT_BINS)):
            part = sums[:, number]
            counts = part[:, Sums.histograms].reshape(len(part), 2, Sums.bins)
            columns += [core(counts[:, parameter], PULL_EDGES)[1] for parameter in range(2)]
            columns += list(np.sqrt(part[:, Sums.squares] / part[:, Sums.within]).T)
            columns += list((part[:, Sums.beyond] / part[:, Sums.fitted, None]).T)
            columns += list((part[:, Sums.wrong] / part[:, Sums.attached]).T)
            columns += list((part[:, Sums.right] / part[:, Sums.passed]).T)
    return np.stack(columns, axis=1)


def distances(one: Floats, other: Floats) -> Floats:
    """Return the Frechet distances (m, bins of pT) between the residuals of two scenarios, from their sums."""
    columns = [frechet(*_moments(one[:, k]), *_moments(other[:, k])) for k in range(len(PT_BINS))]
    return np.stack(columns, axis=1)


def _moments(part: Floats) -> tuple[Floats, Floats]:
    n = np.maximum(part[:, Sums.fitted, None], 1.0)
    mean = part[:, Sums.first] / n
    covariance = np.zeros((len(part), 5, 5))
    covariance[:, _UPPER[0], _UPPER[1]] = part[:, Sums.second] / n
    covariance[:, _UPPER[1], _UPPER[0]] = covariance[:, _UPPER[0], _UPPER[1]]
    return mean, covariance - mean[:, :, None] * mean[:, None, :]
