from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.masks import PixelMask
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import apply_mask, overlay, sort_digits

Pixel = tuple[int, int, int]  # sensor, v, u: sorts as digits do

# few distinct pixels, so that lists share some; the borders of the detector are among them
pixels = st.tuples(st.sampled_from([0, 1, 39]), st.sampled_from([0, 1, 500, 767]), st.sampled_from([0, 1, 7, 8, 249]))
charges = st.integers(0, 65535)
small_charges = st.integers(0, 400)


def make(entries: list[tuple[Pixel, int]]) -> Digits:
    columns = np.array([(s, u, v, q) for (s, v, u), q in entries], np.int64).reshape(-1, 4).T
    return Digits(columns[0].astype("u1"), *(column.astype("u2") for column in columns[1:]))


def mask_of(masked: set[Pixel]) -> PixelMask:
    bits = np.zeros((40, 768, 32), np.uint8)
    for sensor, v, u in masked:
        bits[sensor, v, u >> 3] |= 1 << (u & 7)
    return PixelMask(bits)


@given(st.dictionaries(pixels, small_charges), st.dictionaries(pixels, small_charges), st.sets(pixels, max_size=5))
def test_overlay_equals_addition_of_dictionaries(
    signal: dict[Pixel, int], background: dict[Pixel, int], masked: set[Pixel]
) -> None:
    kept = {pixel: charge for pixel, charge in background.items() if pixel not in masked}
    total: Counter[Pixel] = Counter()
    for part in (signal, kept):
        for pixel, charge in part.items():
            total[pixel] += charge
    digits, counts = overlay(make(sorted(signal.items())), make(sorted(background.items())), mask=mask_of(masked))
    assert digits == make(sorted(total.items()))
    assert counts == (
        len(signal),
        len(background),
        len(background) - len(kept),
        len(signal.keys() & kept.keys()),
        0,
        len(total),
    )


@given(st.dictionaries(pixels, charges), st.dictionaries(pixels, charges), st.integers(1, 65535))
def test_max_charge_clips_and_counts(signal: dict[Pixel, int], background: dict[Pixel, int], limit: int) -> None:
    sums = {p: signal.get(p, 0) + background.get(p, 0) for p in signal.keys() | background.keys()}
    digits, counts = overlay(make(sorted(signal.items())), make(sorted(background.items())), max_charge=limit)
    assert digits == make(sorted((p, min(q, limit)) for p, q in sums.items()))
    assert counts.clipped == sum(q > limit for q in sums.values())


def test_overlay_of_dense_lists_keeps_every_signal_charge(rng: np.random.Generator) -> None:
    maps = [np.where(rng.random((40, 250, 768)) < share, 9, 0).astype(np.uint8) for share in (0.001, 0.009)]
    signal, background = (Digits.from_maps(m) for m in maps)
    digits, counts = overlay(signal, background)
    assert np.array_equal(digits.to_maps(), maps[0].astype(np.uint16) + maps[1])
    assert digits.is_sorted()
    assert counts.shared == np.count_nonzero(maps[0] & maps[1])
    assert counts.total == counts.signal + counts.background - counts.shared


def test_overlay_sum_above_16_bits_is_an_error() -> None:
    one = make([((3, 9, 17), 40000)])
    with pytest.raises(DigitError, match=r"sensor 3, u 17, v 9 add up to 80000 .*max_charge"):
        overlay(one, one)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([((1, 0, 0), 9), ((0, 0, 0), 9)], "digit 1 .*out of order.*PXDDigitSorter"),
        ([((1, 0, 5), 9), ((1, 0, 5), 9)], "digit 1 .*out of order"),
        ([((0, 0, 0), 9), ((0, 0, 250), 9)], r"digit 1 has u 250, outside the detector \(0..249\)"),
        ([((0, 768, 0), 9)], "digit 0 has v 768"),
        ([((40, 0, 0), 9)], "digit 0 has sensor 40"),
        ([((0, 65535, 65535), 9)], "digit 0 has u 65535"),
    ],
)
def test_overlay_rejects_bad_digits(entries: list[tuple[Pixel, int]], message: str) -> None:
    bad, good = make(entries), make([((0, 1, 1), 9)])
    with pytest.raises(DigitError, match=f"signal: {message}"):
        overlay(bad, good)
    with pytest.raises(DigitError, match=f"background: {message}"):
        overlay(good, bad)


