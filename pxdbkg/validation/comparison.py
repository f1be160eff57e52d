"""Compare two samples by everything there is: observables, classifiers, diversity, memorisation, tracks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pxdbkg.io.published import Published
from pxdbkg.log import ProgressLine, get_logger
from pxdbkg.validation.blocks import BLOCKS_VERSION
from pxdbkg.validation.catalogue import VERSION, statistics
from pxdbkg.validation.cluster_rows import CLUSTER_FEATURES_VERSION
from pxdbkg.validation.derived import sums_of
from pxdbkg.validation.event_features import EVENT_FEATURES_VERSION
from pxdbkg.validation.fingerprints import Fingerprints
from pxdbkg.validation.memorisation import memorisation_results
from pxdbkg.validation.observables import observables
from pxdbkg.validation.resampling import N_BOOTSTRAP, N_EXCHANGES
from pxdbkg.validation.result import GROUPS, Result, Side, Validation
from pxdbkg.validation.sides import SampleFiles, check_alike, read_side
from pxdbkg.validation.statistics import Comparison
from pxdbkg.validation.tiles import TILE_FEATURES_VERSION

# Numbers of different versions are not to be compared.
VERSIONS = {
    "observables": VERSION,
    "blocks": BLOCKS_VERSION,
    "event features": EVENT_FEATURES_VERSION,
    "cluster features": CLUSTER_FEATURES_VERSION,
    "tile features": TILE_FEATURES_VERSION,
}
QUICK_EVENTS = 100
QUICK_EXCHANGES = 500


def validate(
    reference: SampleFiles,
    candidate: SampleFiles,
    training: SampleFiles | None = None,
    *,
    published: Published | None = None,
    quick: bool = False,
    classifiers: bool = True,
    n_tracks: int = 0,
) -> Validation:
    """Return the comparison of two samples.

    Parameters
    ----------
    reference, candidate : the samples; the numbers of their events may differ
    training : events that a generator was trained on, to find copies of them
    published : numbers of the full simulation that the candidate is put beside
    quick : fewer exchanges, and no neural network
    classifiers : whether classifiers are trained
    n_tracks : signal tracks that are reconstructed with each background, 0 for none

    Raises BadInput for samples that cannot be compared.
    """
    if n_tracks:
        from pxdbkg.validation.track_study import check_numbers

        check_numbers(n_tracks, reference.chain.n_events, candidate.chain.n_events)
    first = _read(reference, tiles=classifiers, permuted=classifiers)
    second = _read(candidate, tiles=classifiers)
    check_alike(first, second)
    known = None
    if training is not None:
        known = Fingerprints()
        with _stage("read training"), _progress(training.n_events) as show:
            for event in training.events(show):
                known.add(event)
    results = judge(first, second, known, quick=quick, classifiers=classifiers)
    tracks = None
    if n_tracks:
        from pxdbkg.validation.track_study import study_tracks

        with _stage("tracks"), _progress(n_tracks, "tracks") as show:
            names = (reference.collection, candidate.collection)
            tracks = study_tracks(reference.chain, candidate.chain, names, n_tracks, show)
        results += tracks.results
    order = list(GROUPS)
    return Validation(
        first,
        second,
        tuple(sorted(results, key=lambda one: order.index(one.group))),
        () if published is None else tuple(observables(second.totals, published)),
        tracks,
        {"versions": VERSIONS, "quick": quick, "classifiers": classifiers, "tracks": n_tracks},
    )


def judge(
    reference: Side,
    candidate: Side,
    training: Fingerprints | None = None,
    *,
    quick: bool = False,
    classifiers: bool = True,
) -> list[Result]:
    """Return all distances of two samples that were read, but for those of tracks; parameters as of ``validate``."""
    with _stage("diversity" if training is None else "diversity and memorisation"):
        results = memorisation_results(reference, candidate, training)  # first, as it may refuse the training sample
    results += compare(reference, candidate, quick=quick)
    if classifiers:
        from pxdbkg.validation.classifier_results import classifier_results

        with _stage("classifiers"):
            results += classifier_results(reference, candidate, quick=quick)
    return results


def compare(reference: Side, candidate: Side, *, quick: bool = False) -> list[Result]:
    """Return the distances of all observables of the catalogue."""
    listed = statistics()
    with _stage("distances"), _progress(len(listed), "observables") as show:
        n_exchanges = QUICK_EXCHANGES if quick else N_EXCHANGES
        pair = Comparison(*sums_of(reference, candidate), n_exchanges=n_exchanges, n_bootstrap=N_BOOTSTRAP)
        return pair.evaluate(listed, show)


def _read(files: SampleFiles, *, tiles: bool, permuted: bool = False) -> Side:
    with _stage(f"read {files.label}"), _progress(files.n_events) as show:
        return read_side(files, show, tiles=tiles, permuted=permuted)


@contextmanager
def _stage(name: str) -> Iterator[None]:
    """Tell how long something took."""
    start = time.perf_counter()
    yield
    get_logger().info("%s: %.1f s", name, time.perf_counter() - start)


@contextmanager
def _progress(total: int, what: str = "events") -> Iterator[Callable[[int], None]]:
    line = ProgressLine(total, what=what)
    try:
        yield line.show
    finally:
        line.end()
