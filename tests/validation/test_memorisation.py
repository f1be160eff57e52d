import dataclasses

import numpy as np
import pytest

from pxdbkg.detector import Digits
from pxdbkg.detector.totals import Totals
from pxdbkg.errors import BadInput
from pxdbkg.validation.event import clustered
from pxdbkg.validation.fingerprints import Fingerprints
from pxdbkg.validation.memorisation import memorisation_results
from pxdbkg.validation.result import Side

N = 60


def digits_of(seed, n=2700):
    """Stacks of 3 x 3 pixels, more of them where the event says so."""
    rng = np.random.default_rng(seed)
    weight = rng.gamma(20, 1, 40)
    sensor = rng.choice(40, n // 9, p=weight / weight.sum())
    u, v = rng.integers(0, 247, n // 9), rng.integers(0, 765, n // 9)
    steps = np.arange(9)
    channel = np.unique((sensor * 768 + v)[:, None] * 250 + u[:, None] + steps // 3 * 250 + steps % 3)
    sensor, v, u = channel // 192_000, channel // 250 % 768, channel % 250
    charge = rng.integers(7, 256, len(channel))
    return Digits(sensor.astype("u1"), u.astype("u2"), v.astype("u2"), charge.astype("u2"))


def prints(digits):
    found = Fingerprints()
    for position, one in enumerate(digits):
        found.add(clustered(position, (0, 0, position), one))
    return found


def side(fingerprints):
    nothing = None
    return Side("", (), "", len(fingerprints), {}, Totals(), nothing, nothing, nothing, nothing, fingerprints)


@pytest.fixture(scope="module")
def events():
    """Events of a reference, a candidate and a training."""
    return tuple([digits_of(1000 * first + i) for i in range(N)] for first in (1, 2, 3))


@pytest.fixture(scope="module")
def reference(events):
    return side(prints(events[0]))


@pytest.fixture(scope="module")
def training(events):
    return prints(events[2])


def by_name(reference, digits, training=None):
    return {one.name: one for one in memorisation_results(reference, side(prints(digits)), training)}


def moved(digits):
    """Each pixel moved by one row: nothing is the same to the digit."""
    return Digits(digits.sensor, digits.u, (digits.v + 1) % 768, digits.charge)


def test_independent_samples_pass(events, reference, training):
    found = by_name(reference, events[1], training)
    assert [one.name for one in found.values() if not one.passed] == []
    assert {one.group for one in found.values()} == {"diversity", "memorisation"}
    assert {name for name, one in found.items() if one.value == 0} == {
        "events seen before", "sensors seen before", "events of the reference", "sensors of the reference",
        "events of the training", "sensors of the training", "clusters of the training",
    }  # fmt: skip


def test_repeated_events(events, reference):
    found = by_name(reference, [*events[1][: N // 2], *events[1][: N // 2]])
    assert found["events seen before"].value == 0.5
    assert found["sensors seen before"].value == 0.5
    near = found["nearest neighbour inside the sample is nearer"]
    assert not any(one.passed for one in (found["events seen before"], found["sensors seen before"], near))
    assert found["events of the reference"].passed


def test_near_copies_show_by_distance(events, reference):
    found = by_name(reference, [one for digits in events[1][: N // 2] for one in (digits, moved(digits))])
    assert found["events seen before"].passed
    assert found["nearest neighbour inside the sample is nearer"].passed is False


def test_one_sensor_of_the_reference(events, reference):
    ours, theirs = events[0][3], events[1][0]
    mixed = Digits.concatenate([theirs.select(theirs.sensor < 20), ours.select(ours.sensor == 20)])
    found = by_name(reference, [mixed, *events[1][1:]])
    assert found["events of the reference"].passed
    assert found["sensors of the reference"].passed is False
    assert found["sensors of the reference"].detail.startswith("1 of ")


def test_a_tenth_of_the_events_is_learnt(events, reference, training):
    found = by_name(reference, [*events[1][N // 10 :], *events[2][: N // 10]], training)
    for name in ("events of the training", "sensors of the training", "clusters of the training"):
        assert found[name].value == pytest.approx(0.1, abs=0.02)
        assert found[name].passed is False
    assert found["events of the reference"].passed


def test_learnt_events_that_were_moved_show_by_distance(events, reference, training):
    found = by_name(reference, [moved(one) for one in events[2]], training)
    assert found["events of the training"].passed
    near = found["nearer to the training, event"]
    assert near.p_value is not None
    assert near.p_value < 0.01
    assert near.passed is False
    assert near.value > 0.9
    assert found["nearer to the training than to the reference"].passed is False


def test_sensors_of_several_learnt_events(events, reference, training):
    """Sensors put together anew: no event is near, but each sensor is."""

    def patchwork(first):
        parts = [events[2][(first + s) % N].select(events[2][(first + s) % N].sensor == s) for s in range(40)]
        return moved(Digits.concatenate(parts))

    found = by_name(reference, [patchwork(first) for first in range(N)], training)
    assert found["nearer to the training, sensors"].passed is False


def test_limit_and_p_value_agree(events, reference, training):
    for one in by_name(reference, events[1], training).values():
        if one.name == "nearer to the training, event":
            assert one.passed == (one.p_value > 0.01)


def test_training_of_other_length_and_one_event(events, reference):
    results = memorisation_results(reference, reference, prints(events[2][:1]))
    assert all(np.isfinite(dataclasses.astuple(one)[2:5]).all() for one in results)


def test_reference_that_was_learnt_is_an_error(events, reference, training):
    with pytest.raises(BadInput, match="60 of 60 events of the reference are in it"):
        by_name(reference, events[1], prints(events[0]))


def test_a_generator_that_varies_too_little_has_learnt_nothing_by_heart(events, reference, training):
    """All its events are about the mean, which is near to every event: it is told so, and no copy is claimed."""
    mean = prints(events[1])
    mean.__dict__["cells"] = np.broadcast_to(mean.cells.astype("f4").mean(axis=0), mean.cells.shape).astype("f2")
    found = {one.name: one for one in memorisation_results(reference, side(mean), training)}
    assert found["nearer to the training, event"].passed is False
    assert "not learnt by heart" in found["nearer to the training, event"].detail
    assert found["nearer to the training than to the reference"].passed
