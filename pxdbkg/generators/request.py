"""What is asked of a payload: threshold, sensors, masks, regions, conditions; checked once for many events."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.detector.ids import parse_sensors, sensor_name
from pxdbkg.detector.masks import PixelMask
from pxdbkg.errors import ConditionError, ConfigError, did_you_mean
from pxdbkg.generators.regions import Regions
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.kernels.overlay import apply_mask

T = TypeVar("T")
MAX_THRESHOLD = 255


@dataclass(frozen=True, eq=False)
class Request:
    """A checked request.

    Attributes
    ----------
    threshold : ADU; pixels below are dropped
    wanted : bool (40,), the sensors to make
    mask : pixels to drop, or None
    regions : boxes outside which pixels are dropped, or None
    cond : float32 (1, C), the values of the payload's conditions
    threads : intra-op threads of torch
    """

    threshold: int
    wanted: NDArray[np.bool_]
    mask: PixelMask | None
    regions: Regions | None
    cond: NDArray[np.float32]
    threads: int

    def within(self, regions: Regions) -> Request:
        """Return the request for what lies in regions."""
        return dataclasses.replace(self, wanted=self.wanted & regions.touched, regions=regions)

    def select(self, digits: Digits) -> Digits:
        """Return the digits that are asked for among sorted digits of the wanted sensors and perhaps others."""
        if not self.wanted.all():
            digits = digits.select(self.wanted[digits.sensor])
        if self.regions is not None:
            digits = self.regions.select(digits)
        return digits if self.mask is None else apply_mask(digits, self.mask)


def make_request(
    info: PayloadInfo,
    *,
    threshold: int | None = None,
    sensors: Iterable[object] | None = None,
    masks: PixelMask | Mapping[str, Any] | None = None,
    rois: Regions | Iterable[Mapping[str, Any]] | None = None,
    conditions: Mapping[str, float] | None = None,
    threads: int = 1,
) -> Request:
    """Check what is asked of a payload.

    Parameters
    ----------
    info : metadata of the payload
    threshold : ADU, from the payload's own (the default) to 255
    sensors : as ``parse_sensors`` takes them; None for all that the payload covers
    masks : pixels to drop
    rois : boxes ``{sensor, u_min, u_max, v_min, v_max}``, inclusive; None for whole sensors
    conditions : values by name; those not given have the payload's defaults
    threads : intra-op threads of torch, 1 or more

    Raises ConfigError with all faults, one a line that begins with the name of the argument; ConditionError when only
    conditions are wrong, naming value and range.
    """
    problems: list[str] = []
    lowest = info.threshold_adu
    threshold = lowest if threshold is None else threshold
    if not _is_integer(threshold) or not lowest <= threshold <= MAX_THRESHOLD:
        problems.append(
            f"threshold: {threshold!r} is out of range (allowed: {lowest} to {MAX_THRESHOLD} ADU; the payload was made "
            f"with {lowest})"
        )
    if not _is_integer(threads) or threads < 1:
        problems.append(f"threads: {threads!r} is out of range (allowed: 1 or more)")

    def collect(make: Callable[[], T], instead: T) -> T:
        try:
            return make()
        except ConfigError as error:
            problems.extend(error.problems)
            return instead

    covered = np.zeros(N_SENSORS, np.bool_)
    covered[list(info.sensors)] = True
    wanted = covered if sensors is None else collect(lambda: _chosen(sensors, covered), covered)
    mask, regions = None, None
    if masks is not None:
        mask = masks if isinstance(masks, PixelMask) else collect(lambda: PixelMask.from_mapping(masks), None)
    if rois is not None:
        regions = rois if isinstance(rois, Regions) else collect(lambda: Regions.from_boxes(rois), None)
    try:
        cond = condition_row(info, conditions or {})
    except ConditionError as error:
        if not problems:
            raise
        problems.extend(str(error).splitlines())
    if problems:
        raise ConfigError(problems)
    request = Request(int(threshold), wanted, mask, None, cond, int(threads))
    return request if regions is None else request.within(regions)


def condition_row(info: PayloadInfo, given: Mapping[str, float]) -> NDArray[np.float32]:
    """Return cond (1, C) float32 from values by name; ConditionError for an unknown name or a value out of range.

    Values that are not given are the payload's defaults.
    """
    if not isinstance(given, Mapping):
        raise ConditionError(f"conditions: expected a mapping of names to numbers, got {given!r}")
    known = {condition.name: condition for condition in info.conditions}
    problems = []
    for name, value in given.items():
        if name not in known:
            hint = did_you_mean(str(name), known)
            takes = ", ".join(known) or "none"
            problems.append(
                f"conditions.{name}: {value!r} is given, but the payload does not know it (it knows: {takes}).{hint}"
            )
            continue
        entry = known[name]
        is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not is_number or not entry.low <= value <= entry.high:
            allowed = f"{entry.low:g} to {entry.high:g} {entry.unit}".strip()
            problems.append(f"conditions.{name}: {value!r} is out of the range of the payload (allowed: {allowed})")
    if problems:
        raise ConditionError("\n".join(problems))
    return np.array([[given.get(name, entry.default) for name, entry in known.items()]], np.float32)


def _chosen(sensors: Iterable[object], covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    chosen = parse_sensors(sensors)
    if not covered[chosen].all():
        missing = ", ".join(sensor_name(int(index)) for index in chosen if not covered[index])
        raise ConfigError(f"sensors: {missing} are not covered by the payload. Leave them out")
    wanted = np.zeros(N_SENSORS, np.bool_)
    wanted[chosen] = True
    return wanted


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
