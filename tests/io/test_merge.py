import pytest

from pxdbkg.errors import FileError
from pxdbkg.io import merge_digit_files, open_digits, open_writer


def write(path, sample, which, names, provenance=None, **options):
    with open_writer(path, names, provenance or sample.provenance, **options) as writer:
        for number in which:
            extras = {"conditions/x": float(number), "Gating/start_ns": [0.5] * number}
            writer.write(sample.metas()[number], {name: sample.events[number][name] for name in names}, extras)
    return path


@pytest.mark.parametrize("compress", [False, True])
def test_merged_parts_have_the_bytes_of_one_job(tmp_path, sample, compress):
    names = ["PXDClusters", "PXDDigits_beamBG", "PXDDigits"]
    whole = write(tmp_path / "whole.npz", sample, range(3), names, compress=compress)
    parts = [write(tmp_path / f"{which}.npz", sample, which, names) for which in ([0], [1, 2])]
    assert merge_digit_files(parts, tmp_path / "merged.npz", compress=compress) == 3
    assert (tmp_path / "merged.npz").read_bytes() == whole.read_bytes()


def test_parts_that_do_not_belong_together_are_refused(tmp_path, sample):
    names = list(sample.collections)
    one = write(tmp_path / "one.npz", sample, [0], names)
    stamp = sample.provenance | {"seed": "43"}
    faults = {
        r"event 10 is in .*one\.npz too": write(tmp_path / "again.npz", sample, [1, 0], names),
        r"\(seed '43' and '42'\)": write(tmp_path / "seed.npz", sample, [1], names, stamp),
        r"has \['PXDDigits'\], .*one\.npz has": write(tmp_path / "less.npz", sample, [1], ["PXDDigits"]),
        r"none\.npz: cannot be read": tmp_path / "none.npz",
    }
    for problem, other in faults.items():
        with pytest.raises(FileError, match=problem):
            merge_digit_files([one, other], tmp_path / "merged.npz")
    with pytest.raises(FileError, match="no file to merge"):
        merge_digit_files([], tmp_path / "merged.npz")
    assert not (tmp_path / "merged.npz").exists()


def test_files_without_gating_merge(tmp_path, sample):
    merge_digit_files([sample.write(tmp_path / "a.npz")], tmp_path / "b.npz")
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()
    with open_digits(tmp_path / "b.npz") as reader:
        assert list(reader.kinds) == list(sample.collections)
