"""Steps of one event under pytest-benchmark: ``pytest tests/benchmarks --benchmark-enable`` times them.

Without that option each runs once, so that the benchmarks stay true. ``pxdbkg benchmark`` gives ratios to references.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pxdbkg
from pxdbkg import kernels
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.generators.payload import Payload
from pxdbkg.kernels import random

MODEL = Path(__file__).parents[2] / "data/models/default.pt"
SENSORS = np.arange(N_SENSORS, dtype="u1")
Benchmark = Callable[..., Any]


@pytest.fixture(scope="module")
def payload() -> Payload:
    return pxdbkg.load_payload(MODEL)


@pytest.fixture(scope="module")
def background(payload: Payload) -> Digits:
    return payload.generate(seed=1, events=1).columns


@pytest.fixture(scope="module")
def maps(background: Digits) -> np.ndarray:
    return background.to_maps().clip(0, 255).astype("u1")


def test_generate_one_event(benchmark: Benchmark, payload: Payload, background: Digits) -> None:
    assert benchmark(lambda: payload.generate(seed=1, events=1)).columns == background


def test_zero_suppression(benchmark: Benchmark, maps: np.ndarray, background: Digits) -> None:
    assert benchmark(kernels.suppress_adu, maps, 7, SENSORS) == background


def test_decode_and_zero_suppression(benchmark: Benchmark, maps: np.ndarray, background: Digits) -> None:
    values = np.full((N_SENSORS, 256, N_V), -1.0, "f4")
    values[:, 3 : 3 + N_U] = kernels.encode_adu(maps)
    assert benchmark(kernels.suppress_log, values, 7, SENSORS) == background


def test_overlay(benchmark: Benchmark, background: Digits) -> None:
    signal = background.select(np.arange(3, len(background), 14))
    overlaid, counts = benchmark(kernels.overlay, signal, background)
    assert counts.shared == len(signal)
    assert len(overlaid) == len(background)


def test_sort(benchmark: Benchmark, background: Digits) -> None:
    order = np.argsort(background.charge, kind="stable")
    digits, _ = benchmark(kernels.sort_digits, background.select(order))
    assert digits == background


def test_clustering(benchmark: Benchmark, background: Digits) -> None:
    labels, n_clusters = benchmark(kernels.label, background)
    assert labels.max() + 1 == n_clusters


def test_cluster_properties(benchmark: Benchmark, background: Digits) -> None:
    labels, n_clusters = kernels.label(background)
    geometry = nominal()
    clusters = benchmark(kernels.cluster_properties, background, labels, n_clusters, geometry.u_mm, geometry.v_mm)
    assert clusters.charge.sum() == background.charge.sum()


def test_uniform_rows(benchmark: Benchmark) -> None:
    rows = np.arange(26_000)
    numbers = benchmark(lambda: random.uniform(bytes(16), 0, rows, 12, dtype=np.float32))
    assert numbers.shape == (26_000, 12)
