"""Module BGOverlayInput."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pxdbkg.config import parameter
from pxdbkg.detector.digits import Digits
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.errors import BadInput, FileError
from pxdbkg.framework import Module, Problem
from pxdbkg.io.chain import DigitChain
from pxdbkg.kernels.overlay import sort_digits
from pxdbkg.kernels.random import uniform
from pxdbkg.seeding import event_key

# The start of a run is drawn from the key of this event number, which no event has (they end at 2^63 - 1).
RUN_LEVEL_EVENT = 2**64 - 1
_RUN_DEPENDENT = range(1, 1000)


@dataclass(frozen=True)
class BackgroundInfo:
    """What the background of a job was made of; the persistent value that ``BGOverlayInput`` leaves in the store.

    Attributes
    ----------
    method : always "overlay"
    extension : appended to the names of collections
    files : the background files
    n_entries : events in these files
    n_reused : events of the job whose entry an earlier event already had
    """

    method: str
    extension: str
    files: tuple[str, ...]
    n_entries: int
    n_reused: int


class BGOverlayInput(Module):
    """Read background digits from files: random start, one entry an event, from the beginning again at the end.

    Event N of a run takes entry (start + N) modulo the number of entries, where the start is drawn from seed, stream,
    experiment and run. It so has the same background in whatever job it is processed. As in basf2, experiments 1 to 999
    take entries of their own run only, and the lowest experiment of every file must be one of the job.

    Where all files give trigger gate and gating of their events, these are put into the store too, so that a digitizer
    of the signal after this module sees the detector as the background did.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        files: list[str] = parameter(doc="background files (npz, ROOT, folder of images); * ? [ ] stand for several")
        collection: str = parameter("PXDDigits", doc="collection that is read")
        extension: str = parameter("_beamBG", doc="appended to its name, unless the name ends so, to name the output")
        skip_experiment_check: bool = parameter(False, doc="take files of other experiments")
        ignore_run_numbers: bool = parameter(False, doc="take entries of any run, for experiments 1 to 999 too")
        timing: str | None = parameter(
            TIMING, doc="name for trigger gate and gating, where all files give them; null leaves them out"
        )
        info: str = parameter("BackgroundInfo", doc="name of the persistent value that says what was used")
        seed: str | int | None = parameter(None, doc="seed of the start, by default that of the job")
        stream: str | None = parameter(None, doc="name of the random stream, by default the type of the module")

    config: Config
    parallel = True
    random = True

    @cached_property
    def chain(self) -> DigitChain:
        """The files, opened when first asked for."""
        return DigitChain(self.config.files, [self.config.collection])

    @property
    def output(self) -> str:
        """Name of the collection that is made."""
        return self.config.collection.removesuffix(self.config.extension) + self.config.extension

    def writes(self) -> dict[str, type]:
        made: dict[str, type] = {self.output: Digits}
        try:
            timed = self.chain.has_timing and self.config.timing is not None
        except BadInput:
            return made  # problems() says why
        return made | {str(self.config.timing): InjectionTiming} if timed else made

    def problems(self) -> list[Problem]:
        try:
            chain = self.chain
        except BadInput as error:
            return [Problem("files", str(error))]
        experiments = {experiment for experiment, _, _ in self.job.events}
        found = []
        for number, path in enumerate(chain.paths):
            part = chain.ids.experiment[chain.first[number] : chain.first[number + 1]]
            if not len(part):
                found.append(Problem("files", f"{path}: has no event. Leave it out"))
            elif experiments and int(part.min()) not in experiments and not self.config.skip_experiment_check:
                listed = ", ".join(map(str, sorted(experiments)))
                message = f"{path}: begins with experiment {part.min()}, the job has {listed}"
                found.append(Problem("files", f"{message}. Choose other files, or set skip_experiment_check: true"))
        if not found:
            for run in sorted({event[:2] for event in self.job.events}):
                try:
                    self._entries(*run)
                except FileError as error:
                    found.append(Problem("files", str(error)))
        return found

    def initialize(self) -> None:
        self._selected: dict[tuple[int, int], tuple[NDArray[np.int64] | None, int, int]] = {}
        used = np.zeros(self.chain.n_events, np.int64)
        for experiment, run, event in self.job.events:
            used[self._entry(experiment, run, event)] += 1
        reused = int(np.maximum(used - 1, 0).sum())
        if reused:
            self.log.info(
                "background entries will be used again: %d events, %d entries, one of them %d times",
                self.job.n_events,
                self.chain.n_events,
                used.max(),
            )
        files = tuple(map(str, self.chain.paths))
        self._info = BackgroundInfo("overlay", self.config.extension, files, self.chain.n_events, reused)
        self.store.put(self.config.info, self._info, persistent=True)

    def event(self) -> None:
        entry = self._entry(self.meta.experiment, self.meta.run, self.meta.event)
        digits = self.chain.read(self.config.collection, entry)
        if not digits.is_sorted():
            digits, _ = sort_digits(digits)
            self.counts["sorted"] += 1
        self.counts["digits"] += len(digits)
        self.store.put(self.output, digits)
        if self.chain.has_timing and self.config.timing is not None:
            self.store.put(self.config.timing, self.chain.timing(entry))

    def provenance(self) -> dict[str, object]:
        return {"files": list(map(str, self.chain.paths)), "entries": self.chain.n_events}

    def summary(self) -> list[tuple[str, str]]:
        lines = [
            ("read from", f"{len(self._info.files)} file(s), {self._info.n_entries} entries"),
            ("entries used again", str(self._info.n_reused)),
            ("digits", str(self.counts["digits"])),
        ]
        if self.counts["sorted"]:
            lines.append(("events sorted on reading", str(self.counts["sorted"])))
        return lines

    def _entry(self, experiment: int, run: int, event: int) -> int:
        """Return the number of the entry of an event."""
        if (experiment, run) not in self._selected:
            entries = self._entries(experiment, run)
            count = self.chain.n_events if entries is None else len(entries)
            key = event_key(self.seed, self.stream, experiment, run, RUN_LEVEL_EVENT)
            start = int(uniform(key, 0, 0, 1)[0, 0] * count)
            self._selected[experiment, run] = entries, count, start
        entries, count, start = self._selected[experiment, run]
        position = (start + event) % count
        return position if entries is None else int(entries[position])

    def _entries(self, experiment: int, run: int) -> NDArray[np.int64] | None:
        """Return the entries that a run may take, None for all; FileError when it has none."""
        if experiment not in _RUN_DEPENDENT or self.config.ignore_run_numbers:
            return None
        ids = self.chain.ids
        entries = np.flatnonzero((ids.experiment == experiment) & (ids.run == run))
        if not len(entries):
            raise FileError(
                f"no background of experiment {experiment}, run {run} in {', '.join(self.config.files)}. "
                "Add a file of this run, or set ignore_run_numbers: true"
            )
        return entries
