import json
import re
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxdbkg.detector import Clusters, Digits
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.digit_file import open_digits, open_writer


def members(path):
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def rewritten(path, out, **changes):
    """A copy with members replaced (or removed, by None), written by numpy; ``__`` stands for ``/``."""
    arrays = members(path) | {name.replace("__", "/"): array for name, array in changes.items()}
    np.savez(out, **{name: array for name, array in arrays.items() if array is not None})
    return out


@pytest.mark.parametrize("compress", [False, True])
def test_what_was_written_is_read(tmp_path, sample, compress):
    with open_digits(sample.write(tmp_path / "a.npz", compress=compress)) as reader:
        assert reader.kind == "npz"
        assert reader.n_events == 3
        assert reader.collections == ["PXDDigits", "PXDDigits_beamBG"]
        assert reader.cluster_collections == ["PXDClusters"]
        assert reader.provenance == sample.provenance | {"format": "pxdbkg-digits", "format_version": 1}
        assert [tuple(map(int, ids)) for ids in zip(*reader.event_ids(), strict=True)] == sample.ids
        for index, event in enumerate(sample.events):
            for name in reader.collections:
                assert reader.read(name, index) == event[name]
            assert reader.clusters("PXDClusters", index) == event["PXDClusters"]
        assert reader.counts("PXDDigits").tolist() == [5, 0, 9]
        assert reader.counts("PXDClusters").tolist() == [5, 0, 9]
        table = reader.table("PXDDigits_beamBG", 1, 2)
        assert table.offsets.tolist() == [0, 0, 27]
        assert list(table.events()) == [event["PXDDigits_beamBG"] for event in sample.events[1:]]
        assert reader.extras == {}
        assert reader.gating(0) is None
        reader.verify()


@settings(max_examples=25, deadline=None)
@given(
    events=st.lists(
        st.lists(
            st.tuples(st.integers(0, 39), st.integers(0, 249), st.integers(0, 767), st.integers(0, 65535)), max_size=20
        ),
        max_size=5,
    ),
    compress=st.booleans(),
)
def test_any_digits_come_back_in_their_order(tmp_path_factory, events, compress):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    written = []
    with open_writer(path, ["X"], {}, compress=compress) as writer:
        for number, rows in enumerate(events):
            columns = np.array(rows, np.int64).reshape(-1, 4).T
            digits = Digits(*(c.astype(d) for c, d in zip(columns, Digits.dtypes.values(), strict=True)))
            writer.write(SimpleNamespace(experiment=-(2**31), run=2**31 - 1, event=2**62 + number), {"X": digits})
            written.append(digits)
    with open_digits(path) as reader:
        assert [reader.read("X", index) for index in range(reader.n_events)] == written


def test_numpy_sees_the_members_of_the_format_in_their_fixed_order(tmp_path, sample):
    arrays = members(sample.write(tmp_path / "a.npz"))
    digits = ["sensor", "u", "v", "charge", "offsets"]
    assert list(arrays) == [
        "provenance",
        *(f"events/{name}" for name in ("experiment", "run", "event")),
        *(f"PXDDigits/{name}" for name in digits),
        *(f"PXDDigits_beamBG/{name}" for name in digits),
        *(f"PXDClusters/{name}" for name in [*Clusters.dtypes, "offsets"]),
    ]
    dtypes = [arrays[name].dtype.str for name in ("events/experiment", "events/run", "events/event")]
    assert dtypes == ["<i4", "<i4", "<i8"]
    assert arrays["PXDDigits/offsets"].dtype.str == "<i8"
    assert json.loads(arrays["provenance"].tobytes())["format_version"] == 1


def test_the_bytes_are_the_same_every_time_and_do_not_name_the_file(tmp_path, sample):
    (tmp_path / "elsewhere").mkdir()
    one = sample.write(tmp_path / "a.npz").read_bytes()
    assert one == sample.write(tmp_path / "elsewhere" / "b.npz").read_bytes()


def test_values_of_events_are_kept(tmp_path):
    digits = {"X": Digits.empty()}
    with open_writer(tmp_path / "a.npz", ["X"], {}) as writer:
        for number, starts in enumerate([[1.5, 2.5], []]):
            extras = {
                "conditions/current_her_mA": 900.25 + number,
                "events/trigger_gate": 191 - number,
                "events/gated": number,
                "Gating/start_ns": np.array(starts, "f4"),
            }
            writer.write(SimpleNamespace(experiment=0, run=0, event=number), digits, extras)
    with open_digits(tmp_path / "a.npz") as reader:
        assert {name: values.tolist() for name, values in reader.extras.items()} == {
            "conditions/current_her_mA": [900.25, 901.25],
            "events/gated": [0, 1],
            "events/trigger_gate": [191, 190],
        }
        assert [reader.gating(index).tolist() for index in (0, 1)] == [[1.5, 2.5], []]


