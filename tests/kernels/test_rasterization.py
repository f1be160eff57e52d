from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import rasterize


class Rows(NamedTuple):
    sensor: Any
    u: Any
    v: Any
    n_pixels: Any
    du: Any
    dv: Any
    adu: Any


def make(rows: list[tuple[int, int, int, list[tuple[int, int, float]]]]) -> Rows:
    """Rows of (sensor, u, v, [(du, dv, adu), ...])."""
    pixels = [pixel for row in rows for pixel in row[3]]
    return Rows(
        np.array([row[0] for row in rows], np.uint8),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([len(row[3]) for row in rows], np.int64),
        np.array([pixel[0] for pixel in pixels], np.int16),
        np.array([pixel[1] for pixel in pixels], np.int16),
        np.array([pixel[2] for pixel in pixels], np.float32),
    )


def by_hand(rows: Rows, threshold: int) -> tuple[Digits, tuple[int, int, int]]:
    """The same, pixel by pixel in Python integers and numpy float32."""
    plane: dict[tuple[int, int, int], np.float32] = {}
    row_of_pixel = np.repeat(np.arange(len(rows.sensor)), rows.n_pixels)
    outside = 0
    for p, row in enumerate(row_of_pixel):
        u, v = int(rows.u[row]) + int(rows.du[p]), int(rows.v[row]) + int(rows.dv[p])
        if not (0 <= u < 250 and 0 <= v < 768):
            outside += 1
            continue
        pixel = (int(rows.sensor[row]), v, u)
        plane[pixel] = plane.get(pixel, np.float32(0)) + rows.adu[p]
    charges = {pixel: np.floor(total) for pixel, total in plane.items()}
    kept = sorted((*pixel, int(min(q, np.float32(255)))) for pixel, q in charges.items() if q >= threshold)
    columns = np.array(kept, np.int64).reshape(-1, 4).T
    digits = Digits(columns[0].astype("u1"), *(columns[k].astype("u2") for k in (2, 1, 3)))
    return digits, (len(row_of_pixel), outside, sum(bool(q > 255) for q in charges.values()))


near = st.integers(-3, 3)
charge = st.one_of(st.floats(-20, 300, width=32), st.just(float("inf")))
origin_u = st.sampled_from([-1, 0, 1, 100, 248, 249, 250, 2**63 - 1, -(2**63)])
origin_v = st.sampled_from([-1, 0, 1, 100, 766, 767, 768, 2**63 - 1, -(2**63), 2**32, 2**16])
row = st.tuples(st.sampled_from([0, 5, 39]), origin_u, origin_v, st.lists(st.tuples(near, near, charge), max_size=6))


@given(st.lists(row, max_size=30), st.sampled_from([1, 7, 255]))
def test_rasterize_equals_a_loop(rows: Any, threshold: int) -> None:
    made = make(rows)
    digits, counts = rasterize(*made, threshold=threshold)
    wanted, wanted_counts = by_hand(made, threshold)
    assert digits == wanted
    assert counts == wanted_counts


def random_rows(rng: np.random.Generator, n: int) -> Rows:
    n_pixels = np.minimum(rng.geometric(0.38, n), 200)
    p = int(n_pixels.sum())
    return Rows(
        rng.integers(0, 40, n).astype(np.uint8),
        rng.integers(-5, 255, n),
        rng.integers(-5, 773, n),
        n_pixels,
        rng.integers(-3, 4, p).astype(np.int16),
        rng.integers(-3, 4, p).astype(np.int16),
        rng.exponential(12, p).astype(np.float32),
    )


def test_large_event_equals_a_loop(instruction_set: str, rng: np.random.Generator) -> None:
    rows = random_rows(rng, 5000)
    digits, counts = rasterize(*rows, threshold=7)
    wanted, wanted_counts = by_hand(rows, 7)
    assert digits == wanted
    assert counts == wanted_counts


