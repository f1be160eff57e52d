from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import label
from pxdbkg.kernels.cluster_shapes import SHAPE_CLASSES, ClusterShapes, cluster_shapes


def cluster(*pixels: tuple[int, int], charge: list[int] | None = None) -> ClusterShapes:
    """Shape of pixels (u, v), which need not touch."""
    order = sorted(range(len(pixels)), key=lambda i: pixels[i][::-1])
    u, v = (np.array([pixels[i][axis] for i in order], "u2") for axis in (0, 1))
    charges = np.array([(charge or [10] * len(pixels))[i] for i in order], "u2")
    digits = Digits(np.zeros(len(u), "u1"), u, v, charges)
    return cluster_shapes(digits, np.zeros(len(u), np.int32), 1)


L = {
    "low u low v": [(1, 0), (0, 1), (1, 1)],
    "high u low v": [(0, 0), (0, 1), (1, 1)],
    "low u high v": [(0, 0), (1, 0), (1, 1)],
    "high u high v": [(0, 0), (1, 0), (0, 1)],
}


@pytest.mark.parametrize("start", [(0, 0), (248, 760), (100, 5)])
@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("1 pixel", [(0, 0)]),
        ("2 along u", [(0, 0), (1, 0)]),
        ("2 along v", [(0, 0), (0, 1)]),
        ("2 diagonal, rising", [(0, 0), (1, 1)]),
        ("2 diagonal, falling", [(1, 0), (0, 1)]),
        *((f"3 corner, {missing} missing", pixels) for missing, pixels in L.items()),
        ("4 square", [(0, 0), (1, 0), (0, 1), (1, 1)]),
        ("4 other", [(0, 0), (1, 0), (1, 1), (1, 2)]),
        ("4 along v", [(0, 0), (0, 1), (0, 2), (0, 3)]),
        ("3 along v", [(0, 0), (0, 1), (0, 2)]),
        ("3 other", [(0, 0), (1, 1), (0, 2)]),
        ("5 to 9, long in v", [(0, v) for v in range(5)]),
    ],
)
def test_class_of_small_patterns_at_any_place(start: tuple[int, int], name: str, pixels: list[tuple[int, int]]) -> None:
    moved = [(start[0] + u, start[1] + v) for u, v in pixels]
    assert SHAPE_CLASSES[cluster(*moved).shape_class[0]] == name


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("3 along u", 3, 1),
        ("4 along u", 4, 1),
        ("5 to 9, long in u", 9, 1),
        ("5 to 9, long in v", 2, 4),
        ("5 to 9, other", 3, 3),
        ("10 or more, long in v", 3, 6),
        ("10 or more, long in u", 10, 5),
        ("10 or more, other", 4, 4),
    ],
)
def test_class_of_rectangles(name: str, width: int, height: int) -> None:
    pixels = [(7 + u, 9 + v) for u in range(width) for v in range(height)]
    assert SHAPE_CLASSES[cluster(*pixels).shape_class[0]] == name


def test_every_class_has_its_own_name() -> None:
    assert len(set(SHAPE_CLASSES)) == len(SHAPE_CLASSES) == 22


@given(
    arrays(np.uint16, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([0, 0, 7, 8, 200, 510]))
)
def test_numbers_equal_numpy(block: Any) -> None:
    v, u = np.nonzero(block)
    digits = Digits(np.full(len(u), 39, "u1"), (u + 240).astype("u2"), (v + 700).astype("u2"), block[v, u])
    labels, n = label(digits)
    shapes = cluster_shapes(digits, labels, n)
    for k in range(n):
        mine = labels == k
        q, x, y = digits.charge[mine].astype(float), u[mine].astype(float), v[mine].astype(float)
        mean = np.array([np.average(x, weights=q), np.average(y, weights=q)])
        covariance = np.cov(np.stack([x, y]), aweights=q, ddof=0).reshape(2, 2)
        assert shapes.min_charge[k] == q.min()
        assert shapes.second_charge[k] == (np.sort(q)[-2] if len(q) > 1 else 0)
        assert shapes.charge_rms_adu[k] == pytest.approx(q.std(), abs=1e-4)
        assert shapes.u_rms[k] == pytest.approx(np.sqrt(covariance[0, 0]), abs=1e-6)
        assert shapes.v_rms[k] == pytest.approx(np.sqrt(covariance[1, 1]), abs=1e-6)
        widths = np.sqrt(covariance[0, 0] * covariance[1, 1])
        assert shapes.uv_correlation[k] == pytest.approx(covariance[0, 1] / widths if widths > 1e-9 else 0, abs=1e-6)
        along = x if np.ptp(x) > np.ptp(y) else y
        assert shapes.end_charge_share[k] == pytest.approx(
            q[(along == along.min()) | (along == along.max())].sum() / q.sum()
        )
        seed = np.argmax(q)
        assert shapes.seed_offset[k] == pytest.approx(np.hypot(x[seed] - mean[0], y[seed] - mean[1]), abs=1e-6)


def test_without_charge_all_pixels_weigh_the_same() -> None:
    shapes = cluster((4, 4), (5, 4), charge=[0, 0])
    assert (shapes.u_rms[0], shapes.charge_rms_adu[0], shapes.end_charge_share[0]) == (0.5, 0.0, 1.0)


def test_nothing_has_no_shape() -> None:
    assert len(cluster_shapes(Digits.empty(), np.zeros(0, np.int32), 0)) == 0


def test_rejects_labels() -> None:
    two = Digits(np.zeros(2, "u1"), np.array([0, 1], "u2"), np.zeros(2, "u2"), np.ones(2, "u2"))
    for labels, n, message in (
        ([0, 2], 2, "digit 1 has the label 2"),
        ([0, -1], 2, "digit 1 has the label -1"),
        ([1, 1], 2, "no digit has the label 0"),
        ([0], 1, "1 labels for 2 digits"),
        ([0, 0], 3, "number of clusters is 3"),
    ):
        with pytest.raises(DigitError, match=message):
            cluster_shapes(two, np.array(labels, np.int32), n)
    with pytest.raises(ArrayTypeError, match="labels"):
        cluster_shapes(two, np.zeros(2, np.int64), 1)
