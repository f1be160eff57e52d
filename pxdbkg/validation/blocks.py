"""The observables of an event as arrays: their names, axes and bins.

A block is a vector of an event that can be summed over events; every observable of a sample is a function of the mean
vectors. What the numbers mean is fixed: a change of a block raises ``BLOCKS_VERSION``.

The first and the last bin of an axis with edges also hold what lies beyond, unless the axis says ``closed``.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.ids import layer_of_sensor, sensor_name, side_of_sensor
from pxdbkg.kernels.cluster_shapes import SHAPE_CLASSES

BLOCKS_VERSION = 1

# Counts of digits are multiplied after this is taken off: 0.9 % of the pixels, near the mean of Belle II's background,
# so that a covariance is not the small difference of large numbers.
COUNT_OFFSET = 1728.0


@dataclass(frozen=True)
class Axis:
    """One axis of a block, in bins or in categories.

    Attributes
    ----------
    name, unit : what it shows; the unit is empty for numbers and categories
    edges : borders of the bins, rising; a value belongs to the bin whose lower border it reaches
    categories : names, for an axis without edges
    closed : values beyond the edges are left out; else the outermost bins hold them
    """

    name: str
    unit: str = ""
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    closed: bool = False

    @cached_property
    def bins(self) -> int:
        """Return the number of bins or categories."""
        return len(self.categories) or len(self.edges) - 1

    def index(self, values: ArrayLike) -> NDArray[np.int64]:
        """Return the bin of each value; for axes with edges that are not closed.

        >>> Axis("size", edges=(1, 2, 4)).index([1, 2, 3, 99]).tolist()
        [0, 1, 1, 1]
        """
        bins = np.searchsorted(np.asarray(self.edges), np.asarray(values), side="right") - 1
        return np.asarray(np.clip(bins, 0, self.bins - 1), np.int64)


@dataclass(frozen=True)
class Block:
    """One observable of an event.

    Attributes
    ----------
    name : in ``BLOCKS``
    title : what it is, for people
    axes : of its values
    """

    name: str
    title: str
    axes: tuple[Axis, ...]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Return the number of bins of each axis."""
        return tuple(axis.bins for axis in self.axes)

    @cached_property
    def size(self) -> int:
        """Return the number of values."""
        return math.prod(self.shape)


def _integers(start: int, singles: int, further: tuple[int, ...]) -> tuple[float, ...]:
    """Return borders start, start + 1, ... of `singles` bins of one, then the further ones."""
    return tuple(float(value) for value in (*range(start, start + singles + 1), *further))


def _rising(first: tuple[int, ...], factor: float, bins: int) -> tuple[float, ...]:
    """Return whole borders that grow by a factor, at least by one."""
    edges = list(first)
    while len(edges) <= bins:
        edges.append(max(edges[-1] + 1, round(edges[-1] * factor)))
    return tuple(float(edge) for edge in edges)


GROUP_OF_SENSOR: NDArray[np.int64] = 2 * (layer_of_sensor.astype(np.int64) - 1) + (side_of_sensor - 1)

SENSOR = Axis("sensor", categories=tuple(sensor_name(i) for i in range(N_SENSORS)))
GROUP = Axis(
    "layer and side", categories=("layer 1 forward", "layer 1 backward", "layer 2 forward", "layer 2 backward")
)
LAYER = Axis("layer", categories=("layer 1", "layer 2"))
ADU = Axis("charge", "ADU", tuple(float(adu) for adu in range(257)))
COARSE_ADU = Axis(
    "charge",
    "ADU",
    (0, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 23, 26, 30, 35, 40, 47, 55, 65, 80, 100, 125, 150, 180, 256),
)
ORDER_ADU = ("<9", "9-11", "12-15", "16-20", "21-27", "28-40", "41-70", ">70")
ORDER_EDGES = (0, 9, 12, 16, 21, 28, 41, 71, 256)  # of the same classes
U_EDGES = tuple(float(u) for u in range(0, N_U + 1, 10))
V_EDGES = tuple(float(v) for v in range(0, N_V + 1, 8))
SIZE = Axis(
    "pixels", edges=_integers(1, 16, (19, 21, 24, 27, 31, 36, 42, 50, 60, 75, 100, 150, 250, 500, 1000, 200000))
)
U_SIZE = Axis("columns", edges=_integers(1, 16, (19, 21, 24, 27, 31, 36, 42, 50, 60, 75, 90, 110, 140, 180, 220, 251)))
V_SIZE = Axis("rows", edges=_integers(1, 16, (19, 21, 24, 27, 31, 36, 42, 50, 60, 80, 110, 150, 220, 320, 500, 769)))
CLUSTER_ADU = Axis("cluster charge", "ADU", _rising((0, 8), 1.11, 64))
SEED_ADU = Axis("seed charge", "ADU", _rising((0, 8), 1.0526, 64))
SHAPE = Axis("pattern", categories=SHAPE_CLASSES)
BACKGROUND = Axis("class", categories=("soft photon", "hard photon", "charged", "other"))
DCD = Axis("DCD", categories=("1", "2", "3", "4"))
GATES = Axis("rows", categories=tuple(f"{128 * i}-{128 * i + 127}" for i in range(6)))
TILE_U = Axis("columns", categories=("0-124", "125-249"))
THETA = Axis("polar angle", "deg", tuple(float(angle) for angle in range(15, 156, 10)))
LONG = Axis("rows", edges=(1, 3, 6, 11, 769))
DISTANCE = Axis(
    "distance",
    "mm",
    (0, 0.12, 0.17, 0.22, 0.27, 0.32, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5),
    closed=True,
)
LAYERS = Axis("layers", categories=("1 and 1", "1 and 2", "2 and 2"))
TILE_PHI = Axis("difference in phi", "deg", (0, 15, 45, 90, 135, 181))
TILE_Z = Axis("difference in z", "mm", (0, 10, 25, 50, 150))
WITHIN_U = Axis("tiles along u", categories=("same", "other"))
WITHIN_V = Axis("tiles along v", categories=tuple(str(i) for i in range(6)))
LAYER_PHI = Axis("difference in phi", "rad", tuple(np.linspace(-0.2, 0.2, 9).round(3).tolist()), closed=True)
LAYER_COT = Axis("difference in cot theta", "", (-0.3, -0.15, -0.05, 0.05, 0.15, 0.3), closed=True)
OVERLAP_RPHI = Axis("difference in r phi", "mm", (-0.5, 0, 0.5, 1, 1.5), closed=True)
OVERLAP_Z = Axis("difference in z", "mm", (-5, -3, -2, -1, -0.5, 0.5, 1, 2, 3, 5), closed=True)
DIRECTION = Axis("direction", categories=tuple(str(i) for i in range(32)))
PROJECTION = Axis("projection", "", tuple(np.linspace(-4, 4, 65).tolist()))
STEP = Axis("neighbours", categories=("along u", "along v"))
PRODUCT = Axis(
    "sensors",
    categories=tuple(
        f"{sensor_name(i)} x {sensor_name(j)}" for i, j in itertools.combinations_with_replacement(range(N_SENSORS), 2)
    ),
)

