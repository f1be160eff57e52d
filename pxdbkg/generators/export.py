"""From a network and its metadata to a payload file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from pxdbkg import __version__
from pxdbkg.generators.allowlist import METHODS, check_graphs
from pxdbkg.generators.load import quiet
from pxdbkg.io import payload as files
from pxdbkg.io.metadata import PayloadInfo, parse_info


def versions() -> dict[str, str]:
    """Return the versions that go into the metadata."""
    return {"pxdbkg": __version__, "torch": torch.__version__.partition("+")[0]}


def write_payload(network: torch.nn.Module, info: PayloadInfo, path: str | Path) -> tuple[PayloadInfo, PayloadInfo]:
    """Write ``NAME.pt`` and ``NAME.npz`` and return their metadata, digests included.

    Parameters
    ----------
    network : of the family that ``info`` names, with weights, in evaluation mode
    info : metadata, checked here; the digest is filled in
    path : of the ``.pt`` file

    The network is frozen with its public methods preserved. Products are not fused or reordered (batch normalization
    stays, for example), so that the numbers are those of the plain network. Raises PayloadError when the metadata are
    wrong or the network does what a payload may not.
    """
    path = Path(path)
    info = parse_info(info.to_json(), "torchscript", str(path))
    methods = list(METHODS[info.kind])
    with quiet(), tempfile.TemporaryDirectory() as folder:
        # A module without forward is frozen through its other public methods.
        frozen = torch.jit.freeze(torch.jit.script(network.eval()), preserved_attrs=methods, optimize_numerics=False)
        check_graphs(frozen, info.kind, str(path))
        saved = Path(folder) / "module.pt"
        torch.jit.save(frozen, str(saved))
        script = files.write_torchscript(path, info, saved)
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return script, files.write_arrays(path.with_suffix(".npz"), info, weights)
