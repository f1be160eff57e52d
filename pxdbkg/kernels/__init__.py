"""The checked Python face of the compiled kernels."""

try:
    import pxdbkg._core  # noqa: F401
except ImportError as error:
    # Usual in a checkout: its folder comes before the installed package, and was never built.
    raise ImportError(
        f"{error}: the compiled part of pxdbkg is missing in {__file__.rpartition('kernels')[0]}. "
        "Build it there: pip install -c constraints.txt -e ."
    ) from None

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
