"""ConvNet and ResNet: layers and names of the published networks, and the same bytes as plain torch."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from pxdbkg.generators import noise
from pxdbkg.generators.export import write_payload
from pxdbkg.generators.families import build
from pxdbkg.generators.load import computing
from pxdbkg.generators.payload import load_payload
from pxdbkg.generators.untrained import IMAGES_OF_A_BLOCK, make_untrained
from pxdbkg.kernels.zero_suppression import suppress_log
from pxdbkg.seeding import event_key


@pytest.mark.parametrize(("family", "parameters"), [("convnet", 20_444_865), ("resnet", 6_648_097)])
def test_number_of_parameters(family: str, parameters: int) -> None:
    assert sum(tensor.numel() for tensor in build(family, {}).parameters()) == parameters


def test_names_and_shapes_of_convnet() -> None:
    state = {name: tuple(tensor.shape) for name, tensor in build("convnet", {}).state_dict().items()}
    assert state["fc.weight"] == (98304, 96)
    channels = (512, 512, 256, 128, 64, 32, 1)
    for number, (fan_in, fan_out) in enumerate(pairwise(channels)):
        assert state[f"features.{4 * number}.weight"] == (fan_out, fan_in, 5, 5)
        if fan_out > 1:
            assert state[f"features.{4 * number + 1}.running_mean"] == (fan_out,)


def test_names_and_shapes_of_resnet() -> None:
    state = {name: tuple(tensor.shape) for name, tensor in build("resnet", {}).state_dict().items()}
    assert state["fc.weight"] == (49152, 96)
    channels = (256, 256, 128, 64, 32, 16)
    for number, (fan_in, fan_out) in enumerate(pairwise(channels)):
        assert state[f"blocks.{number}.conv1.weight"] == (fan_out, fan_in, 3, 3)
        assert state[f"blocks.{number}.conv2.weight"] == (fan_out, fan_out, 3, 3)
        assert state[f"blocks.{number}.conv.weight"] == (fan_out, fan_in, 1, 1)
        assert state[f"blocks.{number}.norm1.weight"] == (fan_in,)
        assert state[f"blocks.{number}.norm2.weight"] == (fan_out,)
    assert state["norm.weight"] == (16,)
    assert state["conv.weight"] == (1, 16, 3, 3)


def check_against_plain_torch(family: str, path: Path) -> None:
    """Two of the sensors of an event: the payload, its arrays, and plain torch with the same block."""
    network, info = make_untrained(family, 0)
    assert info.note == "untrained, for shapes and speed only"
    write_payload(network, info, path)
    payload = load_payload(path)
    digits = payload.generate(seed=5, events=9, sensors=[0, 1]).columns
    sensors = np.arange(IMAGES_OF_A_BLOCK, dtype=np.uint8)
    z = torch.from_numpy(noise.image_normals(event_key(5, "PXDBackgroundGenerator", 0, 0, 9), sensors, (96,)))
    with computing(1):
        images = network.image(z, torch.from_numpy(sensors.astype(np.int64)), torch.zeros(len(sensors), 0))
    assert tuple(images.shape) == (IMAGES_OF_A_BLOCK, 1, 256, 768)
    assert digits == suppress_log(images[:2, 0].numpy().copy(), 7, sensors[:2])
    assert load_payload(path.with_suffix(".npz")).generate(seed=5, events=9, sensors=[0, 1]).columns == digits
    assert payload.generate(seed=5, events=9, sensors=[1]).columns == digits.select(digits.sensor == 1)
    assert 0.0005 < len(digits) / (2 * 250 * 768) < 0.05  # one image is unlike another


def test_resnet_against_plain_torch(tmp_path: Path) -> None:
    check_against_plain_torch("resnet", tmp_path / "resnet.pt")


@pytest.mark.slow
def test_convnet_against_plain_torch(tmp_path: Path) -> None:
    check_against_plain_torch("convnet", tmp_path / "convnet.pt")


@pytest.mark.slow
@pytest.mark.parametrize("family", ["convnet", "resnet"])
def test_whole_event_in_a_gigabyte(tmp_path: Path, family: str) -> None:
    path = tmp_path / f"{family}.pt"
    write_payload(*make_untrained(family, 0), path)
    code = (
        "import re, pxdbkg\n"
        f"digits = pxdbkg.load_payload({str(path)!r}).generate(seed=1, events=1).columns\n"
        # Its own peak: ru_maxrss would include that of the process which started it.
        "print(len(digits), re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    digits, peak_kb = map(int, done.stdout.split())
    assert 0.005 < digits / (40 * 250 * 768) < 0.02
    assert peak_kb < 1e6


def test_weights_depend_on_the_seed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pxdbkg.generators.untrained._set_last_layer", lambda *_: None)
    first, again, other = (make_untrained("resnet", seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])
    assert first["blocks.0.conv1.weight"].std().item() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)
