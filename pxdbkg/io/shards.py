"""One sample in several files: ``sim.npz`` becomes ``sim-00000.npz``, ``sim-00001.npz`` ..., so many events each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pxdbkg import provenance as stamp
from pxdbkg.detector.columns import Columns
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.atomic import remove_leftovers
from pxdbkg.io.digit_file import DigitReader, DigitWriter, EventNumbers, open_digits, open_writer
from pxdbkg.log import get_logger

MOST_SHARDS = 100_000
_ADDED = ("format", "format_version")  # to the provenance, by the writer


def shard_path(path: str | Path, number: int) -> Path:
    """Return the name of a file of a sample.

    >>> str(shard_path("out/sim.npz", 12))
    'out/sim-00012.npz'
    """
    path = Path(path)
    return path.with_name(f"{path.stem}-{number:05d}{path.suffix}")


def shard_number(path: str | Path, name: str) -> int | None:
    """Return the number of the file of that name in the sample ``path``, None when it is not of that sample.

    >>> shard_number("out/sim.npz", "sim-00012.npz"), shard_number("out/sim.npz", "sim-12.npz")
    (12, None)
    """
    path = Path(path)
    match = re.fullmatch(rf"{re.escape(path.stem)}-(\d{{5}}){re.escape(path.suffix)}", name)
    return int(match[1]) if match else None


def find_shards(path: str | Path) -> dict[int, Path]:
    """Return the files of a sample that exist, by their numbers, in order."""
    folder = Path(path).parent
    found = {shard_number(path, one.name): one for one in folder.iterdir()} if folder.is_dir() else {}
    return {number: found[number] for number in sorted(number for number in found if number is not None)}


def missing_shards(paths: Sequence[Path]) -> list[Path]:
    """Return the files that lack between those of one sample; none when the names are not of one sample.

    >>> [str(path) for path in missing_shards([Path("sim-00000.npz"), Path("sim-00002.npz")])]
    ['sim-00001.npz']
    """
    path = Path(re.sub(r"-\d{5}(\.\w+)$", r"\1", str(paths[0])))
    numbers = [shard_number(path, one.name) for one in paths if one.parent == path.parent]
    if None in numbers or len(numbers) < len(paths):
        return []
    known = {number for number in numbers if number is not None}
    return [shard_path(path, number) for number in range(max(known)) if number not in known]


def clean_up(path: str | Path) -> int:
    """Remove what a killed job left of files of a sample that it had not completed; return how many there were."""
    return remove_leftovers(Path(path).parent, lambda name: shard_number(path, name) is not None)


class ShardWriter(DigitWriter):
    """Write events to the files of a sample, the next one when one is full.

    Parameters
    ----------
    path : name of the sample; the files have a number in it
    collections, compress : as for ``open_writer``
    events_per_file : every file but the last has so many, at least 1

    Attributes
    ----------
    next_number : number of the file that the next event begins, or that is being written
    written : the files that are complete
    """

    def __init__(
        self, path: str | Path, collections: Sequence[str], events_per_file: int, *, compress: bool = False
    ) -> None:
        self.path = Path(path)
        self.provenance = {}
        self.next_number = 0
        self.written: list[Path] = []
        self._collections, self._events_per_file, self._compress = collections, events_per_file, compress
        self._writer: DigitWriter | None = None
        self._n_events = 0

    def write(
        self,
        meta: EventNumbers,
        data: Mapping[str, Columns],
        extras: Mapping[str, float | NDArray[Any]] | None = None,
    ) -> None:
        if self._writer is None:
            self._open().write(meta, data, extras)
        else:
            self._writer.write(meta, data, extras)
        self._n_events += 1
        if self._n_events == self._events_per_file:
            self._close()

    def close(self) -> None:
        """Complete the file that is begun; a sample without an event is one file without an event."""
        if self._writer is None and self.next_number == 0:
            self._open()
        if self._writer is not None:
            self._close()

    def abort(self) -> None:
        """Remove the file that is begun; those that are complete stay."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None

    def resume(self, events: Sequence[tuple[int, int, int]], provenance: Mapping[str, object]) -> int:
        """Go on after the complete files of an earlier run of a job, and return how many leading events they hold.

        Parameters
        ----------
        events : experiment, run and number of every event of the job
        provenance : of the job

        Every file is read and checked against its checksums. One that is damaged, or has fewer events than it should,
        as an interrupted job leaves the last one, is told in the log and counts as missing. Raises FileError for a file
        that another job made: with another provenance, other collections or other events.
        """
        wanted = stamp.from_bytes(stamp.to_bytes(provenance), str(self.path))
        log = get_logger("DigitOutput")
        done = 0
        for number, file in find_shards(self.path).items():
            first = number * self._events_per_file
            expected = events[first : first + self._events_per_file]
            try:
                reader = open_digits(file)
            except (FileError, DigitError) as error:
                log.warning("%s: is made again (%s)", file, error)
                continue
            with reader:
                n_events = _check(reader, self._collections, expected, wanted)
                if n_events < len(expected):
                    log.info("%s: is made again (it has %d of %d events)", file, n_events, len(expected))
                elif done == first:
                    try:
                        reader.verify()
                        done += n_events
                    except (FileError, DigitError) as error:
                        log.warning("%s: is made again (%s)", file, error)
        self.next_number = -(-done // self._events_per_file)
        return done

    def _open(self) -> DigitWriter:
        path = shard_path(self.path, self.next_number)
        self._writer = open_writer(path, self._collections, self.provenance, compress=self._compress)
        self._n_events = 0
        return self._writer

    def _close(self) -> None:
        assert self._writer is not None
        self._writer.provenance = self.provenance
        self._writer.close()
        self.written.append(self._writer.path)
        self._writer = None
        self.next_number += 1


def _check(
    reader: DigitReader,
    collections: Sequence[str],
    expected: Sequence[tuple[int, int, int]],
    provenance: Mapping[str, object],
) -> int:
    """Return the number of events of a file; FileError when they are not the first ones of those expected."""
    found, wanted = (dict(_leaves(one)) for one in (reader.provenance, provenance))
    differ = [key for key in sorted({*found, *wanted}) if found.get(key) != wanted.get(key) and key not in _ADDED]
    remedy = "Remove the files of that job, or choose another name"
    if differ:
        pairs = ", ".join(f"{key} {_short(found.get(key))}, now {_short(wanted.get(key))}" for key in differ[:3])
        raise FileError(f"{reader.path}: made by another job ({pairs}). {remedy}")
    if sorted(reader.kinds) != sorted(collections):
        raise FileError(f"{reader.path}: has {list(reader.kinds)}, expected {list(collections)}. {remedy}")
    ids = [tuple(map(int, numbers)) for numbers in zip(*reader.event_ids(), strict=True)]
    if ids != list(expected[: len(ids)]):
        raise FileError(f"{reader.path}: has {_range(ids)}, expected {_range(expected)}. {remedy}")
    return len(ids)


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield what stands in nested mappings, each with its dotted place."""
    if not isinstance(value, Mapping):
        yield place, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, f"{place}.{key}" if place else str(key))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _range(ids: Sequence[tuple[int, ...]]) -> str:
    return f"{len(ids)} events from {ids[0]} to {ids[-1]}" if len(ids) else "no event"
