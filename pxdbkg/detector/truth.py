"""Where each digit of simulated background comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns

TRUTH_COLUMNS: dict[str, np.dtype[Any]] = {
    "source": np.dtype("u1"),
    "particle": np.dtype("<i4"),
}
NO_SOURCE = 255  # electronic noise, or a hit that names no particle


@dataclass(frozen=True, eq=False, slots=True)
class DigitTruth(Columns):
    """Origin of the digits of one collection, entry by entry: of several particles the one with most charge.

    Attributes
    ----------
    source : uint8 (n,), number of the background source, 255 where there is none
    particle : int32 (n,), number of the particle in its event, -1 where there is none
    """

    source: NDArray[np.uint8]
    particle: NDArray[np.int32]

    dtypes: ClassVar[dict[str, np.dtype[Any]]] = TRUTH_COLUMNS
