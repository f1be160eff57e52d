"""What a sample of events adds up to: fired pixels of each sensor and event, charge spectrum of each sensor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.errors import ArrayTypeError, DigitError

N_ADU = 256  # charges 0..255 of an 8-bit pixel
THRESHOLD_ADU = 7
PIXELS = N_U * N_V  # of one sensor


class Totals:
    """Digits of events, added up; takes 320 bytes an event, whatever its digits.

    Attributes
    ----------
    n_events : number of events so far
    charge_counts : int64 (40, 256), digits by sensor and charge in ADU; the last bin holds larger charges too, which
        overlay can make
    charge_sum_adu : int64 (40,), charge by sensor, ADU

    >>> column = lambda *values: np.array(values, "u2")
    >>> totals = Totals()
    >>> totals.add(Digits(np.array([0, 39], "u1"), column(1, 2), column(3, 4), column(9, 30)))
    >>> totals.n_events, totals.counts[0, 39], totals.mean_charge[39]
    (1, np.int64(1), np.float64(30.0))
    """

    def __init__(self) -> None:
        self.n_events = 0
        self.charge_counts = np.zeros((N_SENSORS, N_ADU), np.int64)
        self.charge_sum_adu = np.zeros(N_SENSORS, np.int64)
        self._rows = np.zeros((64, N_SENSORS), np.int64)

    def add(self, digits: Digits) -> None:
        """Add one event, its digits in any order."""
        self._reserve(self.n_events + 1)
        bins = digits.sensor.astype(np.int64) * N_ADU + np.minimum(digits.charge, N_ADU - 1)
        counts = np.bincount(bins, minlength=N_SENSORS * N_ADU).reshape(N_SENSORS, N_ADU)
        self._rows[self.n_events] = counts.sum(axis=1)
        self.charge_counts += counts
        # float64 holds every sum below 2^53 exactly
        self.charge_sum_adu += np.bincount(digits.sensor, digits.charge, N_SENSORS).astype(np.int64)
        self.n_events += 1

    def __add__(self, other: Totals) -> Totals:
        """Return the totals of the events of both, those of ``other`` last."""
        both = Totals()
        both._rows = np.concatenate([self.counts, other.counts])
        both.n_events = self.n_events + other.n_events
        both.charge_counts = self.charge_counts + other.charge_counts
        both.charge_sum_adu = self.charge_sum_adu + other.charge_sum_adu
        return both

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return the number of digits int64 (n_events, 40) of each event and sensor."""
        return self._rows[: self.n_events]

    @property
    def digits(self) -> NDArray[np.int64]:
        """Return the number of digits int64 (40,) of each sensor, over all events."""
        return np.asarray(self.charge_counts.sum(axis=1))

    @property
    def mean_occupancy(self) -> NDArray[np.float64]:
        """Return the mean share of fired pixels float64 (40,) of each sensor, 0..1."""
        return np.asarray(self.digits / (max(self.n_events, 1) * PIXELS))

    @property
    def occupancy_error(self) -> NDArray[np.float64]:
        """Return the standard error float64 (40,) of ``mean_occupancy`` from the spread of events, 0 below two."""
        if self.n_events < 2:
            return np.zeros(N_SENSORS)
        return np.asarray(self.counts.std(axis=0, ddof=1) / (math.sqrt(self.n_events) * PIXELS))

    @property
    def mean_charge(self) -> NDArray[np.float64]:
        """Return the mean charge of a digit float64 (40,) of each sensor, ADU, 0 where there is none."""
        return np.asarray(self.charge_sum_adu / np.maximum(self.digits, 1))

    @property
    def charge_pmf(self) -> NDArray[np.float64]:
        """Return the share of each charge float64 (256,) among all digits; all 0 when there is none."""
        return np.asarray(self.charge_counts.sum(axis=0) / max(int(self.charge_counts.sum()), 1))

    @property
    def fano(self) -> NDArray[np.float64]:
        """Return variance / mean float64 (40,) of the digits of an event; NaN for an empty sensor or one event."""
        if self.n_events < 2:
            return np.full(N_SENSORS, np.nan)
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts.var(axis=0, ddof=1) / self.counts.mean(axis=0))

    @property
    def fano_error(self) -> NDArray[np.float64]:
        """Return the standard error float64 (40,) of ``fano``, to first order in the spread of events; NaN likewise."""
        return np.asarray(self._fano_influence().std(axis=0)) / math.sqrt(max(self.n_events, 1))

    def mean_fano_error(self, sensors: NDArray[Any]) -> float:
        """Return the standard error of the mean of ``fano`` over sensors (s,), whose digits may be correlated."""
        return float(self._fano_influence()[:, sensors].mean(axis=1).std()) / math.sqrt(max(self.n_events, 1))

    def _fano_influence(self) -> NDArray[np.float64]:
        """Return how far each event (n_events, 40) pulls the Fano factor, times n_events: the delta method."""
        if self.n_events < 2:
            return np.full((1, N_SENSORS), np.nan)
        mean = self.counts.mean(axis=0)
        spread = self.counts - mean
        with np.errstate(invalid="ignore"):
            return np.asarray((spread**2 - self.fano * spread) / mean)

    @property
    def correlation(self) -> NDArray[np.float64]:
        """Return the correlation coefficients float64 (40, 40) of the counts; NaN where a sensor does not vary."""
        spread = self.counts - self.counts.sum(axis=0) / max(self.n_events, 1)
        covariance = spread.T @ spread
        width = np.sqrt(np.diag(covariance))
        with np.errstate(invalid="ignore"):
            return np.asarray(covariance / np.outer(width, width))

    def _reserve(self, n_events: int) -> None:
        if n_events > len(self._rows):
            rows = np.zeros((max(2 * len(self._rows), n_events), N_SENSORS), np.int64)
            rows[: self.n_events] = self.counts
            self._rows = rows


def kolmogorov_smirnov(one: NDArray[Any], other: NDArray[Any], *, first_adu: int = THRESHOLD_ADU) -> float:
    """Return the largest difference of the cumulative distributions of two charge spectra, 0..1.

    Parameters
    ----------
    one, other : counts or shares by charge (256,), at least 0; only their shape counts, not their sum
    first_adu : charges below are left out

    Raises ArrayTypeError for another shape, DigitError when one has nothing from ``first_adu`` on.

    >>> kolmogorov_smirnov(np.eye(256)[10], np.eye(256)[12])
    1.0
    """
    return float(np.abs(_cumulative(one, first_adu) - _cumulative(other, first_adu)).max())


def wasserstein_adu(one: NDArray[Any], other: NDArray[Any], *, first_adu: int = THRESHOLD_ADU) -> float:
    """Return the Wasserstein-1 distance of two charge spectra in ADU: the area between the cumulative distributions.

    Parameters and errors as for ``kolmogorov_smirnov``.

    >>> wasserstein_adu(np.eye(256)[10], np.eye(256)[12])
    2.0
    """
    return float(np.abs(_cumulative(one, first_adu) - _cumulative(other, first_adu)).sum())


def _cumulative(counts: NDArray[Any], first_adu: int) -> NDArray[np.float64]:
    if counts.shape != (N_ADU,):
        raise ArrayTypeError(f"charge spectrum: has shape {counts.shape}, expected ({N_ADU},)")
    kept = counts[first_adu:].astype(np.float64)
    if not kept.sum() > 0 or np.any(kept < 0):
        raise DigitError(f"charge spectrum: nothing, or less than nothing, from {first_adu} ADU on")
    return np.asarray(np.cumsum(kept) / kept.sum())
