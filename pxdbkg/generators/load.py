"""From a payload file to a network that can be called, and the state of torch around a call."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pxdbkg.errors import PayloadError
from pxdbkg.generators.allowlist import check_graphs
from pxdbkg.generators.families import build
from pxdbkg.io import payload as files
from pxdbkg.io.metadata import PayloadInfo


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the notice that TorchScript is deprecated; the .npz beside a payload is there for when it goes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


_PROCESS = os.getpid()


@contextmanager
def computing(threads: int) -> Iterator[None]:
    """Compute without gradients in ``threads`` intra-op threads; afterwards all is as before.

    A process that was forked from here computes in one thread: the pool of its parent does not exist in it, and torch
    would wait for that for ever.
    """
    if os.getpid() != _PROCESS:
        threads = 1
    before = torch.get_num_threads()
    if before != threads:
        torch.set_num_threads(threads)
    try:
        # The optimizing executor watches the first calls and then changes the code; the plain one never does.
        with torch.inference_mode(), torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
            yield
    finally:
        if before != threads:
            torch.set_num_threads(before)


def load_network(path: str | Path, info: PayloadInfo) -> Any:
    """Return the network of a payload file that ``pxdbkg.io.payload.check`` has passed.

    Parameters
    ----------
    path : ``.pt``, loaded by TorchScript and its graphs checked, or ``.npz``, rebuilt from family and configuration
    info : its metadata

    Raises PayloadError when torch cannot load it, or it does what a payload may not, or weights do not fit.
    """
    if info.storage == "torchscript":
        try:
            with quiet():
                network = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
        except (RuntimeError, ValueError) as error:
            raise PayloadError(
                f"{path}: torch {torch.__version__} cannot load it ({_first_line(error)}). "
                "Use the .npz beside it, or export it again"
            ) from None
        check_graphs(network, info.kind, str(path))
        return network
    network = build(info.family, info.configuration)
    weights = {name: torch.from_numpy(array) for name, array in files.read_arrays(path).items()}
    expected = network.state_dict()
    for name in sorted(expected.keys() | weights.keys()):
        shapes = [tuple(table[name].shape) if name in table else None for table in (weights, expected)]
        types = [table[name].dtype if name in table else None for table in (weights, expected)]
        if shapes[0] != shapes[1] or types[0] != types[1]:
            raise PayloadError(
                f"{path}: weights '{name}' are {types[0]} {shapes[0]}, family '{info.family}' needs {types[1]} "
                f"{shapes[1]}. Export it again"
            )
    network.load_state_dict(weights, assign=True)
    return network


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
