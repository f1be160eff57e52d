"""Module PXDOccupancyMonitor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pxdbkg.config import parameter
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.ids import layer_of_sensor, parse_sensors, sensor_name
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module, Problem


@dataclass
class Occupancy:
    """Digits of one collection, summed over events.

    Attributes
    ----------
    events : number of events
    digits : int64 (40,), digits by sensor
    charge_adu : int64 (40,), charge by sensor, ADU
    squares : sum of the squares of the numbers of digits of an event
    """

    events: int = 0
    digits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_SENSORS, np.int64))
    charge_adu: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_SENSORS, np.int64))
    squares: int = 0

    def add(self, digits: Digits) -> None:
        """Count one event."""
        self.events += 1
        self.digits += np.bincount(digits.sensor, minlength=N_SENSORS)
        # float64 holds every sum below 2^53 exactly
        self.charge_adu += np.bincount(digits.sensor, digits.charge, N_SENSORS).astype(np.int64)
        self.squares += len(digits) ** 2

    def mean_digits(self) -> float:
        """Return the mean number of digits of an event."""
        return int(self.digits.sum()) / max(self.events, 1)

    def mean_error(self) -> float:
        """Return the standard error of that mean, 0 for fewer than two events."""
        if self.events < 2:
            return 0.0
        variance = max(self.squares / self.events - self.mean_digits() ** 2, 0.0) / (self.events - 1)
        return math.sqrt(variance)

    def mean_charge_adu(self) -> float:
        """Return the mean charge of a digit, ADU."""
        return int(self.charge_adu.sum()) / max(int(self.digits.sum()), 1)

    def occupancy_percent(self) -> NDArray[np.float64]:
        """Return the mean share of fired pixels of each sensor, float64 (40,), percent."""
        return self.digits / (max(self.events, 1) * N_U * N_V) * 100.0


class PXDOccupancyMonitor(Module):
    """Count digits and charge by layer and sensor and print a table after the run."""

    @dataclass(frozen=True)
    class Config:
        """What is counted."""

        collections: list[str] = parameter(["PXDDigits"], doc="collections of digits that are counted")
        sensors: list[int | str] = parameter(
            ["layer1", "layer2"], doc="sensors that count: names as 1.1.1, indices, layer1, layer2 or run1"
        )

    config: Config
    parallel = False  # its arrays belong to one process

    def reads(self) -> dict[str, type]:
        return dict.fromkeys(self.config.collections, Digits)

    def problems(self) -> list[Problem]:
        problems = []
        if not self.config.collections:
            problems.append(Problem("collections", "is empty (allowed: names of collections of digits)"))
        try:
            if not len(parse_sensors(self.config.sensors)):
                problems.append(Problem("sensors", "is empty (allowed: names, indices, layer1, layer2, run1)"))
        except ConfigError as error:
            parts = [line.partition(": ") for line in error.problems]
            problems += [Problem(place, message) for place, _, message in parts]
        return problems

    def initialize(self) -> None:
        self.occupancy = {name: Occupancy() for name in self.config.collections}

    def event(self) -> None:
        for name, occupancy in self.occupancy.items():
            occupancy.add(self.store.get(name, Digits))

    def summary(self) -> list[tuple[str, str]]:
        sensors = parse_sensors(self.config.sensors)
        lines: list[tuple[str, str]] = []
        for name, occupancy in self.occupancy.items():
            mean = f"{occupancy.mean_digits():9.1f} +- {occupancy.mean_error():.1f} digits an event"
            lines.append((name, f"{mean}, mean charge {occupancy.mean_charge_adu():.2f} ADU"))
            percent = occupancy.occupancy_percent()
            for layer in (1, 2):
                chosen = sensors[layer_of_sensor[sensors] == layer]
                if len(chosen):
                    lines.append((f"{name} layer {layer}", _layer_line(occupancy, percent, chosen)))
        return lines


def _layer_line(occupancy: Occupancy, percent: NDArray[np.float64], sensors: NDArray[np.uint8]) -> str:
    digits = int(occupancy.digits[sensors].sum()) / max(occupancy.events, 1)
    low, high = (sensors[int(pick(percent[sensors]))] for pick in (np.argmin, np.argmax))
    return (
        f"{digits:9.1f} digits an event, occupancy {percent[sensors].mean():.3f} %, "
        f"from {percent[low]:.3f} % ({sensor_name(int(low))}) to {percent[high]:.3f} % ({sensor_name(int(high))})"
    )
