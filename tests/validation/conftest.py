"""Made-up events for tests of observables."""

from collections.abc import Callable

import numpy as np
import pytest

from pxdbkg.detector.digits import Digits
from pxdbkg.kernels import sort_digits
from pxdbkg.validation.event import Event, clustered


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """Return a function that makes event number ``position``: random walks of pixels, charges from 7 to 200 ADU."""

    def make(position: int, walks: int = 2000) -> Event:
        rng = np.random.default_rng([7, position])
        steps = rng.integers(-1, 2, (2, walks, 6))
        length = rng.integers(1, 7, walks)
        sensor = np.repeat(rng.integers(0, 40, walks)[:, None], 6, axis=1)
        u = np.clip(rng.integers(0, 250, walks)[:, None] + steps[0].cumsum(axis=1), 0, 249)
        v = np.clip(rng.integers(0, 768, walks)[:, None] + steps[1].cumsum(axis=1), 0, 767)
        charge = 7 + rng.gamma(1.2, 20.0, (walks, 6)).astype(int)
        kept = np.arange(6) < length[:, None]
        digits = Digits(
            sensor[kept].astype("u1"), *(part[kept].astype("u2") for part in (u, v, np.minimum(charge, 200)))
        )
        return clustered(position, (0, 0, position), sort_digits(digits)[0])

    return make
