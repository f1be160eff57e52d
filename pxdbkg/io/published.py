"""Read published statistics of simulated background, such as ``data/geant4_reference.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.detector.totals import N_ADU
from pxdbkg.errors import FileError, unreadable

_REMEDY = "Give data/geant4_reference.json, or a file of the same form"
_MEAN_CHARGE = "mean_pixel_charge_per_sensor_adu"
_LAYERS = ("layer1", "layer2")


@dataclass(frozen=True, eq=False)
class PublishedSample:
    """Statistics of one sample of background events.

    Attributes
    ----------
    mean_occupancy : float64 (40,), mean share of fired pixels of each sensor, 0..1
    mean_charge : float64 (40,), mean charge of a digit of each sensor, ADU; NaN where it was not published
    charge_counts : int64 (256,), digits by charge in ADU, all sensors and events
    fano : float64 (2,), variance / mean of the fired pixels of a sensor and event, mean over layer 1 and layer 2
    """

    mean_occupancy: NDArray[np.float64]
    mean_charge: NDArray[np.float64]
    charge_counts: NDArray[np.int64]
    fano: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Published(PublishedSample):
    """Statistics of the full simulation (Geant4), and of a generator that was trained on it.

    Attributes
    ----------
    n_events : events in each sample
    threshold : zero suppression, ADU
    about : what the file says of itself
    iea_gan : the generated sample, None when the file has none
    """

    n_events: int
    threshold: int
    about: str
    iea_gan: PublishedSample | None


def read_published(path: str | Path) -> Published:
    """Return the statistics in a JSON file; FileError with one line for anything that is missing or out of range.

    >>> published = read_published("data/geant4_reference.json")
    >>> published.n_events, published.threshold, round(192000 * published.mean_occupancy.sum())
    (10000, 7, 69344)
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{unreadable(path, error)}, or give data/geant4_reference.json") from None
    except ValueError as error:
        raise _fault(path, f"no JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("geant4"), dict):
        raise _fault(path, "no object 'geant4'")
    full = _sample(path, content["geant4"], "geant4")
    if np.isnan(full.mean_charge[0]):
        raise _fault(path, f"geant4 has no {_MEAN_CHARGE}")
    iea_gan = None
    if "iea_gan" in content:
        if not isinstance(content["iea_gan"], dict):
            raise _fault(path, "'iea_gan' is no object")
        # its spectrum stands beside that of the full simulation, with the same charges
        iea_gan = _sample(path, {"charge_adu": content["geant4"]["charge_adu"]} | content["iea_gan"], "iea_gan")
    n_events, threshold = (_integer(path, content, name) for name in ("n_events", "threshold_adu"))
    about = str(content.get("about", ""))
    columns = (full.mean_occupancy, full.mean_charge, full.charge_counts, full.fano)
    return Published(*columns, n_events, threshold, about, iea_gan)


def _sample(path: str | Path, block: dict[str, Any], name: str) -> PublishedSample:
    occupancy = _numbers(path, block, name, "mean_occupancy_per_sensor", N_SENSORS)
    if occupancy.max() > 1:
        raise _fault(path, f"{name}.mean_occupancy_per_sensor has {occupancy.max()} (0..1)")
    mean_charge = np.full(N_SENSORS, np.nan)
    if _MEAN_CHARGE in block:
        mean_charge = _numbers(path, block, name, _MEAN_CHARGE, N_SENSORS)
    adu = _numbers(path, block, name, "charge_adu", None)
    counts = _numbers(path, block, name, "charge_counts", len(adu))
    place = adu.astype(np.int64)
    if np.any(place != adu) or place.max() >= N_ADU or len(set(place.tolist())) < len(place):
        raise _fault(path, f"{name}.charge_adu has values that are no charges, or one twice (0..{N_ADU - 1})")
    charge_counts = np.zeros(N_ADU, np.int64)
    charge_counts[place] = counts.astype(np.int64)
    if not charge_counts.sum():
        raise _fault(path, f"{name}.charge_counts are all 0")
    key = "fano_factor_of_hits_per_sensor_and_event"
    layers = block.get(key)
    if not isinstance(layers, dict):
        raise _fault(path, f"no object '{name}.{key}'")
    fano = _numbers(path, {key: [layers.get(layer) for layer in _LAYERS]}, name, key, len(_LAYERS))
    return PublishedSample(occupancy, mean_charge, charge_counts, fano)


def _numbers(path: str | Path, block: dict[str, Any], name: str, key: str, length: int | None) -> NDArray[np.float64]:
    values = block.get(key)
    if not isinstance(values, list) or not values or (length is not None and len(values) != length):
        found = f"{len(values)} values" if isinstance(values, list) else "no list"
        raise _fault(path, f"{name}.{key} has {found} ({length or 'some'} numbers)")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
            raise _fault(path, f"{name}.{key} has {value!r} (numbers from 0)")
    return np.array(values, np.float64)


def _integer(path: str | Path, content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _fault(path, f"{key} is {value!r} (whole numbers from 0)")
    return value


def _fault(path: str | Path, problem: str) -> FileError:
    return FileError(f"{path}: is not a file of reference statistics ({problem}). {_REMEDY}")
