"""Steering files: the same path as in Python, with settings from the command line."""

from collections.abc import Sequence

import pytest

import pxdbkg
from pxdbkg.config import parse_yaml
from pxdbkg.errors import ConfigError
from pxdbkg.framework import AfterConditionPath, Path
from pxdbkg.framework.loop import run_job
from pxdbkg.framework.steering import Steering

TEXT = """
seed: 42
events: {first: 3, count: 4}
path:
  - module: Make
    size: 8
  - module: Choose
    modulo: 3
    if_true:
      path:
        - module: Invert
      after: CONTINUE
    if_value: {condition: "== 7", path: []}
  - module: Keep
    name: first
  - module: Keep
    log_level: ERROR
"""


def read(text: str = TEXT, settings: Sequence[str] = ()) -> Steering:
    return Steering(parse_yaml(text, "a.yaml"), settings)


def run(steering: Steering, n_events: int | None = None) -> list[str]:
    assert steering.seed is not None
    run_job(steering.path, steering.prepare(steering.seed, n_events))
    return steering.path.modules()[2].lines


def faults(steering: Steering, n_events: int | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        steering.prepare("1", n_events)
    return list(caught.value.problems)


def in_python() -> Path:
    path, inner = Path(), Path()
    path.add_module("Make", size=8)
    inner.add_module("Invert")
    choose = path.add_module("Choose", modulo=3).if_value("==7", Path())
    choose.if_true(inner, AfterConditionPath.CONTINUE)
    path.add_module("Keep", name="first")
    path.add_module("Keep").set_log_level("ERROR")
    return path


def test_yaml_and_python_make_the_same() -> None:
    path = in_python()
    pxdbkg.process(path, events={"first": 3, "count": 4}, seed=42)
    steering = read()
    assert run(steering) == path.modules()[2].lines
    assert len(set(steering.path.modules()[2].lines)) == 4
    assert [module.name for module in steering.path] == ["Make", "Choose", "first", "Keep"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if_true: [{module: Invert}]", [("if_true", ">=1", "END")]),
        ("if_false: {path: [], after: CONTINUE}", [("if_false", "<1", "CONTINUE")]),
        ("if_value: {condition: '>3', path: []}", [("if_value", ">3", "END")]),
        (
            "if_value: [{condition: '>3', path: []}, {condition: '<2', path: [{module: Invert}], after: CONTINUE}]",
            [("if_value", ">3", "END"), ("if_value", "<2", "CONTINUE")],
        ),
    ],
)
def test_ways_to_write_conditions(text: str, expected: list[tuple[str, str, str]]) -> None:
    steering = read(f"events: {{count: 2}}\npath:\n  - module: Make\n  - module: Choose\n    {text}\n")
    steering.prepare("1")
    conditions = steering.path.modules()[1].conditions
    assert [(one.kind, one.expression, one.after.value) for one in conditions] == expected


def test_faults_inside_conditional_paths_have_positions() -> None:
    steering = read("events: {}\npath:\n  - module: Choose\n    if_true:\n      - module: Keep\n      - module: Kep\n")
    assert faults(steering)[0].startswith("a.yaml:6:17: path[0].Choose.if_true[1]: unknown module 'Kep'")
    steering = read("events: {}\npath:\n  - module: Choose\n    if_true:\n      - {module: Keep, values: more}\n")
    assert faults(steering) == [
        "a.yaml:5:32: path[0].Choose.if_true[0].Keep.values: collection 'more' is not made before this module "
        "(made: none)"
    ]


@pytest.mark.parametrize(
    ("setting", "check"),
    [
        ("seed=7", lambda steering: steering.seed == "7"),
        ("seed=0x10", lambda steering: steering.seed == "16"),
        ("events.first=9", lambda steering: steering.events.first == 9),
        ("path.Make.size=5", lambda steering: steering.path.modules()[0].config.size == 5),
        ("path.0.size=5", lambda steering: steering.path.modules()[0].config.size == 5),
        ("path.first.values=more", lambda steering: steering.path.modules()[2].config.values == "more"),
        ("path.3.name=second", lambda steering: steering.path.modules()[3].name == "second"),
        ("path.Make.stream=a=b", lambda steering: steering.path.modules()[0].config.stream == "a=b"),
        ("path.Invert.values=x", lambda s: s.path.modules()[1].conditions[-1].path.modules()[0].config.values == "x"),
    ],
)
def test_settings(setting: str, check: object) -> None:
    assert not check(read())
    assert check(read(settings=[setting]))


