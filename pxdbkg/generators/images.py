"""One event of a payload of kind ``image``: networks that make one dense map a sensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pxdbkg.detector.digits import N_SENSORS, N_V, Digits
from pxdbkg.errors import PayloadError
from pxdbkg.generators import noise
from pxdbkg.generators.outputs import check_output
from pxdbkg.generators.request import Request
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.kernels.zero_suppression import suppress_log

N_ROWS = 256  # of an image: u is the row minus 3


def image_digits(network: Any, info: PayloadInfo, key: bytes, request: Request) -> Digits:
    """Return the digits of one event, sorted.

    Parameters
    ----------
    network : with the methods ``event`` and ``image``
    info : its metadata
    key : 16 bytes of the event
    request : what is wanted

    Block j holds the sensors j b to j b + b - 1 of those that the payload covers, whatever is wanted, so that a sensor
    has the same place in the same call, and the same bytes, in every request. Blocks without a wanted sensor are left
    out. Raises PayloadError when an output has the wrong type or shape, or a number is not finite.
    """
    shape = tuple(info.sizes["noise"])
    width, rows = info.sizes["context"], info.block_sizes["images"]
    covered = np.array(info.sensors, np.uint8)
    cond = torch.from_numpy(request.cond)
    context = network.event(torch.from_numpy(noise.sensor_normals(key, info.sizes["event_normals"])), cond)
    check_output("event", "context", context, torch.float32, (1, N_SENSORS, width))
    parts = []
    for first in range(0, len(covered), rows):
        sensors = covered[first : first + rows]
        wanted = request.wanted[sensors]
        if not wanted.any():
            continue
        padded = np.zeros(rows, np.uint8)
        padded[: len(sensors)] = sensors
        normal = np.zeros((rows, *shape), np.float32)
        normal[: len(sensors)] = noise.image_normals(key, sensors, shape)
        index = torch.from_numpy(padded.astype(np.int64))
        images = network.image(torch.from_numpy(normal), index, context[0].index_select(0, index))
        check_output("image", "images", images, torch.float32, (rows, 1, N_ROWS, N_V))
        low, high = torch.aminmax(images[: len(sensors)])
        if not (torch.isfinite(low) and torch.isfinite(high)):
            raise PayloadError(
                f"the network made a number that is not finite (sensors {sensors[0]}..{sensors[-1]}). Train or export "
                "it again"
            )
        maps = np.ascontiguousarray(images[:, 0].numpy()[: len(sensors)][wanted])
        parts.append(suppress_log(maps, request.threshold, sensors[wanted]))
    return Digits.concatenate(parts)
