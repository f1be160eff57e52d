"""Fixtures and hypothesis strategies of the kernel tests."""

from collections.abc import Iterator

import numpy as np
import pytest

from pxdbkg import _core


@pytest.fixture(params=["plain", "avx2"])
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test with the plain code and, where the machine has it, with AVX2."""
    if request.param == "avx2" and not _core.use_avx2():
        pytest.skip("this machine has no AVX2")
    _core.allow_avx2(request.param == "avx2")
    yield request.param
    _core.allow_avx2(True)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240917)
