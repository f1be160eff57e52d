"""Pictures of one event: the unrolled detector, and one sensor pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import ladder_of_sensor, layer_of_sensor, sensor_name, side_of_sensor
from pxdbkg.errors import BadInput
from pxdbkg.validation.event_view import EventView
from pxdbkg.validation.palette import BACKGROUND_SCALE, CHARGE_ADU, SIGNAL_MARK, SIGNAL_SCALE
from pxdbkg.validation.plots import load_pyplot

LADDER_STEP_MM = 14.5  # 12.5 mm of active width and a gap, so that ladders do not touch in the picture
FOLD_U, FOLD_V = 5, 4  # pixels that share a bin of the overview, which has no room for 7.68 million
_HALF_WIDTH_MM = 6.25
_BORDER = "0.6"
_INK = "0.25"
_TICKS_ADU = (7, 10, 20, 50, 100, 200)
_PIECES = 2  # of a sensor, one above the other, so that pixels and outlines have room


def draw_event(view: EventView) -> Any:
    """Return a figure of the unrolled detector: one panel a layer, z to the right, ladders one above the other.

    Each bin has the largest charge of FOLD_U x FOLD_V pixels; clusters with signal have a frame, and the numbers beside
    a sensor count its clusters.
    """
    pyplot = load_pyplot()
    figure, panels = pyplot.subplots(2, 1, figsize=(13, 12.5), height_ratios=[8, 12], sharex=True, layout="constrained")
    for layer, panel in enumerate(panels, start=1):
        sensors = np.flatnonzero(layer_of_sensor == layer)
        for sensor in sensors.tolist():
            _draw_folded(panel, view, sensor)
            _draw_count(panel, view, sensor)
        _frame_signal(panel, view, layer)
        ladders = np.arange(len(sensors) // 2)
        top = len(ladders) * LADDER_STEP_MM - LADDER_STEP_MM / 2
        panel.set_ylim(-LADDER_STEP_MM / 2, top + 2.5)
        panel.set_yticks(ladders * LADDER_STEP_MM, [f"{layer}.{ladder + 1}" for ladder in ladders])
        panel.tick_params(axis="y", length=0)
        panel.set_ylabel(f"layer {layer}: ladder, r-phi upwards")
        panel.spines[["top", "right", "left"]].set_visible(False)
        for side, align in ((1, "left"), (2, "right")):
            edge = _outer_edge_mm(int(sensors[side_of_sensor[sensors] == side][0]))
            panel.text(edge, top + 0.3, "clusters", ha=align, va="center", fontsize=9, color=_INK, style="italic")
    panels[1].set_xlim(_outer_edge_mm(39) - 8, _outer_edge_mm(38) + 8)
    panels[1].set_xlabel("z [mm]")
    _charge_scales(figure, panels, view)
    figure.suptitle(view.title(), x=0.02, ha="left", fontsize=13)
    return figure


def draw_sensor(view: EventView, sensor: int) -> Any:
    """Return a figure of one sensor, pixel by pixel: row v to the right, column u upwards, a frame for each cluster."""
    if not 0 <= sensor < N_SENSORS:
        raise BadInput(f"draw_sensor: sensor {sensor} does not exist (0..{N_SENSORS - 1})")
    pyplot = load_pyplot()
    figure, panels = pyplot.subplots(_PIECES, 1, figsize=(15.5, 17), layout="constrained")
    rows = N_V // _PIECES
    images = _pixels(view, sensor)
    for number, panel in enumerate(panels):
        for image, scale in zip(images, _scales(), strict=True):
            panel.imshow(image, origin="lower", cmap=scale, norm=_norm(), interpolation="nearest", aspect="equal")
        _frame_clusters(panel, view, sensor)
        panel.set_xlim(number * rows - 0.5, (number + 1) * rows - 0.5)
        panel.set_ylim(-0.5, N_U - 0.5)
        panel.set_ylabel("column u")
    panels[-1].set_xlabel("row v")
    _charge_scales(figure, panels, view)
    own, signal = view.cluster_counts[sensor]
    n_digits = int((view.digits.sensor == sensor).sum())
    line = f"sensor {sensor_name(sensor)}: {n_digits:,} digits, {own + signal:,} clusters"
    if view.kind is not None:
        line += f", {signal:,} of them with signal"
    figure.suptitle(f"{view.title()}\n{line}", x=0.02, ha="left", fontsize=13)
    return figure


def _scales() -> tuple[Any, Any]:
    """Return the colours of charge, of background and of signal."""
    build = load_pyplot().matplotlib.colors.LinearSegmentedColormap.from_list
    return build("background", BACKGROUND_SCALE["light"]), build("signal", SIGNAL_SCALE["light"])


def _norm() -> Any:
    return load_pyplot().matplotlib.colors.LogNorm(*CHARGE_ADU)


def _pixels(view: EventView, sensor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the charge (250, 768) of the digits without and with signal, NaN where there is none."""
    here = view.digits.sensor == sensor
    images = []
    for kind in (here & ~view.has_signal, here & view.has_signal):
        chosen = view.digits.select(kind)
        image = np.full((N_U, N_V), np.nan)
        image[chosen.u, chosen.v] = chosen.charge
        images.append(image)
    return images[0], images[1]


