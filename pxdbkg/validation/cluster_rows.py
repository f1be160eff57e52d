"""Features of chosen clusters, one row each, for classifiers that look at clusters alone."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.ids import ladder_of_sensor, layer_of_sensor, side_of_sensor
from pxdbkg.kernels import random
from pxdbkg.kernels.cluster_shapes import cluster_shapes
from pxdbkg.validation.draws import choose
from pxdbkg.validation.event import Event, clustered

CLUSTER_FEATURES_VERSION = 1
_FROM_CLUSTER = ("charge", "seed_charge", "size", "u_size", "v_size", "u_start", "v_start")
_FROM_SHAPE = (
    "shape_class",
    "min_charge",
    "second_charge",
    "charge_rms_adu",
    "u_rms",
    "v_rms",
    "uv_correlation",
    "end_charge_share",
    "seed_offset",
)
CLUSTER_FEATURES: tuple[str, ...] = ("layer", "ladder", "side", *_FROM_CLUSTER, *_FROM_SHAPE)


class ClusterRows:
    """Chosen clusters of a sample, any of an event as likely.

    Parameters
    ----------
    per_event : clusters of each event, all where it has fewer

    Attributes
    ----------
    rows : float32 (n, f), the CLUSTER_FEATURES
    event : int32 (n,)
    """

    def __init__(self, per_event: int) -> None:
        self.per_event = per_event
        self._rows: list[NDArray[np.float32]] = []

    def add(self, event: Event) -> None:
        """Take one event."""
        chosen = choose(event.key("ClusterRows"), len(event.clusters), self.per_event)
        clusters = event.clusters.select(chosen)
        number = np.full(len(event.clusters), -1, np.int32)
        number[chosen] = np.arange(len(chosen), dtype=np.int32)
        labels = number[event.labels]
        inside = labels >= 0
        shapes = cluster_shapes(event.digits.select(inside), labels[inside], len(chosen))
        columns = [table[clusters.sensor] for table in (layer_of_sensor, ladder_of_sensor, side_of_sensor)]
        columns += [clusters[name] for name in _FROM_CLUSTER] + [shapes[name] for name in _FROM_SHAPE]
        self._rows.append(np.stack([column.astype(np.float32) for column in columns], axis=1))
        for name in ("rows", "event"):
            self.__dict__.pop(name, None)

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        return np.concatenate([np.zeros((0, len(CLUSTER_FEATURES)), np.float32), *self._rows])

    @cached_property
    def event(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(len(self._rows), dtype=np.int32), [len(one) for one in self._rows])


class PermutedRows(ClusterRows):
    """Rows of a half of the events, with all charges of a sensor changing places: a fault of a known size.

    Numbers of pixels, shapes and spectra of charges stay; only which charges meet in a cluster is lost.
    """

    def add(self, event: Event) -> None:
        """Take one event; of those that ``is_kept`` says, the clusters."""
        if is_kept(event.position):
            super().add(permuted(event))
        else:
            self._rows.append(np.zeros((0, len(CLUSTER_FEATURES)), np.float32))


def is_kept(position: int | NDArray[np.int32]) -> bool | NDArray[np.bool_]:
    """Return which events PermutedRows takes: every second pair of neighbours, of even and of odd position."""
    return position // 2 % 2 == 1


def permuted(event: Event) -> Event:
    """Return an event in which the charges of each sensor have changed places."""
    digits = event.digits
    lots = random.uniform(event.key("permuted"), 0, 0, len(digits))[0]
    order = np.lexsort((lots, digits.sensor))
    return clustered(event.position, event.ids, Digits(digits.sensor, digits.u, digits.v, digits.charge[order]))
