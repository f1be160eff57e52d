"""Call the hooks of modules, with times, conditions, runs, and errors that name module and event."""

from __future__ import annotations

import functools
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from pxdbkg.errors import BadInput, ModuleError, PxdbkgError
from pxdbkg.framework.datastore import DataStore
from pxdbkg.framework.meta import EventMeta
from pxdbkg.framework.module import AfterConditionPath, Module
from pxdbkg.framework.path import Step
from pxdbkg.framework.statistics import Row, resident_mb


class Runner:
    """Runs some modules of a path, event after event, in one process."""

    def __init__(self, steps: Sequence[Step], rows: Sequence[Row], store: DataStore) -> None:
        self.store = store
        self._steps = steps
        self.modules = [step.module for step in steps]
        self._where = {step.module: step.where for step in steps}
        self._rows = {step.module: row for step, row in zip(steps, rows, strict=True)}
        self._declared = {module: declared(module) for module in self.modules}
        self._run: tuple[int, int] | None = None
        self.begun: list[Module] = []  # modules whose initialize was called and whose terminate was not
        self.note: Callable[[int], None] = lambda _: None  # told which module runs, by its number
        self._number = {module: number for number, module in enumerate(self.modules)}

    def part(self, wanted: Callable[[Module], bool]) -> Runner:
        """Return a runner of some of the modules, with the same store and the same statistics."""
        steps = [step for step in self._steps if wanted(step.module)]
        return Runner(steps, [self._rows[step.module] for step in steps], self.store)

    def needed(self) -> frozenset[str] | None:
        """Return the collections that the modules may read, None when one of them may read any."""
        sets = list(self._declared.values())
        return None if None in sets else frozenset().union(*(names for names in sets if names is not None))

    def merge(self, rows: Sequence[Row], counts: Sequence[Counter[str]]) -> None:
        """Add the statistics and counts of the same modules in another process."""
        for module, row, count in zip(self.modules, rows, counts, strict=True):
            self._rows[module].merge(row)
            module.counts.update(count)

    def rows(self) -> list[Row]:
        """Return the statistics of the modules, in path order."""
        return [self._rows[module] for module in self.modules]

    def where(self, number: int) -> str:
        """Return the place of a module by its number."""
        return self._where[self.modules[number]]

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
            self.begun.append(module)
            self.call(module, module.initialize, "initialize")

    def first_needed(self) -> int:
        """Return the position of the first event that an output of the path still needs, 0 without an output."""
        starts: list[int] = []

        def ask(module: Module) -> None:
            start = module.resume_at()
            if start is not None:
                starts.append(start)

        for module in self.modules:
            self.call(module, functools.partial(ask, module), "resume")
        return min(starts, default=0)

    def clear(self) -> None:
        """Forget the event collections; the memory that comes free is credited to the modules that took it."""
        by_name = {module.name: self._rows[module] for module in self.modules}
        memory = resident_mb()
        while (writer := self.store.drop()) is not None:
            before, memory = memory, resident_mb()
            if writer in by_name:
                by_name[writer].memory_mb += memory - before

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
        memory = resident_mb()
        for module in modules:
            start = time.perf_counter()
            self.call(module, module.event, str(meta))
            elapsed, before, memory = time.perf_counter() - start, memory, resident_mb()
            self._rows[module].add(elapsed, memory - before)
            taken = next((c for c in module.conditions if module.result is not None and c.holds(module.result)), None)
            if taken is not None:
                goes_on = self.process(taken.path, meta)
                if not goes_on or taken.after is AfterConditionPath.END:
                    return False
                memory = resident_mb()
        return True

    def end_run(self) -> None:
        """End the run that was begun, if there is one."""
        if self._run is not None:
            experiment, run = self._run
            self._run = None
            for module in self.modules:
                self.call(module, module.endRun, f"experiment {experiment}, run {run}, endRun")

    def terminate(self) -> None:
        """Terminate all modules in path order."""
        while self.begun:
            self.call(self.begun[0], self.begun[0].terminate, "terminate")
            del self.begun[0]

    def abort(self) -> None:
        """Let modules clean up after a failure; a failure to do so is logged, so that all of them get the chance."""
        while self.begun:
            module = self.begun.pop(0)
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
