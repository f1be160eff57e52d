import numpy as np
import pytest

from pxdbkg.detector import Clusters, Digits
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.event_form import EventForm


def test_the_first_event_fixes_the_form():
    form = EventForm("a.root", ["D", "C"])
    extras = {"Gating/start_ns": np.zeros(1), "events/gated": 1, "conditions/x": 2.0}
    assert form.accept({"C": Clusters.empty(), "D": Digits.empty()}, extras)
    assert form.types == {"D": Digits, "C": Clusters}
    assert list(form.extras.items()) == [
        ("conditions/x", np.float64),
        ("events/gated", np.uint8),
        ("Gating/start_ns", np.float32),
    ]
    assert not form.accept({"C": Clusters.empty(), "D": Digits.empty()}, extras)
    assert not form.accept_none()


@pytest.mark.parametrize(
    ("data", "extras", "problem"),
    [
        ({}, {}, r"event number 1 of the file: has the collections \[\], expected \['D'\]"),
        ({"D": Clusters.empty()}, {}, "D is Clusters, it was Digits before"),
        (
            {"D": Digits.empty()},
            {"conditions/x": 1.0},
            r"has the values \['conditions/x'\], the events before had \[\]",
        ),
    ],
)
def test_later_events_have_the_same_form(data, extras, problem):
    form = EventForm("a.root", ["D"])
    form.accept({"D": Digits.empty()}, {})
    with pytest.raises(DigitError, match=problem):
        form.accept(data, extras)


def test_a_file_without_events_holds_digits():
    form = EventForm("a.root", ["D"])
    assert form.accept_none()
    assert form.types == {"D": Digits}


def test_values_without_a_place_are_refused():
    with pytest.raises(DigitError, match="no place for the value 'events/x'"):
        EventForm("a.root", ["D"]).accept({"D": Digits.empty()}, {"events/x": 1})


@pytest.mark.parametrize("name", ["events", "Gating", "a b", "", "../x"])
def test_names_that_no_file_can_hold(name):
    with pytest.raises(FileError, match="cannot be the name of a collection"):
        EventForm("a.root", [name])
