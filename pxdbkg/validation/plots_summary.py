"""A page of plots of a whole sample, beside published statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor, sensor_name, side_of_sensor
from pxdbkg.detector.totals import N_ADU, THRESHOLD_ADU, kolmogorov_smirnov, wasserstein_adu
from pxdbkg.io.published import Published
from pxdbkg.validation.observables import CHARGE_LIMIT_PERCENT, FANO_LIMIT_PERCENT, OCCUPANCY_LIMIT_PERCENT
from pxdbkg.validation.plots import load_pyplot
from pxdbkg.validation.sample import THETA_EDGES_DEG, Sample, straight_rows

_COLOURS = {1: "#1b6ca8", 2: "#c8553d"}  # by layer
_REFERENCE = "0.25"
_BAND = "0.9"
_FIRST_OF_LAYER_2 = 16
_LONG = 0.95
_PROFILE_ROWS = 16  # of one point of the profile: 4 gates
_SENSOR = np.arange(N_SENSORS)
_SIZES = {
    "size": "pixels of a cluster",
    "u_size": "columns of a cluster (r-phi)",
    "v_size": "rows of a cluster (z)",
}


def draw_summary(sample: Sample, published: Published | None, title: str) -> Any:
    """Return a figure with a page of plots.

    Parameters
    ----------
    sample : of at least one event with digits
    published : is drawn beside it, None for the sample alone
    title : first line of the page
    """
    pyplot = load_pyplot()
    with pyplot.rc_context({"font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold"}):
        figure = pyplot.figure(figsize=(16, 22))
        grid = figure.add_gridspec(
            5, 26, height_ratios=[4, 4, 4.6, 3.2, 3.2], hspace=0.42, left=0.06, right=0.97, top=0.95, bottom=0.04
        )
        left, right = slice(0, 11), slice(13, 26)
        _occupancy(figure, grid[0, :], sample, published)
        _spectrum(figure, grid[1, left], sample, published)
        _mean_charge(figure, grid[1, right], sample, published)
        _correlation(figure, figure.add_subplot(grid[2, left]), sample)
        _fano(figure.add_subplot(grid[2, right]), sample, published)
        for number, (quantity, name) in enumerate(_SIZES.items()):
            _cluster_size(figure.add_subplot(grid[3, 9 * number : 9 * number + 8]), sample, quantity, name)
        _rows(figure.add_subplot(grid[4, :15]), sample)
        _digits_an_event(figure.add_subplot(grid[4, 17:]), sample, published)
        figure.suptitle(title, x=0.06, y=0.985, ha="left", fontsize=14, fontweight="bold")
    return figure


def _occupancy(figure: Any, place: Any, sample: Sample, published: Published | None) -> None:
    percent, error = sample.totals.mean_occupancy * 100, sample.totals.occupancy_error * 100
    reference = None if published is None else published.mean_occupancy * 100
    panel = _by_sensor(figure, place, percent, error, reference, OCCUPANCY_LIMIT_PERCENT)
    panel.set_title("Mean occupancy of each sensor", loc="left")
    panel.set_ylabel("fired pixels [%]")
    panel.legend(loc="upper right", ncols=5, frameon=False, fontsize=9)


def _mean_charge(figure: Any, place: Any, sample: Sample, published: Published | None) -> None:
    reference = None if published is None else published.mean_charge
    panel = _by_sensor(figure, place, sample.totals.mean_charge, None, reference, CHARGE_LIMIT_PERCENT)
    panel.set_title("Mean charge of a digit" + (" (line: Geant4, published)" if published else ""), loc="left")
    panel.set_ylabel("charge [ADU]")


def _by_sensor(
    figure: Any,
    place: Any,
    values: NDArray[np.float64],
    error: NDArray[np.float64] | None,
    published: NDArray[np.float64] | None,
    limit_percent: float,
) -> Any:
    """Draw a value of each sensor, and below it the difference to the published one; return the upper panel."""
    below = None
    if published is None:
        panel = figure.add_subplot(place)
    else:
        inner = place.subgridspec(2, 1, height_ratios=[3, 1.2], hspace=0.08)
        panel = figure.add_subplot(inner[0])
        below = figure.add_subplot(inner[1], sharex=panel)
        panel.stairs(
            published,
            np.arange(N_SENSORS + 1) - 0.5,
            color=_REFERENCE,
            lw=1.4,
            label="Geant4, published",
            baseline=None,
        )
        difference = 100 * (values / published - 1)
        spread = None if error is None else 100 * error / published
        below.axhspan(-limit_percent, limit_percent, color=_BAND, lw=0, label=f"goal: {limit_percent:g} %")
        below.axhline(0, color=_REFERENCE, lw=1)
        _points(below, difference, spread, named=False)
        widest = max(1.6 * limit_percent, 1.15 * float(np.abs(difference).max()))
        below.set_ylim(-widest, widest)
        below.set_ylabel("difference\n[%]")
        below.legend(loc="upper left", frameon=False, fontsize=8, borderaxespad=0.1)
        panel.tick_params(labelbottom=False)
    _points(panel, values, error)
    if values.min() > 0.5 * values.max():
        reach = float(values.max() - values.min())
        panel.set_ylim(values.min() - 0.15 * reach, values.max() + 0.35 * reach)
    else:
        panel.set_ylim(0, 1.2 * float(values.max()))
    _sensor_axis(below or panel)
    return panel


def _points(panel: Any, values: NDArray[np.float64], error: NDArray[np.float64] | None, *, named: bool = True) -> None:
    """Draw a point a sensor: colour for the layer, filled for forward, hollow for backward."""
    for layer in (1, 2):
        for side, name in ((1, "forward"), (2, "backward")):
            here = (layer_of_sensor == layer) & (side_of_sensor == side)
            panel.errorbar(
                _SENSOR[here],
                values[here],
                None if error is None else error[here],
                fmt="o" if side == 1 else "s",
                ms=5,
                color=_COLOURS[layer],
                mfc=_COLOURS[layer] if side == 1 else "white",
                lw=1.2,
                label=f"layer {layer}, {name}" if named else None,
            )
    panel.axvline(_FIRST_OF_LAYER_2 - 0.5, color="0.7", lw=0.8, ls=":")
    panel.spines[["top", "right"]].set_visible(False)


def _sensor_axis(panel: Any) -> None:
    panel.set_xlim(-0.7, N_SENSORS - 0.3)
    panel.set_xticks(_SENSOR, [sensor_name(index) for index in range(N_SENSORS)], rotation=90, fontsize=8)
    panel.set_xlabel("sensor (layer.ladder.sensor)")


def _spectrum(figure: Any, place: Any, sample: Sample, published: Published | None) -> None:
    edges = np.arange(N_ADU + 1) - 0.5
    spectrum = sample.totals.charge_pmf
    below = None
    title = "Charge of the digits"
    if published is None:
        panel = figure.add_subplot(place)
    else:
        inner = place.subgridspec(2, 1, height_ratios=[3, 1.2], hspace=0.08)
        panel = figure.add_subplot(inner[0])
        below = figure.add_subplot(inner[1], sharex=panel)
        reference = published.charge_counts / published.charge_counts.sum()
        counts = sample.totals.charge_counts.sum(axis=0)
        distances = [distance(counts, published.charge_counts) for distance in (kolmogorov_smirnov, wasserstein_adu)]
        title += f": KS {distances[0]:.4f}, Wasserstein-1 {distances[1]:.3f} ADU"
        panel.stairs(reference, edges, color=_REFERENCE, lw=1.4, label="Geant4, published", baseline=None)
        below.axhline(1, color=_REFERENCE, lw=1)
        known = (reference > 0) & (counts > 0)
        ratio, charge = spectrum[known] / reference[known], np.flatnonzero(known)
        error = ratio * np.sqrt(1 / counts[known] + 1 / published.charge_counts[known])
        sure = error < 0.5 * ratio
        below.errorbar(charge[sure], ratio[sure], error[sure], fmt=".", ms=3, lw=0.7, color=_COLOURS[1])
        far = ratio[sure][(ratio[sure] < 0.5) | (ratio[sure] > 1.5)]
        below.set_ylim((0.5, 1.5) if len(far) == 0 else (0, 2))
        below.set_ylabel("ratio")
        panel.tick_params(labelbottom=False)
    panel.stairs(spectrum, edges, color=_COLOURS[1], lw=1.4, label="sample", baseline=None)
    panel.set_yscale("log")
    panel.set_xlim(0, N_ADU + 3)
    panel.set_title(title, loc="left")
    panel.set_ylabel("share of digits per ADU")
    panel.legend(loc="upper right", frameon=False)
    for one in (panel, below):
        if one is not None:
            one.spines[["top", "right"]].set_visible(False)
    last = below or panel
    last.set_xlabel("charge [ADU]")
    last.set_xticks([THRESHOLD_ADU, 50, 100, 150, 200, 255])


def _correlation(figure: Any, panel: Any, sample: Sample) -> None:
    correlation = sample.totals.correlation.copy()
    np.fill_diagonal(correlation, np.nan)
    known = np.abs(correlation[np.isfinite(correlation)])
    reach = float(np.percentile(known, 98)) if len(known) else 1.0
    image = panel.imshow(correlation, cmap="RdBu_r", vmin=-reach, vmax=reach, interpolation="nearest")
    for line in (panel.axhline, panel.axvline):
        line(_FIRST_OF_LAYER_2 - 0.5, color="0.2", lw=0.8)
    ticks = [*range(0, N_SENSORS, 4)]
    panel.set_xticks(ticks, [sensor_name(index) for index in ticks], rotation=90, fontsize=8)
    panel.set_yticks(ticks, [sensor_name(index) for index in ticks], fontsize=8)
    panel.set_xlabel("sensor")
    panel.set_ylabel("sensor")
    panel.set_title("Correlation of the digits of two sensors", loc="left")
    chance = f"{1 / np.sqrt(max(sample.totals.n_events, 1)):.3f}"
    label = f"correlation coefficient over events (chance alone: \u00b1{chance})"
    figure.colorbar(image, ax=panel, label=label, shrink=0.9, pad=0.02, extend="both")


def _fano(panel: Any, sample: Sample, published: Published | None) -> None:
    fano = sample.totals.fano
    error = sample.totals.fano_error
    if published is not None:
        for layer, first, last in ((1, 0, _FIRST_OF_LAYER_2), (2, _FIRST_OF_LAYER_2, N_SENSORS)):
            mean = float(published.fano[layer - 1])
            band = mean * FANO_LIMIT_PERCENT / 100
            ends = (first - 0.5, last - 0.5)
            name = f"goal for the mean of a layer: {FANO_LIMIT_PERCENT:g} %" if layer == 1 else None
            panel.fill_between(ends, mean - band, mean + band, color=_BAND, lw=0, label=name)
            name = "Geant4, published (mean of a layer)" if layer == 1 else None
            panel.plot(ends, (mean, mean), color=_REFERENCE, lw=1.4, label=name)
    _points(panel, fano, error)
    if np.isfinite(fano).any():
        panel.set_ylim(0, 1.35 * float(np.nanmax(fano + error)))
    panel.set_title("Fano factor of the digits of a sensor and event", loc="left")
    panel.set_ylabel("variance / mean")
    panel.legend(loc="upper left", ncols=2, frameon=False, fontsize=9)
    _sensor_axis(panel)


def _cluster_size(panel: Any, sample: Sample, quantity: str, name: str) -> None:
    means, long = sample.cluster_means(quantity), sample.cluster_quantiles(quantity, _LONG)
    middle_deg = (THETA_EDGES_DEG[1:] + THETA_EDGES_DEG[:-1]) / 2
    for layer in (1, 2):
        panel.plot(middle_deg, means[layer - 1], "o-", ms=3.5, lw=1, color=_COLOURS[layer], label=f"layer {layer}")
    for layer in (1, 2):
        label = f"{100 * _LONG:g} % of clusters are not larger" if layer == 1 else None
        panel.plot(middle_deg, long[layer - 1], ":", lw=1.2, color=_COLOURS[layer], label=label)
        if quantity == "v_size":
            label = "straight line from the interaction point" if layer == 1 else None
            panel.plot(middle_deg, straight_rows(layer), "--", lw=1, color=_COLOURS[layer], label=label)
    panel.set_ylim(0, 1.6 * max(float(np.nanmax(long, initial=1.0)), 5.0 if quantity == "v_size" else 1.5))
    panel.set_xlim(0, 180)
    panel.set_xticks([0, 30, 60, 90, 120, 150, 180])
    panel.set_title(f"{name[0].upper()}{name[1:]}, mean", loc="left")
    panel.set_xlabel("polar angle of the cluster [deg]")
    panel.set_ylabel(f"number of {name.split()[0]}")
    panel.legend(loc="upper center", frameon=False, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)


def _rows(panel: Any, sample: Sample) -> None:
    geometry = nominal()
    for layer in (1, 2):
        for side, name in ((1, "forward"), (2, "backward")):
            here = np.flatnonzero((layer_of_sensor == layer) & (side_of_sensor == side))
            percent = 100 * sample.row_occupancy[here].mean(axis=0).reshape(-1, _PROFILE_ROWS).mean(axis=1)
            z_mm = geometry.z_centre_mm[here[0]] + geometry.v_edges_mm(int(here[0]))[::_PROFILE_ROWS]
            style = "-" if side == 1 else "--"
            panel.stairs(
                percent, z_mm, color=_COLOURS[layer], ls=style, lw=1.3, label=f"layer {layer}, {name}", baseline=None
            )
    panel.set_ylim(bottom=0, top=1.3 * panel.get_ylim()[1])
    panel.set_title(
        f"Occupancy along z (mean of {_PROFILE_ROWS} rows; rows of two lengths meet at the steps)", loc="left"
    )
    panel.set_xlabel("z [mm]")
    panel.set_ylabel("fired pixels [%]")
    panel.legend(loc="upper right", ncols=4, frameon=False, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)


def _digits_an_event(panel: Any, sample: Sample, published: Published | None) -> None:
    digits = sample.totals.counts.sum(axis=1) / 1000
    panel.hist(digits, bins=min(60, max(5, int(np.sqrt(len(digits))))), color=_COLOURS[1], alpha=0.75, label="sample")
    panel.axvline(digits.mean(), color=_COLOURS[1], lw=1.6, ls="--", label=f"its mean: {digits.mean():.2f}")
    if published is not None:
        mean = float(published.mean_occupancy.sum()) * 192
        panel.axvline(mean, color=_REFERENCE, lw=1.4, label=f"Geant4, published mean: {mean:.2f}")
    panel.set_ylim(top=1.35 * panel.get_ylim()[1])
    panel.set_title("Digits of an event", loc="left")
    panel.set_xlabel("digits [thousands]")
    panel.set_ylabel("events")
    panel.legend(loc="best", frameon=False, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)
