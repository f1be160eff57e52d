"""Every example in a docstring of the package runs."""

import doctest
import importlib
import pkgutil

import pytest

import pxdbkg

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(pxdbkg.__path__, "pxdbkg.")
    if not module.name.endswith(("_core", "_build"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
