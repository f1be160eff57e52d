import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector import parse_sensor, sensor_name
from pxdbkg.detector.geometry import nominal, run1
from pxdbkg.errors import ArrayTypeError, DigitError

SENSORS = np.arange(40, dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "radius", "phi_deg", "z_low", "z_high"),
    [
        ("1.1.1", 13.985, 0, 14.4255, 59.2255),
        ("1.8.2", 13.985, 315, -31.2255, 13.5745),
        ("2.1.1", 22.015, 0, 19.4105, 80.8505),
        ("2.5.2", 22.015, 120, -42.8505, 18.5895),
    ],
)
def test_active_areas(name, radius, phi_deg, z_low, z_high):
    geometry, sensor = nominal(), parse_sensor(name)
    assert geometry.radius_mm[sensor] == radius
    assert np.rad2deg(geometry.phi_rad[sensor]) == pytest.approx(phi_deg)
    ends = geometry.z_centre_mm[sensor] + geometry.v_edges_mm(sensor)[[0, -1]]
    np.testing.assert_allclose(ends, [z_low, z_high], rtol=0, atol=1e-9)


def test_windmill():
    # Azimuth and radius that one ladder covers, as basf2's numbers give them.
    for sensor, low_deg, high_deg, radius in ((0, -14.44, 32.47, 16.58), (16, -9.29, 22.01, 23.75)):
        x, y, _ = nominal().to_global(sensor, [-6.25, 6.25], 0.0).T
        np.testing.assert_allclose(np.rad2deg(np.arctan2(y, x)), [low_deg, high_deg], rtol=0, atol=0.005)
        assert np.hypot(x, y).max() == pytest.approx(radius, abs=0.005)


@pytest.mark.parametrize(("name", "small", "large"), [("1.3.1", 55, 60), ("2.7.1", 70, 85)])
def test_small_pixels_lie_at_the_joint(name, small, large):
    forward = parse_sensor(name)
    pitch = nominal().v_pitch_um
    np.testing.assert_array_equal(pitch[forward], [small] * 256 + [large] * 512)
    np.testing.assert_array_equal(pitch[forward + 1], pitch[forward, ::-1])
    np.testing.assert_array_equal(nominal().v_mm[forward + 1], -nominal().v_mm[forward, ::-1])
    np.testing.assert_allclose(np.diff(nominal().v_edges_mm(forward)) * 1000, pitch[forward], rtol=0, atol=1e-9)


def test_columns():
    geometry = nominal()
    assert (geometry.u_pitch_um, geometry.thickness_mm, geometry.tangential_mm) == (50.0, 0.075, 2.65)
    np.testing.assert_allclose(geometry.u_mm[[0, 124, 125, 249]], [-6.225, -0.025, 0.025, 6.225], rtol=0, atol=1e-12)
    np.testing.assert_allclose(geometry.u_edges_mm()[[0, 250]], [-6.25, 6.25], rtol=0, atol=1e-12)


def test_active_area():
    lengths = nominal().v_pitch_um.sum(axis=1) / 1000
    np.testing.assert_array_equal(lengths, [44.8] * 16 + [61.44] * 24)
    assert (lengths * 12.5).sum() / 100 == pytest.approx(89.6 + 184.32)


def test_run1():
    names = [sensor_name(index) for index in run1().sensors]
    assert len(names) == 20
    assert names[16:] == ["2.4.1", "2.4.2", "2.5.1", "2.5.2"]
    assert run1() is run1()
    np.testing.assert_array_equal(run1().to_global(22, 1.0, 2.0), nominal().to_global(22, 1.0, 2.0))


@given(st.integers(0, 39), st.floats(-6.25, 6.25), st.floats(-30.72, 30.72), st.floats(-0.0375, 0.0375))
def test_to_global_and_back(sensor, u, v, w):
    xyz = nominal().to_global(sensor, u, v, w)
    assert xyz.shape == (1, 3)
    local = nominal().to_local(sensor, xyz)
    np.testing.assert_allclose(np.ravel(local), [u, v, w], rtol=0, atol=1e-9)


def test_local_axes():
    # u along rising phi, v along z, w outwards; right-handed.
    origin = nominal().to_global(SENSORS, 0.0, 0.0)
    axes = [nominal().to_global(SENSORS, *step) - origin for step in np.eye(3)]
    phi = nominal().phi_rad
    np.testing.assert_allclose(axes[0], np.stack([-np.sin(phi), np.cos(phi), 0 * phi], 1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.cross(axes[0], axes[1]), axes[2], rtol=0, atol=1e-12)
    assert (np.einsum("ni,ni->n", origin[:, :2], axes[2][:, :2]) > 0).all()


def test_shapes():
    assert nominal().to_global(SENSORS, 0.0, np.zeros(40), 0.0).shape == (40, 3)
    assert all(part.shape == (40,) for part in nominal().to_local(SENSORS, np.zeros((40, 3))))
    assert nominal().to_global([], [], []).shape == (0, 3)
    assert [part.shape for part in nominal().cell(SENSORS[:0], [], [])] == [(0,), (0,)]


def test_every_cell_and_back():
    sensor, iv = np.meshgrid(SENSORS, np.arange(768), indexing="ij")
    iu = (sensor * 7 + iv) % 250
    u, v = nominal().position(sensor, iu, iv)
    found = nominal().cell(sensor, u, v)
    np.testing.assert_array_equal(found, [iu, iv])
    assert found[0].dtype == found[1].dtype == np.int64


def test_a_border_belongs_to_the_pixel_above_it():
    edges = nominal().v_edges
    sensor, iv = np.meshgrid(SENSORS, np.arange(768), indexing="ij")
    np.testing.assert_array_equal(nominal().cell(sensor, 0.0, edges[:, :-1])[1], iv)
    below = np.nextafter(edges[:, 1:], -np.inf)
    np.testing.assert_array_equal(nominal().cell(sensor, 0.0, below)[1], iv)
    u_edges = nominal().u_edges_mm()
    np.testing.assert_array_equal(nominal().cell(0, u_edges[:-1], 0.0)[0], np.arange(250))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, 30.72, -30.73])
def test_outside(value):
    assert int(nominal().cell(39, value, 0.0)[0]) == -1
    assert [int(i) for i in nominal().cell(39, 0.0, value)] == [125, -1]


def test_pixels_outside_are_an_error():
    with pytest.raises(DigitError, match=r"250 is not a column \(0\.\.249\)"):
        nominal().position(0, [0, 250], 0)
    with pytest.raises(DigitError, match=r"-1 is not a row \(0\.\.767\)"):
        nominal().position(0, 0, -1)


def test_sensors_that_are_not_there_are_an_error():
    with pytest.raises(DigitError, match=r"sensor 2\.1\.1 is not installed \(one of 20 sensors\)"):
        run1().cell([0, 16], 0.0, 0.0)
    with pytest.raises(DigitError, match=r"40 is not a sensor \(0\.\.39\)"):
        nominal().to_global(40, 0.0, 0.0)
    with pytest.raises(ArrayTypeError, match="sensors are integers, got float64"):
        nominal().to_global(0.0, 0.0, 0.0)
    with pytest.raises(DigitError, match="-1 is not a sensor"):
        nominal().v_edges_mm(-1)


def test_nobody_changes_the_geometry():
    geometry = nominal()
    with pytest.raises(dataclasses.FrozenInstanceError):
        geometry.tangential_mm = 0.0
    for array in (geometry.sensors, geometry.radius_mm, geometry.v_mm, geometry.v_edges_mm(0)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
