import re
import subprocess
import sys
from pathlib import Path

import pytest

import pxdbkg
from pxdbkg.cli.main import COMMANDS, main

PACKAGE = Path(pxdbkg.__file__).parent


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"pxdbkg {pxdbkg.__version__}\n"


def test_every_command_has_a_file() -> None:
    assert all((PACKAGE / "cli" / f"{name}.py").is_file() for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: pxdbkg {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["rum"], ["run"], ["run", "a.yaml", "--fast"], ["run", "a.yaml", "-n", "x"]])
def test_arguments_that_do_not_exist(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert re.fullmatch(r"pxdbkg( run)?: .*\. See: pxdbkg( run)? --help\n", capsys.readouterr().err)


def test_errors_are_lines(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "missing.yaml"]) == 2
    assert capfd.readouterr() == ("", "missing.yaml: cannot be read (No such file or directory). Check the name\n")


def test_the_reader_of_the_output_may_go() -> None:
    command = f"'{sys.executable}' -m pxdbkg.cli.main modules | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
