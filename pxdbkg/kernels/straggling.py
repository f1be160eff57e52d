"""Energy loss of minimum-ionising particles in thin silicon.

The most probable loss and the full width at half maximum are those that H. Bichsel calculated for silicon (Rev. Mod.
Phys. 60 (1988) 663; parametrised by thickness t in um in Nucl. Instrum. Meth. A 562 (2006) 154):

    most probable: t (190 + 16.3 ln t) eV below 110 um, t (100.6 + 35.35 ln t) eV above
    width:         t (259 - 28.4 ln t) eV below 260 um, 71.3 t (1 + 39.4 t^-0.8) eV above

The coefficients were not compared with the printed papers. They hold for fast particles (beta gamma above some
hundred); a minimum-ionising one loses about 8 % less, a slow one more: momentum is not used.

The shape is the usual Landau law folded with a Gaussian, which stands for the binding of the electrons (Hancock et al.,
Phys. Rev. A 28 (1983) 615): the Landau part has the scale xi = 17.83 eV/um t (Particle Data Group, Passage of particles
through matter, K/2 Z/A rho), the Gaussian the width that makes the full width right, and the sum is moved so that its
maximum is where it belongs. The Landau part is drawn as what it is, collisions with a spectrum xi / E^2: those above
xi / 4 one by one, the rest as part of the Gaussian. Knock-on electrons that would leave the silicon are cut off where
their range equals the path: 115 keV (t / 75 um)^0.6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import _core
from pxdbkg.errors import DigitError
from pxdbkg.seeding import key_words

__all__ = ["energy_loss_kev", "folded_landau", "most_probable_kev", "width_kev"]

Floats = NDArray[np.float64]


def most_probable_kev(path_um: Floats) -> Floats:
    """Return the most probable energy loss (n,), keV, over paths (n,), um; the values below 13 um are extrapolated.

    >>> most_probable_kev(np.array([75.0])).round(2).tolist()
    [19.53]
    """
    return _core.most_probable_loss(np.ascontiguousarray(path_um, np.float64))


def width_kev(path_um: Floats) -> Floats:
    """Return the full width at half maximum (n,), keV, of the loss over paths (n,), um; extrapolated below 30 um.

    >>> width_kev(np.array([75.0])).round(2).tolist()
    [10.23]
    """
    return _core.loss_width(np.ascontiguousarray(path_um, np.float64))


def folded_landau() -> Floats:
    """Return rows (17, 3) of a Landau law of scale 1 folded with a Gaussian: full width, Gaussian width, maximum."""
    return _core.folded_landau()


def energy_loss_kev(
    path_um: Floats, key: bytes, sensor: NDArray[Any], ordinal: NDArray[Any], *, draw_class: int = 0
) -> Floats:
    """Return random energy losses (n,), keV, of fast singly charged particles over paths (n,), um.

    Parameters
    ----------
    path_um : length in silicon, above 0, um
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    sensor, ordinal : counters of the draws (n,), as of ``pxdbkg.kernels.random.uniform``; six blocks are taken
    draw_class : 0..254

    The losses are at least 0. Raises DigitError for paths that are not above 0.
    """
    path = np.ascontiguousarray(path_um, np.float64)
    if not np.all((path > 0) & (path < np.inf)):
        raise DigitError(f"energy_loss_kev: a path of {path[~((path > 0) & (path < np.inf))][0]} um (above 0)")
    if not 0 <= draw_class <= 254:
        raise DigitError(f"energy_loss_kev: draw_class {draw_class} (0..254)")
    sensors, ordinals = np.ascontiguousarray(sensor, np.uint8), np.ascontiguousarray(ordinal, np.uint32)
    return _core.energy_loss(path, np.array(key_words(key), np.uint32), draw_class + 1, sensors, ordinals)
