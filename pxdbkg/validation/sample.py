"""What a sample of events adds up to: occupancy and charge, clusters by polar angle, rows of the sensors."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import N_SENSORS, N_V, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.detector.totals import Totals
from pxdbkg.kernels.clustering import cluster_properties, label

QUANTITIES = ("size", "u_size", "v_size")
FEWEST_CLUSTERS = 10
MOST_PIXELS = 255  # sizes above count as this
THETA_EDGES_DEG: NDArray[np.float64] = np.arange(10.0, 161.0, 5.0)
N_THETA = len(THETA_EDGES_DEG) - 1


class Sample:
    """Events added up; memory grows by 320 bytes an event, whatever its digits.

    Attributes
    ----------
    totals : digits and charge of the sensors
    row_counts : int64 (40, 768), digits by sensor and row
    cluster_counts : int64 (2, 3, N_THETA, 256), clusters by layer, size of a kind (``QUANTITIES``) in pixels, and polar
        angle of the cluster as seen from the interaction point (``THETA_EDGES_DEG``)
    """

    def __init__(self) -> None:
        self.totals = Totals()
        self.row_counts = np.zeros((N_SENSORS, N_V), np.int64)
        self.cluster_counts = np.zeros((2, len(QUANTITIES), N_THETA, MOST_PIXELS + 1), np.int64)

    def add(self, digits: Digits) -> None:
        """Add one event, its digits sorted, one entry a pixel; DigitError when they are not."""
        clusters = cluster_properties(digits, *label(digits), nominal().u_mm, nominal().v_mm)
        self.totals.add(digits)
        rows = digits.sensor.astype(np.int64) * N_V + digits.v
        self.row_counts += np.bincount(rows, minlength=N_SENSORS * N_V).reshape(N_SENSORS, N_V)
        self._add_clusters(clusters)

    def __add__(self, other: Sample) -> Sample:
        """Return the sum of two samples."""
        both = Sample()
        both.totals = self.totals + other.totals
        both.row_counts = self.row_counts + other.row_counts
        both.cluster_counts = self.cluster_counts + other.cluster_counts
        return both

    @property
    def row_occupancy(self) -> NDArray[np.float64]:
        """Return the mean share of fired pixels float64 (40, 768) of each row, 0..1."""
        return np.asarray(self.row_counts / (max(self.totals.n_events, 1) * 250))

    def cluster_means(self, quantity: str) -> NDArray[np.float64]:
        """Return the mean size float64 (2, N_THETA) by layer and polar angle; NaN below FEWEST_CLUSTERS clusters."""
        counts = self.cluster_counts[:, QUANTITIES.index(quantity)]
        n_clusters = counts.sum(axis=-1)
        total = counts @ np.arange(MOST_PIXELS + 1)
        return np.where(n_clusters >= FEWEST_CLUSTERS, total / np.maximum(n_clusters, 1), np.nan)

    def cluster_quantiles(self, quantity: str, share: float) -> NDArray[np.float64]:
        """Return the smallest size float64 (2, N_THETA) that at least this share (0..1) of clusters does not exceed."""
        cumulative = self.cluster_counts[:, QUANTITIES.index(quantity)].cumsum(axis=-1)
        n_clusters = cumulative[..., -1]
        size = (cumulative < share * n_clusters[..., None]).sum(axis=-1)
        return np.where(n_clusters >= FEWEST_CLUSTERS, size, np.nan)

    def cluster_mean(self, quantity: str, layer: int) -> float:
        """Return the mean size over all clusters of a layer (1, 2); 0 without a cluster."""
        counts = self.cluster_counts[layer - 1, QUANTITIES.index(quantity)].sum(axis=0)
        return float(counts @ np.arange(MOST_PIXELS + 1)) / max(int(counts.sum()), 1)

    def _add_clusters(self, clusters: Clusters) -> None:
        theta = polar_angle_deg(clusters.sensor, clusters.u_mm, clusters.v_mm)
        place = (np.digitize(theta, THETA_EDGES_DEG) - 1).clip(0, N_THETA - 1)
        layer = layer_of_sensor[clusters.sensor].astype(np.int64) - 1
        shape = self.cluster_counts.shape
        for number, quantity in enumerate(QUANTITIES):
            pixels = np.minimum(clusters[quantity], MOST_PIXELS)
            flat = (layer * N_THETA + place) * shape[3] + pixels
            counts = np.bincount(flat, minlength=shape[0] * shape[2] * shape[3])
            self.cluster_counts[:, number] += counts.reshape(shape[0], shape[2], shape[3])


def polar_angle_deg(
    sensor: NDArray[np.uint8], u_mm: NDArray[np.floating], v_mm: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the polar angle (n,) of local points (n,) as seen from the interaction point, degrees.

    >>> polar_angle_deg(np.array([0], "u1"), np.array([-2.65]), np.array([-36.8255])).round(6).tolist()
    [90.0]
    """
    geometry = nominal()
    across_mm = np.hypot(geometry.radius_mm[sensor], geometry.tangential_mm + u_mm)
    return np.asarray(np.degrees(np.arctan2(across_mm, geometry.z_centre_mm[sensor] + v_mm)))


@cache
def straight_rows(layer: int) -> NDArray[np.float64]:
    """Return how many rows (N_THETA,) a straight line from the interaction point meets.

    That is 1 + thickness |cot theta| / pitch, the mean over where in a row the line begins; NaN where the layer has no
    sensor.
    """
    geometry = nominal()
    rows = np.full((N_THETA, 2), np.nan)
    middle_deg = (THETA_EDGES_DEG[1:] + THETA_EDGES_DEG[:-1]) / 2
    for side, sensor in enumerate(np.flatnonzero(layer_of_sensor == layer)[:2].tolist()):
        edges_mm = geometry.z_centre_mm[sensor] + geometry.v_edges_mm(sensor)
        z_mm = geometry.radius_mm[sensor] / np.tan(np.radians(middle_deg))
        row = np.digitize(z_mm, edges_mm) - 1
        inside = (row >= 0) & (row < N_V)
        pitch_mm = geometry.v_pitch_um[sensor, row[inside]] / 1000
        rows[inside, side] = 1 + geometry.thickness_mm * np.abs(1 / np.tan(np.radians(middle_deg[inside]))) / pitch_mm
    return np.where(np.isnan(rows[:, 0]), rows[:, 1], rows[:, 0])
