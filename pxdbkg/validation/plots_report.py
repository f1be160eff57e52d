"""Plots of the report: both samples in their colours, and their ratio below."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.ids import sensor_name
from pxdbkg.validation.page import escape
from pxdbkg.validation.palette import CANDIDATE, REFERENCE
from pxdbkg.validation.plots import load_pyplot
from pxdbkg.validation.report_text import SUPERSCRIPT
from pxdbkg.validation.result import Result

Floats = NDArray[np.float64]
_INK = "#0a0b0c"  # stands for the colour of the page's text, which is another one on dark pages
_OF_PAGE = {_INK: "currentColor", REFERENCE: "var(--reference)", CANDIDATE: "var(--candidate)"}
_STYLE = {
    "font.size": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "axes.unicode_minus": True,
}
_SURE = 0.3  # largest relative error of a ratio that is drawn
_FIRST_OF_LAYER_2 = 16
_LINES = ("-", (0, (3, 1.5)))
_NARROW, _WIDE = (5.0, 4.3), (15.2, 4.6)
_MANY_TRACKS = 2000
_MANY_BINS, _MANY_NAMES = 200, 8  # with more of them a plot takes the width of the page


@dataclass(frozen=True)
class Curve:
    """Numbers of a sample, and their standard errors, in the same shape."""

    values: Floats
    errors: Floats


@dataclass(frozen=True)
class Spectra:
    """A distribution of both samples in one or two parts of the detector.

    Attributes
    ----------
    edges : of the bins (n + 1,)
    reference, candidate : of each part and bin (parts, n)
    parts : names of the parts
    x_label, y_label : of the axes
    names : of the bins, empty when they are numbers
    """

    edges: Floats
    reference: Curve
    candidate: Curve
    parts: Sequence[str]
    x_label: str
    y_label: str
    names: Sequence[str] = ()


def _place(figure: Any, panels: Sequence[Any], bottom_inch: float = 0.5, left_inch: float = 0.75) -> None:
    """Give the panels fixed margins and label places: finding them from the texts takes half of the time of a plot."""
    width, height = figure.get_size_inches()
    figure.subplots_adjust(
        left=left_inch / width, right=1 - 0.08 / width, top=1 - 0.1 / height, bottom=bottom_inch / height, hspace=0.14
    )
    for panel in panels:
        panel.yaxis.set_label_coords((0.16 - left_inch) / (width - left_inch), 0.5)
    box = panels[-1].get_position()
    panels[-1].xaxis.set_label_coords(0.5, (0.2 - bottom_inch) / (height * box.height))


def _powers(panel: Any) -> None:
    """Write powers of ten in plain characters, which take no time to set."""
    ticker = load_pyplot().matplotlib.ticker

    def text(value: float, _: int) -> str:
        power = round(np.log10(value))
        return f"{value:g}" if 0 <= power < 3 else f"10{str(power).translate(SUPERSCRIPT)}"

    panel.yaxis.set_major_formatter(ticker.FuncFormatter(text))
    panel.yaxis.set_minor_locator(ticker.NullLocator())


def draw_spectra(one: Spectra, name: str, title: str, *, log: bool = True) -> str:
    """Return a plot of distributions, and for each part of the detector the ratio of the samples below."""
    pyplot = load_pyplot()
    with pyplot.rc_context(_STYLE):
        n_parts = len(one.parts)
        width, height = _WIDE if len(one.names) > _MANY_NAMES or len(one.edges) > _MANY_BINS else _NARROW
        bottom = 0.3 + 0.058 * max(map(len, one.names)) if one.names else 0.5  # names stand on end
        figure, panels = pyplot.subplots(
            1 + n_parts,
            1,
            figsize=(width, height + bottom - 0.5),
            sharex=True,
            height_ratios=[3.4] + [1.0] * n_parts,
        )
        top = panels[0]
        for number, part in enumerate(one.parts):
            style = _LINES[number % 2]
            suffix = f", {part}" if n_parts > 1 else ""
            for values, colour, width, sample in (
                (one.reference.values[number], REFERENCE, 2.2, "reference"),
                (one.candidate.values[number], CANDIDATE, 1.3, "candidate"),
            ):
                shown = np.where(values > 0, values, np.nan) if log else values
                top.stairs(shown, one.edges, color=colour, lw=width, ls=style, label=sample + suffix, baseline=None)
            _ratio(panels[1 + number], one, number)
        _limits(top, one, log=log)
        top.set_ylabel(one.y_label)
        top.legend(ncols=1 if n_parts == 1 else 2, loc="upper right", handlelength=2.2, columnspacing=1.0)
        panels[-1].set_xlabel(one.x_label)
        _place(figure, panels, bottom)
        return _svg(figure, name, title)


def _limits(top: Any, one: Spectra, *, log: bool) -> None:
    filled = np.flatnonzero((one.reference.values + one.candidate.values).sum(axis=0) > 0)
    if len(filled):
        top.set_xlim(one.edges[filled[0]], one.edges[filled[-1] + 1])
        low = one.edges[filled[0]]
        widths = np.diff(one.edges)
        if not one.names and low > 0 and widths[-1] > 5 * widths[0]:
            top.set_xscale("log")
            ticker = load_pyplot().matplotlib.ticker
            top.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
            top.xaxis.set_minor_formatter(ticker.NullFormatter())
    if one.names:
        top.set_xticks((one.edges[1:] + one.edges[:-1]) / 2, one.names, rotation=60, ha="right", fontsize=8)
        for panel in top.figure.axes[1:]:
            panel.tick_params(axis="x", rotation=60)
    if log:
        top.set_yscale("log")
        low, high = top.get_ylim()
        top.set_ylim(max(low, high * 1e-7), high * 30)
        _powers(top)
    else:
        top.set_ylim(0, 1.35 * top.get_ylim()[1])


def _ratio(panel: Any, one: Spectra, number: int) -> None:
    """Draw candidate / reference with the candidate's error, and the error of the reference as a band."""
    reference, candidate = one.reference.values[number], one.candidate.values[number]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = candidate / reference
        error = one.candidate.errors[number] / reference
        band = one.reference.errors[number] / reference
        sure = np.isfinite(ratio) & (np.hypot(error, band) < _SURE * np.maximum(ratio, 1.0))
    panel.stairs(
        np.where(sure, 1 + band, 1),
        one.edges,
        baseline=np.where(sure, 1 - band, 1),
        fill=True,
        color=REFERENCE,
        alpha=0.3,
    )
    panel.axhline(1, color=REFERENCE, lw=1)
    _points(panel, (one.edges[1:] + one.edges[:-1]) / 2, ratio, error, sure)
    panel.set_ylabel(one.parts[number] or "ratio", fontsize=8.5)


