import base64
import io
import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pxdbkg.validation.heat_maps import correlation_map, detector_map


def picture(svg: str, ground: str = "light") -> NDArray[np.uint8]:
    found = re.search(rf'class="on-{ground}"[^>]*base64,([^"]+)"', svg)
    assert found
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))))


def test_regions_lie_where_they_are() -> None:
    values = np.zeros((40, 4, 6))
    values[38, 3, 5] = 1.0  # 2.12.1, forward: high u, high v
    image = picture(detector_map(values, (0.0, 1.0), "amount", "title", "label"))
    dark = image[..., :3].sum(axis=2) < 150
    rows, columns = np.nonzero(dark)
    # Ladder 12 is the uppermost of layer 2, below 8 ladders of 14 rows; the last sixth of the rows ends at the right.
    assert (rows.min(), rows.max()) == (118, 120)
    assert columns.max() == image.shape[1] - 1
    assert len(np.unique(columns)) == int(128 * 0.085 / 0.5)


def test_light_and_dark() -> None:
    svg = detector_map(np.zeros((40, 4, 6)), (0.0, 1.0), "amount", "title", "label")
    light, dark = (picture(svg, ground) for ground in ("light", "dark"))
    assert light[0, 100, :3].min() > 200
    assert dark[0, 100, :3].max() < 60


def test_correlation_has_no_colour_where_there_is_none() -> None:
    values = np.full((40, 40), np.nan)
    values[0, 1] = 0.5
    svg = correlation_map(values, 0.5, "a <b>", "label")
    image = picture(svg)
    assert image.shape == (40, 40, 4)
    assert image[0, 1].tolist() == [0x8A, 0x32, 0x03, 255]
    assert (image[..., 3] > 0).sum() == 1
    assert "a &lt;b&gt;" in svg
    assert "\u22120.5<" in svg
