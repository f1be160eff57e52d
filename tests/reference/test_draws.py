"""Laws of the sources' random numbers, and that each source draws from counters of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.errors import DigitError
from pxdbkg.reference.draws import GROUP, PARTICLE, Draws, azimuth, exponential, power_law

KEY = bytes(range(16))
U = (np.arange(20_000) + 0.5) / 20_000


def test_sources_and_purposes_draw_different_numbers():
    rows = [Draws(KEY, source).uniform(purpose, 50, 2) for source in (0, 1) for purpose in (GROUP, PARTICLE)]
    assert len({row.tobytes() for row in rows}) == 4


def test_more_particles_leave_the_first_ones_as_they_are():
    draws = Draws(KEY, 3)
    assert np.array_equal(draws.uniform(PARTICLE, 5, 4), draws.uniform(PARTICLE, 9, 4)[:, :5])
    assert np.array_equal(
        draws.normal(PARTICLE, 5, 4, first_block=1), draws.normal(PARTICLE, 9, 4, first_block=1)[:, :5]
    )


def test_absurd_mean_is_refused():
    with pytest.raises(DigitError, match="particles in one event"):
        Draws(KEY, 0).poisson(1e9)
    with pytest.raises(DigitError, match="nan particles"):
        Draws(KEY, 0).poisson(float("nan"))


def test_exponential_has_mean_1():
    assert exponential(U).mean() == pytest.approx(1.0, rel=1e-3)


@given(power=st.floats(0.0, 6.0), low=st.floats(0.1, 5.0), ratio=st.floats(1.1, 100.0))
def test_power_law_stays_between_its_ends_and_has_its_median(power, low, ratio):
    x = power_law(U, power, low, low * ratio)
    assert x.min() >= low * (1 - 1e-9)
    assert x.max() <= low * ratio * (1 + 1e-9)
    assert np.all(np.diff(x) >= 0)
    slope = 1.0 - power
    if abs(slope) > 1e-3:
        expected = (0.5 * low**slope + 0.5 * (low * ratio) ** slope) ** (1 / slope)
        assert np.median(x) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("cos_phi", "cos_two_phi"), [(0.0, 0.0), (0.6, 0.0), (0.0, -0.5), (-0.3, 0.4)])
def test_azimuth_has_its_moments(cos_phi, cos_two_phi):
    phi = azimuth(U, cos_phi, cos_two_phi)
    assert phi.min() >= 0
    assert phi.max() <= 2 * np.pi
    assert 2 * np.cos(phi).mean() == pytest.approx(cos_phi, abs=2e-3)
    assert 2 * np.cos(2 * phi).mean() == pytest.approx(cos_two_phi, abs=2e-3)
    assert np.sin(phi).mean() == pytest.approx(0.0, abs=1e-3)
