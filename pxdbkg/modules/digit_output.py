"""Module DigitOutput."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from pxdbkg.config import parameter
from pxdbkg.detector.columns import Columns
from pxdbkg.errors import BadInput, FileError
from pxdbkg.framework import Module, Problem
from pxdbkg.io.atomic import temporary_beside
from pxdbkg.io.digit_file import DigitWriter, open_writer
from pxdbkg.io.event_form import check_collection_names

CONDITIONS = "conditions"


class DigitOutput(Module):
    """Write digits and clusters to a file, which appears under its name when the job is done.

    An existing file is replaced then, in one step. A job that is interrupted leaves a complete file of the events so
    far; a job that fails leaves what was there before. Machine conditions in the store are written too.
    """

    @dataclass(frozen=True)
    class Config:
        """Parameters."""

        file: str = parameter(doc="file that is written, .npz or .root", in_digest=False)
        collections: list[str] = parameter(["PXDDigits"], doc="collections that are written, in this order")
        compress: bool = parameter(False, doc="deflate an npz: smaller, but slower to write and to read")
        overwrite: bool = parameter(True, doc="replace an existing file; false makes it an error")

    config: Config
    _writer: DigitWriter | None = None

    def reads(self) -> dict[str, type]:
        return dict.fromkeys(self.config.collections, Columns)

    def optional(self) -> dict[str, type]:
        return {CONDITIONS: dict}

    def problems(self) -> list[Problem]:
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
        if path.exists() and not self.config.overwrite:
            found.append(Problem("file", f"{path} exists. Remove it, or set overwrite: true"))
        elif not found:
            try:
                temporary_beside(path)
            except FileError as error:
                found.append(Problem("file", str(error)))
        for other in self.job.modules:
            if other is self:
                break
            if isinstance(other, DigitOutput) and Path(other.config.file).resolve() == path.resolve():
                found.append(Problem("file", f"{other.name} writes {path} too. Choose another name"))
        # Modules that read name their files in a parameter of this name.
        for name in (name for other in self.job.modules for name in getattr(other.config, "files", ())):
            if Path(name).exists() and path.exists() and Path(name).samefile(path):
                found.append(Problem("file", f"{path} is read by this job, and would be replaced. Choose another name"))
        if not self.config.collections:
            found.append(Problem("collections", "no collection is given. Name at least one"))
        try:
            check_collection_names(self.config.collections, "a file")
        except FileError as error:
            found.append(Problem("collections", str(error)))
        return found

    def initialize(self) -> None:
        self._writer = open_writer(self.config.file, self.config.collections, {}, compress=self.config.compress)

    def event(self) -> None:
        assert self._writer is not None
        data = {name: self.store.get(name) for name in self.config.collections}
        conditions = self.store.get(CONDITIONS, dict) if self.store.has(CONDITIONS) else {}
        self._writer.write(self.meta, data, {f"{CONDITIONS}/{name}": value for name, value in conditions.items()})
        for name, values in data.items():
            self.counts[name] += len(values)
        self.counts["events"] += 1

    def terminate(self) -> None:
        assert self._writer is not None
        self._writer.provenance = self.job.provenance
        self._writer.close()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()

    def summary(self) -> list[tuple[str, str]]:
        size_mb = Path(self.config.file).stat().st_size / 1e6
        written = ", ".join(f"{self.counts[name]} {name}" for name in self.config.collections)
        return [(self.config.file, f"{self.counts['events']} events, {size_mb:.1f} MB"), ("written", written)]
