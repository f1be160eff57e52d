import numpy as np
import pytest

from pxdbkg.errors import FileError
from pxdbkg.io.digit_file import DigitReader, EventIds, open_digits, open_writer


class Listed(DigitReader):
    """The least that a reader has to provide."""

    def __init__(self, sample):
        self.path, self.sample = "listed", sample
        self.collections, self.cluster_collections, self.n_events = ["PXDDigits"], [], 3

    def event_ids(self):
        return EventIds(*(np.array(column) for column in zip(*self.sample.ids, strict=True)))

    def table(self, collection, first, count):
        from pxdbkg.detector import DigitTable

        self.check_range(first, count)
        digits = self.sample.events[first][collection]
        return DigitTable(digits, np.array([0, len(digits)]))

    def close(self):
        self.path = "closed"


def test_a_reader_needs_three_methods(sample):
    with Listed(sample) as reader:
        assert reader.read("PXDDigits", 2) == sample.events[2]["PXDDigits"]
        assert reader.counts("PXDDigits").tolist() == [5, 0, 9]
        reader.verify()
        with pytest.raises(FileError, match=r"listed: has no collection 'C' \(it has: none\)"):
            reader.clusters("C", 0)
        with pytest.raises(IndexError, match=r"events 3\.\.3 of 3"):
            reader.read("PXDDigits", 3)
    assert reader.path == "closed"


def test_files_of_no_format_are_refused(tmp_path):
    for content, problem in [(b"", "is empty"), (b"\x80\x04pickle", "is neither an npz nor a ROOT file")]:
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(FileError, match=problem):
            open_digits(tmp_path / "a.npz")
    with pytest.raises(FileError, match="No such file"):
        open_digits(tmp_path / "none.npz")


def test_an_ending_without_a_format_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"no format has the ending '.txt' \(allowed: .npz, .root\)"):
        open_writer(tmp_path / "a.txt", ["X"], {})
    with pytest.raises(FileError, match="does not exist"):
        open_writer(tmp_path / "none" / "a.npz", ["X"], {})
