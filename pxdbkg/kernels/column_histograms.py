"""Histograms of the columns of a table, for sliced distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core


def column_histograms(values: NDArray[np.float32], low: float, high: float, bins: int) -> NDArray[np.int64]:
    """Return the histogram of each column int64 (columns, bins), bins of equal width.

    Parameters
    ----------
    values : float32 (rows, columns), no NaN
    low, high : range of the bins, within +-1e9; values outside fall into the first and the last bin
    bins : 1..4096

    Raises DigitError for values that break these rules, ArrayTypeError for another dtype or shape.

    >>> column_histograms(np.array([[1.0, 0.0], [0.0, 9.0]], "f4"), 0.0, 4.0, 4).tolist()
    [[1, 1, 0, 0], [1, 0, 0, 1]]
    """
    return _core.column_histograms(values, low, high, bins)
