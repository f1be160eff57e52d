"""Module PXDOccupancyMonitor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.ids import layer_of_sensor, parse_sensors, sensor_name
from pxdbkg.detector.totals import Totals
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module, Problem


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
        self.totals = {name: Totals() for name in self.config.collections}

    def event(self) -> None:
        for name, totals in self.totals.items():
            totals.add(self.store.get(name, Digits))

    def summary(self) -> list[tuple[str, str]]:
        sensors = parse_sensors(self.config.sensors)
        lines: list[tuple[str, str]] = []
        for name, totals in self.totals.items():
            lines.append((name, _total_line(totals)))
            for layer in (1, 2):
                chosen = sensors[layer_of_sensor[sensors] == layer]
                if len(chosen):
                    lines.append((f"{name} layer {layer}", _layer_line(totals, chosen)))
        return lines


def _total_line(totals: Totals) -> str:
    digits = totals.counts.sum(axis=1)
    mean = digits.mean() if len(digits) else 0.0
    error = digits.std(ddof=1) / math.sqrt(len(digits)) if len(digits) > 1 else 0.0
    charge_adu = totals.charge_sum_adu.sum() / max(digits.sum(), 1)
    return f"{mean:9.1f} +- {error:.1f} digits an event, mean charge {charge_adu:.2f} ADU"


def _layer_line(totals: Totals, sensors: NDArray[np.uint8]) -> str:
    digits = int(totals.digits[sensors].sum()) / max(totals.n_events, 1)
    percent = totals.mean_occupancy * 100
    low, high = (sensors[int(pick(percent[sensors]))] for pick in (np.argmin, np.argmax))
    return (
        f"{digits:9.1f} digits an event, occupancy {percent[sensors].mean():.3f} %, "
        f"from {percent[low]:.3f} % ({sensor_name(int(low))}) to {percent[high]:.3f} % ({sensor_name(int(high))})"
    )
