"""Types of the compiled kernels; one block a concept, in the order of csrc/bindings/module.cpp."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# random
def has_avx2() -> bool: ...
def philox4x32(counter: NDArray[np.uint32], key: NDArray[np.uint32]) -> NDArray[np.uint32]: ...
def uniform(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    out: NDArray[Any],
    avx2: bool,
) -> None: ...
def normal(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    out: NDArray[Any],
    avx2: bool,
) -> None: ...
def poisson(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    mean: NDArray[np.float64],
) -> NDArray[np.int64]: ...
def gamma(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    shape: NDArray[np.float64],
) -> NDArray[np.float64]: ...
def log(x: NDArray[np.float64]) -> NDArray[np.float64]: ...
def exp(x: NDArray[np.float64]) -> NDArray[np.float64]: ...
def normal_quantile(p: NDArray[np.float64]) -> NDArray[np.float64]: ...
