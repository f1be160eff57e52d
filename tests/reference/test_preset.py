"""Presets load, inherit, and say in one line what is wrong with them."""

import dataclasses
from pathlib import Path

import pytest

from pxdbkg.config import dump_yaml
from pxdbkg.errors import ConfigError, FileError
from pxdbkg.reference.preset import FOLDER, SOURCES, as_mapping, load_preset, preset_names


def test_presets_of_the_package_load():
    assert preset_names() == ["design", "early_data", "geant4"]
    for name in preset_names():
        preset = load_preset(name)
        assert len(preset.about) > 80
        assert preset.rolling_shutter is (name != "geant4")


def test_sources_keep_their_numbers():
    """Files with truth hold them: a new source goes to the end."""
    assert SOURCES[:3] == ("two_photon", "radiative_bhabha", "touschek_ler")
    assert SOURCES[8:] == ("synchrotron", "compton", "injection_ler", "injection_her", "hot_pixels")


def test_written_preset_reads_back_the_same(tmp_path):
    preset = load_preset("geant4")
    path = tmp_path / "copy.yaml"
    path.write_text(dump_yaml(as_mapping(preset)))
    assert load_preset(str(path)) == preset


def test_digest_is_that_of_what_is_simulated():
    preset = load_preset("geant4")
    assert dataclasses.replace(preset, about="other", fit={}).digest() == preset.digest()
    assert dataclasses.replace(preset, rate_fluctuation=0.5).digest() != preset.digest()


def test_base_gives_what_a_file_leaves_out(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("base: geant4\nabout: mine\nsources:\n  two_photon: {rate: 12}\n")
    mine, base = load_preset(str(path)), load_preset("geant4")
    assert mine.sources.two_photon.rate == 12.0
    assert mine.sources.two_photon.pt_power == base.sources.two_photon.pt_power
    assert mine.showers == base.showers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base: geant4\nabout: x\nsources: {two_foton: {rate: 1}}\n", r":3:11: sources\.two_foton: unknown parameter"),
        (
            "base: geant4\nsources: {two_photon: {rate: -1}}\n",
            r":2:30: sources\.two_photon\.rate: -1\.0 is out of range",
        ),
        ("base: geant5\n", r"preset 'geant5': does not exist \(allowed: design, early_data, geant4, .*\)"),
        ("base: 3\n", r":1:7: base: is no name of a preset"),
        ("about: x\n", "required, but not given"),
        ("- a\n- b\n", "is not a mapping"),
        ("base: [", "not YAML"),
    ],
)
def test_fault_of_a_file(tmp_path, text, message):
    path = tmp_path / "faulty.yaml"
    path.write_text(text)
    with pytest.raises((ConfigError, FileError), match=message) as caught:
        load_preset(str(path))
    assert "Traceback" not in str(caught.value)


def test_preset_that_does_not_exist():
    with pytest.raises(FileError, match=r"preset 'geant': does not exist .* Did you mean 'geant4'\?"):
        load_preset("geant")
    with pytest.raises(FileError, match=r"nowhere\.yaml"):
        load_preset("nowhere.yaml")


def test_preset_based_on_itself(tmp_path):
    path = tmp_path / "loop.yaml"
    path.write_text(f"base: {path}\nabout: x\n")
    with pytest.raises(FileError, match="is based on itself"):
        load_preset(str(path))


def test_presets_are_installed_with_the_package():
    assert Path(FOLDER, "geant4.yaml").exists()
    assert "presets/*.yaml" in Path("pyproject.toml").read_text() + Path("setup.py").read_text()
