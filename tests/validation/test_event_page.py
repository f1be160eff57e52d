import base64
import json
import re
from pathlib import Path

import numpy as np

from pxdbkg.detector.digits import Digits
from pxdbkg.validation.event_page import write_event_page
from pxdbkg.validation.event_view import event_view

PIXELS = np.array([(0, 5, 6, 9), (0, 6, 6, 30), (0, 99, 6, 29), (3, 1, 1, 20), (39, 249, 767, 300)], "u2").T
DIGITS = Digits(PIXELS[0].astype("u1"), *(np.ascontiguousarray(column) for column in PIXELS[1:]))
NOISE = DIGITS.select(np.array([0, 3]))


def data_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="event-data">(.*?)</script>', page)
    assert found
    content: dict[str, object] = json.loads(found[1])
    return content


def column(data: dict[str, object], name: str, dtype: str) -> list[int]:
    text = data[name]
    assert isinstance(text, str)
    return np.frombuffer(base64.b64decode(text), dtype).tolist()


def test_page_holds_the_event(tmp_path: Path) -> None:
    write_event_page(event_view((0, 0, 1), DIGITS, NOISE), "file", tmp_path / "a.html")
    data = data_of((tmp_path / "a.html").read_text())
    for name, dtype in (("u", "u1"), ("v", "<u2"), ("charge", "<u2")):
        assert column(data, name, dtype) == DIGITS[name].tolist()
    assert column(data, "label", "<u2") == [0, 0, 1, 0, 0]  # from the first of each sensor
    assert column(data, "kind", "u1") == [0, 1, 1, 0, 1]
    offsets = data["offsets"]
    assert isinstance(offsets, list)
    assert [offsets[i] for i in (0, 1, 3, 4, 39, 40)] == [0, 3, 3, 4, 4, 5]


def test_page_loads_nothing_and_is_the_same_again(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_event_page(event_view((0, 0, 1), DIGITS, None), "file", tmp_path / name, sensor=3)
    page = (tmp_path / "a.html").read_text()
    assert page == (tmp_path / "b.html").read_text()
    assert not re.search(r"(src|href)\s*=|https?:|@import|url\(", page)
    assert "$" not in page.split("<script>")[0]
    assert data_of(page)["kind"] is None
    assert data_of(page)["sensor"] == 3


def test_text_stays_text(tmp_path: Path) -> None:
    write_event_page(event_view((0, 0, 1), DIGITS, None), "</div><script>alert(1)</script>\x1b[2J", tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J" in page
