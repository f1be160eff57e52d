import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from pxdbkg.detector import Digits, DigitTable
from pxdbkg.errors import FileError, MissingExtra
from pxdbkg.io.digit_file import open_digits
from pxdbkg.io.images import ImageDigitReader, write_images


def save(path, *, size=(768, 250), mode="L", pixels=()):
    """Write one image; pixels are (u, v, charge)."""
    image = Image.new(mode, size)
    for u, v, charge in pixels:
        image.putpixel((v, u), charge)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def rows(digits):
    return list(zip(*(digits[name].tolist() for name in ("sensor", "u", "v", "charge")), strict=True))


def test_events_of_two_sensors(tmp_path):
    save(tmp_path / "2.12.2" / "event_10.png", pixels=[(249, 767, 255), (0, 0, 7), (1, 0, 6)])
    save(tmp_path / "2.12.2" / "event_9.png", pixels=[(5, 6, 8)])
    save(tmp_path / "1.1.2" / "event_10.png", pixels=[(3, 2, 9), (2, 3, 10)])
    save(tmp_path / "1.1.2" / "event_9.png")
    (tmp_path / "readme.txt").write_text("notes")
    with open_digits(tmp_path) as reader:
        assert reader.kind == "images"
        assert reader.collections == ["PXDDigits"]
        assert [ids.tolist() for ids in reader.event_ids()] == [[0, 0], [0, 0], [9, 10]]
        table = reader.table("PXDDigits", 0, 2)
        assert table.offsets.tolist() == [0, 1, 5]
        assert rows(table.event(0)) == [(39, 5, 6, 8)]
        assert rows(table.event(1)) == [(1, 3, 2, 9), (1, 2, 3, 10), (39, 0, 0, 7), (39, 249, 767, 255)]
        assert reader.counts("PXDDigits").tolist() == [1, 4]
        assert (reader.provenance, reader.extras, reader.cluster_collections) == ({}, {}, [])
    assert len(ImageDigitReader(tmp_path, threshold_adu=6).read("PXDDigits", 1)) == 5


def test_written_events_are_read_back(sample, tmp_path):
    events = [event["PXDDigits"] for event in sample.events]
    offsets = np.cumsum([0, *map(len, events)])
    write_images(tmp_path / "images", DigitTable(Digits.concatenate(events), offsets))
    with open_digits(tmp_path / "images") as reader:
        table = reader.table("PXDDigits", 0, 3)
        assert list(table.events()) == events
        np.testing.assert_array_equal(table.offsets, offsets)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["a.png", "b.png"], [0, 1]),
        (["run1_ev3.png", "run2_ev3.png"], [0, 1]),
        (["2.png", "10.png"], [2, 10]),
        (["x1.png", "x99999999999999999999.png"], [0, 1]),
    ],
)
def test_numbers_of_events(tmp_path, names, numbers):
    for index, name in enumerate(names):
        save(tmp_path / "1.1.1" / name, pixels=[(0, 0, 10 + index)])
    with open_digits(tmp_path) as reader:
        assert reader.event_ids().event.tolist() == numbers
        assert reader.table("PXDDigits", 0, 2).columns.charge.tolist() == [10, 11]


def test_an_image_that_one_sensor_lacks(tmp_path):
    for name in ("1.png", "2.png", "10.png"):
        save(tmp_path / "1.1.1" / name)
    save(tmp_path / "1.1.2" / "1.png")
    with pytest.raises(FileError, match=r"1\.1\.2: lacks 2 of 3 images, the first is 2\.png\. Copy the folder again"):
        open_digits(tmp_path)


def test_folders_without_events(tmp_path):
    with pytest.raises(FileError, match=r"has no folder of a sensor \(1\.1\.1\.\.2\.12\.2\), but nothing"):
        open_digits(tmp_path)
    (tmp_path / "1.9.1").mkdir()
    with pytest.raises(FileError, match=r"has no folder of a sensor .* but 1\.9\.1"):
        open_digits(tmp_path)
    (tmp_path / "1.1.1").mkdir()
    with pytest.raises(FileError, match="has no image"):
        open_digits(tmp_path)
    with pytest.raises(FileError, match="is no folder"):
        ImageDigitReader(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"size": (768, 256)}, "L 256 x 768"),
        ({"size": (250, 768)}, "L 768 x 250"),
        ({"mode": "RGB"}, "RGB 250 x 768"),
        ({"mode": "I;16"}, "I;16 250 x 768"),
        ({"mode": "1"}, "1 250 x 768"),
    ],
)
def test_images_of_another_form(tmp_path, options, found):
    save(tmp_path / "1.1.1" / "0.png", **options)
    with (
        open_digits(tmp_path) as reader,
        pytest.raises(FileError, match=rf"0\.png: is {found}, expected 8-bit grey \(L\) of 250 rows x 768 columns"),
    ):
        reader.read("PXDDigits", 0)


@pytest.mark.parametrize("keep", [0, 8, 30, 0.5, 0.98])
def test_damaged_images(tmp_path, keep):
    path = tmp_path / "1.1.1" / "0.png"
    rng = np.random.default_rng(1)
    path.parent.mkdir()
    Image.fromarray(rng.integers(0, 256, (250, 768), np.uint8)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with open_digits(tmp_path) as reader, pytest.raises(FileError, match=r"0\.png: cannot be read as PNG") as caught:
        reader.read("PXDDigits", 0)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_png(tmp_path):
    (tmp_path / "1.1.1").mkdir()
    (tmp_path / "1.1.1" / "0.png").write_bytes(b"GIF89a" + bytes(100))
    with open_digits(tmp_path) as reader, pytest.raises(FileError, match=r"0\.png: cannot be read as PNG"):
        reader.read("PXDDigits", 0)


def test_unknown_collections(tmp_path):
    save(tmp_path / "1.1.1" / "0.png")
    with open_digits(tmp_path) as reader:
        with pytest.raises(FileError, match=r"has no collection 'X' \(it has: PXDDigits\)"):
            reader.read("X", 0)
        with pytest.raises(IndexError, match=r"events 1\.\.1 of 1"):
            reader.read("PXDDigits", 1)


def test_what_no_image_can_hold(sample, tmp_path):
    one = sample.events[0]["PXDDigits"]
    twice = Digits.concatenate([one, one])
    with pytest.raises(FileError, match=r"event 0 has a charge of \d+ ADU, an image holds 0\.\.255"):
        write_images(tmp_path, DigitTable(twice, np.array([0, len(twice)])))
    (tmp_path / "1.1.1").mkdir()
    shutil.copy(__file__, tmp_path / "1.1.1" / "0.png")
    with pytest.raises(FileError, match=r"0\.png: exists already"):
        write_images(tmp_path, DigitTable(one, np.array([0, len(one)])))


def test_without_pillow(tmp_path, monkeypatch):
    save(tmp_path / "1.1.1" / "0.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "pxdbkg.io.images")
    with pytest.raises(MissingExtra, match=r"PNG images: needs the package 'pillow'.*pip install 'pxdbkg\[images\]'"):
        open_digits(tmp_path)
