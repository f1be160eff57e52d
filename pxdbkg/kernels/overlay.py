"""Merge background into signal digits; sort, merge and mask digits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.masks import PixelMask


class OverlayCounts(NamedTuple):
    """What ``overlay`` did, in digits.

    Attributes
    ----------
    signal, background : given
    masked : background digits that the mask dropped
    shared : pixels with both, whose charges were added
    clipped : above ``max_charge``
    total : of the result
    """

    signal: int
    background: int
    masked: int
    shared: int
    clipped: int
    total: int


class SortCounts(NamedTuple):
    """What ``sort_digits`` did, in digits.

    Attributes
    ----------
    input : given
    outside : dropped because the detector has no such pixel
    masked : dropped by the mask
    merged : added to another digit of the same pixel
    total : of the result
    """

    input: int
    outside: int
    masked: int
    merged: int
    total: int


def overlay(
    signal: Digits, background: Digits, *, mask: PixelMask | None = None, max_charge: int | None = None
) -> tuple[Digits, OverlayCounts]:
    """Return signal with background, sorted; the charges of one pixel are added, as basf2 does.

    Parameters
    ----------
    signal, background : sorted digits, one entry a pixel
    mask : background digits on these pixels are dropped; signal stays
    max_charge : digits above this charge are set to it, 1..65535 ADU; None leaves them

    Raises DigitError for digits that are not sorted or lie outside the detector, and for a sum above 65535 ADU when
    ``max_charge`` is None; ArrayTypeError for columns that are not contiguous.

    >>> one = Digits(*(np.array([x], t) for x, t in ((0, "u1"), (1, "u2"), (2, "u2"), (9, "u2"))))
    >>> total, counts = overlay(one, one)
    >>> total.charge.tolist(), counts.shared
    ([18], 1)
    """
    columns, counts = _core.overlay(digit_columns(signal), digit_columns(background), _bits(mask), max_charge)
    return Digits(*columns), OverlayCounts(*counts)


def sort_digits(
    digits: Digits, *, mask: PixelMask | None = None, merge: bool = True, trim: bool = True
) -> tuple[Digits, SortCounts]:
    """Return digits in the order (sensor, v, u) that the other kernels and basf2's clusterizer need.

    Parameters
    ----------
    digits : in any order
    mask : digits on these pixels are dropped
    merge : add the charges of digits of one pixel; else they all stay, in the order given
    trim : drop digits outside the detector; else they are an error

    Raises DigitError when merged charges exceed 65535 ADU, or for a digit outside the detector without ``trim``.
    """
    columns, counts = _core.sort_digits(digit_columns(digits), _bits(mask), merge, trim)
    return Digits(*columns), SortCounts(*counts)


def apply_mask(digits: Digits, mask: PixelMask) -> Digits:
    """Return the digits that are not masked, in the order given."""
    return digits.select(~mask.is_masked(digits))


def digit_columns(digits: Digits) -> _core.DigitColumns:
    """Return the columns as the tuple that the compiled kernels take."""
    return digits.sensor, digits.u, digits.v, digits.charge


def _bits(mask: PixelMask | None) -> NDArray[np.uint8] | None:
    return None if mask is None else mask.bits