def test_overlay_rejects_other_arguments() -> None:
    one = make([((0, 1, 1), 9), ((0, 2, 1), 9)])
    strided = Digits(*(np.repeat(one[name], 2)[::2] for name in ("sensor", "u", "v", "charge")))
    with pytest.raises(ArrayTypeError, match=r"background\.sensor: the array is not contiguous"):
        overlay(one, strided)
    for limit in (0, 65536, -1):
        with pytest.raises(DigitError, match=f"max_charge is {limit}"):
            overlay(one, one, max_charge=limit)


@given(st.lists(st.tuples(pixels, small_charges)), st.sets(pixels, max_size=5))
def test_sort_equals_python(entries: list[tuple[Pixel, int]], masked: set[Pixel]) -> None:
    kept = [(p, q) for p, q in entries if p not in masked]
    total: Counter[Pixel] = Counter()
    for pixel, charge in kept:
        total[pixel] += charge
    merged, counts = sort_digits(make(entries), mask=mask_of(masked))
    assert merged == make(sorted(total.items()))
    assert counts == (len(entries), 0, len(entries) - len(kept), len(kept) - len(total), len(total))
    apart, counts = sort_digits(make(entries), mask=mask_of(masked), merge=False)
    assert apart == make(sorted(kept, key=lambda entry: entry[0]))
    assert counts.merged == 0


def test_sort_of_many_digits_equals_numpy(rng: np.random.Generator) -> None:
    n = 50_000
    columns: list[Any] = [rng.integers(0, size, n).astype("u2") for size in (250, 768, 256)]
    digits = Digits(rng.integers(0, 40, n).astype("u1"), *columns)
    ordered, _ = sort_digits(digits, merge=False)
    assert ordered == digits.select(np.argsort(digits.channel(), kind="stable"))
    again, counts = sort_digits(ordered)
    assert again.is_sorted()
    assert counts.total == len(np.unique(digits.channel()))
    assert int(again.charge.sum(dtype=np.int64)) == int(digits.charge.sum(dtype=np.int64))


def test_sort_trims_or_fails() -> None:
    entries = [((0, 1, 1), 9), ((40, 0, 0), 9), ((0, 0, 250), 9), ((0, 768, 0), 9), ((0, 0, 1), 8)]
    digits, counts = sort_digits(make(entries))
    assert digits == make([entries[4], entries[0]])
    assert (counts.outside, counts.total) == (3, 2)
    with pytest.raises(DigitError, match=r"digit 1 has sensor 40, u 0, v 0, outside the detector .*trim"):
        sort_digits(make(entries), trim=False)


def test_sort_sum_above_16_bits_is_an_error() -> None:
    with pytest.raises(DigitError, match="sensor 3, u 17, v 9 add up to 80000"):
        sort_digits(make([((3, 9, 17), 40000)] * 2))


def test_apply_mask_keeps_the_order() -> None:
    digits = make([((1, 5, 5), 1), ((0, 5, 5), 2), ((0, 5, 4), 3)])
    assert apply_mask(digits, mask_of({(0, 5, 5)})) == digits.select(np.array([0, 2]))


def test_inputs_are_left_alone() -> None:
    one, two = make([((0, 1, 1), 9)]), make([((0, 1, 1), 5), ((0, 1, 2), 5)])
    before = one.digest(), two.digest()
    overlay(one, two, max_charge=7)
    sort_digits(two)
    assert (one.digest(), two.digest()) == before
