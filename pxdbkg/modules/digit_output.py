"""Module DigitOutput."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pxdbkg.config import parameter
from pxdbkg.detector.columns import Columns
from pxdbkg.detector.timing import TIMING, InjectionTiming
from pxdbkg.errors import BadInput, FileError
from pxdbkg.framework import Module, Problem
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.chain import expand
from pxdbkg.io.digit_file import GATED, TRIGGER_GATE, DigitWriter, open_writer
from pxdbkg.io.event_form import START_NS, check_collection_names
from pxdbkg.io.shards import MOST_SHARDS, ShardWriter, clean_up, find_shards, shard_path

CONDITIONS = "conditions"


class DigitOutput(Module):
    """Write digits, clusters and truth to a file, which appears under its name when the job is done.

    An existing file is replaced then, in one step. A job that is interrupted leaves a complete file of the events so
    far; a job that fails leaves what was there before. Machine conditions, trigger gate and gating in the store are
    written too.

    With ``events_per_file`` the sample is written to several files: ``sim.npz`` becomes ``sim-00000.npz``,
    ``sim-00001.npz`` ..., each complete as soon as it appears. A job that was killed or interrupted goes on after the
    last complete one with ``resume: true``, and makes the files that it would have made in one go.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        file: str = parameter(doc="file that is written, .npz or .root", in_digest=False)
        collections: list[str] = parameter(["PXDDigits"], doc="collections that are written, in this order")
        compress: bool = parameter(False, doc="deflate an npz: smaller, but slower to write and to read")
        overwrite: bool = parameter(True, doc="replace an existing file; false makes it an error")
        events_per_file: int | None = parameter(
            None,
            doc="write files NAME-00000, NAME-00001 ... of so many events; null: one file",
            low=1,
            in_digest=False,
        )
        resume: bool = parameter(
            False, doc="go on after the complete files of an earlier run of this job", in_digest=False
        )

    config: Config
    _writer: DigitWriter | None = None
    _n_done = 0

    def reads(self) -> dict[str, type]:
        return dict.fromkeys(self.config.collections, Columns)

    def optional(self) -> dict[str, type]:
        return {CONDITIONS: dict, TIMING: InjectionTiming}

    def problems(self) -> list[Problem]:
        found = [*self._file_problems(), *self._shard_problems()]
        if not self.config.collections:
            found.append(Problem("collections", "no collection is given. Name at least one"))
        try:
            check_collection_names(self.config.collections, "a file")
        except FileError as error:
            found.append(Problem("collections", str(error)))
        return found

    def _file_problems(self) -> list[Problem]:
        path = Path(self.config.file)
        found = []
        if path.suffix not in (".npz", ".root"):
            found.append(Problem("file", f"no format has the ending '{path.suffix}' (allowed: .npz, .root)"))
        elif path.suffix == ".root":
            try:
                importlib.import_module("pxdbkg.io.root")
            except BadInput as error:  # the extra that brings ROOT files is missing
                found.append(Problem("file", str(error)))
            if self.config.compress:
                found.append(Problem("compress", "is for npz files; ROOT files are always compressed. Leave it out"))
        if path.exists() and not self.config.overwrite and self.config.events_per_file is None:
            found.append(Problem("file", f"{path} exists. Remove it, or set overwrite: true"))
        elif not found:
            try:
                temporary_beside(path if self.config.events_per_file is None else shard_path(path, 0))
            except FileError as error:
                found.append(Problem("file", str(error)))
        for other in self.job.modules:
            if other is self:
                break
            if isinstance(other, DigitOutput) and Path(other.config.file).resolve() == path.resolve():
                found.append(Problem("file", f"{other.name} writes {path} too. Choose another name"))
        if path.exists() and any(one.exists() and one.samefile(path) for one in self._inputs()):
            found.append(Problem("file", f"{path} is read by this job, and would be replaced. Choose another name"))
        return found

    def _inputs(self) -> Iterator[Path]:
        """Yield the files that the job reads: modules name theirs in a parameter of this name."""
        for name in (name for other in self.job.modules for name in getattr(other.config, "files", ())):
            try:
                yield from expand([name])
            except FileError:
                continue  # that module says so

    def _shard_problems(self) -> list[Problem]:
        size = self.config.events_per_file
        if size is None:
            return [Problem("resume", "needs events_per_file: only whole files are kept")] if self.config.resume else []
        found = []
        n_files = -(-self.job.n_events // size)
        if n_files > MOST_SHARDS:
            found.append(Problem("events_per_file", f"{size} makes {n_files} files (at most {MOST_SHARDS})"))
        shards = find_shards(self.config.file)
        beyond = [path for number, path in shards.items() if number >= max(n_files, 1)]
        if shards and not self.config.resume:
            others = f" and {len(shards) - 1} more of this name" if len(shards) > 1 else ""
            message = f"{next(iter(shards.values()))}{others} exist{'' if others else 's'}"
            found.append(Problem("file", f"{message}. Set resume: true to go on after them, or remove them"))
        elif beyond:
            message = f"{beyond[0]} is of a longer job, this one has {n_files} files of {size} events"
            found.append(Problem("file", f"{message}. Remove it, or choose another name"))
        if self.config.resume and any(module.conditions for module in self.job.modules):
            found.append(Problem("resume", "needs a path without conditions: each event has one place in the files"))
        return found

    def initialize(self) -> None:
        size = self.config.events_per_file
        if size is None:
            self._writer = open_writer(self.config.file, self.config.collections, {}, compress=self.config.compress)
        else:
            self._writer = ShardWriter(self.config.file, self.config.collections, size, compress=self.config.compress)

    def resume_at(self) -> int:
        if self.config.resume:
            assert isinstance(self._writer, ShardWriter)
            clean_up(self.config.file)
            self._n_done = self._writer.resume(self.job.events, self.job.provenance)
        return self._n_done

    def event(self) -> None:
        if self.meta.index < self._n_done:  # another output needs this event
            return
        assert self._writer is not None
        if not self.counts["events"]:  # now every module is initialized, and knows what it adds
            self._writer.provenance = self.job.provenance
        data = {name: self.store.get(name) for name in self.config.collections}
        self._writer.write(self.meta, data, self._extras())
        for name, values in data.items():
            self.counts[name] += len(values)
        self.counts["events"] += 1

    def _extras(self) -> dict[str, Any]:
        conditions = self.store.get(CONDITIONS, dict) if self.store.has(CONDITIONS) else {}
        extras = {f"{CONDITIONS}/{name}": value for name, value in conditions.items()}
        if self.store.has(TIMING):
            timing = self.store.get(TIMING, InjectionTiming)
            extras |= {TRIGGER_GATE: timing.trigger_gate, GATED: timing.gated, START_NS: timing.gating_start_ns}
        return extras

    def terminate(self) -> None:
        assert self._writer is not None
        self._writer.provenance = self.job.provenance
        self._writer.close()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()

    def summary(self) -> list[tuple[str, str]]:
        files = self._writer.written if isinstance(self._writer, ShardWriter) else [Path(self.config.file)]
        size_mb = sum(path.stat().st_size for path in files) / 1e6
        label = f"{files[0]} to {files[-1].name}" if len(files) > 1 else str(files[0]) if files else self.config.file
        lines = [(label, f"{self.counts['events']} events, {size_mb:.1f} MB")]
        if self._n_done:
            lines.append(("there before", f"{self._n_done} events"))
        written = ", ".join(f"{self.counts[name]} {name}" for name in self.config.collections)
        return [*lines, ("written", written)]
