import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxdbkg.detector import Digits, PixelMask, parse_sensor
from pxdbkg.errors import ArrayTypeError, ConfigError, DigitError


def digits(*pixels):
    sensor, u, v = zip(*pixels, strict=True)
    return Digits(np.array(sensor, "u1"), np.array(u, "u2"), np.array(v, "u2"), np.full(len(pixels), 9, "u2"))


def test_each_kind_masks_what_it_names():
    mask = PixelMask.from_mapping(
        {
            "sensors": ["1.1.1"],
            "rows": {"1.1.2": [767]},
            "drains": {"1.2.1": [999]},
            "pixels": {2: [[7, 8]], "2.12.2": [[249, 767]]},
        }
    )
    assert mask.n_masked == 250 * 768 + 250 + 192 + 2
    found = mask.is_masked(
        digits((0, 5, 5), (1, 0, 767), (1, 0, 766), (2, 249, 3), (2, 249, 2), (2, 7, 8), (2, 8, 7), (39, 249, 767))
    )
    assert found.tolist() == [True, True, False, True, False, True, False, True]
    assert found.dtype == np.bool_


def test_a_group_stands_for_its_sensors():
    assert PixelMask.from_mapping({"rows": {"layer1": [0, 1]}}).n_masked == 16 * 2 * 250


def test_bits_are_laid_out_as_documented():
    mask = PixelMask.from_mapping({"pixels": {"1.1.2": [[11, 5]]}})
    assert mask.bits[1, 5, 1] == 1 << 3
    assert np.count_nonzero(mask.bits) == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 249), st.integers(0, 767)), max_size=8))
def test_maps_and_bits_say_the_same(pixels):
    mask = PixelMask.from_mapping({"pixels": {sensor: [[u, v]] for sensor, u, v in pixels}})
    maps = mask.to_maps()
    assert maps.shape == (40, 250, 768)
    assert PixelMask.from_maps(maps) == mask
    assert maps.sum() == mask.n_masked
    if pixels:
        np.testing.assert_array_equal(mask.is_masked(digits(*pixels)), maps[tuple(np.array(pixels).T)])


def test_union():
    rows = PixelMask.from_mapping({"rows": {"1.1.1": [3]}})
    drains = PixelMask.from_mapping({"drains": {"1.1.1": [3]}})
    both = PixelMask.from_mapping({"rows": {"1.1.1": [3]}, "drains": {"1.1.1": [3]}})
    assert rows | drains == both
    assert rows | PixelMask.empty() == rows
    assert rows != drains
    assert PixelMask.empty().n_masked == 0
    assert rows.__or__(3) is NotImplemented
    assert rows != 3


def test_empty_lists_and_no_digits():
    mask = PixelMask.from_mapping({"sensors": [], "rows": {"1.1.1": []}, "pixels": {"1.1.1": []}})
    assert mask == PixelMask.empty()
    assert mask.is_masked(Digits.empty()).shape == (0,)


def test_every_fault_is_reported():
    with pytest.raises(ConfigError) as caught:
        PixelMask.from_mapping(
            {
                "row": {"1.1.1": [1]},
                "sensors": ["1.9.1"],
                "rows": {"1.1.1": [800, -1, 2.5, [3]], "1.1.2": 3},
                "drains": [5],
                "pixels": {"1.1.1": [1000, [250, 0], [0], [True, 1]]},
            },
            "path[3].masks",
        )
    starts = [
        "path[3].masks: 'row' is not a kind of mask (sensors, rows, drains, pixels). Did you mean 'rows'?",
        "path[3].masks.sensors: '1.9.1' is not a sensor",
        "path[3].masks.rows.1.1.1: 800 is not a row (0..767)",
        "path[3].masks.rows.1.1.1: -1 is not a row",
        "path[3].masks.rows.1.1.1: 2.5 is not a row",
        "path[3].masks.rows.1.1.1: [3] is not a row",
        "path[3].masks.rows.1.1.2: expected a list of rows, got 3. Write [3]",
        "path[3].masks.drains: expected {sensor: [number, ...]}, got [5]",
        "path[3].masks.pixels.1.1.1: 1000 is not a pixel ([u, v] with u 0..249, v 0..767)",
        "path[3].masks.pixels.1.1.1: [250, 0] is not a pixel",
        "path[3].masks.pixels.1.1.1: [0] is not a pixel",
        "path[3].masks.pixels.1.1.1: [True, 1] is not a pixel",
    ]
    assert len(caught.value.problems) == len(starts)
    for problem, start in zip(caught.value.problems, starts, strict=True):
        assert problem.startswith(start)


def test_a_mapping_is_asked_for():
    with pytest.raises(ConfigError, match=r"masks: expected a mapping \(sensors, rows, drains, pixels\), got \[\]"):
        PixelMask.from_mapping([])


def test_numpy_lists_are_taken():
    mask = PixelMask.from_mapping({"pixels": {"1.1.1": np.array([[1, 2], [3, 4]])}, "rows": {"1.1.2": np.arange(2)}})
    assert mask.n_masked == 2 + 500


def test_bits_are_checked_and_frozen():
    bits = np.zeros((40, 768, 32), np.uint8)
    mask = PixelMask(bits)
    bits[0, 0, 0] = 1
    assert mask.n_masked == 0
    with pytest.raises(ValueError, match="read-only"):
        mask.bits[0, 0, 0] = 1
    bits[0, 0, 31] = 4  # column 250
    with pytest.raises(DigitError, match="column that does not exist"):
        PixelMask(bits)
    with pytest.raises(ArrayTypeError, match=r"expected uint8 \(40, 768, 32\), got int64 \(3,\)"):
        PixelMask(np.zeros(3, np.int64))
    with pytest.raises(ArrayTypeError, match=r"expected bool \(40, 250, 768\)"):
        PixelMask.from_maps(np.zeros((1, 250, 768), np.bool_))


def test_a_digit_outside_is_an_error():
    with pytest.raises(DigitError, match="digit 0 has u 250"):
        PixelMask.empty().is_masked(digits((parse_sensor("1.1.1"), 250, 0)))