def _points(panel: Any, x: Floats, ratio: Floats, error: Floats, sure: NDArray[np.bool_]) -> None:
    """Draw ratios within limits that most of them need; those beyond are triangles at the edge."""
    pyplot = load_pyplot()
    drawn = sure & (ratio > 0)
    far = np.exp(np.abs(np.log(ratio[drawn])) + error[drawn] / ratio[drawn]) - 1
    need = float(np.quantile(far, 0.97)) if len(far) else 0.1
    reach = next((nice for nice in (0.02, 0.04, 0.1, 0.2, 0.4) if nice >= need), 0.0)
    if reach:
        low, high = 1 - 1.25 * reach, 1 + 1.25 * reach
        ticks = [1 - reach, 1.0, 1 + reach]
    else:  # a factor, not a difference
        factor = next((nice for nice in (2.0, 5.0, 10.0) if nice >= 1 + need), 10.0)
        low, high = 1 / factor**1.3, factor**1.3
        ticks = [1 / factor, 1.0, factor]
        panel.set_yscale("log")
        panel.yaxis.set_minor_locator(pyplot.matplotlib.ticker.NullLocator())
    inside = sure & (ratio >= low) & (ratio <= high)
    size = 3 if len(x) < 100 else 1.8
    panel.errorbar(x[inside], ratio[inside], error[inside], fmt="o", ms=size, lw=0.8, color=CANDIDATE)
    for beyond, marker, share in ((sure & (ratio > high), "^", 0.93), (sure & (ratio < low), "v", 0.07)):
        place = low * (high / low) ** share if not reach else low + share * (high - low)
        panel.plot(x[beyond], np.full(int(beyond.sum()), place), marker, ms=4, color=CANDIDATE)
    panel.set_ylim(low, high)
    panel.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.grid(axis="y", color=_INK, alpha=0.12, lw=0.6)


