import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg.detector import Digits
from pxdbkg.validation.event import clustered
from pxdbkg.validation.fingerprints import (
    CELLS_U,
    CELLS_V,
    CLUSTER_SHARE,
    FEWEST_PIXELS,
    NONE,
    Fingerprints,
    cluster_marks,
)


def event_of(seed, position=0, n=4000):
    """Digits in stacks of 3 x 3, so that there are clusters with a mark."""
    rng = np.random.default_rng(seed)
    maps = np.zeros((40, 250, 768), np.uint8)
    sensor, u, v = (rng.integers(0, high - 3, n // 9) for high in (43, 250, 768))
    for du in range(3):
        for dv in range(3):
            maps[sensor, u + du, v + dv] = rng.integers(7, 256, n // 9)
    return clustered(position, (0, 0, position), Digits.from_maps(maps))


def prints(*seeds):
    found = Fingerprints()
    for position, seed in enumerate(seeds):
        found.add(event_of(seed, position))
    return found


def test_copies_agree_and_others_do_not():
    found = prints(1, 2, 1)
    assert found.events[0] == found.events[2] != found.events[1]
    assert np.array_equal(found.sensors[0], found.sensors[2])
    assert not np.isin(found.sensors[1], found.sensors[0]).any()
    kept = [found.clusters[found.cluster_event == event] for event in range(3)]
    assert np.array_equal(kept[0], kept[2])
    assert not np.isin(kept[1], kept[0]).any()
    assert 0.15 < len(kept[0]) / int((event_of(1).clusters.size >= FEWEST_PIXELS).sum()) < 0.35


def test_arrays_follow_what_is_added():
    found = prints(1)
    assert found.sensors.shape == (1, 40)
    found.add(event_of(2, 1))
    assert found.sensors.shape == (2, 40)
    assert found.cells.shape == (2, 40, CELLS_U * CELLS_V)


def test_one_charge_changes_event_and_sensor():
    event = event_of(3)
    charge = event.digits.charge.copy()
    charge[0] += 1
    digits = Digits(event.digits.sensor, event.digits.u, event.digits.v, charge)
    found = Fingerprints()
    found.add(event)
    found.add(clustered(1, (0, 0, 1), digits))
    assert found.events[0] != found.events[1]
    assert np.flatnonzero(found.sensors[0] != found.sensors[1]).tolist() == [event.digits.sensor[0]]


def test_too_few_digits_have_no_mark():
    found = Fingerprints()
    column = np.arange(3, dtype="u2")
    found.add(clustered(0, (0, 0, 0), Digits(np.zeros(3, "u1"), column, column, column + 7)))
    found.add(clustered(1, (0, 0, 1), Digits.empty()))
    assert found.events.tolist() == [NONE, NONE]
    assert not found.sensors.any()
    assert len(found.clusters) == 0


@given(
    st.integers(0, 200), st.integers(0, 700), st.integers(0, 39), st.lists(st.integers(7, 255), min_size=6, max_size=9)
)
def test_mark_of_a_cluster_does_not_depend_on_its_place(u, v, sensor, charges):
    charges[0] += -sum(charges) % CLUSTER_SHARE  # so that it has a mark

    def mark(sensor, u, v):
        n = len(charges)
        columns, rows = (u + np.arange(n) % 3).astype("u2"), (v + np.arange(n) // 3).astype("u2")
        digits = Digits(np.full(n, sensor, "u1"), columns, rows, np.array(charges, "u2"))
        return cluster_marks(clustered(0, (0, 0, 0), digits)).tolist()

    assert len(mark(sensor, u, v)) == 1
    before = mark(0, 10, 20)
    assert mark(sensor, u, v) == before
    charges[0], charges[1] = charges[0] + 1, charges[1] - 1
    assert mark(sensor, u, v) != before


def test_cells_count_the_digits():
    event = event_of(5)
    found = Fingerprints()
    found.add(event)
    counts = np.zeros((40, CELLS_U, CELLS_V))
    digits = event.digits
    np.add.at(counts, (digits.sensor, digits.u.astype(int) * 6 // 250, digits.v // 96), 1)
    assert np.allclose(found.cells[0], np.sqrt(counts).reshape(40, -1), atol=1e-2)
