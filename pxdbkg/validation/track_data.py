"""Tracks, their passages, measurements and fits as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pions:
    """Charged pions where they start; rows in the order of events.

    Attributes
    ----------
    event : int64 (n,), 0.., not falling
    charge : float64 (n,), +1 or -1
    position_mm : float64 (n, 3)
    direction : float64 (n, 3), unit vectors
    momentum_GeV : float64 (n,)
    """

    event: Integers
    charge: Floats
    position_mm: Floats
    direction: Floats
    momentum_GeV: Floats

    def __len__(self) -> int:
        return len(self.event)

    def first(self) -> Integers:
        """Return the row of the first pion of each event, and at the end the number of all."""
        n_events = int(self.event[-1]) + 1 if len(self) else 0
        return np.searchsorted(self.event, np.arange(n_events + 1))

    def part(self, low: int, high: int) -> Pions:
        """Return rows low to high - 1, with their events counted from 0."""
        rows = slice(low, high)
        event = self.event[rows] - (self.event[low] if high > low else 0)
        return Pions(event, self.charge[rows], self.position_mm[rows], self.direction[rows], self.momentum_GeV[rows])


@dataclass(frozen=True, eq=False)
class Passages:
    """Where particles cross planes.

    Attributes
    ----------
    particle : int64 (n,), row of ``Pions``, not falling
    plane : int64 (n,), row of ``Planes``
    position_mm, direction : float64 (n, 3)
    """

    particle: Integers
    plane: Integers
    position_mm: Floats
    direction: Floats


@dataclass(frozen=True, eq=False)
class Measurements:
    """Measured positions on planes, at most one a particle and plane.

    Attributes
    ----------
    particle : int64 (n,), row of ``Pions``
    plane : int64 (n,), row of ``Planes``
    u_mm, v_mm, var_u, var_v : float64 (n,), local position and its variances, mm and mm^2
    """

    particle: Integers
    plane: Integers
    u_mm: Floats
    v_mm: Floats
    var_u: Floats
    var_v: Floats

    def part(self, low: int, high: int) -> Measurements:
        """Return the measurements of particles low to high - 1, which are counted from 0 then."""
        chosen = (self.particle >= low) & (self.particle < high)
        particle, *rest = (column[chosen] for column in self.columns())
        return Measurements(particle - low, *rest)

    def and_these(self, other: Measurements) -> Measurements:
        """Return these measurements and others."""
        return Measurements(*(np.concatenate(pair) for pair in zip(self.columns(), other.columns(), strict=True)))

    def columns(self) -> tuple[Any, ...]:
        """Return the columns in the order above."""
        return self.particle, self.plane, self.u_mm, self.v_mm, self.var_u, self.var_v


@dataclass(frozen=True, eq=False)
class Fits:
    """Fitted tracks.

    Attributes
    ----------
    particle : int64 (n,), row of ``Pions``, rising
    parameters : float64 (n, 5), the two coordinates on the target (d0 and z0, or r phi and z), mm; phi, theta, rad;
        charge over momentum, 1/GeV
    covariance : float64 (n, 5, 5)
    """

    particle: Integers
    parameters: Floats
    covariance: Floats

    def part(self, low: int, high: int) -> Fits:
        """Return the fits of particles low to high - 1, which are counted from 0 then."""
        rows = slice(*np.searchsorted(self.particle, (low, high)))
        return Fits(self.particle[rows] - low, self.parameters[rows], self.covariance[rows])
