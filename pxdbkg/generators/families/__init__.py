"""Network families: what a payload's ``family`` and ``configuration`` stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from pxdbkg.errors import PayloadError
from pxdbkg.generators.families.baseline import Baseline
from pxdbkg.generators.families.convnet import ConvNet
from pxdbkg.generators.families.resnet import ResNet

FAMILIES: dict[str, type[torch.nn.Module]] = {"baseline": Baseline, "convnet": ConvNet, "resnet": ResNet}


def build(family: str, configuration: Mapping[str, Any]) -> torch.nn.Module:
    """Return the network of a family, in evaluation mode, its weights without storage.

    Parameters
    ----------
    family : a key of ``FAMILIES``
    configuration : keyword arguments of its class

    Fill the weights with ``load_state_dict(weights, assign=True)``: nothing is drawn from torch's generator on the
    way. Raises PayloadError for an unknown family or a configuration that its class does not take.
    """
    if family not in FAMILIES:
        raise PayloadError(f"family '{family}': is unknown (allowed: {', '.join(FAMILIES)}). Install a newer pxdbkg")
    with torch.device("meta"):
        try:
            return FAMILIES[family](**configuration).eval()
        except TypeError as error:
            raise PayloadError(f"family '{family}': wrong configuration ({error}). Export it again") from None
