"""Rates follow the machine by the standard laws; conditions out of range are one clear line."""

import dataclasses

import pytest

from pxdbkg.errors import ConditionError
from pxdbkg.reference.conditions import LAWS, Conditions, scale

NOMINAL = Conditions()


@pytest.mark.parametrize(
    ("law", "changes", "factor"),
    [
        ("luminosity", {"luminosity_cm2s1": 4e35}, 0.5),
        ("luminosity", {"current_ler_mA": 100.0, "current_her_mA": 100.0}, 1.0),
        ("touschek_ler", {"current_ler_mA": 1800.0}, 0.25),
        ("touschek_ler", {"current_her_mA": 1300.0}, 1.0),
        ("touschek_her", {"current_her_mA": 1300.0}, 0.25),
        ("touschek_her", {"n_bunches": 1250.0, "sigma_y_her_um": 60.0}, 1.0),
        ("touschek_her", {"sigma_y_her_um": 60.0}, 0.5),
        ("touschek_ler", {"sigma_y_ler_um": 15.0}, 2.0),
        ("beam_gas_ler", {"current_ler_mA": 1800.0, "pressure_ler_nTorr": 3.0}, 1.5),
        ("beam_gas_ler", {"pressure_her_nTorr": 3.0}, 1.0),
        ("beam_gas_her", {"current_her_mA": 1300.0}, 0.5),
        ("beam_gas_her", {"luminosity_cm2s1": 0.0}, 1.0),
        ("current_ler", {"current_ler_mA": 0.0}, 0.0),
        ("current_her", {"current_her_mA": 5200.0}, 2.0),
    ],
)
def test_law(law, changes, factor):
    assert scale(law, dataclasses.replace(NOMINAL, **changes), NOMINAL) == pytest.approx(factor)


def test_every_law_is_1_at_its_reference():
    assert all(scale(law, NOMINAL, NOMINAL) == 1.0 for law in LAWS)


def test_law_without_a_rate_at_the_reference():
    with pytest.raises(ConditionError, match="the law luminosity gives no rate there"):
        scale("luminosity", NOMINAL, dataclasses.replace(NOMINAL, luminosity_cm2s1=0.0))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"current_ler_mA": -1.0}, r"conditions\.current_ler_mA: -1\.0 is out of range \(allowed: 0 to 6000 mA\)"),
        ({"luminosity_cm2s1": 1e38}, r"conditions\.luminosity_cm2s1: 1e\+38 is out of range \(allowed: 0 to 2e\+36"),
        ({"luminosty_cm2s1": 1e35}, r"unknown parameter .* Did you mean 'luminosity_cm2s1'"),
        ({"n_bunches": "many"}, r"conditions\.n_bunches: the text 'many' is not a number"),
    ],
)
def test_bad_value_is_one_line(values, message):
    with pytest.raises(ConditionError, match=message) as caught:
        NOMINAL.replace(values)
    assert len(str(caught.value).splitlines()) == 1


def test_known_leaves_out_what_is_drawn_later():
    assert "time_since_injection_us" not in NOMINAL.known()
    assert NOMINAL.replace({"time_since_injection_us": 100.0}).known()["time_since_injection_us"] == 100.0
