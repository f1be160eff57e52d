"""Core widths, Frechet distances and perigee parameters against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import norm

from pxdbkg.validation.pulls import CORE, CUT_VARIANCE, core, frechet, perigee

EDGES = np.linspace(-8, 8, 401)


def test_the_variance_of_a_cut_gaussian():
    assert norm.expect(lambda x: x * x, lb=-CORE, ub=CORE, conditional=True) == pytest.approx(CUT_VARIANCE, abs=1e-9)


@given(st.floats(-0.5, 0.5), st.floats(0.3, 2.0))
def test_the_core_of_a_gaussian_is_the_gaussian(mean, width):
    counts = 1e4 * np.diff(norm.cdf(EDGES, mean, width))[None]
    found = core(counts, EDGES)
    assert found[0][0] == pytest.approx(mean, abs=2e-3)
    assert found[1][0] == pytest.approx(width, rel=2e-3)


def test_the_core_does_not_see_far_tails():
    counts = 1e4 * np.diff(norm.cdf(EDGES, 0, 0.9))
    tails = counts + np.where(np.abs(EDGES[:-1] + 0.02) > 4, 10.0, 0.0)
    _, width = core(np.stack([counts, tails]), EDGES)
    assert width[1] == pytest.approx(width[0], rel=1e-6)
    # A tail that reaches into the core does count, as in any fit of a Gaussian to a window.
    _, width = core(np.stack([counts, counts + 3.0]), EDGES)
    assert 1.005 < width[1] / width[0] < 1.1


def test_a_core_of_few_pulls():
    rng = np.random.default_rng(1)
    counts = np.stack([np.histogram(rng.normal(0, 0.8, 500), EDGES)[0] for _ in range(200)]).astype(float)
    _, width = core(counts, EDGES)
    assert width.mean() == pytest.approx(0.8, abs=0.02)
    assert width.std() < 0.05


def test_no_pulls_have_no_core():
    assert np.isnan(core(np.zeros((1, 400)), EDGES)[1][0])


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9), st.floats(-3, 3)), min_size=1, max_size=5))
def test_frechet_distance_of_independent_coordinates(rows):
    a, b, shift = (np.array(column) for column in zip(*rows, strict=True))
    found = frechet(shift[None], np.diag(a)[None], 0 * shift[None], np.diag(b)[None])[0]
    assert found == pytest.approx(np.sum((np.sqrt(a) - np.sqrt(b)) ** 2 + shift**2), abs=1e-6)


def test_frechet_distance_of_any_gaussians():
    rng = np.random.default_rng(1)
    one, other = (m @ m.T for m in rng.normal(size=(2, 5, 5)))
    means = rng.normal(size=(2, 5))
    root = sqrtm(other)
    expected = np.sum((means[0] - means[1]) ** 2) + np.trace(one + other - 2 * sqrtm(root @ one @ root))
    assert frechet(means[:1], one[None], means[1:], other[None])[0] == pytest.approx(expected.real, rel=1e-9)
    assert frechet(means[:1], one[None], means[:1], one[None])[0] == pytest.approx(0, abs=1e-9)


CHARGES, ARCS = st.sampled_from([-1, 1]), st.floats(-20, 20)


@given(st.floats(-2, 2), st.floats(-5, 5), st.floats(-3, 3), st.floats(0.3, 2.6), st.floats(0.05, 3), CHARGES, ARCS)
def test_perigee_of_a_helix(d0, z0, phi, theta, pt, charge, arc):
    """Move from the perigee along the helix, and find it again."""
    bend = -0.299792458e-3 * 1.5 * charge / pt
    ahead = phi + bend * arc
    x = -d0 * np.sin(phi) + (np.sin(ahead) - np.sin(phi)) / bend
    y = d0 * np.cos(phi) - (np.cos(ahead) - np.cos(phi)) / bend
    position = np.array([[x, y, z0 + arc / np.tan(theta)]])
    direction = np.array([[np.sin(theta) * np.cos(ahead), np.sin(theta) * np.sin(ahead), np.cos(theta)]])
    momentum = np.array([pt / np.sin(theta)])
    found = perigee(position, direction, momentum, np.array([float(charge)]), 1.5)[0]
    expected = [d0, z0, phi, theta, charge / momentum[0]]
    assert np.allclose(found, expected, atol=1e-6)
