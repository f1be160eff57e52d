"""Numbers, verdicts and tables of the report, as HTML."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pxdbkg.validation.observables import Observable
from pxdbkg.validation.page import escape
from pxdbkg.validation.result import GROUPS, Result, Side, Validation

NONE = "\u2013"
SUPERSCRIPT = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
_HEAD = ("quantity", "value", "floor", "value / floor", "limit", "from floor to limit", "verdict", "where, or why")
_FILES = 10  # names that are shown
_WORST = 12  # failures that are shown at once
_LEAST_P, _LEAST_P_TEXT = 1e-12, "10\u207b\u00b9\u00b2"  # nobody knows tails so far out
_LONGEST = 400  # characters of a value of the provenance


def number(value: float | None, error: float | None = None, digits: int = 3) -> str:
    """Return a number as text, with its error to two digits where there is one.

    >>> number(0.123456, 0.0012), number(1234567.0), number(float("nan")), number(0.000123456)
    ('0.1235 \u00b1 0.0012', '1.23\u00b710\u2076', '\u2013', '1.23\u00b710\u207b\u2074')
    """
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "\u221e" if value > 0 else "\u2212\u221e"
    sure = error is not None and math.isfinite(error) and error > 0
    largest = max(abs(value), error or 0.0) if sure else abs(value)
    if not largest:
        return "0"
    power = math.floor(math.log10(largest) + 1e-12)
    factor = f"\u00b710{str(power).translate(SUPERSCRIPT)}" if not -3 <= power < 6 else ""
    scale = 10.0**power if factor else 1.0
    last = math.floor(math.log10(error / scale)) - 1 if sure and error else power * (not factor) - digits + 1
    places = max(0, -last)
    text = _minus(f"{value / scale:,.{places}f}")
    if sure and error:
        text += f" \u00b1 {error / scale:,.{places}f}"
        return f"({text}){factor}" if factor else text
    return text + factor


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


def excess(one: Result) -> float:
    """Return how far a value is on its way from floor (0) to limit (1); infinite beyond a limit at the floor."""
    way = one.limit - one.floor
    if math.isfinite(way) and way > 0:
        return (one.value - one.floor) / way
    return math.inf if one.passed is False else 0.0


def verdict(validation: Validation) -> str:
    """Return the first lines of the report: the verdict, and what each group of observables says."""
    judged = [one for one in validation.results if one.passed is not None]
    failed = validation.failed
    if failed:
        verb = "is beyond its limit" if len(failed) == 1 else "are beyond their limits"
        line = f"{len(failed)} of {len(judged)} numbers {verb}: the samples differ."
        word, kind = "FAIL", "bad"
    else:
        line = f"All {len(judged)} numbers are within their limits: no difference found."
        word, kind = "PASS", "good"
    chips = []
    for group, name in GROUPS.items():
        own = [one for one in judged if one.group == group]
        if own:
            bad = sum(one.passed is False for one in own)
            text = f"{bad} of {len(own)} fail" if bad else f"{len(own)} pass"
            kind_of_group = "bad" if bad else "good"
            chips.append(f'<a class="chip {kind_of_group}" href="#{group}">{escape(name)}<b>{text}</b></a>')
    return (
        f'<div class="verdict {kind}"><strong>{word}</strong><span>{line}</span></div>\n'
        f'<nav class="chips" aria-label="groups of observables">{"".join(chips)}</nav>'
    )


def failures(results: Sequence[Result]) -> str:
    """Return a table of what is beyond its limit, the worst first; empty when there is nothing."""
    worst = sorted((one for one in results if one.passed is False), key=lambda one: -excess(one))
    if not worst:
        return ""
    shown, rest = worst[:_WORST], worst[_WORST:]
    parts = [_results(shown, with_group=True)]
    if rest:
        parts.append(f"<details><summary>{len(rest)} more</summary>\n{_results(rest, with_group=True)}</details>")
    return "<section><h2>What fails, the worst first</h2>\n" + "\n".join(parts) + "</section>"


def groups(results: Sequence[Result]) -> str:
    """Return all results, group by group; those of a group that passes are folded."""
    parts = []
    for group, name in GROUPS.items():
        own = [one for one in results if one.group == group]
        if not own:
            continue
        bad = sum(one.passed is False for one in own)
        text = f"{bad} of {len(own)} fail" if bad else f"{len(own)} numbers"
        parts.append(
            f'<details id="{group}"{" open" if bad else ""}><summary>{escape(name)} '
            f'<span class="soft">{text}</span></summary>\n{_results(own)}</details>'
        )
    return "\n".join(parts)


def _results(results: Iterable[Result], *, with_group: bool = False) -> str:
    rows = []
    for one in results:
        unit = f" {escape(one.unit)}" if one.unit else ""
        kind = {True: "good", False: "bad", None: "free"}[one.passed]
        word = {True: "pass", False: "FAIL", None: "not judged"}[one.passed]
        share = excess(one)
        bar = ""
        if one.passed is not None:
            label = f"{share:.2f}" if abs(share) < 10 else (f"{share:,.0f}" if math.isfinite(share) else "\u221e")
            fill = 100 if math.isinf(share) else min(100.0, max(0.0, share * 200 / 3))
            bar = f'<span class="bar {kind}" style="--fill:{fill:.0f}%"></span><span>{_minus(label)}</span>'
        name = escape(one.name)
        if with_group:
            name += f'<span class="of">{escape(GROUPS.get(one.group, one.group))}</span>'
        chance = ""
        if one.p_value is not None:
            chance = f"p = {number(one.p_value, digits=2)}" if one.p_value >= _LEAST_P else f"p &lt; {_LEAST_P_TEXT}"
        why = "; ".join(part for part in (escape(one.detail), chance) if part)
        cells = (
            f"{number(one.value, one.error)}{unit}",
            number(one.floor),
            f"{number(one.ratio)}" if one.floor else NONE,
            number(one.limit),
            f'<span class="way">{bar}</span>',
            f'<span class="word {kind}">{word}</span>',
            why,
        )
        rows.append([name, *cells])
    return table(_HEAD, rows, "results")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str, marks: Sequence[str] = ()) -> str:
    """Return a table; cells and head are HTML already, and ``marks`` are classes of the rows."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = []
    for number_of_row, row in enumerate(rows):
        mark = f' class="{marks[number_of_row]}"' if marks else ""
        first, *others = row
        cells = "".join(f'<td data-of="{head[k]}">{cell}</td>' for k, cell in enumerate(others, start=1))
        body.append(f'<tr{mark}><th scope="row">{first}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead>\n<tbody>\n'
        + "\n".join(body)
        + "\n</tbody></table></div>"
    )


