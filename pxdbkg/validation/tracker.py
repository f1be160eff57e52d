"""A simplified vertex detector: planes of the pixel detector and of four strip layers, as arrays.

The pixel planes are those of ``pxdbkg.detector.geometry``. The strip layers have the radii of Belle II's SVD, but 8,
10, 12 and 16 flat ladders without slanted sensors (the real first one has 7 ladders), because ACTS wants layers that
are symmetric about the beam axis. They measure tracks outside the pixels; every sample sees the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor

Floats = NDArray[np.float64]

FIELD_T = 1.5
PIPE_RADIUS_MM = 11.0
PIPE_X0 = 0.008
PIXEL_X0 = 0.002  # of a layer at right angles, support included
STRIP_X0 = 0.0064
THETA_DEG = (17.0, 150.0)  # acceptance
# Cylinders in the gaps, from which tracks are followed to the planes of layers 1 and 2 without any material.
GAP_RADIUS_MM = {1: 19.0, 2: 26.0}
_STRIP_RADIUS_MM = (39.0, 80.0, 104.0, 135.0)
_STRIP_LADDERS = (8, 10, 12, 16)
# Resolutions along r-phi and z, mm: strip pitches of 50 um and 160 um in the first layer, 75 um and 240 um outside.
_STRIP_SIGMA_MM = ((0.009, 0.025), (0.012, 0.035), (0.012, 0.035), (0.012, 0.035))


@dataclass(frozen=True, eq=False)
class Planes:
    """Measuring planes; the first 40 are the pixel sensors, in the order of their indices.

    Attributes
    ----------
    layer : int64 (n,), 1 and 2 pixels, 3 to 6 strips
    radius_mm, phi_rad, tangential_mm, z_mm : float64 (n,), place of the centre, as in ``Geometry``
    half_u_mm, half_v_mm : float64 (n,), half the size
    sigma_u_mm, sigma_v_mm : float64 (n,), resolution of a strip plane; 0 for pixels
    x0 : float64 (n,), thickness in radiation lengths
    """

    layer: NDArray[np.int64]
    radius_mm: Floats
    phi_rad: Floats
    tangential_mm: Floats
    z_mm: Floats
    half_u_mm: Floats
    half_v_mm: Floats
    sigma_u_mm: Floats
    sigma_v_mm: Floats
    x0: Floats

    def __len__(self) -> int:
        return len(self.layer)

    def axes(self, plane: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Return the centres (n, 3) and the unit vectors of u and of the normal (n, 3) of planes; v is along z."""
        cos, sin, zero = np.cos(self.phi_rad[plane]), np.sin(self.phi_rad[plane]), np.zeros(len(plane))
        along, normal = np.stack([-sin, cos, zero], axis=1), np.stack([cos, sin, zero], axis=1)
        centre = self.radius_mm[plane, None] * normal + self.tangential_mm[plane, None] * along
        centre[:, 2] = self.z_mm[plane]
        return centre, along, normal

    def to_local(self, plane: NDArray[np.int64], xyz_mm: Floats) -> tuple[Floats, Floats]:
        """Return u and v (n,), mm, of points (n, 3) near planes (n,)."""
        centre, along, _ = self.axes(plane)
        away = xyz_mm - centre
        return np.einsum("ij,ij->i", away, along), away[:, 2]


@lru_cache(maxsize=1)
def planes() -> Planes:
    """Return all planes of the detector.

    >>> len(planes()), planes().layer[[0, 39, 40]].tolist()
    (86, [1, 2, 3])
    """
    pixels = nominal()
    half_v = np.array([pixels.v_edges_mm(sensor)[-1] for sensor in range(N_SENSORS)])
    rows = []
    for s in range(N_SENSORS):
        place = (pixels.radius_mm[s], pixels.phi_rad[s], pixels.tangential_mm, pixels.z_centre_mm[s])
        rows.append((layer_of_sensor[s], *place, pixels.u_edges_mm()[-1], half_v[s], 0.0, 0.0, PIXEL_X0))
    low, high = (1 / np.tan(np.deg2rad(angle)) for angle in reversed(THETA_DEG))
    for number, (radius, ladders, sigma) in enumerate(
        zip(_STRIP_RADIUS_MM, _STRIP_LADDERS, _STRIP_SIGMA_MM, strict=True)
    ):
        edge = np.pi / ladders
        reach = radius / np.cos(edge)  # of the corners
        for ladder in range(ladders):
            place = (radius, 2 * edge * ladder, 0.0, reach * (high + low) / 2)
            rows.append((number + 3, *place, radius * np.tan(edge), reach * (high - low) / 2, *sigma, STRIP_X0))
    columns = [np.array(column, np.float64) for column in zip(*rows, strict=True)]
    return Planes(columns[0].astype(np.int64), *columns[1:])
