"""Graphs that do more than compute on their inputs are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from pxdbkg.errors import PayloadError
from pxdbkg.generators.allowlist import ALLOWED, METHODS
from pxdbkg.generators.export import write_payload
from pxdbkg.generators.load import load_network, quiet
from pxdbkg.io import payload as files
from pxdbkg.io.metadata import PayloadInfo

INFO = PayloadInfo(
    family="toy",
    kind="image",
    configuration={},
    sizes={"event_normals": 0, "context": 0, "noise": [1]},
    block_sizes={"images": 1},
    sensors=(0,),
    threshold_adu=7,
    conditions=(),
    training={},
    settings={},
    validation={},
    versions={},
    note="",
)


class Base(torch.nn.Module):
    @torch.jit.export
    def event(self, noise: Tensor, cond: Tensor) -> Tensor:
        return noise


class Random(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.randn([1, 1, 256, 768])


class Dropout(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.nn.functional.dropout(noise, 0.5, True)


class InBranch(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        if bool(noise.sum() > 0):
            for _ in range(int(sensor.sum())):
                noise = noise + torch.rand_like(noise)
        return noise


class InSubmodule(Base):
    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.RReLU()
        self.inner.training = True

    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.rrelu(noise, 0.1, 0.3, True)


class Printing(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        print(noise)
        return noise


class File(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.from_file("/etc/hostname", False, 4)


class InPlace(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return noise.add_(1.0)


class OutArgument(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.add(noise, context, out=context)


class State(Base):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        self.calls += 1
        return noise * self.calls


class WrongArguments(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: int, context: Tensor) -> Tensor:
        return noise * sensor


class WrongResult(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return noise, context


class Harmless(Base):
    @torch.jit.export
    def image(self, noise: Tensor, sensor: Tensor, context: Tensor) -> Tensor:
        return torch.tanh(noise).reshape(-1, 1, 1, 1).expand(1, 1, 256, 768)


BAD = [
    (Random, "aten::randn"),
    (Dropout, "aten::dropout"),
    (InBranch, "aten::rand_like"),
    (InSubmodule, "aten::rrelu"),
    (Printing, "prim::Print"),
    (File, "aten::from_file"),
    (InPlace, "aten::add_"),
    (OutArgument, "writes to its argument"),
    (State, "prim::SetAttr"),
    (WrongArguments, "(Tensor, int, Tensor) -> Tensor"),
    (WrongResult, "-> Tuple[Tensor, Tensor]"),
]


@pytest.mark.parametrize(("network", "word"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_export_refuses(network: type[torch.nn.Module], word: str, tmp_path: Path) -> None:
    with pytest.raises(PayloadError) as caught:
        write_payload(network(), INFO, tmp_path / "bad.pt")
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("network", "word"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_loading_refuses(network: type[torch.nn.Module], word: str, tmp_path: Path) -> None:
    """A file that was not made by our export is refused too."""
    path = tmp_path / "foreign.pt"
    with quiet():
        torch.jit.save(torch.jit.script(network().eval()), str(tmp_path / "saved"))
    info = files.write_torchscript(path, INFO, tmp_path / "saved")
    assert files.check(path) == info
    with pytest.raises(PayloadError, match=r"foreign\.pt: ") as caught:
        load_network(path, info)
    assert word in str(caught.value)


def test_missing_method_is_told(tmp_path: Path) -> None:
    class Half(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    with quiet():
        torch.jit.save(torch.jit.script(Half().eval()), str(tmp_path / "saved"))
    info = files.write_torchscript(tmp_path / "half.pt", INFO, tmp_path / "saved")
    with pytest.raises(PayloadError, match="no method 'event'"):
        load_network(tmp_path / "half.pt", info)


def test_harmless_network_passes(tmp_path: Path) -> None:
    info, _ = write_payload(Harmless(), INFO, tmp_path / "good.pt")
    assert load_network(tmp_path / "good.pt", info) is not None


def test_list_holds_no_randomness_and_no_writing() -> None:
    words = ("rand", "normal", "dropout", "bernoulli", "multinomial", "file", "save", "load", "Python", "SetAttr")
    assert not [name for name in ALLOWED for word in words if word in name.partition("::")[2].replace("batch_norm", "")]
    assert not [name for name in ALLOWED if name.endswith("_") and not name.endswith("__")]
    assert set(METHODS) == {"image", "clusters"}
