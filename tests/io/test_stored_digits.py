import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector import vxd_id
from pxdbkg.errors import DigitError
from pxdbkg.io.stored_digits import exactly, to_table

PIXEL = st.tuples(st.integers(0, 39), st.integers(0, 767), st.integers(0, 249), st.integers(1, 255))


def stored(events, frame=0):
    rows = np.array([row for event in events for row in event], np.int64).reshape(-1, 4).T
    columns = dict(zip(("sensor", "v", "u", "charge"), rows, strict=True))
    columns["sensor"] = vxd_id(columns["sensor"]) + np.uint16(frame)
    return columns, np.cumsum([0, *map(len, events)])


@given(st.lists(st.lists(PIXEL, max_size=12), max_size=4))
def test_digits_are_sorted_and_summed(events):
    table, findings = to_table(*stored(events), True, str)
    assert len(table.offsets) == len(events) + 1
    for digits, event in zip(table.events(), events, strict=True):
        digits.check("event")
        sums = {}
        for sensor, v, u, charge in event:
            sums[sensor, v, u] = sums.get((sensor, v, u), 0) + charge
        found = zip(*(digits[name].tolist() for name in ("sensor", "v", "u", "charge")), strict=True)
        assert {(sensor, v, u): charge for sensor, v, u, charge in found} == sums
    lost = sum(map(len, events)) - len(table.columns)
    assert ("merged" in findings) == (lost > 0)
    assert lost == 0 or findings["merged"].startswith(f"{lost} digits share a pixel")


def test_equal_pixels_of_neighbouring_events_are_not_merged():
    table, findings = to_table(*stored([[(3, 2, 1, 9)], [(3, 2, 1, 9)]]), True, str)
    assert table.offsets.tolist() == [0, 1, 2]
    assert findings == {}


def test_frame_numbers_are_dropped_and_reported():
    table, findings = to_table(*stored([[(39, 2, 1, 9)]], frame=1), True, str)
    assert table.columns.sensor.tolist() == [39]
    assert findings == {"frames": "1 digits carry a frame number, which is dropped"}


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("sensor", 123, "event 1: entry 0 has VxdID 123"),
        ("u", 250, "event 1: digit 0 has u 250, outside the detector"),
        ("v", 768, "event 1: digit 0 has v 768"),
        ("charge", 70000, "event 1: 70000 does not fit uint16"),
        ("u", -1, "event 1: -1 does not fit uint16"),
    ],
)
def test_the_event_of_a_fault_is_named(column, value, problem):
    columns, offsets = stored([[(0, 0, 0, 7), (0, 0, 1, 7)], [(0, 0, 2, 7)]])
    columns[column][2] = value
    with pytest.raises(DigitError, match=problem):
        to_table(columns, offsets, True, lambda event: f"event {event}")


def test_sensor_indices():
    columns, offsets = stored([[(0, 0, 0, 7)]])
    columns["sensor"] = np.array([40], np.uint8)
    with pytest.raises(DigitError, match="event 0: digit 0 has sensor 40"):
        to_table(columns, offsets, False, lambda event: f"event {event}")


def test_numbers_are_kept_or_refused():
    assert exactly(np.array([1.0, 2.0]), np.dtype("u2"), "x").tolist() == [1, 2]
    assert exactly(np.array([0.1]), np.dtype("f4"), "x").dtype == np.float32
    for values in ([1.5], [np.nan], [-1]):
        with pytest.raises(DigitError, match=r"x: .* does not fit uint16"):
            exactly(np.array(values), np.dtype("u2"), "x")
