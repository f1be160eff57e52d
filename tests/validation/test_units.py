from collections.abc import Callable

import numpy as np
import pytest

from pxdbkg.validation.block_values import event_blocks
from pxdbkg.validation.blocks import BLOCKS
from pxdbkg.validation.event import Event
from pxdbkg.validation.units import MAX_UNITS, Units

EVENTS = 11


@pytest.fixture
def events(make_event: Callable[..., Event]) -> list[Event]:
    return [make_event(position, walks=300 + 10 * position) for position in range(EVENTS)]


def units_of(events: list[Event], max_units: int = MAX_UNITS) -> Units:
    units = Units(max_units)
    for event in events:
        units.add(event)
    return units


def test_single_events_come_first(events: list[Event]) -> None:
    units = units_of(events)
    assert units.n_events == EVENTS
    assert units.events.tolist() == [1] * EVENTS
    sums = units.sums
    assert list(sums) == list(BLOCKS)
    for name in BLOCKS:
        assert sums[name].dtype == np.float32
        for event, row in zip(events, sums[name], strict=True):
            assert np.array_equal(row, event_blocks(event)[name].ravel().astype("f4"))


def test_mean_and_error_are_those_of_events(events: list[Event]) -> None:
    units = units_of(events)
    for name, block in BLOCKS.items():
        rows = np.stack([event_blocks(event)[name] for event in events]).astype(float)
        assert units.mean(name).shape == units.error(name).shape == block.shape
        assert np.allclose(units.mean(name), rows.mean(axis=0), rtol=1e-6)
        wanted = rows.std(axis=0, ddof=1) / np.sqrt(EVENTS)
        assert np.allclose(units.error(name), wanted, rtol=1e-4, atol=1e-6 * np.abs(rows).max())


@pytest.mark.parametrize(
    ("max_units", "n_events", "wanted"),
    [
        (4, 4, [1, 1, 1, 1]),
        (4, 5, [2, 2, 1]),
        (4, 8, [2, 2, 2, 2]),
        (4, 9, [4, 4, 1]),
        (4, 11, [4, 4, 3]),
        (2, 11, [8, 3]),
    ],
)
def test_neighbouring_units_are_merged(events: list[Event], max_units: int, n_events: int, wanted: list[int]) -> None:
    units, single = units_of(events[:n_events], max_units), units_of(events[:n_events])
    assert units.events.tolist() == wanted
    ends = np.cumsum(wanted)
    for name in BLOCKS:
        assert np.allclose(units.mean(name), single.mean(name), rtol=1e-6)
        rows = single.sums[name].astype(float)
        for unit, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            assert np.allclose(units.sums[name][unit], rows[start:end].sum(axis=0), rtol=1e-6)


def test_the_error_of_merged_units_is_about_that_of_events(events: list[Event]) -> None:
    """Units of different size: the error counts how many events each has."""
    one, other = (units_of(events, n).error("cluster_counts").mean() for n in (MAX_UNITS, 8))
    assert other == pytest.approx(one, rel=0.5)
    fixed = Units(4)
    for _ in range(7):
        fixed.add(events[0])
    assert np.allclose(fixed.error("counts"), 0.0, atol=1e-3)


def test_without_events_there_is_no_mean(events: list[Event]) -> None:
    units = Units()
    assert units.n_events == 0
    assert np.isnan(units.mean("counts")).all()
    units.add(events[0])
    assert not np.isnan(units.mean("counts")).any()
    assert np.isnan(units.error("counts")).all()
