import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError
from pxdbkg.framework import Module
from pxdbkg.modules.pxd_occupancy_monitor import PXDOccupancyMonitor

EVENTS = {"experiment": 0, "run": 0, "first": 1, "count": 5}


def digits_of(event):
    rng = np.random.default_rng(event)
    n = 100 * event
    columns = (rng.integers(0, high, n).astype("u2") for high in (250, 768, 255))
    return Digits(rng.integers(0, 40, n).astype("u1"), *columns)


class Make(Module):
    """Make digits that depend on the event number only."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits, "Empty": Digits}

    def event(self):
        self.store.put("PXDDigits", digits_of(self.meta.event))
        self.store.put("Empty", Digits.empty())


def run(processes=1, **parameters):
    path = pxdbkg.create_path()
    path.add_module(Make())
    monitor = path.add_module("PXDOccupancyMonitor", **parameters)
    assert isinstance(monitor, PXDOccupancyMonitor)
    pxdbkg.process(path, processes, events=EVENTS, seed=1)
    return monitor, {line[1]: line[2] for line in pxdbkg.statistics.summaries}


@pytest.mark.parametrize("processes", [1, 2])
def test_counts_by_sensor_and_layer(processes):
    monitor, lines = run(processes)
    every = Digits.concatenate([digits_of(event) for event in range(1, 6)])
    totals = monitor.totals["PXDDigits"]
    assert np.array_equal(totals.digits, np.bincount(every.sensor, minlength=40))
    error = np.std([100, 200, 300, 400, 500], ddof=1) / np.sqrt(5)
    assert lines["PXDDigits"] == f"    300.0 +- {error:.1f} digits an event, mean charge {every.charge.mean():.2f} ADU"
    layer_1 = np.count_nonzero(every.sensor < 16) / 5
    assert totals.mean_occupancy[:16].mean() == pytest.approx(layer_1 / (16 * 250 * 768))
    assert lines["PXDDigits layer 1"].split()[0] == f"{layer_1:.1f}"


def test_chosen_sensors_and_an_empty_collection():
    _, lines = run(collections=["Empty", "PXDDigits"], sensors=["2.1.1", "2.1.2"])
    assert list(lines) == ["Empty", "Empty layer 2", "PXDDigits", "PXDDigits layer 2"]
    assert lines["Empty"].split()[0] == "0.0"
    assert "(2.1." in lines["PXDDigits layer 2"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"collections": []}, "collections: is empty"),
        ({"sensors": []}, "sensors: is empty"),
        ({"sensors": ["3.1.1"]}, "sensors.*3.1.1"),
        ({"collections": ["PXDDigit"]}, "'PXDDigit' is not made .*'PXDDigits'"),
    ],
)
def test_faults_are_found_before_the_first_event(parameters, message):
    with pytest.raises(ConfigError, match=message):
        run(**parameters)
