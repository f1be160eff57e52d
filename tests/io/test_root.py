import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import awkward as ak
import numpy as np
import pytest
import uproot

from pxdbkg.detector import Digits, vxd_id
from pxdbkg.errors import DigitError, FileError, MissingExtra
from pxdbkg.io import root
from pxdbkg.io.digit_file import open_digits, open_writer

MEMBERS = {"sensor": "m_sensorID", "u": "m_uCellID", "v": "m_vCellID", "charge": "m_charge"}


def meta(event):
    return SimpleNamespace(experiment=0, run=0, event=event)


def basf2_columns(events, name="PXDDigits"):
    """Columns of events under the names of basf2, jagged arrays of unsigned short."""
    columns = {}
    for column, member in MEMBERS.items():
        parts = [vxd_id(event.sensor) if column == "sensor" else event[column] for event in events]
        columns[f"{name}.{member}"] = ak.unflatten(np.concatenate(parts).astype("u2"), [len(part) for part in parts])
    return columns


def write_tree(path, columns, name="tree"):
    types = {
        column: values.type.content if isinstance(values, ak.Array) else values.dtype
        for column, values in columns.items()
    }
    with uproot.recreate(path) as file:
        # basf2's counters have names of their own, such as PXDDigits_
        file.mktree(name, types, counter_name=lambda column: column.replace(".", "_") + "_").extend(columns)
    return path


def write_basf2(path, events, **more):
    return write_tree(path, {**basf2_columns(events), **more})


def test_what_is_written_is_read(sample, tmp_path):
    path = sample.write(tmp_path / "a.root")
    with open_digits(path) as reader:
        assert reader.kind == "root"
        assert reader.collections == ["PXDDigits", "PXDDigits_beamBG"]
        assert reader.cluster_collections == ["PXDClusters"]
        assert reader.n_events == 3
        assert list(zip(*(column.tolist() for column in reader.event_ids()), strict=True)) == sample.ids
        assert [column.dtype for column in reader.event_ids()] == ["i4", "i4", "i8"]
        assert reader.provenance == {**sample.provenance, "format": "pxdbkg-digits", "format_version": 1}
        for index, event in enumerate(sample.events):
            assert reader.read("PXDDigits_beamBG", index) == event["PXDDigits_beamBG"]
            assert reader.clusters("PXDClusters", index) == event["PXDClusters"]
        assert reader.counts("PXDDigits").tolist() == [5, 0, 9]
        assert reader.counts("PXDClusters").tolist() == [5, 0, 9]
        assert reader.extras == {}
        assert reader.gating(0) is None
        reader.verify()
    assert [file.name for file in tmp_path.iterdir()] == ["a.root"]


def test_npz_and_root_hold_the_same(sample, tmp_path):
    with open_digits(sample.write(tmp_path / "a.npz")) as one, open_digits(sample.write(tmp_path / "a.root")) as other:
        assert (one.collections, one.cluster_collections) == (other.collections, other.cluster_collections)
        assert one.provenance == other.provenance
        for collection in one.collections:
            tables = [reader.table(collection, 0, 3) for reader in (one, other)]
            assert tables[0].columns == tables[1].columns
            assert tables[0].columns.digest() == tables[1].columns.digest()
            np.testing.assert_array_equal(tables[0].offsets, tables[1].offsets)


def test_a_plain_tree_is_written(sample, tmp_path):
    with uproot.open(sample.write(tmp_path / "a.root")) as file:
        assert file.classnames() == {"tree;1": "TTree", "provenance;1": "TObjString"}
        types = {name: branch.typename for name, branch in file["tree"].items()}
    assert list(types)[:8] == [
        "events_experiment", "events_run", "events_event",
        "nPXDDigits", "PXDDigits_sensor", "PXDDigits_u", "PXDDigits_v", "PXDDigits_charge",
    ]  # fmt: skip
    assert types["PXDDigits_sensor"] == "uint8_t[]"
    assert types["PXDDigits_charge"] == "uint16_t[]"
    assert types["PXDClusters_u_mm"] == "float[]"
    assert types["events_event"] == "int64_t"


