"""The observables that the validator compares, each with its distance: the documented list, in the order of the report.

A change of this list, or of the blocks that it uses, is a new VERSION: numbers of different versions are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from pxdbkg.validation import distances, vectors
from pxdbkg.validation.blocks import BLOCKS, DISTANCE, GROUP, LAYER, SENSOR
from pxdbkg.validation.statistics import Means, Statistic
from pxdbkg.validation.vectors import Array, Vector

VERSION = 1
_FIRST_ADU = 7


def statistics() -> list[Statistic]:
    """Return all observables."""
    return [
        *_occupancy(),
        *_charge(),
        *_profiles(),
        *_clusters(),
        *_regions(),
        *_pairs(),
        *_correlations(),
        *_coincidences(),
        *_classes(),
        *_features(),
    ]


def _occupancy() -> Iterator[Statistic]:
    yield _rms("fired pixels of a sensor, worst of 40", "occupancy", vectors.values("counts"), SENSOR.categories)
    yield _rms("fired pixels of a sensor, all 40", "occupancy", vectors.flat("counts"))
    layers = ("both layers", "layer 1", "layer 2")
    ks = distances.kolmogorov_smirnov
    yield Statistic(
        "fired pixels of an event, Kolmogorov-Smirnov", "occupancy", "", vectors.block("event_digits"), ks, layers
    )
    yield _rms("Fano factor of a sensor, worst of 40", "occupancy", vectors.fano, SENSOR.categories)
    yield _rms("Fano factor, mean of a layer", "occupancy", vectors.fano_of_layers, LAYER.categories)


def _charge() -> Iterator[Statistic]:
    def spectra(means: Means) -> Array:
        return means["charge"][..., _FIRST_ADU:]

    def whole(means: Means) -> Array:
        return np.asarray(spectra(means).sum(axis=1, keepdims=True))

    steps = np.ones(BLOCKS["charge"].shape[1] - _FIRST_ADU - 1)
    yield Statistic("charge, Kolmogorov-Smirnov", "charge", "", whole, distances.kolmogorov_smirnov)
    yield Statistic("charge, Wasserstein-1", "charge", "ADU", whole, lambda a, b: distances.wasserstein(a, b, steps))
    yield Statistic("charge, separation power", "charge", "", whole, distances.separation_power)
    yield _rms("charge, chi2 of the bins", "charge", vectors.shares(whole))
    yield Statistic(
        "charge, Kolmogorov-Smirnov, worst group", "charge", "", spectra, distances.kolmogorov_smirnov, GROUP.categories
    )
    yield _rms(
        "charge of a sensor, chi2, worst of 40",
        "charge",
        vectors.shares(vectors.block("charge_sensor")),
        SENSOR.categories,
    )
    yield _rms("mean charge of a sensor, worst of 40", "charge", vectors.mean_charge, SENSOR.categories)


def _profiles() -> Iterator[Statistic]:
    for axis, text in (("u", "columns"), ("v", "rows")):
        shape = vectors.shares(vectors.block(f"{axis}_profile"))
        yield _rms(f"profile along {axis}, worst of 40", "profiles", shape, SENSOR.categories)
        yield _rms(f"profile along {axis}, all {text}", "profiles", vectors.as_one(shape))


def _clusters() -> Iterator[Statistic]:
    yield _rms("clusters of a sensor, worst of 40", "clusters", vectors.values("cluster_counts"), SENSOR.categories)
    for name, text in (
        ("size", "pixels of a cluster"),
        ("u_size", "columns of a cluster"),
        ("v_size", "rows of a cluster"),
        ("cluster_charge", "charge of a cluster"),
        ("seed_charge", "highest pixel of a cluster"),
    ):
        ks = distances.kolmogorov_smirnov
        yield Statistic(f"{text}, Kolmogorov-Smirnov", "clusters", "", vectors.block(name), ks, GROUP.categories)
        yield _rms(f"{text}, chi2 of the bins", "clusters", vectors.shares(vectors.block(name)), GROUP.categories)
    yield _rms("pattern of a cluster, chi2", "clusters", vectors.shares(vectors.block("shape")), GROUP.categories)
    yield _rms("rows of a cluster by polar angle, chi2", "clusters", vectors.flat("large_by_theta"))
    yield _rms("charges of neighbouring pixels, chi2", "clusters", vectors.shares(vectors.flat("charge_order")))


def _regions() -> Iterator[Statistic]:
    yield _rms("digits of a region of read-out, all", "regions", vectors.flat("regions"))
    yield _rms("digits of a region, worst sensor", "regions", vectors.by_sensor("regions"), SENSOR.categories)
    yield _rms("variance over mean of the digits of a region", "regions", vectors.region_fano)


def _pairs() -> Iterator[Statistic]:
    names = [f"{low:g} to {high:g} mm" for low, high in zip(DISTANCE.edges, DISTANCE.edges[1:], strict=False)]
    labels = [f"{group}, {name}" for group in GROUP.categories for name in names]
    number = vectors.block("pair_distance")
    yield _rms("pairs by distance g(r), shape", "pairs", vectors.shares(number), GROUP.categories)
    yield _rms("pairs by distance g(r), number", "pairs", number, GROUP.categories)
    yield _rms("pairs by distance g(r), worst bin", "pairs", vectors.values("pair_distance"), labels)
    yield _rms("covariance of tiles of a sensor", "pairs", partial(vectors.tile_excess, within=True))


def _correlations() -> Iterator[Statistic]:
    names = tuple(vectors.CORRELATED)
    yield _rms("correlation of the digits of two sensors, mean", "correlations", vectors.correlation_means, names)
    yield _rms("correlation of the digits of two sensors, all", "correlations", vectors.correlations_of_pairs)
    yield _rms("covariance of tiles of two sensors", "correlations", partial(vectors.tile_excess, within=False))


def _coincidences() -> Iterator[Statistic]:
    yield _rms("layer 1 with layer 2, number", "coincidences", vectors.flat("layer_coincidences"))
    yield _rms("layer 1 with layer 2, shape", "coincidences", vectors.shares(vectors.flat("layer_coincidences")))
    yield _rms(
        "overlap of ladders, number", "coincidences", vectors.by_sensor("overlap_coincidences"), LAYER.categories
    )


def _classes() -> Iterator[Statistic]:
    classes = vectors.shares(vectors.block("background_class"))
    yield _rms("shares of the classes, all", "classes", vectors.as_one(classes))
    yield _rms("shares of the classes, worst sensor", "classes", classes, SENSOR.categories)


def _features() -> Iterator[Statistic]:
    yield Statistic("clusters, sliced Wasserstein-1", "features", "", vectors.block("sliced"), vectors.sliced)
    yield Statistic("events, Frechet distance", "features", "", vectors.flat("feature_moments"), vectors.frechet)
    yield Statistic("events, kernel distance", "features", "", vectors.flat("cubic"), distances.euclidean)


def _rms(name: str, group: str, vector: Vector, labels: Sequence[str] = ("",)) -> Statistic:
    """Return a statistic of several values a group, the root mean square of their differences."""
    return Statistic(name, group, "sigma", vector, distances.root_mean_square, labels, scaled=True)
