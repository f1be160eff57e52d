"""What background does to reconstructed tracks: the papers' test, with errors and limits.

The same signal tracks are reconstructed without background, with that of the reference, with that of the other half of
the reference, and with that of the candidate. Signal and background digits are overlaid and clustered; a track found in
the strip layers alone is followed to layer 2, takes the nearest cluster in a window (``track_clusters.WINDOW``), is
fitted again, followed to layer 1, and takes the nearest cluster there; then it is fitted with all its measurements.
Scenarios differ in nothing but the background, so their differences are those of pairs.

Errors come from a bootstrap over units: all signal events that got the same background event are one unit. What a
difference may be is learnt from both halves of the reference, by exchanging them unit by unit at random. Limits are at
a probability of 0.0015 over the number of tests, two-sided for differences: Student's law for these, for Frechet
distances the Pearson III law with the mean, width and skewness of the exchanges.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import FileError
from pxdbkg.io.chain import DigitChain
from pxdbkg.kernels import random
from pxdbkg.kernels.overlay import sort_digits
from pxdbkg.seeding import event_key
from pxdbkg.validation.event import SEED
from pxdbkg.validation.result import Result
from pxdbkg.validation.track_reconstruction import outer_fits, reconstruct
from pxdbkg.validation.track_signal import PIONS, make_signal
from pxdbkg.validation.track_sums import PT_BINS, PULL_EDGES, Outcome, Sums, distances, names, numbers, unit_sums
from pxdbkg.validation.tracks import Tracker

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SCENARIOS = ("none", "reference", "other half", "candidate")
FALSE_ALARM = 0.0015  # of all tests together
DRAWS = 1000  # of the bootstrap, and of the exchanges
MIN_UNITS = 10


@dataclass(frozen=True, eq=False)
class Scenario:
    """Numbers of the tracks with one background.

    Attributes
    ----------
    title : of the scenario, one of SCENARIOS
    values, errors : float64 (n,), by ``TrackStudy.names``; NaN where there are no tracks
    pulls : float64 (bins of pT, 2, bins), counts of the pulls of d0 and z0 between ``TrackStudy.pull_edges``
    """

    title: str
    values: Floats
    errors: Floats
    pulls: Floats


@dataclass(frozen=True, eq=False)
class TrackStudy:
    """What backgrounds do to tracks.

    Attributes
    ----------
    results : differences of candidate and reference, judged
    names : of the numbers of a scenario
    scenarios : by title: without background, reference, other half of the reference, candidate
    frechet, frechet_errors : by pair of titles, float64 (bins of pT,): distances between the residuals of d0, z0, phi,
        theta and q/p, in units of their core widths without background
    pt_bins : GeV
    pull_edges : float64 (bins + 1,)
    n_tracks : number of tracks in each scenario
    n_units : number of background events of each sample that were used
    seconds : by stage
    """

    results: tuple[Result, ...]
    names: tuple[str, ...]
    scenarios: dict[str, Scenario]
    frechet: dict[tuple[str, str], Floats]
    frechet_errors: dict[tuple[str, str], Floats]
    pt_bins: tuple[tuple[float, float], ...]
    pull_edges: Floats
    n_tracks: int
    n_units: int
    seconds: dict[str, float]


def check_numbers(n_tracks: int, n_reference: int, n_candidate: int) -> tuple[int, int]:
    """Return the numbers of signal events and of background events of each sample; FileError when they are too few.

    Parameters
    ----------
    n_tracks : number of tracks
    n_reference, n_candidate : events of the samples
    """
    n_events = max(-(-n_tracks // PIONS), 1)
    n_units = min(n_events, n_reference // 2, n_candidate)
    if n_units < MIN_UNITS:
        least = (MIN_UNITS - 1) * PIONS + 1
        raise FileError(
            f"tracks: {n_tracks} tracks, {n_reference} events of the reference, {n_candidate} of the candidate "
            f"(at least {least}, {2 * MIN_UNITS}, {MIN_UNITS}). Give more tracks or events"
        )
    return n_events, n_units


def study_tracks(
    reference: DigitChain,
    candidate: DigitChain,
    collections: tuple[str, str],
    n_tracks: int,
    progress: Callable[[int], None] = lambda _: None,
) -> TrackStudy:
    """Return what the backgrounds of two samples do to the same tracks.

    Parameters
    ----------
    reference, candidate : samples of background; of the reference the even events are one half, the odd ones the other
    collections : of digits, in the reference and in the candidate
    n_tracks : number of tracks, rounded up to whole events of ten
    progress : told how many tracks are done, after each event of each scenario

    A sample with fewer events than there are signal events is used again from its start. Raises FileError for fewer
    than 20 events of the reference or 10 of the candidate, MissingExtra without ACTS.
    """
    n_events, n_units = check_numbers(n_tracks, reference.n_events, candidate.n_events)
    unit_of_event = np.arange(n_events) % n_units

    def of(chain: DigitChain, collection: str, first: int, step: int) -> Callable[[int], Digits]:
        def read(event: int) -> Digits:
            digits = chain.read(collection, first + step * int(unit_of_event[event]))
            return digits if digits.is_sorted() else sort_digits(digits)[0]

        return read

    backgrounds: dict[str, Callable[[int], Digits]] = {
        "none": lambda event: Digits.empty(),
        "reference": of(reference, collections[0], 0, 2),
        "other half": of(reference, collections[0], 1, 2),
        "candidate": of(candidate, collections[1], 0, 1),
    }
    steps = _Steps(n_events * PIONS, n_events * (2 + len(backgrounds)), progress)
    tracker = Tracker()
    signal = make_signal(tracker, n_events, steps.step)
    outer = outer_fits(tracker, signal, steps.step)
    steps.end("signal")
    outcomes = {}
    for title, background in backgrounds.items():
        outcomes[title] = reconstruct(tracker, signal, outer, background, steps.step)
        steps.end(title)
    scale = _scale(outcomes["none"], signal.pt_GeV)
    unit = unit_of_event[signal.pions.event]
    sums = {
        title: unit_sums(outcome, unit, n_units, signal.pt_GeV, signal.passed, scale)
        for title, outcome in outcomes.items()
    }
    study = compare(sums, len(signal.pions), steps.seconds)
    steps.end("comparison")
    return study


class _Steps:
    """Tells the progress of equal steps, and keeps the time of stages."""

    def __init__(self, n_tracks: int, n_steps: int, progress: Callable[[int], None]) -> None:
        self.n_tracks, self.n_steps, self.progress = n_tracks, n_steps, progress
        self.done, self.seconds, self.began = 0, dict[str, float](), time.perf_counter()

    def step(self) -> None:
        """Tell that an event is through a stage."""
        self.done += 1
        self.progress(self.n_tracks * self.done // self.n_steps)

    def end(self, stage: str) -> None:
        """Keep the time since the end of the stage before."""
        now = time.perf_counter()
        self.seconds[stage], self.began = now - self.began, now


def _scale(outcome: Outcome, pt_GeV: Floats) -> Floats:
    """Return the widths (bins of pT, 5) of the central 68 % of the residuals; 1 where there are too few tracks."""
    scale = np.ones((len(PT_BINS), 5))
    for number, (low, high) in enumerate(PT_BINS):
        chosen = outcome.fitted & (pt_GeV >= low) & (pt_GeV < high)
        if chosen.sum() >= MIN_UNITS:
            ends = np.quantile(outcome.residual[chosen], (0.1587, 0.8413), axis=0)
            scale[number] = (ends[1] - ends[0]) / 2
    return scale


def compare(sums: dict[str, Floats], n_tracks: int, seconds: dict[str, float]) -> TrackStudy:
    """Return the study that the sums of units give.

    Parameters
    ----------
    sums : by scenario, as of ``unit_sums``
    n_tracks, seconds : are passed on
    """
    n_units = len(sums["none"])
    weights, flips = _bootstrap_weights(n_units), _exchanges(n_units)
    whole = {title: part.sum(axis=0)[None] for title, part in sums.items()}
    again = {title: np.tensordot(weights, part, 1) for title, part in sums.items()}
    values = {title: numbers(part)[0] for title, part in whole.items()}
    repeated = {title: numbers(part) for title, part in again.items()}
    scenarios = {
        title: Scenario(title, values[title], _spread(repeated[title]), _pulls(whole[title][0])) for title in SCENARIOS
    }
    n_fitted = whole["reference"][0, :, Sums.fitted]
    # What is exchanged comes from the reference alone, so that a bad candidate does not widen its own limits.
    one = np.tensordot(flips, sums["reference"], 1) + np.tensordot(1 - flips, sums["other half"], 1)
    other = whole["reference"] + whole["other half"] - one
    pairs = [("reference", "candidate"), ("reference", "other half"), ("none", "reference"), ("none", "candidate")]
    frechet = {pair: distances(whole[pair[0]], whole[pair[1]])[0] for pair in pairs}
    frechet_errors = {pair: _spread(distances(again[pair[0]], again[pair[1]])) for pair in pairs}
    exchanged = numbers(one) - numbers(other)
    difference = values["candidate"] - values["reference"]
    spread = _spread(repeated["candidate"] - repeated["reference"])
    tests = len(difference) + len(PT_BINS)
    results = _differences(difference, spread, exchanged, values, n_fitted, tests, n_units)
    results += _distances(frechet, frechet_errors, distances(one, other), tests)
    return TrackStudy(
        tuple(results), names(), scenarios, frechet, frechet_errors, PT_BINS, PULL_EDGES, n_tracks, n_units, seconds
    )


def _bootstrap_weights(n_units: int) -> Floats:
    """Return how often (DRAWS, n_units) each unit is drawn, n_units times with replacement."""
    key = event_key(SEED, "track bootstrap", 0, 0, 0)
    drawn = (random.uniform(key, 0, np.arange(DRAWS), n_units) * n_units).astype(np.int64)
    weights = np.zeros((DRAWS, n_units))
    np.add.at(weights, (np.arange(DRAWS)[:, None], drawn), 1.0)
    return weights


def _exchanges(n_units: int) -> Floats:
    """Return 0 or 1 (DRAWS, n_units) at random."""
    key = event_key(SEED, "track exchanges", 0, 0, 0)
    return (random.uniform(key, 0, np.arange(DRAWS), n_units) < 0.5).astype(np.float64)


def _spread(repeated: Floats) -> Floats:
    """Return the standard deviation (n,) of repeated numbers (m, n); NaN where all are NaN."""
    known = np.isfinite(repeated)
    n = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, repeated, 0.0)
    mean = filled.sum(axis=0) / n
    spread = np.sqrt((np.where(known, repeated - mean, 0.0) ** 2).sum(axis=0) / np.maximum(n - 1, 1))
    return np.where(known.any(axis=0), spread, np.nan)


def _pulls(whole: Floats) -> Floats:
    return whole[:, Sums.histograms].reshape(len(PT_BINS), 2, Sums.bins)


def _differences(
    difference: Floats,
    spread: Floats,
    exchanged: Floats,
    values: dict[str, Floats],
    n_fitted: Floats,
    tests: int,
    n_units: int,
) -> list[Result]:
    """Return the results of the numbers: absolute differences against Student's law."""
    # One track more or less is never a finding, even where both halves of the reference have none.
    one_track = np.repeat(1 / np.maximum(n_fitted, 1.0), len(difference) // len(PT_BINS))
    width = np.hypot(_spread(exchanged), one_track)
    factor = float(stats.t.ppf(1 - FALSE_ALARM / tests / 2, n_units - 1))
    results = []
    for number, name in enumerate(names()):
        value, sigma = abs(float(difference[number])), float(width[number])
        p_value = float(2 * stats.t.sf(value / sigma, n_units - 1))
        detail = ", ".join(
            f"{values[title][number]:.3f} {text}"
            for title, text in (("candidate", "candidate"), ("reference", "reference"), ("none", "without background"))
        )
        floor = sigma * math.sqrt(2 / math.pi)
        limit = factor * sigma
        results.append(Result(name, "tracks", value, float(spread[number]), floor, limit, "", detail, p_value))
    return results


def _distances(
    frechet: dict[tuple[str, str], Floats],
    errors: dict[tuple[str, str], Floats],
    exchanged: Floats,
    tests: int,
) -> list[Result]:
    """Return the results of the Frechet distances against the law of the exchanges."""
    results = []
    pair = ("reference", "candidate")
    for number, (low, high) in enumerate(PT_BINS):
        sample = exchanged[:, number]
        law = stats.pearson3(max(float(stats.skew(sample)), 0.1), float(sample.mean()), float(sample.std()))
        value = float(frechet[pair][number])
        where = f"pT < {high:g} GeV" if low == 0 else f"{low:g} to {high:g} GeV"
        detail = (
            f"without background to reference {frechet['none', 'reference'][number]:.3g}, "
            f"to candidate {frechet['none', 'candidate'][number]:.3g}"
        )
        name = f"Frechet distance of the track parameters, {where}"
        figures = (value, float(errors[pair][number]), float(sample.mean()), float(law.isf(FALSE_ALARM / tests)))
        results.append(Result(name, "tracks", *figures, "", detail, float(law.sf(value))))
    return results