def test_a_file_of_no_events_can_be_read(tmp_path):
    with open_writer(tmp_path / "a.npz", ["X"], {}):
        pass
    with open_digits(tmp_path / "a.npz") as reader:
        assert (reader.n_events, reader.collections) == (0, ["X"])
        assert len(reader.table("X", 0, 0).columns) == 0
        with pytest.raises(IndexError, match=r"events 0\.\.0 of 0"):
            reader.read("X", 0)


def test_abort_and_failure_leave_nothing(tmp_path, sample):
    writer = open_writer(tmp_path / "a.npz", ["X"], {})
    assert len(list(tmp_path.iterdir())) == 1
    writer.abort()
    with pytest.raises(DigitError, match="has the collections"), open_writer(tmp_path / "a.npz", ["X"], {}) as writer:
        writer.write(sample.metas()[0], sample.events[0])
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_was_interrupted_is_cut_off(tmp_path, sample):
    class Interrupting(dict):
        asked = 0

        def __getitem__(self, name):
            self.asked += name == "PXDClusters"
            if self.asked == 2:  # once for its type, then for its columns
                raise KeyboardInterrupt
            return super().__getitem__(name)

    writer = open_writer(tmp_path / "a.npz", sample.collections, sample.provenance)
    for meta, data in zip(sample.metas(), sample.events, strict=True):
        writer.write(meta, data)
    with pytest.raises(KeyboardInterrupt):
        writer.write(sample.metas()[0], Interrupting(sample.events[0]))
    writer.close()
    assert (tmp_path / "a.npz").read_bytes() == sample.write(tmp_path / "b.npz").read_bytes()


def test_events_that_do_not_fit_the_file_are_refused(tmp_path, sample):
    meta, event = sample.metas()[0], sample.events[0]
    with open_writer(tmp_path / "a.npz", ["X"], {}) as writer:
        writer.write(meta, {"X": event["PXDDigits"]}, {"events/gated": 1})
        with pytest.raises(DigitError, match="X is Clusters, it was Digits before"):
            writer.write(meta, {"X": event["PXDClusters"]}, {"events/gated": 1})
        with pytest.raises(DigitError, match=r"has the values \[\], the events before had \['events/gated'\]"):
            writer.write(meta, {"X": event["PXDDigits"]})
    with (
        open_writer(tmp_path / "b.npz", ["X"], {}) as writer,
        pytest.raises(DigitError, match="no place for the value"),
    ):
        writer.write(meta, {"X": event["PXDDigits"]}, {"weather": 1})


@pytest.mark.parametrize("names", [["events"], ["a/b"], [""], ["Gating"], ["X", "X"]])
def test_names_that_a_file_cannot_hold_are_refused(tmp_path, names):
    with pytest.raises(FileError, match=r"cannot be the name|written twice"):
        open_writer(tmp_path / "a.npz", names, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compress", [False, True])
def test_every_truncation_is_one_line(tmp_path, sample, compress):
    data = sample.write(tmp_path / "a.npz", compress=compress).read_bytes()
    for length in [*range(0, len(data), 41), len(data) - 1]:
        (tmp_path / "cut.npz").write_bytes(data[:length])
        with pytest.raises(FileError, match=r"cut\.npz: ") as caught:
            open_digits(tmp_path / "cut.npz")
        assert "\n" not in str(caught.value)


def complaint(path, sample):
    """The error of reading a file, an empty text when it holds what was written."""
    try:
        with open_digits(path) as reader:
            reader.verify()
            assert reader.read("PXDDigits", 0) == sample.events[0]["PXDDigits"]
    except (FileError, DigitError) as error:
        return str(error)
    return ""


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 10**6), flip=st.integers(1, 255), compress=st.booleans())
def test_a_flipped_byte_is_found_by_verify_or_harmless(tmp_path_factory, sample, at, flip, compress):
    path = tmp_path_factory.getbasetemp() / f"flip-npz-{compress}.npz"
    whole = bytearray(path.read_bytes() if path.exists() else sample.write(path, compress=compress).read_bytes())
    whole[at % len(whole)] ^= flip
    damaged = path.with_name("damaged.npz")
    damaged.write_bytes(whole)
    assert re.fullmatch(rf"({re.escape(str(damaged))}: .+)?", complaint(damaged, sample))


