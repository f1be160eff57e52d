"""Pieces of sensors, pixel by pixel, for classifiers that look at pictures."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V
from pxdbkg.detector.ids import ladder_of_sensor, layer_of_sensor, side_of_sensor
from pxdbkg.validation.draws import choose
from pxdbkg.validation.event import Event

TILE_U, TILE_V = 50, 64  # pixels; 5 x 12 tiles a sensor
TILES_A_SENSOR = (N_U // TILE_U) * (N_V // TILE_V)
N_TILES = N_SENSORS * TILES_A_SENSOR
PIECE_U, PIECE_V = 10, 16  # pixels; pieces of a tile in which digits are counted
TILE_FEATURES_VERSION = 1
_STEPS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2), (3, 0), (0, 3), (5, 5), (5, -5))  # columns, rows
TILE_FEATURES: tuple[str, ...] = (
    "layer",
    "ladder",
    "side",
    "tile in u",
    "tile in v",
    "digits",
    "charge",
    "charge squared",
    "largest charge",
    "digits below 12 ADU",
    "digits above 60 ADU",
    *(f"pairs at ({du}, {dv})" for du, dv in _STEPS),
    *(f"charge products at ({du}, {dv})" for du, dv in _STEPS[:4]),
    *(f"digits in piece ({u}, {v})" for u in range(TILE_U // PIECE_U) for v in range(TILE_V // PIECE_V)),
)


class Tiles:
    """Chosen tiles of a sample, 50 x 64 pixels each, without overlap, any of the detector as likely.

    Parameters
    ----------
    per_event : tiles of each event

    Attributes
    ----------
    images : uint8 (n, TILE_U, TILE_V), charge, ADU, at most 255
    place : int16 (n,), which of the N_TILES: (sensor * 5 + tile in u) * 12 + tile in v
    event : int32 (n,)
    """

    def __init__(self, per_event: int) -> None:
        self.per_event = per_event
        self._images: list[NDArray[np.uint8]] = []
        self._places: list[NDArray[np.int16]] = []

    def add(self, event: Event) -> None:
        """Take one event."""
        chosen = choose(event.key("Tiles"), N_TILES, self.per_event)
        slot = np.full(N_TILES, -1, np.int32)
        slot[chosen] = np.arange(len(chosen), dtype=np.int32)
        digits = event.digits
        place = (digits.sensor.astype(np.int32) * (N_U // TILE_U) + digits.u // TILE_U) * (N_V // TILE_V)
        slots = slot[place + digits.v // TILE_V]
        inside = np.flatnonzero(slots >= 0)
        images = np.zeros((len(chosen), TILE_U, TILE_V), np.uint8)
        u, v = digits.u[inside] % TILE_U, digits.v[inside] % TILE_V
        images[slots[inside], u, v] = np.minimum(digits.charge[inside], 255)
        self._images.append(images)
        self._places.append(chosen.astype(np.int16))
        for name in ("images", "place", "event"):
            self.__dict__.pop(name, None)

    @cached_property
    def images(self) -> NDArray[np.uint8]:
        self._images = [np.concatenate([np.zeros((0, TILE_U, TILE_V), np.uint8), *self._images])]
        return self._images[0]  # kept once: 64 MB for 20,000 tiles

    @cached_property
    def place(self) -> NDArray[np.int16]:
        return np.concatenate([np.zeros(0, np.int16), *self._places])

    @cached_property
    def event(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(len(self._places), dtype=np.int32), [len(one) for one in self._places])


def tile_features(images: NDArray[np.uint8], place: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the TILE_FEATURES float32 (n, f) of tiles.

    Parameters
    ----------
    images : uint8 (n, TILE_U, TILE_V), charge, ADU
    place : int16 (n,), number of the tile, see ``Tiles``
    """
    features = np.empty((len(images), len(TILE_FEATURES)), np.float32)
    for first in range(0, len(images), 1000):  # blocks that stay in the cache
        block = slice(first, first + 1000)
        features[block] = _features(images[block], place[block].astype(np.int64))
    return features


def _features(images: NDArray[np.uint8], place: NDArray[np.int64]) -> NDArray[np.float32]:
    sensor, tile = np.divmod(place, TILES_A_SENSOR)
    charge = images.astype(np.float32)
    fired = (images > 0).astype(np.float32)

    def total(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(values.reshape(len(values), -1).sum(axis=1))

    def products(values: NDArray[np.float32], du: int, dv: int) -> NDArray[np.float32]:
        here, there = values[:, : TILE_U - du], values[:, du:]
        if dv < 0:
            here, there, dv = here[:, :, -dv:], there[:, :, :dv], 0
        elif dv:
            here, there = here[:, :, :-dv], there[:, :, dv:]
        return np.asarray(np.einsum("nuv,nuv->n", here, there))

    pieces = fired.reshape(-1, TILE_U // PIECE_U, PIECE_U, TILE_V // PIECE_V, PIECE_V).sum(axis=(2, 4))
    columns = [
        layer_of_sensor[sensor],
        ladder_of_sensor[sensor],
        side_of_sensor[sensor],
        *np.divmod(tile, N_V // TILE_V),
        total(fired),
        total(charge),
        products(charge, 0, 0),
        images.reshape(len(images), -1).max(axis=1),
        total(((images > 0) & (images < 12)).astype(np.float32)),
        total((images > 60).astype(np.float32)),
        *(products(fired, du, dv) for du, dv in _STEPS),
        *(products(charge, du, dv) for du, dv in _STEPS[:4]),
        *pieces.reshape(len(images), -1).T,
    ]
    return np.stack(columns, axis=1).astype(np.float32)
