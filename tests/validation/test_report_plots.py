import numpy as np
import pytest

from pxdbkg.validation.report_plots import mean_and_error


class TwoUnits:
    """Sums of a block over units of two and of three events."""

    def __init__(self, name: str, sums: list[list[float]]) -> None:
        self.sums = {name: np.array(sums, np.float32)}
        self.events = np.array([2, 3])


def test_mean_and_error() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(50, (2, 40)).astype(float)
    found = mean_and_error(TwoUnits("counts", counts.tolist()), "counts", lambda sums: sums[:, :20].sum(axis=1))
    sums = counts[:, :20].sum(axis=1)
    assert found.values == pytest.approx(sums.sum() / 5)
    off = sums - np.array([2, 3]) * sums.sum() / 5
    assert found.errors == pytest.approx(np.sqrt(2 * (off**2).sum()) / 5)


def test_error_of_one_unit_is_not_known() -> None:
    one = TwoUnits("counts", [[1.0] * 40])
    one.events = np.array([1])
    assert not mean_and_error(one, "counts", lambda sums: sums).errors.any()
