"""The parameter ``masks`` of the modules that drop pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pxdbkg.detector.masks import PixelMask
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Problem

DOC = "pixels to drop: {sensors: [1.1.1], rows: {1.1.1: [v]}, drains: {1.1.1: [d]}, pixels: {1.1.1: [[u, v]]}}"


def make_mask(masks: Mapping[str, Any]) -> PixelMask | None:
    """Return the mask that a parameter describes, None when it names no pixel; ConfigError with all faults."""
    mask = PixelMask.from_mapping(masks, "masks")
    return mask if mask.n_masked else None


def mask_problems(masks: Mapping[str, Any]) -> list[Problem]:
    """Return the faults of a parameter, each with the keys that lead to it."""
    try:
        make_mask(masks)
    except ConfigError as error:
        parts = [line.partition(": ") for line in error.problems]
        return [Problem(place, message) for place, _, message in parts]
    return []
