"""What all modules of one job share: seed, number of events, provenance."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pxdbkg.framework.meta import EventId

if TYPE_CHECKING:
    from pxdbkg.framework.module import Module


@dataclass
class Job:
    """One call of ``process``.

    Attributes
    ----------
    seed : as text; the same seed gives the same bytes
    events : (experiment, run, event) of every event, in order
    modules : all modules, those of conditional paths too
    digest : sha256 of the resolved path
    first : position of the first event that is processed; the outputs have those before it from an earlier job
    interrupted : whether Ctrl-C or SIGTERM ended the job early
    n_done : number of leading events that are done
    """

    seed: str
    events: Sequence[EventId] = ()
    modules: Sequence[Module] = field(default=(), repr=False)
    digest: str = ""
    first: int = 0
    interrupted: bool = False
    n_done: int = 0

    @property
    def n_events(self) -> int:
        """Return the number of events asked for."""
        return len(self.events)

    @property
    def provenance(self) -> dict[str, Any]:
        """Return what is stamped into outputs: version, commit, seed, digest of the steering, and what modules add.

        Without time, host and number of processes, so that equal jobs write equal files. Read it after the modules
        before the reader are initialized.
        """
        base: dict[str, Any] = importlib.import_module("pxdbkg.provenance").base()
        added = {module.name: module.provenance() for module in self.modules}
        return base | {
            "seed": self.seed,
            "steering": self.digest,
            "modules": {name: value for name, value in added.items() if value},
        }
