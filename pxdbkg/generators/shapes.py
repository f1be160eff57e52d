"""A dictionary of cluster shapes, made by formula: what the null model places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_SHAPES = 32  # of each size; all equally likely
_ALONG_V = 20  # of them long in v, as tracks at small angles to the beam are
_COMPACT = 8


def cluster_shapes(size: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return du, dv (32, size) of 32 connected shapes of ``size`` pixels, their lowest du and dv 0.

    20 follow a straight line along v with slopes du/dv from -0.475 to 0.475, 8 fill a box that is about square, 4
    follow a line along u. Lines of more than four pixels are one or two pixels wide in turn. The choice is ours; no
    measured dictionary is public.

    >>> du, dv = cluster_shapes(3)
    >>> du.shape, du[10].tolist(), dv[10].tolist()
    ((32, 3), [0, 0, 0], [0, 1, 2])
    """
    du, dv = np.empty((N_SHAPES, size), np.int16), np.empty((N_SHAPES, size), np.int16)
    for number in range(N_SHAPES):
        width = 2 if size > 4 and number % 2 else 1
        if number < _ALONG_V:
            across, along = _line(size, width, (number - (_ALONG_V - 1) / 2) / 20)
        elif number < _ALONG_V + _COMPACT:
            wide = int(np.ceil(np.sqrt(size))) + number % 2
            along, across = np.divmod(np.arange(size), wide)
            across = across + along * (number // 2 % 2)
        else:
            along, across = _line(size, width, (number - (N_SHAPES - 2.5)) / 4)
        du[number], dv[number] = across - across.min(), along - along.min()
    return du, dv


def _line(size: int, width: int, slope: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return steps across and along a line; consecutive ones touch, as |slope| < 1."""
    along, side = np.divmod(np.arange(size), width)
    return np.floor(along * slope + 0.5).astype(np.int64) + side, along


def pixels_inside(
    du: NDArray[np.int16], dv: NDArray[np.int16], spans: tuple[int, int], edges: tuple[int, int]
) -> tuple[float, float]:
    """Return mean and mean square of the number of pixels inside the sensor, over shapes and positions.

    Parameters
    ----------
    du, dv : (shapes, size)
    spans : positions of the origin in u and v: those from which any pixel can be inside
    edges : pixels of the sensor in u and v

    A pair of pixels that are a apart in u and b in v is inside for (edges_u - a)(edges_v - b) of the positions.
    """
    apart_u = np.abs(du[:, :, None].astype(np.int64) - du[:, None, :])
    apart_v = np.abs(dv[:, :, None].astype(np.int64) - dv[:, None, :])
    both = np.clip(edges[0] - apart_u, 0, None) * np.clip(edges[1] - apart_v, 0, None) / (spans[0] * spans[1])
    alone = edges[0] * edges[1] / (spans[0] * spans[1])
    return du.shape[1] * alone, float(both.sum(axis=(1, 2)).mean())
