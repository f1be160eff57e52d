"""The study as a whole: what is reconstructed, what is found, and what is said about bad input."""

from functools import lru_cache

import numpy as np
import pytest

from pxdbkg.detector import Digits
from pxdbkg.errors import FileError
from pxdbkg.framework import EventMeta
from pxdbkg.io.chain import DigitChain
from pxdbkg.io.digit_file import open_writer
from pxdbkg.validation import track_reconstruction, track_study
from pxdbkg.validation.track_reconstruction import outer_fits, reconstruct
from pxdbkg.validation.track_signal import make_signal
from pxdbkg.validation.track_study import SCENARIOS, TrackStudy, compare, study_tracks
from pxdbkg.validation.track_sums import PT_BINS, PULL_EDGES, Sums
from pxdbkg.validation.tracks import Tracker


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws():
    """Of the bootstrap; what is tested here does not need more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track_study, "DRAWS", 200)
        yield


def noise(seed, per_sensor):
    """Single pixels at random."""
    draw = np.random.default_rng(seed)
    pixel = np.unique(draw.integers(0, 40 * 768 * 250, per_sensor * 40))
    sensor, rest = np.divmod(pixel, 768 * 250)
    v, u = np.divmod(rest, 250)
    charge = draw.integers(10, 60, len(pixel))
    return Digits(sensor.astype("u1"), u.astype("u2"), v.astype("u2"), charge.astype("u2"))


@lru_cache(maxsize=1)
def tracker() -> Tracker:
    return Tracker()


@lru_cache(maxsize=1)
def signal():
    return make_signal(tracker(), 12)


@lru_cache(maxsize=1)
def outer():
    return outer_fits(tracker(), signal())


def columns(outcome):
    return outcome.fitted, outcome.residual, outcome.pull, outcome.attached, outcome.right


def nothing(event):
    return Digits.empty()


def heavy(event):
    return noise(event, 600)


def chain(path, seeds, per_sensor=600, shuffle=False):
    with open_writer(path, ["PXDDigits"], {}) as writer:
        for number, seed in enumerate(seeds):
            digits = noise(seed, per_sensor)
            if shuffle:
                digits = digits.select(np.random.default_rng(seed).permutation(len(digits)))
            writer.write(EventMeta(0, 0, number, number), {"PXDDigits": digits})
    return DigitChain([str(path)], ["PXDDigits"])


def test_without_background_tracks_take_their_own_clusters():
    outcome = reconstruct(tracker(), signal(), outer(), nothing)
    assert outcome.fitted.mean() > 0.9
    assert outcome.right[signal().passed].mean() > 0.9
    assert (outcome.attached & ~outcome.right).mean() < 0.02
    assert np.array_equal(np.nonzero(outcome.fitted)[0], outer().particle)
    core = np.abs(outcome.pull[outcome.fitted]) < 3
    assert core.mean() > 0.97


def test_background_makes_tracks_take_wrong_clusters():
    clean = reconstruct(tracker(), signal(), outer(), nothing)
    outcome = reconstruct(tracker(), signal(), outer(), heavy)
    low = signal().pt_GeV < 0.2
    wrong = outcome.attached & ~outcome.right
    assert wrong[low].sum() > 0.15 * outcome.attached[low].sum()
    assert wrong[~low].sum() < 0.05 * outcome.attached[~low].sum()
    assert np.abs(outcome.pull[low & outcome.fitted]).mean() > np.abs(clean.pull[low & clean.fitted]).mean()
    # Where both take the right clusters and these are untouched, the fits are the same.
    same = np.all(clean.right & outcome.right, axis=1) & clean.fitted
    assert np.mean(np.all(clean.residual[same] == outcome.residual[same], axis=1)) > 0.9


def test_pixels_apart_from_the_tracks_change_nothing():
    def far(event):
        digits = heavy(event)
        taken = signal().digits[event].sensor
        return digits.select(~np.isin(digits.sensor, taken))

    some = reconstruct(tracker(), signal(), outer(), nothing)
    other = reconstruct(tracker(), signal(), outer(), far)
    touched = np.any(some.attached != other.attached, axis=1)  # a track may cross a sensor without leaving digits there
    assert touched.mean() < 0.1
    kept = np.any(some.right, axis=1) & ~touched & np.all(some.right == other.right, axis=1)
    assert kept.mean() > 0.85
    assert np.array_equal(some.residual[kept], other.residual[kept])


def test_events_in_memory_do_not_matter(monkeypatch):
    one = reconstruct(tracker(), signal(), outer(), heavy)
    monkeypatch.setattr(track_reconstruction, "CHUNK", 5)
    two = reconstruct(tracker(), signal(), outer(), heavy)
    for a, b in zip(columns(one), columns(two), strict=True):
        assert np.array_equal(a, b)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[TrackStudy, list[int]]:
    folder, done = tmp_path_factory.mktemp("study"), list[int]()
    reference, candidate = chain(folder / "a.npz", range(24)), chain(folder / "b.npz", range(100, 112))
    return study_tracks(reference, candidate, ("PXDDigits", "PXDDigits"), 115, done.append), done


def test_a_study(small):
    found, done = small
    assert (found.n_tracks, found.n_units) == (120, 12)
    assert tuple(found.scenarios) == SCENARIOS
    assert done == sorted(done)
    assert (done[-1], len(done)) == (120, 12 * 6)
    assert len(found.results) == 22
    assert {result.group for result in found.results} == {"tracks"}
    assert len({result.name for result in found.results}) == 22
    assert all(result.passed for result in found.results)
    for scenario in found.scenarios.values():
        assert scenario.values.shape == scenario.errors.shape == (20,)
        assert scenario.pulls.shape == (2, 2, len(PULL_EDGES) - 1)
        assert 180 < scenario.pulls.sum() <= 240
        assert np.all(np.isfinite(scenario.values))
    index = found.names.index("wrong attachments, layer 1, pT < 0.2 GeV")
    clean, busy = (found.scenarios[title].values[index] for title in ("none", "reference"))
    assert clean < 0.05 < 0.12 < busy
    assert all(value.shape == (len(PT_BINS),) for value in found.frechet.values())
    assert set(found.seconds) == {"signal", *SCENARIOS, "comparison"}


def test_a_study_repeats_itself_and_takes_any_order_of_digits(small, tmp_path):
    reference = chain(tmp_path / "a.npz", range(24), shuffle=True)
    candidate = chain(tmp_path / "b.npz", range(100, 112), shuffle=True)
    again = study_tracks(reference, candidate, ("PXDDigits", "PXDDigits"), 115)
    assert again.results == small[0].results
    for title, scenario in again.scenarios.items():
        assert np.array_equal(scenario.errors, small[0].scenarios[title].errors)


def test_a_candidate_without_background_is_found(tmp_path):
    reference, candidate = chain(tmp_path / "a.npz", range(60)), chain(tmp_path / "b.npz", range(30), per_sensor=1)
    found = study_tracks(reference, candidate, ("PXDDigits", "PXDDigits"), 300)
    failed = {result.name for result in found.results if result.passed is False}
    assert {f"wrong attachments, layer {layer}, pT < 0.2 GeV" for layer in (1, 2)} <= failed
    assert not any("0.2 to 1" in name for name in failed)


@pytest.mark.parametrize(("events", "tracks"), [((19, 30), 500), ((40, 9), 500), ((40, 40), 80)])
def test_too_little_is_one_line(tmp_path, events, tracks):
    reference, candidate = (chain(tmp_path / f"{k}.npz", range(n), 1) for k, n in enumerate(events))
    with pytest.raises(
        FileError, match=r"^tracks: \d+ tracks, \d+ events of the reference, .* Give more tracks or events$"
    ):
        study_tracks(reference, candidate, ("PXDDigits", "PXDDigits"), tracks)


def synthetic(seed, units=60, tracks=40, width=0.9, wrong=0.2):
    """Sums of units whose tracks are drawn, with the histograms and counts that they have."""
    draw = np.random.default_rng(seed)
    sums = np.zeros((units, len(PT_BINS), Sums.size))
    for unit in range(units):
        for number in range(len(PT_BINS)):
            pull = draw.normal(0, width, (tracks, 2))
            row = sums[unit, number]
            row[Sums.histograms] = np.concatenate([np.histogram(column, PULL_EDGES)[0] for column in pull.T])
            row[Sums.squares], row[Sums.within] = np.sum(pull**2, axis=0), tracks
            row[Sums.fitted], row[Sums.attached], row[Sums.passed] = tracks, tracks, tracks
            row[Sums.wrong] = draw.binomial(tracks, wrong, 2)
            row[Sums.right] = tracks - row[Sums.wrong]
            residual = draw.normal(0, width, (tracks, 5))
            row[Sums.first] = residual.sum(axis=0)
            row[Sums.second] = (residual.T @ residual)[np.triu_indices(5)]
    return sums


@lru_cache(maxsize=1)
def equal():
    return compare(samples(), 2400, {})


def samples(**candidate):
    return {
        title: synthetic(number, **(candidate if title == "candidate" else {}))
        for number, title in enumerate(SCENARIOS)
    }


def test_equal_samples_pass_and_unequal_ones_do_not():
    assert all(result.passed for result in equal().results)
    wider = compare(samples(width=1.2), 2400, {})
    failed = [result.name for result in wider.results if result.passed is False]
    assert all(("rms" in name or "Frechet" in name or "core" in name) for name in failed)
    assert sum("rms" in name for name in failed) == 4
    assert sum("Frechet" in name for name in failed) == 2
    more = compare(samples(wrong=0.3), 2400, {})
    failed = [result.name for result in more.results if result.passed is False]
    assert len(failed) == 8
    assert all("wrong" in name or "efficiency" in name for name in failed)


def test_errors_and_floors_are_those_of_independent_tracks():
    found = equal()
    by_name = {result.name: result for result in found.results}
    result = by_name["wrong attachments, layer 1, 0.2 to 1 GeV"]
    sigma = np.sqrt(2 * 0.2 * 0.8 / 2400)
    assert result.error == pytest.approx(sigma, rel=0.25)
    assert result.floor == pytest.approx(sigma * np.sqrt(2 / np.pi), rel=0.25)
    assert 3.5 * sigma < result.limit < 6 * sigma
    result = by_name["pull of z0, rms within 10, pT < 0.2 GeV"]
    assert result.error == pytest.approx(0.9 / np.sqrt(2400), rel=0.3)  # sqrt(2) for two, 1 / sqrt(2) for an rms
    index = found.names.index("pull of z0, core width, pT < 0.2 GeV")
    assert found.scenarios["reference"].values[index] == pytest.approx(0.9, abs=4 * 0.9 / np.sqrt(2 * 2400) * 1.5)
    assert 0.7 < found.scenarios["reference"].errors[index] / (0.9 / np.sqrt(2 * 2400)) < 2.5


def test_one_wild_track_is_no_finding():
    some = samples()
    some["candidate"][0, 0, Sums.beyond] = 1
    assert all(result.passed for result in compare(some, 2400, {}).results)


def test_a_bad_candidate_does_not_widen_its_limits():
    good, bad = equal(), compare(samples(wrong=0.9, width=3.0), 2400, {})
    assert [a.limit for a in good.results] == [b.limit for b in bad.results]


@pytest.mark.slow
def test_real_background_broadens_slow_tracks_only(tmp_path):
    """As in figure 3 of the first paper: wrong clusters below 0.2 GeV, hardly any above."""
    import pxdbkg

    path = pxdbkg.create_path()
    path.add_module("PXDBackgroundSimulator", preset="geant4")
    path.add_module("PXDDigitizer", energy="hits", segment=10.0)
    path.add_module("DigitOutput", file=str(tmp_path / "background.npz"), collections=["PXDDigits"])
    pxdbkg.process(path, seed=1, events={"experiment": 0, "run": 0, "first": 1, "count": 60})
    background = DigitChain([str(tmp_path / "background.npz")], ["PXDDigits"])
    found = study_tracks(background, background, ("PXDDigits", "PXDDigits"), 3000)
    clean, busy = found.scenarios["none"], found.scenarios["reference"]
    value = {
        name: (clean.values[k], busy.values[k], clean.errors[k], busy.errors[k]) for k, name in enumerate(found.names)
    }
    for parameter in ("d0", "z0"):
        a, b, *errors = value[f"pull of {parameter}, core width, pT < 0.2 GeV"]
        assert a == pytest.approx(0.84, abs=0.08)
        assert b - a > 3 * np.hypot(*errors)
        a, b, *errors = value[f"pull of {parameter}, core width, 0.2 to 1 GeV"]
        assert a == pytest.approx(0.97, abs=0.08)
        assert abs(b - a) < 0.1
        a, b, *_ = value[f"pull of {parameter}, share beyond 5, pT < 0.2 GeV"]
        assert a < 0.005 < 0.03 < b < 0.12
    for layer in (1, 2):
        assert 0.2 < value[f"wrong attachments, layer {layer}, pT < 0.2 GeV"][1] < 0.4
        assert value[f"wrong attachments, layer {layer}, 0.2 to 1 GeV"][1] < 0.03
        assert value[f"hit efficiency, layer {layer}, 0.2 to 1 GeV"][1] > 0.94