def draw_sensors(reference: Curve, candidate: Curve, y_label: str, name: str, title: str) -> str:
    """Return a plot of a number of each of the 40 sensors, and the ratio of the samples below."""
    pyplot = load_pyplot()
    with pyplot.rc_context(_STYLE):
        figure, panels = pyplot.subplots(2, 1, figsize=_WIDE, sharex=True, height_ratios=[2.4, 1])
        sensor = np.arange(N_SENSORS, dtype=np.float64)
        for curve, colour, shift, mark, sample in (
            (reference, REFERENCE, -0.14, "o", "reference"),
            (candidate, CANDIDATE, 0.14, "s", "candidate"),
        ):
            style = {"fmt": mark, "ms": 4, "lw": 1, "color": colour, "label": sample}
            panels[0].errorbar(sensor + shift, curve.values, curve.errors, **style)
        known = np.concatenate([reference.values, candidate.values])
        known = known[np.isfinite(known)]
        if len(known) and known.min() > 0.6 * known.max() > 0:
            reach = max(float(known.max() - known.min()), 0.02 * float(known.max()))
            panels[0].set_ylim(known.min() - 0.2 * reach, known.max() + 0.35 * reach)
        else:
            panels[0].set_ylim(0, 1.25 * float(known.max()) if len(known) and known.max() > 0 else 1)
        panels[0].set_ylabel(y_label)
        panels[0].legend(ncols=2, loc="upper right")
        edges: Floats = np.arange(N_SENSORS + 1, dtype=np.float64) - 0.5
        curves = [Curve(one.values[None], one.errors[None]) for one in (reference, candidate)]
        _ratio(panels[1], Spectra(edges, curves[0], curves[1], ("",), "", ""), 0)
        for panel in panels:
            panel.axvline(_FIRST_OF_LAYER_2 - 0.5, color=_INK, alpha=0.4, lw=0.8, ls=":")
        panels[1].set_xlim(-0.7, N_SENSORS - 0.3)
        panels[1].set_xticks(sensor, [sensor_name(index) for index in range(N_SENSORS)], rotation=90, fontsize=8)
        panels[1].set_xlabel("sensor (layer.ladder.sensor)")
        _place(figure, panels, 0.85)
        return _svg(figure, name, title)


def draw_histogram(reference: Floats, candidate: Floats, bins: int, x_label: str, name: str, title: str) -> str:
    """Return a plot of a number of each event, the same share of events for both samples."""
    both = np.concatenate([reference, candidate])
    low, high = float(both.min()), float(both.max())
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    edges: Floats = low + (high - low) / bins * np.arange(bins + 1, dtype=np.float64)
    edges[-1] = high
    counts = [np.histogram(one, edges)[0] for one in (reference, candidate)]
    curves = [Curve(*(np.asarray(part / max(one.sum(), 1))[None] for part in (one, np.sqrt(one)))) for one in counts]
    spectra = Spectra(np.asarray(edges), curves[0], curves[1], ("",), x_label, "share of events")
    return draw_spectra(spectra, name, title, log=False)


