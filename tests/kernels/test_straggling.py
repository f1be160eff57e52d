import hashlib

import numpy as np
import pytest
from scipy import stats

from pxdbkg.errors import DigitError
from pxdbkg.kernels.straggling import energy_loss_kev, folded_landau, most_probable_kev, width_kev
from pxdbkg.seeding import event_key

KEY = event_key("1", "straggling", 0, 0, 1)
N = 100_000
ORDINAL = np.arange(N, dtype="u4")
SENSOR = np.zeros(N, "u1")


def losses(path_um, n=N):
    return energy_loss_kev(np.full(n, float(path_um)), KEY, SENSOR[:n], ORDINAL[:n])


@pytest.mark.parametrize("path_um", [20, 75, 150, 300])
def test_maximum_and_width_are_those_of_the_parametrisation(path_um):
    expected = float(most_probable_kev(np.array([path_um]))[0])
    width = float(width_kev(np.array([path_um]))[0])
    loss = losses(path_um)
    counts, edges = np.histogram(loss, np.linspace(expected - 1.5 * width, expected + 2 * width, 71))
    centres = (edges[1:] + edges[:-1]) / 2
    near = np.abs(centres - expected) < 0.5 * width
    fit = np.polynomial.Polynomial.fit(centres[near], counts[near], 3)
    fine = np.linspace(centres[near][0], centres[near][-1], 1001)
    assert fine[np.argmax(fit(fine))] == pytest.approx(expected, abs=0.05 * width)
    above = centres[counts > fit(fine).max() / 2]
    assert above[-1] - above[0] + edges[1] - edges[0] == pytest.approx(width, rel=0.07)


def test_a_fast_particle_in_the_sensor():
    """75 um: 19.5 keV most probable (25 ADU), 24 keV on average (30 ADU), a tail up to the cut."""
    loss = losses(75)
    assert np.mean(loss) == pytest.approx(23.9, abs=0.2)
    assert np.mean(loss > 2.5 * 19.5) == pytest.approx(0.04, abs=0.01)
    assert loss.min() > 1
    assert loss.max() < 400


def test_tail_is_that_of_single_collisions():
    """Far above the maximum the chance of a larger loss is xi / E less the cut."""
    loss = losses(75)
    chance = 1.337 * (1 / 60 - 1 / 115)
    assert np.mean(loss > 19.5 + 2 + 60) == pytest.approx(chance, rel=0.35)


def test_rows_do_not_depend_on_each_other():
    path = np.linspace(5, 400, 1000)
    every = energy_loss_kev(path, KEY, SENSOR[:1000], ORDINAL[:1000])
    some = np.arange(3, 1000, 17)
    np.testing.assert_array_equal(energy_loss_kev(path[some], KEY, SENSOR[some], ORDINAL[some]), every[some])


def test_energies_add_up_over_thickness():
    means = [losses(t, 20000).mean() / t for t in (50, 100, 200, 400)]
    assert np.all(np.diff(means) > 0)  # knock-on electrons stop in thicker silicon
    assert 0.28 < means[0] < means[-1] < 0.40  # keV / um


def test_bytes_never_change():
    loss = energy_loss_kev(np.linspace(1, 2000, 5000), KEY, SENSOR[:5000], ORDINAL[:5000])
    assert hashlib.sha256(loss.tobytes()).hexdigest()[:16] == GOLDEN
    assert np.all(loss >= 0)


GOLDEN = "c1f40ceedadfc387"


def test_folded_table_is_reproduced_by_scipy():
    """The full width and maximum of a Landau law folded with a Gaussian, as the module has them."""
    step = 0.01
    x = np.arange(-20, 60, step)
    landau = stats.landau.pdf((x - np.log(np.pi / 2)) * 2 / np.pi)
    for width, sigma, mode in folded_landau()[[2, 6, 10, 14]]:
        k = np.arange(-6 * sigma, 6 * sigma, step)
        folded = np.convolve(landau, np.exp(-0.5 * (k / sigma) ** 2), "same")
        high = x[folded > folded.max() / 2]
        assert high[-1] - high[0] == pytest.approx(width, abs=0.03)
        assert x[np.argmax(folded)] == pytest.approx(mode, abs=0.03)


@pytest.mark.parametrize("path", [0.0, -1.0, np.nan, np.inf])
def test_bad_paths(path):
    with pytest.raises(DigitError, match=f"path of {path} um"):
        energy_loss_kev(np.array([path]), KEY, SENSOR[:1], ORDINAL[:1])
