"""The checked Python face of the compiled kernels."""

from pxdbkg.kernels.clustering import cluster_properties, label
from pxdbkg.kernels.overlay import OverlayCounts, SortCounts, apply_mask, overlay, sort_digits
from pxdbkg.kernels.rasterization import RasterCounts, rasterize
from pxdbkg.kernels.zero_suppression import codec_edges, decode_log, encode_adu, suppress_adu, suppress_log

__all__ = [
    "OverlayCounts",
    "RasterCounts",
    "SortCounts",
    "apply_mask",
    "cluster_properties",
    "codec_edges",
    "decode_log",
    "encode_adu",
    "label",
    "overlay",
    "rasterize",
    "sort_digits",
    "suppress_adu",
    "suppress_log",
]
