"""Where the event numbers of a job come from: exactly one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pxdbkg.config import Document, Fault, Position
from pxdbkg.errors import PxdbkgError
from pxdbkg.framework.check import fault
from pxdbkg.framework.meta import EventId, EventNumbers
from pxdbkg.framework.path import Path, Step
from pxdbkg.values import ValueFault, build_config, dotted

FROM_INPUT = "input"
_BLOCK = "{experiment: 0, run: 0, first: 1, count: 100}"


def read_events(
    given: Mapping[str, Any] | EventNumbers | None, document: Document | None = None
) -> tuple[EventNumbers | str | None, list[Fault]]:
    """Return the ``events`` block as EventNumbers, or FROM_INPUT, or None where there is none; and its faults.

    ``document`` is the steering file that the block comes from, for the positions of the faults.
    """

    def positioned(fault: ValueFault) -> Fault:
        place = ("events", *fault.place)
        position = document.locate(place, key=fault.at_key) if document else None
        return Fault(
            position, f"events{dotted(fault.place)}", fault.message.replace("unknown parameter", "unknown key")
        )

    if given is None or isinstance(given, EventNumbers):
        return given, []
    if isinstance(given, Mapping) and "from" in given:
        if dict(given) == {"from": FROM_INPUT}:
            return FROM_INPUT, []
        message = f"{given['from']!r} with {len(given) - 1} other keys (allowed: {{from: input}} alone)"
        return None, [positioned(ValueFault(("from",), message))]
    numbers, faults = build_config(EventNumbers, given)
    if not faults and (problem := numbers.problem()):
        faults = [ValueFault((), problem)]
    found = [positioned(one) for one in faults]
    return (None if found else numbers), found


def choose_events(
    path: Path, events: EventNumbers | str | None, n_events: int | None, position: Position | None = None
) -> tuple[Sequence[EventId], list[Fault]]:
    """Return (experiment, run, event) of every event of the job, and what is wrong with their source.

    Parameters
    ----------
    path : whose modules may number the events
    events : the block, FROM_INPUT, or None
    n_events : process this many instead
    position : of the block, for the faults
    """
    steps = path.steps()
    exclusive = [step for step in steps if step.module.event_source == "exclusive"]
    fallback = [step for step in steps if step.module.event_source == "fallback"]
    if len(exclusive) > 1:
        return [], [fault(exclusive[1], "", f"numbers the events, and {exclusive[0].where} does so too. Remove one")]
    if isinstance(events, EventNumbers):
        if exclusive:
            remedy = "Remove one of them, or write events: {from: input}"
            return [], [Fault(position, "events", f"{exclusive[0].where} numbers the events too. {remedy}")]
        return _cut(events.ids() if n_events is None else events.limited(n_events).ids(), n_events, "events", position)
    sources = exclusive or fallback[:1]
    if not sources:
        wanted = "no module of the path does so" if events == FROM_INPUT else f"Add events: {_BLOCK}"
        return [], [Fault(position, "events", f"nothing numbers the events. {wanted}")]
    return _ask(sources[0], n_events)


def _ask(source: Step, n_events: int | None) -> tuple[Sequence[EventId], list[Fault]]:
    if source.module.faulty:
        return [], []
    try:
        config = source.module.config
        if n_events is not None and isinstance(config, EventNumbers):
            return _cut(config.limited(n_events).ids(), n_events, source.where, source.module.locate(()))
        ids = source.module.event_list()
    except PxdbkgError:
        return [], []  # problems() says why
    if ids is None:
        return [], [fault(source, "", f"does not number the events. Add events: {_BLOCK}")]
    cut, faults = _cut(ids, n_events, source.where, source.module.locate(()))
    return cut, faults


def _cut(
    ids: Sequence[EventId], n_events: int | None, where: str, position: Position | None
) -> tuple[Sequence[EventId], list[Fault]]:
    if n_events is not None and n_events > len(ids):
        return ids, [Fault(position, where, f"numbers {len(ids)} events, {n_events} are asked for (-n). Ask for fewer")]
    return (ids if n_events is None else ids[:n_events]), []
