"""Call the hooks of modules, with times, conditions, runs, and errors that name module and event."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence

from pxdbkg.errors import BadInput, ModuleError, PxdbkgError
from pxdbkg.framework.datastore import DataStore
from pxdbkg.framework.meta import EventMeta
from pxdbkg.framework.module import AfterConditionPath, Module
from pxdbkg.framework.path import Path, Step
from pxdbkg.framework.statistics import Row, resident_mb


class Runner:
    """Runs some modules of a path, event after event, in one process."""

    def __init__(self, steps: Sequence[Step], rows: Sequence[Row], store: DataStore) -> None:
        self.store = store
        self.modules = [step.module for step in steps]
        self._where = {step.module: step.where for step in steps}
        self._rows = {step.module: row for step, row in zip(steps, rows, strict=True)}
        self._declared = {module: declared(module) for module in self.modules}
        self._run: tuple[int, int] | None = None
        self.note: Callable[[int], None] = lambda _: None  # told which module runs, by its number
        self._number = {module: number for number, module in enumerate(self.modules)}

    def call(self, module: Module, hook: Callable[[], None], context: str) -> None:
        """Call a hook; whatever it raises becomes a ModuleError that names module and context."""
        self.store.current, self.store.declared = module.name, self._declared[module]
        self.note(self._number[module])
        try:
            hook()
        except Exception as error:
            raise module_error(f"{self._where[module]}: {context}", error) from error
        finally:
            self.store.current, self.store.declared = "", None

    def initialize(self) -> None:
        """Initialize all modules in path order."""
        for module in self.modules:
            self.call(module, module.initialize, "initialize")

    def begin_event(self, meta: EventMeta) -> None:
        """Tell the modules which event comes, and end and begin runs where the run changes."""
        run = (meta.experiment, meta.run)
        if run != self._run:
            self.end_run()
        for module in self.modules:
            module.meta = meta
            module.result = None
        if run != self._run:
            self._run = run
            for module in self.modules:
                self.call(module, module.beginRun, f"experiment {run[0]}, run {run[1]}, beginRun")

    def process(self, modules: Iterable[Module], meta: EventMeta) -> bool:
        """Call ``event`` of modules of a path, following conditions; return False when the event ended early."""
        for module in modules:
            row, memory, start = self._rows[module], resident_mb(), time.perf_counter()
            self.call(module, module.event, str(meta))
            row.add(time.perf_counter() - start, resident_mb() - memory)
            taken = next((c for c in module.conditions if module.result is not None and c.holds(module.result)), None)
            if taken is not None:
                goes_on = self.process(taken.path, meta)
                if not goes_on or taken.after is AfterConditionPath.END:
                    return False
        return True

    def end_run(self) -> None:
        """End the run that was begun, if there is one."""
        if self._run is not None:
            experiment, run = self._run
            self._run = None
            for module in self.modules:
                self.call(module, module.endRun, f"experiment {experiment}, run {run}, endRun")

    def terminate(self) -> None:
        """Terminate all modules in path order; after a failure the others are aborted."""
        for number, module in enumerate(self.modules):
            try:
                self.call(module, module.terminate, "terminate")
            except BaseException:
                self.abort(self.modules[number:])
                raise

    def abort(self, modules: Iterable[Module]) -> None:
        """Let modules clean up after a failure; a failure to do so is logged, so that all of them get the chance."""
        for module in modules:
            try:
                self.call(module, module.abort, "abort")
            except PxdbkgError as error:
                module.log.error("%s", error)


def declared(module: Module) -> frozenset[str] | None:
    """Return the event collections that a module may read; None where it declares nothing and may read any."""
    kind = type(module)
    if all(getattr(kind, name) is getattr(Module, name) for name in ("reads", "optional", "replaces", "writes")):
        return None
    return frozenset({*module.reads(), *module.optional(), *module.replaces(), *module.writes()})


def module_error(where: str, error: BaseException) -> ModuleError:
    """Return the error of a module as one line that says where; exit status 2 when bad input is the cause."""
    text = "; ".join(str(error).splitlines())
    if not isinstance(error, PxdbkgError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    made = ModuleError(f"{where}: {text}", 2 if isinstance(error, BadInput) else 1)
    if not isinstance(error, PxdbkgError):
        made.add_note("".join(traceback.format_exception(error)))
    return made


def split_path(path: Path) -> int:
    """Return how many leading modules may run in workers: certified, with all their conditional paths.

    Modules that number the events do nothing in an event, and do not end this part.
    """
    for index, module in enumerate(path):
        inside = [step.module for condition in module.conditions for step in condition.path.steps()]
        if not all(type(one).parallel for one in [module, *inside]):
            return index
    return len(path)
