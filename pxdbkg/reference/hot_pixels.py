"""Pixels that fire without a particle, again and again: the same ones in all events of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pxdbkg.config import parameter
from pxdbkg.detector.digits import N_U, N_V
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.hits import SimHits
from pxdbkg.kernels import random
from pxdbkg.reference.draws import EXTRA, GROUP, PURPOSES, Draws, exponential, power_law
from pxdbkg.reference.starts import Starts

_KEV_PER_ADU = 216.67 * 3.65e-3


@dataclass(frozen=True)
class HotPixels:
    """Hot pixels that no mask has removed; all numbers are assumed."""

    fraction: float = parameter(0.0, low=0, high=0.01, doc="share of the pixels that are hot")
    rate_min: float = parameter(0.01, low=1e-6, high=1, doc="lowest probability to fire in an event; density ~ 1/p")
    rate_max: float = parameter(0.5, low=1e-6, high=1, doc="highest probability to fire in an event")
    charge_min_adu: float = parameter(8.0, unit="ADU", low=1, high=255, doc="lowest mean charge")
    charge_adu: float = parameter(8.0, unit="ADU", low=0, high=255, doc="mean of the exponential above that")
    charge_rms_adu: float = parameter(1.5, unit="ADU", low=0, high=255, doc="spread of a pixel's charge over events")


def hot_pixels(shape: HotPixels, geometry: Geometry, run_key: bytes, draws: Draws) -> tuple[Starts, SimHits]:
    """Return the hot pixels that fire in an event, as particles at rest in their pixels and as hits without a path.

    Parameters
    ----------
    shape : how many and how they fire
    geometry : sensors and pixels
    run_key : 16 bytes that all events of the run share; it fixes the pixels
    draws : of the source in this event
    """
    n = Draws(run_key, draws.source).poisson(shape.fraction * len(geometry.sensors) * N_U * N_V)
    fixed = Draws(run_key, draws.source).uniform(GROUP, n, 5)
    now = random.uniform(draws.key, 0, np.arange(n, dtype=np.uint32), 2, draw_class=PURPOSES * draws.source + EXTRA)
    (fires,) = np.nonzero(now[:, 0] < power_law(fixed[0], 1.0, shape.rate_min, shape.rate_max))
    fixed = fixed[:, fires]
    sensor = geometry.sensors[np.minimum((fixed[1] * len(geometry.sensors)).astype(np.intp), len(geometry.sensors) - 1)]
    u, v = geometry.position(sensor, (fixed[2] * N_U).astype(np.intp), (fixed[3] * N_V).astype(np.intp))
    spread = shape.charge_rms_adu * random.normal_quantile(now[fires, 1])
    charge = np.maximum(shape.charge_min_adu + shape.charge_adu * exponential(fixed[4]) + spread, 0.0)
    k = len(fires)
    zero, one = np.zeros(k, np.float32), np.ones(k, np.float32)
    hits = SimHits(
        sensor,
        u.astype(np.float32),
        v.astype(np.float32),
        zero,
        zero,
        one,
        zero,
        (charge * _KEV_PER_ADU).astype(np.float32),
        zero,
        np.arange(k, dtype=np.int32),
        zero,
    )
    sin, cos = random.sincos(geometry.phi_rad[sensor])
    along = geometry.tangential_mm + u
    still = np.zeros(k)
    place = (
        geometry.radius_mm[sensor] * cos - along * sin,
        geometry.radius_mm[sensor] * sin + along * cos,
        geometry.z_centre_mm[sensor] + v,
    )
    return Starts(*place, still, still, still, np.zeros(k, np.int8), np.full(k, 0.5)), hits
