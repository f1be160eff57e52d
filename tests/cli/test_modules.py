import dataclasses
import typing

import pytest

from pxdbkg.cli.main import main
from pxdbkg.framework import registry
from pxdbkg.values import check_value, rules_of


def test_list_has_a_line_for_each_module(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["modules"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == registry.names()
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("name", registry.names())
def test_help_of_a_module_has_every_parameter(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["modules", name]) == 0
    out = capfd.readouterr().out
    for field in dataclasses.fields(registry.lookup(name).Config):
        assert f"  {field.name}: " in out
        assert field.metadata["doc"] in out


@pytest.mark.parametrize("name", registry.names())
def test_defaults_obey_their_own_rules(name: str) -> None:
    config = registry.lookup(name).Config
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        if field.default_factory is not dataclasses.MISSING:
            assert check_value(field.default_factory(), hints[field.name], rules_of(field))[1] == []
        elif field.default is not dataclasses.MISSING:
            assert check_value(field.default, hints[field.name], rules_of(field))[1] == []


def test_help_shows_types_bounds_and_collections(capfd: pytest.CaptureFixture[str]) -> None:
    main(["modules", "EventInfoSetter"])
    assert "  first: int or list[int] = 1   [0 to 9223372036854775807]" in capfd.readouterr().out
    main(["modules", "BGOverlayExecutor"])
    out = capfd.readouterr().out
    assert "  max_charge: int or null = null   [1 to 65535 ADU]" in out
    assert "Reads: PXDDigits_beamBG (Digits)" in out
    assert "Replaces: PXDDigits (Digits)" in out
    main(["modules", "DigitOutput"])
    assert "  file: str, required\n" in capfd.readouterr().out


def test_unknown_module(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["modules", "PXDDigitSortr"]) == 2
    assert "Did you mean 'PXDDigitSorter'?" in capfd.readouterr().err
