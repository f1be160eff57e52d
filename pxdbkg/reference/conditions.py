"""Machine conditions, and how the rate of each background follows them.

The laws are the standard ones of the SuperKEKB background studies (P. M. Lewis et al., Nucl. Instrum. Meth. A 914
(2019) 69; A. Natochii et al., Nucl. Instrum. Meth. A 1055 (2023) 168550): luminosity terms ~ L; Touschek ~ I^2 /
(sigma_y n_b) of a ring; beam-gas ~ I P of a ring; synchrotron radiation ~ I of the electron ring; injection background
~ I of the ring, decaying with the time since the injection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from pxdbkg.config import parameter
from pxdbkg.errors import ConditionError
from pxdbkg.values import build_config

__all__ = ["LAWS", "Conditions", "scale"]


@dataclass(frozen=True)
class Conditions:
    """Conditions of the machine; the defaults are the design values of SuperKEKB.

    Beam currents, bunches and luminosity: Y. Ohnishi et al., Prog. Theor. Exp. Phys. 2013, 03A011, table 1. Beam sizes
    (average over the ring) and pressures are typical values, assumed here; only their ratios to those that a preset was
    made for count.
    """

    luminosity_cm2s1: float = parameter(8e35, unit="cm^-2 s^-1", low=0, high=2e36, doc="luminosity")
    current_ler_mA: float = parameter(3600.0, unit="mA", low=0, high=6000, doc="current of the positron ring")
    current_her_mA: float = parameter(2600.0, unit="mA", low=0, high=6000, doc="current of the electron ring")
    n_bunches: float = parameter(2500.0, low=1, high=5120, doc="number of bunches in each ring")
    sigma_y_ler_um: float = parameter(30.0, unit="um", low=1, high=1000, doc="mean vertical size of the positron beam")
    sigma_y_her_um: float = parameter(30.0, unit="um", low=1, high=1000, doc="mean vertical size of the electron beam")
    pressure_ler_nTorr: float = parameter(1.0, unit="nTorr", low=0, high=1000, doc="residual gas of the positron ring")
    pressure_her_nTorr: float = parameter(1.0, unit="nTorr", low=0, high=1000, doc="residual gas of the electron ring")
    time_since_injection_us: float | None = parameter(
        None, unit="us", low=0, high=1e6, doc="time since the last injection; null: drawn for each event, if it counts"
    )
    occupancy_scale: float = parameter(1.0, low=0, high=100, doc="further factor of the rates of all sources")

    def replace(self, values: Mapping[str, float], where: str = "conditions") -> Conditions:
        """Return the conditions with some values changed; ConditionError, a line a fault, for a name or value.

        >>> Conditions().replace({"luminosity_cm2s1": 3e34}).luminosity_cm2s1
        3e+34
        """
        changed, faults = build_config(Conditions, {**dataclasses.asdict(self), **values})
        if faults:
            raise ConditionError("\n".join(f"{where}{fault}" for fault in faults))
        assert isinstance(changed, Conditions)
        return changed

    def known(self) -> dict[str, float]:
        """Return the conditions that have a value, by name."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def _luminosity(now: Conditions) -> float:
    return now.luminosity_cm2s1


def _touschek_ler(now: Conditions) -> float:
    return now.current_ler_mA**2 / (now.sigma_y_ler_um * now.n_bunches)


def _touschek_her(now: Conditions) -> float:
    return now.current_her_mA**2 / (now.sigma_y_her_um * now.n_bunches)


def _beam_gas_ler(now: Conditions) -> float:
    return now.current_ler_mA * now.pressure_ler_nTorr


def _beam_gas_her(now: Conditions) -> float:
    return now.current_her_mA * now.pressure_her_nTorr


def _current_her(now: Conditions) -> float:
    return now.current_her_mA


def _current_ler(now: Conditions) -> float:
    return now.current_ler_mA


LAWS = {
    "luminosity": _luminosity,
    "touschek_ler": _touschek_ler,
    "touschek_her": _touschek_her,
    "beam_gas_ler": _beam_gas_ler,
    "beam_gas_her": _beam_gas_her,
    "current_ler": _current_ler,
    "current_her": _current_her,
}


def scale(law: str, now: Conditions, reference: Conditions) -> float:
    """Return the factor of a rate under conditions, against the conditions that it is given for.

    Parameters
    ----------
    law : a name in ``LAWS``
    now, reference : conditions; a reference at which the law gives 0 is a ConditionError

    >>> scale("touschek_ler", Conditions(current_ler_mA=1800.0), Conditions())
    0.25
    """
    at_reference = LAWS[law](reference)
    if at_reference == 0:
        raise ConditionError(f"reference conditions: the law {law} gives no rate there. Give values above 0")
    return LAWS[law](now) / at_reference
