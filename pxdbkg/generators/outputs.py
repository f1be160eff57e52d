"""Checks of what a network returns."""

from __future__ import annotations

import torch

from pxdbkg.errors import PayloadError


def check_output(
    method: str, name: str, value: torch.Tensor, dtype: torch.dtype, shape: tuple[int | None, ...]
) -> None:
    """Raise PayloadError unless an output has this dtype and shape; None stands for any length."""
    fits = len(value.shape) == len(shape) and all(
        want in (None, got) for got, want in zip(value.shape, shape, strict=True)
    )
    if value.dtype != dtype or not fits or value.device.type != "cpu":
        raise PayloadError(
            f"the method '{method}' of the network returned {name} as {_plain(value.dtype)} {tuple(value.shape)} on "
            f"{value.device}, expected {_plain(dtype)} {tuple('any' if n is None else n for n in shape)}. "
            "Change the network and export it again"
        )


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
