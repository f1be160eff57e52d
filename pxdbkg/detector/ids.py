"""Names of the sensors: index 0..39, ``layer.ladder.sensor``, and the 16-bit VxdID of basf2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.errors import ArrayTypeError, ConfigError, DigitError, did_you_mean

LADDERS = {1: 8, 2: 12}
SENSORS_OF_A_LADDER = 2
# The Run-1 detector: all of layer 1, and ladders 4 and 5 of layer 2 (basf2, PXD-Run1.xml).
RUN1_LAYER2_LADDERS = (4, 5)

_NUMBERS = np.array(
    [
        (layer, ladder, sensor)
        for layer, ladders in LADDERS.items()
        for ladder in range(1, ladders + 1)
        for sensor in range(1, SENSORS_OF_A_LADDER + 1)
    ],
    np.uint8,
)
_NUMBERS.flags.writeable = False
layer_of_sensor: NDArray[np.uint8] = _NUMBERS[:, 0]  # (40,), 1 or 2
ladder_of_sensor: NDArray[np.uint8] = _NUMBERS[:, 1]  # (40,), from 1, with rising phi
side_of_sensor: NDArray[np.uint8] = _NUMBERS[:, 2]  # (40,), 1 forward, 2 backward

_SEGMENT = 0x1F
_UNKNOWN = 255
_VXD_IDS = (_NUMBERS.astype(np.uint16) @ np.array([1 << 13, 1 << 8, 1 << 5], np.uint16)).astype(np.uint16)
_INDEX_OF_VXD_ID = np.full(1 << 16, _UNKNOWN, np.uint8)
_INDEX_OF_VXD_ID[_VXD_IDS] = np.arange(N_SENSORS)

_NAMES = tuple(f"{layer}.{ladder}.{sensor}" for layer, ladder, sensor in _NUMBERS.tolist())
_INDEX_OF_NAME = {name: index for index, name in enumerate(_NAMES)}
_GROUPS: dict[str, tuple[int, ...]] = {
    "layer1": tuple(np.flatnonzero(layer_of_sensor == 1).tolist()),
    "layer2": tuple(np.flatnonzero(layer_of_sensor == 2).tolist()),
    "run1": tuple(np.flatnonzero((layer_of_sensor == 1) | np.isin(ladder_of_sensor, RUN1_LAYER2_LADDERS)).tolist()),
}
_ALLOWED = "0..39 or layer.ladder.sensor: 1.1.1..1.8.2, 2.1.1..2.12.2"


def vxd_id(sensor: ArrayLike) -> NDArray[np.uint16]:
    """Return the VxdID of sensors: layer << 13 | ladder << 8 | sensor << 5, segment 0 (basf2, VxdID).

    Parameters
    ----------
    sensor : indices 0..39, any shape; the result has the same shape

    Raises DigitError for an index outside 0..39.

    >>> int(vxd_id(0)), vxd_id([1, 15, 39]).tolist()
    (8480, [8512, 10304, 19520])
    """
    index = _integers(sensor, "vxd_id")
    if index.size and (index.min() < 0 or index.max() >= N_SENSORS):
        bad = index[(index < 0) | (index >= N_SENSORS)].flat[0]
        raise DigitError(f"vxd_id: {int(bad)} is not a sensor (0..{N_SENSORS - 1})")
    return np.asarray(_VXD_IDS[index])


def sensor_index(vxd_ids: ArrayLike, *, ignore_segment: bool = False, where: str = "sensor_index") -> NDArray[np.uint8]:
    """Return the sensor index 0..39 of VxdIDs.

    Parameters
    ----------
    vxd_ids : 16-bit ids, any shape; the result has the same shape
    ignore_segment : drop the five segment bits, which basf2 uses for the frame number; else they must be 0
    where : what the error message begins with

    Raises DigitError for an id that is no pixel sensor; it names the entry and, where it applies, the segment bits.

    >>> int(sensor_index(8480)), sensor_index([8512, 10304, 19520]).tolist()
    (0, [1, 15, 39])
    """
    ids = _integers(vxd_ids, where)
    if ids.size and (ids.min() < 0 or ids.max() >= len(_INDEX_OF_VXD_ID)):
        at = int(np.argmax(((ids < 0) | (ids >= len(_INDEX_OF_VXD_ID))).ravel()))
        raise DigitError(f"{where}: entry {at} has VxdID {int(ids.flat[at])}, not a number of 16 bits (0..65535)")
    index = np.asarray(_INDEX_OF_VXD_ID[ids & ~_SEGMENT if ignore_segment else ids])
    if np.any(index == _UNKNOWN):
        at = int(np.argmax((index == _UNKNOWN).ravel()))
        bad = int(ids.flat[at])
        text = f"{bad >> 13}.{bad >> 8 & 0x1F}.{bad >> 5 & 7}, segment {bad & _SEGMENT}"
        remedy = (
            "Drop the segment bits: ignore_segment=True"
            if _INDEX_OF_VXD_ID[bad & ~_SEGMENT] != _UNKNOWN
            else "Check the geometry that the ids belong to"
        )
        raise DigitError(
            f"{where}: entry {at} has VxdID {bad} ({text}), "
            f"which is no pixel sensor (1.1.1..2.12.2, segment 0). {remedy}"
        )
    return index


def sensor_name(index: int) -> str:
    """Return the name ``layer.ladder.sensor`` of a sensor index 0..39; raises DigitError outside.

    >>> sensor_name(39)
    '2.12.2'
    """
    if not 0 <= index < N_SENSORS:
        raise DigitError(f"sensor_name: {index} is not a sensor (0..{N_SENSORS - 1})")
    return _NAMES[index]


def parse_sensor(text: object, where: str = "sensor") -> int:
    """Return the index of a sensor that a user named: ``layer.ladder.sensor`` or an index 0..39.

    Raises ConfigError that begins with ``where`` for anything else.

    >>> parse_sensor("1.1.2"), parse_sensor(39)
    (1, 39)
    """
    if isinstance(text, (int, np.integer)) and not isinstance(text, bool) and 0 <= int(text) < N_SENSORS:
        return int(text)
    if isinstance(text, str) and text in _INDEX_OF_NAME:
        return _INDEX_OF_NAME[text]
    guess = did_you_mean(text, _NAMES) if isinstance(text, str) and not re.fullmatch(r"\d+\.\d+\.\d+", text) else ""
    raise ConfigError(f"{where}: {text!r} is not a sensor ({_ALLOWED}).{guess}".rstrip("."))


def parse_sensors(items: Iterable[object], where: str = "sensors") -> NDArray[np.uint8]:
    """Return the sorted indices, each once, of sensors that a user listed.

    Parameters
    ----------
    items : names and indices as ``parse_sensor`` takes them, or the groups ``layer1``, ``layer2`` and ``run1``
    where : what the error message begins with

    Raises ConfigError with one line for each wrong item.

    >>> parse_sensors(["2.1.1", 3, "1.1.1"]).tolist(), len(parse_sensors(["run1"]))
    ([0, 3, 16], 20)
    """
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise ConfigError(f"{where}: expected a list of sensors, got {items!r}. Write [{items}]")
    chosen: set[int] = set()
    problems = []
    for item in items:
        if isinstance(item, str) and item in _GROUPS:
            chosen.update(_GROUPS[item])
            continue
        try:
            chosen.add(parse_sensor(item, where))
        except ConfigError:
            guess = did_you_mean(item, [*_GROUPS, *_NAMES]) if isinstance(item, str) else ""
            allowed = f"{_ALLOWED}; or {', '.join(_GROUPS)}"
            problems.append(f"{where}: {item!r} is not a sensor ({allowed}).{guess}".rstrip("."))
    if problems:
        raise ConfigError(problems)
    return np.array(sorted(chosen), np.uint8)


def _integers(values: ArrayLike, where: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise ArrayTypeError(f"{where}: expected integers, got {array.dtype}")
    return array.astype(np.int64)
