import pytest

import pxdbkg
from pxdbkg.errors import ConfigError


def test_numbers_of_several_runs() -> None:
    path = pxdbkg.create_path()
    path.add_module("EventInfoSetter", experiment=3, run=[1, 2], first=[1, 10], count=2)
    job = pxdbkg.process(path, seed=1)
    assert list(job.events) == [(3, 1, 1), (3, 1, 2), (3, 2, 10), (3, 2, 11)]


def test_faults() -> None:
    path = pxdbkg.create_path()
    path.add_module("EventInfoSetter", run=[1, 2], count=[1, 2, 3])
    with pytest.raises(ConfigError, match=r"path\[0\].EventInfoSetter: lists of different lengths"):
        pxdbkg.process(path, seed=1)
    with pytest.raises(ConfigError, match=r"EventInfoSetter.count: -1 is out of range"):
        path.add_module("EventInfoSetter", count=-1)
