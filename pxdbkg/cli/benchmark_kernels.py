"""Rows of ``pxdbkg benchmark kernels``: each compiled step against a read of the memory or the obvious Python."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pxdbkg
from pxdbkg import kernels
from pxdbkg.cli.benchmark import Row, measure
from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits
from pxdbkg.detector.geometry import nominal
from pxdbkg.kernels import random
from pxdbkg.seeding import event_key

THRESHOLD_ADU = 7
SENSORS = np.arange(N_SENSORS, dtype="u1")


def rows(payload_path: str) -> Iterator[Row]:
    """Measure every kernel on a background event of a payload (69,000 digits with the default)."""
    payload = pxdbkg.load_payload(payload_path)
    background = payload.generate(seed=1, events=1).columns
    signal = background.select(np.arange(3, len(background), 14))  # every 14th: about 5,000 digits
    yield from _zero_suppression(background)
    yield from _digit_lists(signal, background)
    yield measure(
        "one event, default payload, noise to digits",
        lambda: payload.generate(seed=1, events=1),
        "one read of its dense maps",
        partial(_read, _maps(background)),
    )


def _maps(digits: Digits) -> NDArray[np.uint8]:
    return digits.to_maps().clip(0, 255).astype("u1")


def _read(array: NDArray[Any]) -> int:
    """Read every byte once, with the widest loads that numpy has."""
    return int(array.view("u1").max())


def _zero_suppression(background: Digits) -> Iterator[Row]:
    import torch

    maps = _maps(background)

    def suppress() -> Digits:
        return kernels.suppress_adu(maps, THRESHOLD_ADU, SENSORS)

    name = f"zero suppression, 40 uint8 maps at {100 * len(background) / maps.size:.1f} %"
    yield measure(name, suppress, "one read of the memory", lambda: _read(maps))
    yield measure(name, suppress, "numpy flatnonzero", lambda: np.flatnonzero(maps))
    yield measure(
        name,
        suppress,
        "numpy nonzero().tolist() and a loop",
        lambda: list(zip(*map(np.ndarray.tolist, maps.nonzero()), strict=True)),
        5,
    )
    values = np.full((N_SENSORS, 256, N_V), -1.0, "f4")
    values[:, 3 : 3 + N_U] = kernels.encode_adu(maps)
    tensor = torch.from_numpy(values)

    def torch_way() -> object:
        adu = torch.pow(256.0, (tensor + 1) / 2).sub(1).clamp(0, 255).to(torch.uint8)[:, 3:-3]
        return torch.nonzero(torch.where(adu >= THRESHOLD_ADU, adu, 0))

    def decode() -> Digits:
        return kernels.suppress_log(values, THRESHOLD_ADU, SENSORS)

    name = "decode and zero suppression, 40 float maps"
    yield measure(name, decode, "one read of the memory", lambda: _read(values))
    yield measure(name, decode, "torch pow, clamp, uint8, nonzero", torch_way, 10)


def _dict_merge(signal: Digits, background: Digits) -> dict[int, int]:
    merged = dict(zip(signal.channel().tolist(), signal.charge.tolist(), strict=True))
    for channel, charge in zip(background.channel().tolist(), background.charge.tolist(), strict=True):
        merged[channel] = merged.get(channel, 0) + charge
    return merged


def _digit_lists(signal: Digits, background: Digits) -> Iterator[Row]:
    from scipy import ndimage

    fired = _maps(background) > 0
    shuffled = background.select(
        np.argsort(random.uniform(event_key(0, "benchmark", 0, 0, 0), 0, 0, len(background))[0])
    )
    eight = np.ones((3, 3))
    n_signal, n_background = len(signal), len(background)
    yield measure(
        f"overlay of {n_background} onto {n_signal} digits",
        lambda: kernels.overlay(signal, background),
        "dict merge in Python",
        lambda: _dict_merge(signal, background),
    )
    yield measure(
        f"sort and merge of {n_background} digits",
        lambda: kernels.sort_digits(shuffled),
        "numpy argsort of the channel",
        lambda: shuffled.select(np.argsort(shuffled.channel())),
    )
    yield measure(
        f"clustering of {n_background} digits",
        lambda: kernels.label(background),
        "scipy.ndimage.label on 40 maps",
        lambda: [ndimage.label(image, eight) for image in fired],
        10,
    )
    labels, n_clusters = kernels.label(background)
    geometry = nominal()
    yield measure(
        f"properties of {n_clusters} clusters",
        lambda: kernels.cluster_properties(background, labels, n_clusters, geometry.u_mm, geometry.v_mm),
        "clustering",
        lambda: kernels.label(background),
    )
    row = np.arange(n_clusters)
    key = event_key(0, "benchmark", 0, 0, 0)
    yield measure(
        f"12 uniforms for each of {n_clusters} clusters",
        lambda: random.uniform(key, 0, row, 12, dtype=np.float32),
        "one write of the memory",
        lambda: np.ones((n_clusters, 12), np.float32),
    )
