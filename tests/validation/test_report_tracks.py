from types import SimpleNamespace

import numpy as np

from pxdbkg.validation.report_tracks import tracks_section


def test_without_a_study() -> None:
    assert tracks_section(None) == ""


def test_pulls_and_numbers_of_all_scenarios() -> None:
    rng = np.random.default_rng(1)
    scenarios = {
        title: SimpleNamespace(
            values=np.array([0.84, 0.01]), errors=np.array([0.01, np.nan]), pulls=rng.poisson(5, (2, 2, 400)) * 1.0
        )
        for title in ("none", "reference", "candidate")
    }
    study = SimpleNamespace(
        names=("pull of d0, core width, pT < 0.2 GeV", "share"),
        scenarios=scenarios,
        frechet={("reference", "candidate"): np.array([0.5, 0.25])},
        frechet_errors={("reference", "candidate"): np.array([0.1, np.nan])},
        pt_bins=((0.0, 0.2), (0.2, 1.0)),
        pull_edges=np.linspace(-8, 8, 401),
        n_tracks=20_000,
        n_units=500,
    )
    text = tracks_section(study)
    assert text.count("<svg") == 4
    assert "20,000 signal tracks" in text
    assert "pull of d0, core width, pT &lt; 0.2 GeV" in text
    assert text.count("<td data-of") == 3 * 2 + 2
    assert text.count("0.840 \u00b1 0.010") == 3 + 3  # in the table, and in the legend of d0 below 0.2 GeV
    assert "0.50 \u00b1 0.10" in text
