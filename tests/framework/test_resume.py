"""A job begins with the first event that an output still needs."""

import logging

import pytest

import pxdbkg
from pxdbkg.errors import DigitError, ModuleError
from pxdbkg.framework import Module, Path

EVENTS = {"run": [1, 2], "count": 4}


class Output(Module):
    """Have some events from an earlier job."""

    def __init__(self, done: int | Exception | None) -> None:
        super().__init__()
        self.done = done

    def reads(self) -> dict[str, type]:
        return {}

    def resume_at(self) -> int | None:
        if isinstance(self.done, Exception):
            raise self.done
        return self.done


def run(*outputs: Output, processes: int = 1) -> tuple[list[str], pxdbkg.framework.Job, list[str]]:
    path = Path()
    path.add_module("Make")
    keep = path.add_module("Keep")
    for number, output in enumerate(outputs):
        path.add_module(output).set_name(f"Output{number}")
    job = pxdbkg.process(path, processes, events=EVENTS, seed=1)
    return keep.lines, job, keep.calls


@pytest.mark.parametrize("processes", [1, 2, 9])
@pytest.mark.parametrize("first", [0, 1, 3, 4, 7, 8])
def test_the_events_that_are_left_are_those_of_the_whole_job(first: int, processes: int) -> None:
    whole, _, _ = run()
    lines, job, calls = run(Output(first), processes=processes)
    assert lines == whole[first:]
    assert (job.first, job.n_done, pxdbkg.statistics.n_events) == (first, 8, 8 - first)
    runs = [1, 2] if first < 4 else [2] if first < 8 else []
    assert [call for call in calls if "begin" in call] == [f"begin {run}" for run in runs]
    row = pxdbkg.statistics.rows[0]
    assert (row.name, row.calls) == ("Make", 8 - first)


@pytest.mark.parametrize(
    ("done", "first"), [((5, 3), 3), ((5, None), 5), ((None, None), 0), ((5, 0), 0), ((), 0), ((99,), 8)]
)
def test_the_output_that_is_behind_decides(done: tuple[int | None, ...], first: int) -> None:
    _, job, _ = run(*map(Output, done))
    assert job.first == first


def test_what_is_done_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pxdbkg")
    run(Output(0))
    assert "are done already" not in caplog.text
    run(Output(5))
    assert caplog.messages == ["5 of 8 events are done already"]


def test_an_output_that_cannot_go_on_stops_the_job() -> None:
    with pytest.raises(ModuleError, match=r"path\[2\]\.Output: resume: other file") as error:
        run(Output(DigitError("other file")))
    assert error.value.exit_status == 2
