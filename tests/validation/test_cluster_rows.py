import numpy as np

from pxdbkg.detector import Digits
from pxdbkg.detector.ids import layer_of_sensor
from pxdbkg.kernels.cluster_shapes import cluster_shapes
from pxdbkg.validation.cluster_rows import CLUSTER_FEATURES, ClusterRows
from pxdbkg.validation.event import clustered


def event_of(seed, position=0, n=60_000):
    rng = np.random.default_rng(seed)
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[tuple(rng.integers(0, high, n) for high in (40, 100, 100))] = rng.integers(7, 256, n)
    return clustered(position, (0, 0, position), Digits.from_maps(maps))


def test_all_clusters_with_their_features():
    event = event_of(1)
    rows = ClusterRows(10**6)
    rows.add(event)
    found = dict(zip(CLUSTER_FEATURES, rows.rows.T, strict=True))
    shapes = cluster_shapes(event.digits, event.labels, len(event.clusters))
    assert np.array_equal(found["layer"], layer_of_sensor[event.clusters.sensor])
    for name in ("charge", "size", "v_start"):
        assert np.array_equal(found[name], event.clusters[name])
    for name in ("shape_class", "charge_rms_adu", "seed_offset"):
        assert np.array_equal(found[name], shapes[name])


def test_chosen_clusters_are_rows_of_all():
    event = event_of(1)
    every, some = ClusterRows(10**6), ClusterRows(50)
    every.add(event)
    some.add(event)
    assert some.rows.shape == (50, len(CLUSTER_FEATURES))
    assert {tuple(row) for row in some.rows.tolist()} <= {tuple(row) for row in every.rows.tolist()}


def test_events_are_numbered_and_choices_differ():
    rows = ClusterRows(20)
    rows.add(event_of(1, 0))
    assert len(rows.rows) == 20
    rows.add(event_of(1, 1))
    assert rows.event.tolist() == [0] * 20 + [1] * 20
    assert not np.array_equal(rows.rows[:20], rows.rows[20:])


def test_an_empty_event_has_no_rows():
    rows = ClusterRows(20)
    rows.add(clustered(0, (0, 0, 0), Digits.empty()))
    rows.add(event_of(2, 1))
    assert set(rows.event.tolist()) == {1}
