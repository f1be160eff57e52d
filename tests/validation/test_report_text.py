import math

import pytest

from pxdbkg.validation.observables import Observable
from pxdbkg.validation.report_text import excess, failures, flat, number, published, table
from pxdbkg.validation.result import Result


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.0, None, "0"),
        (-0.5, None, "\u22120.500"),
        (69_344.2, 118.0, "69,344 \u00b1 118"),
        (1.0, 0.0, "1.00"),
        (1.0, math.nan, "1.00"),
        (0.0, 0.01, "0.000 \u00b1 0.010"),
        (2.5e-7, 1.2e-8, "(2.50 \u00b1 0.12)\u00b710\u207b\u2077"),
        (999_999.0, None, "999,999"),
        (math.inf, None, "\u221e"),
        (None, None, "\u2013"),
    ],
)
def test_numbers(value: float | None, error: float | None, text: str) -> None:
    assert number(value, error) == text


def test_way_from_floor_to_limit() -> None:
    def one(value: float, floor: float, limit: float) -> Result:
        return Result("x", "charge", value, 0.0, floor, limit)

    assert excess(one(0.1, 0.1, 0.2)) == 0
    assert excess(one(0.2, 0.1, 0.2)) == pytest.approx(1)
    assert excess(one(0.1, 0.0, 0.0)) == math.inf
    assert excess(one(0.0, 0.0, 0.0)) == 0
    assert excess(one(0.1, 0.0, math.nan)) == 0


def test_provenance_of_one_side_only_is_one_line() -> None:
    ours, theirs = {"a": {"b": 1, "c": {"d": 2}}}, {"a": {"b": 1}, "e": {"f": [1, 2]}}
    assert flat(ours, theirs) == {"a.b": "1", "a.c": '{"d": 2}'}
    assert flat(theirs, ours) == {"a.b": "1", "e": '{"f": [1, 2]}'}
    assert flat({}, ours) == {}


def test_published_numbers() -> None:
    assert published([]) == ""
    text = published([Observable("a <b>", "ADU", 1.0, 0.1, 2.0, 3.0, limit_percent=10)])
    assert "a &lt;b&gt;" in text
    assert "\u221250.00 %" in text
    assert "FAIL" in text


def test_cells_know_their_column() -> None:
    text = table(("", "one", "two"), [["x", "1", "2"]], "kind", ["mark"])
    assert '<tr class="mark"><th scope="row">x</th><td data-of="one">1</td><td data-of="two">2</td></tr>' in text


def test_only_the_worst_failures_are_open() -> None:
    def text(count: int) -> str:
        return failures([Result(f"number {k}", "charge", 1.0 + k, 0.1, 0.1, 0.2, p_value=1e-30) for k in range(count)])

    assert text(0) == ""
    assert "more</summary>" not in text(12)
    assert "2 more</summary>" in text(14)
    assert (
        text(14).index("number 13")
        < text(14).index("number 2<")
        < text(14).index("2 more")
        < text(14).index("number 0")
    )
    assert "p &lt; 10\u207b\u00b9\u00b2" in text(1)
