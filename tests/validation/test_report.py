import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.totals import Totals
from pxdbkg.validation.event import clustered
from pxdbkg.validation.observables import observables
from pxdbkg.validation.report import report, write_report
from pxdbkg.validation.result import Result, Side, Validation
from pxdbkg.validation.units import Units

HOSTILE = "</title></td><script>alert(1)</script><img src=x onerror=alert(2)>\"'&.npz"


def random_digits(rng: np.random.Generator, count: int, sensors: int) -> Digits:
    channel = np.sort(rng.choice(sensors * 192_000, count, replace=False))
    columns = (channel // 192_000, channel % 250, channel // 250 % 768, rng.integers(7, 256, count))
    return Digits(*(part.astype(kind) for part, kind in zip(columns, ("u1", "u2", "u2", "u2"), strict=True)))


def side(label: str, events: int, *, sensors: int = 40, seed: int = 1, digits: int = 900) -> Side:
    rng = np.random.default_rng(seed)
    units, totals = Units(), Totals()
    for number in range(events):
        event = clustered(number, (0, 0, number), random_digits(rng, digits, sensors))
        units.add(event)
        totals.add(event.digits)
    provenance = {"seed": seed, "version": "1", f"<b>{HOSTILE}</b>": {"deep": HOSTILE}}
    return Side(label, (f"folder/{HOSTILE}",), "PXDDigits", events, provenance, totals, units, *[None] * 4)


RESULTS = (
    Result(f"fails {HOSTILE}", "occupancy", 0.5, 0.01, 0.1, 0.2, "ADU", HOSTILE, 1e-9),
    Result("fails more", "charge", 5.0, 0.01, 0.1, 0.2),
    Result("passes", "charge", 0.15, 0.01, 0.1, 0.2),
    Result("no limit", "features", 0.15, math.nan, math.nan, math.nan),
    Result("copies", "diversity", 0.0, 0.0, 0.0, 0.0),
    Result("clusters", "classifiers", 0.7, 0.01, 0.5, 0.52, detail="charge, <i>rows</i>"),
)


class Reader(HTMLParser):
    """Collects elements, and checks that they are closed in order."""

    VOID = frozenset({"meta", "br", "wbr", "image"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def validation() -> Validation:
    reference, candidate = side("reference", 4), side("candidate", 3, seed=2)
    published = tuple(observables(candidate.totals, None))
    return Validation(reference, candidate, RESULTS, published, None, {"quick": HOSTILE})


@pytest.fixture(scope="module")
def page(validation: Validation) -> str:
    return report(validation)


def test_text_of_files_stays_text(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert not {"script", "img", "iframe", "object", "link"} & {tag for tag, _ in reader.elements}
    assert not any(name.startswith("on") for _, attrs in reader.elements for name in attrs)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 8  # title, heading, files, provenance, results, options


def test_page_loads_nothing(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    links = [
        value or "" for _, attrs in reader.elements for name, value in attrs.items() if name.endswith(("href", "src"))
    ]
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not re.search(r"@import|url\((?!#)", page)
    assert "Content-Security-Policy" in page
    assert len(page.encode()) < 5_000_000


def test_verdict_comes_first_and_the_worst_failure_before_others(page: str) -> None:
    assert "3 of 5 numbers are beyond their limits" in page
    places = [page.index(word) for word in ("FAIL", "What fails", "fails more", "fails &lt;", "Samples", "All numbers")]
    assert places == sorted(places)
    assert page.index("not judged") > page.index("All numbers")


def test_every_reference_inside_of_pictures_has_its_target(page: str) -> None:
    wanted = set(re.findall(r"url\(#([^)]+)\)", page)) | set(re.findall(r'xlink:href="#([^"]+)"', page))
    assert wanted
    assert wanted <= set(re.findall(r' id="([^"]+)"', page))


def test_samples_without_most_of_everything(tmp_path: Path) -> None:
    """One sensor, few digits, two events: no number can be found for most of the plots."""
    sides = (side("reference", 2, sensors=1, digits=5), side("candidate", 2, sensors=2, digits=0))
    passed = Result("passes", "charge", 0.1, 0.0, 0.0, 0.2)
    write_report(Validation(*sides, (passed,)), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "PASS" in text
    assert "no difference found" in text
    assert "What fails" not in text


@pytest.mark.slow
def test_the_same_comparison_gives_the_same_page(validation: Validation, page: str) -> None:
    assert report(validation) == page
