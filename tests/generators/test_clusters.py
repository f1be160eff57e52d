"""Kind clusters with a learned-like toy: rows keep their place, faults of the network are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pxdbkg.errors import PayloadError
from pxdbkg.generators.payload import Payload

Maker = Callable[..., Payload]


def test_sensor_subsets_are_parts_of_the_whole(make_toy: Maker) -> None:
    toy = make_toy("clusters")
    whole = toy.generate(seed=3, events=5).columns
    whole.check("whole")
    assert len(whole) > 300
    for sensors in ([0], [39], [4, 17, 18], list(range(20, 40))):
        part = toy.generate(seed=3, events=5, sensors=sensors).columns
        assert part == whole.select(np.isin(whole.sensor, sensors))


@pytest.mark.parametrize("rows", [1, 7, 64, 4096])
def test_block_size_does_not_change_elementwise_networks(make_toy: Maker, rows: int) -> None:
    reference = make_toy("clusters").generate(seed=3, events=5).columns
    small = make_toy("clusters", block_sizes={"rows": [rows, rows]})
    assert np.array_equal(small.generate(seed=3, events=5).columns.u, reference.u)


def test_condition_reaches_the_network(make_toy: Maker) -> None:
    toy = make_toy("clusters")
    few = toy.generate(seed=3, events=5, conditions={"occupancy_scale": 0.5}).columns
    assert len(few) < 0.7 * len(toy.generate(seed=3, events=5).columns)


def test_uncovered_sensors(make_toy: Maker) -> None:
    toy = make_toy("clusters", sensors=(2, 3))
    assert set(toy.generate(seed=3, events=5).columns.sensor.tolist()) == {2, 3}


@pytest.mark.parametrize(
    ("fault", "changes", "word"),
    [
        ("negative", {}, "-9"),
        ("infinite", {}, "not finite"),
        ("lengths", {}, "pixels by n_pixels"),
        ("index", {}, "the network failed"),
        (
            "",
            {"sizes": {"event_normals": 2, "context": 3, "classes": 2, "normals": [1, 1], "uniforms": [3, 3]}},
            "(1, 3)",
        ),
        (
            "",
            {"sizes": {"event_normals": 2, "context": 2, "classes": 2, "normals": [4, 4], "uniforms": [3, 3]}},
            "failed",
        ),
    ],
)
def test_faulty_networks(make_toy: Maker, fault: str, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(PayloadError) as caught:
        make_toy("clusters", fault, **changes).generate(seed=1, events=[8])
    text = str(caught.value)
    assert word in text
    assert "event 8" in text
    assert "\n" not in text
