"""Pictures of events; the only file that draws (extra ``plots``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import sensor_name
from pxdbkg.errors import BadInput, MissingExtra
from pxdbkg.io.atomic import atomic_path

SIGNAL_COLOUR = "#d1495b"
LADDER_STEP_MM = 14.5  # 12.5 mm of active width and a gap, so that ladders do not touch in the picture
FOLD_U, FOLD_V = 5, 4  # pixels that share a bin of the overview, which has no room for 7.68 million


def load_pyplot() -> Any:
    """Return matplotlib.pyplot, drawing to files only; MissingExtra when it is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtra("pictures of events", "matplotlib", "plots") from None
    mpl.use("Agg")
    from matplotlib import pyplot

    return pyplot


def signal_part(digits: Digits, background: Digits) -> Digits:
    """Return the digits to which signal contributed: those whose charge is not that of the background alone.

    >>> column = lambda *values: np.array(values, "u2")
    >>> noise = Digits(np.array([0], "u1"), column(5), column(6), column(9))
    >>> both = Digits(np.array([0, 0], "u1"), column(5, 7), column(6, 6), column(9, 20))
    >>> signal_part(both, noise).u.tolist()
    [7]
    """
    place = np.searchsorted(background.channel(), digits.channel())
    known = place < len(background)
    same = np.zeros(len(digits), bool)
    at = place[known]
    here = digits.channel()[known]
    same[known] = (background.channel()[at] == here) & (background.charge[at] == digits.charge[known])
    return digits.select(~same)


def draw_event(digits: Digits, signal: Digits | None, title: str) -> Any:
    """Return a figure of the unrolled detector: one panel a layer, z to the right, ladders one above the other.

    Parameters
    ----------
    digits : all digits of an event
    signal : those that are marked, or None
    title : first line of the figure
    """
    pyplot = load_pyplot()
    geometry = nominal()
    figure, panels = pyplot.subplots(2, 1, figsize=(12, 11), height_ratios=[8, 12], sharex=True, layout="constrained")
    norm = pyplot.matplotlib.colors.LogNorm(7, 160)
    image = None
    for layer, (panel, first, last) in enumerate(zip(panels, (0, 16), (16, 40), strict=True), start=1):
        for sensor in range(first, last):
            z_mm = geometry.z_centre_mm[sensor] + geometry.v_edges_mm(sensor)[::FOLD_V]
            middle_mm = (sensor - first) // 2 * LADDER_STEP_MM
            edges_mm = middle_mm + np.linspace(-6.25, 6.25, N_U // FOLD_U + 1)
            image = panel.pcolormesh(z_mm, edges_mm, _folded(digits, sensor), norm=norm, cmap=_colours())
            panel.add_patch(
                pyplot.Rectangle((z_mm[0], middle_mm - 6.25), z_mm[-1] - z_mm[0], 12.5, fill=False, lw=0.5, color="0.6")
            )
        if signal is not None:
            _mark(panel, signal, first, last)
        panel.use_sticky_edges = False
        panel.margins(x=0.01, y=0.01)
        panel.set_yticks(np.arange((last - first) // 2) * LADDER_STEP_MM)
        panel.set_yticklabels([f"{layer}.{ladder}" for ladder in range(1, (last - first) // 2 + 1)])
        panel.set_ylabel(f"layer {layer}: ladder, r-phi upwards")
        panel.spines[["top", "right"]].set_visible(False)
    panels[1].set_xlabel("z [mm]")
    figure.colorbar(image, ax=panels, label="charge [ADU]", shrink=0.5, ticks=[7, 10, 20, 50, 100, 150], format="%d")
    figure.suptitle(title, x=0.02, ha="left")
    if signal is not None:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper right", frameon=False)
    return figure


def _colours() -> Any:
    """Dark for much charge, and visible on white for little."""
    pyplot = load_pyplot()
    return pyplot.matplotlib.colors.ListedColormap(pyplot.get_cmap("viridis_r")(np.linspace(0.12, 1, 256)))


def _folded(digits: Digits, sensor: int) -> NDArray[np.float64]:
    """Largest charge of FOLD_U x FOLD_V neighbouring pixels (50, 192), empty bins NaN."""
    chosen = digits.select(digits.sensor == sensor)
    folded = np.zeros((N_U // FOLD_U, N_V // FOLD_V))
    np.maximum.at(folded, (chosen.u // FOLD_U, chosen.v // FOLD_V), chosen.charge)
    folded[folded == 0] = np.nan
    return folded


def _mark(panel: Any, signal: Digits, first: int, last: int) -> None:
    chosen = signal.select((signal.sensor >= first) & (signal.sensor < last))
    geometry = nominal()
    z_mm = geometry.z_centre_mm[chosen.sensor] + geometry.v_mm[chosen.sensor, chosen.v]
    height_mm = (chosen.sensor - first) // 2 * LADDER_STEP_MM + geometry.u_mm[chosen.u]
    panel.plot(z_mm, height_mm, "o", ms=9, mfc="none", mec=SIGNAL_COLOUR, mew=1.6, label="signal")


def draw_sensor(digits: Digits, signal: Digits | None, sensor: int, title: str) -> Any:
    """Return a figure of one sensor, pixel by pixel: row v to the right, column u upwards."""
    if not 0 <= sensor < N_SENSORS:
        raise BadInput(f"draw_sensor: sensor {sensor} does not exist (0..{N_SENSORS - 1})")
    pyplot = load_pyplot()
    chosen = digits.select(digits.sensor == sensor)
    charge = np.full((N_U, N_V), np.nan)
    charge[chosen.u, chosen.v] = chosen.charge
    figure, panel = pyplot.subplots(figsize=(14, 5.5), layout="constrained")
    image = panel.imshow(
        charge, origin="lower", cmap=_colours(), norm=pyplot.matplotlib.colors.LogNorm(7, 160), interpolation="nearest"
    )
    if signal is not None:
        own = signal.select(signal.sensor == sensor)
        panel.plot(own.v, own.u, "s", ms=6, mfc="none", mec=SIGNAL_COLOUR, mew=1.2, label="signal")
        panel.legend(loc="upper right", frameon=False, bbox_to_anchor=(1.0, 1.1))
    panel.set_xlabel("row v")
    panel.set_ylabel("column u")
    panel.set_title(f"{title}, sensor {sensor_name(sensor)}")
    figure.colorbar(image, label="charge [ADU]", shrink=0.8, ticks=[7, 10, 20, 50, 100, 150], format="%d")
    return figure


def save(figure: Any, path: Path) -> None:
    """Write a figure to a file whose ending names the format, whole or not at all, and forget it."""
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110, format=path.suffix[1:])
    load_pyplot().close(figure)
