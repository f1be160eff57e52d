"""Read the native digit file: an npz whose members are columns, mapped and handed out event by event.

Members: ``provenance`` (UTF-8 JSON), ``events/experiment``, ``events/run`` int32, ``events/event`` int64, optional
``events/trigger_gate``, ``events/gated``, ``conditions/NAME`` (one value an event), ``Gating/start_ns`` with
``Gating/offsets``, and for each collection its columns and ``offsets`` int64 (events + 1).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg import provenance
from pxdbkg.detector.clusters import Clusters
from pxdbkg.detector.columns import Columns
from pxdbkg.detector.digits import N_SENSORS, Digits, DigitTable, check_offsets
from pxdbkg.detector.truth import DigitTruth
from pxdbkg.errors import DigitError, FileError
from pxdbkg.io.digit_file import DigitReader, EventIds
from pxdbkg.io.zipread import ZipReader, array_names

FORMAT = "pxdbkg-digits"
FORMAT_VERSION = 1
EVENT_COLUMNS: dict[str, np.dtype[Any]] = {
    "experiment": np.dtype("<i4"),
    "run": np.dtype("<i4"),
    "event": np.dtype("<i8"),
}
# What a digit file can hold, and what it is called.
KINDS: dict[type[Columns], str] = {Digits: "digits", Clusters: "clusters", DigitTruth: "truth"}
GATING = "Gating"
GATING_COLUMNS: dict[str, np.dtype[Any]] = {"start_ns": np.dtype("<f4")}
# Mapped pages count as memory of the process until they are released.
_RELEASE_AFTER_BYTES = 8 << 20


def read_provenance(data: bytes, path: Path) -> dict[str, Any]:
    """Return the provenance of a digit file of any format; FileError when its format is newer than this pxdbkg."""
    stamped = provenance.from_bytes(data, str(path))
    version = stamped.get("format_version")
    if stamped.get("format", FORMAT) == FORMAT and isinstance(version, int) and version > FORMAT_VERSION:
        raise FileError(
            f"{path}: digit file of format {version}, this pxdbkg reads up to {FORMAT_VERSION}. Update pxdbkg"
        )
    return stamped


class NpzDigitReader(DigitReader):
    """Digits and clusters of a native digit file.

    Raises FileError when the file is missing, damaged, of another kind or of a newer format; DigitError when offsets
    run backwards or leave the columns.
    """

    kind = "npz"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._archive = ZipReader(path)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        names = array_names(self._archive.names)
        self.provenance = self._read_provenance(names)
        self._require_digits(names)
        self._ids = EventIds(*(self._member(f"events/{name}", dtype) for name, dtype in EVENT_COLUMNS.items()))
        self.n_events = len(self._ids.event)
        self._require_length("events/experiment", self._ids.experiment)
        self._require_length("events/run", self._ids.run)
        self.extras = {}
        for name in names:
            group, _, rest = name.partition("/")
            if (group == "events" and rest not in EVENT_COLUMNS) or group == "conditions":
                self.extras[name] = self._member(name)
                self._require_length(name, self.extras[name])
        self._columns: dict[str, dict[str, NDArray[Any]]] = {}
        self._read_bytes = 0
        groups = dict.fromkeys(name.rpartition("/")[0] for name in names if name.endswith("/offsets"))
        members = {
            group: {name.rpartition("/")[2] for name in names if name.startswith(f"{group}/")} for group in groups
        }
        self._kinds = {group: kind for group in groups for kind in KINDS if kind.dtypes.keys() <= members[group]}
        self.collections, self.cluster_collections, self.truth_collections = (
            [group for group, found in self._kinds.items() if found is kind] for kind in KINDS
        )
        self._dtypes = {group: kind.dtypes for group, kind in self._kinds.items()}
        if GATING in groups:
            self._dtypes[GATING] = GATING_COLUMNS
        for group in self._dtypes:
            if self._archive.is_stored(f"{group}/offsets"):
                self._group(group)  # checks offsets now; a deflated one has to be unpacked for that, so on first use

    @property
    def kinds(self) -> dict[str, type[Columns]]:
        return self._kinds

    def event_ids(self) -> EventIds:
        return self._ids

    def table(self, collection: str, first: int, count: int) -> DigitTable:
        self.check_range(first, count)
        if collection not in self.collections:
            raise self.no_collection(collection, self.collections)
        columns, offsets = self._slice(collection, first, count)
        digits = Digits(**columns)
        digits.check(self._where(collection, first, count), sorted_unique=False)
        return DigitTable(digits, offsets)

    def counts(self, collection: str) -> NDArray[np.int64]:
        if collection not in self._kinds:
            raise self.no_collection(collection, list(self._kinds))
        return np.diff(self._group(collection)["offsets"])

    def clusters(self, collection: str, index: int) -> Clusters:
        self.check_range(index, 1)
        if collection not in self.cluster_collections:
            raise self.no_collection(collection, self.cluster_collections)
        columns, _ = self._slice(collection, index, 1)
        clusters = Clusters(**columns)
        if len(clusters) and int(clusters.sensor.max()) >= N_SENSORS:
            where = self._where(collection, index, 1)
            raise DigitError(f"{where}: a cluster has sensor {int(clusters.sensor.max())} (0..{N_SENSORS - 1})")
        return clusters

    def truth(self, collection: str, index: int) -> DigitTruth:
        self.check_range(index, 1)
        if collection not in self.truth_collections:
            raise self.no_collection(collection, self.truth_collections)
        return DigitTruth(**self._slice(collection, index, 1)[0])

    def gating(self, index: int) -> NDArray[np.float32] | None:
        self.check_range(index, 1)
        return self._slice(GATING, index, 1)[0]["start_ns"] if GATING in self._dtypes else None

    def verify(self) -> None:
        self._archive.verify()
        super().verify()

    def close(self) -> None:
        self._archive.close()

    def _read_provenance(self, names: list[str]) -> dict[str, Any]:
        if "provenance" not in names:
            return {}
        return read_provenance(self._member("provenance", np.dtype("u1")).tobytes(), self.path)

    def _require_digits(self, names: list[str]) -> None:
        """Raise FileError, saying what the file is, unless it holds the numbers of events."""
        if all(f"events/{name}" in names for name in EVENT_COLUMNS):
            return
        if "pxdbkg.json" in self._archive or any(name.endswith("/pxdbkg.json") for name in self._archive.names):
            found, remedy = "a generator payload", "Give it to PXDBackgroundGenerator as 'model'"
        elif {"u_mm", "v_mm", "path_mm"} <= set(names):
            found, remedy = "simulated hits", "Read it with the module SignalHits"
        else:
            listed = ", ".join(self._archive.names[:4]) or "nothing"
            found, remedy = f"an archive of other things ({listed})", "Give a file that DigitOutput wrote"
        raise FileError(f"{self.path}: holds {found}, no digits (expected events/event and NAME/sensor). {remedy}")

    def _member(self, name: str, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
        array = self._archive.array(name)
        if array.ndim != 1 or (dtype is not None and array.dtype != dtype) or array.dtype.kind not in "iufb":
            expected = f"{dtype.name} " if dtype is not None else "numbers "
            got = f"{array.dtype} {array.shape}"
            raise FileError(f"{self.path}: member '{name}' is {got}, expected {expected}(n,). Make the file again")
        return array

    def _require_length(self, name: str, array: NDArray[Any]) -> None:
        if len(array) != self.n_events:
            raise FileError(
                f"{self.path}: member '{name}' has {len(array)} values for {self.n_events} events. Make the file again"
            )

    def _group(self, group: str) -> dict[str, NDArray[Any]]:
        """Map the columns of a collection, its offsets checked."""
        if group not in self._columns:
            columns = {name: self._member(f"{group}/{name}", dtype) for name, dtype in self._dtypes[group].items()}
            offsets = self._member(f"{group}/offsets", np.dtype("<i8"))
            where = f"{self.path}: {group}"
            lengths = {name: len(column) for name, column in columns.items()}
            if len(set(lengths.values())) > 1:
                raise DigitError(f"{where}: columns of different lengths {lengths}. Make the file again")
            if len(offsets) != self.n_events + 1:
                raise DigitError(f"{where}: {len(offsets)} offsets for {self.n_events} events. Make the file again")
            check_offsets(offsets, next(iter(lengths.values())), where)
            self._columns[group] = columns | {"offsets": offsets}
        return self._columns[group]

    def _slice(self, group: str, first: int, count: int) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
        columns = self._group(group)
        offsets = columns["offsets"][first : first + count + 1]
        begin, end = int(offsets[0]), int(offsets[-1])
        part = {name: column[begin:end] for name, column in columns.items() if name != "offsets"}
        self._read_bytes += sum(column.nbytes for column in part.values())
        if self._read_bytes > _RELEASE_AFTER_BYTES:
            self._archive.release()
            self._read_bytes = 0
        return part, offsets - begin

    def _where(self, collection: str, first: int, count: int) -> str:
        """Name the place of a fault: the file, the collection and the event."""
        if count != 1:
            return f"{self.path}: {collection}, entries {first}..{first + count - 1}"
        experiment, run, event = (int(ids[first]) for ids in self._ids)
        return f"{self.path}: {collection}, entry {first} (experiment {experiment}, run {run}, event {event})"
