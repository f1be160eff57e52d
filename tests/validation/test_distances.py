import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, stats

from pxdbkg.validation import distances

histograms = st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(any).map(lambda bins: np.array(bins, float))


@given(histograms, histograms)
def test_histogram_distances_against_scipy(one, other):
    values = np.array([0.0, 1.0, 3.0, 4.0, 9.0])
    expected = stats.wasserstein_distance(values, values, one, other)
    assert distances.wasserstein(one, other, np.diff(values)) == pytest.approx(expected, abs=1e-12)
    steps = np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum()
    assert distances.kolmogorov_smirnov(one, other) == pytest.approx(np.abs(steps).max())
    assert 0 <= distances.separation_power(one, other) <= 1 + 1e-12
    for distance in (distances.kolmogorov_smirnov, distances.separation_power):
        assert distance(one, 7 * one) == pytest.approx(0, abs=1e-12)
        assert distance(one, other) == pytest.approx(distance(other, one))


def test_axes_before_the_bins_are_kept():
    one, other = np.ones((7, 3, 4)), np.arange(84.0).reshape(7, 3, 4)
    assert distances.kolmogorov_smirnov(one, other).shape == (7, 3)
    assert distances.wasserstein(one, other, np.ones(3)).shape == (7, 3)
    assert distances.separation_power(one, other).shape == (7, 3)
    assert distances.root_mean_square(other - one).shape == (7, 3)


def test_separation_power_of_two_bins():
    # p = (3/4, 1/4), q = (1/4, 3/4): 1/2 * 2 * (1/2)^2 / 1
    assert distances.separation_power(np.array([3.0, 1.0]), np.array([1.0, 3.0])) == pytest.approx(0.25)


def test_frechet_of_diagonal_covariances_is_in_closed_form():
    rng = np.random.default_rng(1)
    one, other = rng.uniform(0.5, 2, (2, 6))
    mean = rng.normal(size=6)
    expected = np.sqrt((mean**2).sum() + ((np.sqrt(one) - np.sqrt(other)) ** 2).sum())
    assert distances.frechet(np.zeros(6), np.diag(one), mean, np.diag(other)) == pytest.approx(expected)


def test_frechet_against_the_matrix_square_root():
    rng = np.random.default_rng(2)
    samples = rng.normal(size=(2, 50, 4)) @ rng.normal(size=(4, 4))
    means, covariances = samples.mean(axis=1), np.stack([np.cov(one.T) for one in samples])
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    square = ((means[0] - means[1]) ** 2).sum() + np.trace(covariances.sum(axis=0) - 2 * root.real)
    pairs = np.repeat(means[:1], 3, 0), np.repeat(covariances[:1], 3, 0), means[1], covariances[1]
    assert distances.frechet(*pairs) == pytest.approx(np.full(3, np.sqrt(square)))


def test_cubic_features_give_the_kernel():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(4, 5)), rng.normal(size=(6, 5))
    products = distances.cubic_features(one) @ distances.cubic_features(other).T
    assert products == pytest.approx((one @ other.T / 5 + 1) ** 3)
    assert distances.cubic_features(one).shape == (4, 6 * 7 * 8 // 6)


def test_distance_of_means_of_cubic_features_is_the_discrepancy_of_the_kernel():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(30, 3)), rng.normal(0.5, 1, size=(20, 3))
    gram = (np.concatenate([one, other]) @ np.concatenate([one, other]).T / 3 + 1) ** 3
    weights = np.concatenate([np.full(30, 1 / 30), np.full(20, -1 / 20)])
    means = [distances.cubic_features(points).mean(axis=0) for points in (one, other)]
    assert distances.euclidean(*means) ** 2 == pytest.approx(weights @ gram @ weights)
