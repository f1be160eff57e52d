"""One event of a payload of kind ``clusters``: networks that make lists of clusters by class."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.errors import PayloadError
from pxdbkg.generators import noise
from pxdbkg.generators.outputs import check_output
from pxdbkg.generators.request import Request
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.kernels.rasterization import rasterize

_MAX_ROWS = 1 << 23  # clusters of a class in one event; more would be all pixels of the detector
_ALL = np.arange(N_SENSORS, dtype=np.uint8)
_COLUMNS = ("u", "v", "n_pixels", "du", "dv", "adu")
_TYPES = (torch.int64, torch.int64, torch.int64, torch.int16, torch.int16, torch.float32)


def cluster_digits(network: Any, info: PayloadInfo, key: bytes, request: Request) -> Digits:
    """Return the digits of one event, sorted.

    Parameters
    ----------
    network : with the methods ``event`` and ``clusters``
    info : its metadata
    key : 16 bytes of the event
    request : what is wanted

    The rows of a class are all clusters of the event, by sensor and ordinal, whatever is wanted, so that a cluster has
    the same place in the same call, and the same bytes, in every request. Blocks without a wanted row are left out.
    Raises PayloadError when an output has the wrong type or shape, or a number is not finite.
    """
    n_classes = info.sizes["classes"]
    context, counts = network.event(
        torch.from_numpy(noise.event_normals(key, info.sizes["event_normals"])),
        torch.from_numpy(noise.event_uniforms(key, n_classes)),
        torch.from_numpy(request.cond),
    )
    check_output("event", "context", context, torch.float32, (1, info.sizes["context"]))
    check_output("event", "counts", counts, torch.int64, (1, N_SENSORS, n_classes))
    of_sensor = counts[0].numpy()
    if of_sensor.min() < 0 or of_sensor.sum() > _MAX_ROWS:
        raise PayloadError(
            f"the network asks for {of_sensor.min()} to {of_sensor.max()} clusters of a class on a sensor, "
            f"{of_sensor.sum()} in all (allowed: 0 and more, {_MAX_ROWS} in all). Train or export it again"
        )
    parts: list[tuple[NDArray[Any], ...]] = []
    for k in range(n_classes):
        parts += _class_rows(network, info, key, request, k, of_sensor[:, k], context)
    if not parts:
        return Digits.empty()
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    digits, _ = rasterize(*columns, threshold=request.threshold)
    return digits


def _class_rows(
    network: Any,
    info: PayloadInfo,
    key: bytes,
    request: Request,
    k: int,
    counts: NDArray[np.int64],
    context: torch.Tensor,
) -> list[tuple[NDArray[Any], ...]]:
    """Return sensor, u, v, n_pixels, du, dv, adu of the clusters of class k, one entry a block."""
    block, total = info.block_sizes["rows"][k], int(counts.sum())
    n_blocks = -(-total // block)
    # Rows that pad the last block belong to sensor 0, ordinal 0; what comes out for them is not looked at.
    sensors = np.zeros(n_blocks * block, np.uint8)
    ordinals = np.zeros(n_blocks * block, np.uint32)
    sensors[:total] = np.repeat(_ALL, counts)
    ordinals[:total] = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    wide = context.expand(block, -1)
    parts: list[tuple[NDArray[Any], ...]] = []
    for first in range(0, total, block):
        rows = slice(first, first + block)
        valid = min(block, total - first)
        if not request.wanted[sensors[first : first + valid]].any():
            continue
        normal, uniform = noise.cluster_rows(
            key, k, sensors[rows], ordinals[rows], info.sizes["normals"][k], info.sizes["uniforms"][k]
        )
        outputs = network.clusters(
            k,
            torch.from_numpy(sensors[rows].astype(np.int64)),
            wide,
            torch.from_numpy(normal),
            torch.from_numpy(uniform),
        )
        for name, output, dtype in zip(_COLUMNS, outputs, _TYPES, strict=True):
            check_output("clusters", name, output, dtype, (block,) if name in _COLUMNS[:3] else (None,))
        u, v, n_pixels, du, dv, adu = (output.numpy() for output in outputs)
        pixels = int(n_pixels.sum())
        if n_pixels.min() < 0 or not len(du) == len(dv) == len(adu) == pixels:
            raise PayloadError(
                f"the method 'clusters' of the network returned {pixels} pixels by n_pixels, but {len(du)}, {len(dv)} "
                f"and {len(adu)} values of du, dv and adu (class {k}). Change the network and export it again"
            )
        if valid < block:
            u, v, n_pixels = u[:valid], v[:valid], n_pixels[:valid]
            used = int(n_pixels.sum())
            du, dv, adu = du[:used], dv[:used], adu[:used]
        if not np.isfinite(adu).all():
            raise PayloadError(f"the network made a charge that is not finite (class {k}). Train or export it again")
        parts.append((sensors[first : first + valid], u, v, n_pixels, du, dv, adu))
    return parts
