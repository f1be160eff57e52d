import json
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.errors import FileError
from pxdbkg.io.published import read_published

REFERENCE = Path(__file__).parents[2] / "data" / "geant4_reference.json"


def test_the_published_numbers():
    published = read_published(REFERENCE)
    content = json.loads(REFERENCE.read_text())
    assert (published.n_events, published.threshold) == (10_000, 7)
    assert published.mean_occupancy.tolist() == content["geant4"]["mean_occupancy_per_sensor"]
    assert published.mean_charge.tolist() == content["geant4"]["mean_pixel_charge_per_sensor_adu"]
    assert published.fano.tolist() == [12.0, 12.5]
    assert published.charge_counts.shape == (256,)
    assert not published.charge_counts[:7].any()
    assert published.charge_counts[7:].tolist() == content["geant4"]["charge_counts"]
    # two independent numbers of the file agree: digits from occupancies and from the spectrum
    assert published.charge_counts.sum() == pytest.approx(published.mean_occupancy.sum() * 192_000 * 10_000, rel=1e-6)


def test_the_generated_sample_has_no_mean_charge():
    published = read_published(REFERENCE)
    assert published.iea_gan is not None
    assert published.iea_gan.fano.tolist() == [23.9, 19.0]
    assert np.isnan(published.iea_gan.mean_charge).all()
    assert published.iea_gan.charge_counts.sum() > 0


def test_the_generated_sample_may_be_missing(tmp_path):
    content = json.loads(REFERENCE.read_text())
    del content["iea_gan"]
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert read_published(tmp_path / "a.json").iea_gan is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c.pop("geant4"), "no object 'geant4'"),
        (lambda c: c.update(n_events="many"), "n_events is 'many' (whole numbers from 0)"),
        (lambda c: c.pop("threshold_adu"), "threshold_adu is None"),
        (lambda c: c.update(iea_gan=[]), "'iea_gan' is no object"),
        (
            lambda c: c["geant4"]["mean_occupancy_per_sensor"].pop(),
            "mean_occupancy_per_sensor has 39 values (40 numbers)",
        ),
        (lambda c: c["geant4"]["mean_occupancy_per_sensor"].__setitem__(3, 1.5), "has 1.5 (0..1)"),
        (lambda c: c["geant4"]["mean_occupancy_per_sensor"].__setitem__(3, None), "has None (numbers from 0)"),
        (lambda c: c["geant4"]["mean_pixel_charge_per_sensor_adu"].__setitem__(0, float("nan")), "has nan"),
        (lambda c: c["geant4"].pop("mean_pixel_charge_per_sensor_adu"), "geant4 has no mean_pixel_charge"),
        (lambda c: c["geant4"]["charge_counts"].pop(), "charge_counts has 248 values (249 numbers)"),
        (lambda c: c["geant4"].update(charge_counts=[0] * 249), "charge_counts are all 0"),
        (lambda c: c["geant4"]["charge_adu"].__setitem__(0, 256), "charge_adu has values that are no charges"),
        (
            lambda c: c["geant4"]["charge_adu"].__setitem__(0, 8),
            "charge_adu has values that are no charges, or one twice",
        ),
        (lambda c: c["iea_gan"].update(fano_factor_of_hits_per_sensor_and_event=3), "no object 'iea_gan.fano_"),
        (lambda c: c["geant4"]["fano_factor_of_hits_per_sensor_and_event"].pop("layer2"), "has None (numbers from 0)"),
    ],
)
def test_one_line_for_each_fault(tmp_path, change, problem):
    content = json.loads(REFERENCE.read_text())
    change(content)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(content))
    with pytest.raises(FileError) as error:
        read_published(path)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: is not a file of reference statistics (")
    assert problem in line
    assert line.endswith("Give data/geant4_reference.json, or a file of the same form")


def test_what_is_no_json(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(FileError, match="no JSON"):
        read_published(tmp_path / "a.json")
    with pytest.raises(FileError, match=r"none.json: cannot be read \(No such file"):
        read_published(tmp_path / "none.json")
