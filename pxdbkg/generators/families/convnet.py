"""The generator of the first paper: M. Srebre et al., EPJ Web Conf. 245 (2020) 02010, Table 1(b)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from pxdbkg.generators.families.upsampling import Double

CHANNELS = (512, 512, 256, 128, 64, 32, 1)


class ConvNet(nn.Module):
    """Dense layer, six 5x5 convolutions, five nearest x2 upsamplings; kind ``image``; 20,444,865 parameters.

    State-dict names are those of basf2 (``fc``, ``features.0`` to ``features.20``), so that its checkpoints fit.
    All 40 sensors follow one law: the label of the sensor is not used.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(96, CHANNELS[0] * 8 * 24)
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(CHANNELS[:-1]):
            layers += [nn.Conv2d(fan_in, fan_out, 5, padding=2), nn.BatchNorm2d(fan_out), nn.ReLU(), Double()]
        layers += [nn.Conv2d(CHANNELS[-2], CHANNELS[-1], 5, padding=2), nn.Tanh()]
        self.features = nn.Sequential(*layers)

    @torch.jit.export
    def event(self, noise: Tensor, cond: Tensor) -> Tensor:
        """Return an empty context (n, 40, 0): the images of an event are independent."""
        return noise.new_zeros([noise.size(0), 40, 0])

    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        """Return images (b, 1, 256, 768) in [-1, 1] from noise (b, 96)."""
        images: Tensor = self.features(self.fc(noise).view(-1, 512, 8, 24))
        return images
