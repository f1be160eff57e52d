"""Sums over units against the same numbers taken from tracks one by one."""

import numpy as np
import pytest

from pxdbkg.validation.track_sums import (
    PT_BINS,
    PULL_EDGES,
    RESIDUAL_WITHIN,
    Outcome,
    Sums,
    distances,
    names,
    numbers,
    unit_sums,
)

N, UNITS = 3000, 40


def outcome(seed=1, width=0.9):
    draw = np.random.default_rng(seed)
    residual = draw.normal(0, width, (N, 5))
    residual[:60] *= 20  # wild tracks
    attached = draw.random((N, 2)) < 0.8
    return Outcome(
        draw.random(N) < 0.95, residual, residual[:, :2].copy(), attached, attached & (draw.random((N, 2)) < 0.7)
    )


def tracks():
    draw = np.random.default_rng(2)
    return np.sort(draw.integers(0, UNITS, N)), draw.uniform(0.05, 1.0, N), draw.random((N, 2)) < 0.99


def of(some, scale=1.0):
    unit, pt, passed = tracks()
    return unit_sums(some, unit, UNITS, pt, passed, np.full((2, 5), scale))


def test_numbers_are_those_of_the_tracks():
    some = outcome()
    _, pt, passed = tracks()
    found = dict(zip(names(), numbers(of(some).sum(axis=0)[None])[0], strict=True))
    assert len(found) == 20
    for (low, high), text in zip(PT_BINS, ("pT < 0.2 GeV", "0.2 to 1 GeV"), strict=True):
        inside = (pt >= low) & (pt < high)
        fitted = inside & some.fitted
        for column, name in enumerate(("d0", "z0")):
            pull = some.pull[fitted, column]
            assert found[f"pull of {name}, share beyond 5, {text}"] == pytest.approx(np.mean(np.abs(pull) > 5))
            kept = pull[np.abs(pull) < 10]
            assert found[f"pull of {name}, rms within 10, {text}"] == pytest.approx(np.sqrt(np.mean(kept**2)))
            assert found[f"pull of {name}, core width, {text}"] == pytest.approx(0.9, abs=0.08)
        for column, layer in enumerate((1, 2)):
            attached, right = some.attached[inside, column], some.right[inside, column]
            assert found[f"wrong attachments, layer {layer}, {text}"] == pytest.approx(1 - right.sum() / attached.sum())
            expected = right.sum() / passed[inside, column].sum()
            assert found[f"hit efficiency, layer {layer}, {text}"] == pytest.approx(expected)


def test_histograms_hold_the_pulls():
    some = outcome()
    _, pt, _ = tracks()
    whole = of(some).sum(axis=0)
    for number, (low, high) in enumerate(PT_BINS):
        fitted = (pt >= low) & (pt < high) & some.fitted
        histograms = whole[number, Sums.histograms].reshape(2, -1)
        for column in range(2):
            assert np.array_equal(histograms[column], np.histogram(some.pull[fitted, column], PULL_EDGES)[0])


def test_units_add_up_to_the_whole():
    some, (unit, pt, passed) = outcome(), tracks()
    whole = unit_sums(some, np.zeros(N, np.int64), 1, pt, passed, np.ones((2, 5)))
    assert np.allclose(of(some).sum(axis=0), whole[0])
    assert np.array_equal(of(some)[3], unit_sums(some, np.where(unit == 3, 0, 1), 2, pt, passed, np.ones((2, 5)))[0])


def test_distances_of_residuals():
    one, other = of(outcome(), 2.0).sum(axis=0)[None], of(outcome(3, 1.8), 2.0).sum(axis=0)[None]
    assert distances(one, one)[0] == pytest.approx(0, abs=1e-9)
    _, pt, _ = tracks()
    for number, (low, high) in enumerate(PT_BINS):
        moments = []
        for some in (outcome(), outcome(3, 1.8)):
            chosen = some.fitted & (pt >= low) & (pt < high)
            kept = np.clip(some.residual[chosen] / 2.0, -RESIDUAL_WITHIN, RESIDUAL_WITHIN)
            moments.append((kept.mean(axis=0), np.cov(kept.T, bias=True)))
        (m1, c1), (m2, c2) = moments
        root = np.linalg.cholesky(c2)  # any square root gives the same trace
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root.T @ c1 @ root), 0)).sum()
        expected = np.sum((m1 - m2) ** 2) + np.trace(c1 + c2) - 2 * cross
        assert distances(one, other)[0, number] == pytest.approx(expected, rel=1e-6)


def test_no_tracks_give_no_numbers():
    assert np.all(np.isnan(numbers(np.zeros((1, 2, Sums.size)))))
