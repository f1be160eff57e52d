"""Compare a sample with published statistics, number by number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor, sensor_name, side_of_sensor
from pxdbkg.detector.totals import PIXELS, Totals, kolmogorov_smirnov, wasserstein_adu
from pxdbkg.io.published import Published, PublishedSample

OCCUPANCY_LIMIT_PERCENT = 2.0
CHARGE_LIMIT_PERCENT = 2.0
FANO_LIMIT_PERCENT = 10.0
KS_LIMIT = 0.02
WASSERSTEIN_LIMIT_ADU = 0.4
_LAYERS = (1, 2)
_NEIGHBOURS = slice(245, 255)  # the charges next to the last one, 255 ADU


@dataclass(frozen=True)
class Observable:
    """One number of a sample, and what it is compared with.

    Attributes
    ----------
    name, unit : what it is; the unit is empty for a pure number
    value : of the sample
    error : its standard error from the spread of events; None where it is not known
    published : the same number of the full simulation; None where none was published
    generator : the same number of the published generator (IEA-GAN); None where none was published
    difference_percent : (value / published - 1) * 100; None without a published number
    limit : largest allowed ``value``, or with ``limit_percent`` the largest allowed difference; None when it is free
    passed : whether the limit holds; None when there is none
    """

    name: str
    unit: str
    value: float
    error: float | None = None
    published: float | None = None
    generator: float | None = None
    limit: float | None = None
    limit_percent: float | None = None

    @property
    def difference_percent(self) -> float | None:
        """Return the relative difference to the published number, percent."""
        return 100.0 * (self.value / self.published - 1.0) if self.published else None

    @property
    def passed(self) -> bool | None:
        """Return whether the limit holds, None when there is none."""
        if self.limit is not None:
            return self.value <= self.limit
        difference = self.difference_percent
        if self.limit_percent is not None and difference is not None:
            return abs(difference) <= self.limit_percent
        return None


def observables(totals: Totals, published: Published | None) -> list[Observable]:
    """Return the numbers of a sample of at least one digit, compared with published ones if there are any."""
    found = [
        *_occupancy(totals, published),
        *_charge(totals, published),
        *_fano(totals, published),
        *_shape(totals, published),
        *_correlation(totals),
    ]
    return [one for one in found if math.isfinite(one.value)]


def _occupancy(totals: Totals, published: Published | None) -> Iterator[Observable]:
    per_event = totals.counts.sum(axis=1)
    error = float(per_event.std(ddof=1)) / math.sqrt(totals.n_events) if totals.n_events > 1 else None
    mean, other, generator = (
        None if one is None else float(one.mean_occupancy.sum()) * PIXELS
        for one in (totals, published, _gan(published))
    )
    yield Observable("digits an event", "", mean or 0.0, error, other, generator)
    if published is None:
        return
    gan = _gan(published)
    for name, pick in (("mean of 40", np.mean), ("worst of 40", np.max)):
        values = [
            None if one is None else float(pick(_differences(one.mean_occupancy, published.mean_occupancy)))
            for one in (totals, gan)
        ]
        limit = OCCUPANCY_LIMIT_PERCENT if name.startswith("worst") else None
        suffix = ""
        if limit is not None:
            worst = int(np.argmax(_differences(totals.mean_occupancy, published.mean_occupancy)))
            suffix = f" ({sensor_name(worst)})"
            error = float(totals.occupancy_error[worst] / published.mean_occupancy[worst]) * 100 or None
        else:
            error = None
        yield Observable(f"occupancy off by, {name}{suffix}", "%", values[0] or 0.0, error, None, values[1], limit)


def _charge(totals: Totals, published: Published | None) -> Iterator[Observable]:
    if published is not None:
        counts, gan, first = totals.charge_counts.sum(axis=0), _gan(published), published.threshold
        for name, unit, distance, limit in (
            ("charge spectrum, Kolmogorov-Smirnov", "", kolmogorov_smirnov, KS_LIMIT),
            ("charge spectrum, Wasserstein-1", "ADU", wasserstein_adu, WASSERSTEIN_LIMIT_ADU),
        ):
            generator = None if gan is None else distance(gan.charge_counts, published.charge_counts, first_adu=first)
            value = distance(counts, published.charge_counts, first_adu=first)
            yield Observable(name, unit, value, None, None, generator, limit)
    values = [None if one is None else _excess(spectrum) for one, spectrum in _spectra(totals, published)]
    yield Observable("255 ADU over mean of 245..254 ADU", "", values[0] or 0.0, None, values[1], values[2])
    for layer in _LAYERS:
        here = layer_of_sensor == layer
        mean = float(totals.charge_sum_adu[here].sum() / max(int(totals.digits[here].sum()), 1))
        other = None if published is None else _weighted(published.mean_charge, published.mean_occupancy, here)
        yield Observable(f"mean charge, layer {layer}", "ADU", mean, None, other)
    if published is not None:
        off = _differences(totals.mean_charge, published.mean_charge)
        name = f"mean charge off by, worst of 40 ({sensor_name(int(np.argmax(off)))})"
        yield Observable(name, "%", float(off.max()), limit=CHARGE_LIMIT_PERCENT)


def _fano(totals: Totals, published: Published | None) -> Iterator[Observable]:
    gan = _gan(published)
    for layer in _LAYERS:
        of_sensors = totals.fano[layer_of_sensor == layer]
        if np.all(np.isnan(of_sensors)):
            continue
        value = float(np.nanmean(of_sensors))
        error = totals.mean_fano_error(np.flatnonzero((layer_of_sensor == layer) & np.isfinite(totals.fano)))
        other, generator = (None if one is None else float(one.fano[layer - 1]) for one in (published, gan))
        yield Observable(
            f"Fano factor, layer {layer}", "", value, error, other, generator, limit_percent=FANO_LIMIT_PERCENT
        )


def _shape(totals: Totals, published: Published | None) -> Iterator[Observable]:
    """Yield what the published occupancies show of the sources: fall with radius, sides, waves around the beam."""
    samples = [None if one is None else one.mean_occupancy for one in (totals, published, _gan(published))]
    radius_mm = nominal().radius_mm
    steps = math.log(radius_mm[-1] / radius_mm[0])

    def fall(occupancy: NDArray[np.float64]) -> float:
        layers = [float(occupancy[layer_of_sensor == layer].mean()) for layer in _LAYERS]
        return math.log(layers[0] / layers[1]) / steps if min(layers) > 0 else math.nan

    def side(occupancy: NDArray[np.float64], layer: int) -> float:
        forward, backward = (
            float(occupancy[(layer_of_sensor == layer) & (side_of_sensor == n)].mean()) for n in (1, 2)
        )
        return forward / backward if backward > 0 else math.nan

    def wave(occupancy: NDArray[np.float64], layer: int, order: int) -> float:
        ladders = occupancy[layer_of_sensor == layer].reshape(-1, 2).mean(axis=1)
        return 200.0 * float(abs(np.fft.fft(ladders)[order]) / ladders.sum()) if ladders.sum() > 0 else math.nan

    values = [None if one is None else fall(one) for one in samples]
    yield Observable("fall with radius, n of r^-n", "", values[0] or math.nan, None, values[1], values[2])
    for layer in _LAYERS:
        values = [None if one is None else side(one, layer) for one in samples]
        name = f"forward / backward, layer {layer}"
        yield Observable(name, "", values[0] or math.nan, None, values[1], values[2])
    for layer in _LAYERS:
        for order in (1, 2):
            values = [None if one is None else wave(one, layer, order) for one in samples]
            name = f"{'one' if order == 1 else 'two'}-fold wave in phi, layer {layer}"
            yield Observable(name, "%", values[0] or 0.0, None, values[1], values[2])


def _correlation(totals: Totals) -> Iterator[Observable]:
    correlation = totals.correlation
    other = ~np.eye(len(correlation), dtype=bool)
    layers = layer_of_sensor[:, None], layer_of_sensor[None, :]
    number = np.arange(len(correlation)) // 2
    ladder = number[:, None] == number[None, :]
    blocks = {
        "two sensors of a ladder": ladder & other,
        "layer 1, other ladders": (layers[0] == 1) & (layers[1] == 1) & ~ladder,
        "layer 2, other ladders": (layers[0] == 2) & (layers[1] == 2) & ~ladder,
        "layer 1 and layer 2": layers[0] != layers[1],
    }
    for name, block in blocks.items():
        values = correlation[block]
        if totals.n_events > 2 and not np.all(np.isnan(values)):
            yield Observable(f"correlation of digits, {name}", "", float(np.nanmean(values)))


def _gan(published: Published | None) -> PublishedSample | None:
    return None if published is None else published.iea_gan


def _spectra(totals: Totals, published: Published | None) -> list[tuple[object | None, NDArray[np.int64]]]:
    """Return the charge spectra of the three samples, each after the sample, which may be None."""
    none = np.zeros_like(totals.charge_counts[0])
    return [
        (totals, totals.charge_counts.sum(axis=0)),
        *((one, none if one is None else one.charge_counts) for one in (published, _gan(published))),
    ]


def _excess(spectrum: NDArray[np.int64]) -> float:
    """Return the last bin over the mean of those before it; 0 when these are empty."""
    before = float(spectrum[_NEIGHBOURS].mean())
    return float(spectrum[-1]) / before if before else 0.0


def _differences(values: NDArray[np.float64], published: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(100.0 * np.abs(values / published - 1.0))


def _weighted(values: NDArray[np.float64], weights: NDArray[np.float64], here: NDArray[np.bool_]) -> float:
    return float(values[here] @ weights[here] / weights[here].sum())
