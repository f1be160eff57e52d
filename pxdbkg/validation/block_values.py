"""The blocks of one event."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.kernels.cluster_shapes import ClusterShapes, cluster_shapes
from pxdbkg.kernels.column_histograms import column_histograms
from pxdbkg.kernels.digit_counts import DigitCounts, digit_counts, neighbour_charges
from pxdbkg.kernels.pairs import coincidences, pair_distances
from pxdbkg.validation import blocks as define
from pxdbkg.validation.blocks import BLOCKS, COUNT_OFFSET, GROUP_OF_SENSOR, Axis
from pxdbkg.validation.event import Event
from pxdbkg.validation.sliced import projections
from pxdbkg.validation.tile_pairs import tile_products

# Energy of a cluster: 130 nA/ADU over 0.6 nA/e and 3.65 eV a pair, gain 1 (basf2 digitizer, PXDHitRateCounter).
KEV_PER_ADU = 216.67 * 3.65e-3
SOFT_KEV, HARD_KEV = 6.0, 10.0
LAYER_SIZE = 5  # pixels of a cluster that takes part in coincidences of layers; those of all would take 15 ms
EDGE_MM = 5.0  # |u| from which a cluster may lie where two ladders overlap
RADIUS_MM = (13.985, 22.015)  # of the layers, for differences along r phi

_TWO_PI = 2.0 * np.pi
_INNER_COT = (1.0 / np.tan(np.deg2rad(define.THETA.edges[1:-1]))).tolist()
_LAYER_OF_SENSOR = layer_of_sensor.astype(np.int64) - 1
_U_STARTS = np.asarray(define.U_EDGES[:-1], np.int64)
_V_STARTS = np.asarray(define.V_EDGES[:-1], np.int64)
_ADU_STARTS = np.asarray(define.COARSE_ADU.edges[:-1], np.int64)
_POWERS = np.stack([np.arange(256), np.arange(256) ** 2], axis=1)
_ORDER_CLASS = (np.searchsorted(define.ORDER_EDGES, np.arange(256), side="right") - 1).astype(np.uint8)
_UPPER = np.triu_indices(N_SENSORS)
_GROUPS = np.eye(4, dtype=np.int64)[GROUP_OF_SENSOR].T  # (4, 40)
_TABLE_SIZE = 8192


class Places(NamedTuple):
    """Where n clusters are, seen from the interaction point.

    Attributes
    ----------
    layer : int64 (n,), 0 or 1
    z_mm, r_mm : float64 (n,), along the beam and away from it
    cot : float64 (n,), cotangent of the polar angle
    """

    layer: NDArray[np.int64]
    z_mm: NDArray[np.float64]
    r_mm: NDArray[np.float64]
    cot: NDArray[np.float64]


def event_blocks(event: Event) -> dict[str, NDArray[Any]]:
    """Return every block of an event, in the shapes of ``BLOCKS``. The blocks of the last event are kept for others."""
    return _event_blocks(event)


@lru_cache(maxsize=1)
def event_shapes(event: Event) -> ClusterShapes:
    """Return the shapes of the clusters of an event. Those of the last event are kept for others."""
    return cluster_shapes(event.digits, event.labels, len(event.clusters))


@lru_cache(maxsize=1)
def _event_blocks(event: Event) -> dict[str, NDArray[Any]]:
    clusters, shapes = event.clusters, event_shapes(event)
    counts = digit_counts(event.digits)
    places = cluster_places(clusters)
    values = {
        **_digit_blocks(counts),
        **_cluster_blocks(clusters, shapes, places),
        "charge_order": neighbour_charges(event.digits, _ORDER_CLASS, len(define.ORDER_ADU)),
        **_pair_blocks(clusters, places, counts.tile),
        "sliced": column_histograms(projections(clusters, shapes), *_range(define.PROJECTION)),
    }
    return {name: values[name] for name in BLOCKS}


def cluster_places(clusters: Clusters) -> Places:
    """Return where clusters are, in the nominal geometry."""
    geometry, sensor = nominal(), clusters.sensor
    r_mm = np.hypot(geometry.radius_mm[sensor], clusters.u_mm + geometry.tangential_mm)
    z_mm = clusters.v_mm + geometry.z_centre_mm[sensor]
    return Places(_LAYER_OF_SENSOR[sensor], z_mm, r_mm, z_mm / r_mm)


def azimuth(clusters: Clusters, index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return phi of some clusters, rad, not reduced to one turn."""
    geometry, sensor = nominal(), clusters.sensor[index]
    tangential = clusters.u_mm[index] + geometry.tangential_mm
    return np.asarray(geometry.phi_rad[sensor] + np.arctan(tangential / geometry.radius_mm[sensor]))


def _digit_blocks(counts: DigitCounts) -> dict[str, NDArray[Any]]:
    digits = counts.charge.sum(axis=1)
    off = digits - COUNT_OFFSET
    return {
        "counts": digits,
        "count_products": off[_UPPER[0]] * off[_UPPER[1]],
        "charge": _GROUPS @ counts.charge,
        "charge_moments": counts.charge @ _POWERS,
        "charge_sensor": np.add.reduceat(counts.charge, _ADU_STARTS, axis=1),
        "u_profile": np.add.reduceat(counts.u, _U_STARTS, axis=1),
        "v_profile": np.add.reduceat(counts.v, _V_STARTS, axis=1),
        "regions": counts.region,
        "region_squares": counts.region**2,
        "tile_counts": counts.tile,
    }


