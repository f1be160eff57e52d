"""Crossings of tracks with sensors and the choice of clusters, against closed forms and a plain search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.geometry import nominal
from pxdbkg.validation.track_clusters import WINDOW, Crossings, calibrate, crossings, nearest
from pxdbkg.validation.tracker import GAP_RADIUS_MM

STRAIGHT = 1e-7  # charge over momentum, 1/GeV


def track(angle, z, phi, theta, over_momentum, layer):
    return np.array([[angle * GAP_RADIUS_MM[layer], z, phi, theta, over_momentum]])


@pytest.mark.parametrize(("layer", "sensor"), [(1, 2), (2, 18)])
def test_a_straight_track_at_right_angles(layer, sensor):
    """It meets the second ladder at the foot of its normal, u = -2.65 mm."""
    phi, z = nominal().phi_rad[sensor], 30.0
    gap = GAP_RADIUS_MM[layer] - nominal().radius_mm[sensor]
    variance = np.diag([0.01, 0.04, 1e-4, 4e-4, 1e-3])
    found = crossings(track(phi, z, phi, np.pi / 2, STRAIGHT, layer), variance[None], layer)
    at = found.sensor.tolist().index(sensor)
    assert np.allclose(found.place_mm[at], [-2.65, z - nominal().z_centre_mm[sensor]], atol=1e-6)
    # The other angle at which the track leaves the cylinder moves it against its direction.
    ratio = nominal().radius_mm[sensor] / GAP_RADIUS_MM[layer]
    assert found.covariance[at][0, 0] == pytest.approx(0.01 + 1e-4 * gap**2, rel=1e-3)
    assert found.covariance[at][1, 1] == pytest.approx(0.04 + 4e-4 * gap**2, rel=1e-3)
    assert abs(found.covariance[at][0, 1]) < 1e-9
    assert ratio < 1


@given(st.floats(-3, 3), st.floats(-0.4, 0.4), st.floats(0.4, 2.5), st.floats(-15, 15), st.sampled_from([1, 2]))
def test_a_helix_crosses_where_it_is(angle, bent, theta, over_momentum, layer):
    """The crossing lies on the plane and on the circle of the track, behind its start."""
    start = track(angle, 0.0, angle + bent, theta, over_momentum, layer)
    found = crossings(start, np.eye(5)[None] * 1e-8, layer)
    radius = GAP_RADIUS_MM[layer]
    bend = -0.299792458e-3 * 1.5 * over_momentum / np.sin(theta)
    if abs(bend) < 1e-9:
        return
    phi = angle + bent
    centre = radius * np.array([np.cos(angle), np.sin(angle)]) + np.array([-np.sin(phi), np.cos(phi)]) / bend
    xyz = nominal().to_global(found.sensor, *found.place_mm.T)
    assert np.allclose(np.hypot(*(xyz[:, :2] - centre).T), 1 / abs(bend), rtol=1e-9)
    assert np.all(np.hypot(*xyz[:, :2].T) < radius)


def test_a_track_that_points_elsewhere_crosses_nothing():
    start = track(0.0, 500.0, 0.0, 0.4, 1.0, 1)
    assert len(crossings(start, np.eye(5)[None] * 1e-6, 1).track) == 0


def test_overlapping_ladders_are_both_crossed():
    angle = np.arctan2(2.650 - 6.0, 13.985)  # near the lower edge of ladder 1, above ladder 8
    found = crossings(track(angle, 20.0, angle, np.pi / 2, STRAIGHT, 1), np.eye(5)[None] * 1e-8, 1)
    assert set(found.sensor.tolist()) == {0, 14}


def made(place, covariance, sensor=0):
    n = len(place)
    return Crossings(np.arange(n), np.full(n, sensor), np.array(place, float), np.array(covariance, float))


def test_the_nearest_is_that_of_least_chi2_and_not_of_least_distance():
    crossed = made([[0, 0]], [np.diag([1.0, 0.01])])
    place = np.array([[0.0, 0.3], [1.5, 0.0]])  # chi2 9 and 2.25
    best, chi2 = nearest(crossed, 1, np.zeros(2, "u1"), place, np.zeros((2, 2)))
    assert (best.tolist(), chi2.tolist()) == ([1], [2.25])


def test_errors_of_clusters_count():
    crossed = made([[0, 0]], [np.diag([1.0, 1.0])])
    best, chi2 = nearest(crossed, 1, np.zeros(1, "u1"), np.array([[2.0, 0.0]]), np.array([[3.0, 0.0]]))
    assert (best.tolist(), chi2.tolist()) == ([0], [1.0])


def test_the_window():
    crossed = made([[0, 0], [0, 0]], [np.eye(2), np.eye(2) * 0.99])
    place = np.array([[np.sqrt(WINDOW) - 1e-9, 0.0]])
    best, chi2 = nearest(crossed, 2, np.zeros(1, "u1"), place, np.zeros((1, 2)))
    assert best.tolist() == [0, -1]
    assert chi2[1] == np.inf


def test_one_cluster_of_two_sensors():
    crossed = Crossings(np.array([0, 0]), np.array([0, 14]), np.zeros((2, 2)), np.stack([np.eye(2)] * 2))
    place = np.array([[2.0, 0.0], [0.0, 1.0]])
    best, chi2 = nearest(crossed, 1, np.array([0, 14], "u1"), place, np.zeros((2, 2)))
    assert (best.tolist(), chi2.tolist()) == ([1], [1.0])


def test_no_clusters():
    best, _ = nearest(made([[0, 0]], [np.eye(2)]), 1, np.zeros(0, "u1"), np.zeros((0, 2)), np.zeros((0, 2)))
    assert best.tolist() == [-1]


@given(st.integers(0, 2**32 - 1))
def test_the_choice_of_a_plain_search(seed):
    draw = np.random.default_rng(seed)
    n, c = draw.integers(1, 12), draw.integers(0, 30)
    root = draw.normal(size=(n, 2, 2))
    crossed = Crossings(
        np.sort(draw.integers(0, 6, n)),
        draw.integers(0, 3, n),
        draw.normal(size=(n, 2)) * 3,
        root @ root.mT + np.eye(2),
    )
    sensor, place = np.sort(draw.integers(0, 3, c)).astype("u1"), draw.normal(size=(c, 2)) * 5
    variance = draw.uniform(0, 1, (c, 2))
    expected = np.full(6, np.inf)
    for row in range(n):
        for k in np.nonzero(sensor == crossed.sensor[row])[0]:
            away = place[k] - crossed.place_mm[row]
            chi2 = away @ np.linalg.solve(crossed.covariance[row] + np.diag(variance[k]), away)
            if chi2 <= WINDOW:
                expected[crossed.track[row]] = min(expected[crossed.track[row]], chi2)
    best, chi2 = nearest(crossed, 6, sensor, place, variance)
    assert np.allclose(chi2, expected)
    assert np.array_equal(best >= 0, np.isfinite(expected))


def clusters(n, u_size, v_size, u_mm, v_mm):
    columns = {name: np.zeros(n, dtype) for name, dtype in Clusters.dtypes.items()}
    columns |= {"u_size": np.full(n, u_size, "u2"), "v_size": np.full(n, v_size, "u2")}
    return Clusters(**(columns | {"u_mm": u_mm.astype("f4"), "v_mm": v_mm.astype("f4")}))


def test_calibration_finds_offset_and_width():
    rng = np.random.default_rng(1)
    true = rng.uniform(-5, 5, (4000, 2))
    u, v = true[:, 0] + rng.normal(0.003, 0.010, 4000), true[:, 1] + rng.normal(-0.002, 0.015, 4000)
    u[:20] += 1.0  # some that belong to something else
    some = clusters(4000, 1, 2, u, v)
    errors = calibrate(some, true)
    pitch = nominal().v_pitch_um[0, 0] / 1000
    assert errors.u_offset_mm[0] == pytest.approx(0.003, abs=6e-4)
    assert errors.u_sigma_mm[0] == pytest.approx(0.010, rel=0.05)
    assert errors.v_offset[1] * pitch == pytest.approx(-0.002, abs=9e-4)
    assert errors.v_sigma[1] * pitch == pytest.approx(0.015, rel=0.05)
    place, variance = errors.measured(some)
    assert np.median(place - true, axis=0) == pytest.approx(0, abs=1e-3)
    assert np.sqrt(variance[0]) == pytest.approx([0.010, 0.015], rel=0.05)


def test_sizes_without_clusters_have_wide_errors():
    errors = calibrate(Clusters.empty(), np.zeros((0, 2)))
    assert errors.u_sigma_mm == pytest.approx(np.arange(1, 5) * 0.05 / np.sqrt(12))
    assert np.all(errors.v_offset == 0)
