import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.validation.block_values import event_blocks
from pxdbkg.validation.blocks import GROUP_OF_SENSOR
from pxdbkg.validation.event import Event, clustered
from pxdbkg.validation.event_features import EVENT_FEATURES, EVENT_FEATURES_VERSION, PAIR_FEATURES, EventVectors


@pytest.fixture
def event(make_event: Callable[..., Event]) -> Event:
    return make_event(0)


def features(event: Event) -> dict[str, float]:
    vectors = EventVectors()
    vectors.add(event)
    values = np.concatenate([vectors.vectors[0], vectors.pair_vectors[0]])
    return dict(zip([*EVENT_FEATURES, *PAIR_FEATURES], values.tolist(), strict=True))


def test_lists_are_what_the_version_says() -> None:
    assert EVENT_FEATURES_VERSION == 1
    assert (len(EVENT_FEATURES), len(PAIR_FEATURES)) == (128, 171)
    names = [*EVENT_FEATURES, *PAIR_FEATURES]
    assert len(set(names)) == len(names)
    assert hashlib.sha256("\n".join(names).encode()).hexdigest()[:16] == "a0b50924844c63af"


def test_vectors_grow_with_events(make_event: Callable[..., Event]) -> None:
    vectors, event = EventVectors(), make_event(0, walks=20)
    assert vectors.vectors.shape == (0, 128)
    for _ in range(305):
        vectors.add(event)
    assert vectors.n_events == 305
    assert vectors.vectors.shape == (305, 128)
    assert vectors.pair_vectors.shape == (305, 171)
    assert vectors.vectors.dtype == vectors.pair_vectors.dtype == np.float32
    for rows in (vectors.vectors, vectors.pair_vectors):
        assert np.array_equal(rows[0], rows[304])


def test_features_without_pairs(event: Event) -> None:
    found, clusters, digits = features(event), event.clusters, event.digits
    mine = digits.sensor == 16
    assert found["digits, 2.1.1"] == mine.sum()
    assert found["mean charge, 2.1.1"] == pytest.approx(digits.charge[mine].mean())
    some = clusters.select(GROUP_OF_SENSOR[clusters.sensor] == 2)
    group = "layer 2 forward"
    assert found[f"clusters, {group}"] == len(some)
    assert found[f"share of single pixels, {group}"] == pytest.approx((some.size == 1).mean())
    assert found[f"share of 10 pixels or more, {group}"] == pytest.approx((some.size >= 10).mean())
    for name in ("size", "u_size", "v_size", "charge", "seed_charge"):
        assert found[f"mean {name}, {group}"] == pytest.approx(some[name].mean())
    energy = some.charge * 0.790846
    assert found[f"share of soft photon, {group}"] == pytest.approx(
        ((some.size == 1) & (energy >= 6) & (energy <= 10)).mean()
    )
    shares = [found[f"share of {name}, {group}"] for name in ("soft photon", "hard photon", "charged", "other")]
    assert sum(shares) == pytest.approx(1.0)


def test_features_of_pairs(event: Event) -> None:
    found, blocks = features(event), event_blocks(event)
    clusters, digits = event.clusters, event.digits
    group = GROUP_OF_SENSOR[clusters.sensor]
    n = (group == 3).sum()
    assert found["pairs at 1 to 1.25 mm, layer 2 backward"] == pytest.approx(blocks["pair_distance"][3, 10] / n**2)
    inner, outer = (digits.sensor < 16).sum(), (digits.sensor >= 16).sum()
    name = "tiles, layers 1 and 2, phi 0 to 15 deg, z 10 to 25 mm"
    assert found[name] == pytest.approx(blocks["tile_products"][1, 0, 1] / (inner * outer))
    name = "tiles of a sensor, layer 2, other columns, rows 3 apart"
    assert found[name] == pytest.approx(blocks["tile_products_within"][1, 1, 3] / outer**2)
    large = [(clusters.sensor[clusters.size >= 5] < 16).sum(), (clusters.sensor[clusters.size >= 5] >= 16).sum()]
    phi = blocks["layer_coincidences"].sum(axis=1)
    assert found["layers, phi 0 to 0.05 rad"] == pytest.approx(phi[4] / (large[0] * large[1]))
    overlap = blocks["overlap_coincidences"][1].sum(axis=0)
    outer_clusters = (clusters.sensor >= 16).sum()
    assert found["overlap, layer 2, z -0.5 to 0.5 mm"] == pytest.approx(overlap[4] / outer_clusters**2)


def test_pairs_do_not_change_with_the_number_of_digits_alone(make_event: Callable[..., Event]) -> None:
    """Twice the clusters at random have four times the pairs, and about the same features."""
    few, many = (features(make_event(3, walks=walks)) for walks in (3000, 6000))
    names = [name for name in PAIR_FEATURES if name.startswith("tiles, ")]
    ratio = np.array([many[name] / few[name] for name in names if few[name] > 0])
    assert np.median(ratio) == pytest.approx(1.0, abs=0.1)


def test_an_event_without_digits_has_zeros() -> None:
    found = features(clustered(0, (0, 0, 0), Digits.empty()))
    assert not any(found.values())
