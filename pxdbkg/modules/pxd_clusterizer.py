"""Module PXDClusterizer."""

from __future__ import annotations

from dataclasses import dataclass

from pxdbkg.config import parameter
from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.framework import Module
from pxdbkg.kernels import cluster_properties, label


class PXDClusterizer(Module):
    """Group neighbouring digits into clusters with position, charge and size."""

    @dataclass(frozen=True)
    class Config:
        """Input and output."""

        digits: str = parameter("PXDDigits", doc="sorted digits")
        clusters: str = parameter("PXDClusters", doc="clusters that are made")

    config: Config
    parallel = True

    def reads(self) -> dict[str, type]:
        return {self.config.digits: Digits}

    def writes(self) -> dict[str, type]:
        return {self.config.clusters: Clusters}

    def event(self) -> None:
        digits = self.store.get(self.config.digits, Digits)
        labels, n_clusters = label(digits)
        geometry = nominal()
        clusters = cluster_properties(digits, labels, n_clusters, geometry.u_mm, geometry.v_mm)
        self.store.put(self.config.clusters, clusters)
        self.counts.update(events=1, digits=len(digits), clusters=n_clusters)

    def summary(self) -> list[tuple[str, str]]:
        clusters, events = self.counts["clusters"], max(self.counts["events"], 1)
        size = self.counts["digits"] / clusters if clusters else 0.0
        return [("clusters", f"{clusters / events:.1f} an event, {size:.3f} digits each")]
