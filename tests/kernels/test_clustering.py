from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import cluster_properties, label

U_MM = np.linspace(-6.0, 6.0, 250)
V_MM = np.linspace(-20.0, 20.0, 768) * np.linspace(1.0, 1.4, 40)[:, None]


def in_order_of_first(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def scipy_labels(digits: Digits) -> np.ndarray[Any, Any]:
    """The same labels by scipy on dense maps; sensors do not touch."""
    eight = np.zeros((3, 3, 3), int)
    eight[1] = 1
    maps, _ = ndimage.label(digits.to_maps() > 0, structure=eight)
    return in_order_of_first(maps[digits.sensor, digits.u, digits.v])


@given(
    arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    st.sampled_from([0, 100, 241]),
    st.sampled_from([0, 100, 759]),
    st.sampled_from([0, 39]),
)
def test_label_equals_scipy_on_small_patterns(block: Any, u0: int, v0: int, sensor: int) -> None:
    v, u = np.nonzero(block)
    columns = [(axis + start).astype("u2") for axis, start in ((u, u0), (v, v0))]
    digits = Digits(np.full(len(u), sensor, "u1"), *columns, np.ones(len(u), "u2"))
    labels, n = label(digits)
    wanted, n_wanted = ndimage.label(block, structure=np.ones((3, 3)))
    assert np.array_equal(labels, in_order_of_first(wanted[v, u]))
    assert n == n_wanted


@pytest.mark.parametrize("occupancy", [0.003, 0.05, 0.3, 0.45, 1.0])
def test_label_equals_scipy_on_random_maps(rng: np.random.Generator, occupancy: float) -> None:
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[[0, 1, 39]] = rng.random((3, 250, 768)) < occupancy
    digits = Digits.from_maps(maps)
    labels, n = label(digits)
    wanted = scipy_labels(digits)
    assert labels.dtype == np.int32
    assert np.array_equal(labels, wanted)
    assert n == int(wanted.max()) + 1


def test_pixels_across_borders_do_not_touch() -> None:
    # last column and first column of the next row; last row and first row of the next sensor
    digits = Digits(
        np.array([0, 0, 0, 1], "u1"),
        np.array([249, 0, 0, 0], "u2"),
        np.array([3, 4, 767, 0], "u2"),
        np.full(4, 9, "u2"),
    )
    assert label(digits)[0].tolist() == [0, 1, 2, 3]


def test_label_of_nothing() -> None:
    labels, n = label(Digits.empty())
    assert (len(labels), n) == (0, 0)
    assert len(cluster_properties(Digits.empty(), labels, 0, U_MM, V_MM)) == 0


def test_label_needs_sorted_digits() -> None:
    two = Digits(np.zeros(2, "u1"), np.array([5, 4], "u2"), np.zeros(2, "u2"), np.ones(2, "u2"))
    with pytest.raises(DigitError, match=r"label: digit 1 .*out of order"):
        label(two)


def test_properties_equal_numpy(rng: np.random.Generator) -> None:
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[::13] = np.where(rng.random((4, 250, 768)) < 0.02, rng.integers(1, 256, (4, 250, 768)), 0)
    digits = Digits.from_maps(maps)
    labels, n = label(digits)
    clusters = cluster_properties(digits, labels, n, U_MM, V_MM)
    index = np.arange(n)
    charge = ndimage.sum_labels(digits.charge.astype(float), labels, index)
    for name, centres in (("u_mm", U_MM[digits.u]), ("v_mm", V_MM[digits.sensor, digits.v])):
        mean = ndimage.sum_labels(centres * digits.charge, labels, index) / charge
        assert np.allclose(clusters[name], mean, rtol=0, atol=1e-5)
    spans = {}
    for name in ("u", "v"):
        low, high = (pick(digits[name], labels, index).astype(int) for pick in (ndimage.minimum, ndimage.maximum))
        spans |= {f"{name}_start": low, f"{name}_size": high - low + 1}
    exact = spans | {
        "sensor": ndimage.minimum(digits.sensor, labels, index),
        "charge": charge,
        "seed_charge": ndimage.maximum(digits.charge, labels, index),
        "size": np.bincount(labels),
    }
    for name, wanted in exact.items():
        assert np.array_equal(clusters[name], wanted), name
    assert isinstance(clusters, Clusters)


def test_without_charge_the_plain_mean() -> None:
    two = Digits(np.zeros(2, "u1"), np.array([4, 6], "u2"), np.zeros(2, "u2"), np.zeros(2, "u2"))
    clusters = cluster_properties(two, np.zeros(2, np.int32), 1, U_MM, V_MM)
    assert clusters.u_mm[0] == pytest.approx((U_MM[4] + U_MM[6]) / 2)
    assert clusters.charge.tolist() == [0]


TWO = Digits(np.array([0, 1], "u1"), np.zeros(2, "u2"), np.zeros(2, "u2"), np.ones(2, "u2"))


@pytest.mark.parametrize(
    ("labels", "n", "message"),
    [
        ([0, 0], 1, "cluster 0 has digits on the sensors 0 and 1"),
        ([0, -1], 2, "digit 1 has the label -1"),
        ([0, 2], 2, "digit 1 has the label 2"),
        ([1, 1], 2, "sensors 0 and 1"),
        ([0], 1, "1 labels for 2 digits"),
        ([0, 1], -1, "number of clusters is -1"),
        ([0, 1], 3, "number of clusters is 3"),
    ],
)
def test_properties_reject(labels: list[int], n: int, message: str) -> None:
    with pytest.raises(DigitError, match=message):
        cluster_properties(TWO, np.array(labels, np.int32), n, U_MM, V_MM)


def test_properties_reject_an_empty_cluster_and_strange_digits() -> None:
    one = TWO.select(slice(0, 1))
    with pytest.raises(DigitError, match="number of clusters is 2"):
        cluster_properties(one, np.zeros(1, np.int32), 2, U_MM, V_MM)
    pair = Digits(np.zeros(2, "u1"), np.array([4, 6], "u2"), np.zeros(2, "u2"), np.ones(2, "u2"))
    with pytest.raises(DigitError, match="no digit has the label 0"):
        cluster_properties(pair, np.ones(2, np.int32), 2, U_MM, V_MM)
    outside = Digits(np.array([40], "u1"), np.zeros(1, "u2"), np.zeros(1, "u2"), np.ones(1, "u2"))
    with pytest.raises(DigitError, match="digit 0 has sensor 40"):
        cluster_properties(outside, np.zeros(1, np.int32), 1, U_MM, V_MM)


def test_properties_reject_arrays() -> None:
    labels = np.array([0, 1], np.int32)
    with pytest.raises(ArrayTypeError, match="labels"):
        cluster_properties(TWO, labels.astype(np.int64), 2, U_MM, V_MM)
    for u, v in ((U_MM[:249].copy(), V_MM), (U_MM, V_MM.T.copy()), (U_MM.astype("f4"), V_MM)):
        with pytest.raises(ArrayTypeError, match="_mm"):
            cluster_properties(TWO, labels, 2, u, v)
