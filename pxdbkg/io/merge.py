"""Put the digit files of several jobs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pxdbkg.detector.columns import Columns
from pxdbkg.errors import FileError
from pxdbkg.io.digit_file import DigitReader, open_digits, open_writer
from pxdbkg.io.npz import GATING


class _EventId(NamedTuple):
    experiment: int
    run: int
    event: int


def merge_digit_files(parts: Sequence[str | Path], out: str | Path, *, compress: bool = False) -> int:
    """Write the events of several digit files into one, in the order given, and return their number.

    Parameters
    ----------
    parts : files of jobs that differ in their event numbers only
    out : the file that is written, .npz or .root; an existing one is replaced at the end
    compress : deflate an npz

    The result has the bytes that one job over all events would have written. Memory does not grow with the files.
    Raises FileError when there is no part, when provenance or collections of two parts differ, or when an event is in
    two of them; then nothing is written.
    """
    if not parts:
        raise FileError(f"{out}: no file to merge. Name at least one")
    names, provenance = _common(parts)
    count = 0
    with open_writer(out, names, provenance, compress=compress) as writer:
        for part in parts:
            with open_digits(part) as reader:
                for index, numbers in enumerate(_numbers(reader)):
                    writer.write(numbers, _data(reader, index), _extras(reader, index))
                count += reader.n_events
    return count


def _common(parts: Sequence[str | Path]) -> tuple[list[str], dict[str, Any]]:
    """Return the collections, in order, and the provenance that all parts share."""
    with open_digits(parts[0]) as first:
        names = list(first.kinds)
        for part in parts:
            with open_digits(part) as reader:
                if list(reader.kinds) != names:
                    found = f"{list(reader.kinds)}, {parts[0]} has {names}"
                    raise FileError(f"{part}: has {found}. Merge equal jobs only")
                keys = sorted({*reader.provenance, *first.provenance})
                pairs = {key: (reader.provenance.get(key), first.provenance.get(key)) for key in keys}
                differ = ", ".join(f"{key} {one!r} and {two!r}" for key, (one, two) in pairs.items() if one != two)
                if differ:
                    raise FileError(f"{part}: made by another job than {parts[0]} ({differ}). Merge equal jobs only")
        check_unique_events(parts)
        return names, first.provenance


def check_unique_events(parts: Sequence[str | Path]) -> None:
    """Raise FileError when an event is in two of some digit files, or twice in one."""
    all_ids, origins = [], []
    for number, part in enumerate(parts):
        with open_digits(part) as reader:
            all_ids.append(np.stack(reader.event_ids(), axis=1))
            origins.append(np.full(reader.n_events, number))
    ids, origin = np.concatenate(all_ids), np.concatenate(origins)
    order = np.lexsort(ids.T)
    twice = np.flatnonzero((np.diff(ids[order], axis=0) == 0).all(axis=1))
    if len(twice):
        one, other = order[twice[0]], order[twice[0] + 1]
        where = f"experiment {ids[one][0]}, run {ids[one][1]}, event {ids[one][2]}"
        raise FileError(f"{parts[origin[other]]}: {where} is in {parts[origin[one]]} too. Leave one of them out")


def _numbers(reader: DigitReader) -> list[_EventId]:
    experiment, run, event = (column.tolist() for column in reader.event_ids())
    return [_EventId(*numbers) for numbers in zip(experiment, run, event, strict=True)]


def _data(reader: DigitReader, index: int) -> dict[str, Columns]:
    return {name: reader.columns(name, index) for name in reader.kinds}


def _extras(reader: DigitReader, index: int) -> Mapping[str, float | NDArray[Any]]:
    extras: dict[str, Any] = {name: values[index] for name, values in reader.extras.items()}
    gating = reader.gating(index)
    return extras if gating is None else extras | {f"{GATING}/start_ns": gating}