def _draw_folded(panel: Any, view: EventView, sensor: int) -> None:
    geometry = nominal()
    z_mm = geometry.z_centre_mm[sensor] + geometry.v_edges_mm(sensor)[::FOLD_V]
    middle_mm = _middle_mm(sensor)
    edges_mm = middle_mm + np.linspace(-_HALF_WIDTH_MM, _HALF_WIDTH_MM, N_U // FOLD_U + 1)
    for image, scale in zip(_pixels(view, sensor), _scales(), strict=True):
        blocks = np.nan_to_num(image).reshape(N_U // FOLD_U, FOLD_U, N_V // FOLD_V, FOLD_V).max(axis=(1, 3))
        blocks[blocks == 0] = np.nan
        panel.pcolormesh(z_mm, edges_mm, blocks, norm=_norm(), cmap=scale, rasterized=True)
    corner = (z_mm[0], middle_mm - _HALF_WIDTH_MM)
    size = (z_mm[-1] - z_mm[0], 2 * _HALF_WIDTH_MM)
    panel.add_patch(load_pyplot().Rectangle(corner, *size, fill=False, lw=0.6, color=_BORDER))


def _middle_mm(sensor: int) -> float:
    return (int(ladder_of_sensor[sensor]) - 1) * LADDER_STEP_MM


def _outer_edge_mm(sensor: int) -> float:
    """Return the z of the end of a ladder where this sensor lies, a little beyond."""
    geometry = nominal()
    edges = geometry.z_centre_mm[sensor] + geometry.v_edges_mm(sensor)
    return float(edges[-1] + 1.0 if side_of_sensor[sensor] == 1 else edges[0] - 1.0)


def _draw_count(panel: Any, view: EventView, sensor: int) -> None:
    own, signal = view.cluster_counts[sensor].tolist()
    align = "left" if side_of_sensor[sensor] == 1 else "right"
    place = (_outer_edge_mm(sensor), _middle_mm(sensor))
    style: dict[str, Any] = {"ha": align, "fontsize": 9, "linespacing": 1.0}
    panel.text(*place, f"{own + signal:,}", va="bottom" if signal else "center", color=_INK, **style)
    if signal:
        text = f"{signal:,} signal"
        panel.text(*place, text, va="top", color=SIGNAL_MARK["light"], fontweight="bold", **style)


def _frame_signal(panel: Any, view: EventView, layer: int) -> None:
    clusters = view.clusters
    chosen = view.cluster_has_signal & (layer_of_sensor[clusters.sensor] == layer)
    sensor = clusters.sensor[chosen]
    z_mm = nominal().z_centre_mm[sensor] + clusters.v_mm[chosen]
    height_mm = (ladder_of_sensor[sensor] - 1.0) * LADDER_STEP_MM + clusters.u_mm[chosen]
    label = "cluster with signal"
    panel.plot(z_mm, height_mm, "s", ms=10, mfc="none", mec=SIGNAL_MARK["light"], mew=1.6, label=label)


def _frame_clusters(panel: Any, view: EventView, sensor: int) -> None:
    """Draw a frame half a pixel outside of each cluster of a sensor."""
    pyplot = load_pyplot()
    clusters, marked = view.clusters, view.cluster_has_signal
    here = clusters.sensor == sensor
    for chosen, colour, width in ((here & ~marked, "0.65", 0.6), (here & marked, SIGNAL_MARK["light"], 1.8)):
        left, low = clusters.v_start[chosen] - 1.0, clusters.u_start[chosen] - 1.0
        right, high = left + clusters.v_size[chosen] + 1, low + clusters.u_size[chosen] + 1
        corners = np.stack([left, low, right, low, right, high, left, high], axis=1).reshape(-1, 4, 2)
        frames = pyplot.matplotlib.collections.PolyCollection(corners, facecolor="none", edgecolor=colour, lw=width)
        panel.add_collection(frames)


def _charge_scales(figure: Any, panels: Any, view: EventView) -> None:
    """Draw a scale for each kind of digit, and say what the frames are."""
    pyplot = load_pyplot()
    names = ("charge of a digit",) if view.kind is None else ("charge, background", "charge, with signal")
    for name, scale in reversed(list(zip(names, _scales(), strict=False))):  # the last one stands next to the picture
        image = pyplot.matplotlib.cm.ScalarMappable(_norm(), scale)
        place = {"ax": panels, "shrink": 0.45, "pad": 0.015, "aspect": 28}
        bar = figure.colorbar(image, label=f"{name} [ADU]", ticks=_TICKS_ADU, format="%d", extend="max", **place)
        bar.ax.minorticks_off()
    if view.kind is not None and panels[0].get_legend_handles_labels()[0]:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper right", frameon=False, fontsize=11)
