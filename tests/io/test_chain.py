from pathlib import Path

import pytest

from pxdbkg.errors import FileError
from pxdbkg.io import open_writer
from pxdbkg.io.chain import DigitChain, expand


def test_patterns_stand_for_files_in_alphabetic_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.npz", "a.npz", "c[1].npz"):
        Path(name).touch()
    assert expand(["c[1].npz", "?.npz", "missing.npz"]) == [
        Path(name) for name in ("c[1].npz", "a.npz", "b.npz", "missing.npz")
    ]
    with pytest.raises(FileError, match=r"d\*: matches no file"):
        expand(["a.npz", "d*"])
    with pytest.raises(FileError, match="no file is given"):
        expand([])


def test_events_of_all_files_are_numbered_through(tmp_path, sample):
    paths = [sample.write(tmp_path / f"{number:02}.npz") for number in range(10)]  # more than stay open
    chain = DigitChain([str(tmp_path / "*.npz")], ["PXDDigits"])
    assert chain.paths == paths
    assert chain.n_events == len(chain.ids.event) == 30
    assert chain.first.tolist() == list(range(0, 31, 3))
    for entry in (29, 0, 4, 2):
        assert chain.read("PXDDigits", entry) == sample.events[entry % 3]["PXDDigits"]
    chain.close()
    assert chain.read("PXDDigits", 2) == sample.events[2]["PXDDigits"]


def test_every_file_must_have_the_collections(tmp_path, sample):
    sample.write(tmp_path / "a.npz")
    with open_writer(tmp_path / "b.npz", ["X"], {}):
        pass
    with pytest.raises(FileError, match=r"b\.npz: has no collection 'PXDDigits' \(it has: X\)"):
        DigitChain([str(tmp_path / "*.npz")], ["PXDDigits"])


def test_conditions_are_those_that_every_file_has(tmp_path, sample):
    for name, extras in (("a", {"conditions/x": 1.5, "conditions/y": 2}), ("b", {"conditions/x": 3})):
        with open_writer(tmp_path / f"{name}.npz", ["PXDDigits"], {}) as writer:
            writer.write(sample.metas()[0], {"PXDDigits": sample.events[0]["PXDDigits"]}, extras)
    chain = DigitChain([str(tmp_path / "*.npz")], [])
    assert chain.condition_names == ["x"]
    assert [chain.conditions(entry) for entry in (0, 1)] == [{"x": 1.5}, {"x": 3.0}]
