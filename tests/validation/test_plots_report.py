import re

import numpy as np
import pytest

from pxdbkg.validation.plots_report import Curve, Spectra, draw_histogram, draw_pulls, draw_sensors, draw_spectra


def spectra(reference: list[float], candidate: list[float]) -> Spectra:
    one, other = (np.array([values]) for values in (reference, candidate))
    edges = np.arange(len(reference) + 1.0)
    return Spectra(edges, Curve(one, one / 1000), Curve(other, other / 1000), ("",), "x label", "y label")


def test_pictures_are_the_same_again_and_take_the_colours_of_the_page() -> None:
    drawn = [draw_spectra(spectra([5, 6, 7], [5, 7, 7]), "name", "title") for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert "currentColor" in drawn[0]
    assert "var(--reference)" in drawn[0]
    assert "var(--candidate)" in drawn[0]
    assert "#0a0b0c" not in drawn[0]
    assert "x label" in drawn[0]
    assert 'aria-label="title"' in drawn[0]


def test_names_of_parts_differ_between_pictures() -> None:
    ids = [
        set(re.findall(r' id="([^"]+)"', draw_spectra(spectra([5, 6], [5, 7]), name, "title"))) for name in ("a", "b")
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("factor", "ticks"), [(1.01, ("0.98", "1.02")), (1.3, ("0.6", "1.4")), (3.0, ("0.2", "5")), (1e4, ("0.1", "10"))]
)
def test_axis_of_ratios_fits_them(factor: float, ticks: tuple[str, str]) -> None:
    drawn = draw_spectra(spectra([500, 600], [500 * factor, 600 * factor]), "name", "title")
    for tick in ticks:
        assert f">{tick}</text>" in drawn


def test_nothing_to_draw() -> None:
    nothing = np.zeros(40)
    empty = Curve(nothing, nothing)
    unknown = Curve(np.full(40, np.nan), np.full(40, np.nan))
    assert draw_spectra(spectra([0, 0], [0, 0]), "name", "title").startswith("<svg")
    assert draw_sensors(empty, unknown, "y", "name", "title").startswith("<svg")
    assert draw_histogram(np.ones(3), np.ones(2), 10, "x", "name", "title").startswith("<svg")
    assert draw_pulls(np.linspace(-8, 8, 401), {"none": np.zeros(400)}, {}, "x", "name", "title").startswith("<svg")