def test_further_values_of_events(tmp_path):
    starts = [[1.5], [], [2.5, -3.5]]
    with open_writer(tmp_path / "a.root", ["D"], {}) as writer:
        for index, start in enumerate(starts):
            extras = {"events/trigger_gate": index, "conditions/x": 0.1 * index, "events/gated": True}
            writer.write(meta(index), {"D": Digits.empty()}, extras | {"Gating/start_ns": np.array(start, "f4")})
    with open_digits(tmp_path / "a.root") as reader:
        assert {name: values.tolist() for name, values in reader.extras.items()} == {
            "conditions/x": [0.0, 0.1, 0.2],
            "events/gated": [1, 1, 1],
            "events/trigger_gate": [0, 1, 2],
        }
        assert [reader.gating(index).tolist() for index in range(3)] == starts


def test_blocks_on_both_sides(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(root, "_BLOCK_BYTES", 1)
    monkeypatch.setattr(root, "_BLOCK_EVENTS", 2)
    events = [sample.events[0]["PXDDigits"].select(slice(0, n)) for n in (3, 0, 5, 1, 2, 4, 0)]
    with open_writer(tmp_path / "a.root", ["D"], {}) as writer:
        for index, event in enumerate(events):
            writer.write(meta(index), {"D": event})
    with uproot.open(tmp_path / "a.root") as file:
        assert file["tree"]["D_charge"].num_baskets > 3
    with open_digits(tmp_path / "a.root") as reader:
        assert reader.counts("D").tolist() == [3, 0, 5, 1, 2, 4, 0]
        for first in range(7):
            for count in range(8 - first):
                table = reader.table("D", first, count)
                assert list(table.events()) == events[first : first + count]
        assert reader.read("D", 2) == events[2]


def test_pages_of_the_file_are_handed_back(tmp_path):
    path = tmp_path / "a.root"
    rng = np.random.default_rng(1)
    channel = np.sort(rng.choice(40 * 768 * 250, 300_000, replace=False))
    event = Digits(
        (channel // 192_000).astype("u1"),
        (channel % 250).astype("u2"),
        (channel // 250 % 768).astype("u2"),
        rng.integers(7, 256, 300_000).astype("u2"),
    )
    with open_writer(path, ["D"], {}) as writer:
        for index in range(3):
            writer.write(meta(index), {"D": event})
    with open_digits(path) as reader:
        assert reader.read("D", 2) == event
        resident, inside = 0, False
        for line in Path("/proc/self/smaps").read_text().splitlines():
            if "-" in line.split()[0]:
                inside = line.endswith(str(path))
            elif inside and line.startswith("Rss:"):
                resident += 1024 * int(line.split()[1])
    assert resident < path.stat().st_size / 2


def test_a_file_without_events(tmp_path):
    open_writer(tmp_path / "a.root", ["D"], {}).close()
    with open_digits(tmp_path / "a.root") as reader:
        assert (reader.collections, reader.n_events) == (["D"], 0)
        assert len(reader.table("D", 0, 0).columns) == 0
        assert reader.counts("D").shape == (0,)


def test_a_failed_job_leaves_no_file(sample, tmp_path):
    path = tmp_path / "a.root"
    path.write_text("before")

    def job():
        with open_writer(path, ["D"], {}) as writer:
            writer.write(meta(0), {"D": sample.events[0]["PXDDigits"]})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job()
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.root"]


def test_files_of_basf2(sample, tmp_path):
    events = [event["PXDDigits"] for event in sample.events]
    numbers = {
        "EventMetaData.m_event": np.array([7, 8, 4_000_000_000], "u4"),
        "EventMetaData.m_run": np.array([1, 1, 2], "i4"),
        "EventMetaData.m_experiment": np.array([0, 0, 1003], "i4"),
    }
    more = numbers | basf2_columns(events[::-1], "PXDDigits_beamBG")
    with open_digits(write_basf2(tmp_path / "a.root", events, **more)) as reader:
        assert reader.collections == ["PXDDigits", "PXDDigits_beamBG"]
        assert [ids.tolist() for ids in reader.event_ids()] == [[0, 0, 1003], [1, 1, 2], [7, 8, 4_000_000_000]]
        assert [reader.read("PXDDigits", index) for index in range(3)] == events
        assert [reader.read("PXDDigits_beamBG", index) for index in range(3)] == events[::-1]
        assert reader.provenance == {}


class StubFile(dict):
    """The part of uproot's interface that the reader uses, over branches that uproot cannot write."""

    file = SimpleNamespace(fEND=4, source=SimpleNamespace(file=None))

    def classnames(self, recursive):
        return {"persistent;1": "TTree", "tree;2": "TTree"}

    def close(self):
        self.clear()


class StubTree(dict):
    num_entries = 2

    def keys(self, recursive, full_paths):
        assert recursive
        assert full_paths
        return list(super().keys())


class StubBranch:
    uncompressed_bytes = 100

    def __init__(self, values):
        self.values = values

    def array(self, entry_start=None, entry_stop=None, library="ak", array_cache=None):
        part = self.values[entry_start:entry_stop]
        return part if library == "ak" else np.asarray(part)


def test_split_branches_below_their_object(sample, tmp_path, monkeypatch):
    events = [sample.events[index]["PXDDigits"] for index in (0, 2)]
    tree = StubTree({"PXDDigits": None, "PXDDigits/PXDDigits.fBits": None})
    tree |= {f"PXDDigits/{name}": StubBranch(values) for name, values in basf2_columns(events).items()}
    tree |= {f"EventMetaData/m_{name}": StubBranch(np.array([5, 6])) for name in ("event", "run", "experiment")}
    monkeypatch.setattr(uproot, "open", lambda path, handler: StubFile(tree=tree))
    (tmp_path / "a.root").write_bytes(b"root")
    with open_digits(tmp_path / "a.root") as reader:
        assert [reader.read("PXDDigits", index) for index in range(2)] == events
        assert reader.event_ids().run.tolist() == [5, 6]


def test_unsorted_files_are_put_in_order_with_one_warning(sample, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(root, "_BLOCK_EVENTS", 1)
    digits = sample.events[2]["PXDDigits"]
    twice = Digits.concatenate([digits.select(slice(None, None, -1)), digits])
    with caplog.at_level(logging.WARNING), open_digits(write_basf2(tmp_path / "a.root", [twice, twice])) as reader:
        for index in range(2):
            found = reader.read("PXDDigits", index)
            assert found.is_sorted()
            np.testing.assert_array_equal(found.charge, 2 * digits.charge)
        assert reader.counts("PXDDigits").tolist() == [18, 18]
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/a.root: PXDDigits, entries from 0 on: 9 digits share a pixel with another one; "
        "their charges are summed (said once a file)"
    ]


def test_the_event_of_a_fault_is_named(sample, tmp_path):
    columns = basf2_columns([event["PXDDigits"] for event in sample.events])
    columns["PXDDigits.m_uCellID"] = columns["PXDDigits.m_uCellID"] + np.uint16(250)
    with (
        open_digits(write_tree(tmp_path / "a.root", columns)) as reader,
        pytest.raises(DigitError, match=r"PXDDigits, entry 0 \(experiment 0, run 0, event 0\): digit 0 has u"),
    ):
        reader.read("PXDDigits", 1)


def test_columns_of_different_lengths(sample, tmp_path):
    events = [event["PXDDigits"] for event in sample.events]
    columns = basf2_columns(events)
    columns["PXDDigits.m_charge"] = basf2_columns([events[0], events[0], events[2]])["PXDDigits.m_charge"]
    with (
        open_digits(write_tree(tmp_path / "a.root", columns)) as reader,
        pytest.raises(DigitError, match=r"entry 1: 0 entries but 5 values of PXDDigits\.m_charge"),
    ):
        reader.table("PXDDigits", 0, 3)


def test_files_without_digits_say_what_they_hold(tmp_path):
    numbers = {"x": np.arange(3)}
    with pytest.raises(FileError, match=r"has no TTree 'tree' \(it has: ntuple \(TTree\)\)"):
        open_digits(write_tree(tmp_path / "a.root", numbers, name="ntuple"))
    with pytest.raises(FileError, match=r"has no digits \(branches NAME\.m_sensorID, .*; it has: x\)"):
        open_digits(write_tree(tmp_path / "a.root", numbers))
    with uproot.recreate(tmp_path / "a.root") as file:
        file["tree"] = "text"
    with pytest.raises(FileError, match=r"has no TTree 'tree' \(it has: tree \(TObjString\)\)"):
        open_digits(tmp_path / "a.root")
    with pytest.raises(FileError, match="no such file"):
        root.RootDigitReader(tmp_path / "none.root")


def test_branches_that_are_no_lists(tmp_path):
    flat = dict.fromkeys((f"PXDDigits.{member}" for member in MEMBERS.values()), np.arange(3, dtype="u2"))
    with (
        open_digits(write_tree(tmp_path / "a.root", flat)) as reader,
        pytest.raises(FileError, match=r"branch PXDDigits\.m_sensorID is 3 \* uint16, expected numbers"),
    ):
        reader.read("PXDDigits", 0)
    jagged = {f"EventMetaData.m_{name}": ak.Array([[1], [2, 3]]) for name in ("experiment", "run", "event")}
    with pytest.raises(FileError, match=r"branch EventMetaData\.m_experiment is object"):
        open_digits(write_basf2(tmp_path / "b.root", [Digits.empty()] * 2, **jagged))


@pytest.mark.parametrize("keep", [4, 60, 300, 0.5, 0.9])
def test_truncated_files_are_one_line(sample, tmp_path, keep):
    path = sample.write(tmp_path / "a.root")
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])

    def read():
        with open_digits(path) as reader:
            reader.verify()

    with pytest.raises(FileError, match=r"a\.root: .*Make or copy it again") as caught:
        read()
    assert "\n" not in str(caught.value)


def test_unknown_collections(sample, tmp_path):
    with open_digits(sample.write(tmp_path / "a.root")) as reader:
        for call in (lambda: reader.read("PXDDigit", 0), lambda: reader.counts("PXDDigit")):
            with pytest.raises(FileError, match=r"has no collection 'PXDDigit' .* Did you mean 'PXDDigits'"):
                call()
        with pytest.raises(FileError, match=r"has no collection 'C' \(it has: PXDClusters\)"):
            reader.clusters("C", 0)
        with pytest.raises(IndexError, match=r"events 2\.\.3 of 3"):
            reader.table("PXDDigits", 2, 2)


def test_a_newer_format(sample, tmp_path):
    path = sample.write(tmp_path / "a.root")
    with uproot.update(path) as file:
        file["provenance"] = '{"format": "pxdbkg-digits", "format_version": 2}'
    with pytest.raises(FileError, match=r"digit file of format 2, this pxdbkg reads up to 1\. Update pxdbkg"):
        open_digits(path)


def test_the_folder_must_exist(tmp_path):
    with pytest.raises(FileError, match=r"the folder .*none does not exist"):
        open_writer(tmp_path / "none" / "a.root", ["D"], {})


def test_without_uproot(sample, tmp_path, monkeypatch):
    path = sample.write(tmp_path / "a.root")
    monkeypatch.setitem(sys.modules, "uproot", None)
    monkeypatch.delitem(sys.modules, "pxdbkg.io.root")
    with pytest.raises(MissingExtra, match=r"ROOT files: needs the package 'uproot'.*pip install 'pxdbkg\[root\]'"):
        open_digits(path)
