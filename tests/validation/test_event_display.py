import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.errors import BadInput
from pxdbkg.validation import event_display, plots
from pxdbkg.validation.event_view import EventView, event_view


def view(*pixels: tuple[int, int, int, int], background: Digits | None) -> EventView:
    columns = np.array(pixels, "u2").reshape(-1, 4).T
    digits = Digits(columns[0].astype("u1"), *(np.ascontiguousarray(column) for column in columns[1:]))
    return event_view((0, 0, 1), digits, background)


def test_signal_is_marked_where_it_is() -> None:
    figure = event_display.draw_event(view((38, 0, 0, 9), background=Digits.empty()))
    (marks,) = figure.axes[1].lines
    # Ladder 2.12, forward: its first row is at z = 19.41 mm plus half a pitch of 70 um.
    assert marks.get_xdata()[0] == pytest.approx(19.4105 + 0.035, abs=1e-3)
    assert marks.get_ydata()[0] == pytest.approx(11 * event_display.LADDER_STEP_MM - 6.225, abs=1e-3)
    plots.load_pyplot().close(figure)


def test_clusters_are_counted_beside_their_sensor() -> None:
    some = view((0, 5, 6, 9), (0, 6, 6, 9), (0, 50, 6, 9), (39, 1, 1, 20), background=None)
    figure = event_display.draw_event(some)
    words = [[text.get_text() for text in panel.texts] for panel in figure.axes[:2]]
    assert words[0].count("2") == words[1].count("1") == 1
    assert words[0].count("0") == 15
    assert words[1].count("0") == 23
    assert len(figure.axes) == 3  # two layers, and one scale of charge when nothing is known of signal
    plots.load_pyplot().close(figure)


def test_frames_enclose_clusters() -> None:
    some = view((7, 5, 6, 9), (7, 6, 7, 9), (7, 100, 700, 9), background=Digits.empty())
    figure = event_display.draw_sensor(some, 7)
    frames = [path.get_extents() for path in figure.axes[0].collections[1].get_paths()]
    assert [frame.bounds for frame in frames] == [(5.0, 4.0, 3.0, 3.0), (699.0, 99.0, 2.0, 2.0)]
    assert "sensor 1.4.2: 3 digits, 2 clusters, 2 of them with signal" in figure.get_suptitle()
    plots.load_pyplot().close(figure)


def test_unknown_sensor() -> None:
    with pytest.raises(BadInput, match=r"sensor 40 does not exist \(0\.\.39\)"):
        event_display.draw_sensor(view(background=None), 40)
