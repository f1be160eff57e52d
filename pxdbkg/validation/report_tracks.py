"""The part of the report about tracks: pulls in all scenarios, and tables of their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pxdbkg.validation.page import escape
from pxdbkg.validation.plots_report import draw_pulls
from pxdbkg.validation.report_text import number, table

if TYPE_CHECKING:
    from pxdbkg.validation.track_study import TrackStudy

_PARAMETERS = ("d0", "z0")


def tracks_section(study: TrackStudy | None) -> str:
    """Return a study of tracks (``validation/track_study.py``) as HTML; empty without one."""
    if study is None:
        return ""
    cells = "\n".join(
        f"<figure><figcaption>{escape(title)}</figcaption><div>{svg}</div></figure>" for title, svg in _pulls(study)
    )
    head = (
        f"<p>The same {study.n_tracks:,} signal tracks, reconstructed with each background "
        f"({study.n_units:,} background events of each sample; the other half of the reference shows what chance "
        "gives). Widths of the core and tails together: wrong hits of fast tracks do not widen the core.</p>"
    )
    return (
        f'<section><h2>Tracks</h2>\n{head}\n<div class="figures pair">\n{cells}\n</div>\n'
        f"<h3>Numbers of each scenario</h3>\n{_numbers(study)}\n"
        "<h3>Fr\u00e9chet distance between residuals of d0, z0, \u03c6, \u03b8, q/p</h3>\n"
        f"{_distances(study)}</section>"
    )


def _pulls(study: TrackStudy) -> Iterator[tuple[str, str]]:
    for at, pt_bin in enumerate(study.pt_bins):
        for parameter, name in enumerate(_PARAMETERS):
            title = f"Pull of {name}, {_range(pt_bin)}"
            counts = {scenario: one.pulls[at, parameter] for scenario, one in study.scenarios.items()}
            label = f"pull of {name}: (fitted \u2212 true) / error"
            notes = _core_widths(study, name, at)
            yield title, draw_pulls(study.pull_edges, counts, notes, label, f"pull{at}{parameter}", title)


def _core_widths(study: TrackStudy, parameter: str, at: int) -> dict[str, str]:
    """Return the core width of each scenario in a bin of pT, as words for a legend."""
    places = [k for k, name in enumerate(study.names) if name.startswith(f"pull of {parameter}, core width")]
    if at >= len(places):
        return {}
    k = places[at]
    return {
        title: f", core {number(float(one.values[k]), float(one.errors[k]))}" for title, one in study.scenarios.items()
    }


def _range(pt_bin: tuple[float, float]) -> str:
    low, high = pt_bin
    return f"pT < {high:g} GeV" if low == 0 else f"pT {low:g} to {high:g} GeV"


def _numbers(study: TrackStudy) -> str:
    titles = list(study.scenarios)
    rows = [
        [escape(name), *(number(float(one.values[k]), float(one.errors[k])) for one in study.scenarios.values())]
        for k, name in enumerate(study.names)
    ]
    return table(("", *(escape(_SCENARIO_NAMES.get(title, title)) for title in titles)), rows, "numbers")


def _distances(study: TrackStudy) -> str:
    rows = []
    for pair, values in study.frechet.items():
        errors = study.frechet_errors[pair]
        cells = [number(float(value), float(error)) for value, error in zip(values, errors, strict=True)]
        words = " and ".join(_SCENARIO_NAMES.get(title, title) for title in pair)
        rows.append([escape(words), *cells])
    return table(("between", *(escape(_range(one)) for one in study.pt_bins)), rows, "numbers")


_SCENARIO_NAMES = {"none": "no background", "other half": "other half of the reference"}
