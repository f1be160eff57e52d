"""Network families, the log codec and the payload call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxdbkg.generators.payload import Payload, load_payload

__all__ = ["Payload", "load_payload"]


def __getattr__(name: str) -> Any:
    # Modules check requests without torch, which the payload call imports.
    if name in __all__:
        from pxdbkg.generators import payload

        return getattr(payload, name)
    raise AttributeError(f"module 'pxdbkg.generators' has no attribute '{name}'")