def _cluster_blocks(clusters: Clusters, shapes: ClusterShapes, places: Places) -> dict[str, NDArray[Any]]:
    group = GROUP_OF_SENSOR[clusters.sensor]
    theta = np.zeros(len(clusters), np.int8)
    for cot in _INNER_COT:  # a comparison for each of 13 borders takes a fifth of the time of a search
        theta += (places.cot <= cot).view(np.int8)
    long = _binned(define.LONG, clusters.v_size)
    return {
        "cluster_counts": np.bincount(clusters.sensor, minlength=N_SENSORS),
        "size": _histogram("size", group, _binned(define.SIZE, clusters.size)),
        "u_size": _histogram("u_size", group, _binned(define.U_SIZE, clusters.u_size)),
        "v_size": _histogram("v_size", group, _binned(define.V_SIZE, clusters.v_size)),
        "cluster_charge": _histogram("cluster_charge", group, _binned(define.CLUSTER_ADU, clusters.charge)),
        "seed_charge": _histogram("seed_charge", group, _binned(define.SEED_ADU, clusters.seed_charge)),
        "shape": _histogram("shape", group, shapes.shape_class),
        "background_class": _histogram("background_class", clusters.sensor, background_class(clusters)),
        "large_by_theta": _histogram("large_by_theta", places.layer, theta * np.int8(define.LONG.bins) + long),
    }


def background_class(clusters: Clusters) -> NDArray[np.int64]:
    """Return the class of each cluster, 0 soft photon, 1 hard photon, 2 charged, 3 other.

    As basf2's PXDHitRateCounter: one pixel of 6 to 10 keV, one pixel above 10 keV, more pixels above 10 keV; the rest
    is other.
    """
    energy_kev = clusters.charge * KEV_PER_ADU
    single = clusters.size == 1
    hard = energy_kev > HARD_KEV
    return np.where(hard, np.where(single, 1, 2), np.where(single & (energy_kev >= SOFT_KEV), 0, 3))


def _pair_blocks(clusters: Clusters, places: Places, tiles: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    distances = pair_distances(
        clusters.sensor, clusters.u_mm, clusters.v_mm, np.asarray(define.DISTANCE.edges, np.float64)
    )
    between, within = tile_products(tiles.ravel())
    return {
        "pair_distance": _GROUPS @ distances,
        "tile_products": between,
        "tile_products_within": within,
        "layer_coincidences": _layer_coincidences(clusters, places),
        "overlap_coincidences": _overlap_coincidences(clusters, places),
    }


def _layer_coincidences(clusters: Clusters, places: Places) -> NDArray[np.int64]:
    """Count pairs along a straight line from the interaction point: same phi, same cot theta."""
    large = np.flatnonzero(clusters.size >= LAYER_SIZE)
    is_outer = places.layer[large] == 1
    inner, outer = large[~is_outer], large[is_outer]
    return coincidences(
        azimuth(clusters, inner),
        places.cot[inner],
        azimuth(clusters, outer),
        places.cot[outer],
        np.asarray(define.LAYER_PHI.edges, np.float64),
        np.asarray(define.LAYER_COT.edges, np.float64),
        _TWO_PI,
    )


def _overlap_coincidences(clusters: Clusters, places: Places) -> NDArray[np.int64]:
    """Count pairs of clusters, one near the high-u edge of a ladder, one near the low-u edge of another.

    The ladders of a layer overlap there like the blades of a windmill; those further on are out of range in phi. z is
    taken along a straight line from the interaction point to the radius of the layer.
    """
    counts = np.zeros(BLOCKS["overlap_coincidences"].shape, np.int64)
    edge = np.flatnonzero(np.abs(clusters.u_mm) > EDGE_MM)
    radius = np.asarray(RADIUS_MM)[places.layer[edge]]
    r_phi, z = azimuth(clusters, edge) * radius, places.cot[edge] * radius
    is_high, is_outer = clusters.u_mm[edge] > 0, places.layer[edge] == 1
    for layer, own in enumerate((~is_outer, is_outer)):
        high, low = own & is_high, own & ~is_high
        counts[layer] = coincidences(
            r_phi[high],
            z[high],
            r_phi[low],
            z[low],
            np.asarray(define.OVERLAP_RPHI.edges, np.float64),
            np.asarray(define.OVERLAP_Z.edges, np.float64),
            _TWO_PI * RADIUS_MM[layer],
        )
    return counts


def _histogram(name: str, row: NDArray[Any], column: NDArray[Any]) -> NDArray[np.int64]:
    """Return how often each (row, column) of a block occurs, in the shape of the block."""
    shape = BLOCKS[name].shape
    columns = BLOCKS[name].size // shape[0]
    counts = np.bincount(row.astype(np.int64) * columns + column, minlength=BLOCKS[name].size)
    return np.asarray(counts.reshape(shape))


@lru_cache
def _bin_table(axis: Axis) -> NDArray[np.int64]:
    return axis.index(np.arange(_TABLE_SIZE))


def _binned(axis: Axis, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the bins of whole numbers >= 0 from a table; bins of numbers beyond it start inside the table."""
    return np.asarray(_bin_table(axis)[np.minimum(values, _TABLE_SIZE - 1)])


def _range(axis: Axis) -> tuple[float, float, int]:
    return axis.edges[0], axis.edges[-1], axis.bins
