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

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import DigitError
from pxdbkg.kernels import random

__all__ = ["energy_loss_kev", "most_probable_kev", "width_kev"]

Floats = NDArray[np.float64]

_XI_KEV_UM = 0.01783
_SOFT = 0.25  # border between single and summed collisions, in units of xi
_MOST_COLLISIONS = 16  # of a mean of 4; more happen once in a million
_EULER = 0.5772156649015329

# A Landau law of scale 1 folded with a Gaussian of width s: full width, s, and where its maximum is, by numerical
# folding of scipy.stats.landau.
_FOLDED = np.array(
    [
        (4.018, 0.0, -0.2228),
        (4.07, 0.25, -0.1809),
        (4.25, 0.5, -0.0949),
        (4.54, 0.75, 0.0214),
        (4.92, 1.0, 0.1457),
        (5.35, 1.25, 0.2667),
        (5.82, 1.5, 0.3799),
        (6.32, 1.75, 0.4845),
        (6.84, 2.0, 0.5809),
        (7.37, 2.25, 0.6699),
        (7.93, 2.5, 0.7523),
        (8.48, 2.75, 0.8289),
        (9.04, 3.0, 0.9004),
        (9.60, 3.25, 0.9673),
        (10.17, 3.5, 1.0302),
        (10.74, 3.75, 1.0895),
        (11.32, 4.0, 1.1456),
    ]
)


def most_probable_kev(path_um: Floats) -> Floats:
    """Return the most probable energy loss (n,), keV, over paths (n,), um; the values below 13 um are extrapolated.

    >>> most_probable_kev(np.array([75.0])).round(2).tolist()
    [19.53]
    """
    path = np.asarray(path_um, np.float64)
    log = random.log(np.maximum(path, 13.0))
    return np.where(path < 110.0, path * (190.0 + 16.3 * log), path * (100.6 + 35.35 * log)) / 1000.0


def width_kev(path_um: Floats) -> Floats:
    """Return the full width at half maximum (n,), keV, of the loss over paths (n,), um; extrapolated below 30 um.

    >>> width_kev(np.array([75.0])).round(2).tolist()
    [10.23]
    """
    path = np.asarray(path_um, np.float64)
    log = random.log(np.maximum(path, 30.0))
    thick = 71.3 * path * (1.0 + 39.4 * random.exp(-0.8 * log))
    return np.where(path < 260.0, path * (259.0 - 28.4 * log), thick) / 1000.0


def energy_loss_kev(
    path_um: Floats, key: bytes, sensor: NDArray[np.uint8], ordinal: NDArray[np.uint32], *, draw_class: int = 0
) -> Floats:
    """Return random energy losses (n,), keV, of fast singly charged particles over paths (n,), um.

    Parameters
    ----------
    path_um : length in silicon, above 0, um
    key : 16 bytes of ``pxdbkg.seeding.event_key``
    sensor, ordinal : counters of the draws (n,), as of ``pxdbkg.kernels.random.uniform``
    draw_class : 0..254

    The losses are at least 0. Raises DigitError for paths that are not above 0.
    """
    path = np.asarray(path_um, np.float64)
    if not np.all((path > 0) & (path < np.inf)):
        raise DigitError(f"energy_loss_kev: a path of {path[~((path > 0) & (path < np.inf))][0]} um (above 0)")
    xi = _XI_KEV_UM * path
    cut = 115.0 * random.exp(0.6 * random.log(path / 75.0)) / xi
    rest = _SOFT / cut
    n_hard = random.poisson(key, (1.0 - rest) / _SOFT, sensor, ordinal, draw_class=draw_class)
    u = random.uniform(key, sensor, ordinal, _MOST_COLLISIONS, draw_class=draw_class, first_block=1)
    gauss = random.normal(key, sensor, ordinal, 1, draw_class=draw_class, first_block=5)[:, 0]
    each = _SOFT / (1.0 - u * (1.0 - rest[:, None]))
    hard = np.cumsum(each, axis=1)
    index = np.minimum(n_hard, _MOST_COLLISIONS) - 1
    single = np.where(index >= 0, np.take_along_axis(hard, np.maximum(index, 0)[:, None], axis=1)[:, 0], 0.0)
    landau = single + float(random.log(np.array([_SOFT]))[0]) - (1.0 - _EULER)
    ratio = width_kev(path) / xi
    sigma = np.interp(ratio, _FOLDED[:, 0], _FOLDED[:, 1])
    mode = np.interp(ratio, _FOLDED[:, 0], _FOLDED[:, 2])
    loss = most_probable_kev(path) + xi * (landau + gauss * np.sqrt(sigma * sigma + _SOFT) - mode)
    return np.asarray(np.maximum(loss, 0.0), np.float64)
