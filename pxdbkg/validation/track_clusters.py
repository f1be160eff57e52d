"""Pixel clusters for tracks: where a track crosses the sensors of a layer, and the cluster nearest to it.

A track comes as its parameters on a cylinder in the gap outside the layer, with all material up to there in its
covariance. Between cylinder and sensors there is none, so the track is a helix, and its covariance on the sensor is
that on the cylinder times the derivatives of the crossing point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.geometry import nominal
from pxdbkg.validation.tracker import FIELD_T, GAP_RADIUS_MM, Planes, planes

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# chi2 of the two coordinates up to which a cluster may belong to a track. By Gaussian errors 5e-5 of the true ones are
# beyond; at low momenta, where strong scattering is not Gaussian, 0.5 %.
WINDOW = 20.0
MAX_ARC_MM = 40.0  # from the cylinder to a sensor
MARGIN_SIGMA = 3.0  # a track may pass so far beyond the edge of a sensor
U_CLASSES, V_CLASSES = 4, 6  # cluster sizes along u and v whose errors are told apart; the last is for all above, too
_STEPS = np.array([1e-3, 1e-3, 1e-5, 1e-5, 1e-5])  # of the derivatives: mm, mm, rad, rad, 1/GeV


@dataclass(frozen=True, eq=False)
class Crossings:
    """Where tracks cross sensors of a layer.

    Attributes
    ----------
    track : int64 (n,), row of the tracks given
    sensor : int64 (n,), 0..39
    place_mm : float64 (n, 2), u and v
    covariance : float64 (n, 2, 2), mm^2
    """

    track: Integers
    sensor: Integers
    place_mm: Floats
    covariance: Floats


@dataclass(frozen=True, eq=False)
class ClusterErrors:
    """Offset and error of cluster positions by size.

    Attributes
    ----------
    u_offset_mm, u_sigma_mm : float64 (U_CLASSES,), for 1, 2, ... columns
    v_offset, v_sigma : float64 (V_CLASSES,), for 1, 2, ... rows, in units of the pitch of the row
    """

    u_offset_mm: Floats
    u_sigma_mm: Floats
    v_offset: Floats
    v_sigma: Floats

    def measured(self, clusters: Clusters) -> tuple[Floats, Floats]:
        """Return the positions (n, 2), mm, of clusters and their variances (n, 2), mm^2."""
        in_u, in_v, pitch = _classes(clusters)
        place = np.stack([clusters.u_mm - self.u_offset_mm[in_u], clusters.v_mm - self.v_offset[in_v] * pitch], axis=1)
        return place, np.stack([self.u_sigma_mm[in_u], self.v_sigma[in_v] * pitch], axis=1) ** 2


def _classes(clusters: Clusters) -> tuple[Integers, Integers, Floats]:
    """Return the classes of clusters along u and v, and the pitch of their first rows, mm."""
    in_u = np.minimum(clusters.u_size.astype(np.int64), U_CLASSES) - 1
    in_v = np.minimum(clusters.v_size.astype(np.int64), V_CLASSES) - 1
    return in_u, in_v, nominal().v_pitch_um[clusters.sensor, clusters.v_start] / 1000


def calibrate(clusters: Clusters, true_mm: Floats) -> ClusterErrors:
    """Return the errors that clusters of known tracks show.

    Parameters
    ----------
    clusters : n clusters
    true_mm : float64 (n, 2), where the track of each crosses the middle of the silicon, mm

    Offset and width of a class are mean and root mean square after what lies beyond four times the width is left out.
    A class with fewer than 20 clusters has no offset and the width of a uniform law over its pitch times its size.
    """
    in_u, in_v, pitch = _classes(clusters)
    off_u, off_v = clusters.u_mm - true_mm[:, 0], (clusters.v_mm - true_mm[:, 1]) / pitch
    cell = nominal().u_pitch_um / 1000
    u = [_mean_and_width(off_u[in_u == k], (k + 1) * cell) for k in range(U_CLASSES)]
    v = [_mean_and_width(off_v[in_v == k], k + 1.0) for k in range(V_CLASSES)]
    return ClusterErrors(*(np.array(part) for rows in (u, v) for part in zip(*rows, strict=True)))


def _mean_and_width(values: Floats, span: float) -> tuple[float, float]:
    if len(values) < 20:
        return 0.0, span / np.sqrt(12)
    middle, width = float(np.median(values)), float(np.std(values))
    for _ in range(5):
        kept = values[np.abs(values - middle) <= 4 * width]
        middle, width = float(kept.mean()), float(kept.std())
    return middle, max(width, 1e-3 * span)


def _cross(start: Floats, where: Planes, sensor: Integers, radius: float) -> tuple[Floats, Floats]:
    """Return u, v (n, 2) where helices (n, 5) from a cylinder cross planes, and the arc lengths (n,) to there."""
    angle, z, phi, theta = start[:, 0] / radius, start[:, 1], start[:, 2], start[:, 3]
    bend = -0.299792458e-3 * FIELD_T * start[:, 4] / np.sin(theta)  # turn per length in the plane across the field
    centre, along, normal = where.axes(sensor)
    x0, y0 = radius * np.cos(angle), radius * np.sin(angle)
    arc = np.zeros(len(start))
    for _ in range(6):  # Newton; the distance is a few mm, the radius of the helix at least 100 mm
        half = bend * arc / 2
        chord = arc * np.sinc(half / np.pi)
        x, y = x0 + chord * np.cos(phi + half), y0 + chord * np.sin(phi + half)
        away = (x - centre[:, 0]) * normal[:, 0] + (y - centre[:, 1]) * normal[:, 1]
        speed = np.cos(phi + 2 * half) * normal[:, 0] + np.sin(phi + 2 * half) * normal[:, 1]
        speed = np.where(np.abs(speed) < 0.05, 0.05, speed)
        arc = np.clip(arc - away / speed, -MAX_ARC_MM, MAX_ARC_MM)
    u = (x - centre[:, 0]) * along[:, 0] + (y - centre[:, 1]) * along[:, 1]
    v = z + arc / np.tan(theta) - centre[:, 2]
    return np.stack([u, v], axis=1), np.where(np.abs(away) < 1e-6, arc, np.inf)


def crossings(parameters: Floats, covariance: Floats, layer: int) -> Crossings:
    """Return the crossings of tracks with the pixel sensors of a layer, inwards from the cylinder outside it.

    Parameters
    ----------
    parameters : float64 (n, 5), r phi, z, mm; phi, theta, rad; charge over momentum, 1/GeV, on that cylinder
    covariance : float64 (n, 5, 5)
    layer : 1 or 2

    Crossings up to three standard deviations beyond the edge of a sensor count.
    """
    where, radius = planes(), GAP_RADIUS_MM[layer]
    (sensors,) = np.nonzero(where.layer == layer)
    track, sensor = (part.ravel() for part in np.meshgrid(np.arange(len(parameters)), sensors, indexing="ij"))
    # Sensors on the far side, and those whose end is far away along z, cannot be met.
    turned = np.cos(parameters[track, 0] / radius - where.phi_rad[sensor])
    near = (turned > 0.5) & (np.abs(parameters[track, 1] - where.z_mm[sensor]) < where.half_v_mm[sensor] + MAX_ARC_MM)
    track, sensor = track[near], sensor[near]
    place, arc = _cross(parameters[track], where, sensor, radius)
    half = np.stack([where.half_u_mm[sensor], where.half_v_mm[sensor]], axis=1)
    near = (arc < 0) & np.all(np.abs(place) < half + MAX_ARC_MM / 4, axis=1)
    track, sensor, place, half = track[near], sensor[near], place[near], half[near]
    start = parameters[track]
    slopes = np.empty((len(track), 2, 5))
    for number, step in enumerate(_STEPS):
        shift = np.zeros(5)
        shift[number] = step
        ahead, behind = (_cross(start + sign * shift, where, sensor, radius)[0] for sign in (1, -1))
        slopes[:, :, number] = (ahead - behind) / (2 * step)
    spread = np.einsum("nij,njk,nlk->nil", slopes, covariance[track], slopes)
    margin = MARGIN_SIGMA * np.sqrt(np.diagonal(spread, axis1=1, axis2=2))
    inside = np.all(np.abs(place) < half + margin, axis=1)
    return Crossings(track[inside], sensor[inside], place[inside], spread[inside])


def nearest(
    crossed: Crossings, n_tracks: int, sensor: NDArray[np.uint8], place_mm: Floats, variance: Floats
) -> tuple[Integers, Floats]:
    """Return the cluster (n_tracks,) with the least chi2 for each track, -1 where none is in the window, and the chi2.

    Parameters
    ----------
    crossed : of these tracks
    n_tracks : number of tracks
    sensor : uint8 (c,), of the clusters, not falling
    place_mm, variance : float64 (c, 2), of the clusters, mm and mm^2

    The chi2 is that of the two coordinates with the sum of both covariances; up to WINDOW counts. Of all sensors of the
    layer a track takes one cluster.
    """
    low, high = (np.searchsorted(sensor, crossed.sensor, side=side) for side in ("left", "right"))
    number = high - low
    row = np.repeat(np.arange(len(low)), number)
    cluster = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number) + low[row]
    along = place_mm[cluster, 1] - crossed.place_mm[row, 1]
    reach = WINDOW * (crossed.covariance[row, 1, 1] + variance[cluster, 1])
    near = along * along <= reach  # no chi2 is less than that of one coordinate
    row, cluster = row[near], cluster[near]
    across, along = (place_mm[cluster] - crossed.place_mm[row]).T
    uu, vv = (crossed.covariance[row, k, k] + variance[cluster, k] for k in (0, 1))
    uv = crossed.covariance[row, 0, 1]
    chi2 = (across * across * vv - 2 * across * along * uv + along * along * uu) / (uu * vv - uv * uv)
    (good,) = np.nonzero(chi2 <= WINDOW)
    order = good[np.argsort(chi2[good], kind="stable")[::-1]]
    best, least = np.full(n_tracks, -1, np.int64), np.full(n_tracks, np.inf)
    best[crossed.track[row[order]]] = cluster[order]  # the last one written is the nearest
    least[crossed.track[row[order]]] = chi2[order]
    return best, least
