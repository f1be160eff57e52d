"""The way to matplotlib (extra ``plots``): the only file that imports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pxdbkg.errors import MissingExtra
from pxdbkg.io.atomic import atomic_path


def load_pyplot() -> Any:
    """Return matplotlib.pyplot, drawing to files only; MissingExtra when it is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtra("pictures of events", "matplotlib", "plots") from None
    mpl.use("Agg")
    from matplotlib import pyplot

    return pyplot


def save(figure: Any, path: Path) -> None:
    """Write a figure to a file whose ending names the format, whole or not at all, and forget it in any case."""
    try:
        with atomic_path(path) as part:
            figure.savefig(part, dpi=110, format=path.suffix[1:])
    finally:
        load_pyplot().close(figure)
