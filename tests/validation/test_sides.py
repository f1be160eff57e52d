from types import SimpleNamespace

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.totals import Totals
from pxdbkg.errors import BadInput
from pxdbkg.framework import EventMeta
from pxdbkg.io import open_writer
from pxdbkg.validation.event import clustered
from pxdbkg.validation.sides import SampleFiles, check_alike, collect

N_DIGITS = 400


def event(seed, *, threshold=7, shift=0, sensors=40):
    rng = np.random.default_rng(seed)
    channel = np.sort(rng.choice(sensors * 192_000, N_DIGITS, replace=False))
    charge = np.minimum(7 + rng.exponential(20, N_DIGITS) + shift, 255)
    columns = channel % 250, channel // 250 % 768, charge
    digits = Digits((channel // 192_000).astype("u1"), *(column.astype("u2") for column in columns))
    return digits.select(digits.charge >= threshold)


def side(label, n_events=20, **changes):
    totals = Totals()
    for seed in range(n_events):
        totals.add(event(seed, **changes))
    return SimpleNamespace(label=label, files=(f"{label}.npz",), n_events=n_events, totals=totals)


def test_samples_of_one_kind_are_alike():
    check_alike(side("reference"), side("candidate", n_events=30))


def test_shifted_charges_are_a_fault_to_be_found_and_no_other_threshold():
    check_alike(side("reference"), side("candidate", shift=1))
    check_alike(side("reference", shift=3), side("candidate"))


@pytest.mark.parametrize("cut", ["reference", "candidate"])
def test_another_threshold_is_refused(cut):
    sides = [side(label, threshold=11 if label == cut else 7) for label in ("reference", "candidate")]
    with pytest.raises(BadInput, match="two thresholds"):
        check_alike(*sides)


def test_other_sensors_are_refused_and_those_missing_in_both_are_not():
    with pytest.raises(BadInput, match=r"candidate: candidate.npz has no digit in sensor 2.1.1, 2.1.2, .* \(24 of 40"):
        check_alike(side("reference"), side("candidate", sensors=16))
    with pytest.raises(BadInput, match="reference: reference.npz has no digit in sensor 2.1.1"):
        check_alike(side("reference", sensors=16), side("candidate"))
    check_alike(side("reference", sensors=16), side("candidate", sensors=16))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "events.npz"
    with open_writer(path, ["PXDDigits", "PXDDigits_beamBG"], {"seed": "1"}) as writer:
        for number in range(45):
            digits = event(number)
            unsorted = digits.select(np.arange(len(digits))[::-1])
            writer.write(EventMeta(3, 4, number), {"PXDDigits": digits, "PXDDigits_beamBG": unsorted})
    return path


def test_events_of_a_file(file):
    files = SampleFiles("reference", [str(file)], most_events=41)
    assert files.collection == "PXDDigits_beamBG"
    assert files.provenance["seed"] == "1"
    done = []
    events = list(files.events(done.append))
    files.close()
    assert done == list(range(1, 42))
    assert [one.position for one in events] == list(range(41))
    assert events[7].ids == (3, 4, 7)
    assert events[7].digits.digest() == event(7).digest()  # sorted


def test_too_few_events(file):
    with pytest.raises(BadInput, match=r"candidate: .*events.npz has 12 events \(at least 40"):
        SampleFiles("candidate", [str(file)], most_events=12)


def test_everything_of_a_side_sees_every_event():
    found = collect("reference", (clustered(n, (0, 0, n), event(n)) for n in range(8)), 8, permuted=True)
    assert found.totals.n_events == found.units.n_events == found.vectors.n_events == len(found.fingerprints) == 8
    assert found.units.sums["counts"].sum() == found.totals.digits.sum()
    assert set(found.clusters.event) == set(range(8))
    assert found.tiles is not None
    assert set(found.tiles.event) == set(range(8))
    assert found.permuted is not None
    assert set(found.permuted.event) == {2, 3, 6, 7}
