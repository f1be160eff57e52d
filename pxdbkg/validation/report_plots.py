"""Which plots and maps the report has, and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.ids import layer_of_sensor, side_of_sensor
from pxdbkg.detector.totals import PIXELS
from pxdbkg.validation.blocks import BLOCKS
from pxdbkg.validation.heat_maps import correlation_map, detector_map
from pxdbkg.validation.plots_report import Curve, Spectra, draw_histogram, draw_sensors, draw_spectra
from pxdbkg.validation.result import Side

Floats = NDArray[np.float64]
_LAYERS, _ALL = ("layer 1", "layer 2"), ("",)
_EVENT_BINS = 40
_REACH_SIGMA = 5.0
_FORWARD = side_of_sensor == 1


@dataclass(frozen=True)
class Plot:
    """A plot of the report.

    Attributes
    ----------
    group : of observables that it belongs to
    caption : what it shows, HTML
    svg : the picture
    """

    group: str
    caption: str
    svg: str


def plots(reference: Side, candidate: Side) -> Iterator[Plot]:
    """Yield all plots of a comparison, in the order of the groups of observables."""
    yield from _of_sensors(reference, candidate)
    yield from _of_events(reference, candidate)
    for one in _SPECTRA:
        yield one.plot(reference, candidate)
    yield from _maps(reference, candidate)


def _layers_of_groups(sums: Floats) -> Floats:
    """Add forward and backward: (units, 4, n) -> (units, 2, n)."""
    return np.asarray(sums.reshape(len(sums), 2, 2, -1).sum(axis=2))


def _rings(sums: Floats) -> Floats:
    """Add forward and backward, and divide by the area of the ring that each bin of distances is, mm^2."""
    edges = np.asarray(BLOCKS["pair_distance"].axes[-1].edges)
    return _layers_of_groups(sums) / (np.pi * np.diff(edges**2))


def _sensors(chosen: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Add up the chosen sensors of each layer: (units, 40, ...) -> (units, 2, n)."""

    def add(sums: Floats) -> Floats:
        sums = sums.reshape(len(sums), N_SENSORS, -1)
        return np.stack([sums[:, chosen & (layer_of_sensor == layer)].sum(axis=1) for layer in (1, 2)], axis=1)

    return add


def _keep_one(axis: int) -> Callable[[Floats], Floats]:
    """Keep one axis of a block, and add up the others."""

    def add(sums: Floats) -> Floats:
        others = tuple(number for number in range(1, sums.ndim) if number != axis + 1)
        return np.asarray(sums.sum(axis=others)[:, None])

    return add


def _keep(axis: int) -> Callable[[Floats], Floats]:
    """Keep the first axis, the layers, and one more."""

    def add(sums: Floats) -> Floats:
        others = tuple(number for number in range(2, sums.ndim) if number != axis + 1)
        return np.asarray(sums.sum(axis=others))

    return add


@dataclass(frozen=True)
class _Spectrum:
    """How a block of the sums over events becomes a plot."""

    block: str
    title: str
    y_label: str
    group: str
    add: Callable[[Floats], Floats] = _layers_of_groups
    axis: int = -1
    log: bool = True
    parts: tuple[str, ...] = _LAYERS
    x_label: str = ""

    def plot(self, reference: Side, candidate: Side) -> Plot:
        axis = BLOCKS[self.block].axes[self.axis]
        names = tuple(axis.categories or ())
        edges: Floats = np.arange(len(names) + 1, dtype=np.float64) - 0.5 if names else _drawn(axis.edges)
        curves = [mean_and_error(side.units, self.block, self.add) for side in (reference, candidate)]
        label = self.x_label or ("" if names else f"{axis.name} [{axis.unit}]" if axis.unit else axis.name)
        spectra = Spectra(edges, curves[0], curves[1], self.parts, label, self.y_label, names)
        name = f"{self.block}{self.axis}{self.title}"
        return Plot(self.group, self.title, draw_spectra(spectra, name, self.title, log=self.log))


