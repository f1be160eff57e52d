import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxdbkg import _core
from pxdbkg.detector.digits import Digits
from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels import codec_edges, decode_log, encode_adu, suppress_adu, suppress_log

ONE = np.array([4], np.uint8)


def random_maps(rng: np.random.Generator, sensors: int, occupancy: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = (sensors, 250, 768)
    return np.where(rng.random(shape) < occupancy, rng.integers(0, 256, shape), 0).astype(np.uint8)


def expected(maps: np.ndarray[Any, Any], threshold: int, sensors: np.ndarray[Any, Any]) -> Digits:
    digits = Digits.from_maps(np.where(maps >= threshold, maps, 0).astype(np.uint8))
    return Digits(sensors[digits.sensor], digits.u, digits.v, digits.charge)


@pytest.mark.parametrize("occupancy", [0.0, 0.001, 0.03, 0.5, 1.0])
@pytest.mark.parametrize("threshold", [1, 7, 128, 255])
def test_suppress_adu_equals_numpy(
    instruction_set: str, rng: np.random.Generator, occupancy: float, threshold: int
) -> None:
    sensors = np.array([0, 17, 39], np.uint8)
    maps = random_maps(rng, 3, occupancy)
    digits = suppress_adu(maps, threshold, sensors)
    assert digits == expected(maps, threshold, sensors)
    assert digits.is_sorted()


@pytest.mark.parametrize("rows", [250, 256])
def test_suppress_log_equals_decode_then_suppress(instruction_set: str, rng: np.random.Generator, rows: int) -> None:
    sensors = np.array([1, 2], np.uint8)
    x = rng.uniform(-1.2, 0.2, (2, rows, 768)).astype(np.float32)
    x[rng.random(x.shape) < 0.001] = np.inf
    x[rng.random(x.shape) < 0.001] = -np.inf
    inner = decode_log(x)[:, 3:253] if rows == 256 else decode_log(x)
    assert suppress_log(x, 7, sensors) == expected(inner, 7, sensors)


def test_padding_is_not_read() -> None:
    x = np.full((1, 256, 768), -1, np.float32)
    x[:, :3] = np.nan
    x[:, 253:] = 1
    assert len(suppress_log(x, 7, ONE)) == 0


@pytest.mark.parametrize("pixel", [(0, 0), (249, 767), (100, 63), (100, 64)])
def test_single_pixels_at_the_borders(instruction_set: str, pixel: tuple[int, int]) -> None:
    maps = np.zeros((1, 250, 768), np.uint8)
    maps[0][pixel] = 255
    digits = suppress_adu(maps, 255, ONE)
    assert [digits.sensor[0], digits.u[0], digits.v[0], digits.charge[0]] == [4, *pixel, 255]


def test_both_instruction_sets_give_the_same_bytes(rng: np.random.Generator) -> None:
    sensors = np.arange(5, dtype=np.uint8)
    maps = random_maps(rng, 5, 0.02)
    x = encode_adu(maps)
    digests = []
    for allowed in (False, True):
        _core.allow_avx2(allowed)
        digests.append((suppress_adu(maps, 7, sensors).digest(), suppress_log(x, 7, sensors).digest()))
    assert digests[0] == digests[1]


def test_seven_adu_is_exact() -> None:
    below = np.nextafter(np.float32(-0.25), np.float32(-1))
    x = np.full((1, 250, 768), -1, np.float32)
    x[0, 0, :2] = -0.25, below
    assert suppress_log(x, 7, ONE).charge.tolist() == [7]
    assert suppress_log(x, 6, ONE).charge.tolist() == [7, 6]


def test_every_edge_and_its_neighbours_decode_alike_in_both_languages(instruction_set: str) -> None:
    edges = codec_edges()
    assert edges.dtype == np.float32
    assert np.all(np.diff(edges) > 0)
    values = np.stack([edges, np.nextafter(edges, np.float32(-2)), np.nextafter(edges, np.float32(2))])
    charges = np.arange(256)
    wanted = np.stack([charges, np.maximum(charges - 1, 0), charges])
    assert np.array_equal(decode_log(values), wanted)
    x = np.full((1, 250, 768), -2, np.float32)
    x[0, :3, :256] = values
    assert np.array_equal(suppress_log(x, 1, ONE).to_maps()[4, :3, :256], wanted)


def test_encode_gives_the_edges_and_inverts_decode() -> None:
    charges = np.arange(256)
    assert np.array_equal(encode_adu(charges), codec_edges())
    assert np.array_equal(encode_adu(charges.astype(np.float64)), codec_edges())
    assert np.array_equal(decode_log(encode_adu(charges + 0.5)), charges)


@given(st.floats(width=32, allow_nan=False))
def test_decode_is_the_largest_edge_reached(x: float) -> None:
    reached = [k for k in range(256) if codec_edges()[k] <= np.float32(x)]
    assert decode_log(np.array([x], np.float32))[0] == (reached[-1] if reached else 0)


@pytest.mark.parametrize("value", [-0.5, np.nan])
def test_encode_rejects(value: float) -> None:
    with pytest.raises(DigitError, match="0 or more"):
        encode_adu(np.array([1.0, value]))


def test_nan_is_named(instruction_set: str) -> None:
    x = np.full((2, 256, 768), -1, np.float32)
    x[1, 13, 20] = np.nan
    with pytest.raises(DigitError, match="sensor 9, u 10, v 20 is NaN"):
        suppress_log(x, 7, np.array([8, 9], np.uint8))
    with pytest.raises(DigitError, match=r"value \(1, 13, 20\) is NaN"):
        decode_log(x)


def test_no_map_at_all() -> None:
    assert len(suppress_adu(np.zeros((0, 250, 768), np.uint8), 7, np.zeros(0, np.uint8))) == 0


MAPS = np.zeros((2, 250, 768), np.uint8)
TWO = np.array([0, 1], np.uint8)


@pytest.mark.parametrize(
    ("maps", "threshold", "sensors", "message"),
    [
        (MAPS, 0, TWO, "threshold is 0 .*1..255"),
        (MAPS, 300, TWO, "threshold is 300 .*1..255"),
        (MAPS, 7, TWO[:1], "1 sensors for 2 maps"),
        (MAPS, 7, np.array([1, 0], np.uint8), r"sensors\[1\] is 0"),
        (MAPS, 7, np.array([0, 40], np.uint8), r"sensors\[1\] is 40"),
        (MAPS, 7, np.array([3, 3], np.uint8), r"sensors\[1\] is 3"),
    ],
)
def test_wrong_values(maps: Any, threshold: int, sensors: Any, message: str) -> None:
    with pytest.raises(DigitError, match=message):
        suppress_adu(maps, threshold, sensors)
    with pytest.raises(DigitError, match=message):
        suppress_log(maps.astype(np.float32), threshold, sensors)


@pytest.mark.parametrize(
    "maps",
    [
        MAPS.astype(np.int16),
        MAPS.astype(">u2"),
        MAPS[0],
        MAPS[:, :, ::2],
        MAPS[::-1],
        np.asfortranarray(MAPS),
        np.zeros((2, 256, 768), np.uint8),
        np.zeros((2, 768, 250), np.uint8),
        MAPS.tolist(),
        None,
    ],
    ids=itertools.count(),
)
def test_wrong_arrays(maps: Any) -> None:
    with pytest.raises(ArrayTypeError, match="maps"):
        suppress_adu(maps, 7, TWO)


def test_wrong_sensor_array_and_edges() -> None:
    with pytest.raises(ArrayTypeError, match="sensors"):
        suppress_adu(MAPS, 7, TWO.astype(np.int64))
    x = MAPS.astype(np.float32)
    with pytest.raises(DigitError, match="edges"):
        _core.suppress_log(x, 7, TWO, codec_edges()[:10].copy())
    with pytest.raises(DigitError, match="edge 5"):
        _core.suppress_log(x, 7, TWO, np.where(np.arange(256) == 5, -1, codec_edges()).astype(np.float32))
