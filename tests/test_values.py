from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.config import parameter
from pxdbkg.values import Rules, build_config, check_value, describe_rules, describe_type


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (3, int, 3),
        (3, float, 3.0),
        (np.int64(3), int, 3),
        (np.float32(0.5), float, 0.5),
        (True, bool, True),
        ("a", str, "a"),
        (None, int | None, None),
        (3, int | None, 3),
        (3, float | None, 3.0),
        ("a", int | str, "a"),
        (3, str | int, 3),
        ([1, 2], list[int], [1, 2]),
        ((1, 2), list[float], [1.0, 2.0]),
        ([1, "a"], list[int | str], [1, "a"]),
        ([1, 2, 3], tuple[int, ...], (1, 2, 3)),
        ([1, "a"], tuple[int, str], (1, "a")),
        ({"a": [1]}, dict[str, list[int]], {"a": [1]}),
        ({"a": 1, 2: None}, dict[Any, Any], {"a": 1, 2: None}),
        ([1, {"x": 2}], list, [1, {"x": 2}]),
        ("END", Literal["END", "CONTINUE"], "END"),
        (1 + 2j, Any, 1 + 2j),
    ],
)
def test_good_values(value: object, annotation: object, expected: object) -> None:
    converted, faults = check_value(value, annotation)
    assert faults == []
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "fault"),
    [
        (True, int, ": true is not a whole number"),
        (True, float, ": true is not a number"),
        (1, bool, ": 1 is not true or false"),
        (1.0, int, ": 1.0 is not a whole number"),
        ("7", int, ": the text '7' is not a whole number"),
        (float("nan"), float, ": nan is not a number"),
        (3, str, ": 3 is not a text"),
        (None, int, ": null is not a whole number"),
        ("x" * 99, int, f": the text '{'x' * 56}... is not a whole number"),
        ("a", int | None, ": the text 'a' is of the wrong type (allowed: int or null)"),
        ([1, "a"], list[int], "[1]: the text 'a' is not a whole number"),
        ([1, "a"], int | list[int], "[1]: the text 'a' is not a whole number"),
        (3, list[int], ": 3 is not a list. Write [3]"),
        ([1], tuple[int, int], ": [1] has 1 items (allowed: 2)"),
        ({"a": [1.5]}, dict[str, list[int]], ".a[0]: 1.5 is not a whole number"),
        ({1: 2}, dict[str, int], "[1]: key: 1 is not a text"),
        ([], dict[str, int], ": [] is not a mapping"),
        (
            "ENDE",
            Literal["END", "CONTINUE"],
            ": the text 'ENDE' is not allowed (allowed: END, CONTINUE). Did you mean 'END'?",
        ),
        (3, Literal["END"], ": 3 is not a text (allowed: END)"),
    ],
)
def test_faults(value: object, annotation: object, fault: str) -> None:
    _, faults = check_value(value, annotation)
    assert [str(one) for one in faults] == [fault]


@pytest.mark.parametrize(
    ("value", "annotation", "fault"),
    [
        (300, int, ": 300 is out of range (allowed: 7 to 255 ADU)"),
        (6.5, float, ": 6.5 is out of range (allowed: 7 to 255 ADU)"),
        ([7, 6], list[int], "[1]: 6 is out of range (allowed: 7 to 255 ADU)"),
        ({"a": 6}, dict[str, int], ".a: 6 is out of range (allowed: 7 to 255 ADU)"),
        (6, int | None, ": 6 is out of range (allowed: 7 to 255 ADU)"),
        ("6", int | None, ": the text '6' is of the wrong type (allowed: int or null, 7 to 255 ADU)"),
        (float("inf"), float, ": inf is out of range (allowed: 7 to 255 ADU)"),
    ],
)
def test_bounds_hold_for_every_number(value: object, annotation: object, fault: str) -> None:
    _, faults = check_value(value, annotation, Rules(7, 255, unit="ADU"))
    assert [str(one) for one in faults] == [fault]


@given(st.integers(), st.integers(-5, 5), st.integers(-5, 5))
def test_bounds_are_inclusive(value: int, low: int, high: int) -> None:
    _, faults = check_value(value, int, Rules(low, high))
    assert (not faults) == (low <= value <= high)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=6))
def test_any_value_is_judged_without_an_exception(value: object) -> None:
    for annotation in (int, float, bool, str, list[int], tuple[int, str], dict[str, int], int | list[str] | None):
        _, faults = check_value(value, annotation)
        assert all(str(fault) for fault in faults)


@dataclass(frozen=True)
class Inner:
    size: int = parameter(doc="size", low=1)


@dataclass(frozen=True)
class Outer:
    inner: Inner = parameter(doc="inner part")
    sensors: list[int] = parameter([1], doc="sensors")
    name: str = parameter("x", doc="name")


def test_dataclasses_are_made_from_mappings() -> None:
    made, faults = build_config(Outer, {"inner": {"size": 3}})
    assert (made, faults) == (Outer(Inner(3), [1], "x"), [])
    assert build_config(Outer, {"inner": Inner(3)})[0] == made
    assert build_config(Outer, made)[0] is made


def test_all_faults_of_a_dataclass() -> None:
    made, faults = build_config(Outer, {"inner": {"siez": 3}, "nam": "y", "name": 4, "sensors": [True]})
    assert made is None
    assert [str(fault) for fault in faults] == [
        ".inner.siez: unknown parameter (known: size). Did you mean 'size'?",
        ".inner.size: required, but not given (int: size)",
        ".nam: unknown parameter (known: inner, sensors, name). Did you mean 'name'?",
        ".name: 4 is not a text",
        ".sensors[0]: true is not a whole number",
    ]
    assert [fault.at_key for fault in faults] == [True, False, True, False, False]


def test_faulty_values_become_defaults() -> None:
    made, faults = build_config(Outer, {"inner": {"size": 3}, "name": 4})
    assert made == Outer(Inner(3))
    assert len(faults) == 1


def test_defaults_are_not_shared() -> None:
    first, second = (build_config(Outer, {"inner": {"size": 3}})[0] for _ in range(2))
    assert first.sensors is not second.sensors


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (dict[str, list[int]], "dict[str, list[int]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Literal["a", "b"], "'a' | 'b'"),
        (Any, "any"),
        (list, "list"),
        (None, "null"),
    ],
)
def test_types_as_text(annotation: object, text: str) -> None:
    assert describe_type(annotation) == text


def test_rules_as_text() -> None:
    rules = [Rules(low=1), Rules(high=2.5, unit="um"), Rules(choices=("a", "b")), Rules()]
    assert [describe_rules(rule) for rule in rules] == [">= 1", "<= 2.5 um", "a, b", ""]
