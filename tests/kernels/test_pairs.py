import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels.pairs import coincidences, pair_distances

EDGES = np.array([0.0, 0.12, 0.17, 0.3, 0.9, 1.5])


def by_hand(sensor: Any, u: Any, v: Any, edges: Any) -> Any:
    """All pairs of each sensor by scipy."""
    counts = np.zeros((40, len(edges) - 1), int)
    for s in range(40):
        points = np.stack([u[sensor == s], v[sensor == s]], axis=1).astype(float)
        if len(points) > 1:
            distances = pdist(points)
            counts[s] = np.histogram(distances[distances < edges[-1]], edges)[0]
    return counts


@pytest.mark.parametrize(("width", "height"), [(12.5, 61.4), (0.5, 0.5), (0.0, 3.0), (100.0, 0.0)])
@pytest.mark.parametrize("low", [0.0, 0.05])
def test_distances_equal_scipy(rng: np.random.Generator, width: float, height: float, low: float) -> None:
    edges = EDGES + low
    sensor = rng.integers(0, 40, 3000).astype("u1")
    sensor[sensor > 20] = 39
    u = (width * (rng.random(3000) - 0.5)).astype("f4")
    v = (height * (rng.random(3000) - 0.5)).astype("f4")
    counts = pair_distances(sensor, u, v, edges)
    assert counts.shape == (40, 5)
    assert counts.sum() > 0
    assert np.array_equal(counts, by_hand(sensor, u, v, edges))


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 39]), st.integers(-9, 9), st.integers(-9, 9)), max_size=30),
    st.sampled_from([(0, 1, 2, 5, 10), (1, 4), (0, 3, 4, 5), (5, 6, 30)]),
)
def test_distances_on_borders_belong_to_the_upper_bin(points: Any, edges: Any) -> None:
    sensor, u, v = (np.array([point[i] for point in points], dtype) for i, dtype in enumerate(("u1", "f4", "f4")))
    assert np.array_equal(pair_distances(sensor, u, v, np.array(edges, float)), by_hand(sensor, u, v, np.array(edges)))


def test_distances_do_not_depend_on_the_order(rng: np.random.Generator) -> None:
    sensor, u, v = np.zeros(500, "u1"), rng.random(500).astype("f4") * 9, rng.random(500).astype("f4") * 9
    order = rng.permutation(500)
    assert np.array_equal(pair_distances(sensor, u, v, EDGES), pair_distances(sensor, u[order], v[order], EDGES))


def test_nothing_and_one_point_have_no_pairs() -> None:
    for n in (0, 1):
        assert not pair_distances(np.zeros(n, "u1"), np.zeros(n, "f4"), np.zeros(n, "f4"), EDGES).any()


ONE = np.zeros(1, "u1"), np.zeros(1, "f4"), np.zeros(1, "f4")


@pytest.mark.parametrize(
    ("points", "edges", "message"),
    [
        ((np.array([40], "u1"), *ONE[1:]), EDGES, "point 0 has sensor 40"),
        ((ONE[0], np.array([np.nan], "f4"), ONE[2]), EDGES, "point 0 has sensor 0, u nan"),
        ((ONE[0], ONE[1], np.array([np.inf], "f4")), EDGES, "v inf"),
        ((ONE[0], np.zeros(2, "f4"), ONE[2]), EDGES, "1 and 2 entries"),
        (ONE, np.array([0.0]), "edges_mm has 1 entries"),
        (ONE, np.array([0.0, 1.0, 1.0]), "border 2 is 1.0"),
        (ONE, np.array([0.0, np.nan]), "border 1 is nan"),
        (ONE, np.array([0.0, 1e-300]), "border 1 is 0.0"),
        (ONE, np.array([-1.0, 1.0]), "starts at -1.0"),
    ],
)
def test_distances_reject(points: Any, edges: Any, message: str) -> None:
    with pytest.raises(DigitError, match=message):
        pair_distances(*points, edges)


