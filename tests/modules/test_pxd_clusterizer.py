import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector import Clusters, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.framework import Module

EVENTS = {"experiment": 0, "run": 0, "first": 1, "count": 3}


class Make(Module):
    """Make a cluster of two pixels on sensor 3 and one of a pixel on sensor 4."""

    parallel = True

    def writes(self):
        return {"PXDDigits": Digits}

    def event(self):
        columns = ([10, 11, 200], [20, 21, 700], [10, 30, 50])
        self.store.put("PXDDigits", Digits(np.array([3, 3, 4], "u1"), *(np.array(x, "u2") for x in columns)))


class Keep(Module):
    """Keep what is in the store."""

    def reads(self):
        return {"PXDClusters": Clusters}

    def event(self):
        self.kept = self.store.get("PXDClusters", Clusters)


def test_clusters_with_positions_of_the_nominal_geometry():
    path = pxdbkg.create_path()
    path.add_module(Make())
    path.add_module("PXDClusterizer")
    keep = path.add_module(Keep())
    pxdbkg.process(path, events=EVENTS, seed=1)
    clusters, geometry = keep.kept, nominal()
    assert clusters.size.tolist() == [2, 1]
    assert clusters.charge.tolist() == [40, 50]
    assert clusters.seed_charge.tolist() == [30, 50]
    assert clusters.u_mm[0] == pytest.approx(geometry.u_mm[10] / 4 + geometry.u_mm[11] * 3 / 4)
    assert clusters.v_mm[0] == pytest.approx(geometry.v_mm[3, 20] / 4 + geometry.v_mm[3, 21] * 3 / 4)
    assert clusters.v_mm[1] == pytest.approx(geometry.v_mm[4, 700])
    assert ("PXDClusterizer", "clusters", "2.0 an event, 1.500 digits each") in pxdbkg.statistics.summaries
