import logging

import pytest

import pxdbkg
from pxdbkg.errors import ConfigError, ModuleError
from pxdbkg.framework import Module, Path


def lines(events: object = None, seed: int | str = 1, **parameters: object) -> list[str]:
    """Run Make and Keep and return a line an event, without the numbers of the event."""
    path = Path()
    path.add_module("Make", **parameters)
    keep = path.add_module("Keep")
    pxdbkg.process(path, events=events, seed=seed)
    return keep.lines


def test_hooks_are_called_in_order_and_runs_are_told() -> None:
    path = Path()
    path.add_module("Make")
    keep = path.add_module("Keep")
    job = pxdbkg.process(path, events={"run": [1, 2], "count": 2}, seed=1)
    assert keep.calls == ["initialize", "begin 1", "end 1", "begin 2", "end 2", "terminate"]
    assert (job.n_done, job.n_events, job.interrupted) == (4, 4, False)


def test_an_event_does_not_depend_on_its_place_in_the_job() -> None:
    alone = lines({"first": 17})
    assert alone == lines({"first": 1, "count": 32})[16:17]
    assert alone == lines({"first": 1, "count": 32, "skip_events": 16})[:1]
    assert alone == lines({"first": 1, "count": 32, "skip_to": [0, 0, 17]})[:1]
    assert alone != lines({"first": 17}, seed=2)
    assert alone != lines({"first": 17}, stream="other")


def test_seed_may_be_a_number_or_its_text() -> None:
    assert lines({}, seed=42) == lines({}, seed="42")
    with pytest.raises(ConfigError, match=r"seed: 1.5 is not an integer or a text"):
        lines({}, seed=1.5)


def test_a_seed_is_drawn_and_told(caplog: pytest.LogCaptureFixture) -> None:
    path = Path()
    path.add_module("Make")
    with caplog.at_level(logging.INFO, "pxdbkg"):
        job = pxdbkg.process(path, events={})
    assert f"seed: {job.seed} (drawn" in caplog.text
    assert job.seed != pxdbkg.process(path, events={}).seed


@pytest.mark.parametrize(
    ("source", "events", "expected"),
    [
        ("Source", None, [(1, 2, 10), (1, 2, 11)]),
        ("Source", {"count": 2}, [(0, 0, 1), (0, 0, 2)]),
        ("OnlySource", None, [(1, 2, 10), (1, 2, 11)]),
        ("OnlySource", {"from": "input"}, [(1, 2, 10), (1, 2, 11)]),
        ("EventInfoSetter", None, [(0, 0, 1), (0, 0, 2)]),
    ],
)
def test_one_place_numbers_the_events(source: str, events: object, expected: list[tuple[int, int, int]]) -> None:
    path = Path()
    path.add_module(source)
    path.add_module("Choose")
    job = pxdbkg.process(path, events=events, seed=1, n_events=2)
    assert list(job.events) == expected


def test_an_exclusive_source_wins_over_a_fallback() -> None:
    path = Path()
    path.add_module("Source", available=9)
    path.add_module("OnlySource", available=2)
    assert len(pxdbkg.process(path, seed=1).events) == 2


def test_wrapping_input_delivers_any_number() -> None:
    path = Path()
    path.add_module("Source", available=2, wrap=True)
    assert pxdbkg.process(path, events={"count": 5}, seed=1).n_done == 5


@pytest.mark.parametrize(
    ("how", "status", "text"),
    [("raise", 1, "KeyError: 'nobody\\\\nforesaw this'"), ("bad", 2, "digit 4: u is 300 (allowed: 0 to 249)")],
)
def test_errors_name_module_and_event(how: str, status: int, text: str) -> None:
    path = Path()
    path.add_module("Make")
    keep = path.add_module("Keep")
    path.add_module("Trouble", how=how)
    with pytest.raises(ModuleError) as caught:
        pxdbkg.process(path, events={"run": 4, "count": 5}, seed=1)
    assert str(caught.value) == f"path[2].Trouble: experiment 0, run 4, event 3: {text}".replace("\\\\", "\\")
    assert caught.value.exit_status == status
    assert caught.value.__cause__ is not None
    assert keep.calls == ["initialize", "begin 4", "abort"]


@pytest.mark.parametrize("hook", ["initialize", "beginRun", "endRun", "terminate"])
def test_errors_of_other_hooks(hook: str) -> None:
    calls = []

    class Bad(Module):
        def abort(self) -> None:
            calls.append("abort")

    def fail(self: Module) -> None:
        raise ValueError("no")

    setattr(Bad, hook, fail)
    path = Path()
    path.add_module("Make")
    path.add_module("Keep")
    path.add_module(Bad())
    last = path.add_module("Keep")
    run = "experiment 0, run 0, " if hook.endswith("Run") else ""
    with pytest.raises(ModuleError, match=rf"path\[2\].Bad: {run}{hook}: ValueError: no"):
        pxdbkg.process(path, events={"count": 2}, seed=1)
    assert calls == ["abort"]
    started = "calls" in vars(last)
    assert started == (hook != "initialize")
    assert not started or last.calls[-1] == "abort"


def test_a_failing_abort_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Bad(Module):
        def event(self) -> None:
            raise ValueError("first")

        def abort(self) -> None:
            raise ValueError("second")

    path = Path()
    path.add_module("Make")
    path.add_module(Bad())
    keep = path.add_module("Keep")
    with pytest.raises(ModuleError, match="ValueError: first"):
        pxdbkg.process(path, events={}, seed=1)
    assert "path[1].Bad: abort: ValueError: second" in caplog.text
    assert keep.calls[-1] == "abort"


def test_provenance_says_what_made_the_data_and_not_how() -> None:
    def provenance(processes: int, file: str) -> dict[str, object]:
        path = Path()
        path.add_module("Make", size=5)
        path.add_module("Keep", file=file)
        return pxdbkg.process(path, processes, events={"count": 2}, seed=7).provenance

    one = provenance(1, "")
    assert one["seed"] == "7"
    assert one["modules"] == {"Make": {"size": 5}}
    assert len(one["steering"]) == 64
    assert set(one) == {"pxdbkg", "commit", "seed", "steering", "modules"}


def test_the_digest_leaves_out_names_of_outputs_and_event_numbers(tmp_path: object) -> None:
    def digest(file: str, first: int, size: int = 5, name: str = "Keep") -> str:
        path = Path()
        path.add_module("Make", size=size)
        path.add_module(name, **({"file": file} if name == "Keep" else {})).set_log_level("ERROR" if file else "INFO")
        return pxdbkg.process(path, events={"first": first}, seed=7).digest

    same = digest("", 1)
    assert same == digest(f"{tmp_path}/a", 2)
    assert len({same, digest("", 1, size=6), digest("", 1, name="Invert")}) == 3
