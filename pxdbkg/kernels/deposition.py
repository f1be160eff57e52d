"""Spread the charge of particles in silicon over pixels.

Model and constants: basf2 PXD digitizer and PXD-Components.xml. A path is cut into segments; the electrons of each
drift to the plane of the internal gates in groups, are shifted along u by the magnetic field and spread by diffusion. A
group that arrives in the rim of a pixel, between the internal gates, walks at random until it falls into one. Here the
walk is not followed step by step: the probability that a pixel collects a group, drift and walk together, is computed
once as a table over the distance from a corner of four pixels, and each group takes one random number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.hits import SimHits
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.detector.readout import N_GATES
from pxdbkg.errors import DigitError
from pxdbkg.seeding import key_words

__all__ = ["Drift", "PixelCharges", "check_hits", "collection_table", "deposit"]

MAX_PATH_MM = 200.0
MAX_ELECTRONS = 1e8


@dataclass(frozen=True)
class Drift:
    """Constants of drift and collection; the defaults are those of basf2 for 1.5 T.

    Attributes
    ----------
    segment_um : length of the pieces that a path is cut into
    group_electrons : electrons that drift together, at most
    gate_depth_um : depth of the internal gates below the upper (+w) surface of the silicon
    point_like_um : shorter paths put all their charge into one segment
    lorentz_cm : c0, c1, c2 of the shift c0 z + c1 z^2 + c2 z^3 along u after a drift of length z, both in cm; towards
        +u for charge below the gates, -u for charge above
    sigma_u_um, sigma_v_um : widths of the drift (leading terms; their change over the thickness is left out)
    step_um : width of one step of the random walk
    max_steps : of the walk; then the nearest pixel collects the group
    clear_um, source_um : rim of a pixel without internal gate on both sides along u, and on the side along v that it
        shares with its neighbour's source
    drain_um, drain_wide_um : rim on the other side along v; the second for the large pixels of layer 2
    """

    segment_um: float = 5.0
    group_electrons: float = 100.0
    gate_depth_um: float = 22.0
    point_like_um: float = 0.1
    lorentz_cm: tuple[float, float, float] = (0.2612, -19.48, 916.7)
    sigma_u_um: float = 4.2
    sigma_v_um: float = 4.1
    step_um: float = 2.8
    max_steps: int = 200
    clear_um: int = 4
    source_um: int = 6
    drain_um: int = 6
    drain_wide_um: int = 7

    def __post_init__(self) -> None:
        for name, low in (("segment_um", 0.1), ("group_electrons", 1.0)):
            if not getattr(self, name) >= low:
                raise DigitError(f"Drift: {name} {getattr(self, name)} (at least {low})")


@dataclass(frozen=True)
class PixelCharges:
    """Electrons collected by pixels, in ascending order of (sensor, v, u), one entry a pixel.

    Attributes
    ----------
    channel : uint32 (n,), (sensor * 768 + v) * 250 + u
    electrons : float64 (n,)
    particle : int32 (n,), the particle with most charge in each pixel (of equal ones that of the earlier hit), or None
        when it was not asked for
    """

    channel: NDArray[np.uint32]
    electrons: NDArray[np.float64]
    particle: NDArray[np.int32] | None = None

    @property
    def sensor(self) -> NDArray[np.uint8]:
        """Return the sensor indices, uint8 (n,)."""
        return (self.channel // (N_U * N_V)).astype(np.uint8)

    @property
    def pixel(self) -> NDArray[np.uint32]:
        """Return the pixel number v * 250 + u within the sensor, uint32 (n,)."""
        return self.channel % np.uint32(N_U * N_V)

    @property
    def u(self) -> NDArray[np.uint16]:
        """Return the columns, uint16 (n,)."""
        return (self.channel % N_U).astype(np.uint16)

    @property
    def v(self) -> NDArray[np.uint16]:
        """Return the rows, uint16 (n,)."""
        return (self.channel // N_U % N_V).astype(np.uint16)


def check_hits(hits: SimHits, where: str) -> None:
    """Raise DigitError when a hit cannot be digitized: NaN, no unit direction, a sensor or a length out of range."""
    geometry = np.stack([hits[name] for name in ("u_mm", "v_mm", "du", "dv", "dw", "path_mm", "w_mm")])
    if len(hits) == 0:
        return
    length = geometry[2] ** 2 + geometry[3] ** 2 + geometry[4] ** 2
    faults = (
        (~np.isfinite(geometry).all(axis=0), "a position, direction or path that is not finite"),
        (hits.sensor >= N_SENSORS, f"a sensor outside 0..{N_SENSORS - 1}"),
        (np.abs(length - 1) > 1e-3, "a direction that is no unit vector"),
        ((geometry[5] < 0) | (geometry[5] > MAX_PATH_MM), f"a path outside 0..{MAX_PATH_MM:g} mm"),
    )
    for wrong, text in faults:
        if np.any(wrong):
            at = int(np.argmax(wrong))
            values = ", ".join(f"{name} {hits[name][at]}" for name in ("sensor", "du", "dv", "dw", "path_mm"))
            raise DigitError(f"{where}: hit {at} has {text} ({values})")


@lru_cache(maxsize=32)
def _table(border_u: int, border_v: int, drift: Drift) -> _core.CollectionTable:
    return _core.CollectionTable(border_u, border_v, drift.step_um, drift.sigma_u_um, drift.sigma_v_um, drift.max_steps)


def collection_table(border_u_um: int, border_v_um: int, drift: Drift | None = None) -> NDArray[np.float64]:
    """Return the probability (56, 56) that the pixel at the upper right of a corner collects a group.

    Parameters
    ----------
    border_u_um, border_v_um : rims without internal gate on both sides of the corner along u and v, um
    drift : constants; the widths of the drift and of the walk count here

    Entry (i, j) is for a group whose drift ends on average i - 27.5 um along u and j - 27.5 um along v from the corner.
    The other three pixels have the reflected tables; the four add up to 1. The probability f solves: f = 1 or 0 in
    the gates, and in the rims f = mean of f over a Gaussian step; then it is folded with the Gaussian of the drift.
    """
    return _table(border_u_um, border_v_um, drift or Drift()).values


@lru_cache(maxsize=8)
def _borders(geometry: Geometry, drift: Drift) -> tuple[list[_core.CollectionTable], NDArray[np.uint8]]:
    """Return the tables, and which of them (40, 769) serves the border between rows v - 1 and v of each sensor.

    Rows v - 1 and v share a source at an even v and a drain at an odd v (double-pixel structure).
    """
    rims = [drift.source_um, drift.drain_um, drift.drain_wide_um]
    which = np.zeros((N_SENSORS, N_V + 1), np.uint8)
    which[:, 1::2] = 1
    wide = (layer_of_sensor[:, None] == 2) & (geometry.v_pitch_um == geometry.v_pitch_um.max(axis=1, keepdims=True))
    which[:, 1:N_V:2][wide[:, 1::2]] = 2
    return [_table(drift.clear_um, rim, drift) for rim in rims], which


def deposit(
    hits: SimHits,
    electrons: NDArray[np.float64],
    key: bytes,
    geometry: Geometry,
    *,
    drift: Drift | None = None,
    draw_class: int = 1,
    opens_ns: NDArray[np.float64] | None = None,
    open_for_ns: float = 0.0,
    particles: bool = False,
) -> PixelCharges:
    """Return the electrons that pixels collect from straight passages through silicon.

    Parameters
    ----------
    hits : passages, at most 2^24
    electrons : float64 (n,), freed by each; up to 1e8; a hit without electrons (0, negative) leaves nothing
    key : 16 bytes of ``pxdbkg.seeding.event_key``; the draws of hit i have the counters (draw_class, sensor, i)
    geometry : sensors and pixels
    drift : constants, by default those of basf2
    draw_class : 0..254
    opens_ns, open_for_ns : float64 (40, 192), when the gates v // 4 begin to take charge, and for how long; what hits
        of other times leave there is lost. By default all charge counts
    particles : tell the particle of each pixel too

    Charge freed outside the active area is lost; charge that drifts over its edge is collected at the edge. Raises
    DigitError for values out of range (see ``check_hits``). Whether a sensor is installed is the caller's business.
    """
    constants = drift or Drift()
    if not 0 <= draw_class <= 254:
        raise DigitError(f"deposit: draw_class {draw_class} (0..254)")
    check_hits(hits, "deposit")
    charges = np.ascontiguousarray(electrons, np.float64)
    wrong = ~(charges <= MAX_ELECTRONS)
    if np.any(wrong):
        at = int(np.argmax(wrong))
        raise DigitError(f"deposit: hit {at} frees {charges[at]} electrons (up to {MAX_ELECTRONS:g})")
    if opens_ns is not None:
        if opens_ns.shape != (N_SENSORS, N_GATES) or not np.all(np.isfinite(opens_ns)) or not open_for_ns >= 0:
            raise DigitError(
                f"deposit: opens_ns {opens_ns.shape} and open_for_ns {open_for_ns} "
                f"(expected finite times ({N_SENSORS}, {N_GATES}) and a length of 0 or more)"
            )
        late = ~np.isfinite(hits.time_ns)
        if np.any(late):
            raise DigitError(f"deposit: hit {int(np.argmax(late))} has no time, but its rows take charge by time")
    tables, which = _borders(geometry, constants)
    channel, collected, particle = _core.deposit(
        hits.sensor,
        hits.u_mm,
        hits.v_mm,
        hits.w_mm,
        hits.du,
        hits.dv,
        hits.dw,
        hits.path_mm,
        charges,
        hits.particle if particles else None,
        None if opens_ns is None else hits.time_ns,
        geometry.v_edges,
        geometry.u_pitch_um / 1000,
        np.array(
            [
                constants.segment_um,
                constants.group_electrons,
                geometry.thickness_mm * 1000,
                constants.gate_depth_um,
                constants.point_like_um,
                *constants.lorentz_cm,
            ]
        ),
        tables,
        which,
        opens_ns,
        open_for_ns,
        np.array(key_words(key), np.uint32),
        draw_class + 1,
    )
    return PixelCharges(channel, collected, particle)