def draw_classifiers(results: Sequence[Result], name: str, title: str) -> str:
    """Return a plot of what each classifier reaches, with its floor and its limit."""
    pyplot = load_pyplot()
    with pyplot.rc_context(_STYLE):
        figure, panel = pyplot.subplots(figsize=(7.5, 1.1 + 0.42 * len(results)), layout="constrained")
        rows = np.arange(len(results))[::-1]
        panel.axvline(0.5, color=_INK, lw=0.8, alpha=0.5)
        for row, one in zip(rows, results, strict=True):
            panel.plot([one.limit] * 2, [row - 0.3, row + 0.3], color=_INK, lw=1.6, label="limit" if row == 0 else None)
            panel.plot(
                one.floor, row, "o", ms=6, color=REFERENCE, label="floor: halves of the reference" if row == 0 else None
            )
            panel.errorbar(
                one.value,
                row,
                xerr=one.error,
                fmt="s",
                ms=6,
                lw=1.4,
                color=CANDIDATE,
                label="candidate" if row == 0 else None,
            )
        panel.set_yticks(rows, [one.name for one in results])
        panel.set_ylim(-0.6, len(results) - 0.4)
        panel.set_xlabel("area under the ROC curve: 0.5 cannot tell, 1 always tells")
        figure.legend(loc="outside upper center", ncols=3)
        return _svg(figure, name, title)


def draw_pulls(
    edges: Floats, counts: Mapping[str, Floats], notes: Mapping[str, str], x_label: str, name: str, title: str
) -> str:
    """Return a plot of pulls in several scenarios, as shares of tracks.

    Parameters
    ----------
    edges : of the bins (n + 1,); several are drawn as one, more of them where there are few tracks
    counts, notes : by scenario: tracks (n,) of each bin, and words behind its name
    x_label, name, title : of the axis, of the parts of the picture, of the picture
    """
    pyplot = load_pyplot()
    fewest = min((float(values.sum()) for values in counts.values()), default=0.0)
    step = next((step for step in ((4, 2) if fewest > _MANY_TRACKS else (10, 8, 5, 4, 2)) if len(edges) % step == 1), 1)
    with pyplot.rc_context(_STYLE):
        figure, panel = pyplot.subplots(figsize=(7.4, 4.2))
        for scenario, values in counts.items():
            colour, style, width = _SCENARIOS.get(scenario, (_INK, ":", 1.0))
            shares = values.reshape(-1, step).sum(axis=1) / max(float(values.sum()), 1.0)
            shown = np.where(shares > 0, shares, np.nan)
            label = f"{scenario}{notes.get(scenario, '')}"
            panel.stairs(shown, edges[::step], color=colour, ls=style, lw=width, label=label, baseline=None)
        panel.set_yscale("log")
        low, high = panel.get_ylim()
        panel.set_ylim(low, high * 3)
        panel.set_xlim(edges[0], edges[-1])
        panel.set_xlabel(x_label)
        panel.set_ylabel("share of tracks")
        panel.legend(loc="upper left", handlelength=1.8)
        _powers(panel)
        _place(figure, [panel])
        return _svg(figure, name, title)


_SCENARIOS: dict[str, tuple[str, Any, float]] = {
    "none": (_INK, "-", 1.0),
    "reference": (REFERENCE, "-", 2.0),
    "other half": (REFERENCE, (0, (2, 1.5)), 1.0),
    "candidate": (CANDIDATE, "-", 1.3),
}


def _svg(figure: Any, name: str, title: str) -> str:
    """Return a figure as SVG for a page: the same bytes each time, text as text, the page's colour for its ink."""
    pyplot = load_pyplot()
    content = io.StringIO()
    with pyplot.rc_context({"svg.hashsalt": name}):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    text = content.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", text)  # names of groups, the same in every figure
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"\n\s*", "\n", text)
    for colour, of_page in _OF_PAGE.items():
        text = text.replace(colour, of_page)
    head = text[: text.index(">")]
    box = re.search(r'viewBox="[^"]*"', head)
    kind = "plot wide" if figure.get_size_inches()[0] > 8 else "plot"
    link = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    opening = f'<svg class="{kind}" {box[0] if box else ""} role="img" aria-label="{escape(title)}" {link}'
    return opening + text[len(head) :]
