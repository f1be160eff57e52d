import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Digits
from pxdbkg.errors import ConfigError, ModuleError
from pxdbkg.framework import Module

EVENTS = {"experiment": 0, "run": 0, "first": 1, "count": 2}
#                            twice one pixel | outside | masked
SENSOR, U, V, CHARGE = [2, 2, 40, 5, 0], [7, 7, 0, 1, 3], [9, 9, 0, 2, 3], [10, 20, 30, 40, 50]


class Make(Module):
    """Make digits in disorder."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits}

    def event(self):
        self.store.put("PXDDigits", Digits(np.array(SENSOR, "u1"), *(np.array(x, "u2") for x in (U, V, CHARGE))))


class Keep(Module):
    """Keep what is in the store."""

    def reads(self):
        return {"PXDDigits": Digits}

    def event(self):
        self.kept = self.store.get("PXDDigits", Digits)


def run(**parameters):
    path = pxdbkg.create_path()
    path.add_module(Make())
    path.add_module("PXDDigitSorter", **parameters)
    keep = path.add_module(Keep())
    pxdbkg.process(path, events=EVENTS, seed=1)
    return keep.kept, dict(line[1:] for line in pxdbkg.statistics.summaries if line[0] == "PXDDigitSorter")


def test_sorts_merges_trims_and_masks():
    digits, lines = run(masks={"pixels": {5: [[1, 2]]}})
    assert digits.is_sorted()
    assert digits.sensor.tolist() == [0, 2]
    assert digits.charge.tolist() == [50, 30]
    assert lines == {"digits": "4 sorted of 10; 2 merged, 2 masked, 2 outside the detector"}


def test_without_merging_all_digits_stay():
    digits, _ = run(merge=False)
    assert digits.charge.tolist() == [50, 10, 20, 40]


def test_without_trimming_a_digit_outside_fails():
    with pytest.raises(ModuleError, match=r"sort_digits: digit 2 has sensor 40"):
        run(trim=False)


def test_faulty_mask():
    with pytest.raises(ConfigError, match=r"masks\.pixels\.1\.1\.1: \[250, 0\] is not a pixel"):
        run(masks={"pixels": {"1.1.1": [[250, 0]]}})
