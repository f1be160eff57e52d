"""Kernels release the interpreter lock and keep no state: threads get what one thread gets."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pxdbkg.detector.digits import Digits
from pxdbkg.kernels import label, overlay, rasterize, sort_digits, suppress_adu


def pipeline(seed: int) -> str:
    rng = np.random.default_rng(seed)
    sensors = np.arange(4, dtype=np.uint8)
    maps = np.where(rng.random((4, 250, 768)) < 0.01, 9, 0).astype(np.uint8)
    digits = suppress_adu(maps, 7, sensors)
    shuffled = digits.select(rng.permutation(len(digits)))
    n = len(digits)
    ones, steps = np.ones(n, np.int64), np.zeros(n, np.int16)
    drawn, _ = rasterize(
        shuffled.sensor,
        shuffled.u.astype(np.int64),
        shuffled.v.astype(np.int64),
        ones,
        steps,
        steps,
        shuffled.charge.astype(np.float32),
        threshold=7,
    )
    total, _ = overlay(drawn, sort_digits(shuffled)[0])
    labels, n_clusters = label(total)
    assert drawn == digits
    return f"{total.digest()} {labels.sum()} {n_clusters}"


def test_threads_do_not_disturb_each_other() -> None:
    seeds = [1, 2, 3, 4] * 3
    alone = {seed: pipeline(seed) for seed in set(seeds)}
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pipeline, seeds)) == [alone[seed] for seed in seeds]


def test_an_error_in_a_thread_leaves_the_others_alone() -> None:
    bad = Digits(np.array([1, 0], "u1"), *(np.zeros(2, "u2") for _ in range(3)))

    def fails(_: int) -> bool:
        try:
            label(bad)
        except ValueError:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(fails, range(200)))
