import numpy as np
import pytest

import pxdbkg
from pxdbkg.framework.statistics import Row, Statistics, resident_mb

TABLE = """\
================================================================================================
Name                     |   Calls | Time (s) | First (ms) |     Later (ms / call) | Memory (MB)
================================================================================================
SignalHits               |     101 |     0.10 |        1.0 |     1.000 +-    0.000 |         0.0
PXDBackgroundGenerator   |     101 |     3.30 |     3000.0 |     3.000 +-    1.000 |       252.5
Progress                 |       0 |     0.00 |        0.0 |     0.000 +-    0.000 |         0.0
================================================================================================
Total                    |     101 |     3.40 |     3001.0 |     4.000             |       252.5
================================================================================================
"""


def example() -> Statistics:
    statistics = Statistics()
    statistics.reset(["SignalHits", "PXDBackgroundGenerator", "Progress"])
    for number in range(101):
        statistics.rows[0].add(1e-3, 0.0)
        statistics.rows[1].add((2e-3 if number % 2 else 4e-3) if number else 3.0, 2.5)
    statistics.n_events, statistics.wall_s = 101, 0.41
    return statistics


def test_table() -> None:
    assert f"{example()}\n" == TABLE


def test_summary() -> None:
    statistics = example()
    statistics.summaries = [("PXDBackgroundGenerator", "digits", "69344.0"), ("DigitOutput", "file", "a.npz")]
    statistics.processes = 2
    assert statistics.summary().splitlines() == [
        "PXDBackgroundGenerator: digits  69344.0",
        "DigitOutput: file               a.npz",
        "101 events in 0.4 s with 2 worker processes",
    ]


def test_rows_of_processes_add_up() -> None:
    first, second = Row("a"), Row("a")
    for seconds in (9.0, 1.0, 2.0):
        first.add(seconds, 1.0)
    for seconds in (8.0, 6.0):
        second.add(seconds, 1.0)
    first.merge(second)
    assert (first.calls, first.total_s, first.first_s, first.memory_mb) == (5, 26.0, 9.0, 5.0)
    assert first.mean_ms == pytest.approx(3000.0)
    assert first.spread_ms == pytest.approx(np.std([1e3, 2e3, 6e3]))


def test_a_single_call_is_its_own_mean() -> None:
    row = Row("a")
    assert (row.mean_ms, row.spread_ms) == (0.0, 0.0)
    row.add(2.0, 0.0)
    assert (row.mean_ms, row.spread_ms) == (2000.0, 0.0)


def test_resident_memory_grows_with_what_is_used() -> None:
    before = resident_mb()
    data = np.ones(100 << 20, np.uint8)
    assert resident_mb() - before > 0.5 * len(data) / 2**20


def test_memory_that_is_given_back_is_credited(monkeypatch: pytest.MonkeyPatch) -> None:
    path = pxdbkg.create_path()
    path.add_module("Make", size=16 << 20)
    pxdbkg.process(path, events={"count": 6}, seed=1)
    assert pxdbkg.statistics.rows[0].memory_mb < 40  # 96 MB were made


def test_names_of_any_length_keep_the_columns() -> None:
    statistics = Statistics()
    statistics.reset(["a" * 60, "b"])
    assert {len(line) for line in str(statistics).splitlines()} == {100}