def samples(reference: Side, candidate: Side) -> str:
    """Return both samples side by side: what was read, and how the files say they were made."""
    sides = (reference, candidate)
    rows = [
        ("files", *(_files(side.files) for side in sides)),
        ("collection", *(escape(side.collection) for side in sides)),
        ("events", *(f"{side.n_events:,}" for side in sides)),
        ("digits an event", *(_per_event(side) for side in sides)),
    ]
    head = ("", "reference", "candidate")
    found = [flat(side.provenance, other.provenance) for side, other in (sides, sides[::-1])]
    same: list[Sequence[str]] = []
    different: list[Sequence[str]] = []
    for key in sorted(found[0].keys() | found[1].keys()):
        values = [side.get(key) for side in found]
        row = (
            _breakable(key),
            *(f'<span class="soft">{NONE}</span>' if one is None else _value(one) for one in values),
        )
        (same if values[0] == values[1] else different).append(row)
    parts = [table(head, rows, "sides")]
    if different:
        parts.append(f"<h3>Provenance that differs ({len(different)})</h3>")
        parts.append(table(head, different, "sides", ["differs"] * len(different)))
    else:
        parts.append('<p class="soft">The files say the same of how they were made, or nothing.</p>')
    if same:
        parts.append(f"<details><summary>Provenance that is the same ({len(same)})</summary>")
        parts.append(table(head, same, "sides"))
        parts.append("</details>")
    return "\n".join(parts)


def _files(names: Sequence[str]) -> str:
    shown = [escape(name) for name in names[:_FILES]]
    if len(names) > _FILES:
        shown.append(f"and {len(names) - _FILES:,} more, the last {escape(names[-1])}")
    return "<br>".join(shown)


def _per_event(side: Side) -> str:
    counts = side.totals.counts.sum(axis=1)
    if not len(counts):
        return NONE
    error = float(counts.std(ddof=1)) / math.sqrt(len(counts)) if len(counts) > 1 else None
    return number(float(counts.mean()), error, digits=6)


def _value(text: str) -> str:
    return escape(text if len(text) <= _LONGEST else text[:_LONGEST] + " \u2026")


def _breakable(key: str) -> str:
    """Return a dotted name as HTML that may go on in the next line after a dot or a stroke."""
    return re.sub(r"([._])", r"\1<wbr>", escape(key))


def flat(value: Any, other: Any = None, key: str = "") -> dict[str, str]:
    """Return nested provenance as lines: dotted names and texts.

    What ``other`` does not have at all is one line, however much it holds.

    >>> flat({"a": {"b": 1, "c": []}, "d": "x"}, {"a": {"b": 2}})
    {'a.b': '1', 'a.c': '[]', 'd': 'x'}
    >>> flat({"a": {"b": {"c": 1}}}, {"a": {}})
    {'a.b': '{"c": 1}'}
    """
    if isinstance(value, Mapping) and value and isinstance(other, Mapping):
        lines: dict[str, str] = {}
        for name, inner in value.items():
            lines |= flat(inner, other.get(name), f"{key}.{name}" if key else str(name))
        return lines
    if isinstance(value, Mapping | list | tuple) and value:
        return {key: json.dumps(value, default=str, ensure_ascii=False)}
    return {key: str(value)} if key else {}


def published(found: Sequence[Observable]) -> str:
    """Return the numbers of the candidate beside published ones, as in the papers' tables; empty without them."""
    if not found:
        return ""
    rows, marks = [], []
    for one in found:
        difference = NONE if one.difference_percent is None else _minus(f"{one.difference_percent:+.2f} %")
        limit = NONE
        if one.limit is not None:
            limit = number(one.limit)
        elif one.limit_percent is not None:
            limit = f"{one.limit_percent:g} %"
        kind, word = {True: ("good", "pass"), False: ("bad", "FAIL"), None: ("free", NONE)}[one.passed]
        name = escape(one.name) + (f' <span class="soft">[{escape(one.unit)}]</span>' if one.unit else "")
        values = (number(one.value, one.error, digits=4), number(one.published, digits=4))
        word = f'<span class="word {kind}">{word}</span>'
        rows.append([name, *values, difference, limit, word, number(one.generator, digits=4)])
        marks.append(kind)
    head = ("quantity", "candidate", "Geant4", "difference", "goal", "verdict", "IEA-GAN")
    return table(head, rows, "published", marks)
