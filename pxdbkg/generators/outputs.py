"""Checks of what a network returns."""

from __future__ import annotations

import torch

from pxdbkg.errors import PayloadError


def check_output(
    method: str, name: str, value: torch.Tensor, dtype: torch.dtype, shape: tuple[int | None, ...]
) -> None:
    """Raise PayloadError unless an output has this dtype and shape; None stands for any length."""
    found = tuple(value.shape)
    if value.dtype is not dtype or not value.is_cpu or (found != shape and not _fits(found, shape)):
        raise PayloadError(
            f"the method '{method}' of the network returned {name} as {_plain(value.dtype)} {found} on "
            f"{value.device}, expected {_plain(dtype)} {tuple('any' if n is None else n for n in shape)}. "
            "Change the network and export it again"
        )


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(found) == len(shape) and all(want in (None, got) for got, want in zip(found, shape, strict=True))


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