def test_stream_is_none_already() -> None:
    assert read(settings=["path.Make.stream="]).path.modules()[0].config.stream is None


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "--set seed: is not KEY=VALUE (KEY: seed, events.first, path.MODULE.parameter)"),
        ("=3", "--set =3: is not KEY=VALUE"),
        ("path.Make=3", "--set path.Make=3: names no parameter (KEY: path.MODULE.parameter)"),
        ("path.Mak.size=3", "--set path.Mak.size=3: no module 'Mak' (modules: Make, Choose, Invert, first, Keep)"),
        ("path.9.size=3", "--set path.9.size=3: no module at position 9 (allowed: 0 to 3)"),
        (
            "path.Keep.file=x",
            "--set path.Keep.file=x: 'Keep' stands at path[2], path[3]. Name it by its position, path.2.",
        ),
        ("path.Make.size=[1", "--set path.Make.size=[1: not YAML"),
        ("path.Make.size=big", "--set path.Make.size=big: path[0].Make.size: the text 'big' is not a whole number"),
        ("path.Make.siz=3", "--set path.Make.siz=3: path[0].Make.siz: unknown parameter"),
        ("events.frist=3", "--set events.frist=3: events.frist: unknown key"),
        ("events.count=-3", "--set events.count=-3: events.count: -3 is out of range"),
        (
            "sed=3",
            "--set sed=3: sed: unknown key (known: path, seed, events, processes, log_level). Did you mean 'seed'?",
        ),
        ("seed.deep=3", "--set seed.deep=3: nothing to set at 'deep', which would be inside the value 42"),
        ("events={count: 1, count: 2}", "the key 'count' stands here a second time"),
    ],
)
def test_faulty_settings_are_named(setting: str, message: str) -> None:
    (line,) = faults(read(settings=[setting]))
    assert message in line


def test_option_n_overrides_the_count() -> None:
    assert len(run(read(), 2)) == 2
    assert len(run(read(), 9)) == 9
    assert run(read(), 9)[:4] == run(read())


def test_option_n_beyond_the_input() -> None:
    steering = read("path: [{module: Source}]")
    assert faults(steering, 9) == ["a.yaml:1:8: path[0].Source: numbers 5 events, 9 are asked for (-n). Ask for fewer"]


def test_everything_is_shown_and_reads_back_as_the_same_job() -> None:
    steering = read()
    job = steering.prepare("42")
    again = read(steering.show("42"))
    assert again.prepare("42").digest == job.digest
    assert list(again.prepare("42").events) == list(job.events)
    assert again.show("42") == steering.show("42")
    assert "output: values" in steering.show("42")
    assert "from: input" in read("events: {from: input}\npath: [{module: OnlySource}]").show(None)


def test_positions_follow_the_order_of_the_file() -> None:
    text = "events: {count: -1}\nbad: 1\npath:\n  - module: Keep\n  - {module: Make, size: -1}\n"
    assert [line.split(":")[1] for line in faults(read(text))] == ["1", "2", "4", "5"]


def test_an_init_of_its_own_is_called() -> None:
    class Custom(pxdbkg.Module):
        def __init__(self) -> None:
            super().__init__()
            self.made = True

    pxdbkg.register_module(Custom)
    steering = read("events: {}\npath: [{module: Custom}]")
    steering.prepare("1")
    assert steering.path.modules()[0].made
    (line,) = faults(read("events: {}\npath: [{module: Custom, size: 3}]"))
    assert "path[0].Custom.size: unknown parameter (there are none)" in line
