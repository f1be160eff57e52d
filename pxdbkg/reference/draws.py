"""Random numbers of background sources: each source draws from counters of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import DigitError
from pxdbkg.kernels import random

Floats = NDArray[np.float64]

PURPOSES = 8  # draw classes of a source
RATE, GROUP, PARTICLE, EXTRA, PASSAGE = range(5)  # what a draw class of a source is for; PASSAGE is the transport's
MAX_PARTICLES = 2_000_000  # of one source in one event


@dataclass(frozen=True)
class Draws:
    """Draws of one source in one event: counters (8 source + purpose, sensor 0, ordinal).

    Attributes
    ----------
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    source : number of the source, 0..30
    """

    key: bytes
    source: int

    def poisson(self, mean: float, ordinal: int = 0) -> int:
        """Return one Poisson number; DigitError for a mean that would fill the memory."""
        if not mean <= MAX_PARTICLES:
            raise DigitError(f"background source: {mean:g} particles in one event (up to {MAX_PARTICLES})")
        draw_class = PURPOSES * self.source + RATE
        return int(random.poisson(self.key, np.array([mean]), 0, ordinal, draw_class=draw_class)[0])

    def uniform(self, purpose: int, n: int, count: int) -> Floats:
        """Return uniform numbers (count, n), a row for each use; entry i has the ordinal i."""
        ordinal = np.arange(n, dtype=np.uint32)
        drawn = random.uniform(self.key, 0, ordinal, count, draw_class=PURPOSES * self.source + purpose)
        return np.ascontiguousarray(drawn.T)

    def normal(self, purpose: int, n: int, count: int, *, first_block: int) -> Floats:
        """Return standard normal numbers (count, n), from blocks that ``uniform`` has not used."""
        ordinal = np.arange(n, dtype=np.uint32)
        draw_class = PURPOSES * self.source + purpose
        drawn = random.normal(self.key, 0, ordinal, count, draw_class=draw_class, first_block=first_block)
        return np.ascontiguousarray(drawn.T)


def exponential(u: Floats) -> Floats:
    """Return exponential numbers (n,) of mean 1 from uniform ones (n,)."""
    return -random.log(u)


def power_law(u: Floats, power: float, low: float, high: float) -> Floats:
    """Return numbers (n,) between low and high with density ~ x^-power, from uniform ones (n,).

    >>> power_law(np.array([0.5]), 2.0, 1.0, 3.0).round(6).tolist()
    [1.5]
    """
    log_low, log_high = (float(random.log(np.array([edge]))[0]) for edge in (low, high))
    if abs(power - 1.0) < 1e-9:
        return random.exp(log_low + u * (log_high - log_low))
    slope = 1.0 - power
    first, last = (float(random.exp(np.array([slope * edge]))[0]) for edge in (log_low, log_high))
    return random.exp(random.log(first + u * (last - first)) / slope)


def azimuth(u: Floats, cos_phi: float, cos_two_phi: float) -> Floats:
    """Return angles (n,) in 0..2 pi with density ~ 1 + cos_phi cos(phi) + cos_two_phi cos(2 phi), from uniform (n,).

    The inverse of the cumulative law, from a table of 1024 steps; negative densities count as 0.

    >>> azimuth(np.array([0.25]), 0.0, 0.0).round(6).tolist()
    [1.570796]
    """
    edges = np.arange(1025) * (2.0 * np.pi / 1024)
    middles = (edges[1:] + edges[:-1]) / 2
    cos_1, cos_2 = random.sincos(middles)[1], random.sincos(2.0 * middles)[1]
    density = np.maximum(1.0 + cos_phi * cos_1 + cos_two_phi * cos_2, 0.0)
    cumulative = np.concatenate([[0.0], np.cumsum(density)])
    return np.asarray(np.interp(u * cumulative[-1], cumulative, edges), np.float64)
