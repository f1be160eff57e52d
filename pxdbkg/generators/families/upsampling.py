"""Nearest-neighbour doubling, as one operator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Double(nn.Module):
    """Repeat every pixel of (b, c, h, w) twice in both directions; nn.Upsample leaves branches in the graph."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (b, c, 2h, 2w)."""
        doubled: Tensor = torch.ops.aten.upsample_nearest2d(x, None, [2.0, 2.0])
        return doubled
