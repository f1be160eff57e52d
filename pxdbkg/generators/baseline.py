"""Fill the tables of the null model from published statistics, by formula: no fit to generated events."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.generators.export import versions
from pxdbkg.generators.families.baseline import Baseline
from pxdbkg.generators.shapes import N_SHAPES, cluster_shapes, pixels_inside
from pxdbkg.generators.spectrum import alias_entries, tilted_spectra, without_overlaps
from pxdbkg.io.metadata import Condition, PayloadInfo
from pxdbkg.io.published import Published, read_published
from pxdbkg.kernels.random import log, normal_quantile

# Assumed: no cluster sizes are public. Shares fall as they do for soft electrons in 75 um of silicon; mean 2.6 pixels,
# and a hit shares its cluster with 4.4 others on average.
SIZE_SHARES = {
    1: 0.388,
    2: 0.271,
    3: 0.146,
    4: 0.081,
    6: 0.071,
    9: 0.026,
    14: 0.0125,
    28: 0.0045,
}
NOTE = "calibrated null model: the baseline that every learned generator must beat"
_N_PIXELS = N_U * N_V
_LEVELS = 4096
_ROOM = 5.0  # standard deviations of a class total that fit into one block


def make_baseline(reference_path: str | Path) -> tuple[Baseline, PayloadInfo]:
    """Return the null model and its metadata.

    Parameters
    ----------
    reference_path : ``data/geant4_reference.json``

    Digits of a sensor follow from D deposited pixels by D = -N ln(1 - occupancy), as clusters are independent and
    uniform; charges from the published spectrum with the share of overlaps taken out. The variance of the digits is
    that of clusters of different sizes, and the rest up to the published Fano factor a common factor 1 + r z a sensor:
    F n = exp(-2 m) (sum of squares of sizes + r^2 D^2 + N m^2 / 2), with n digits and m = D / N.
    """
    published = read_published(reference_path)
    occupancy = published.mean_occupancy
    density = -log(1.0 - occupancy)
    sizes, shares = list(SIZE_SHARES), np.array(list(SIZE_SHARES.values()))
    shapes = [cluster_shapes(size) for size in sizes]
    spans = np.array([(N_U + int(du.max()), N_V + int(dv.max())) for du, dv in shapes])
    moments = np.array(
        [pixels_inside(*shape, (u, v), (N_U, N_V)) for shape, (u, v) in zip(shapes, spans.tolist(), strict=True)]
    )
    deposited = density * _N_PIXELS
    rate = deposited[:, None] * shares / (shares @ moments[:, 0])
    configuration: dict[str, Any] = {"sizes": sizes, "n_shapes": N_SHAPES}
    network = Baseline(**configuration)
    spread = _spread(published, occupancy, density, rate, moments)
    tables: dict[str, NDArray[Any]] = {
        "rate": rate.astype(np.float32),
        "spread": spread.astype(np.float32),
        "quantile": _quantiles(),
        "alias": _alias_tables(published, density),
        "spans": spans.astype(np.float32),
        "firsts": np.array([N_U, N_V]) - spans,
        "shapes": np.concatenate([np.concatenate([du.ravel(), dv.ravel()]) for du, dv in shapes]),
    }
    network.load_state_dict({name: torch.from_numpy(table) for name, table in tables.items()})
    data_digest = hashlib.sha256(Path(reference_path).read_bytes()).hexdigest()
    info = PayloadInfo(
        family="baseline",
        kind="clusters",
        configuration=configuration,
        sizes={
            "event_normals": N_SENSORS,
            "context": 0,
            "classes": len(sizes),
            "normals": [0] * len(sizes),
            "uniforms": [2 + size for size in sizes],
        },
        block_sizes={"rows": _block_sizes(rate, spread)},
        sensors=tuple(range(N_SENSORS)),
        threshold_adu=published.threshold,
        conditions=(Condition("occupancy_scale", "", 0.1, 4.0, 1.0),),
        training={"data": published.about, "digest": data_digest},
        settings={
            "made by": "pxdbkg export baseline",
            "cluster sizes": "assumed, none are public",
            "size shares": {str(size): share for size, share in SIZE_SHARES.items()},
            "shapes": "assumed, made by formula",
            "occupancy_scale": "factor on the expected number of clusters",
        },
        validation={
            "expected digits": round(float(occupancy.sum() * _N_PIXELS), 1),
            "correlation of sensors": "none, by construction",
            "structure within an event": "none beyond single clusters",
        },
        versions=versions(),
        note=NOTE,
    )
    return network, info


def _spread(
    published: Published,
    occupancy: NDArray[np.float64],
    density: NDArray[np.float64],
    rate: NDArray[np.float64],
    moments: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the relative standard deviation r of the rate of each sensor (40,) that gives the published variance."""
    fano = published.fano[layer_of_sensor - 1]
    deposited = density * _N_PIXELS
    wanted = fano * occupancy * _N_PIXELS / (1 - occupancy) ** 2
    # Rounding a mean to a whole number adds 1/6 to the variance of each count.
    single = rate @ moments[:, 1] + (moments[:, 0] ** 2).sum() / 6
    square = (wanted - single - _N_PIXELS * density**2 / 2) / deposited**2
    spread: NDArray[np.float64] = np.sqrt(np.clip(square, 0, None))
    return spread


def _quantiles() -> NDArray[np.float32]:
    """Return 4096 normal quantiles of mean 0 and variance 1."""
    z = normal_quantile((np.arange(_LEVELS) + 0.5) / _LEVELS)
    unit: NDArray[np.float32] = (z / np.sqrt(np.mean(z**2))).astype(np.float32)
    return unit


def _alias_tables(published: Published, density: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the alias tables (40 * 256,) of the charges."""
    total = published.charge_counts / published.charge_counts.sum()
    spectra = tilted_spectra(total, published.mean_charge, published.mean_occupancy)
    tables = [alias_entries(without_overlaps(spectrum, mean)) for spectrum, mean in zip(spectra, density, strict=True)]
    return np.concatenate(tables)


def _block_sizes(rate: NDArray[np.float64], spread: NDArray[np.float64]) -> list[int]:
    """Return rows of a call for each class: a whole event, nearly always, in steps of 64."""
    mean = rate.sum(axis=0)
    deviation = np.sqrt(mean + (rate**2 * spread[:, None] ** 2).sum(axis=0))
    return [int(np.ceil(rows / 64)) * 64 for rows in mean + _ROOM * deviation]
