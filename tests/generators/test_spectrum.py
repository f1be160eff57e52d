"""Spectra: tilts have their means and sum, overlaps are taken out, alias tables give their law back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.generators.spectrum import alias_entries, tilted_spectra, without_overlaps

ADU = np.arange(256)


def falling(scale: float) -> np.ndarray:
    spectrum = np.where(ADU >= 7, np.exp(-ADU / scale), 0)
    return spectrum / spectrum.sum()


def test_tilted_spectra() -> None:
    total, weights = falling(15), np.array([3.0, 1.0, 2.0])
    mean = total @ ADU
    means = mean * np.array([1.02, 0.97, 0.985])
    spectra = tilted_spectra(total, means, weights)
    weights /= weights.sum()
    assert np.allclose(weights @ spectra, total, atol=1e-9)
    assert np.allclose(spectra @ ADU, means * mean / (weights @ means), rtol=1e-6)
    assert (spectra >= 0).all()


def test_without_overlaps() -> None:
    single, density = falling(12), 0.1
    twice, thrice = np.convolve(single, single), np.convolve(np.convolve(single, single), single)
    fired = np.zeros(766)
    fired[:256] += density * single
    fired[:511] += density**2 / 2 * twice
    fired += density**3 / 6 * thrice
    clipped = np.append(fired[:255], fired[255:].sum())
    assert np.allclose(without_overlaps(clipped / clipped.sum(), density), single, atol=1e-9)


@given(st.lists(st.integers(0, 1000), min_size=256, max_size=256).filter(any))
def test_alias_tables_give_the_law(counts: list[int]) -> None:
    spectrum = np.array(counts) / sum(counts)
    entries = alias_entries(spectrum).astype(np.int64)
    probability = (65536 - (entries & 131071)) / 65536
    assert ((probability >= 0) & (probability <= 1)).all()
    alias = ADU + (entries >> 17)
    law = (probability + np.bincount(alias, 1 - probability, 256)) / 256
    assert law == pytest.approx(spectrum, abs=2e-5)
