"""ConvNet and ResNet with random weights: their path, shapes, speed and memory are real, their images are not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.generators import noise
from pxdbkg.generators.export import versions
from pxdbkg.generators.families import FAMILIES
from pxdbkg.generators.load import computing
from pxdbkg.io.metadata import PayloadInfo
from pxdbkg.kernels import random
from pxdbkg.kernels.zero_suppression import codec_edges
from pxdbkg.seeding import event_key

NOTE = "untrained, for shapes and speed only"
IMAGES_OF_A_BLOCK = 2  # 0.5 GB resident; more images are no faster
THRESHOLD_ADU = 7
_NOISE = 96
_LAST_LAYER = {"convnet": "features.20", "resnet": "conv"}
_FRACTION = 0.01  # of the pixels that pass the threshold
_WIDTH = 0.5  # standard deviation of the values before the hyperbolic tangent
_CALIBRATION_IMAGES = 12
_WORDS = 1024  # of a row of noise


def make_untrained(family: str, seed: str | int) -> tuple[nn.Module, PayloadInfo]:
    """Return a network of an image family with random weights, and its metadata.

    Parameters
    ----------
    family : ``convnet`` or ``resnet``
    seed : of the weights, and of the images from which the last layer is set

    Weights are normal with variance 2 / fan-in (K. He et al., ICCV 2015); gain and bias of the last layer are then set
    so that 1 % of the pixels of twelve images reach 7 ADU. Both are rounded to two digits, so that the weights do not
    depend on how a machine rounds products.
    """
    with torch.device("meta"):
        network = FAMILIES[family]().eval()
    network.load_state_dict(_random_weights(network, f"export/{family}", seed), assign=True)
    _set_last_layer(network, family, seed)
    info = PayloadInfo(
        family=family,
        kind="image",
        configuration={},
        sizes={"event_normals": 0, "context": 0, "noise": [_NOISE]},
        block_sizes={"images": IMAGES_OF_A_BLOCK},
        sensors=tuple(range(N_SENSORS)),
        threshold_adu=THRESHOLD_ADU,
        conditions=(),
        training={"data": "none: the weights are random numbers", "digest": ""},
        settings={"made by": f"pxdbkg export {family}", "seed": str(seed)},
        validation={},
        versions=versions(),
        note=NOTE,
    )
    return network, info


def _random_weights(network: nn.Module, stream: str, seed: str | int) -> dict[str, torch.Tensor]:
    """Return a state dict: matrices and kernels random, vectors such that they change nothing."""
    weights: dict[str, torch.Tensor] = {}
    for number, (name, tensor) in enumerate(network.state_dict().items()):
        if tensor.dim() > 1:
            rows = np.arange(-(-tensor.numel() // _WORDS), dtype=np.uint32)
            values = random.normal(event_key(seed, stream, 0, 0, number), 0, rows, _WORDS, dtype=np.float32)
            values *= np.float32(math.sqrt(2 / tensor[0].numel()))
            weights[name] = torch.from_numpy(values.ravel()[: tensor.numel()].reshape(tensor.shape).copy())
        else:
            is_one = name.endswith("running_var") or (name.endswith("weight") and tensor.dim() == 1)
            weights[name] = torch.full(tensor.shape, float(is_one)).to(tensor.dtype)
    return weights


def _set_last_layer(network: nn.Module, family: str, seed: str | int) -> None:
    """Scale the kernel of the last layer and set its bias, from images of a fixed seed."""
    key = event_key(seed, f"export/{family}/gain", 0, 0, 0)
    layer = network.get_submodule(_LAST_LAYER[family])
    seen: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda _, __, output: seen.append(output))
    image: Any = network.image
    with computing(1):
        for first in range(0, _CALIBRATION_IMAGES, IMAGES_OF_A_BLOCK):
            sensors = np.arange(first, first + IMAGES_OF_A_BLOCK, dtype=np.uint8)
            z = torch.from_numpy(noise.image_normals(key, sensors, (_NOISE,)))
            image(z, torch.from_numpy(sensors.astype(np.int64)), torch.zeros(len(sensors), 0))
    handle.remove()
    values = np.sort(np.concatenate([output.numpy().ravel() for output in seen]))
    gain = _rounded(_WIDTH / float(values.std(dtype=np.float64)))
    high = float(values[int(len(values) * (1 - _FRACTION))])
    bias = _rounded(math.atanh(float(codec_edges()[THRESHOLD_ADU])) - gain * high)
    with torch.no_grad():
        network.get_parameter(f"{_LAST_LAYER[family]}.weight").mul_(gain)
        network.get_parameter(f"{_LAST_LAYER[family]}.bias").fill_(bias)


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
