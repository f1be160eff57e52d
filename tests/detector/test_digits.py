import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pxdbkg.detector import Clusters, Digits, DigitTable, SimHits, check_offsets
from pxdbkg.errors import ArrayTypeError, DigitError


def make(rows):
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Digits(columns[0].astype("u1"), *(column.astype("u2") for column in columns[1:]))


PIXELS = st.dictionaries(
    st.tuples(st.integers(0, 39), st.integers(0, 767), st.integers(0, 249)), st.integers(1, 255), max_size=30
)


def sorted_digits(pixels):
    return make([(sensor, u, v, charge) for (sensor, v, u), charge in sorted(pixels.items())])


@settings(max_examples=20, deadline=None)
@given(PIXELS)
def test_maps_and_back(pixels):
    digits = sorted_digits(pixels)
    maps = digits.to_maps()
    assert maps.shape == (40, 250, 768)
    assert Digits.from_maps(maps.astype(np.uint8)) == digits


@given(PIXELS, st.randoms())
def test_order(pixels, random):
    digits = sorted_digits(pixels)
    assert digits.is_sorted()
    digits.check("here")
    order = list(range(len(digits)))
    random.shuffle(order)
    shuffled = digits.select(np.array(order, np.intp))
    assert shuffled.is_sorted() == (order == sorted(order))
    assert shuffled.select(np.argsort(shuffled.channel())) == digits


@given(st.lists(PIXELS, max_size=4))
def test_concatenate_and_split(parts):
    events = [sorted_digits(pixels) for pixels in parts]
    offsets = np.cumsum([0, *map(len, events)])
    table = DigitTable(Digits.concatenate(events), offsets)
    check_offsets(table.offsets, len(table.columns), "table")
    assert list(table.events()) == events


@settings(max_examples=20, deadline=None)
@given(hnp.arrays(np.uint8, (2, 250, 768), elements=st.integers(0, 255), fill=st.just(0)))
def test_maps_of_some_sensors(maps):
    digits = Digits.from_maps(maps)
    assert digits.is_sorted()
    np.testing.assert_array_equal(digits.to_maps()[:2], maps)


def test_digest_is_that_of_the_columns():
    digits = make([(0, 1, 2, 7), (39, 249, 767, 255)])
    raw = bytes([0, 39]) + b"\1\0\xf9\0" + b"\2\0\xff\2" + b"\7\0\xff\0"
    assert digits.digest() == hashlib.sha256(raw).hexdigest()
    assert digits.digest() == "6a4155c86850cc8f4cffc7716e87d36c5e4dc9580dd26fe0884b245f0e5912f9"
    assert Digits.empty().digest() == hashlib.sha256().hexdigest()
    assert digits.select(slice(None, None, -1)).digest() != digits.digest()


def test_as_a_mapping():
    digits = make([(0, 1, 2, 7)])
    assert digits.keys() == ["sensor", "u", "v", "charge"]
    assert Digits(**dict(**digits)) == digits
    with pytest.raises(KeyError, match=r"Digits have no column 'adu' \(columns: sensor, u, v, charge\)"):
        digits["adu"]


def test_equality():
    digits = make([(0, 1, 2, 7)])
    assert digits != make([(0, 1, 2, 8)])
    assert digits != "digits"
    with pytest.raises(TypeError, match="unhashable"):
        hash(digits)


def test_charges_of_one_pixel_are_summed_in_maps():
    assert make([(3, 4, 5, 255), (3, 4, 5, 255)]).to_maps()[3, 4, 5] == 510


@pytest.mark.parametrize(
    "column",
    [np.zeros(2, "u1"), np.zeros(2, ">u2"), np.zeros((2, 1), "u2"), [0, 1], np.zeros(2, "i8")],
)
def test_a_column_of_another_type_is_an_error(column):
    u2 = np.zeros(2, "u2")
    with pytest.raises(ArrayTypeError, match=r"Digits\.u: expected a uint16 array of shape \(n,\), got "):
        Digits(np.zeros(2, "u1"), column, u2, u2)


def test_columns_have_one_length():
    with pytest.raises(DigitError, match=r"different lengths \{'sensor': 1, 'u': 2, 'v': 1, 'charge': 1\}"):
        Digits(np.zeros(1, "u1"), np.zeros(2, "u2"), np.zeros(1, "u2"), np.zeros(1, "u2"))


def test_maps_of_another_shape_are_an_error():
    with pytest.raises(ArrayTypeError, match=r"expected maps of shape \(sensors, 250, 768\), got \(1, 256, 768\)"):
        Digits.from_maps(np.zeros((1, 256, 768), np.uint8))


@pytest.mark.parametrize(
    ("row", "message"),
    [((40, 0, 0, 7), "has sensor 40"), ((0, 250, 0, 7), "has u 250"), ((0, 0, 768, 7), "has v 768")],
)
def test_a_digit_outside_the_detector(row, message):
    with pytest.raises(DigitError, match=f"f.npz: digit 1 {message}, outside the detector"):
        make([(0, 0, 0, 7), row]).check("f.npz")


def test_broken_order():
    twice = make([(0, 0, 0, 7), (0, 0, 0, 7)])
    with pytest.raises(DigitError, match=r"f\.npz: digit 1 is out of order"):
        twice.check("f.npz")
    twice.check("f.npz", sorted_unique=False)
    Digits.empty().check("f.npz")


@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        ([0, 3, 2, 5], r"run backwards at event 1 \(3 to 2\)"),
        ([1, 5], "the first offset is 1"),
        ([0, 4], "the last offset is 4, but the columns have 5"),
        ([], "expected int64"),
        ([0.0, 5.0], "offsets are float64"),
        ([[0, 5]], r"\(1, 2\)"),
    ],
)
def test_offsets_are_checked(offsets, message):
    with pytest.raises(DigitError, match=message):
        check_offsets(np.array(offsets), 5, "f.npz")


@pytest.mark.parametrize("kind", [Clusters, SimHits])
def test_the_other_collections_behave_as_digits_do(kind):
    one = kind(*(np.full(2, 3, dtype) for dtype in kind.dtypes.values()))
    assert kind(**dict(**one)) == one
    assert len(kind.empty()) == 0
    assert kind.concatenate([one, kind.empty(), one]) == one.select(np.array([0, 1, 0, 1]))
    assert kind.concatenate([]) == kind.empty()
    assert one != Digits.empty()
    with pytest.raises(ArrayTypeError, match=rf"{kind.__name__}\.sensor: expected a uint8 array"):
        kind(*(np.zeros(2, np.float64) for _ in kind.dtypes))


def test_unknown_energies_are_equal():
    columns = {name: np.zeros(1, dtype) for name, dtype in SimHits.dtypes.items()}
    columns["energy_keV"] = np.array([np.nan], np.float32)
    assert SimHits(**columns) == SimHits(**columns)
