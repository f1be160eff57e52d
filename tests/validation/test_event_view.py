import numpy as np

from pxdbkg.detector.digits import Digits
from pxdbkg.validation.event_view import BACKGROUND, BOTH, SIGNAL, event_view


def digits(*pixels: tuple[int, int, int, int]) -> Digits:
    columns = np.array(pixels, "u2").reshape(-1, 4).T
    return Digits(columns[0].astype("u1"), *(np.ascontiguousarray(column) for column in columns[1:]))


NOISE = digits((0, 5, 6, 9), (0, 7, 6, 9), (3, 1, 1, 20))
ALL = digits((0, 5, 6, 9), (0, 6, 6, 30), (0, 7, 6, 29), (3, 1, 1, 20), (39, 249, 767, 8))


def test_signal_is_what_the_background_does_not_explain() -> None:
    view = event_view((0, 0, 1), ALL, NOISE)
    assert view.kind is not None
    assert view.kind.tolist() == [BACKGROUND, SIGNAL, BOTH, BACKGROUND, SIGNAL]
    # The first three pixels are one cluster, which has signal.
    assert view.cluster_has_signal.tolist() == [True, False, True]
    counts = view.cluster_counts
    assert counts[[0, 3, 39]].tolist() == [[0, 1], [1, 0], [0, 1]]
    assert counts.sum() == 3
    assert view.title() == "experiment 0, run 0, event 1: 5 digits, 3 with signal, 3 clusters"


def test_order_does_not_matter() -> None:
    turned = event_view((0, 0, 1), ALL.select(np.arange(5)[::-1]), NOISE.select(np.arange(3)[::-1]))
    assert turned.kind is not None
    assert turned.kind.tolist() == [BACKGROUND, SIGNAL, BOTH, BACKGROUND, SIGNAL]
    assert turned.digits == ALL


def test_without_background_or_digits() -> None:
    everything = event_view((0, 0, 1), ALL, Digits.empty())
    assert everything.has_signal.all()
    unknown = event_view((0, 0, 1), ALL, None)
    assert unknown.kind is None
    assert not unknown.has_signal.any()
    assert "signal" not in unknown.title()
    nothing = event_view((0, 0, 1), Digits.empty(), NOISE)
    assert len(nothing.clusters) == nothing.cluster_counts.sum() == 0
