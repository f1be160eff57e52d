from typing import Any

import numpy as np
import pytest

from pxdbkg.validation.blocks import (
    BLOCKS,
    BLOCKS_VERSION,
    CLUSTER_ADU,
    COUNT_OFFSET,
    GROUP,
    GROUP_OF_SENSOR,
    ORDER_ADU,
    ORDER_EDGES,
    SEED_ADU,
    SIZE,
    Axis,
    count_covariance,
)

AXES = [pytest.param(axis, id=f"{block.name}-{axis.name}") for block in BLOCKS.values() for axis in block.axes]


@pytest.mark.parametrize("axis", AXES)
def test_an_axis_has_rising_edges_or_categories(axis: Axis) -> None:
    assert axis.name
    assert bool(axis.edges) != bool(axis.categories)
    assert axis.bins == (len(axis.categories) or len(axis.edges) - 1)
    assert np.all(np.diff(axis.edges) > 0)
    assert len(set(axis.categories)) == len(axis.categories)


def test_blocks_are_what_the_version_says() -> None:
    """A change of this table changes what the numbers of earlier reports mean: raise BLOCKS_VERSION."""
    assert BLOCKS_VERSION == 1
    assert {name: block.shape for name, block in BLOCKS.items()} == {
        "counts": (40,),
        "count_products": (820,),
        "charge": (4, 256),
        "charge_moments": (40, 2),
        "charge_sensor": (40, 24),
        "u_profile": (40, 25),
        "v_profile": (40, 96),
        "regions": (40, 4, 6),
        "region_squares": (40, 4, 6),
        "cluster_counts": (40,),
        "size": (4, 32),
        "u_size": (4, 32),
        "v_size": (4, 32),
        "cluster_charge": (4, 64),
        "seed_charge": (4, 64),
        "shape": (4, 22),
        "background_class": (40, 4),
        "large_by_theta": (2, 14, 4),
        "charge_order": (2, 8, 8),
        "pair_distance": (4, 12),
        "tile_counts": (40, 2, 6),
        "tile_products": (3, 5, 4),
        "tile_products_within": (2, 2, 6),
        "layer_coincidences": (8, 5),
        "overlap_coincidences": (2, 4, 9),
        "sliced": (32, 64),
    }
    assert all(block.size == np.prod(block.shape) and block.name == name for name, block in BLOCKS.items())


@pytest.mark.parametrize("axis", [SIZE, CLUSTER_ADU, SEED_ADU], ids=["size", "cluster charge", "seed charge"])
def test_whole_numbers_have_whole_borders(axis: Axis) -> None:
    """A bin between two numbers would stay empty for ever."""
    assert all(edge == round(edge) for edge in axis.edges)


def test_index_counts_what_lies_beyond_in_the_outermost_bins() -> None:
    axis = Axis("x", edges=(0.0, 1.0, 2.0))
    assert axis.index([-5.0, 0.0, 0.5, 1.0, 2.0, 7.0]).tolist() == [0, 0, 0, 1, 1, 1]


def test_the_names_of_charge_classes_are_their_edges() -> None:
    assert len(ORDER_ADU) == len(ORDER_EDGES) - 1
    for name, low, after in zip(ORDER_ADU[1:-1], ORDER_EDGES[1:-2], ORDER_EDGES[2:-1], strict=True):
        assert name == f"{low}-{after - 1}"


def test_groups_are_layers_and_sides() -> None:
    assert GROUP_OF_SENSOR[[0, 1, 15, 16, 39]].tolist() == [0, 1, 1, 2, 3]
    assert GROUP.categories[int(GROUP_OF_SENSOR[16])] == "layer 2 forward"


def test_covariance_from_means(rng: Any) -> None:
    counts = COUNT_OFFSET + rng.normal(size=(50, 40)) @ rng.normal(size=(40, 40)) * 30
    off = counts - COUNT_OFFSET
    i, j = np.triu_indices(40)
    covariance = count_covariance(counts.mean(axis=0), (off[:, i] * off[:, j]).mean(axis=0))
    assert np.allclose(covariance, np.cov(counts.T, ddof=0))
    assert np.array_equal(count_covariance(np.zeros((3, 40)), np.zeros((3, 820))).shape, (3, 40, 40))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240917)
