"""Types of the compiled kernels; one block a concept, in the order of csrc/bindings/module.cpp."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# sensor, u, v, charge
DigitColumns = tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]

# common: the instruction set; tests compare results with and without AVX2
def allow_avx2(allowed: bool) -> None: ...
def use_avx2() -> bool: ...

# random
def philox4x32(counter: NDArray[np.uint32], key: NDArray[np.uint32]) -> NDArray[np.uint32]: ...
def uniform(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    out: NDArray[Any],
) -> None: ...
def normal(
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
    first_block: int,
    out: NDArray[Any],
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
def sincos(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def atan2(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]: ...
def normal_quantile(p: NDArray[np.float64]) -> NDArray[np.float64]: ...

# zero suppression
def suppress_adu(maps: NDArray[np.uint8], threshold: int, sensors: NDArray[np.uint8]) -> DigitColumns: ...
def suppress_log(
    maps: NDArray[np.float32], threshold: int, sensors: NDArray[np.uint8], edges: NDArray[np.float32]
) -> DigitColumns: ...

# overlay
def overlay(
    signal: DigitColumns, background: DigitColumns, mask: NDArray[np.uint8] | None, max_charge: int | None
) -> tuple[DigitColumns, tuple[int, int, int, int, int, int]]: ...
def sort_digits(
    digits: DigitColumns, mask: NDArray[np.uint8] | None, merge: bool, trim: bool
) -> tuple[DigitColumns, tuple[int, int, int, int, int]]: ...

# clustering
def label(digits: DigitColumns) -> tuple[NDArray[np.int32], int]: ...
def cluster_properties(
    digits: DigitColumns,
    labels: NDArray[np.int32],
    count: int,
    u_mm: NDArray[np.float64],
    v_mm: NDArray[np.float64],
) -> tuple[
    NDArray[np.uint8],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.uint32],
    NDArray[np.uint16],
    NDArray[np.uint32],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint16],
]: ...

# rasterization
def rasterize(
    sensor: NDArray[np.uint8],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    n_pixels: NDArray[np.int64],
    du: NDArray[np.int16],
    dv: NDArray[np.int16],
    adu: NDArray[np.float32],
    threshold: int,
) -> tuple[DigitColumns, tuple[int, int, int]]: ...

# deposition
class CollectionTable:
    def __init__(
        self, border_u: int, border_v: int, step: float, sigma_u: float, sigma_v: float, max_steps: int
    ) -> None: ...
    @property
    def values(self) -> NDArray[np.float64]: ...

def deposit(
    sensor: NDArray[np.uint8],
    u_mm: NDArray[np.float32],
    v_mm: NDArray[np.float32],
    w_mm: NDArray[np.float32],
    du: NDArray[np.float32],
    dv: NDArray[np.float32],
    dw: NDArray[np.float32],
    path_mm: NDArray[np.float32],
    electrons: NDArray[np.float64],
    particle: NDArray[np.int32] | None,
    time_ns: NDArray[np.float32] | None,
    v_edges: NDArray[np.float64],
    u_pitch: float,
    constants: NDArray[np.float64],
    tables: list[CollectionTable],
    which: NDArray[np.uint8],
    opens_ns: NDArray[np.float64] | None,
    open_for_ns: float,
    key: NDArray[np.uint32],
    class_byte: int,
) -> tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.int32] | None]: ...

# readout
def read_out(
    channel: NDArray[np.uint32],
    electrons: NDArray[np.float64],
    constants: NDArray[np.float64],
    key: NDArray[np.uint32],
    class_byte: int,
) -> tuple[DigitColumns, NDArray[np.uint32]]: ...

# straggling
def energy_loss(
    path_um: NDArray[np.float64],
    key: NDArray[np.uint32],
    class_byte: int,
    sensor: NDArray[np.uint8],
    ordinal: NDArray[np.uint32],
) -> NDArray[np.float64]: ...
def most_probable_loss(x: NDArray[np.float64]) -> NDArray[np.float64]: ...
def loss_width(x: NDArray[np.float64]) -> NDArray[np.float64]: ...
def folded_landau() -> NDArray[np.float64]: ...

# transport
def transport(
    particles: tuple[NDArray[Any], ...],
    grid: tuple[NDArray[Any], ...],
    tangential: float,
    half_u: float,
    thickness: float,
    settings: NDArray[np.float64],
    max_crossings: int,
    scattering: bool,
    energy_loss: bool,
    key: NDArray[np.uint32],
) -> tuple[
    NDArray[np.uint8],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.int32],
    NDArray[np.float32],
]: ...
def photoelectric_length(x: NDArray[np.float64]) -> NDArray[np.float64]: ...

# cluster shapes
def cluster_shapes(
    digits: DigitColumns, labels: NDArray[np.int32], count: int
) -> tuple[
    NDArray[np.uint8],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
]: ...

# pairs
def pair_distances(
    sensor: NDArray[np.uint8], u_mm: NDArray[np.float32], v_mm: NDArray[np.float32], edges_mm: NDArray[np.float64]
) -> NDArray[np.int64]: ...
def coincidences(
    a1: NDArray[np.float64],
    b1: NDArray[np.float64],
    a2: NDArray[np.float64],
    b2: NDArray[np.float64],
    a_edges: NDArray[np.float64],
    b_edges: NDArray[np.float64],
    period: float,
) -> NDArray[np.int64]: ...

# digit counts
def digit_counts(
    digits: DigitColumns,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
def neighbour_charges(digits: DigitColumns, class_of: NDArray[np.uint8], classes: int) -> NDArray[np.int64]: ...

# column histograms
def column_histograms(values: NDArray[np.float32], low: float, high: float, bins: int) -> NDArray[np.int64]: ...