def _drawn(edges: tuple[float, ...]) -> Floats:
    """Return the borders of bins where they are drawn: those without end are cut, and none is 0 on a long scale."""
    drawn = np.array(edges, np.float64)
    drawn[-1] = min(drawn[-1], drawn[-2] + 3 * (drawn[-2] - drawn[-3]))
    if drawn[0] == 0 and drawn[-1] - drawn[-2] > 5 * (drawn[2] - drawn[1]):
        drawn[0] = drawn[1] ** 2 / drawn[2]
    return drawn


def mean_and_error(units: Any, block: str, add: Callable[[Floats], Floats]) -> Curve:
    """Return the mean over events of something linear in a block, and its standard error from the spread of units.

    Parameters
    ----------
    units : sums over units of events (``validation/units.py``)
    block : name of the block
    add : float64 (units, *shape of the block) -> (units, ...)
    """
    sums = units.sums[block].astype(np.float64)
    values = add(sums.reshape(len(sums), *BLOCKS[block].shape))
    events = np.asarray(units.events, np.float64).reshape(-1, *[1] * (values.ndim - 1))
    mean = values.sum(axis=0) / events.sum()
    if len(values) < 2:
        return Curve(mean, np.zeros(mean.shape))
    spread = ((values - events * mean) ** 2).sum(axis=0) * len(values) / (len(values) - 1)
    return Curve(mean, np.sqrt(spread) / events.sum())


_EVERY = np.ones(N_SENSORS, bool)
_CLUSTERS, _PAIRS = "clusters an event", "pairs an event and bin"
_SPECTRA = (
    _Spectrum("charge", "Charge of a digit", "digits an event and bin", "charge"),
    _Spectrum("u_profile", "Digits along u", "digits an event", "profiles", _sensors(_EVERY), log=False),
    _Spectrum("v_profile", "Digits along v, forward", "digits an event", "profiles", _sensors(_FORWARD), log=False),
    _Spectrum("v_profile", "Digits along v, backward", "digits an event", "profiles", _sensors(~_FORWARD), log=False),
    _Spectrum("cluster_charge", "Charge of a cluster", _CLUSTERS, "clusters"),
    _Spectrum("seed_charge", "Largest charge in a cluster", _CLUSTERS, "clusters"),
    _Spectrum("size", "Pixels of a cluster", _CLUSTERS, "clusters"),
    _Spectrum("u_size", "Columns of a cluster", _CLUSTERS, "clusters"),
    _Spectrum("v_size", "Rows of a cluster", _CLUSTERS, "clusters"),
    _Spectrum("large_by_theta", "Clusters by polar angle", _CLUSTERS, "clusters", _keep(1), axis=1),
    _Spectrum("shape", "Shape of a cluster", _CLUSTERS, "clusters"),
    _Spectrum(
        "pair_distance", "Distance of two clusters of a sensor", "pairs an event and mm\u00b2 of ring", "pairs", _rings
    ),
    _Spectrum(
        "layer_coincidences", "Layer 2 less layer 1, in phi", _PAIRS, "coincidences", _keep_one(0), 0, False, _ALL
    ),
    _Spectrum(
        "layer_coincidences",
        "Layer 2 less layer 1, in polar angle",
        _PAIRS,
        "coincidences",
        _keep_one(1),
        1,
        False,
        _ALL,
    ),
    _Spectrum("overlap_coincidences", "Next ladder, in r-phi", _PAIRS, "coincidences", _keep(1), 1, False),
    _Spectrum("overlap_coincidences", "Next ladder, along z", _PAIRS, "coincidences", _keep(2), 2, False),
    _Spectrum("background_class", "Class of a cluster", _CLUSTERS, "classes", _sensors(_EVERY)),
)


