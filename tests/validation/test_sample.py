import numpy as np
import pytest

from pxdbkg.detector import Digits, nominal
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.errors import DigitError
from pxdbkg.kernels.clustering import cluster_properties, label
from pxdbkg.validation.sample import N_THETA, QUANTITIES, THETA_EDGES_DEG, Sample, polar_angle_deg, straight_rows


def event_of(seed, n=3000):
    rng = np.random.default_rng(seed)
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[tuple(rng.integers(0, high, n) for high in (40, 250, 768))] = rng.integers(7, 256, n)
    return Digits.from_maps(maps)


def sample_of(seeds):
    sample = Sample()
    for seed in seeds:
        sample.add(event_of(seed))
    return sample


def test_sums_against_numpy():
    sample = sample_of([1, 2])
    every = Digits.concatenate([event_of(1), event_of(2)])
    assert sample.totals.counts.sum() == len(every)
    expected = np.zeros((40, 768))
    np.add.at(expected, (every.sensor, every.v), 1)
    assert np.array_equal(sample.row_counts, expected)
    assert sample.row_occupancy == pytest.approx(expected / 500)


def test_cluster_sizes_against_a_loop():
    sample = sample_of([3])
    digits = event_of(3)
    clusters = cluster_properties(digits, *label(digits), nominal().u_mm, nominal().v_mm)
    xyz = nominal().to_global(clusters.sensor, clusters.u_mm, clusters.v_mm)
    theta = np.degrees(np.arccos(xyz[:, 2] / np.linalg.norm(xyz, axis=1)))
    for quantity in QUANTITIES:
        means = sample.cluster_means(quantity)
        for layer in (1, 2):
            of_layer = layer_of_sensor[clusters.sensor] == layer
            assert sample.cluster_mean(quantity, layer) == pytest.approx(clusters[quantity][of_layer].mean())
            for place in range(N_THETA):
                low, high = THETA_EDGES_DEG[place : place + 2]
                sizes = clusters[quantity][of_layer & (theta >= low) & (theta < high)]
                if len(sizes) < 10:
                    assert np.isnan(means[layer - 1, place])
                else:
                    assert means[layer - 1, place] == pytest.approx(sizes.mean())
                    low = np.quantile(sizes, 0.95, method="inverted_cdf")
                    assert sample.cluster_quantiles(quantity, 0.95)[layer - 1, place] == low


def test_samples_add_up():
    both, whole = sample_of([1]) + sample_of([2, 3]), sample_of([1, 2, 3])
    assert np.array_equal(both.totals.counts, whole.totals.counts)
    assert np.array_equal(both.row_counts, whole.row_counts)
    assert np.array_equal(both.cluster_counts, whole.cluster_counts)


def test_digits_have_to_be_sorted():
    digits = event_of(1)
    with pytest.raises(DigitError, match="out of order"):
        Sample().add(digits.select(np.arange(len(digits))[::-1]))


def test_a_sample_without_clusters():
    sample = Sample()
    sample.add(Digits.empty())
    assert np.isnan(sample.cluster_means("size")).all()
    assert sample.cluster_mean("size", 1) == 0


def test_polar_angle_is_that_of_the_global_position():
    sensor = np.array([0, 1, 20, 39], "u1")
    u_mm, v_mm = np.array([-3.0, 0.0, 5.0, 6.0]), np.array([20.0, -10.0, 0.0, 3.0])
    xyz = nominal().to_global(sensor, u_mm, v_mm)
    assert polar_angle_deg(sensor, u_mm, v_mm) == pytest.approx(
        np.degrees(np.arctan2(np.hypot(xyz[:, 0], xyz[:, 1]), xyz[:, 2]))
    )


def test_straight_lines_meet_more_rows_when_they_are_shallow():
    for layer in (1, 2):
        rows = straight_rows(layer)
        middle_deg = (THETA_EDGES_DEG[1:] + THETA_EDGES_DEG[:-1]) / 2
        known = np.isfinite(rows)
        assert known.sum() > N_THETA - 5
        lowest = int(np.nanargmin(rows))
        assert abs(middle_deg[lowest] - 90) < 5
        assert 1 < rows[lowest] < 1.1
        # 75 um of silicon at 45 degrees, rows of 55 or 60 um (layer 1), 70 or 85 um (layer 2)
        at_45 = np.interp(45, middle_deg, rows)
        assert 1 + 75 / (60 if layer == 1 else 85) - 0.05 < at_45 < 1 + 75 / (55 if layer == 1 else 70) + 0.05
