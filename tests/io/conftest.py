from types import SimpleNamespace

import numpy as np
import pytest

from pxdbkg.detector import Clusters, Digits
from pxdbkg.io.digit_file import open_writer


def make_digits(rng, n):
    """Sorted random digits (n,)."""
    channel = np.sort(rng.choice(40 * 768 * 250, n, replace=False))
    return Digits(
        (channel // (768 * 250)).astype("u1"),
        (channel % 250).astype("u2"),
        (channel // 250 % 768).astype("u2"),
        rng.integers(7, 256, n).astype("u2"),
    )


def make_clusters(rng, n):
    return Clusters(*(rng.integers(0, 40, n).astype(dtype) for dtype in Clusters.dtypes.values()))


class Sample:
    """Three events, the middle one empty, as they are written and as they must be read."""

    collections = ("PXDDigits", "PXDDigits_beamBG", "PXDClusters")

    def __init__(self):
        self.provenance = {"seed": "42", "pxdbkg": "0"}
        rng = np.random.default_rng(1)
        self.ids = [(0, 1, 10), (0, 1, 11), (3, -2, 2**40)]
        self.events = [
            {
                "PXDDigits": make_digits(rng, n),
                "PXDDigits_beamBG": make_digits(rng, 3 * n),
                "PXDClusters": make_clusters(rng, n),
            }
            for n in (5, 0, 9)
        ]

    def metas(self):
        return [SimpleNamespace(experiment=e, run=r, event=n) for e, r, n in self.ids]

    def write(self, path, **options):
        with open_writer(path, self.collections, self.provenance, **options) as writer:
            for meta, data in zip(self.metas(), self.events, strict=True):
                writer.write(meta, data)
        return path


@pytest.fixture(scope="session")
def sample():
    return Sample()
