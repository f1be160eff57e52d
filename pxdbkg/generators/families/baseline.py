"""The null model: independent clusters at uniform positions, with published means, Fano factors and charges.

It uses floor, comparison, gathering, integer arithmetic and single + - * / sqrt only, so that it gives the same bytes
on every machine. ``pxdbkg.generators.baseline`` fills its tables.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LEVELS = 4096  # of the normal quantiles: the high 12 bits of a uniform number
_BINS = 256  # of an alias table: the high 8 bits; the low 16 decide between its two values


class Baseline(torch.nn.Module):
    """Clusters of K classes of fixed size; kind ``clusters``.

    Parameters
    ----------
    sizes : pixels of a cluster of each class (K)
    u_spans, v_spans : number of positions of each class (K): 250 + width - 1 and 768 + length - 1 of its largest shape
    n_shapes : shapes of each class, all equally likely
    n_sensors : 40

    Counts: class k of sensor s has the mean scale * rate[s, k] * (1 + spread[s] * z_s), where z_s is one normal number
    a sensor. Given its mean m it is the floor of G + d, where G = m (1 - 1/(9m) + z/(3 sqrt m))^3 follows the gamma
    law of mean and variance m (E. B. Wilson, M. M. Hilferty, PNAS 17 (1931) 684) and d is uniform in [0, 1), which
    keeps the mean; z comes from the high and d from the low 12 bits of one uniform number.
    Charges: alias tables (A. J. Walker, ACM TOMS 3 (1977) 253) of 256 values a sensor, one uniform number a pixel. An
    entry is (alias - value) * 2^17 + 2^16 - (probability of value) * 2^16.
    """

    rate: Tensor
    spread: Tensor
    quantile: Tensor
    alias: Tensor
    shape_u: Tensor
    shape_v: Tensor

    def __init__(
        self, sizes: list[int], u_spans: list[int], v_spans: list[int], n_shapes: int, n_sensors: int = 40
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.u_spans = [float(span) for span in u_spans]
        self.v_spans = [float(span) for span in v_spans]
        self.u_firsts = [250 - span for span in u_spans]  # of the corner: a cluster may hang over the edge
        self.v_firsts = [768 - span for span in v_spans]
        self.n_shapes = n_shapes
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + size * n_shapes)
        self.starts = starts
        self.register_buffer("rate", torch.zeros(n_sensors, len(sizes)))
        self.register_buffer("spread", torch.zeros(n_sensors))
        self.register_buffer("quantile", torch.zeros(_LEVELS))
        self.register_buffer("alias", torch.zeros(n_sensors * _BINS, dtype=torch.int32))
        self.register_buffer("shape_u", torch.zeros(starts[-1], dtype=torch.int16))
        self.register_buffer("shape_v", torch.zeros(starts[-1], dtype=torch.int16))

    @torch.jit.export
    def event(self, normal: Tensor, uniform: Tensor, cond: Tensor) -> tuple[Tensor, Tensor]:
        """Return context (n, 0) and counts int64 (n, 40, K).

        normal (n, 40): one a sensor; uniform (n, 40, K); cond (n, 1): the factor on all rates.
        """
        factor = (normal * self.spread + 1.0) * cond
        mean = factor.unsqueeze(2) * self.rate
        level = uniform * 4096.0
        high = level.floor()
        dither = level - high + 1.0 / 8192.0
        z = self.quantile.index_select(0, high.to(torch.int64).reshape(-1)).reshape(mean.shape)
        root = (z / (mean.sqrt() * 3.0) + 1.0 - 1.0 / (mean * 9.0)).clamp_min(0.0)
        counts = (mean * root * root * root + dither).floor().to(torch.int64)
        return normal.new_zeros([normal.size(0), 0]), counts

    @torch.jit.export
    def clusters(
        self, k: int, sensor: Tensor, context: Tensor, normal: Tensor, uniform: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return u, v, n_pixels (b,), du, dv, adu (p,) of clusters of class k.

        sensor (b,); context (b, 0); normal (b, 0); uniform (b, 2 + size): corner and shape, corner, charges.
        """
        size = self.sizes[k]
        along_u = uniform[:, 0] * self.u_spans[k]
        corner_u = along_u.floor()
        u = corner_u.to(torch.int64) + self.u_firsts[k]
        v = (uniform[:, 1] * self.v_spans[k]).floor().to(torch.int64) + self.v_firsts[k]
        n_pixels = torch.full_like(u, size)
        if size == 1:
            du = torch.zeros([u.size(0)], dtype=torch.int16)
            dv = du
        else:
            shape = ((along_u - corner_u) * float(self.n_shapes)).to(torch.int64)
            start, stop = self.starts[k], self.starts[k + 1]
            du = self.shape_u[start:stop].view(self.n_shapes, size).index_select(0, shape).reshape(-1)
            dv = self.shape_v[start:stop].view(self.n_shapes, size).index_select(0, shape).reshape(-1)
        word = (uniform[:, 2:] * 16777216.0).to(torch.int32)
        value = torch.bitwise_right_shift(word, 16)
        entry = (value + (sensor * 256).to(torch.int32).unsqueeze(1)).reshape(-1)
        value = value.reshape(-1)
        code = self.alias.index_select(0, entry)
        low = torch.bitwise_and(word, 65535).reshape(-1)
        take_alias = torch.bitwise_right_shift(torch.bitwise_and(code, 131071) + low, 16)
        adu = (value + take_alias * torch.bitwise_right_shift(code, 17)).to(torch.float32)
        return u, v, n_pixels, du, dv, adu
