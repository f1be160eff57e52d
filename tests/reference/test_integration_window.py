import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector.timing import InjectionTiming
from pxdbkg.errors import DigitError
from pxdbkg.reference.integration_window import IntegrationWindow

TAU = 20000 / 192


def timing(trigger_gate, starts=()):
    return InjectionTiming(trigger_gate, len(starts) > 0, np.array(starts, np.float32))


@given(st.integers(0, 191), st.integers(0, 767), st.sampled_from([0, 15, 16, 39]), st.sampled_from([(), (1,), (2,)]))
def test_window_of_a_row_as_the_digitizer_counts(trigger, v, sensor, backwards):
    """Row and gate turned round one by one, as basf2 does."""
    row = 767 - v if (1 if sensor < 16 else 2) in backwards else v
    gate = row // 4
    distance = gate - trigger if gate >= trigger else 192 - trigger + gate
    window = IntegrationWindow(reversed_layers=backwards)
    assert window.distance(timing(trigger))[sensor, v // 4] == distance
    assert window.opens_ns(timing(trigger))[sensor, v // 4] == pytest.approx(-20000 + (distance + 1) * TAU)


@given(st.integers(0, 191))
def test_all_rows_take_the_trigger_and_each_a_time_of_its_own(trigger):
    window = IntegrationWindow()
    opens = window.opens_ns(timing(trigger))
    assert np.all((opens <= 0) & (opens + window.frame_ns > 0))
    for layer in (opens[:16], opens[16:]):
        np.testing.assert_allclose(np.sort(layer, axis=1), np.tile(-20000 + TAU * np.arange(1, 193), (len(layer), 1)))
    assert opens.min() == pytest.approx(-20000 + TAU)
    assert opens.max() == pytest.approx(0)


def test_delay_and_frame_move_the_windows():
    moved = IntegrationWindow(delay_ns=250, frame_ns=10000)
    opens = moved.opens_ns(timing(7))
    np.testing.assert_allclose(opens, IntegrationWindow(frame_ns=10000).opens_ns(timing(7)) + 250)
    assert moved.gate_ns == pytest.approx(TAU / 2)


def test_hits_after_a_gating_start_are_lost():
    gated = timing(0, [-10000, 0, 10000])
    times = np.array([-10001, -10000, -9600.5, -9600, -1, 0, 399, 400, 10399, 10401], np.float32)
    expected = [False, True, True, False, False, True, True, False, True, False]
    assert IntegrationWindow().blind(gated, times).tolist() == expected
    assert not IntegrationWindow(blind_ns=0).blind(gated, times).any()
    assert not IntegrationWindow().blind(timing(0), times).any()
    assert not IntegrationWindow().blind(InjectionTiming(0, False, np.zeros(1, np.float32)), times).any()


@given(st.integers(0, 191), st.floats(0, 30000, width=32))
def test_gates_that_are_read_while_gated_are_skipped(trigger, start):
    window = IntegrationWindow()
    skipped = window.skipped(timing(trigger, [start]))
    distance = window.distance(timing(trigger))
    first, last = int(start / TAU), int((start + 1400) / TAU)
    np.testing.assert_array_equal(skipped, (distance >= first) & (distance < last))
    if start < 18000:
        assert set(skipped.sum(axis=1)) <= {13, 14}
    assert not window.skipped(timing(trigger, [-start - 1])).any()
    assert not IntegrationWindow(skip_ns=0).skipped(timing(trigger, [start])).any()


def test_skipped_gates_add_up():
    assert IntegrationWindow(reversed_layers=()).skipped(timing(0, [10000]))[0].nonzero()[0].tolist() == [
        *range(96, 109)
    ]
    both = IntegrationWindow().skipped(timing(100, [0, 10000]))
    each = [IntegrationWindow().skipped(timing(100, [start])) for start in (0, 10000)]
    np.testing.assert_array_equal(both, each[0] | each[1])
    assert not IntegrationWindow().skipped(timing(100)).any()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"frame_ns": 0.0}, r"frame_ns 0\.0 \(1 to"),
        ({"blind_ns": -1.0}, "blind_ns -1.0"),
        ({"delay_ns": float("nan")}, "delay_ns nan"),
        ({"reversed_layers": (3,)}, r"reversed_layers \[3\] \(of 1 and 2\)"),
    ],
)
def test_constants_out_of_range(change, text):
    with pytest.raises(DigitError, match=text):
        IntegrationWindow(**change)
