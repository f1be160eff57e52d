from pathlib import Path

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import BadInput
from pxdbkg.validation import plots


def digits(*pixels: tuple[int, int, int, int]) -> Digits:
    columns = np.array(pixels, "u2").reshape(-1, 4).T
    return Digits(columns[0].astype("u1"), *(np.ascontiguousarray(column) for column in columns[1:]))


def test_signal_part_is_what_the_background_does_not_explain() -> None:
    background = digits((0, 5, 6, 9), (0, 7, 6, 9), (3, 1, 1, 20))
    both = digits((0, 5, 6, 9), (0, 6, 6, 30), (0, 7, 6, 29), (3, 1, 1, 20), (39, 249, 767, 8))
    assert plots.signal_part(both, background) == digits((0, 6, 6, 30), (0, 7, 6, 29), (39, 249, 767, 8))
    assert plots.signal_part(both, Digits.empty()) == both
    assert len(plots.signal_part(background, background)) == 0


def test_pictures_are_written_whole(tmp_path: Path) -> None:
    some = digits((0, 5, 6, 9), (20, 249, 767, 150))
    plots.save(plots.draw_event(some, some, "title"), tmp_path / "event.png")
    plots.save(plots.draw_sensor(some, None, 20, "title"), tmp_path / "sensor.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["event.png", "sensor.png"]
    assert (tmp_path / "event.png").read_bytes().startswith(b"\x89PNG")


def test_signal_is_drawn_where_it_is() -> None:
    figure = plots.draw_event(digits((38, 0, 0, 9)), digits((38, 0, 0, 9)), "title")
    (marks,) = figure.axes[1].lines
    # Ladder 2.12, forward: its first row is at z = 19.41 mm plus half a pitch of 70 um.
    assert marks.get_xdata()[0] == pytest.approx(19.4105 + 0.035, abs=1e-3)
    assert marks.get_ydata()[0] == pytest.approx(11 * plots.LADDER_STEP_MM - 6.225, abs=1e-3)


def test_unknown_sensor() -> None:
    with pytest.raises(BadInput, match=r"sensor 40 does not exist \(0\.\.39\)"):
        plots.draw_sensor(Digits.empty(), None, 40, "title")
