import numpy as np
import pytest

from pxdbkg.errors import ArrayTypeError, DigitError
from pxdbkg.kernels.column_histograms import column_histograms


def test_equals_numpy(rng: np.random.Generator) -> None:
    values = rng.normal(size=(2000, 5)).astype("f4")
    counts = column_histograms(values, -2.0, 2.0, 16)
    assert counts.shape == (5, 16)
    for column, found in zip(values.T, counts, strict=True):
        assert np.array_equal(found, np.histogram(np.clip(column, -2.0, 1.999), 16, (-2.0, 2.0))[0])


def test_infinite_values_fall_into_the_outermost_bins() -> None:
    values = np.array([[-np.inf, np.inf, 1e30]], "f4")
    assert column_histograms(values, 0.0, 1.0, 2).tolist() == [[1, 0], [0, 1], [0, 1]]


def test_empty_tables() -> None:
    assert column_histograms(np.zeros((0, 3), "f4"), 0.0, 1.0, 2).tolist() == [[0, 0]] * 3
    assert column_histograms(np.zeros((3, 0), "f4"), 0.0, 1.0, 2).shape == (0, 2)


def test_rejects() -> None:
    table = np.zeros((2, 2), "f4")
    with pytest.raises(DigitError, match="row 1 holds NaN"):
        column_histograms(np.array([[0.0], [np.nan]], "f4"), 0.0, 1.0, 2)
    for low, high in ((1.0, 1.0), (1.0, 0.0), (np.nan, 1.0), (0.0, np.inf)):
        with pytest.raises(DigitError, match="the range is"):
            column_histograms(table, low, high, 2)
    with pytest.raises(DigitError, match="number of bins is 0"):
        column_histograms(table, 0.0, 1.0, 0)
    with pytest.raises(ArrayTypeError, match="values"):
        column_histograms(table.astype("f8"), 0.0, 1.0, 2)
