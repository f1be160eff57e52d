import subprocess
import sys
from pathlib import Path

import pytest

from pxdbkg.io import merge_digit_files, open_digits
from pxdbkg.io.shards import ShardWriter, clean_up, find_shards, missing_shards, shard_number, shard_path


@pytest.mark.parametrize("suffix", [".npz", ".root"])
def test_events_go_to_one_file_after_the_other(tmp_path, sample, suffix):
    path = tmp_path / f"s{suffix}"
    with ShardWriter(path, sample.collections, 2) as writer:
        writer.provenance = sample.provenance
        for meta, data in zip(sample.metas(), sample.events, strict=True):
            writer.write(meta, data)
    assert [*find_shards(path).values()] == writer.written == [tmp_path / f"s-0000{n}{suffix}" for n in (0, 1)]
    merge_digit_files(writer.written, tmp_path / f"merged{suffix}")
    with open_digits(tmp_path / f"merged{suffix}") as reader:
        assert reader.provenance["seed"] == "42"
        for index, event in enumerate(sample.events):
            for name, columns in event.items():
                assert reader.columns(name, index) == columns


@pytest.mark.parametrize("suffix", [".npz", ".root"])
def test_a_sample_goes_on_after_its_complete_files(tmp_path, sample, suffix):
    path = tmp_path / f"s{suffix}"
    for size, done in ((1, 3), (2, 2)):
        with ShardWriter(path, sample.collections, size) as writer:
            writer.provenance = sample.provenance
            for meta, data in list(zip(sample.metas(), sample.events, strict=True))[: 3 if size == 1 else 2]:
                writer.write(meta, data)
        again = ShardWriter(path, sample.collections, size)
        assert again.resume(sample.ids, sample.provenance) == done
        assert again.next_number == done // size
        again.abort()
        for shard in find_shards(path).values():
            shard.unlink()


def test_a_sample_without_an_event_is_a_file_without_one(tmp_path):
    with ShardWriter(tmp_path / "s.npz", ["PXDDigits"], 3) as writer:
        pass
    assert writer.written == [tmp_path / "s-00000.npz"]
    with open_digits(writer.written[0]) as reader:
        assert (reader.n_events, reader.collections) == (0, ["PXDDigits"])


def test_abort_keeps_the_complete_files(tmp_path, sample):
    writer = ShardWriter(tmp_path / "s.npz", sample.collections, 2)
    for meta, data in zip(sample.metas(), sample.events, strict=True):
        writer.write(meta, data)
    writer.abort()
    writer.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["s-00000.npz"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("a.b-00012.npz", 12),
        ("a.b-99999.npz", 99_999),
        ("a.b-0001.npz", None),
        ("a.b-000001.npz", None),
        ("axb-00001.npz", None),
        ("a.b-00001.root", None),
        ("a.b-00001.npz.tmp", None),
        ("za.b-00001.npz", None),
    ],
)
def test_names_of_the_files_of_a_sample(name, number):
    assert shard_number("out/a.b.npz", name) == number
    if number is not None:
        assert shard_path("out/a.b.npz", number) == Path("out") / name


def test_files_of_other_samples_do_not_count(tmp_path):
    for name in ("s-00003.npz", "s-00001.npz", "t-00002.npz", "s.npz", "s-1.npz"):
        (tmp_path / name).touch()
    assert [*find_shards(tmp_path / "s.npz")] == [1, 3]
    assert find_shards(tmp_path / "none" / "s.npz") == {}


def test_files_that_lack():
    paths = [Path(f"a/s-{number:05d}.npz") for number in (1, 2, 4)]
    assert missing_shards(paths) == [Path("a/s-00000.npz"), Path("a/s-00003.npz")]
    assert missing_shards(paths[:2]) == [Path("a/s-00000.npz")]
    assert missing_shards([*paths, Path("b/s-00000.npz")]) == []
    assert missing_shards([Path("x.npz"), Path("y.npz")]) == []


def test_only_leftovers_of_the_sample_are_removed(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in ("s-00001.npz", "s.npz", "t-00001.npz"):
        (tmp_path / f".{name}.{gone.pid}-0123abcd.tmp").touch()
    assert clean_up(tmp_path / "s.npz") == 1
    assert not (tmp_path / f".s-00001.npz.{gone.pid}-0123abcd.tmp").exists()
