"""One event of a payload of kind ``clusters``: networks that make lists of clusters by class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, Digits
from pxdbkg.errors import PayloadError
from pxdbkg.generators import noise
from pxdbkg.generators.outputs import check_output
from pxdbkg.generators.request import Request
from pxdbkg.generators.scratch import Scratch
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.kernels.rasterization import rasterize

_MAX_ROWS = 1 << 23  # clusters of a class in one event; more would be all pixels of the detector
_RUNS = np.append(np.arange(N_SENSORS, dtype=np.uint8), np.uint8(0))
_COLUMNS = ("u", "v", "n_pixels", "du", "dv", "adu")
_TYPES = (torch.int64, torch.int64, torch.int64, torch.int16, torch.int16, torch.float32)


def cluster_digits(network: Any, info: PayloadInfo, key: bytes, request: Request, scratch: Scratch) -> Digits:
    """Return the digits of one event, sorted.

    Parameters
    ----------
    network : with the methods ``event`` and ``clusters``
    info : its metadata
    key : 16 bytes of the event
    request : what is wanted
    scratch : memory for the work

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
    least, most = int(of_sensor.min()), int(of_sensor.max())
    if least == np.iinfo(np.int64).min:  # what torch makes of NaN
        raise PayloadError(
            "the network gives NaN as a number of clusters (allowed: 0 and more). Train or export it again"
        )
    if least < 0 or most > _MAX_ROWS or of_sensor.sum() > _MAX_ROWS:
        raise PayloadError(
            f"the network asks for {least} to {most} clusters of a class on a sensor (allowed: 0 and more, {_MAX_ROWS} "
            "in all). Train or export it again"
        )
    blocks = np.array(info.block_sizes["rows"])
    totals = of_sensor.sum(axis=0)
    padding = -totals % blocks
    # One run of rows a class: sensors 0 to 39, then what pads the last block, which nobody looks at.
    runs = np.concatenate([of_sensor, padding[np.newaxis]]).T
    sensors = np.repeat(np.tile(_RUNS, n_classes), runs.ravel())
    ordinals = (np.arange(len(sensors)) - np.repeat(np.cumsum(runs) - runs.ravel(), runs.ravel())).astype(np.uint32)
    index = torch.from_numpy(sensors.astype(np.int64))
    ends = np.cumsum(totals + padding)
    parts: list[tuple[NDArray[Any], ...]] = []
    for k in range(n_classes):
        rows = slice(int(ends[k - 1]) if k else 0, int(ends[k]))
        part = _Rows(k, int(blocks[k]), int(totals[k]), sensors[rows], index[rows], ordinals[rows])
        parts += _run_class(network, info, key, request, part, context, scratch)
    if not parts:
        return Digits.empty()
    columns = []
    for name, column in zip(("sensor", *_COLUMNS), zip(*parts, strict=True), strict=True):
        whole = scratch.array(name, (sum(map(len, column)),), column[0].dtype)
        columns.append(np.concatenate(column, out=whole))
    if len(columns[-1]) and not columns[-1].max() < np.inf:
        raise PayloadError("the network made a charge that is not finite. Train or export it again")
    digits, _ = rasterize(*columns, threshold=request.threshold)
    return digits


class _Rows(NamedTuple):
    """The rows of one class: all clusters of the event, by sensor and ordinal, and padding."""

    k: int
    block: int
    total: int
    sensors: NDArray[np.uint8]
    indices: torch.Tensor  # the sensors as the network takes them
    ordinals: NDArray[np.uint32]


def _run_class(
    network: Any,
    info: PayloadInfo,
    key: bytes,
    request: Request,
    rows: _Rows,
    context: torch.Tensor,
    scratch: Scratch,
) -> list[tuple[NDArray[Any], ...]]:
    """Return sensor, u, v, n_pixels, du, dv, adu of the clusters of a class, one entry a block."""
    k, block = rows.k, rows.block
    wide = context.expand(block, -1)
    everything = request.wanted.all()
    parts: list[tuple[NDArray[Any], ...]] = []
    for first in range(0, rows.total, block):
        valid = min(block, rows.total - first)
        inner = slice(first, first + valid)
        sensors = rows.sensors[inner]
        if not everything and not request.wanted[sensors].any():
            continue
        # A name for each block: what the network returns may be a view of its input.
        normal = scratch.array(f"normal {k} {first}", (block, info.sizes["normals"][k]), np.float32)
        uniform = scratch.array(f"uniform {k} {first}", (block, info.sizes["uniforms"][k]), np.float32)
        noise.cluster_rows(key, k, sensors, rows.ordinals[inner], normal, uniform)
        outputs = network.clusters(
            k, rows.indices[first : first + block], wide, torch.from_numpy(normal), torch.from_numpy(uniform)
        )
        for name, output, dtype, length in zip(_COLUMNS, outputs, _TYPES, (block,) * 3 + (None,) * 3, strict=True):
            check_output("clusters", name, output, dtype, (length,))
        u, v, n_pixels, du, dv, adu = (output.numpy() for output in outputs)
        n_pixels = n_pixels[:valid]
        used = int(n_pixels.sum())
        if not used <= len(du) == len(dv) == len(adu) or (valid == block and used < len(du)):
            raise PayloadError(
                f"the method 'clusters' of the network returned {used} pixels by n_pixels, but {len(du)}, {len(dv)} "
                f"and {len(adu)} values of du, dv and adu (class {k}). Change the network and export it again"
            )
        parts.append((sensors, u[:valid], v[:valid], n_pixels, du[:used], dv[:used], adu[:used]))
    return parts
