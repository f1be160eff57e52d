"""pxdbkg calibrate: fits, prints what it found, writes a preset that can be used."""

import pytest

from pxdbkg.cli.main import main
from pxdbkg.reference.preset import load_preset

SMALL = """
base: geant4
about: small
conditions: {occupancy_scale: 0.05}
fit:
  pairs: {parameters: [sources.two_photon.rate], low: 0}
"""


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def test_fit_writes_a_preset(preset, tmp_path, capsys):
    output = tmp_path / "fitted.yaml"
    text = preset.read_text().replace("pairs:", "mine:")
    preset.write_text(text)
    assert main(["calibrate", "--preset", str(preset), "-o", str(output), "-n", "2", "--steps", "1"]) == 0
    shown = capsys.readouterr().out
    assert "chi2" in shown
    assert "mine" in shown
    fitted = load_preset(str(output))
    assert fitted.fit["mine"].value == fitted.sources.two_photon.rate > load_preset(str(preset)).sources.two_photon.rate
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "1"], "-n: 1 is out of range"),
        (["--steps", "-1"], "--steps: -1 is out of range"),
        (["--target", "nowhere.json"], "nowhere.json"),
        (["--preset", "geant3"], "preset 'geant3': does not exist"),
        (["-o", "fitted.txt"], "does not end in .yaml"),
        (["-o", "no/such/folder/fitted.yaml"], "does not exist"),
    ],
)
def test_bad_input_is_one_line(preset, tmp_path, monkeypatch, capsys, arguments, message):
    given = ["--preset", str(preset), "-o", str(tmp_path / "fitted.yaml"), *arguments]
    assert main(["calibrate", *given]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "fitted.yaml").exists()
