"""The digitizer's table of collection against the random walk that it replaces, followed step by step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.hits import SimHits
from pxdbkg.io.hit_file import HitFiles
from pxdbkg.kernels.deposition import deposit
from pxdbkg.reference.digitizer import freed_electrons
from pxdbkg.seeding import event_key

SAMPLE = Path(__file__).parents[2] / "data" / "signal_simhits.npz"
N = 40_000
GEOMETRY = nominal()


def sample(rng):
    """Directions and path lengths of signal pions, at random places of random sensors."""
    files = HitFiles([SAMPLE])
    every = SimHits.concatenate([files.event(entry) for entry in range(files.n_events)])
    hits = every.select(rng.integers(0, len(every), N))
    moved = {"sensor": rng.integers(0, 40, N).astype("u1")}
    moved["u_mm"] = rng.uniform(-6, 6, N).astype("f4")
    moved["v_mm"] = rng.uniform(-20, 20, N).astype("f4")
    return replace(hits, **moved)


def cells(sensor, u_um, v_um):
    first, low, high = (
        GEOMETRY.v_edges[sensor, 0] * 1000,
        GEOMETRY.v_pitch_um[sensor, 0],
        GEOMETRY.v_pitch_um[sensor, -1],
    )
    n_low = np.where(sensor % 2 == 0, 256, 512)
    beyond = v_um - first - n_low * low
    v = np.where(beyond < 0, (v_um - first) // low, n_low + beyond // high)
    return np.clip((u_um + 6250) // 50, 0, 249).astype(int), np.clip(v, 0, 767).astype(int)


def in_gate(sensor, u_um, v_um, u, v):
    left = u_um + 6250 - 50 * u
    below, above = v_um - GEOMETRY.v_edges[sensor, v] * 1000, GEOMETRY.v_edges[sensor, v + 1] * 1000 - v_um
    drain = np.where(GEOMETRY.v_pitch_um[sensor, v] == 85, 7, 6)
    even = v % 2 == 0
    return (left > 4) & (left < 46) & (below > np.where(even, 6, drain)) & (above > np.where(even, drain, 6))


def walk(hits, electrons, rng):
    """Return hit, channel and electrons of every group, each followed for up to 200 steps."""
    path = hits.path_mm.astype(float) * 1000
    n_segments = (path / 5).astype(int) + 1
    hit = np.repeat(np.arange(N), n_segments)
    k = np.arange(len(hit)) - np.repeat(np.cumsum(n_segments) - n_segments, n_segments)
    along = path[hit] * ((k + 0.5) / n_segments[hit] - 0.5)
    n_groups = np.floor(electrons[hit] / n_segments[hit] / 100).astype(int) + 1
    charge = electrons[hit] / n_segments[hit] / n_groups
    drift = (15.5 - along * hits.dw[hit]) * 1e-4
    z = np.abs(drift)
    shift = np.sign(drift) * (0.2612 * z - 19.48 * z**2 + 916.7 * z**3) * 1e4
    u_um, v_um = hits.u_mm[hit] * 1000.0 + along * hits.du[hit] + shift, hits.v_mm[hit] * 1000.0 + along * hits.dv[hit]
    hit, charge, u_um, v_um = (np.repeat(column, n_groups) for column in (hit, charge, u_um, v_um))
    sensor = hits.sensor[hit].astype(int)
    u_um += rng.normal(0, 4.2, len(hit))
    v_um += rng.normal(0, 4.1, len(hit))
    u, v = cells(sensor, u_um, v_um)
    free = np.flatnonzero(~in_gate(sensor, u_um, v_um, u, v))
    for _ in range(200):
        u_um[free] += rng.normal(0, 2.8, len(free))
        v_um[free] += rng.normal(0, 2.8, len(free))
        u[free], v[free] = cells(sensor[free], u_um[free], v_um[free])
        free = free[~in_gate(sensor[free], u_um[free], v_um[free], u[free], v[free])]
    return hit, (sensor * 768 + v) * 250 + u, charge


def collect(hit, channel, charge):
    """Return hit, channel and sum of charge of every pixel of every hit."""
    both, index = np.unique(hit.astype(np.int64) * 40 * 192000 + channel, return_inverse=True)
    return both // (40 * 192000), both % (40 * 192000), np.bincount(index, weights=charge)


def observables(hit, channel, electrons, rng):
    """Return cluster size, size along u and share of the largest pixel of every hit, after the read-out."""
    adu = np.floor((rng.normal(electrons, np.sqrt(electrons)) + rng.normal(0, 150, len(hit))) / 216.67 + 0.5)
    kept = adu >= 7
    hit, u, adu = hit[kept], channel[kept] % 250, adu[kept]
    _, start, size = np.unique(hit, return_index=True, return_counts=True)
    columns = np.unique(hit * 250 + u) // 250
    share = np.maximum.reduceat(adu, start) / np.add.reduceat(adu, start)
    return {"size": size, "u-size": np.unique(columns, return_counts=True)[1], "share": share}


def distance(a, b):
    """Kolmogorov-Smirnov distance, right for discrete values too."""
    at = np.union1d(a, b)
    return np.abs(
        np.searchsorted(np.sort(a), at, "right") / len(a) - np.searchsorted(np.sort(b), at, "right") / len(b)
    ).max()


@pytest.mark.slow
def test_table_gives_the_clusters_of_the_walk():
    """40,000 hits a side; 0.01 is the goal, two equal samples of this size differ by 0.003 to 0.006."""
    rng = np.random.default_rng(5)
    hits = sample(rng)
    electrons = freed_electrons(hits, event_key("1", "loss", 0, 0, 0), use_energy=False)
    oracle = collect(*walk(hits, electrons, rng))
    ours = []
    for i in range(N):
        one = slice(i, i + 1)
        charges = deposit(hits.select(one), electrons[one], event_key("1", "walk", 0, 0, i), GEOMETRY)
        ours.append((np.full(len(charges.channel), i), charges.channel, charges.electrons))
    table = collect(*(np.concatenate(part) for part in zip(*ours, strict=True)))
    a, b = observables(*oracle, rng), observables(*table, rng)
    assert {name: distance(a[name], b[name]) for name in a} == pytest.approx(dict.fromkeys(a, 0), abs=0.01)
    assert 1.5 < a["size"].mean() < 2.5
