"""Regions of interest: boxes on sensors, outside which digits are not wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.ids import parse_sensor
from pxdbkg.errors import ConfigError

_SIDES = {"u_min": N_U, "u_max": N_U, "v_min": N_V, "v_max": N_V}


@dataclass(frozen=True, eq=False)
class Regions:
    """Boxes of pixels, which may overlap.

    Attributes
    ----------
    boxes : int64 (n, 5), sensor, u_min, u_max, v_min, v_max, both ends included
    """

    boxes: NDArray[np.int64]

    @classmethod
    def from_boxes(cls, boxes: Iterable[Mapping[str, Any]], where: str = "rois") -> Regions:
        """Return regions from mappings with ``sensor`` (name or index), ``u_min, u_max, v_min, v_max``.

        Raises ConfigError with one line for each fault.

        >>> Regions.from_boxes([{"sensor": "1.1.2", "u_min": 0, "u_max": 9, "v_min": 5, "v_max": 5}]).boxes.tolist()
        [[1, 0, 9, 5, 5]]
        """
        if isinstance(boxes, (str, Mapping)) or not isinstance(boxes, Iterable):
            raise ConfigError(f"{where}: expected a list of boxes {{sensor, {', '.join(_SIDES)}}}, got {boxes!r}")
        rows: list[list[int]] = []
        problems: list[str] = []
        for number, box in enumerate(boxes):
            try:
                rows.append(_row(box, f"{where}[{number}]"))
            except ConfigError as error:
                problems.extend(error.problems)
        if problems:
            raise ConfigError(problems)
        return cls(np.array(rows, np.int64).reshape(-1, 5))

    @property
    def touched(self) -> NDArray[np.bool_]:
        """Sensors with a box, bool (40,)."""
        touched = np.zeros(N_SENSORS, np.bool_)
        touched[self.boxes[:, 0]] = True
        return touched

    def select(self, digits: Digits) -> Digits:
        """Return those of sorted digits that lie in a box."""
        starts = np.searchsorted(digits.sensor, np.arange(N_SENSORS + 1))
        inside = np.zeros(len(digits), np.bool_)
        for sensor, u_min, u_max, v_min, v_max in self.boxes.tolist():
            part = slice(starts[sensor], starts[sensor + 1])
            u, v = digits.u[part], digits.v[part]
            inside[part] |= (u >= u_min) & (u <= u_max) & (v >= v_min) & (v <= v_max)
        return digits.select(inside)


def _row(box: object, where: str) -> list[int]:
    if not isinstance(box, Mapping) or set(box) != {"sensor", *_SIDES}:
        raise ConfigError(f"{where}: expected {{sensor, {', '.join(_SIDES)}}}, got {box!r}")
    row = [parse_sensor(box["sensor"], f"{where}.sensor")]
    for name, size in _SIDES.items():
        value = box[name]
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 <= value < size:
            raise ConfigError(f"{where}: {name} is {value!r} (allowed: 0..{size - 1})")
        row.append(int(value))
    if row[1] > row[2] or row[3] > row[4]:
        raise ConfigError(f"{where}: u {row[1]}..{row[2]}, v {row[3]}..{row[4]} is empty. Swap minimum and maximum")
    return row