OFFSETS = np.array([0, 5, 5, 14])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"PXDDigits__offsets": np.array([0, 6, 5, 14])}, "offsets run backwards at event 1"),
        ({"PXDDigits__offsets": OFFSETS + 1}, "the first offset is 1"),
        ({"PXDDigits__offsets": OFFSETS + np.array([0, 0, 0, 1])}, "the last offset is 15, but the columns have 14"),
        ({"PXDDigits__offsets": OFFSETS[:-1]}, "3 offsets for 3 events"),
        ({"PXDDigits__offsets": OFFSETS.astype("i4")}, r"is int32 \(4,\), expected int64"),
        ({"PXDDigits__charge": np.zeros(13, "u2")}, "columns of different lengths"),
        ({"PXDDigits__charge": np.zeros(14, "f4")}, "is float32"),
        ({"PXDDigits__charge": np.zeros((14, 1), "u2")}, r"expected uint16 \(n,\)"),
        ({"PXDDigits__charge": np.zeros(14, ">u2")}, "expected uint16"),
        ({"PXDDigits__charge": np.array([{}] * 14, object)}, "never unpickled"),
        ({"events__run": np.zeros(2, "i4")}, "has 2 values for 3 events"),
        ({"events__event": np.zeros(3, "i4")}, "is int32"),
        ({"conditions__current": np.zeros(2)}, "'conditions/current' has 2 values"),
        ({"conditions__name": np.array(["a", "b", "c"])}, "expected numbers"),
        ({"provenance": np.frombuffer(b"{", "u1")}, "not UTF-8 JSON"),
        (
            {"provenance": np.frombuffer(b'{"format": "pxdbkg-digits", "format_version": 2}', "u1")},
            "digit file of format 2, this pxdbkg reads up to 1. Update pxdbkg",
        ),
        ({"events__event": None}, "holds an archive of other things"),
    ],
)
def test_a_bad_file_is_refused_when_it_is_opened(tmp_path, sample, changes, problem):
    bad = rewritten(sample.write(tmp_path / "a.npz"), tmp_path / "bad.npz", **changes)
    with pytest.raises((FileError, DigitError), match=problem) as caught:
        open_digits(bad)
    assert str(caught.value).startswith(str(bad))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("column", "value"), [("sensor", 40), ("u", 250), ("v", 768)])
def test_digits_outside_the_detector_are_refused_when_read(tmp_path, sample, column, value):
    values = members(sample.write(tmp_path / "a.npz"))[f"PXDDigits/{column}"]
    values[7] = value
    bad = rewritten(tmp_path / "a.npz", tmp_path / "bad.npz", **{f"PXDDigits__{column}": values})
    with open_digits(bad) as reader:
        reader.read("PXDDigits", 0)
        with pytest.raises(DigitError, match=rf"entry 2 \(experiment 3, run -2, .*digit 2 has {column} {value}"):
            reader.read("PXDDigits", 2)
        with pytest.raises(DigitError, match=r"entries 0\.\.2"):
            reader.table("PXDDigits", 0, 3)


def test_a_cluster_outside_the_detector_is_refused_when_read(tmp_path, sample):
    values = np.full(14, 40, "u1")
    bad = rewritten(sample.write(tmp_path / "a.npz"), tmp_path / "bad.npz", PXDClusters__sensor=values)
    with open_digits(bad) as reader, pytest.raises(DigitError, match="cluster has sensor 40"):
        reader.clusters("PXDClusters", 0)


def test_other_collections_of_a_file_are_left_alone(tmp_path, sample):
    out = rewritten(sample.write(tmp_path / "a.npz"), tmp_path / "b.npz", Other__x=np.zeros(2), Other__offsets=OFFSETS)
    with open_digits(out) as reader:
        assert reader.collections == ["PXDDigits", "PXDDigits_beamBG"]
        with pytest.raises(FileError, match=r"no collection 'PXDDigit' .*Did you mean 'PXDDigits'\?"):
            reader.read("PXDDigit", 0)
        with pytest.raises(FileError, match="no collection 'PXDDigits'"):
            reader.clusters("PXDDigits", 0)
        with pytest.raises(FileError, match="no collection 'Other'"):
            reader.counts("Other")


def test_a_file_without_provenance_is_read(tmp_path, sample):
    out = rewritten(sample.write(tmp_path / "a.npz"), tmp_path / "b.npz", provenance=None)
    with open_digits(out) as reader:
        assert reader.provenance == {}


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"u_mm": 1, "v_mm": 1, "path_mm": 1}, "holds simulated hits.*SignalHits"),
        ({"weights": 1}, "holds an archive of other things"),
        ({}, "nothing"),
    ],
)
def test_foreign_archives_say_what_they_are(tmp_path, arrays, found):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FileError, match=found):
        open_digits(tmp_path / "a.npz")


def test_memory_does_not_grow_with_the_events(tmp_path):
    n, rng = 20_000, np.random.default_rng(2)
    digits = Digits(*(np.sort(rng.integers(0, 40, n)).astype(dtype) for dtype in Digits.dtypes.values()))
    tracemalloc.start()
    with open_writer(tmp_path / "a.npz", ["X"], {}) as writer:
        for number in range(100):
            writer.write(SimpleNamespace(experiment=0, run=0, event=number), {"X": digits})
    with open_digits(tmp_path / "a.npz") as reader:
        for number in range(100):
            assert len(reader.read("X", number)) == n
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "a.npz").stat().st_size > 13e6
    assert peak < 4e6


def test_mapped_pages_are_given_back(tmp_path, sample, monkeypatch):
    from pxdbkg.io import npz

    released = []
    monkeypatch.setattr(npz, "_RELEASE_AFTER_BYTES", 100)
    with open_digits(sample.write(tmp_path / "a.npz")) as reader:
        monkeypatch.setattr(reader._archive, "release", lambda: released.append(1))
        reader.read("PXDDigits_beamBG", 0)
        assert released == [1]
        assert reader.read("PXDDigits_beamBG", 0) == sample.events[0]["PXDDigits_beamBG"]
