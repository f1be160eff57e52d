"""Turn the electrons that pixels hold into digits: smearing, noise, pedestal, conversion, threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import DigitError
from pxdbkg.seeding import key_words

__all__ = ["read_out"]


def read_out(
    channel: NDArray[np.uint32],
    electrons: NDArray[np.float64],
    key: bytes,
    *,
    threshold_adu: int,
    electrons_per_adu: float,
    noise_electrons: float,
    pedestal_adu: float,
    pedestal_rms_adu: float,
    adc_max_adu: int,
    draw_class: int,
) -> tuple[Digits, NDArray[np.uint32]]:
    """Return the digits of pixels, in their order, and the index of the pixel of each digit.

    Parameters
    ----------
    channel : uint32 (n,), (sensor * 768 + v) * 250 + u
    electrons : float64 (n,), 0 to 1e15; smeared by the Poisson law up to 1000, above by a Gaussian
    key : 16 bytes of ``pxdbkg.seeding.event_key``; the draws of a pixel have the counters (draw_class, sensor,
        v * 250 + u)
    threshold_adu : 1..255, a pixel below it gives no digit
    electrons_per_adu : above 0
    noise_electrons : width of the electronic noise, 0 or more
    pedestal_adu, pedestal_rms_adu : mean and width of the pedestals, 0 or more; a pedestal is not below 0
    adc_max_adu : 0..65535, where the sum of charge and pedestal is clipped
    draw_class : 0..254

    The charge is floor(e / gain + pedestal + 1/2), clipped, less floor(pedestal + 1/2): the order of the basf2 PXD
    digitizer. Raises DigitError for values out of range.

    >>> no_noise = dict(electrons_per_adu=216.67, noise_electrons=0.0, pedestal_adu=100.0, pedestal_rms_adu=0.0)
    >>> channel, electrons = np.array([3, 251], np.uint32), np.array([10.0, 6500.0])
    >>> digits, index = read_out(
    ...     channel, electrons, bytes(16), threshold_adu=7, adc_max_adu=255, draw_class=2, **no_noise
    ... )
    >>> digits.u.tolist(), digits.v.tolist(), index.tolist()
    ([1], [1], [1])
    """
    constants = {
        "electrons_per_adu": electrons_per_adu,
        "noise_electrons": noise_electrons,
        "pedestal_adu": pedestal_adu,
        "pedestal_rms_adu": pedestal_rms_adu,
        "adc_max_adu": adc_max_adu,
        "threshold_adu": threshold_adu,
    }
    lowest = {"electrons_per_adu": 1e-6, "threshold_adu": 1}
    highest = {"threshold_adu": 255, "adc_max_adu": 65535}
    for name, value in constants.items():
        low, high = lowest.get(name, 0), highest.get(name, 1e9)
        if not low <= value <= high:
            raise DigitError(f"read_out: {name} {value} ({low:g} to {high:g})")
    if not 0 <= draw_class <= 254:
        raise DigitError(f"read_out: draw_class {draw_class} (0..254)")
    values = np.array([float(value) for value in constants.values()])
    columns, kept = _core.read_out(channel, electrons, values, np.array(key_words(key), np.uint32), draw_class + 1)
    return Digits(*columns), kept
