"""Presets: the sources of background, their rates and shapes, and the conditions they are given for, as YAML."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pxdbkg.config import Fault, parameter, read_yaml
from pxdbkg.errors import ConfigError, FileError, did_you_mean
from pxdbkg.reference.conditions import Conditions
from pxdbkg.reference.hot_pixels import HotPixels
from pxdbkg.reference.pairs import TwoPhoton
from pxdbkg.reference.photons import Compton, Synchrotron
from pxdbkg.reference.showers import Showers, ShowerShape
from pxdbkg.values import ValueFault, build_config, dotted

__all__ = ["SOURCES", "STEADY_SHOWERS", "Injection", "Preset", "Sources", "as_mapping", "load_preset", "preset_names"]

FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Injection(Showers):
    """Showers of a freshly injected bunch, at each of its passages."""

    rate: float = parameter(doc="electrons and positrons at one passage right after an injection", low=0, high=1e6)
    decay_us: float = parameter(3000.0, unit="us", low=1, high=1e6, doc="time in which it becomes calm")
    repetition_hz: float = parameter(25.0, unit="Hz", low=0.1, high=1000, doc="injections a second into this ring")


@dataclass(frozen=True)
class Sources:
    """Rates and shapes of all sources; the order of the fields numbers the sources, in truth and in draws."""

    two_photon: TwoPhoton = parameter(doc="pairs of the two-photon process")
    radiative_bhabha: Showers = parameter(doc="showers of radiative Bhabha scattering, both beams")
    touschek_ler: Showers = parameter(doc="showers of Touschek scattering in the positron ring")
    touschek_her: Showers = parameter(doc="showers of Touschek scattering in the electron ring")
    coulomb_ler: Showers = parameter(doc="showers of Coulomb scattering on residual gas, positron ring")
    coulomb_her: Showers = parameter(doc="showers of Coulomb scattering on residual gas, electron ring")
    bremsstrahlung_ler: Showers = parameter(doc="showers of bremsstrahlung on residual gas, positron ring")
    bremsstrahlung_her: Showers = parameter(doc="showers of bremsstrahlung on residual gas, electron ring")
    synchrotron: Synchrotron = parameter(doc="photons of synchrotron radiation")
    compton: Compton = parameter(doc="electrons freed by hard photons")
    injection_ler: Injection = parameter(doc="injection into the positron ring")
    injection_her: Injection = parameter(doc="injection into the electron ring")
    hot_pixels: HotPixels = parameter(doc="hot pixels")


SOURCES = tuple(field.name for field in dataclasses.fields(Sources))
STEADY_SHOWERS = SOURCES[1:8]  # showers that come all the time, unlike those of an injection


@dataclass(frozen=True)
class Fitted:
    """One free parameter of the calibration: where it stands, and what the fit gave.

    The value is that of the first place; at the others the parameter keeps its ratio to it. The assumption is a
    Gaussian one, and keeps sources apart that the target alone cannot tell from each other.
    """

    parameters: list[str] = parameter(doc="where it stands, for example sources.two_photon.rate")
    assumed: float | None = parameter(None, doc="value that is assumed before the fit; null: none")
    assumed_error: float | None = parameter(None, doc="error of the assumption")
    low: float | None = parameter(None, doc="lowest value; null: none")
    high: float | None = parameter(None, doc="highest value; null: none")
    value: float | None = parameter(None, doc="result of the fit")
    error: float | None = parameter(None, doc="error of the result")


@dataclass(frozen=True)
class Preset:
    """Everything that the simulation of background needs besides seed and event number."""

    about: str = parameter(doc="what the preset stands for, and where its numbers come from")
    sources: Sources = parameter(doc="the sources")
    reference: Conditions = parameter(doc="conditions that the rates are given for")
    showers: ShowerShape = parameter(doc="what all showers have in common")
    conditions: Conditions | None = parameter(None, doc="conditions that are simulated; null: those of the reference")
    rate_fluctuation: float = parameter(0.01, low=0, high=1, doc="relative rms of a factor common to all sources")
    source_fluctuation: float = parameter(0.01, low=0, high=1, doc="relative rms of a factor of each source")
    rolling_shutter: bool = parameter(False, doc="spread arrival over the frame, and read row by row")
    gated_fraction: float = parameter(0.0, low=0, high=1, doc="share of events with an injection veto (gated mode)")
    fit: dict[str, Fitted] = parameter({}, doc="free parameters of the calibration, by name")

    @property
    def now(self) -> Conditions:
        """The conditions that are simulated."""
        return self.conditions or self.reference

    def digest(self) -> str:
        """Return the sha256 of all values that the simulation uses."""
        values = {name: value for name, value in dataclasses.asdict(self).items() if name not in ("about", "fit")}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def preset_names() -> list[str]:
    """Return the names of the presets that come with the package.

    >>> "geant4" in preset_names()
    True
    """
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_preset(name: str) -> Preset:
    """Return a preset by its name or by its file.

    Parameters
    ----------
    name : one of ``preset_names()``, or the path of a YAML file (with the ending .yaml)

    A file with the key ``base`` holds only what differs from that preset. Raises FileError for a preset that does not
    exist or is no YAML, ConfigError with all faults of its values.
    """
    return _build(name, ())


def _path(name: str) -> Path:
    path = Path(name)
    if path.suffix == ".yaml":
        return path
    if name not in preset_names():
        raise FileError(
            f"preset '{name}': does not exist (allowed: {', '.join(preset_names())}, or the path of a .yaml file)."
            f"{did_you_mean(name, preset_names())}"
        )
    return FOLDER / f"{name}.yaml"


def _build(name: str, children: tuple[str, ...]) -> Preset:
    path = _path(name)
    if name in children:
        raise FileError(f"{path}: is based on itself ({' -> '.join((*children, name))}). Change the key 'base'")
    document = read_yaml(str(path))
    values: Any = document.value
    if isinstance(values, dict) and "base" in values:
        base = values.pop("base")
        if not isinstance(base, str):
            raise FileError(f"{document.locate(('base',))}: base: is no name of a preset (allowed: {preset_names()})")
        values = _merge(dataclasses.asdict(_build(base, (*children, name))), values)
    preset, faults = build_config(Preset, values)
    if document.faults or faults:
        found = [*document.faults, *(_located(document.locate, fault) for fault in faults)]
        raise ConfigError([str(fault) for fault in found])
    assert isinstance(preset, Preset)
    return preset


def _located(locate: Any, fault: ValueFault) -> Fault:
    return Fault(locate(fault.place, key=fault.at_key), dotted(fault.place).lstrip("."), fault.message)


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merge(old.get(key), value) for key, value in new.items()}}
    return new


def as_mapping(preset: Preset) -> dict[str, Any]:
    """Return a preset as plain values, as its YAML file has them; values that are not set are left out."""
    return {name: value for name, value in _plain(preset).items() if value not in ({}, None)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {name: item for name, item in fields.items() if item is not None}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