def test_a_full_sensor(instruction_set: str) -> None:
    u, v = (axis.ravel() for axis in np.meshgrid(np.arange(250), np.arange(768), indexing="ij"))
    n = len(u)
    ones = np.ones(n, np.int64)
    steps = np.zeros(n, np.int16)
    digits, _ = rasterize(np.full(n, 3, np.uint8), u, v, ones, steps, steps, np.full(n, 8, np.float32), threshold=7)
    assert digits.is_sorted()
    assert len(digits) == n


def test_leaving_out_a_sensor_leaves_the_others(rng: np.random.Generator) -> None:
    rows = random_rows(rng, 500)
    keep = rows.sensor != 7
    pixel_keep = np.repeat(keep, rows.n_pixels)
    fewer = Rows(*(column[keep] for column in rows[:4]), *(column[pixel_keep] for column in rows[4:]))
    digits = rasterize(*rows, threshold=7)[0]
    assert rasterize(*fewer, threshold=7)[0] == digits.select(digits.sensor != 7)


def test_charges_add_in_the_order_given() -> None:
    # in float32, 2^25 + 1 - 2^25 is 0 from left to right, and 1 when the large ones meet first
    big = float(2**25)
    first = make([(0, 1, 1, [(0, 0, big), (0, 0, 9.0), (0, 0, 1.0 - big)])])
    assert rasterize(*first, threshold=1)[0] == by_hand(first, 1)[0]


@pytest.mark.parametrize(("adu", "stored"), [(6.999, None), (7.0, 7), (255.99, 255), (256.0, 255), (-3.0, None)])
def test_floor_clip_and_cut(adu: float, stored: int | None) -> None:
    digits, counts = rasterize(*make([(0, 5, 6, [(0, 0, adu)])]), threshold=7)
    assert digits.charge.tolist() == ([] if stored is None else [stored])
    assert counts.clipped == (adu >= 256)


GOOD = make([(1, 10, 10, [(0, 0, 9.0), (1, 0, 9.0)]), (0, 20, 20, []), (2, 20, 20, [(0, 0, 50.0)])])


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("sensor", [1, 40, 2], "row 1 is on sensor 40"),
        ("n_pixels", [2, -1, 2], "row 1 has n_pixels -1"),
        ("n_pixels", [2, 0, 2], "row 2 has n_pixels 2, but only 1 of the 3"),
        ("n_pixels", [2, 0, 2**62], "row 2 has n_pixels 4611686018427387904"),
        ("n_pixels", [2**63 - 1, 2**63 - 1, 5], "row 0 has n_pixels"),
        ("n_pixels", [1, 0, 1], "add up to 2, but du, dv and adu have 3"),
        ("adu", [9.0, np.nan, 9.0], "row 0 has a pixel of nan"),
        ("adu", [9.0, 9.0, -np.inf], "row 2 has a pixel of -inf"),
        ("u", [1, 2], "u has 2 entries, but sensor has 3"),
        ("dv", [1, 2], "dv has 2 entries, but adu has 3"),
    ],
)
def test_wrong_values(name: str, values: list[Any], message: str) -> None:
    rows = GOOD._replace(**{name: np.array(values, getattr(GOOD, name).dtype)})
    with pytest.raises(DigitError, match=message):
        rasterize(*rows, threshold=7)


@pytest.mark.parametrize("threshold", [0, 256, 300])
def test_wrong_threshold(threshold: int) -> None:
    with pytest.raises(DigitError, match=f"threshold is {threshold}"):
        rasterize(*GOOD, threshold=threshold)


@pytest.mark.parametrize("name", Rows._fields)
def test_wrong_dtype(name: str) -> None:
    rows = GOOD._replace(**{name: getattr(GOOD, name).astype(np.float64)})
    with pytest.raises(ArrayTypeError, match=rf"rasterize: {name}\b"):
        rasterize(*rows, threshold=7)


def test_nothing_to_draw() -> None:
    digits, counts = rasterize(*make([]), threshold=7)
    assert len(digits) == 0
    assert counts == (0, 0, 0)
