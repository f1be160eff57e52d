"""Where the sensors and their pixels are.

The numbers are those of basf2's nominal geometry (PXD.xml, PXD-Components.xml, PXD-Run1.xml), without alignment.

Local frame of every sensor: origin at the centre of its active area, u along rising phi, v along +z, w away from the
beam. With R the radius, s the tangential offset (the ladders overlap like the blades of a windmill) and z_c the centre
of a sensor, the global position is x = (R + w) cos phi - (s + u) sin phi, y = (R + w) sin phi + (s + u) cos phi,
z = z_c + v. Ladder n of layer 1 is at phi = (n - 1) 45 deg, of layer 2 at (n - 1) 30 deg.

The pixels have two lengths along v, and the small ones lie next to the joint in the middle of a ladder: rows 0..255 of
a forward sensor (1), rows 512..767 of a backward sensor (2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.ids import (
    LADDERS,
    ladder_of_sensor,
    layer_of_sensor,
    parse_sensors,
    sensor_name,
    side_of_sensor,
)
from pxdbkg.errors import ArrayTypeError, DigitError

# By layer: radius of the middle of the silicon and z of the centre of the active area, forward and backward, mm.
_RADIUS_MM = {1: 13.985, 2: 22.015}
_Z_CENTRE_MM = {1: (36.8255, -8.8255), 2: (50.1305, -12.1305)}
# Pitch along v of the 256 small and the 512 large rows, um.
_SMALL_V_UM = {1: 55, 2: 70}
_LARGE_V_UM = {1: 60, 2: 85}
_N_SMALL = 256
_U_PITCH_UM = 50.0
_TANGENTIAL_MM = 2.650
_THICKNESS_MM = 0.075

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Geometry:
    """Positions of the sensors that are installed; arrays over 40 hold the nominal values of the others as well.

    Attributes
    ----------
    sensors : uint8 (n,), sorted indices of the installed sensors
    radius_mm : float64 (40,), distance of the middle of the silicon from the beam axis
    phi_rad : float64 (40,), azimuth of the normal of the sensor
    z_centre_mm : float64 (40,), global z of the centre of the active area
    tangential_mm : offset of the centre of the active area along +u from the foot of the normal
    thickness_mm : of the silicon
    u_pitch_um : pitch of the 250 columns
    v_pitch_um : float64 (40, 768), length of each row along v
    u_mm : float64 (250,), local u of the centres of the columns
    v_mm : float64 (40, 768), local v of the centres of the rows
    v_edges : float64 (40, 769), local v of the borders of the rows, mm; see ``v_edges_mm``
    """

    sensors: NDArray[np.uint8]
    radius_mm: Floats
    phi_rad: Floats
    z_centre_mm: Floats
    tangential_mm: float
    thickness_mm: float
    u_pitch_um: float
    v_pitch_um: Floats
    u_mm: Floats
    v_mm: Floats
    v_edges: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def v_edges_mm(self, sensor: int) -> Floats:
        """Return the local v of the borders of the rows (769,), mm; raises DigitError for a sensor not installed."""
        edges: Floats = self.v_edges[int(self._installed(sensor))]
        return edges

    def u_edges_mm(self) -> Floats:
        """Return the local u of the borders of the columns (251,), mm."""
        return np.asarray((np.arange(N_U + 1) - N_U / 2) * (self.u_pitch_um / 1000))

    def to_global(self, sensor: ArrayLike, u_mm: ArrayLike, v_mm: ArrayLike, w_mm: ArrayLike = 0.0) -> Floats:
        """Return the global position (n, 3) of local points, mm.

        Parameters
        ----------
        sensor : indices 0..39, one or (n,)
        u_mm, v_mm, w_mm : local coordinates, one or (n,), mm; not limited to the active area

        Raises DigitError for a sensor that is not installed.

        >>> nominal().to_global(0, 0.0, 0.0).round(4).tolist()
        [[13.985, 2.65, 36.8255]]
        """
        index = self._installed(sensor)
        u, v, w = (np.asarray(part, np.float64) for part in (u_mm, v_mm, w_mm))
        radial, tangential = self.radius_mm[index] + w, self.tangential_mm + u
        cos, sin = np.cos(self.phi_rad[index]), np.sin(self.phi_rad[index])
        xyz = np.broadcast_arrays(
            radial * cos - tangential * sin, radial * sin + tangential * cos, self.z_centre_mm[index] + v
        )
        return np.atleast_2d(np.stack(xyz, axis=-1))

    def to_local(self, sensor: ArrayLike, xyz_mm: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return the local coordinates u, v, w (n,), mm, of global points (n, 3) in the frames of given sensors.

        Raises DigitError for a sensor that is not installed.
        """
        index = self._installed(sensor)
        x, y, z = np.moveaxis(np.atleast_2d(np.asarray(xyz_mm, np.float64)), -1, 0)
        cos, sin = np.cos(self.phi_rad[index]), np.sin(self.phi_rad[index])
        u = y * cos - x * sin - self.tangential_mm
        w = x * cos + y * sin - self.radius_mm[index]
        return u, z - self.z_centre_mm[index], w

    def cell(self, sensor: ArrayLike, u_mm: ArrayLike, v_mm: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the column and the row, int64, of local points, each -1 where the point is outside.

        Parameters
        ----------
        sensor : indices 0..39, one or (n,)
        u_mm, v_mm : local coordinates, one or (n,), mm; a border belongs to the pixel above it; NaN is outside

        Raises DigitError for a sensor that is not installed.

        >>> [int(i) for i in nominal().cell(0, 0.0, -22.4)]
        [125, 0]
        """
        index, u, v = np.broadcast_arrays(self._installed(sensor), u_mm, v_mm)
        u_edges = self.u_edges_mm()
        in_u = (u >= u_edges[0]) & (u < u_edges[-1])
        column = np.searchsorted(u_edges, np.where(in_u, u, u_edges[0]), side="right") - 1

        edges = self.v_edges
        in_v = (v >= edges[index, 0]) & (v < edges[index, -1])
        depth = np.where(in_v, v - edges[index, 0], 0.0)
        first_pitch, last_pitch = self.v_pitch_um[index, 0] / 1000, self.v_pitch_um[index, -1] / 1000
        n_first = np.where(side_of_sensor[index] == 1, _N_SMALL, N_V - _N_SMALL)
        beyond = depth - n_first * first_pitch
        guess = np.where(beyond < 0, depth / first_pitch, n_first + beyond / last_pitch)
        row = np.clip(guess.astype(np.int64), 0, N_V - 1)
        # The division may end up on the wrong side of a border by its rounding; the table of borders decides.
        row += (row < N_V - 1) & in_v & (v >= edges[index, row + 1])
        row -= (row > 0) & in_v & (v < edges[index, row])
        return np.where(in_u, column, -1), np.where(in_v, row, -1)

    def position(self, sensor: ArrayLike, iu: ArrayLike, iv: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local coordinates u, v of the centres of pixels, mm.

        Parameters
        ----------
        sensor : indices 0..39, one or (n,)
        iu, iv : columns 0..249 and rows 0..767, one or (n,)

        Raises DigitError for a pixel outside the sensor, or a sensor that is not installed.

        >>> [round(float(x), 4) for x in nominal().position(0, 0, 0)]
        [-6.225, -22.3725]
        """
        index, u, v = np.broadcast_arrays(self._installed(sensor), iu, iv)
        for name, number, size in (("column", u, N_U), ("row", v, N_V)):
            outside = (number < 0) | (number >= size)
            if np.any(outside):
                raise DigitError(f"Geometry.position: {number[outside].flat[0]} is not a {name} (0..{size - 1})")
        return self.u_mm[u], self.v_mm[index, v]

    def _installed(self, sensor: ArrayLike) -> NDArray[np.intp]:
        """Return the indices as an array of integers; raise DigitError if one is not installed."""
        index = np.asarray(sensor)
        if index.size and index.dtype.kind not in "iu":
            raise ArrayTypeError(f"Geometry: sensors are integers, got {index.dtype}")
        index = index.astype(np.intp)
        known = np.zeros(N_SENSORS, np.bool_)
        known[self.sensors] = True
        outside = (index < 0) | (index >= N_SENSORS)
        if np.any(outside):
            raise DigitError(f"Geometry: {index[outside].flat[0]} is not a sensor (0..{N_SENSORS - 1})")
        missing = ~known[index]
        if np.any(missing):
            name = sensor_name(int(index[missing].flat[0]))
            raise DigitError(
                f"Geometry: sensor {name} is not installed (one of {len(self.sensors)} sensors). "
                "Use the nominal geometry, or leave the sensor out"
            )
        return index


@lru_cache(maxsize=1)
def nominal() -> Geometry:
    """Return the complete detector: 8 ladders of layer 1, 12 of layer 2, 40 sensors.

    >>> len(nominal().sensors), nominal().v_edges_mm(1)[[0, 512, 768]].round(3).tolist()
    (40, [-22.4, 8.32, 22.4])
    """
    return _build(np.arange(N_SENSORS, dtype=np.uint8))


@lru_cache(maxsize=1)
def run1() -> Geometry:
    """Return the detector of Run 1: layer 1, and ladders 4 and 5 of layer 2, 20 sensors.

    >>> run1().sensors[-4:].tolist()
    [22, 23, 24, 25]
    """
    return _build(parse_sensors(["run1"]))


def _build(sensors: NDArray[np.uint8]) -> Geometry:
    forward = side_of_sensor == 1

    def by_layer(values: Mapping[int, float]) -> Floats:
        return np.where(layer_of_sensor == 1, values[1], values[2]).astype(np.float64)

    small, large = by_layer(_SMALL_V_UM)[:, None], by_layer(_LARGE_V_UM)[:, None]
    row = np.arange(N_V)
    is_small = np.where(forward[:, None], row < _N_SMALL, row >= N_V - _N_SMALL)
    v_pitch_um = np.where(is_small, small, large)
    # Sums of whole um are exact, so both sides of a sensor mirror each other to the last bit.
    borders_um = np.concatenate([np.zeros((N_SENSORS, 1)), np.cumsum(v_pitch_um, axis=1)], axis=1)
    v_edges = (borders_um - borders_um[:, -1:] / 2) / 1000
    v_mm = (borders_um[:, :-1] + v_pitch_um / 2 - borders_um[:, -1:] / 2) / 1000
    step_deg = by_layer({layer: 360 / ladders for layer, ladders in LADDERS.items()})
    z_forward, z_backward = (by_layer({layer: z[side] for layer, z in _Z_CENTRE_MM.items()}) for side in (0, 1))
    return Geometry(
        sensors=sensors,
        radius_mm=by_layer(_RADIUS_MM),
        phi_rad=np.deg2rad((ladder_of_sensor - 1.0) * step_deg),
        z_centre_mm=np.where(forward, z_forward, z_backward),
        tangential_mm=_TANGENTIAL_MM,
        thickness_mm=_THICKNESS_MM,
        u_pitch_um=_U_PITCH_UM,
        v_pitch_um=v_pitch_um,
        u_mm=(np.arange(N_U, dtype=np.float64) + 0.5 - N_U / 2) * (_U_PITCH_UM / 1000),
        v_mm=v_mm,
        v_edges=v_edges,
    )
