"""The report of a comparison: one HTML page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pxdbkg import __version__
from pxdbkg.io.atomic import atomic_path
from pxdbkg.validation import report_text
from pxdbkg.validation.page import asset, encoded, escape, fill
from pxdbkg.validation.plots_report import draw_classifiers
from pxdbkg.validation.report_plots import Plot, plots
from pxdbkg.validation.report_tracks import tracks_section
from pxdbkg.validation.result import GROUPS, Validation


def write_report(validation: Validation, path: Path) -> None:
    """Write the report of a comparison, whole or not at all.

    The same comparison gives the same bytes, but for the time that it took. Raises MissingExtra without matplotlib.
    """
    page = encoded(report(validation))
    with atomic_path(path) as part:
        part.write_bytes(page)


def report(validation: Validation) -> str:
    """Return the report as HTML; all text of files is escaped."""
    reference, candidate = validation.reference, validation.candidate
    names = " against ".join(escape(_short(side.files)) for side in (candidate, reference))
    return fill(
        "report.html",
        title=f"Validation: {names}",
        style=asset("page.css") + asset("report.css"),
        lead=(
            f"Candidate: {candidate.n_events:,} events of {escape(_short(candidate.files))}. "
            f"Reference: {reference.n_events:,} events of {escape(_short(reference.files))}."
        ),
        verdict=report_text.verdict(validation),
        failures=report_text.failures(validation.results),
        samples=report_text.samples(reference, candidate),
        plots=_figures(plots(reference, candidate)),
        classifiers=_classifiers(validation),
        tracks=tracks_section(validation.tracks),
        published=_published(validation),
        groups=report_text.groups(validation.results),
        foot=_foot(validation),
    )


def _short(files: tuple[str, ...]) -> str:
    names = [Path(name).name for name in files]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _figures(found: Iterable[Plot]) -> str:
    """Return the plots, a section for each group of observables."""
    by_group: dict[str, list[Plot]] = {}
    for one in found:
        by_group.setdefault(one.group, []).append(one)
    parts = []
    for group, name in GROUPS.items():
        if group in by_group:
            cells = "\n".join(figure(one.caption, one.svg) for one in by_group[group])
            parts.append(f'<section><h2>{escape(name)}</h2>\n<div class="figures">\n{cells}\n</div></section>')
    return "\n".join(parts)


def figure(caption: str, svg: str) -> str:
    """Return a picture with its caption (text)."""
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    kind = ' class="wide"' if 'class="plot wide"' in svg[:60] else ""
    return f"<figure{kind}>{words}<div>{svg}</div></figure>"


def _classifiers(validation: Validation) -> str:
    found = [one for one in validation.results if one.group == "classifiers"]
    if not found:
        return ""
    svg = draw_classifiers(found, "classifiers", "What classifiers reach")
    details = "".join(f"<dt>{escape(one.name)}</dt><dd>{escape(one.detail)}</dd>" for one in found if one.detail)
    words = f'<div><h3>What matters most to them</h3><dl class="matters">{details}</dl></div>' if details else ""
    head = "<p>A classifier learns on one half of the events of both samples and judges the other half.</p>"
    return f'<section><h2>Classifiers</h2>{head}<div class="figures two">{figure("", svg)}{words}</div></section>'


def _published(validation: Validation) -> str:
    text = report_text.published(validation.published)
    if not text:
        return ""
    return f"<section><h2>Beside published numbers</h2>\n{text}</section>"


def _foot(validation: Validation) -> str:
    options = report_text.flat(dict(validation.options), {})
    words = [f"pxdbkg {escape(__version__)}"]
    words += [f"{escape(name)}: {escape(value)}" for name, value in options.items()]
    return "<br>".join(words)
