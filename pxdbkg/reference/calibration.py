"""Fit the free parameters of a preset to published statistics.

The fit minimises squares: the mean occupancy and the mean charge of the 40 sensors, the cumulative charge spectrum and
the Fano factors of the two layers, each in units of a tolerance, and the assumptions about single parameters in units
of their errors. Every step is linear: the share of each source in the digits tells how they change with its rate; for
other parameters the sources that depend on it are simulated again with the same random numbers.

The Fano factor is taken from the digits of groups (pairs, showers): for groups that come independently, the variance
of a count is the sum of the squares of what each group contributes, to which the fluctuation of the rates adds. That
needs some hundred events where the spread of counts would need many thousand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.geometry import Geometry
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.detector.totals import N_ADU, PIXELS, kolmogorov_smirnov
from pxdbkg.errors import ConfigError
from pxdbkg.io.published import Published
from pxdbkg.kernels.deposition import Drift
from pxdbkg.reference.digitizer import Electronics, digitize_with_truth
from pxdbkg.reference.draws import Floats
from pxdbkg.reference.preset import SOURCES, STEADY_SHOWERS, Fitted, Preset
from pxdbkg.reference.simulator import Simulator
from pxdbkg.seeding import event_key

__all__ = ["Sample", "Step", "calibrate", "get_parameter", "set_parameter", "simulate_sample"]

# Differences that count as one unit in the fit: relative, except for the cumulative spectrum.
OCCUPANCY, CHARGE, SPECTRUM, FANO = 0.005, 0.003, 0.006, 0.01
ELECTRONICS = Electronics(drift=Drift(segment_um=10.0))  # as steering/simulate_background.yaml
_SPECTRUM_ADU = np.array([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 33, 36, 40, 45, 50])
_SPECTRUM_ADU = np.concatenate([_SPECTRUM_ADU, [60, 70, 80, 100, 120, 150, 180, 220]])
_STEP = 0.05  # relative change of a parameter for its derivative
_SHARES = (1.0, 0.5, 0.25)  # of a step that are tried until one is better than none
_LARGEST_CHANGE = 0.4  # of a parameter in one step, relative


@dataclass
class Sample:
    """What simulated events add up to.

    Attributes
    ----------
    spectrum : float64 (sources + 1, 40, 256), digits an event by source, sensor and charge; last: no source
    squares : float64 (sources, 40), sum over groups of the square of their digits, an event
    n_events : number of events
    """

    spectrum: Floats
    squares: Floats
    n_events: int


def simulate_sample(
    preset: Preset,
    geometry: Geometry,
    n_events: int,
    *,
    sources: Sequence[str] | None = None,
    seed: str = "calibration",
    progress: Callable[[], None] = lambda: None,
) -> Sample:
    """Simulate events and add up their digits by source.

    Parameters
    ----------
    preset : sources and rates
    geometry : sensors
    n_events : number of events
    sources : names of those that are on, by default all
    seed : events of one seed have the same random numbers whatever the parameters
    progress : called after each event
    """
    simulator = Simulator(preset, geometry, sources=sources)
    n_sources = len(SOURCES)
    spectrum = np.zeros((n_sources + 1, N_SENSORS, N_ADU))
    squares = np.zeros((n_sources, N_SENSORS))
    run_key = event_key(seed, "run", 0, 0, 0)
    for number in range(1, n_events + 1):
        event = simulator.event(event_key(seed, "particles", 0, 0, number), run_key)
        key = event_key(seed, "digits", 0, 0, number)
        digits, truth = digitize_with_truth(
            event.hits, key, geometry, event.particles, electronics=ELECTRONICS, use_energy=True, timing=event.timing
        )
        known = truth.particle >= 0
        particle = truth.particle[known]
        source = np.where(known, truth.source, n_sources).astype(np.intp)
        charge = np.minimum(digits.charge, N_ADU - 1)
        bins = (source * N_SENSORS + digits.sensor) * N_ADU + charge
        spectrum += np.bincount(bins, minlength=spectrum.size).reshape(spectrum.shape)
        # Particles of a pair or shower share their time to the last bit.
        shared = np.stack([event.particles.source.astype(np.float64), event.particles.time_ns])
        _, group = np.unique(shared, axis=1, return_inverse=True)
        places = group.reshape(-1)[particle] * N_SENSORS + digits.sensor[known]
        place, first, counts = np.unique(places, return_index=True, return_counts=True)
        np.add.at(squares, (source[known][first], place % N_SENSORS), counts.astype(np.float64) ** 2)
        progress()
    return Sample(spectrum / n_events, squares / n_events, n_events)


def observe(sample: Sample, preset: Preset, geometry: Geometry) -> dict[str, Floats]:
    """Return what a sample gives for the published quantities: occupancy, charge, spectrum, fano."""
    by_sensor = sample.spectrum.sum(axis=0)
    digits = by_sensor.sum(axis=1)
    by_source = sample.spectrum[:-1].sum(axis=2)
    variance = sample.squares.sum(axis=0) + (preset.rate_fluctuation * digits) ** 2
    simulator = Simulator(preset, geometry)
    for name, rate in simulator.rates(preset.now).items():
        variance += (simulator.source_rms(name, rate) * by_source[SOURCES.index(name)]) ** 2
    fano = variance / np.maximum(digits, 1e-9)
    total = by_sensor.sum(axis=0)
    return {
        "occupancy": digits / PIXELS,
        "charge": by_sensor @ np.arange(N_ADU) / np.maximum(digits, 1e-9),
        "spectrum": np.cumsum(total) / total.sum(),
        "fano": np.array([fano[layer_of_sensor == layer].mean() for layer in (1, 2)]),
    }


def residuals(seen: dict[str, Floats], target: Published) -> Floats:
    """Return the differences to the target in units of the tolerances, one after the other."""
    cumulative = np.cumsum(target.charge_counts) / target.charge_counts.sum()
    return np.concatenate(
        [
            (seen["occupancy"] / target.mean_occupancy - 1.0) / OCCUPANCY,
            (seen["charge"] / target.mean_charge - 1.0) / CHARGE,
            (seen["spectrum"] - cumulative)[_SPECTRUM_ADU] / SPECTRUM,
            (seen["fano"] / target.fano - 1.0) / FANO,
        ]
    )


def get_parameter(preset: Preset, place: str) -> float:
    """Return a number of a preset by its dotted name; ConfigError when there is none.

    >>> from pxdbkg.reference.preset import load_preset
    >>> get_parameter(load_preset("geant4"), "sources.hot_pixels.fraction")
    0.0
    """
    value: Any = preset
    for name in place.split("."):
        if not hasattr(value, name):
            raise ConfigError(f"fit: '{place}' is not a parameter of a preset ('{name}' does not exist)")
        value = getattr(value, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"fit: '{place}' is not a number")
    return float(value)


def set_parameter(preset: Any, place: str, value: float) -> Any:
    """Return a copy of a preset with one number changed."""
    name, _, rest = place.partition(".")
    return dataclasses.replace(preset, **{name: set_parameter(getattr(preset, name), rest, value) if rest else value})


@dataclass(frozen=True)
class Step:
    """One step of the fit.

    Attributes
    ----------
    preset : with the parameters at which ``seen`` was simulated
    seen : what the sample gave
    residuals : differences in units of the tolerances
    chi2 : their squares and those of the assumptions, added up
    ks : largest difference of the cumulative charge spectra
    """

    preset: Preset
    seen: dict[str, Floats]
    residuals: Floats
    chi2: float
    ks: float


def calibrate(
    preset: Preset,
    target: Published,
    geometry: Geometry,
    *,
    n_events: int = 100,
    steps: int = 5,
    seed: str = "calibration",
    report: Callable[[Step], None] = lambda step: None,
    progress: Callable[[], None] = lambda: None,
) -> Preset:
    """Return the preset with the parameters named in ``fit`` fitted to a target.

    Parameters
    ----------
    preset : start values; what is free stands in its ``fit``
    target : published statistics
    geometry : sensors
    n_events : events of each simulation
    steps : number of linear steps, at most; the fit ends when a step brings nothing
    seed : of the events
    report : called with the state before each step and after the last
    progress : called after each event

    The errors are those of the linear problem, with the tolerances as errors of the target, times the square root of
    chi2 over its degrees of freedom. Raises ConfigError when nothing is free or a name is wrong.
    """
    if not preset.fit:
        raise ConfigError("fit: the preset has no free parameters. Add the key 'fit'")
    start = preset
    factors = np.array([_value(preset, free) for free in preset.fit.values()])
    state, sample = _state(preset, target, geometry, n_events, seed, progress)
    report(state)
    errors = np.zeros(len(factors))
    for _ in range(steps):
        matrix = _derivatives(state, sample, target, geometry, n_events, seed, progress)
        rows, right = [matrix], [-state.residuals]
        for index, free in enumerate(start.fit.values()):
            if free.assumed is not None and free.assumed_error:
                row = np.zeros((1, len(factors)))
                row[0, index] = 1.0 / free.assumed_error
                rows.append(row)
                right.append(np.array([(free.assumed - factors[index]) / free.assumed_error]))
        full, wanted = np.concatenate(rows), np.concatenate(right)
        room = _LARGEST_CHANGE * np.maximum(np.abs(factors), 0.1)
        low = np.array([-np.inf if free.low is None else free.low for free in start.fit.values()])
        high = np.array([np.inf if free.high is None else free.high for free in start.fit.values()])
        lower, upper = np.maximum(low - factors, -room), np.minimum(high - factors, room)
        change = lsq_linear(full, wanted, bounds=(lower - 1e-9, upper + 1e-9)).x
        errors = np.sqrt(np.diag(np.linalg.pinv(full.T @ full)))
        for share in _SHARES:
            tried = np.clip(factors + share * change, low, high)
            new, its_sample = _state(_apply(start, tried, errors), target, geometry, n_events, seed, progress)
            if new.chi2 < state.chi2:
                break
        else:
            break  # as good as it gets with so many events
        state, sample, factors = new, its_sample, tried
        report(state)
    # Where the model does not follow the target within the tolerances, the errors grow as much as the residuals.
    degrees = len(state.residuals) + sum(free.assumed is not None for free in start.fit.values()) - len(factors)
    return _apply(start, factors, errors * max(1.0, state.chi2 / max(degrees, 1)) ** 0.5)


def _value(preset: Preset, free: Fitted) -> float:
    return get_parameter(preset, free.parameters[0])


def _set(preset: Preset, free: Fitted, value: float) -> Preset:
    """Set a free parameter at its first place; at the others it keeps its ratio to that."""
    ratio = value / _value(preset, free) if len(free.parameters) > 1 else 1.0
    result = set_parameter(preset, free.parameters[0], value)
    for place in free.parameters[1:]:
        result = set_parameter(result, place, ratio * get_parameter(preset, place))
    assert isinstance(result, Preset)
    return result


def _apply(start: Preset, values: Floats, errors: Floats) -> Preset:
    fit = {}
    preset = start
    for (name, free), value, error in zip(start.fit.items(), values.tolist(), errors.tolist(), strict=True):
        preset = _set(preset, free, value)
        fit[name] = dataclasses.replace(free, value=value, error=error)
    return dataclasses.replace(preset, fit=fit)


def _state(
    preset: Preset, target: Published, geometry: Geometry, n_events: int, seed: str, progress: Callable[[], None]
) -> tuple[Step, Sample]:
    sample = simulate_sample(preset, geometry, n_events, seed=seed, progress=progress)
    seen = observe(sample, preset, geometry)
    found = residuals(seen, target)
    chi2 = float(found @ found)
    for free in preset.fit.values():
        if free.assumed is not None and free.assumed_error:
            chi2 += ((_value(preset, free) - free.assumed) / free.assumed_error) ** 2
    ks = kolmogorov_smirnov(sample.spectrum.sum(axis=(0, 1)), target.charge_counts)
    return Step(preset, seen, found, chi2, ks), sample


def _affected(free: Fitted) -> tuple[str, ...]:
    """Return the sources that a parameter acts on."""
    names: list[str] = []
    for place in free.parameters:
        head, _, rest = place.partition(".")
        names += [rest.partition(".")[0]] if head == "sources" else list(STEADY_SHOWERS) if head == "showers" else []
    return tuple(sorted(set(names), key=SOURCES.index))


def _derivatives(
    state: Step,
    sample: Sample,
    target: Published,
    geometry: Geometry,
    n_events: int,
    seed: str,
    progress: Callable[[], None],
) -> Floats:
    """Return how the residuals change with each free parameter (residuals, parameters)."""
    columns = []
    alone: dict[tuple[str, ...], Sample] = {}
    for free in state.preset.fit.values():
        value = _value(state.preset, free)
        step = _STEP * max(abs(value), 0.1)
        preset = _set(state.preset, free, value + step)
        names = _affected(free)
        which = [SOURCES.index(name) for name in names]
        spectrum, squares = sample.spectrum.copy(), sample.squares.copy()
        if all(place.endswith(".rate") for place in free.parameters):
            spectrum[which] *= 1.0 + step / value
            squares[which] *= 1.0 + step / value
        elif names:
            if names not in alone:
                alone[names] = simulate_sample(
                    state.preset, geometry, n_events, sources=names, seed=seed, progress=progress
                )
            changed = simulate_sample(preset, geometry, n_events, sources=names, seed=seed, progress=progress)
            spectrum += changed.spectrum - alone[names].spectrum
            squares += changed.squares - alone[names].squares
        seen = observe(Sample(spectrum, squares, sample.n_events), preset, geometry)
        columns.append((residuals(seen, target) - state.residuals) / step)
    return np.stack(columns, axis=1)
