"""Widths of pulls from counts, distances of Gaussians, and the track parameters of a particle.

All take many samples at once, so that a bootstrap is one call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CORE = 2.5  # half the width of the core, in units of its standard deviation
# Variance of a standard Gaussian law cut off at +-CORE: 1 - 2 c phi(c) / (2 Phi(c) - 1).
CUT_VARIANCE = 0.9112563609


def core(counts: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (m,) of the Gaussian core of histograms.

    Parameters
    ----------
    counts : float64 (m, bins)
    edges : float64 (bins + 1,), evenly spaced, fine against the widths

    The fit with the largest likelihood to what lies within +-2.5 standard deviations of the mean: mean and variance in
    that window are those of a Gaussian law cut off there. Found by repeating. NaN where there is nothing to fit.

    >>> from scipy.stats import norm
    >>> edges = np.linspace(-8, 8, 401)
    >>> counts = np.diff(norm.cdf(edges, 0.1, 0.8))[None] * 1e4 + 2
    >>> [round(float(value[0]), 2) for value in core(counts, edges)]
    [0.1, 0.81]
    """
    step = edges[1] - edges[0]
    centre = (edges[:-1] + edges[1:]) / 2
    powers = np.stack([counts, counts * centre, counts * (centre * centre + step * step / 12)])
    sums = np.concatenate([np.zeros((3, len(counts), 1)), np.cumsum(powers, axis=2)], axis=2)
    rows = np.arange(len(counts))

    def below(x: Floats) -> Floats:
        at = np.clip((x - edges[0]) / step, 0, len(centre))
        low = np.minimum(at.astype(np.int64), len(centre) - 1)
        part = at - low
        return np.asarray(sums[:, rows, low] * (1 - part) + sums[:, rows, low + 1] * part)

    def window(mean: Floats, width: Floats) -> tuple[Floats, Floats]:
        n, first, second = below(mean + CORE * width) - below(mean - CORE * width)
        n = np.where(n > 0, n, np.nan)
        middle = first / n
        return np.nan_to_num(middle), np.nan_to_num(np.sqrt(np.maximum(second / n - middle**2, 0) / CUT_VARIANCE))

    total = np.maximum(sums[0][:, -1:], 1.0)
    mean = edges[0] + step * (sums[0] < 0.5 * total).sum(axis=1)
    width = step * ((sums[0] < 0.8413 * total) & (sums[0] >= 0.1587 * total)).sum(axis=1) / 2
    for _ in range(25):
        (_, one), (mean, two) = (first := window(mean, width)), window(*first)
        near, ahead = one - width, two - one
        # Tails make it slow, so the geometric series of the steps is summed (Aitken) where it is one.
        falls = (np.abs(ahead) < 0.95 * np.abs(near)) & (near * ahead > 0)
        width = two + np.where(falls, ahead * ahead / np.where(falls, near - ahead, 1.0), 0.0)
        if np.all(np.abs(near) < 1e-5):
            break
    return np.where(width > 0, mean, np.nan), np.where(width > 0, width, np.nan)


def frechet(mean_a: Floats, cov_a: Floats, mean_b: Floats, cov_b: Floats) -> Floats:
    """Return the squared 2-Wasserstein distances (m,) of Gaussian laws, which are the Frechet distances.

    Parameters
    ----------
    mean_a, mean_b : float64 (m, k)
    cov_a, cov_b : float64 (m, k, k), positive semi-definite

    |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_b^1/2 C_a C_b^1/2)^1/2): Dowson and Landau, J. Multivariate Anal. 12 (1982) 450.

    >>> one, zero = np.eye(2)[None], np.zeros((1, 2))
    >>> frechet(zero, one, zero + [3.0, 0.0], 4 * one).tolist()
    [11.0]
    """
    values, vectors = np.linalg.eigh(cov_b)
    root = np.einsum("nij,nj,nkj->nik", vectors, np.sqrt(np.maximum(values, 0)), vectors)
    inner = np.linalg.eigvalsh(root @ cov_a @ root)
    trace = np.trace(cov_a, axis1=1, axis2=2) + np.trace(cov_b, axis1=1, axis2=2)
    apart = np.sum((mean_a - mean_b) ** 2, axis=1)
    return np.asarray(apart + trace - 2 * np.sqrt(np.maximum(inner, 0)).sum(axis=1))


def perigee(position_mm: Floats, direction: Floats, momentum_GeV: Floats, charge: Floats, field_T: float) -> Floats:
    """Return d0, z0, mm; phi, theta, rad; charge over momentum, 1/GeV: (n, 5), at the point nearest to the beam axis.

    Parameters
    ----------
    position_mm : float64 (n, 3), on the helix, less than half a turn from that point
    direction : float64 (n, 3), unit vectors there
    momentum_GeV, charge : float64 (n,)
    field_T : along z, not 0

    d0 = -x sin(phi) + y cos(phi), as ACTS counts it.

    >>> ahead = np.array([[1.0, 0.0, 0.0]])
    >>> perigee(np.array([[0.0, 0.02, 0.5]]), ahead, np.array([1.0]), np.array([1.0]), 1.5).round(6)[0, :2].tolist()
    [0.02, 0.5]
    """
    x, y, z = position_mm.T
    phi, across = np.arctan2(direction[:, 1], direction[:, 0]), np.hypot(direction[:, 0], direction[:, 1])
    bend = -0.299792458e-3 * field_T * charge / (momentum_GeV * across)
    cx, cy = x - np.sin(phi) / bend, y + np.cos(phi) / bend  # centre of the circle
    sign = np.sign(bend)
    turned = np.arctan2(-sign * cx, sign * cy)
    turn = (turned - phi + np.pi) % (2 * np.pi) - np.pi
    d0 = sign * np.hypot(cx, cy) - 1 / bend
    z0 = z + turn / bend * direction[:, 2] / across
    return np.stack([d0, z0, turned, np.arctan2(across, direction[:, 2]), charge / momentum_GeV], axis=1)