BLOCKS: dict[str, Block] = {
    block.name: block
    for block in (
        Block("counts", "Digits by sensor", (SENSOR,)),
        Block("count_products", "Products of the digits of two sensors, each less COUNT_OFFSET", (PRODUCT,)),
        Block("charge", "Charge of digits", (GROUP, ADU)),
        Block(
            "charge_moments",
            "Sum of charges and of their squares (a charge above 255 ADU counts as 255)",
            (SENSOR, Axis("moment", categories=("charge", "charge squared"))),
        ),
        Block("charge_sensor", "Charge of digits by sensor", (SENSOR, COARSE_ADU)),
        Block("u_profile", "Digits along u", (SENSOR, Axis("u", "columns", U_EDGES))),
        Block("v_profile", "Digits along v", (SENSOR, Axis("v", "rows", V_EDGES))),
        Block("regions", "Digits by region of read-out", (SENSOR, DCD, GATES)),
        Block("region_squares", "Squares of the digits of a region", (SENSOR, DCD, GATES)),
        Block("cluster_counts", "Clusters by sensor", (SENSOR,)),
        Block("size", "Size of clusters", (GROUP, SIZE)),
        Block("u_size", "Extent of clusters along u", (GROUP, U_SIZE)),
        Block("v_size", "Extent of clusters along v", (GROUP, V_SIZE)),
        Block("cluster_charge", "Charge of clusters", (GROUP, CLUSTER_ADU)),
        Block("seed_charge", "Highest pixel of clusters", (GROUP, SEED_ADU)),
        Block("shape", "Patterns of clusters", (GROUP, SHAPE)),
        Block("background_class", "Clusters by class of background", (SENSOR, BACKGROUND)),
        Block("large_by_theta", "Clusters by length along v and polar angle", (LAYER, THETA, LONG)),
        Block("charge_order", "Charges of neighbouring pixels", (STEP, *(2 * (Axis("ADU", categories=ORDER_ADU),)))),
        Block("pair_distance", "Pairs of clusters of a sensor by distance", (GROUP, DISTANCE)),
        Block("tile_counts", "Digits by tile", (SENSOR, TILE_U, GATES)),
        Block("tile_products", "Products of digits of tiles on different sensors", (LAYERS, TILE_PHI, TILE_Z)),
        Block("tile_products_within", "Products of digits of tiles of a sensor", (LAYER, WITHIN_U, WITHIN_V)),
        Block("layer_coincidences", "Pairs of clusters, layer 2 less layer 1", (LAYER_PHI, LAYER_COT)),
        Block("overlap_coincidences", "Pairs of clusters, next ladder less ladder", (LAYER, OVERLAP_RPHI, OVERLAP_Z)),
        Block("sliced", "Features of clusters projected onto fixed directions", (DIRECTION, PROJECTION)),
    )
}


def count_covariance(counts: NDArray[Any], products: NDArray[Any]) -> NDArray[np.float64]:
    """Return the covariance (..., 40, 40) of the digits of two sensors from mean blocks, without Bessel's correction.

    Parameters
    ----------
    counts : (..., 40), mean of the block ``counts`` over events
    products : (..., 820), mean of the block ``count_products`` over the same events
    """
    off = np.asarray(counts, np.float64) - COUNT_OFFSET
    i, j = np.triu_indices(N_SENSORS)
    upper = np.asarray(products, np.float64) - off[..., i] * off[..., j]
    covariance = np.empty((*upper.shape[:-1], N_SENSORS, N_SENSORS))
    covariance[..., i, j] = upper
    covariance[..., j, i] = upper
    return covariance
