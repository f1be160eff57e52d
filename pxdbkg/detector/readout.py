"""How the pixels of a sensor are read out: gates of four rows, and drain lines.

The 768 rows are read four at a time, in 192 gates; each of the 250 columns has four drain lines, one for each row of a
gate (basf2, PXDGatedModeInfo and PXDDeadPixelPar).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pxdbkg.detector.digits import N_U, N_V

ROWS_OF_A_GATE = 4
N_GATES = N_V // ROWS_OF_A_GATE  # 192
N_DRAINS = N_U * ROWS_OF_A_GATE  # 1000
FRAME_US = 20.0  # all gates once; a gate integrates for as long


def gate(v: ArrayLike) -> NDArray[np.uint8]:
    """Return the gate v // 4, 0..191, of rows v 0..767.

    >>> gate([0, 3, 4, 767]).tolist()
    [0, 0, 1, 191]
    """
    return (np.asarray(v) // ROWS_OF_A_GATE).astype(np.uint8)


def drain(u: ArrayLike, v: ArrayLike) -> NDArray[np.uint16]:
    """Return the drain line 4 u + v mod 4, 0..999, of pixels with column u 0..249 and row v 0..767.

    >>> drain([0, 1, 249], [5, 4, 767]).tolist()
    [1, 4, 999]
    """
    line: NDArray[np.int64] = np.asarray(u, np.int64) * ROWS_OF_A_GATE + np.asarray(v, np.int64) % ROWS_OF_A_GATE
    return line.astype(np.uint16)
