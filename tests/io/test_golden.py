"""A digit file of every format version stays in ``tests/golden`` and must load for ever."""

from pathlib import Path

import numpy as np

from pxdbkg.detector import Clusters, Digits
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_digits, open_writer

VERSION_1 = Path(__file__).parents[1] / "golden" / "digits_v1.npz"


def digits(n):
    channel = np.arange(n) * 91_009
    return Digits(
        (channel // 192_000).astype("u1"),
        (channel % 250).astype("u2"),
        (channel // 250 % 768).astype("u2"),
        (7 + np.arange(n) * 37 % 249).astype("u2"),
    )


def events():
    for event, n in ((1, 80), (2, 0), (2**40, 3)):
        clusters = Clusters(*((np.arange(n) * k % 40).astype(t) for k, t in enumerate(Clusters.dtypes.values(), 1)))
        data = {"PXDDigits": digits(n), "PXDDigits_beamBG": digits(n // 2), "PXDClusters": clusters}
        extras = {
            "conditions/current_her_mA": 900.5 + n,
            "events/gated": int(n > 3),
            "events/trigger_gate": n,
            "Gating/start_ns": np.arange(n % 3, dtype="f4"),
        }
        yield EventMeta(12, 7, event), data, extras


def write_version_1(path):
    with open_writer(path, ["PXDDigits", "PXDDigits_beamBG", "PXDClusters"], {"seed": "42"}) as writer:
        for event in events():
            writer.write(*event)


def test_version_1_loads():
    with open_digits(VERSION_1) as reader:
        reader.verify()
        assert reader.provenance == {"seed": "42", "format": "pxdbkg-digits", "format_version": 1}
        for entry, (meta, data, extras) in enumerate(events()):
            ids = tuple(int(column[entry]) for column in reader.event_ids())
            assert ids == (meta.experiment, meta.run, meta.event)
            assert reader.read("PXDDigits", entry) == data["PXDDigits"]
            assert reader.read("PXDDigits_beamBG", entry) == data["PXDDigits_beamBG"]
            assert reader.clusters("PXDClusters", entry) == data["PXDClusters"]
            assert reader.gating(entry).tolist() == extras["Gating/start_ns"].tolist()
            assert {name: values[entry] for name, values in reader.extras.items()} == {
                name: value for name, value in extras.items() if name != "Gating/start_ns"
            }


def test_version_1_is_still_written_to_the_byte(tmp_path):
    write_version_1(tmp_path / "now.npz")
    assert (tmp_path / "now.npz").read_bytes() == VERSION_1.read_bytes()
