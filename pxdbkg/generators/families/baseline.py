"""The null model: independent clusters at uniform positions, with published means, Fano factors and charges.

It uses floor, comparison, gathering, integer arithmetic and single + - * / sqrt only, so that it gives the same bytes
on every machine. ``pxdbkg.generators.baseline`` fills its tables.
"""

import torch
from torch import Tensor

_LEVELS = 4096  # of the normal quantiles: the high 12 bits of a uniform number
_BINS = 256  # of an alias table: the high 8 bits; the low 16 decide between its two values


class Baseline(torch.nn.Module):
    """Clusters of K classes of fixed size; kind ``clusters``.

    Parameters
    ----------
    sizes : pixels of a cluster of each class (K)
    n_shapes : shapes of each class, all equally likely
    n_sensors : 40

    Counts: class k of sensor s has the mean scale * rate[s, k] * (1 + spread[s] * z_s), where z_s is one normal number
    a sensor. Given its mean m it is the floor of G + d, where G = m (1 - 1/(9m) + z/(3 sqrt m))^3 follows the gamma
    law of mean and variance m (E. B. Wilson, M. M. Hilferty, PNAS 17 (1931) 684) and d is uniform in [0, 1), which
    keeps the mean; z comes from the high and d from the low 12 bits of one uniform number.
    Charges: alias tables (A. J. Walker, ACM TOMS 3 (1977) 253) of 256 values a sensor, one uniform number a pixel. An
    entry is (alias - value) * 2^17 + 2^16 - (probability of value) * 2^16.
    Positions: the corner of a cluster is ``firsts`` + floor(uniform * ``spans``), (K, 2) each for u and v, so that a
    cluster may hang over the edge; the fraction that is left of u chooses the shape.
    """

    rate: Tensor
    spread: Tensor
    quantile: Tensor
    alias: Tensor
    spans: Tensor
    firsts: Tensor
    shapes: Tensor

    def __init__(self, sizes: list[int], n_shapes: int, n_sensors: int = 40) -> None:
        super().__init__()
        self.sizes = sizes
        self.n_shapes = n_shapes
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + size * n_shapes)
        self.starts = starts
        self.register_buffer("spans", torch.zeros(len(sizes), 2))
        self.register_buffer("firsts", torch.zeros(len(sizes), 2, dtype=torch.int64))
        self.register_buffer("rate", torch.zeros(n_sensors, len(sizes)))
        self.register_buffer("spread", torch.zeros(n_sensors))
        self.register_buffer("quantile", torch.zeros(_LEVELS))
        self.register_buffer("alias", torch.zeros(n_sensors * _BINS, dtype=torch.int32))
        self.register_buffer("shapes", torch.zeros(2 * starts[-1], dtype=torch.int16))

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
        along = uniform[:, :2] * self.spans[k]
        corner = along.floor()
        u, v = (corner.to(torch.int64) + self.firsts[k]).unbind(1)
        if size == 1:
            du = torch.zeros([u.size(0)], dtype=torch.int16)
            dv = du
        else:
            shape = ((along - corner)[:, 0] * float(self.n_shapes)).to(torch.int64)
            table = self.shapes[2 * self.starts[k] : 2 * self.starts[k + 1]].view(2, self.n_shapes, size)
            du, dv = table.index_select(1, shape).view(2, -1).unbind(0)
        # Sensor in 6 bits, cell of its alias table in 8, fraction in 16.
        word = (uniform[:, 2:] * 16777216.0).to(torch.int32) + (sensor * 16777216).to(torch.int32).unsqueeze(1)
        word = word.view(-1)
        cell = torch.bitwise_right_shift(word, 16)
        entry = self.alias.index_select(0, cell)
        low = torch.bitwise_and(entry, 131071) + torch.bitwise_and(word, 65535)
        step = torch.bitwise_right_shift(low, 16) * torch.bitwise_right_shift(entry, 17)
        adu = (torch.bitwise_and(cell, 255) + step).to(torch.float32)
        return u, v, torch.full_like(u, size), du, dv, adu
