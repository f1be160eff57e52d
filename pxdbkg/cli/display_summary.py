"""Draw a page of plots of a whole sample, and print its numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.detector.ids import sensor_name
from pxdbkg.errors import BadInput
from pxdbkg.io.atomic import atomic_path
from pxdbkg.io.chain import DigitChain
from pxdbkg.io.digit_file import open_digits
from pxdbkg.io.published import Published, read_published
from pxdbkg.log import ProgressLine
from pxdbkg.validation import plots
from pxdbkg.validation.observables import Observable, observables
from pxdbkg.validation.plots_summary import draw_summary
from pxdbkg.validation.read import read_sample
from pxdbkg.validation.sample import QUANTITIES, THETA_EDGES_DEG, Sample

_HEAD = ("quantity", "sample", "+-", "Geant4", "difference", "limit", "", "IEA-GAN")


def draw_sample(
    files: Sequence[str], collection: str, published_path: str | None, json_path: str | None, output: Path
) -> None:
    """Read all events of some files, write the page, print the table, and write the numbers if asked.

    Raises BadInput for files without an event or without a digit.
    """
    plots.load_pyplot()  # what is missing is told before minutes of reading
    published = None if published_path is None else read_published(published_path)
    chain = DigitChain(files, [collection], (Digits,))
    listed = str(chain.paths[0]) if len(chain.paths) == 1 else f"{chain.paths[0]} to {chain.paths[-1].name}"
    if not chain.n_events:
        raise BadInput(f"{listed}: has no event. Give a file with events")
    line = ProgressLine(chain.n_events)
    try:
        sample = read_sample(chain, collection, line.show)
    finally:
        line.end()
        chain.close()
    n_digits = int(sample.totals.digits.sum())
    if not n_digits:
        raise BadInput(f"{listed}: {collection} has no digit in {chain.n_events} events. Choose another collection")
    found = observables(sample.totals, published)
    print(table(found, published=published is not None))
    if json_path is not None:
        facts = _facts(chain, collection, sample, found, published)
        with atomic_path(json_path) as part:
            part.write_text(json.dumps(facts, indent=1, allow_nan=False), encoding="utf-8")
        print(f"wrote {json_path}")
    mean = n_digits / chain.n_events
    title = f"{listed}, {collection}: {chain.n_events:,} events, {mean:,.0f} digits an event"
    plots.save(draw_summary(sample, published, title), output)


def table(found: Sequence[Observable], *, published: bool) -> str:
    """Return the numbers as a table; without published ones only those of the sample."""
    rows = [_HEAD, *(_row(one) for one in found)]
    columns = range(len(_HEAD)) if published else range(3)
    widths = [max(len(row[column]) for row in rows) for column in columns]
    lines = []
    for row in rows:
        cells = [f"{row[c]:{widths[c]}}" if c in (0, 6) else f"{row[c]:>{widths[c]}}" for c in columns]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _row(one: Observable) -> tuple[str, ...]:
    name = f"{one.name} [{one.unit}]" if one.unit else one.name
    difference, limit = "", ""
    if one.difference_percent is not None:
        difference = f"{one.difference_percent:+.2f} %"
    if one.limit is not None:
        limit = f"{one.limit:g}"
    elif one.limit_percent is not None:
        limit = f"{one.limit_percent:g} %"
    verdict = {True: "ok", False: "FAILS", None: ""}[one.passed]
    return (
        name,
        _number(one.value),
        _number(one.error),
        _number(one.published),
        difference,
        limit,
        verdict,
        _number(one.generator),
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def _facts(
    chain: DigitChain, collection: str, sample: Sample, found: Sequence[Observable], published: Published | None
) -> dict[str, Any]:
    """Return what is drawn, as numbers for a JSON file; null where there is no number."""
    totals = sample.totals
    with open_digits(chain.paths[0]) as reader:
        provenance = reader.provenance
    sensors = {
        "sensor": [sensor_name(index) for index in range(N_SENSORS)],
        "occupancy": _plain(totals.mean_occupancy),
        "occupancy_error": _plain(totals.occupancy_error),
        "mean_charge_adu": _plain(totals.mean_charge),
        "fano": _plain(totals.fano),
    }
    if published is not None:
        sensors |= {
            "published_occupancy": _plain(published.mean_occupancy),
            "published_mean_charge_adu": _plain(published.mean_charge),
        }
    return {
        "files": [str(path) for path in chain.paths],
        "collection": collection,
        "events": totals.n_events,
        "observables": [
            {
                "name": one.name,
                "unit": one.unit,
                "value": one.value,
                "error": one.error,
                "published": one.published,
                "generator": one.generator,
                "difference_percent": one.difference_percent,
                "limit": one.limit,
                "limit_percent": one.limit_percent,
                "pass": one.passed,
            }
            for one in found
        ],
        "sensors": sensors,
        "charge_counts": _plain(totals.charge_counts.sum(axis=0)),
        "correlation": _plain(totals.correlation),
        "clusters": {
            "theta_edges_deg": _plain(THETA_EDGES_DEG),
            **{
                f"mean_{quantity}_layer{layer}": _plain(sample.cluster_means(quantity)[layer - 1])
                for quantity in QUANTITIES
                for layer in (1, 2)
            },
        },
        "provenance": provenance,
    }


def _plain(values: NDArray[Any]) -> Any:
    """Return an array as lists, with None for what is not finite."""
    if values.ndim > 1:
        return [_plain(row) for row in values]
    return [value if math.isfinite(value) else None for value in values.tolist()]
