"""Input modules in forked workers: the files that the parent opened give every worker the right events."""

from pathlib import Path

import numpy as np
import pytest

import pxdbkg
from pxdbkg.detector.digits import Digits
from pxdbkg.framework import EventMeta
from pxdbkg.io.digit_file import open_writer

N_EVENTS = 24


@pytest.mark.parametrize(("ending", "compress"), [(".npz", False), (".npz", True), (".root", False)])
@pytest.mark.parametrize("module", ["DigitInput", "BGOverlayInput"])
def test_any_number_of_workers_writes_the_same_file(tmp_path: Path, ending: str, compress: bool, module: str) -> None:
    random = np.random.default_rng(1)
    source = tmp_path / f"source{ending}"
    with open_writer(source, ["PXDDigits"], {}, **({"compress": True} if compress else {})) as writer:
        for event in range(N_EVENTS):
            channel = np.sort(random.choice(40 * 768 * 250, 3000, replace=False))
            row, u = np.divmod(channel, 250)
            charge = random.integers(7, 256, 3000).astype("u2")
            digits = Digits((row // 768).astype("u1"), u.astype("u2"), (row % 768).astype("u2"), charge)
            writer.write(EventMeta(0, 0, event), {"PXDDigits": digits})
    outputs = []
    for processes in (1, 3):
        path = pxdbkg.create_path()
        read = path.add_module(module, files=[str(source)])
        (collection,) = read.writes()
        path.add_module("PXDDigitSorter", digits=collection)
        path.add_module("DigitOutput", file=str(tmp_path / f"{processes}.npz"), collections=[collection])
        events = None if module == "DigitInput" else {"count": N_EVENTS}
        pxdbkg.process(path, processes, events=events, seed=1)
        outputs.append((tmp_path / f"{processes}.npz").read_bytes())
    assert outputs[0] == outputs[1]
