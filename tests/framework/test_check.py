"""Everything wrong with a path is found before the first event, and at once."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

import pxdbkg
from pxdbkg.config import parameter
from pxdbkg.errors import ConfigError, FileError
from pxdbkg.framework import AfterConditionPath, Module, Path, Problem


def faults(path: Path, **arguments: object) -> list[str]:
    arguments = {"events": {"count": 3}, "seed": 1} | arguments
    with pytest.raises(ConfigError) as caught:
        pxdbkg.process(path, **arguments)
    return list(caught.value.problems)


def test_a_path_can_be_checked_alone() -> None:
    build("Make").check(events={"count": 3})
    with pytest.raises(ConfigError, match="collection 'values' is not made"):
        build("Keep").check(events={"count": 3})
    with pytest.raises(ConfigError, match="has 5 events, 6 are asked for"):
        build("Source").check(events={}, n_events=6)


def build(*modules: str | tuple[str, dict[str, object]]) -> Path:
    path = Path()
    for module in modules:
        name, parameters = (module, {}) if isinstance(module, str) else module
        path.add_module(name, **parameters)
    return path


def test_missing_collection() -> None:
    path = build(("Make", {"output": "valued"}), "Keep", "Invert")
    assert faults(path) == [
        "path[1].Keep.values: collection 'values' is not made before this module (made: valued). "
        "Did you mean 'valued'?",
        "path[2].Invert.values: collection 'values' is not made before this module (made: valued). "
        "Did you mean 'valued'?",
    ]


def test_duplicate_output() -> None:
    path = build("Make", ("Make", {"stream": "other"}))
    assert faults(path) == [
        "path[1].Make.output: writes the collection 'values', which path[0].Make already writes. Choose another name"
    ]


def test_duplicate_stream() -> None:
    path = build("Make", ("Make", {"output": "more"}))
    assert faults(path) == [
        "path[1].Make.stream: draws from the random stream 'Make', as path[0].Make does; their numbers would be the "
        "same. Give one of them another stream"
    ]


def test_wrong_type() -> None:
    class Text(Module):
        """Make a text."""

        def writes(self) -> dict[str, type]:
            return {"values": str}

    path = Path()
    path.add_module(Text())
    path.add_module("Keep")
    assert faults(path) == [
        "path[1].Keep.values: collection 'values' holds str, made by path[0].Text (needed: ndarray)"
    ]


def test_optional_collections_are_checked_when_they_are_there() -> None:
    class Perhaps(Module):
        def optional(self) -> dict[str, type]:
            return {"values": str}

    alone, after = Path(), build("Make")
    alone.add_module(Perhaps())
    after.add_module(Perhaps())
    pxdbkg.process(alone, events={}, seed=1)
    assert faults(after) == ["path[1].Perhaps: collection 'values' holds ndarray, made by path[0].Make (needed: str)"]


def conditional(after: AfterConditionPath, *rest: str) -> Path:
    main, other = build("Choose"), build("Make")
    main.modules()[0].if_true(other, after)
    for name in rest:
        main.add_module(name)
    return main


def test_conditional_paths_are_walked() -> None:
    main, other = build("Choose"), build("Keep")
    main.modules()[0].if_false(other)
    assert faults(main) == [
        "path[0].Choose.if_false[0].Keep.values: collection 'values' is not made before this module (made: none)"
    ]


def test_what_a_branch_makes_is_known_only_where_the_event_continues() -> None:
    assert "is not made" in faults(conditional(AfterConditionPath.END, "Keep"))[0]
    path = conditional(AfterConditionPath.CONTINUE, "Make")
    assert any("already writes" in line for line in faults(path))


def test_two_branches_may_write_the_same() -> None:
    main = build("Choose")
    main.modules()[0].if_true(build("Make")).if_false(build(("Make", {"stream": "other"})))
    pxdbkg.process(main, events={"count": 3}, seed=1)


def test_problems_of_modules() -> None:
    class Unreadable(Module):
        def problems(self) -> list[Problem]:
            raise FileError("a.npz: no such file")

    path = build(("Source", {"broken": "is not what it was"}))
    path.add_module(Unreadable())
    assert faults(path) == ["path[0].Source.broken: is not what it was", "path[1].Unreadable: a.npz: no such file"]


@pytest.mark.parametrize(
    ("build_path", "arguments", "message"),
    [
        (lambda: build("Make"), {"events": None}, "events: nothing numbers the events. Add events: {"),
        (lambda: build("Make"), {"events": {"from": "input"}}, "events: nothing numbers the events. no module"),
        (lambda: build("OnlySource"), {}, "path[0].OnlySource numbers the events too. Remove one of them, or write"),
        (lambda: build("EventInfoSetter"), {}, "path[0].EventInfoSetter numbers the events too"),
        (lambda: build("EventInfoSetter", "OnlySource"), {"events": None}, "and path[0].EventInfoSetter does so too"),
        (lambda: build("Source"), {"events": {"count": 6}}, "path[0].Source: has 5 events, 6 are asked for. Ask for "),
        (lambda: build("Source"), {"events": None, "n_events": 6}, "numbers 5 events, 6 are asked for (-n)"),
        (lambda: build("Make"), {"events": {"count": -1}}, "events.count: -1 is out of range (allowed: 0 to "),
        (lambda: build("Make"), {"events": {"cuont": 1}}, "Did you mean 'count'?"),
        (lambda: build("Make"), {"events": {"count": 0}}, "events: no event is left to process"),
        (lambda: build("Make"), {"events": {"from": "input", "count": 1}}, "events.from: 'input' with 1 other keys"),
        (lambda: build("Make"), {"processes": 0}, "processes: 0 is out of range (allowed: whole numbers from 1)"),
        (lambda: build("Make"), {"n_events": -1}, "n_events: -1 is out of range (allowed: whole numbers from 0)"),
        (Path, {}, "path: has no module"),
    ],
)
def test_events_and_arguments(build_path: Callable[[], Path], arguments: dict[str, object], message: str) -> None:
    lines = faults(build_path(), **arguments)
    assert len(lines) == 1
    assert message in lines[0]


def test_all_faults_come_at_once() -> None:
    path = build("OnlySource", "Keep", "Make", ("Make", {"output": "more"}))
    assert len(faults(path)) == 3


def test_faults_in_nested_parameters_are_placed() -> None:
    class Masked(Module):
        @dataclass(frozen=True)
        class Config:
            masks: dict[str, dict[str, list[int]]] = parameter({}, doc="rows by sensor")

        def problems(self) -> list[Problem]:
            return [Problem("masks.rows.1.1.1[1]", "row 900 (allowed: 0 to 767)")]

    path = Path()
    module = path.add_module(Masked(masks={"rows": {"1.1.1": [3, 900], "1.1": [4]}}))
    seen = []
    module.locate = lambda place: seen.append(place)
    faults(path)
    assert seen == [("masks", "rows", "1.1.1", 1)]
