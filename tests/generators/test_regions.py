"""Boxes: checked one by one, all faults told."""

from __future__ import annotations

from typing import Any

import pytest

from pxdbkg.errors import ConfigError
from pxdbkg.generators.regions import Regions

BOX = {"sensor": "1.1.1", "u_min": 1, "u_max": 2, "v_min": 3, "v_max": 4}


def test_boxes() -> None:
    regions = Regions.from_boxes([BOX, BOX | {"sensor": 39}])
    assert regions.boxes.tolist() == [[0, 1, 2, 3, 4], [39, 1, 2, 3, 4]]
    assert regions.touched.nonzero()[0].tolist() == [0, 39]
    assert not Regions.from_boxes([]).touched.any()


@pytest.mark.parametrize(
    ("boxes", "word"),
    [
        ("abc", "expected a list"),
        (BOX, "expected a list"),
        ([3], "rois[0]: expected"),
        ([BOX, {"sensor": 1}], "rois[1]: expected"),
        ([BOX | {"sensor": "3.1.1"}], "'3.1.1'"),
        ([BOX | {"u_max": 250}], "u_max is 250 (allowed: 0..249)"),
        ([BOX | {"v_min": -1}], "v_min is -1"),
        ([BOX | {"u_min": True}], "u_min is True"),
        ([BOX | {"v_min": 9}], "v 9..4 is empty"),
    ],
)
def test_faults(boxes: Any, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Regions.from_boxes(boxes)
    assert word in str(caught.value)


def test_all_faults_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        Regions.from_boxes([3, BOX, BOX | {"sensor": 99}])
    assert len(caught.value.problems) == 2
