"""Paths and conditions."""

from dataclasses import dataclass

import pytest

import pxdbkg
from pxdbkg.config import parameter
from pxdbkg.errors import BadInput, ConfigError
from pxdbkg.framework import AfterConditionPath, Module, Path

END, CONTINUE = AfterConditionPath.END, AfterConditionPath.CONTINUE


class Note(Module):
    """Note that it was called."""

    @dataclass(frozen=True)
    class Config:
        text: str = parameter("", doc="what is noted")

    log_of_calls: list[str]

    def event(self) -> None:
        self.log_of_calls.append(f"{self.meta.event}{self.config.text}")


def note(path: Path, calls: list[str], text: str) -> None:
    module = Note(text=text)
    module.log_of_calls = calls
    path.add_module(module)


def run(path: Path, count: int, processes: int = 1) -> None:
    pxdbkg.process(path, processes, events={"first": 0, "count": count}, seed=1)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(("after", "expected"), [(END, "0c 1b 2c 3b"), (CONTINUE, "0c 1b 1c 2c 3b 3c")], ids=str)
def test_after_a_conditional_path_the_event_ends_or_continues(
    processes: int, after: AfterConditionPath, expected: str
) -> None:
    calls: list[str] = []
    main, other = Path(), Path()
    choose = main.add_module("Choose", modulo=2)
    note(other, calls, "b")
    choose.if_true(other, after)
    note(main, calls, "c")
    run(main, 4, processes)
    assert calls == expected.split()


def test_if_false_with_an_empty_path_skips_the_event() -> None:
    calls: list[str] = []
    main = Path()
    main.add_module("Choose", modulo=3).if_false(Path())
    note(main, calls, "")
    run(main, 7)
    assert calls == ["1", "2", "4", "5"]


def test_the_first_condition_that_holds_is_taken() -> None:
    calls: list[str] = []
    main, low, high = Path(), Path(), Path()
    note(low, calls, "low")
    note(high, calls, "high")
    main.add_module("Choose", modulo=4).if_value("<2", low).if_value(">=1", high)
    note(main, calls, "rest")
    run(main, 4)
    assert calls == ["0low", "1low", "2high", "3high"]


def test_end_inside_a_continued_path_ends_the_event() -> None:
    calls: list[str] = []
    main, outer, inner = Path(), Path(), Path()
    outer.add_module("Choose", modulo=4).if_value("==3", inner)
    note(inner, calls, "inner")
    note(outer, calls, "outer")
    main.add_module("Choose", modulo=2).if_true(outer, CONTINUE)
    note(main, calls, "rest")
    run(main, 4)
    assert calls == ["0rest", "1outer", "1rest", "2rest", "3inner"]


def test_without_a_return_value_no_condition_holds() -> None:
    calls: list[str] = []
    main, other = Path(), Path()
    note(main, calls, "a")
    note(other, calls, "b")
    for module in main:
        module.if_false(other)
    run(main, 2)
    assert calls == ["0a", "1a"]


def test_return_values_do_not_outlive_the_event() -> None:
    class Once(Module):
        def event(self) -> None:
            if self.meta.event == 0:
                self.return_value(True)

    calls: list[str] = []
    main = Path()
    main.add_module(Once()).if_true(Path())
    note(main, calls, "")
    run(main, 3)
    assert calls == ["1", "2"]


def test_a_path_inside_itself_is_an_error() -> None:
    main, other = Path(), Path()
    main.add_module("Choose").if_true(other)
    other.add_module("Choose").if_true(main)
    with pytest.raises(BadInput, match=r"path\[0\].Choose.if_true\[0\].Choose.if_true: this path contains itself"):
        run(main, 1)


def test_an_instance_stands_at_one_place() -> None:
    main, other = Path(), Path()
    module = main.add_module("Choose")
    module.if_true(other)
    other.add_module(module.__class__()).if_true(Path())
    main.add_module(module)
    with pytest.raises(ConfigError, match=r"path\[1\].Choose: this instance already stands at path\[0\].Choose"):
        run(main, 1)


def test_modules_get_names_of_their_own() -> None:
    path = Path()
    for name in ("", "", "mine", "mine"):
        path.add_module("Choose", name=name)
    path.name_modules()
    assert [module.name for module in path] == ["Choose", "Choose#2", "mine", "mine#2"]


def test_a_path_is_a_container() -> None:
    path = Path()
    module = path.add_module("Choose")
    assert (len(path), list(path), path.modules()) == (1, [module], [module])
    assert "Choose" in path
    assert "Keep" not in path
