from types import SimpleNamespace

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.totals import Totals
from pxdbkg.validation import report_plots
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


def test_a_sensor_without_digits_has_no_mean_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    totals = Totals()
    for charge in (20, 30):
        totals.add(Digits(np.array([3], "u1"), np.array([5], "u2"), np.array([6], "u2"), np.array([charge], "u2")))
    drawn = {}
    monkeypatch.setattr(report_plots, "draw_sensors", lambda one, other, axis, name, title: drawn.update({name: one}))
    side = SimpleNamespace(totals=totals)
    list(report_plots._of_sensors(side, side))
    assert drawn["mean_charge"].values[3] == 25
    assert np.flatnonzero(np.isfinite(drawn["mean_charge"].values)).tolist() == [3]
