"""Charge spectra of single clusters, by sensor, from what is known of the sum over sensors and overlaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pxdbkg.kernels.random import exp

Spectrum = NDArray[np.float64]
N_BINS = 256
_TOLERANCE = 1e-12


def tilted_spectra(total: Spectrum, means: Spectrum, weights: Spectrum) -> Spectrum:
    """Return spectra (s, 256) of the given means whose weighted sum is the total.

    Parameters
    ----------
    total : (256,), probabilities by ADU
    means : (s,), mean charge of each sensor, ADU
    weights : (s,), share of the digits of each sensor

    Each is the same base times exp(theta_s * charge), the exponential tilt of Esscher (Skandinavisk Aktuarietidskrift
    15 (1932) 175). Base and tilts are found in turn, as in iterative proportional fitting. The means are first scaled
    by one common factor so that their weighted sum is the mean of the total.
    """
    adu = np.arange(N_BINS, dtype=np.float64)
    weights = weights / weights.sum()
    means = means * ((total @ adu) / (weights @ means))
    base = total.copy()
    theta = np.zeros(len(means))
    for _ in range(200):
        for _ in range(20):
            spectra = base * exp((theta[:, None] * adu).ravel()).reshape(len(means), N_BINS)
            spectra /= spectra.sum(axis=1, keepdims=True)
            found = spectra @ adu
            theta += (means - found) / (spectra @ adu**2 - found**2)  # Newton: the derivative of a mean is the variance
            if np.abs(found - means).max() < _TOLERANCE:
                break
        summed = weights @ spectra
        filled = summed > 0
        base[filled] *= total[filled] / summed[filled]
        if np.abs(summed - total).max() < _TOLERANCE:
            break
    return spectra


def without_overlaps(spectrum: Spectrum, density: float) -> Spectrum:
    """Return the spectrum (256,) of one cluster pixel, given that of the fired pixels.

    Parameters
    ----------
    spectrum : (256,), probabilities by ADU of pixels hit once or more, charges added and clipped at 255
    density : mean number of hits of a pixel; the number of hits follows a Poisson law

    Solves p = (fired spectrum - share of pixels hit twice or thrice) / share hit once by iteration; negative values,
    which occur where the spectrum ends, become 0.
    """
    single = spectrum.copy()
    once = density  # shares of pixels hit once, twice, thrice, up to a common factor
    for _ in range(50):
        twice = _clipped_sum(single, single)
        thrice = _clipped_sum(twice, single)
        fired = once + once**2 / 2 + once**3 / 6
        following = np.clip(fired * spectrum - once**2 / 2 * twice - once**3 / 6 * thrice, 0, None)
        following /= following.sum()
        change = np.abs(following - single).max()
        single = following
        if change < _TOLERANCE:
            break
    return single


def alias_entries(spectrum: Spectrum) -> NDArray[np.int32]:
    """Return the alias table (256,) of a spectrum (256,), packed as ``families.baseline.Baseline`` reads it.

    Cell i, chosen by 8 bits, gives i with a probability of 16 bits and else its alias (A. J. Walker, ACM TOMS 3 (1977)
    253; built in the order of M. D. Vose, IEEE Trans. Softw. Eng. 17 (1991) 972).
    """
    scaled = spectrum / spectrum.sum() * N_BINS
    keep, alias = np.ones(N_BINS), np.arange(N_BINS)
    small = [i for i in range(N_BINS) if scaled[i] < 1]
    large = [i for i in range(N_BINS) if scaled[i] >= 1]
    left = scaled.copy()
    while small and large:
        low, high = small.pop(), large[-1]
        keep[low], alias[low] = left[low], high
        left[high] -= 1 - left[low]
        if left[high] < 1:
            small.append(large.pop())
    probability = np.clip(np.floor(keep * 65536 + 0.5), 0, 65536).astype(np.int64)
    return ((alias - np.arange(N_BINS)) * 131072 + 65536 - probability).astype(np.int32)


def _clipped_sum(first: Spectrum, second: Spectrum) -> Spectrum:
    summed = np.convolve(first, second)
    clipped = summed[:N_BINS].copy()
    clipped[-1] += summed[N_BINS:].sum()
    return clipped