def test_distances_reject_arrays() -> None:
    with pytest.raises(ArrayTypeError, match="u_mm"):
        pair_distances(ONE[0], np.zeros(1), ONE[2], EDGES)


def differences(a1: Any, b1: Any, a2: Any, b2: Any, a_edges: Any, b_edges: Any, period: float) -> Any:
    """All pairs by numpy; borders belong to the upper bin."""
    da, db = a2[None, :] - a1[:, None], np.broadcast_to(b2[None, :] - b1[:, None], (len(a1), len(a2)))
    if math.isfinite(period):
        da = (da - a_edges[0]) % period + a_edges[0]
    kept = (da < a_edges[-1]) & (db < b_edges[-1])
    return np.histogram2d(da[kept], db[kept], [a_edges, b_edges])[0].astype(int)


@pytest.mark.parametrize("period", [2 * np.pi, math.inf])
@pytest.mark.parametrize("spread", [3.0, 0.0, 1000.0])
def test_coincidences_equal_numpy(rng: np.random.Generator, period: float, spread: float) -> None:
    a1, a2 = (rng.uniform(-7, 7, n) for n in (300, 400))
    b1, b2 = (rng.uniform(-spread, spread, n) for n in (300, 400))
    a_edges, b_edges = np.array([-0.5, -0.1, 0.2, 0.3]), np.array([-1.0, 0.25, 2.0])
    found = coincidences(a1, b1, a2, b2, a_edges, b_edges, period)
    assert found.sum() > 0
    assert np.array_equal(found, differences(a1, b1, a2, b2, a_edges, b_edges, period))


@given(
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-5, 5)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(-20, 20), st.integers(-5, 5)), min_size=1, max_size=12),
    st.sampled_from([8.0, 16.0, math.inf]),
    st.sampled_from([(-4, -1, 4), (0, 8), (-8, 0), (2, 3, 5)]),
)
def test_coincidences_of_whole_numbers(one: Any, other: Any, period: float, a_edges: Any) -> None:
    """Whole numbers fall on the borders and on the ends of the period."""
    points = [np.array(column, float) for points in (one, other) for column in zip(*points, strict=True)]
    edges = np.array(a_edges, float), np.array([-2.0, 0.0, 3.0])
    assert np.array_equal(coincidences(*points, *edges, period), differences(*points, *edges, period))


def test_a_full_turn_counts_every_pair_once(rng: np.random.Generator) -> None:
    a1, a2 = rng.uniform(0, 10, 50), rng.uniform(0, 10, 60)
    edges = np.linspace(-0.5, 0.5, 5)
    found = coincidences(a1, np.zeros(50), a2, np.zeros(60), edges, np.array([-1.0, 1.0]), 1.0)
    assert found.sum() == 50 * 60


def test_no_points_no_coincidences() -> None:
    empty, one, edges = np.zeros(0), np.zeros(1), np.array([-1.0, 1.0])
    assert not coincidences(empty, empty, one, one, edges, edges).any()
    assert not coincidences(one, one, empty, empty, edges, edges).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a1": np.array([np.nan])}, "a1 of point 0 is nan"),
        ({"b2": np.array([np.inf])}, "b2 of point 0 is inf"),
        ({"b1": np.zeros(2)}, "a1 and b1 have 1 and 2"),
        ({"a_edges": np.array([1.0, -1.0])}, "a_edges: border 1"),
        ({"b_edges": np.array([1.0, 1e10])}, "b_edges: border 1"),
        ({"period": 0.0}, "period is 0.0"),
        ({"period": math.nan}, "period is nan"),
        ({"period": 1.9}, "range of a_edges 2.0"),
    ],
)
def test_coincidences_reject(change: dict[str, Any], message: str) -> None:
    one, edges = np.zeros(1), np.array([-1.0, 1.0])
    arguments = {"a1": one, "b1": one, "a2": one, "b2": one, "a_edges": edges, "b_edges": edges, "period": 6.0}
    with pytest.raises(DigitError, match=message):
        coincidences(**(arguments | change))
