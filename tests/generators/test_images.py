"""Kind image: blocks keep their composition, context and conditions reach the network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pxdbkg.errors import ConfigError, PayloadError
from pxdbkg.generators.payload import Payload

Maker = Callable[..., Payload]


def test_sensor_subsets_are_parts_of_the_whole(make_toy: Maker) -> None:
    toy = make_toy("image")
    whole = toy.generate(seed=3, events=5).columns
    whole.check("whole")
    assert set(whole.sensor.tolist()) == {0, 1, 2, 3, 4}
    for sensors in ([0], [4], [1, 2]):
        part = toy.generate(seed=3, events=5, sensors=sensors).columns
        assert part == whole.select(np.isin(whole.sensor, sensors))


def test_rows_are_image_rows_minus_three(make_toy: Maker) -> None:
    digits = make_toy("image").generate(seed=3, events=5).columns
    # The ramp rises with u and v: the last pixel has the largest charge, padding rows are cut off.
    last = digits.select((digits.sensor == 0) & (digits.u == 249) & (digits.v == 767))
    assert last.charge[0] == digits.charge[digits.sensor == 0].max()
    assert digits.u.max() == 249


def test_condition_and_noise_reach_the_network(make_toy: Maker) -> None:
    toy = make_toy("image")
    usual = toy.generate(seed=3, events=5).columns
    assert toy.generate(seed=3, events=5, conditions={"occupancy_scale": 2.0}).columns != usual
    assert toy.generate(seed=3, events=6).columns != usual


def test_uncovered_sensor_is_told(make_toy: Maker) -> None:
    with pytest.raises(ConfigError, match=r"1\.3\.2 are not covered"):
        make_toy("image").generate(seed=3, events=5, sensors=[0, 5])


def test_wrong_shape_is_told(make_toy: Maker) -> None:
    with pytest.raises(PayloadError, match=r"\(2, 1, 250, 768\) on cpu, expected float32 \(2, 1, 256, 768\)"):
        make_toy("image", "shape").generate(seed=3, events=5)
