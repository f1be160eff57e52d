import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.framework.meta import EventIds, EventMeta, EventNumbers, metas


def test_meta_names_the_event() -> None:
    assert str(EventMeta(0, 1, 17, 3)) == "experiment 0, run 1, event 17"


def test_metas_are_numbered_by_position() -> None:
    assert list(metas([(0, 1, 5), (0, 1, 9)])) == [EventMeta(0, 1, 5, 0), EventMeta(0, 1, 9, 1)]


def test_lists_go_together() -> None:
    numbers = EventNumbers(experiment=[3, 3], run=[1, 2], first=[10, 1], count=[1, 2])
    assert list(numbers.ids()) == [(3, 1, 10), (3, 2, 1), (3, 2, 2)]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (EventNumbers(run=[1, 2], count=[1, 2, 3]), r"lists of different lengths \(run: 2, count: 3\)"),
        (EventNumbers(run=[1, 1], count=[1, 2]), r"the same \(experiment, run\) twice"),
        (EventNumbers(run=[], count=1), "no event is left"),
        (EventNumbers(count=3, skip_events=3), "no event is left"),
        (EventNumbers(count=3, skip_to=(0, 0, 4)), r"skip_to \[0, 0, 4\] is not one of the events"),
    ],
)
def test_problems(numbers: EventNumbers, message: str) -> None:
    problem = numbers.problem()
    assert problem is not None
    assert re.search(message, problem)


def test_skipping() -> None:
    assert list(EventNumbers(count=5, skip_to=(0, 0, 3)).ids()) == [(0, 0, 3), (0, 0, 4), (0, 0, 5)]
    assert list(EventNumbers(count=5, skip_to=(0, 0, 3), skip_events=2).ids()) == [(0, 0, 5)]


def test_limited_takes_the_count_of_the_option() -> None:
    assert len(EventNumbers(count=5).limited(9).ids()) == 9
    assert len(EventNumbers(count=5, skip_events=2).limited(9).ids()) == 9
    assert len(EventNumbers(run=[1, 2], count=5).limited(9).ids()) == 10


RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 9), st.integers(0, 4)), max_size=5)


@given(RUNS, st.integers(-12, 12) | st.none(), st.integers(-12, 12) | st.none())
def test_event_ids_behave_as_their_list(
    runs: list[tuple[int, int, int, int]], start: int | None, stop: int | None
) -> None:
    ids = EventIds(runs)
    expected = [(e, r, first + i) for e, r, first, count in runs for i in range(count)]
    assert list(ids) == expected
    assert len(ids) == len(expected)
    assert list(ids[start:stop]) == expected[start:stop]
    for event in expected:
        assert ids.index(event) == expected.index(event)
    with pytest.raises(IndexError):
        ids[len(ids)]


def test_many_events_need_no_memory() -> None:
    ids = EventNumbers(count=2**31 - 1).ids()
    assert ids[-1] == (0, 0, 2**31 - 1)
    assert len(ids[10:]) == 2**31 - 11
