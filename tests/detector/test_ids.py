import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.ids import (
    ladder_of_sensor,
    layer_of_sensor,
    parse_sensor,
    parse_sensors,
    sensor_index,
    sensor_name,
    side_of_sensor,
    vxd_id,
)
from pxdbkg.errors import ArrayTypeError, ConfigError, DigitError


def test_vxd_ids_are_those_of_basf2():
    names = {"1.1.1": 8480, "1.1.2": 8512, "1.2.1": 8736, "1.8.2": 10304, "2.1.1": 16672, "2.12.2": 19520}
    assert {name: int(vxd_id(parse_sensor(name))) for name in names} == names


def test_every_sensor_has_its_own_id_and_name():
    sensors = np.arange(40, dtype=np.uint8)
    assert vxd_id(sensors).dtype == np.uint16
    assert sensor_index(vxd_id(sensors)).dtype == np.uint8
    np.testing.assert_array_equal(sensor_index(vxd_id(sensors)), sensors)
    assert [parse_sensor(sensor_name(index)) for index in range(40)] == list(range(40))
    assert [sensor_name(index) for index in (0, 15, 16, 39)] == ["1.1.1", "1.8.2", "2.1.1", "2.12.2"]


def test_numbers_of_the_sensors():
    np.testing.assert_array_equal(layer_of_sensor, [1] * 16 + [2] * 24)
    np.testing.assert_array_equal(ladder_of_sensor[14:20], [8, 8, 1, 1, 2, 2])
    np.testing.assert_array_equal(side_of_sensor, [1, 2] * 20)
    with pytest.raises(ValueError, match="read-only"):
        layer_of_sensor[0] = 2


def test_the_shape_of_ids_is_kept():
    assert vxd_id(np.zeros((2, 3), np.uint8)).shape == (2, 3)
    assert sensor_index([]).shape == (0,)


@given(st.integers(0, 65535))
def test_only_the_forty_ids_are_known(number):
    known = dict(zip(vxd_id(np.arange(40)).tolist(), range(40), strict=True))
    if number in known:
        assert int(sensor_index(number)) == known[number]
    else:
        with pytest.raises(DigitError, match=f"entry 0 has VxdID {number} "):
            sensor_index(number)


def test_segment_bits_are_refused_unless_ignored():
    ids = np.array([8480, 8480 | 3], np.uint16)
    with pytest.raises(DigitError, match=r"f\.root: entry 1 has VxdID 8483 \(1\.1\.1, segment 3\).*ignore_segment"):
        sensor_index(ids, where="f.root")
    assert sensor_index(ids, ignore_segment=True).tolist() == [0, 0]
    with pytest.raises(DigitError, match=r"1\.9\.1, segment 0"):
        sensor_index(1 << 13 | 9 << 8 | 1 << 5, ignore_segment=True)


@pytest.mark.parametrize("number", [-1, 65536])
def test_an_id_has_sixteen_bits(number):
    with pytest.raises(DigitError, match=f"entry 1 has VxdID {number}, not a number of 16 bits"):
        sensor_index([8480, number])


@pytest.mark.parametrize("number", [-1, 40])
def test_an_index_outside_is_an_error(number):
    with pytest.raises(DigitError, match=f"vxd_id: {number} is not a sensor"):
        vxd_id([0, number])
    with pytest.raises(DigitError, match=f"sensor_name: {number} is not a sensor"):
        sensor_name(number)


def test_ids_are_integers():
    with pytest.raises(ArrayTypeError, match="expected integers, got float64"):
        vxd_id([1.5])


@pytest.mark.parametrize("text", ["1.9.1", "1.1.3", "1.1", "", 40, -1, True, 1.0, None, "0"])
def test_what_is_not_a_sensor(text):
    with pytest.raises(ConfigError, match=r"^mask: .* is not a sensor \(0\.\.39 or layer\.ladder\.sensor"):
        parse_sensor(text, "mask")


def test_groups():
    assert parse_sensors(["layer1"]).tolist() == list(range(16))
    assert parse_sensors(["layer2"]).tolist() == list(range(16, 40))
    run1 = [sensor_name(index) for index in parse_sensors(["run1"])[16:]]
    assert run1 == ["2.4.1", "2.4.2", "2.5.1", "2.5.2"]
    assert parse_sensors([39, "1.1.1", 39]).tolist() == [0, 39]
    assert parse_sensors([]).dtype == np.uint8


def test_every_wrong_item_is_reported():
    with pytest.raises(ConfigError) as caught:
        parse_sensors(["layr1", 0, 41, "1.1.1"], "path[2].sensors")
    assert len(caught.value.problems) == 2
    assert all(problem.startswith("path[2].sensors: ") for problem in caught.value.problems)
    assert caught.value.problems[0].endswith("Did you mean 'layer1'?")


def test_a_list_is_asked_for():
    with pytest.raises(ConfigError, match=r"expected a list of sensors, got '1\.1\.1'"):
        parse_sensors("1.1.1")
    with pytest.raises(ConfigError, match="expected a list of sensors, got 3"):
        parse_sensors(3)
