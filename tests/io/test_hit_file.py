from pathlib import Path

import numpy as np
import pytest

from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.hit_file import HitFiles

SAMPLE = Path(__file__).parents[2] / "data" / "signal_simhits.npz"


def columns(event=(0, 0, 2), **change):
    n = len(event)
    made = {name: np.zeros(n, "f4") for name in ("u_mm", "v_mm", "du", "dv", "time_ns")}
    made |= {"dw": np.ones(n, "f4"), "path_mm": np.full(n, 0.075, "f4"), "edep_MeV": np.full(n, 0.02, "f4")}
    made |= {"event": np.array(event, "i4"), "particle": np.arange(n, dtype="i2"), "sensor": np.arange(n, dtype="i2")}
    return made | change


def write(path, stored=True, **change):
    made = columns(**change)
    (np.savez if stored else np.savez_compressed)(path, **{k: v for k, v in made.items() if v is not None})
    return path


@pytest.mark.parametrize("stored", [True, False])
def test_events_of_two_files_follow_each_other(tmp_path, stored):
    a, b = write(tmp_path / "a.npz", stored), write(tmp_path / "b.npz", stored, event=(1,))
    files = HitFiles([a, b])
    assert (files.n_events, files.n_hits) == (5, 4)
    assert [len(files.event(entry)) for entry in range(5)] == [2, 0, 1, 0, 1]
    hit = files.event(2)
    assert (hit.sensor.tolist(), hit.particle.tolist()) == ([2], [2])
    np.testing.assert_allclose(hit.energy_keV, 20)
    with pytest.raises(DigitError, match=r"no entry 5 \(0\.\.4\)"):
        files.event(5)


def test_events_without_hits_at_the_end_are_counted(tmp_path):
    assert HitFiles([write(tmp_path / "a.npz", all_pt=np.zeros((7, 10), "f4"))]).n_events == 7


def test_the_sample():
    files = HitFiles([SAMPLE])
    assert (files.n_events, files.n_hits) == (200, 4117)
    hits = files.event(17)
    assert len(hits) > 5
    assert np.all((hits.path_mm >= 0.0749) & (hits.path_mm < 0.4))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"path_mm": None}, "not a file of hits.*path_mm are missing"),
        ({"event": np.array([0, 2, 1])}, "run backwards at hit 2"),
        ({"event": np.array([-1, 2, 3])}, "run backwards at hit 0"),
        ({"event": np.zeros((3, 1), int)}, r"'event' is int64 \(3, 1\)"),
        ({"u_mm": np.zeros(2, "f4")}, r"'u_mm' is float32 \(2,\), expected numbers \(3,\)"),
        ({"sensor": np.zeros(3, "f4")}, "'sensor' is float32"),
        ({"sensor": np.array([0, 40, 1])}, r"a.npz: hit 1 has a sensor outside 0\.\.39"),
        ({"sensor": np.array([0, -1, 1])}, "a hit is on sensor -1"),
        ({"dv": np.array([0, np.nan, 0], "f4")}, "hit 1 has a position, direction or path that is not finite"),
        ({"dw": np.array([1, 1, 2], "f4")}, "hit 2 has a direction that is no unit vector"),
    ],
)
def test_bad_columns_are_named(tmp_path, change, text):
    values = columns()
    values.update(change)
    path = tmp_path / "a.npz"
    np.savez(path, **{k: v for k, v in values.items() if v is not None})
    with pytest.raises(FileError, match=text) as error:
        HitFiles([path])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 10, 500, -100])
def test_truncated_files_are_one_line(tmp_path, length):
    path = tmp_path / "a.npz"
    path.write_bytes(SAMPLE.read_bytes()[:length])
    with pytest.raises(FileError, match=r"a\.npz: ") as error:
        HitFiles([path])
    assert "\n" not in str(error.value)


def test_flipped_byte_is_found(tmp_path):
    path = write(tmp_path / "a.npz")
    data = bytearray(path.read_bytes())
    data[data.index(b"u_mm.npy") + 200] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileError, match="damaged"):
        HitFiles([path])


def test_missing_file_and_empty_list(tmp_path):
    with pytest.raises(FileError, match=r"none\.npz: cannot be read"):
        HitFiles([tmp_path / "none.npz"])
    with pytest.raises(FileError, match="no file is given"):
        HitFiles([])
