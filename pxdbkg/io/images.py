"""Read background in the image layout of IEA-GAN: a folder a sensor, one 8-bit PNG an event.

The folders are named ``1.1.1`` to ``2.12.2``; sensors without a folder are empty. Files of the same name in all folders
are one event. An image has 250 rows, the columns u of the sensor, and 768 columns, its rows v; its values are ADU.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.digits import N_SENSORS, N_U, N_V, Digits, DigitTable
from pxdbkg.detector.ids import parse_sensor, sensor_name
from pxdbkg.errors import ConfigError, FileError, MissingExtra
from pxdbkg.io.digit_file import DigitReader, EventIds
from pxdbkg.kernels.zero_suppression import suppress_adu

try:
    from PIL import Image
except ImportError as missing:
    raise MissingExtra("PNG images", "pillow", "images") from missing

THRESHOLD_ADU = 7
COLLECTION = "PXDDigits"
_DIGITS = re.compile(r"(\d+)")


class ImageDigitReader(DigitReader):
    """Digits of a folder of images, which are zero-suppressed as they are read, event by event.

    The events stand in the natural order of their names (2 before 10). An event has the number that its name ends in
    when all have one and no two the same, else its position; experiment and run are 0.

    Parameters
    ----------
    path : the folder that holds the folders of the sensors
    threshold_adu : pixels below it are dropped, 0..255

    Raises FileError when there is no folder of a sensor, or a sensor lacks an image that another one has.
    """

    kind = "images"

    def __init__(self, path: str | Path, threshold_adu: int = THRESHOLD_ADU) -> None:
        self.path = Path(path)
        self.collections = [COLLECTION]
        self.cluster_collections = []
        self.provenance = {}
        self.extras = {}
        self._threshold_adu = threshold_adu
        self._folders = self._find_folders()
        self._names = self._find_events()
        self.n_events = len(self._names)

    def event_ids(self) -> EventIds:
        endings = [re.search(r"(\d+)$", Path(name).stem) for name in self._names]
        numbers = [int(ending[1]) for ending in endings if ending]
        if len(set(numbers)) < self.n_events or max(numbers, default=0) > np.iinfo(np.int64).max:
            numbers = list(range(self.n_events))
        none = np.zeros(self.n_events, np.int32)
        return EventIds(none, none, np.array(numbers, np.int64))

    def table(self, collection: str, first: int, count: int) -> DigitTable:
        self.check_range(first, count)
        if collection != COLLECTION:
            raise self.no_collection(collection, self.collections)
        events = [self._event(name) for name in self._names[first : first + count]]
        return DigitTable(Digits.concatenate(events), np.cumsum([0, *map(len, events)], dtype=np.int64))

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _find_folders(self) -> dict[int, Path]:
        folders: dict[int, Path] = {}
        others = []
        if not self.path.is_dir():
            raise FileError(f"{self.path}: is no folder. Check the name")
        for folder in sorted(self.path.iterdir()):
            try:
                folders[parse_sensor(folder.name)] = folder
            except ConfigError:
                others.append(folder.name)
        if not folders:
            raise FileError(
                f"{self.path}: has no folder of a sensor (1.1.1..2.12.2), but {', '.join(others[:5]) or 'nothing'}. "
                "Give the folder that holds them"
            )
        return dict(sorted(folders.items()))

    def _find_events(self) -> list[str]:
        found = {sensor: {path.name for path in folder.glob("*.png")} for sensor, folder in self._folders.items()}
        names = set().union(*found.values())
        if not names:
            raise FileError(f"{self.path}: has no image (NAME.png in each folder). Give a folder with events")
        for sensor, there in found.items():
            if lacking := names - there:
                raise FileError(
                    f"{self._folders[sensor]}: lacks {len(lacking)} of {len(names)} images, the first is "
                    f"{min(lacking, key=_natural)}. Copy the folder again, or remove it: sensors without one are empty"
                )
        return sorted(names, key=_natural)

    def _event(self, name: str) -> Digits:
        maps = np.stack([self._image(folder / name) for folder in self._folders.values()])
        return suppress_adu(maps, self._threshold_adu, np.array(list(self._folders), np.uint8))

    def _image(self, path: Path) -> NDArray[np.uint8]:
        try:
            with Image.open(path, formats=["PNG"]) as image:
                if image.mode != "L" or image.size != (N_V, N_U):
                    raise FileError(
                        f"{path}: is {image.mode} {image.size[1]} x {image.size[0]}, expected 8-bit grey (L) of "
                        f"{N_U} rows x {N_V} columns. Convert it"
                    )
                return np.asarray(image, np.uint8)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"{path}: cannot be read as PNG ({error}). Copy it again") from None


def write_images(path: str | Path, table: DigitTable) -> None:
    """Write events in this layout, all 40 sensors, as ``0.png``, ``1.png`` and so on.

    Parameters
    ----------
    path : the folder, created if it does not exist
    table : digits with charges of at most 255 ADU

    Raises FileError when a charge does not fit 8 bits, or an image exists already.
    """
    for index, digits in enumerate(table.events()):
        maps = digits.to_maps()
        if maps.max() > 255:
            raise FileError(f"{path}: event {index} has a charge of {maps.max()} ADU, an image holds 0..255. Clip it")
        for sensor in range(N_SENSORS):
            file = Path(path) / sensor_name(sensor) / f"{index}.png"
            if file.exists():
                raise FileError(f"{file}: exists already. Remove it, or write to another folder")
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(maps[sensor].astype(np.uint8)).save(file, "PNG")


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers inside of names by value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]
