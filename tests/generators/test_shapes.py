"""Shapes are connected, each pixel once; the number of pixels inside is what counting gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from pxdbkg.generators.baseline import SIZE_SHARES
from pxdbkg.generators.shapes import N_SHAPES, cluster_shapes, pixels_inside


@pytest.mark.parametrize("size", [*SIZE_SHARES, 5, 40])
def test_shapes_are_connected(size: int) -> None:
    du, dv = cluster_shapes(size)
    assert du.shape == dv.shape == (N_SHAPES, size)
    assert du.min() == dv.min() == 0
    for across, along in zip(du, dv, strict=True):
        image = np.zeros((across.max() + 1, along.max() + 1), bool)
        image[across, along] = True
        assert image.sum() == size
        assert ndimage.label(image, np.ones((3, 3)))[1] == 1


def test_most_large_shapes_are_long_in_v() -> None:
    du, dv = cluster_shapes(14)
    assert (dv.max(axis=1) > du.max(axis=1)).mean() > 0.6


def test_pixels_inside_by_counting() -> None:
    du, dv = cluster_shapes(6)
    edges = (9, 11)
    spans = (edges[0] + int(du.max()), edges[1] + int(dv.max()))
    counts = [
        ((across + u >= 0) & (across + u < edges[0]) & (along + v >= 0) & (along + v < edges[1])).sum()
        for across, along in zip(du, dv, strict=True)
        for u in range(edges[0] - spans[0], edges[0])
        for v in range(edges[1] - spans[1], edges[1])
    ]
    mean, square = pixels_inside(du, dv, spans, edges)
    assert mean == pytest.approx(np.mean(counts))
    assert square == pytest.approx(np.mean(np.square(counts)))
