"""Rows of ``pxdbkg benchmark generate``: whole events at several occupancies, and the event loop around them."""

from __future__ import annotations

from collections.abc import Iterator

from pxdbkg.cli.benchmark import Row, measure


def rows(payload_path: str) -> Iterator[Row]:
    """Measure whole events of a payload against one event at its nominal occupancy."""
    from pxdbkg.generators import load_payload

    payload = load_payload(payload_path)

    def event(scale: float) -> int:
        return len(
            payload.generate(seed=1, experiment=0, run=0, events=[1], conditions={"occupancy_scale": scale}).columns
        )

    for scale in (0.1, 0.33, 1.0, 3.3):
        yield measure(
            f"one event of {event(scale)} digits",
            lambda scale=scale: event(scale),
            "one event, nominal",
            lambda: event(1.0),
        )
