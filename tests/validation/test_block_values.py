from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.validation import block_values
from pxdbkg.validation.block_values import azimuth, background_class, cluster_places, event_blocks, event_shapes
from pxdbkg.validation.blocks import BLOCKS, COUNT_OFFSET, GROUP_OF_SENSOR, Axis
from pxdbkg.validation.event import Event, clustered
from pxdbkg.validation.sliced import LARGEST, directions, projections, standardised


@pytest.fixture
def event(make_event: Callable[..., Event]) -> Event:
    return make_event(0)


def clusters_at(*rows: tuple[int, float, float, int, int]) -> Clusters:
    """Clusters of (sensor, u mm, v mm, charge, pixels)."""
    sensor, u, v, charge, size = (np.array(column) for column in zip(*rows, strict=True))
    shorts = [np.ones(len(rows), "u2")] * 4
    return Clusters(
        sensor.astype("u1"), u.astype("f4"), v.astype("f4"), charge.astype("u4"), shorts[0], size.astype("u4"), *shorts
    )


def test_every_block_is_there_in_its_shape(event: Event) -> None:
    blocks = event_blocks(event)
    assert {name: values.shape for name, values in blocks.items()} == {name: b.shape for name, b in BLOCKS.items()}
    assert event_blocks(event) is blocks


def test_an_event_without_digits(event: Event) -> None:
    blocks = event_blocks(clustered(0, (0, 0, 0), Digits.empty()))
    for name, values in blocks.items():
        assert values.shape == BLOCKS[name].shape
        assert name == "count_products" or not values.any()


