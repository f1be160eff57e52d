"""Tables by run: neither gaps nor overlaps, and every run of the job is in one."""

from __future__ import annotations

import pytest

from pxdbkg.modules.run_ranges import RunRange, find_range, range_problems


@pytest.mark.parametrize(
    ("ranges", "runs", "words"),
    [
        ([(0, 0, 4), (0, 5, 9), (1, 3, 3)], [(0, 4), (0, 5), (1, 3)], []),
        ([(0, 0, 4), (0, 4, 9)], [], ["0 to 4 and 4 to 9 overlap"]),
        ([(0, 5, 9), (0, 0, 3)], [], ["0 to 3 and 5 to 9 leave a gap"]),
        ([(0, 9, 5)], [], ["9 to 5 are no range"]),
        ([(0, 0, 4)], [(0, 5), (0, 5), (2, 0)], ["experiment 0, run 5", "experiment 2, run 0"]),
        ([], [(0, 0)], ["experiment 0, run 0"]),
    ],
)
def test_problems(ranges: list[tuple[int, int, int]], runs: list[tuple[int, int]], words: list[str]) -> None:
    problems = range_problems([RunRange(*entry) for entry in ranges], runs)
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


def test_find_range() -> None:
    table = [RunRange(0, 0, 4), RunRange(1, 0, 4)]
    assert find_range(table, 1, 4) is table[1]
    assert find_range(table, 1, 5) is None
