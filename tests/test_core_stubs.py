"""The stubs of the compiled part name what is there, with the arguments that it takes."""

import ast
import re
from pathlib import Path

from pxdbkg import _core

STUBS = Path(__file__).parents[1] / "pxdbkg/_core.pyi"


def stubs() -> dict[str, list[str]]:
    """Functions of the stub file and the names of their arguments."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(STUBS.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = [argument.arg for argument in node.args.posonlyargs + node.args.args]
        elif isinstance(node, ast.ClassDef):
            found[node.name] = []
    return found


def test_every_name_has_a_stub() -> None:
    there = {name for name in dir(_core) if not name.startswith("__")}
    assert set(stubs()) == there


def test_arguments_have_the_names_of_the_stubs() -> None:
    for name, arguments in stubs().items():
        signature = (getattr(_core, name).__doc__ or "").splitlines()[:1]
        if arguments and signature and "arg0" not in signature[0]:
            named = re.findall(r"(\w+):", signature[0].split("->")[0])
            assert named == arguments, name
