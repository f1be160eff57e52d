"""Masked pixels: single ones, rows, drain lines, whole sensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.ids import parse_sensors
from pxdbkg.detector.readout import N_DRAINS, ROWS_OF_A_GATE
from pxdbkg.errors import ArrayTypeError, ConfigError, DigitError, did_you_mean

N_BYTES = 32  # of one row: 256 bits, of which 250 are used


@dataclass(frozen=True, eq=False, slots=True)
class PixelMask:
    """A set of pixels.

    Attributes
    ----------
    bits : uint8 (40, 768, 32), read-only: bit u & 7 of byte u >> 3 of row v of a sensor is set when the pixel is masked
    """

    bits: NDArray[np.uint8]

    def __post_init__(self) -> None:
        bits = self.bits
        if not isinstance(bits, np.ndarray) or bits.dtype != np.uint8 or bits.shape != (N_SENSORS, N_V, N_BYTES):
            got = f"{bits.dtype} {bits.shape}" if isinstance(bits, np.ndarray) else type(bits).__name__
            raise ArrayTypeError(f"PixelMask.bits: expected uint8 ({N_SENSORS}, {N_V}, {N_BYTES}), got {got}")
        if np.any(bits[:, :, N_U // 8] >> N_U % 8):
            raise DigitError(f"PixelMask.bits: a bit is set for a column that does not exist (0..{N_U - 1})")
        frozen = np.array(bits, order="C")
        frozen.flags.writeable = False
        object.__setattr__(self, "bits", frozen)

    @classmethod
    def empty(cls) -> PixelMask:
        """Return a mask without a pixel."""
        return cls(np.zeros((N_SENSORS, N_V, N_BYTES), np.uint8))

    @classmethod
    def from_maps(cls, maps: NDArray[np.bool_]) -> PixelMask:
        """Return the mask of the true pixels of bool maps (40, 250, 768), indexed (sensor, u, v)."""
        if maps.dtype != np.bool_ or maps.shape != (N_SENSORS, N_U, N_V):
            raise ArrayTypeError(f"PixelMask.from_maps: expected bool (40, 250, 768), got {maps.dtype} {maps.shape}")
        return cls(np.packbits(maps.transpose(0, 2, 1), axis=-1, bitorder="little"))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], where: str = "masks") -> PixelMask:
        """Return the mask that a user wrote down.

        Parameters
        ----------
        mapping : any of ``sensors: [sensor, ...]``, ``rows: {sensor: [v, ...]}``, ``drains: {sensor: [d, ...]}`` with
            d = 4 u + v mod 4, and ``pixels: {sensor: [[u, v], ...]}``; a sensor is a name, an index or a group as
            ``parse_sensors`` takes it
        where : what the error messages begin with

        Raises ConfigError with one line for each fault.

        >>> PixelMask.from_mapping({"rows": {"1.1.1": [3, 4]}, "pixels": {"2.1.1": [[0, 0]]}}).n_masked
        501
        """
        if not isinstance(mapping, Mapping):
            raise ConfigError(f"{where}: expected a mapping ({', '.join(_KEYS)}), got {mapping!r}")
        problems: list[str] = []
        maps = np.zeros((N_SENSORS, N_U, N_V), np.bool_)
        for key, entry in mapping.items():
            try:
                if key not in _KEYS:
                    guess = did_you_mean(str(key), _KEYS)
                    raise ConfigError(f"{where}: '{key}' is not a kind of mask ({', '.join(_KEYS)}).{guess}")
                if key == "sensors":
                    maps[parse_sensors(entry, f"{where}.sensors")] = True
                else:
                    _mark(maps, entry, _MARKERS[key], f"{where}.{key}")
            except ConfigError as error:
                problems.extend(error.problems)
        if problems:
            raise ConfigError(problems)
        return cls.from_maps(maps)

    @property
    def n_masked(self) -> int:
        """Number of masked pixels."""
        return int(np.unpackbits(self.bits).sum(dtype=np.int64))

    def to_maps(self) -> NDArray[np.bool_]:
        """Return bool maps (40, 250, 768), indexed (sensor, u, v), true where a pixel is masked."""
        by_row = np.unpackbits(self.bits, axis=-1, count=N_U, bitorder="little")
        return np.ascontiguousarray(by_row.transpose(0, 2, 1)).view(np.bool_)

    def is_masked(self, digits: Digits) -> NDArray[np.bool_]:
        """Tell for each digit whether its pixel is masked, bool (n,); raises DigitError outside the detector."""
        digits.check("PixelMask.is_masked", sorted_unique=False)
        byte: NDArray[np.uint8] = self.bits[digits.sensor, digits.v, digits.u >> 3]
        bit: NDArray[np.uint8] = byte >> (digits.u & 7).astype(np.uint8) & np.uint8(1)
        return bit.view(np.bool_)

    def __or__(self, other: PixelMask) -> PixelMask:
        if not isinstance(other, PixelMask):
            return NotImplemented
        return PixelMask(self.bits | other.bits)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PixelMask):
            return NotImplemented
        return np.array_equal(self.bits, other.bits)


_Marker = Callable[[NDArray[np.bool_], NDArray[np.int64]], None]


def _mark_rows(sensor_map: NDArray[np.bool_], rows: NDArray[np.int64]) -> None:
    sensor_map[:, rows] = True


def _mark_drains(sensor_map: NDArray[np.bool_], drains: NDArray[np.int64]) -> None:
    u, first_v = np.divmod(drains, ROWS_OF_A_GATE)
    sensor_map[u[:, None], first_v[:, None] + np.arange(0, N_V, ROWS_OF_A_GATE)] = True


def _mark_pixels(sensor_map: NDArray[np.bool_], pixels: NDArray[np.int64]) -> None:
    sensor_map[pixels[:, 0], pixels[:, 1]] = True


@dataclass(frozen=True)
class _Kind:
    singular: str
    limits: tuple[int, ...]  # of each number of an entry; entries of rows and drains are one number
    allowed: str
    mark: _Marker


_MARKERS = {
    "rows": _Kind("row", (N_V,), f"0..{N_V - 1}", _mark_rows),
    "drains": _Kind("drain line", (N_DRAINS,), f"0..{N_DRAINS - 1}", _mark_drains),
    "pixels": _Kind("pixel", (N_U, N_V), f"[u, v] with u 0..{N_U - 1}, v 0..{N_V - 1}", _mark_pixels),
}
_KEYS = ("sensors", *_MARKERS)


def _mark(maps: NDArray[np.bool_], entry: object, kind: _Kind, where: str) -> None:
    """Set what a mapping from sensors to lists names; raise ConfigError with all its faults."""
    if not isinstance(entry, Mapping):
        example = "[[u, v], ...]" if len(kind.limits) > 1 else "[number, ...]"
        raise ConfigError(f"{where}: expected {{sensor: {example}}}, got {entry!r}")
    problems: list[str] = []
    for name, items in entry.items():
        try:
            sensors = parse_sensors([name], where)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        if not isinstance(items, (list, tuple, np.ndarray)):
            problems.append(f"{where}.{name}: expected a list of {kind.singular}s, got {items!r}. Write [{items!r}]")
            continue
        bad = [item for item in items if not _is_allowed(item, kind.limits)]
        problems.extend(f"{where}.{name}: {_plain(item)!r} is not a {kind.singular} ({kind.allowed})" for item in bad)
        if len(items) and not bad:
            numbers = np.array(items, np.int64)
            for sensor in sensors:
                kind.mark(maps[sensor], numbers)
    if problems:
        raise ConfigError(problems)


def _plain(item: object) -> object:
    return item.tolist() if isinstance(item, (np.ndarray, np.generic)) else item


def _is_allowed(item: object, limits: tuple[int, ...]) -> bool:
    plain = _plain(item)
    if isinstance(plain, (list, tuple)) != (len(limits) > 1):
        return False
    numbers = plain if isinstance(plain, (list, tuple)) else [plain]
    return len(numbers) == len(limits) and all(
        isinstance(number, int) and not isinstance(number, bool) and 0 <= number < limit
        for number, limit in zip(numbers, limits, strict=True)
    )
