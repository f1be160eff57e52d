"""What the validator finds: numbers with their floors and limits, and what they were made from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pxdbkg.detector.totals import Totals
from pxdbkg.validation.observables import Observable

if TYPE_CHECKING:
    from pxdbkg.validation.cluster_rows import ClusterRows, PermutedRows
    from pxdbkg.validation.event_features import EventVectors
    from pxdbkg.validation.fingerprints import Fingerprints
    from pxdbkg.validation.tiles import Tiles
    from pxdbkg.validation.track_study import TrackStudy
    from pxdbkg.validation.units import Units

GROUPS = {
    "occupancy": "Occupancy",
    "charge": "Charge",
    "profiles": "Profiles along u and v",
    "clusters": "Clusters",
    "regions": "Regions of the read-out",
    "pairs": "Pairs inside a sensor",
    "correlations": "Correlations between sensors",
    "coincidences": "Coincidences between layers and ladders",
    "classes": "Classes of background",
    "features": "Distances of feature sets",
    "classifiers": "Classifiers",
    "diversity": "Diversity",
    "memorisation": "Memorisation",
    "tracks": "Tracks",
}


@dataclass(frozen=True)
class Result:
    """One distance between two samples.

    Attributes
    ----------
    name : what is compared, and by which distance
    group : one of GROUPS
    value : the distance; the larger, the worse
    error : its standard error
    floor : what two samples of the reference give in the mean, at the same numbers of events
    limit : largest value that passes; NaN for a number that is told but not judged
    unit : of value, error, floor and limit; empty for a pure number
    detail : where the difference is largest, in a few words
    p_value : chance of a value as large when both samples come from one source; None where it is not known

    >>> Result("charge, Wasserstein-1", "charge", 0.5, 0.1, 0.05, 0.12, "ADU").passed
    False
    """

    name: str
    group: str
    value: float
    error: float
    floor: float
    limit: float
    unit: str = ""
    detail: str = ""
    p_value: float | None = None

    @property
    def ratio(self) -> float:
        """Return the value in units of the floor; NaN when there is no floor."""
        return self.value / self.floor if self.floor else math.nan

    @property
    def passed(self) -> bool | None:
        """Return whether the value is within the limit; None when it is not judged."""
        if math.isnan(self.limit):
            return None
        return bool(self.value <= self.limit)


@dataclass(frozen=True)
class Side:
    """One of the two samples, added up.

    Attributes
    ----------
    label : short name, as "reference"
    files : names of its files
    collection : of digits
    n_events : number of events that were read
    provenance : of its first file
    totals : digits by sensor and event
    units : observables of events, summed (validation/units.py)
    vectors : features of each event (validation/event_features.py)
    clusters : features of chosen clusters (validation/cluster_rows.py)
    tiles : chosen tiles of sensors (validation/tiles.py), None without classifiers
    fingerprints : digests of events, sensors and clusters (validation/fingerprints.py)
    permuted : features of clusters whose charges changed places (validation/cluster_rows.py), of the reference only
    """

    label: str
    files: tuple[str, ...]
    collection: str
    n_events: int
    provenance: dict[str, Any]
    totals: Totals
    units: Units
    vectors: EventVectors
    clusters: ClusterRows
    tiles: Tiles | None
    fingerprints: Fingerprints
    permuted: PermutedRows | None = None


@dataclass(frozen=True)
class Validation:
    """The comparison of two samples.

    Attributes
    ----------
    reference, candidate : the samples
    results : all distances, in the order of GROUPS
    published : numbers beside published ones; empty without them
    tracks : the study of tracks, None without
    options : how it was made, for the report
    """

    reference: Side
    candidate: Side
    results: tuple[Result, ...]
    published: tuple[Observable, ...] = ()
    tracks: TrackStudy | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Result, ...]:
        """Return the results beyond their limits."""
        return tuple(one for one in self.results if one.passed is False)

    @property
    def passed(self) -> bool:
        """Return whether every result that has a limit is within it."""
        return not self.failed