def _of_sensors(reference: Side, candidate: Side) -> Iterator[Plot]:
    one, other = reference.totals, candidate.totals
    title = "Mean occupancy of each sensor"
    curves = [Curve(100 * total.mean_occupancy, 100 * total.occupancy_error) for total in (one, other)]
    yield Plot("occupancy", title, draw_sensors(curves[0], curves[1], "fired pixels [%]", "occupancy", title))
    title = "Fano factor of the digits of a sensor and event"
    curves = [Curve(total.fano, total.fano_error) for total in (one, other)]
    yield Plot("occupancy", title, draw_sensors(curves[0], curves[1], "variance / mean", "fano", title))
    title = "Mean charge of a digit of each sensor"
    curves = [
        Curve(np.where(total.digits > 0, total.mean_charge, np.nan), _charge_error(total)) for total in (one, other)
    ]
    yield Plot("charge", title, draw_sensors(curves[0], curves[1], "mean charge [ADU]", "mean_charge", title))


def _charge_error(totals: Any) -> Floats:
    """Return the standard error (40,) of the mean charge as if digits were independent: a lower limit."""
    adu = np.arange(totals.charge_counts.shape[1])
    n = np.maximum(totals.digits, 1)
    variance = totals.charge_counts @ (adu * adu) / n - (totals.charge_counts @ adu / n) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0) / n))


def _of_events(reference: Side, candidate: Side) -> Iterator[Plot]:
    for layer, name in ((0, "all sensors"), (1, "layer 1"), (2, "layer 2")):
        chosen = (layer_of_sensor == layer) if layer else np.ones(N_SENSORS, bool)
        digits = [side.totals.counts[:, chosen].sum(axis=1) / 1000 for side in (reference, candidate)]
        bins = int(np.clip(min(map(len, digits)) // 8, 8, _EVENT_BINS))
        title = f"Digits of an event, {name}"
        svg = draw_histogram(digits[0], digits[1], bins, "digits [thousands]", f"digits{layer}", title)
        yield Plot("occupancy", title, svg)


def _maps(reference: Side, candidate: Side) -> Iterator[Plot]:
    maps = [side.totals.correlation.copy() for side in (reference, candidate)]
    for one in maps:
        np.fill_diagonal(one, np.nan)
    known = np.abs(np.stack(maps))
    known = known[np.isfinite(known)]
    reach = float(np.ceil(20 * np.percentile(known, 98)) / 20) if len(known) else 1.0
    label = "correlation coefficient over events"
    for one, name in zip(maps, ("reference", "candidate"), strict=True):
        yield Plot("correlations", "", correlation_map(one, max(reach, 0.05), f"Correlation of digits: {name}", label))
    chance = float(np.sqrt(1 / max(reference.n_events, 1) + 1 / max(candidate.n_events, 1)))
    title, label = "Candidate \u2212 reference", "difference in units of chance"
    yield Plot("correlations", "", correlation_map((maps[1] - maps[0]) / chance, _REACH_SIGMA, title, label))
    yield from _hit_maps(reference, candidate)


def _hit_maps(reference: Side, candidate: Side) -> Iterator[Plot]:
    found = [mean_and_error(side.units, "regions", lambda sums: sums) for side in (reference, candidate)]
    percent = [100 * one.values * one.values[0].size / PIXELS for one in found]
    ends = (0.0, float(np.ceil(1e2 * max(one.max() for one in percent)) / 1e2) or 1.0)
    for one, name in zip(percent, ("reference", "candidate"), strict=True):
        yield Plot("regions", "", detector_map(one, ends, "amount", f"Occupancy: {name}", "fired pixels [%]"))
    spread = np.hypot(found[0].errors, found[1].errors)
    pull = np.divide(found[1].values - found[0].values, spread, out=np.zeros_like(spread), where=spread > 0)
    ends = (-_REACH_SIGMA, _REACH_SIGMA)
    title = "Candidate \u2212 reference"
    yield Plot("regions", "", detector_map(pull, ends, "difference", title, "difference in standard errors"))
