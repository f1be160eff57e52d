"""Connected groups of digits, and their properties."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.kernels.overlay import digit_columns


def label(digits: Digits) -> tuple[NDArray[np.int32], int]:
    """Return the cluster of each digit, and the number of clusters.

    Pixels that touch along a side or at a corner belong together (8 neighbours, as in basf2's PXDClusterizer). Labels
    int32 (n,) start from 0 and follow the first digit of each cluster.

    Parameters
    ----------
    digits : sorted, one entry a pixel

    Raises DigitError for digits that are not sorted or lie outside the detector.
    """
    return _core.label(digit_columns(digits))


def cluster_properties(
    digits: Digits,
    labels: NDArray[np.int32],
    n_clusters: int,
    u_mm: NDArray[np.float64],
    v_mm: NDArray[np.float64],
) -> Clusters:
    """Return position, charge and extent of each cluster, row k for label k.

    The position is the mean of the pixel centres weighted with charge; without any charge the plain mean.

    Parameters
    ----------
    digits : n digits inside the detector
    labels : int32 (n,), 0..n_clusters - 1, each used, none on two sensors; see ``label``
    n_clusters : number of clusters
    u_mm : float64 (250,), centres of the columns in the local frame, mm
    v_mm : float64 (40, 768), centres of the rows of each sensor, mm

    Raises DigitError for values that break these rules, ArrayTypeError for other dtypes and shapes.
    """
    return Clusters(*_core.cluster_properties(digit_columns(digits), labels, n_clusters, u_mm, v_mm))
