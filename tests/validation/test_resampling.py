import numpy as np
import pytest
from scipy import stats

from pxdbkg.validation.resampling import Sums, Tail, bootstrap, family_p_value, in_equal_units, joined, parts, shrinkage


def test_parts_have_their_size_and_are_the_same_again():
    weights = parts(11, 5, 300, "halves")
    assert weights.shape == (300, 11)
    assert set(weights.sum(axis=1)) == {5.0}
    assert np.array_equal(weights, parts(11, 5, 300, "halves"))
    assert weights.mean(axis=0) == pytest.approx(np.full(11, 5 / 11), abs=0.12)  # 4 standard errors


def test_bootstrap_draws_as_many_as_there_are():
    weights = bootstrap(50, "reference", 400)
    assert set(weights.sum(axis=1)) == {50.0}
    assert weights.var(axis=0).mean() == pytest.approx(1, abs=0.1)  # multinomial: 1 - 1/50
    assert not np.array_equal(weights, bootstrap(50, "candidate", 400))


def test_deviations_are_weighted_means():
    rng = np.random.default_rng(5)
    block = rng.normal(1000, 1, (6, 2, 3)).astype(np.float32)
    sums = Sums({"a": block}, np.array([2, 2, 2, 2, 2, 1]))
    weights = rng.integers(0, 3, (4, 6)).astype(float)
    expected = np.einsum("bu,uij->bij", weights, block) / (weights @ sums.events)[:, None, None]
    assert sums.mean("a") + sums.deviations("a", weights) == pytest.approx(expected, rel=1e-6)
    assert sums.deviations("a", np.ones((1, 6))) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("n_candidate", [400, 1000, 4000])
def test_halves_moved_have_the_spread_of_the_comparison(n_candidate):
    n_reference = 1000
    rng = np.random.default_rng(6)
    sums = Sums({"a": rng.normal(size=(n_reference, 1)).astype(np.float32)}, np.ones(n_reference, np.int64))
    factor = shrinkage(n_reference, n_candidate)
    difference = 2 * factor * sums.deviations("a", parts(n_reference, n_reference // 2, 4000, "halves"))[:, 0]
    expected = sums.blocks["a"].std() * np.sqrt(1 / n_reference + 1 / n_candidate)
    assert difference.std() == pytest.approx(expected, rel=0.05)  # 4 standard errors of 4000 halves


@pytest.mark.parametrize("law", [stats.norm(3, 2), stats.gumbel_r(1, 0.3), stats.chi2(5)])
def test_fitted_tail_reaches_beyond_the_samples(law):
    values = law.rvs(4000, random_state=np.random.default_rng(7))
    limit = Tail.fitted(values).limit(1e-4)
    assert 3e-5 < law.sf(limit) < 3e-4


def test_tail_of_values_that_never_differ():
    tail = Tail.fitted(np.full(10, 2.0))
    assert tail.limit(0.01) == 2.0
    assert tail.p_values(np.array([2.0, 2.1])).tolist() == [1.0, 0.0]


def test_family_holds_its_rate_for_independent_and_for_equal_tests():
    rng = np.random.default_rng(8)
    independent = rng.random((2000, 50))
    assert family_p_value(independent, 0.01) == pytest.approx(0.01 / 50, rel=0.6)
    equal = np.repeat(rng.random((2000, 1)), 50, axis=1)
    assert family_p_value(equal, 0.01) == pytest.approx(0.01, rel=0.5)
    fresh = rng.random((20_000, 50))
    alarms = (fresh.min(axis=1) < family_p_value(independent, 0.01)).mean()
    assert alarms < 0.015


def test_units_become_equal_and_join():
    rng = np.random.default_rng(9)
    fine = Sums({"a": rng.random((10, 2)).astype("f4")}, np.ones(10, np.int64))
    coarse = Sums({"a": rng.random((3, 2)).astype("f4")}, np.array([4, 4, 2]))
    for one, other in ((fine, coarse), (coarse, fine)):
        equal = in_equal_units(one, other)
        assert [sums.events.tolist() for sums in equal] == [[4, 4], [4, 4]]
        both = joined(*equal)
        assert both.n_events == 16
        whole = fine.blocks["a"][:8].sum(axis=0) + coarse.blocks["a"][:2].sum(axis=0)
        assert both.mean("a") == pytest.approx(whole / 16)
    assert in_equal_units(fine, fine) == (fine, fine)
