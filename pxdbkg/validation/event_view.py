"""One event made ready to be shown: which digits are signal, and where the clusters are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.validation.event import Event, clustered

BACKGROUND, SIGNAL, BOTH = range(3)
KIND_NAMES = ("background", "signal", "signal on background")


@dataclass(frozen=True)
class EventView:
    """An event, and where its digits come from.

    Attributes
    ----------
    event : digits and clusters
    kind : uint8 (n,), BACKGROUND, SIGNAL, or BOTH for a pixel that background had fired before signal was added; None
        when nothing is known
    """

    event: Event
    kind: NDArray[np.uint8] | None

    @property
    def digits(self) -> Digits:
        """Return the digits, sorted."""
        return self.event.digits

    @property
    def clusters(self) -> Clusters:
        """Return the clusters."""
        return self.event.clusters

    @property
    def has_signal(self) -> NDArray[np.bool_]:
        """Return whether each digit (n,) has signal; nowhere when nothing is known."""
        return np.zeros(len(self.digits), bool) if self.kind is None else self.kind != BACKGROUND

    @property
    def cluster_has_signal(self) -> NDArray[np.bool_]:
        """Return whether each cluster has a digit with signal."""
        found = np.zeros(len(self.clusters), bool)
        found[self.event.labels[self.has_signal]] = True
        return found

    @property
    def cluster_counts(self) -> NDArray[np.int64]:
        """Return the number of clusters (40, 2) of each sensor: without signal, with signal."""
        counts = np.zeros((N_SENSORS, 2), np.int64)
        np.add.at(counts, (self.clusters.sensor, self.cluster_has_signal.astype(np.int64)), 1)
        return counts

    def title(self) -> str:
        """Return the line that names the event."""
        experiment, run, event = self.event.ids
        line = f"experiment {experiment}, run {run}, event {event}: {len(self.digits):,} digits"
        if self.kind is not None:
            line += f", {int(self.has_signal.sum()):,} with signal"
        return f"{line}, {len(self.clusters):,} clusters"


def event_view(ids: tuple[int, int, int], digits: Digits, background: Digits | None) -> EventView:
    """Return an event ready to be shown.

    Parameters
    ----------
    ids : experiment, run and event
    digits : all digits of the event, in any order
    background : those of them, in any order, that were there before signal was added; None when it is not known

    >>> column = lambda *values: np.array(values, "u2")
    >>> noise = Digits(np.array([0, 0], "u1"), column(5, 7), column(6, 6), column(9, 9))
    >>> both = Digits(np.array([0, 0, 0], "u1"), column(5, 6, 7), column(6, 6, 6), column(9, 30, 20))
    >>> event_view((0, 0, 1), both, noise).kind.tolist()
    [0, 1, 2]
    """
    event = clustered(0, ids, digits)
    if background is None:
        return EventView(event, None)
    known = background.channel()
    order = np.argsort(known, kind="stable")
    channel = event.digits.channel()
    place = np.searchsorted(known, channel, sorter=order).clip(max=len(known) - 1)
    kind = np.full(len(channel), SIGNAL, np.uint8)
    if len(known):
        before = order[place]
        fired = known[before] == channel
        unchanged = background.charge[before] == event.digits.charge
        kind[fired] = np.where(unchanged[fired], BACKGROUND, BOTH)
    return EventView(event, kind)
