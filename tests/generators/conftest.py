"""Payloads for the tests of this folder: the null model, and toy networks with faults to choose from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pxdbkg.generators.export import write_payload
from pxdbkg.generators.payload import Payload, load_payload
from pxdbkg.io.metadata import Condition, PayloadInfo

ROOT = Path(__file__).parents[2]


class ToyImages(torch.nn.Module):
    """A ramp in u and v, moved by noise, context and sensor; kind image."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.fault = fault
        ramp = torch.linspace(-1.4, 0.3, 256).reshape(256, 1) + torch.linspace(-0.6, 0.0, 768)
        self.register_buffer("ramp", ramp)

    @torch.jit.export
    def event(self, noise: Tensor, cond: Tensor) -> Tensor:
        return noise[:, :, :1] * cond.unsqueeze(2)

    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        shift = noise[:, 0, 0] * 0.05 + context[:, 0] * 0.05 + sensor.to(torch.float32) * 0.01
        images = torch.tanh(self.ramp + shift.reshape(-1, 1, 1)).unsqueeze(1)
        if self.fault == "nan":
            images = images / (images - images)
        if self.fault == "double":
            images = images.to(torch.float64)
        if self.fault == "shape":
            images = images[:, :, 3:-3]
        return images


class ToyClusters(torch.nn.Module):
    """Two classes of clusters of one to three pixels, placed by normal and uniform numbers; kind clusters."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.fault = fault
        self.weight = torch.nn.Parameter(torch.linspace(-1.0, 1.0, 9).reshape(3, 3))

    @torch.jit.export
    def event(self, normal: Tensor, uniform: Tensor, cond: Tensor) -> tuple[Tensor, Tensor]:
        counts = (uniform * 9.0 * cond.unsqueeze(2)).to(torch.int64)
        if self.fault == "negative":
            counts = counts - 100
        return normal, counts

    @torch.jit.export
    def clusters(
        self, k: int, sensor: Tensor, context: Tensor, normal: Tensor, uniform: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        u = (uniform[:, 0] * 250.0).to(torch.int64)
        v = (uniform[:, 1] * 768.0).to(torch.int64)
        n_pixels = 1 + k + (uniform[:, 2] * 2.0).to(torch.int64)
        hidden = torch.tanh(torch.nn.functional.linear(torch.cat([normal, context], 1), self.weight))
        adu = (20.0 + 10.0 * hidden.sum(1) + sensor.to(torch.float32)).repeat_interleave(n_pixels)
        steps = torch.arange(adu.size(0)) - (n_pixels.cumsum(0) - n_pixels).repeat_interleave(n_pixels)
        du = torch.zeros_like(steps).to(torch.int16)
        dv = steps.to(torch.int16)
        if self.fault == "nan":
            adu = adu / (adu - adu)
        if self.fault == "infinite":
            adu = adu / torch.zeros_like(adu)
        if self.fault == "double":
            adu = adu.to(torch.float64)
        if self.fault == "lengths":
            adu = adu[1:]
        if self.fault == "index":
            u = self.weight[0].index_select(0, u + 100).to(torch.int64)
        return u, v, n_pixels, du, dv, adu


def toy_info(kind: str, **changes: Any) -> PayloadInfo:
    """Metadata that fit the toys; the image toy covers sensors 0 to 4 in blocks of two."""
    image = kind == "image"
    fields: dict[str, Any] = {
        "family": "toy",
        "kind": kind,
        "configuration": {},
        "sizes": {"event_normals": 2, "context": 1, "noise": [3, 2]}
        if image
        else {"event_normals": 2, "context": 2, "classes": 2, "normals": [1, 1], "uniforms": [3, 3]},
        "block_sizes": {"images": 2} if image else {"rows": [64, 64]},
        "sensors": tuple(range(5 if image else 40)),
        "threshold_adu": 7,
        "conditions": (Condition("occupancy_scale", "", 0.5, 2.0, 1.0),),
        "training": {},
        "settings": {},
        "validation": {},
        "versions": {},
        "note": "a toy",
    }
    return PayloadInfo(**fields | changes)


@pytest.fixture
def make_toy(tmp_path: Path) -> Callable[..., Payload]:
    """Write and load a toy payload: ``make_toy(kind, fault, **changes of the metadata)``."""

    def make(kind: str, fault: str = "", **changes: Any) -> Payload:
        network = (ToyImages if kind == "image" else ToyClusters)(fault)
        path = tmp_path / f"{kind}{fault}.pt"
        write_payload(network, toy_info(kind, **changes), path)
        return load_payload(path)

    return make


@pytest.fixture(scope="session")
def null_model() -> Payload:
    """The baseline that is the default model."""
    return load_payload(ROOT / "data" / "models" / "default.pt")
