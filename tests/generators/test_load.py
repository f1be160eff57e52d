"""Loading: what torch says about a file becomes one line, and weights must fit their family."""

from __future__ import annotations

import dataclasses
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pxdbkg.errors import PayloadError
from pxdbkg.generators.load import computing, load_network, quiet
from pxdbkg.generators.payload import Payload, load_payload
from pxdbkg.io import payload as files

GOLDEN = Path(__file__).parents[1] / "golden"


def test_file_that_torch_cannot_load(tmp_path: Path) -> None:
    from pxdbkg.io.zipstore import ZipWriter

    with ZipWriter(tmp_path / "saved") as archive:
        archive.add_bytes("archive/data.pkl", b"\x80\x02}.")
        archive.add_bytes("archive/version", b"3\n")
    info = files.write_torchscript(
        tmp_path / "broken.pt", files.read_info(GOLDEN / "payload_v1.pt"), tmp_path / "saved"
    )
    with pytest.raises(PayloadError, match=r"broken\.pt: torch .* cannot load it") as caught:
        load_network(tmp_path / "broken.pt", info)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["drop", "shape", "dtype", "more", "family", "configuration"])
def test_weights_that_do_not_fit(tmp_path: Path, change: str) -> None:
    info, arrays = files.check(GOLDEN / "payload_v1.npz"), files.read_arrays(GOLDEN / "payload_v1.npz")
    if change == "drop":
        del arrays["rate"]
    elif change == "shape":
        arrays["rate"] = arrays["rate"][:, :-1]
    elif change == "dtype":
        arrays["rate"] = arrays["rate"].astype(np.float64)
    elif change == "more":
        arrays["extra"] = np.zeros(1, np.float32)
    elif change == "family":
        info = dataclasses.replace(info, family="unheard")
    else:
        info = dataclasses.replace(info, configuration={"unheard": 1})
    files.write_arrays(tmp_path / "a.npz", info, arrays)
    with pytest.raises(PayloadError) as caught:
        load_payload(tmp_path / "a.npz")
    assert "\n" not in str(caught.value)
    assert {"drop": "'rate'", "shape": "(40, 7)", "dtype": "float64", "more": "'extra'"}.get(change, "unheard") in str(
        caught.value
    )


def test_computing_restores_threads_after_an_error() -> None:
    before = torch.get_num_threads()

    def fail() -> None:
        with computing(before + 1):
            assert torch.get_num_threads() == before + 1
            assert torch.is_inference_mode_enabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert torch.get_num_threads() == before
    assert not torch.is_inference_mode_enabled()


def test_quiet_is_local() -> None:
    with quiet():
        warnings.warn("not seen", DeprecationWarning, stacklevel=1)
    with pytest.warns(DeprecationWarning, match="seen"):
        warnings.warn("seen", DeprecationWarning, stacklevel=1)


def test_file_may_be_renamed(tmp_path: Path, make_toy: Callable[..., Payload]) -> None:
    toy = make_toy("clusters")
    other = load_payload(shutil.copy(toy.path, tmp_path / "other name.pt"))
    assert other.generate(seed=1, events=3).columns == toy.generate(seed=1, events=3).columns
