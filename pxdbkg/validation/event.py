"""One event as the observables see it: sorted digits and their clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.kernels.clustering import cluster_properties, label
from pxdbkg.kernels.overlay import sort_digits
from pxdbkg.seeding import event_key

SEED = "pxdbkg-validation"  # of every choice that the validator makes, so that it gives the same numbers again


@dataclass(frozen=True, eq=False)
class Event:
    """Digits of an event, and their clusters.

    Attributes
    ----------
    position : place in its sample, 0..
    ids : experiment, run and event
    digits : n digits, sorted, one entry a pixel
    labels : int32 (n,), cluster of each digit
    clusters : row k for label k
    """

    position: int
    ids: tuple[int, int, int]
    digits: Digits
    labels: NDArray[np.int32]
    clusters: Clusters

    def key(self, stream: str) -> bytes:
        """Return the key of the choices that a collector of this name makes in this event.

        It depends on the position and not on the number of the event, which two samples may share or not.
        """
        return event_key(SEED, stream, 0, 0, self.position)


class Collector(Protocol):
    """Takes the events of a sample, one after the other."""

    def add(self, event: Event) -> None:
        """Take one event."""


def clustered(position: int, ids: tuple[int, int, int], digits: Digits) -> Event:
    """Return an event with its clusters; digits in any order are sorted.

    >>> column = lambda *values: np.array(values, "u2")
    >>> digits = Digits(np.array([3, 3, 3], "u1"), column(5, 6, 9), column(7, 7, 7), column(20, 30, 40))
    >>> clustered(0, (0, 0, 1), digits).labels.tolist()
    [0, 0, 1]
    """
    if not digits.is_sorted():
        digits = sort_digits(digits)[0]
    labels, n_clusters = label(digits)
    clusters = cluster_properties(digits, labels, n_clusters, nominal().u_mm, nominal().v_mm)
    return Event(position, ids, digits, labels, clusters)