def test_blocks_of_digits(event: Event) -> None:
    blocks, digits = event_blocks(event), event.digits
    group, n = GROUP_OF_SENSOR[digits.sensor], np.bincount(digits.sensor, minlength=40)
    assert np.array_equal(blocks["counts"], n)
    off = np.multiply.outer(n - COUNT_OFFSET, n - COUNT_OFFSET)
    assert np.array_equal(blocks["count_products"], off[np.triu_indices(40)])
    assert BLOCKS["count_products"].axes[0].categories[1] == "1.1.1 x 1.1.2"
    assert np.array_equal(blocks["charge"], two(group, digits.charge, (4, 256)))
    q = digits.charge.astype(int)
    for moment in (0, 1):
        wanted = np.bincount(digits.sensor, q ** (moment + 1), 40)
        assert np.array_equal(blocks["charge_moments"][:, moment], wanted)
    axis = BLOCKS["charge_sensor"].axes[1]
    assert np.array_equal(blocks["charge_sensor"], two(digits.sensor, axis.index(q), (40, 24)))
    assert np.array_equal(blocks["u_profile"], two(digits.sensor, digits.u // 10, (40, 25)))
    assert np.array_equal(blocks["v_profile"], two(digits.sensor, digits.v // 8, (40, 96)))
    assert np.array_equal(blocks["regions"].sum(axis=(1, 2)), n)
    assert np.array_equal(blocks["region_squares"], blocks["regions"] ** 2)
    assert np.array_equal(blocks["tile_counts"].sum(axis=(1, 2)), n)


def two(row: Any, column: Any, shape: tuple[int, int]) -> Any:
    counts = np.zeros(shape, int)
    np.add.at(counts, (row, column), 1)
    return counts


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("size", "size"),
        ("u_size", "u_size"),
        ("v_size", "v_size"),
        ("cluster_charge", "charge"),
        ("seed_charge", "seed_charge"),
    ],
)
def test_histograms_of_clusters(event: Event, name: str, column: str) -> None:
    group = GROUP_OF_SENSOR[event.clusters.sensor]
    index = BLOCKS[name].axes[1].index(event.clusters[column])
    assert np.array_equal(event_blocks(event)[name], two(group, index, BLOCKS[name].shape))


def test_huge_clusters_fall_into_the_last_bins() -> None:
    everything = Digits.from_maps(np.full((1, 250, 768), 255, np.uint8))
    blocks = event_blocks(clustered(0, (0, 0, 0), everything))
    for name in ("size", "u_size", "v_size", "cluster_charge", "seed_charge"):
        assert blocks[name].sum() == 1
        assert blocks[name][0, -1] == 1


def test_other_blocks_of_clusters(event: Event) -> None:
    blocks, clusters, shapes = event_blocks(event), event.clusters, event_shapes(event)
    group, layer = GROUP_OF_SENSOR[clusters.sensor], layer_of_sensor[clusters.sensor] - 1
    assert np.array_equal(blocks["cluster_counts"], np.bincount(clusters.sensor, minlength=40))
    assert np.array_equal(blocks["shape"], two(group, shapes.shape_class, (4, 22)))
    assert np.array_equal(blocks["background_class"], two(clusters.sensor, background_class(clusters), (40, 4)))
    theta_axis, long_axis = BLOCKS["large_by_theta"].axes[1:]
    xyz = nominal().to_global(clusters.sensor, clusters.u_mm, clusters.v_mm)
    theta = np.rad2deg(np.arctan2(np.hypot(xyz[:, 0], xyz[:, 1]), xyz[:, 2]))
    wanted = np.zeros(BLOCKS["large_by_theta"].shape, int)
    np.add.at(wanted, (layer, theta_axis.index(theta), long_axis.index(clusters.v_size)), 1)
    assert np.array_equal(blocks["large_by_theta"], wanted)


def test_places_are_those_of_the_geometry(event: Event) -> None:
    clusters = event.clusters
    xyz = nominal().to_global(clusters.sensor, clusters.u_mm, clusters.v_mm)
    places = cluster_places(clusters)
    assert np.allclose(places.r_mm, np.hypot(xyz[:, 0], xyz[:, 1]))
    assert np.allclose(places.z_mm, xyz[:, 2])
    turn = azimuth(clusters, np.arange(len(clusters))) - np.arctan2(xyz[:, 1], xyz[:, 0])
    assert np.allclose(np.cos(turn), 1.0)


def test_classes_of_background_by_energy() -> None:
    # 0.79 keV an ADU: 7 ADU 5.5 keV, 8 ADU 6.3, 12 ADU 9.5, 13 ADU 10.3
    rows = [(7, 1), (8, 1), (12, 1), (13, 1), (12, 2), (14, 2), (200, 9)]
    clusters = clusters_at(*((0, 0.0, 0.0, charge, size) for charge, size in rows))
    assert background_class(clusters).tolist() == [3, 0, 0, 1, 3, 2, 2]


def middle(axis: Axis) -> int:
    return int(np.searchsorted(axis.edges, 0.0, side="right")) - 1


def test_a_straight_line_through_both_layers_is_a_coincidence() -> None:
    inner = (0, 1.0, 2.0, 99, 9)
    hit = nominal().to_global(*inner[:3])[0]
    # along the line from the interaction point to the plane of ladder 1 of layer 2, forward: x = radius
    u, v, w = nominal().to_local(16, hit * 22.015 / hit[0])
    assert abs(w[0]) < 1e-9
    clusters = clusters_at(inner, (16, u[0], v[0], 99, 9), (16, u[0], v[0], 99, 1))
    blocks = pair_blocks(clusters)["layer_coincidences"]
    axes = BLOCKS["layer_coincidences"].axes
    assert blocks.sum() == 1  # the single pixel takes no part
    assert blocks[middle(axes[0]) - 1 : middle(axes[0]) + 1, middle(axes[1])].sum() == 1


@pytest.mark.parametrize(("layer", "sensor", "beside"), [(0, 0, 2), (0, 15, 1), (1, 16, 18), (1, 38, 16)])
def test_a_straight_line_through_two_ladders_is_a_coincidence(layer: int, sensor: int, beside: int) -> None:
    u_high = 6.0
    hit = nominal().to_global(sensor, u_high, 0.0)[0]
    phi = nominal().phi_rad[beside]
    along = hit[0] * np.cos(phi) + hit[1] * np.sin(phi)  # towards the plane of the next ladder
    u, v, w = nominal().to_local(beside, hit * nominal().radius_mm[beside] / along)
    assert abs(w[0]) < 1e-9
    assert -6.25 < u[0] < -5.0
    # slightly on, so that rounding decides nothing
    clusters = clusters_at((sensor, u_high, 0.0, 9, 1), (beside, u[0] + 0.1, v[0], 9, 1))
    found = pair_blocks(clusters)["overlap_coincidences"]
    r_phi, z = BLOCKS["overlap_coincidences"].axes[1:]
    assert found.sum() == 1
    assert found[layer, middle(r_phi), middle(z)] == 1


def pair_blocks(clusters: Clusters) -> Any:
    return block_values._pair_blocks(clusters, cluster_places(clusters), np.zeros((40, 2, 6), np.int64))


def test_charges_shuffled_in_a_sensor_show_in_their_order_only(event: Event) -> None:
    digits = event.digits
    rng = np.random.default_rng(5)
    charge = (10 + digits.v // 8).astype("u2")  # neighbours are alike
    shuffled = charge.copy()
    for sensor in range(40):
        mine = digits.sensor == sensor
        shuffled[mine] = rng.permutation(shuffled[mine])
    one, other = (event_blocks(clustered(0, (0, 0, 0), replace(digits, charge=q))) for q in (charge, shuffled))
    for name in ("charge", "charge_sensor", "counts", "u_profile", "regions", "shape", "size"):
        assert np.array_equal(one[name], other[name]), name
    alike = [np.trace(blocks["charge_order"].sum(axis=0)) for blocks in (one, other)]
    assert alike[0] > 2 * alike[1]


def test_features_of_clusters_for_slices(event: Event) -> None:
    shapes = event_shapes(event)
    features = standardised(event.clusters, shapes)
    assert features.shape == (12, len(event.clusters))
    assert np.abs(features).max() <= LARGEST
    assert np.allclose(
        features[0], np.clip((np.log(event.clusters.charge.astype(float)) - 3.95) / 0.8, -4, 4), atol=1e-5
    )
    assert np.allclose(features[10], event.clusters.u_mm / 3.6, atol=1e-5)
    units = directions()
    assert units.shape == (12, 32)
    assert np.allclose((units**2).sum(axis=0), 1.0, atol=1e-6)
    assert np.abs(units.T @ units - np.eye(32)).max() < 0.95
    wanted = features[:, ::2].T @ units
    assert np.allclose(projections(event.clusters, shapes), wanted, atol=1e-5)
    histogram = event_blocks(event)["sliced"]
    assert np.all(histogram.sum(axis=1) == len(wanted))
