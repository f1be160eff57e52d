"""The residual generator that basf2 offers beside the ConvNet, written from its published layer list."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from pxdbkg.generators.families.upsampling import Double

CHANNELS = (256, 256, 128, 64, 32, 16)


class UpBlock(nn.Module):
    """BN, ReLU, x2, 3x3, BN, ReLU, 3x3, plus 1x1 of the doubled input."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(fan_in)
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(fan_out)
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1)
        self.conv = nn.Conv2d(fan_in, fan_out, 1)
        self.upsample = Double()

    def forward(self, x: Tensor) -> Tensor:
        """Return (b, fan_out, 2h, 2w) from (b, fan_in, h, w)."""
        inner = self.conv1(self.upsample(torch.relu(self.norm1(x))))
        inner = self.conv2(torch.relu(self.norm2(inner)))
        added: Tensor = inner + self.conv(self.upsample(x))
        return added


class ResNet(nn.Module):
    """Dense layer and five residual blocks that double; kind ``image``; 6,648,097 parameters.

    State-dict names are those of basf2 (``fc``, ``blocks.0`` to ``blocks.4``, ``norm``, ``conv``). All 40 sensors
    follow one law: the label of the sensor is not used.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(96, CHANNELS[0] * 8 * 24)
        self.blocks = nn.Sequential(*(UpBlock(fan_in, fan_out) for fan_in, fan_out in pairwise(CHANNELS)))
        self.norm = nn.BatchNorm2d(CHANNELS[-1])
        self.conv = nn.Conv2d(CHANNELS[-1], 1, 3, padding=1)

    @torch.jit.export
    def event(self, noise: Tensor, cond: Tensor) -> Tensor:
        """Return an empty context (n, 40, 0): the images of an event are independent."""
        return noise.new_zeros([noise.size(0), 40, 0])

    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        """Return images (b, 1, 256, 768) in [-1, 1] from noise (b, 96)."""
        grown = self.blocks(self.fc(noise).view(-1, 256, 8, 24))
        images: Tensor = torch.tanh(self.conv(torch.relu(self.norm(grown))))
        return images
