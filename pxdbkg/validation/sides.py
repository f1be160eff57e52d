"""Read the samples that are compared, each event once, and find out whether they can be compared at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.detector.ids import sensor_name
from pxdbkg.detector.totals import Totals
from pxdbkg.errors import BadInput, FileError
from pxdbkg.io.chain import DigitChain, expand
from pxdbkg.io.digit_file import open_digits
from pxdbkg.validation.cluster_rows import ClusterRows, PermutedRows
from pxdbkg.validation.event import Collector, Event, clustered
from pxdbkg.validation.event_features import EventVectors
from pxdbkg.validation.fingerprints import Fingerprints
from pxdbkg.validation.result import Side
from pxdbkg.validation.tiles import Tiles
from pxdbkg.validation.units import Units

FEWEST_EVENTS = 40  # halves of fewer events say nothing
CLUSTERS, TILES = 100_000, 20_000  # chosen for the classifiers, of each sample
BACKGROUND = "PXDDigits_beamBG"
_USUAL = (BACKGROUND, "PXDDigits")


class SampleFiles:
    """The events of some files, as far as they are used.

    Parameters
    ----------
    label : "reference", "candidate" or "training", which messages begin with
    patterns : names of files, or patterns
    collection : of digits; None for the background digits where the files hold them, else the signal digits' name
    most_events : events used at most, from the first on; None for all

    Raises BadInput for files that cannot be read, hold no such collection, are given twice, or have too few events.
    """

    def __init__(
        self, label: str, patterns: Sequence[str], collection: str | None = None, most_events: int | None = None
    ) -> None:
        self.label = label
        try:
            first = expand(patterns)[0]
            with open_digits(first) as reader:
                self.collection = collection or _usual(reader.collections)
                self.provenance = dict(reader.provenance)
            self.chain = DigitChain(patterns, [self.collection], (Digits,))
            _check_different(self.chain.paths)
        except BadInput as error:
            raise FileError(f"{label}: {error}") from None
        self.n_events = min(self.chain.n_events, most_events or self.chain.n_events)
        if self.n_events < FEWEST_EVENTS:
            self.chain.close()
            raise BadInput(
                f"{label}: {self.named} has {_events(self.n_events)} (at least {FEWEST_EVENTS}, better 1000). "
                "Give a file with more"
            )

    @property
    def named(self) -> str:
        """Return the file, or the first one and the number of all."""
        paths = self.chain.paths
        return str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"

    def events(self, progress: Callable[[int], None] = lambda _: None) -> Iterator[Event]:
        """Yield every event with its clusters, and tell after each how many are done."""
        for position in range(self.n_events):
            yield self.event(position)
            progress(position + 1)

    def event(self, position: int) -> Event:
        """Return an event with its clusters; FileError or DigitError when it cannot be read."""
        try:
            digits = self.chain.read(self.collection, position)
        except BadInput as error:
            raise FileError(f"{self.label}: {error}") from None
        ids = self.chain.ids
        return clustered(
            position, (int(ids.experiment[position]), int(ids.run[position]), int(ids.event[position])), digits
        )

    def close(self) -> None:
        """Close the files."""
        self.chain.close()


def read_side(
    files: SampleFiles, progress: Callable[[int], None], *, tiles: bool = True, permuted: bool = False
) -> Side:
    """Return what the comparison needs of a sample; BadInput when it has no digit.

    Parameters
    ----------
    files : the sample
    progress : told how many events are done, after each
    tiles : whether tiles of sensors are cut out for the classifiers
    permuted : whether clusters are kept whose charges changed places
    """
    events = files.events(progress)
    side = collect(files.label, events, files.n_events, files.collection, tiles=tiles, permuted=permuted)
    if not side.totals.digits.any():
        raise BadInput(
            f"{files.label}: {files.named} has no digit in {files.n_events} events of {files.collection}. "
            "Choose another collection or file"
        )
    return replace(side, files=tuple(str(path) for path in files.chain.paths), provenance=files.provenance)


def collect(
    label: str,
    events: Iterable[Event],
    n_events: int,
    collection: str = "",
    *,
    tiles: bool = True,
    permuted: bool = False,
) -> Side:
    """Return what the comparison needs of events, of which there are ``n_events``."""
    totals, units, vectors, fingerprints = Totals(), Units(), EventVectors(), Fingerprints()
    clusters = ClusterRows(math.ceil(CLUSTERS / n_events))
    pieces = Tiles(math.ceil(TILES / n_events)) if tiles else None
    changed = PermutedRows(math.ceil(CLUSTERS / n_events)) if permuted else None
    collectors: list[Collector] = [units, vectors, fingerprints, clusters]
    collectors += [one for one in (pieces, changed) if one is not None]
    for event in events:
        totals.add(event.digits)
        for collector in collectors:
            collector.add(event)
    return Side(label, (), collection, n_events, {}, totals, units, vectors, clusters, pieces, fingerprints, changed)


def check_alike(reference: Side, candidate: Side) -> None:
    """Raise BadInput for samples of other sensors or cut at other thresholds: their differences would say nothing."""
    for side, other in ((candidate, reference), (reference, candidate)):
        empty = side.totals.digits == 0
        missing = [sensor_name(index) for index in np.flatnonzero(empty & (other.totals.digits > 0)).tolist()]
        if missing:
            more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
            raise BadInput(
                f"{side.label}: {side.files[0]} has no digit in sensor {', '.join(missing[:4])}{more}, {other.label} "
                f"has ({int(empty.sum())} of {N_SENSORS} are empty there). Compare samples of the same sensors"
            )
    smallest = [int(np.flatnonzero(side.totals.charge_counts.any(axis=0))[0]) for side in (reference, candidate)]
    if smallest[0] == smallest[1]:
        return
    # A cut takes digits away; charges that are shifted, which is a fault to be found, leave their number as it is.
    low, high = (reference, candidate) if smallest[0] < smallest[1] else (candidate, reference)
    spectrum = low.totals.charge_counts.sum(axis=0)
    kept = float(spectrum[max(smallest) :].sum() / spectrum.sum())
    ratio = float(_digits_an_event(high) / _digits_an_event(low))
    if abs(ratio - kept) < abs(ratio - 1):
        raise BadInput(
            f"{candidate.label}: the smallest charge is {smallest[1]} ADU, that of the {reference.label} {smallest[0]} "
            f"ADU: two thresholds. Make both samples with one threshold"
        )


def _digits_an_event(side: Side) -> float:
    return float(side.totals.digits.sum() / side.n_events)


def _usual(collections: Sequence[str]) -> str:
    """Return the collection that is meant when none is named: the background, where the file has it."""
    for name in _USUAL:
        if name in collections:
            return name
    return collections[0] if len(collections) == 1 else _USUAL[-1]


def _check_different(paths: Sequence[Path]) -> None:
    known: set[Path] = set()
    for path in paths:
        if path.resolve() in known:
            raise FileError(f"{path}: is given twice, and its events would count as different ones. Name it once")
        known.add(path.resolve())


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number or 'no'} events"
