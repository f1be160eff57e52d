"""Coloured maps of the report: correlation of sensors, and the unrolled detector; each for light and dark pages."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_V
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import ladder_of_sensor, layer_of_sensor, sensor_name
from pxdbkg.validation.page import base64_text, escape
from pxdbkg.validation.palette import DIFFERENCE_SCALE, NOTHING, OCCUPANCY_SCALE
from pxdbkg.validation.plots import load_pyplot

_SCALES: dict[str, dict[str, Sequence[str]]] = {"amount": {**OCCUPANCY_SCALE}, "difference": {**DIFFERENCE_SCALE}}
_LEFT, _TOP, _SIDE, _BAR = 46, 26, 400, 12
_Z_STEP_MM = 0.5
_LADDER_ROWS, _GAP_ROWS, _LAYER_GAP_ROWS = 12, 2, 6  # dots of the map of the detector


def correlation_map(values: NDArray[np.float64], reach: float, title: str, label: str) -> str:
    """Return a map (40, 40) of pairs of sensors as SVG, colours from -reach to reach; NaN has no colour."""
    step = _SIDE / N_SENSORS
    ticks = []
    for index in range(0, N_SENSORS, 4):
        at = (index + 0.5) * step
        name = sensor_name(index)
        ticks.append(f'<text x="{_LEFT - 5}" y="{_TOP + at + 3.5:.1f}" text-anchor="end">{name}</text>')
        place = f"{_LEFT + at + 3.5:.1f} {_TOP + _SIDE + 5}"
        ticks.append(f'<text transform="translate({place}) rotate(-90)" text-anchor="end">{name}</text>')
    border = _SIDE * 16 / N_SENSORS
    lines = (
        f'<path d="M{_LEFT + border} {_TOP}v{_SIDE}M{_LEFT} {_TOP + border}h{_SIDE}" class="line"/>'
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" class="line"/>'
    )
    image = _images(values, (-reach, reach), "difference", (_LEFT, _TOP, _SIDE, _SIDE))
    return _map(image + "".join(ticks) + lines, title, label, (-reach, reach), "difference", _TOP + _SIDE + 52)


def detector_map(values: NDArray[np.float64], ends: tuple[float, float], scale: str, title: str, label: str) -> str:
    """Return a map of the unrolled detector as SVG.

    Parameters
    ----------
    values : float64 (40, nu, nv), of the regions of each sensor, along u and along v, rows of equal number
    ends : values of the first and the last colour
    scale : "amount" or "difference"
    title, label : of the map and of its colours
    """
    geometry = nominal()
    z_edges = geometry.z_centre_mm[:, None] + geometry.v_edges
    first, last = float(z_edges.min()), float(z_edges.max())
    z_mm = np.arange(first + _Z_STEP_MM / 2, last, _Z_STEP_MM)
    pitch = _LADDER_ROWS + _GAP_ROWS
    n_rows = 20 * pitch - _GAP_ROWS + _LAYER_GAP_ROWS
    image = np.full((n_rows, len(z_mm)), np.nan)
    n_u, n_v = values.shape[1:]
    names = []
    for sensor in range(N_SENSORS):
        layer, ladder = int(layer_of_sensor[sensor]), int(ladder_of_sensor[sensor])
        top = (8 - ladder) * pitch if layer == 1 else 8 * pitch + _LAYER_GAP_ROWS + (12 - ladder) * pitch
        row = np.searchsorted(z_edges[sensor], z_mm, side="right") - 1
        inside = (row >= 0) & (row < N_V)
        column = row[inside] * n_v // N_V
        rows = (np.arange(_LADDER_ROWS)[::-1] * n_u) // _LADDER_ROWS  # u upwards
        image[top : top + _LADDER_ROWS, inside] = values[sensor][rows][:, column]
        if sensor % 2 == 0 and (layer == 1 or ladder % 2 == 0):
            names.append((top + _LADDER_ROWS / 2, f"{layer}.{ladder}"))
    height = 1.6 * n_rows
    words = [
        f'<text x="{_LEFT - 5}" y="{_TOP + 1.6 * at + 3.5:.1f}" text-anchor="end">{name}</text>' for at, name in names
    ]
    for z in range(-40, 81, 20):
        x = _LEFT + (z - first) / (last - first) * _SIDE
        text = str(z).replace("-", "\u2212") + (" mm" if z == 80 else "")
        words.append(f'<text x="{x:.1f}" y="{_TOP + height + 15:.1f}" text-anchor="middle">{text}</text>')
        words.append(f'<path d="M{x:.1f} {_TOP + height:.1f}v4" class="line"/>')
    drawn = _images(image, ends, scale, (_LEFT, _TOP, _SIDE, height))
    return _map(drawn + "".join(words), title, label, ends, scale, _TOP + height + 34)


def _map(inner: str, title: str, label: str, ends: tuple[float, float], scale: str, bottom: float) -> str:
    """Return the map with its title above and its colours below."""
    ramp = np.linspace(*ends, 128)[None]
    bar = _images(ramp, ends, scale, (_LEFT, bottom, _SIDE, _BAR))
    middle = (ends[0] + ends[1]) / 2
    words = "".join(
        f'<text x="{_LEFT + _SIDE * share}" y="{bottom + _BAR + 14}" text-anchor="{anchor}">{_plain(value)}</text>'
        for share, anchor, value in ((0, "start", ends[0]), (0.5, "middle", middle), (1, "end", ends[1]))
    )
    height = bottom + _BAR + 36
    return (
        f'<svg class="map" viewBox="0 0 {_LEFT + _SIDE + 14} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f'<text x="{_LEFT}" y="16" class="title">{escape(title)}</text>{inner}{bar}{words}'
        f'<text x="{_LEFT + _SIDE / 2}" y="{bottom + _BAR + 29}" text-anchor="middle">{escape(label)}</text></svg>'
    )


def _plain(value: float) -> str:
    return f"{value:.3g}".replace("-", "\u2212")


def _images(
    values: NDArray[np.float64], ends: tuple[float, float], scale: str, place: tuple[float, float, float, float]
) -> str:
    """Return the values as two pictures, of which the page shows one."""
    x, y, width, height = place
    box = f'x="{x}" y="{y}" width="{width}" height="{height:.1f}" preserveAspectRatio="none"'
    pictures = {ground: _png(values, ends, colours, NOTHING[ground]) for ground, colours in _SCALES[scale].items()}
    return "".join(
        f'<image class="on-{ground}" {box} href="data:image/png;base64,{picture}"/>'
        for ground, picture in pictures.items()
    )


def _png(values: NDArray[np.float64], ends: tuple[float, float], colours: Sequence[str], nothing: str) -> str:
    pyplot = load_pyplot()
    scale = pyplot.matplotlib.colors.LinearSegmentedColormap.from_list("map", colours).with_extremes(bad=nothing)
    width = ends[1] - ends[0]
    share = np.clip((values - ends[0]) / width, 0, 1) if width > 0 else np.zeros(values.shape)
    content = io.BytesIO()
    picture = scale(np.ma.masked_invalid(share), bytes=True)
    pyplot.imsave(content, picture, format="png", metadata={"Software": None})
    return base64_text(content.getvalue())
