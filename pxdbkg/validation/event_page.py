"""An event as an interactive page: zoom, move, point at pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import sensor_name, side_of_sensor
from pxdbkg.io.atomic import atomic_path
from pxdbkg.validation.event_view import KIND_NAMES, EventView
from pxdbkg.validation.page import asset, base64_text, encoded, escape, fill, script_json
from pxdbkg.validation.palette import BACKGROUND_SCALE, CHARGE_ADU, SIGNAL_SCALE

_SCALE = """<div class="scale"><div>{}</div><canvas width="208" height="12"></canvas><div class="ticks"></div></div>"""
_ROWS_OF_FIRST_PITCH = {1: 256, 2: 512}


def write_event_page(view: EventView, subtitle: str, path: Path, sensor: int | None = None) -> None:
    """Write an event as one HTML file that loads nothing from elsewhere, whole or not at all.

    Parameters
    ----------
    view : the event
    subtitle : where it comes from, any text
    path : file that is written
    sensor : 0..39, what is shown first; None for the whole detector
    """
    two = view.kind is not None
    names = ("charge, background [ADU]", "charge, with signal [ADU]") if two else ("charge of a digit [ADU]",)
    page = fill(
        "event.html",
        title=escape(view.title()),
        subtitle=escape(subtitle),
        style=asset("page.css") + asset("event.css"),
        script=asset("event.js"),
        options="".join(f'<option value="s{index}">sensor {sensor_name(index)}</option>' for index in range(N_SENSORS)),
        kinds="".join(f'<button id="{kind}" aria-pressed="true">{kind}</button>' for kind in KIND_NAMES[:2] if two),
        scales="".join(_SCALE.format(name) for name in names),
        data=script_json(_data(view, sensor)),
    )
    with atomic_path(path) as part:
        part.write_bytes(encoded(page))


def _data(view: EventView, sensor: int | None) -> dict[str, Any]:
    digits = view.digits
    offsets = np.searchsorted(digits.sensor, np.arange(N_SENSORS + 1))
    # Labels follow the digits, which are sorted by sensor: counted from the first of each sensor they take two bytes.
    first = np.concatenate([[0], np.cumsum(view.cluster_counts.sum(axis=1))[:-1]])
    return {
        "u": base64_text(digits.u.astype("u1").tobytes()),
        "v": base64_text(digits.v.astype("<u2").tobytes()),
        "charge": base64_text(digits.charge.astype("<u2").tobytes()),
        "label": base64_text((view.event.labels - first[digits.sensor]).astype("<u2").tobytes()),
        "kind": None if view.kind is None else base64_text(view.kind.tobytes()),
        "kind_names": KIND_NAMES,
        "offsets": offsets.tolist(),
        "sensors": [_sensor(index) for index in range(N_SENSORS)],
        "range": CHARGE_ADU,
        "scales": (BACKGROUND_SCALE, SIGNAL_SCALE),
        "sensor": sensor,
    }


def _sensor(index: int) -> dict[str, Any]:
    geometry = nominal()
    return {
        "name": sensor_name(index),
        "z0": round(float(geometry.z_centre_mm[index] + geometry.v_edges_mm(index)[0]), 4),
        "rows": _ROWS_OF_FIRST_PITCH[int(side_of_sensor[index])],
        "pitch": [round(float(geometry.v_pitch_um[index, row]) / 1000, 4) for row in (0, -1)],
    }
