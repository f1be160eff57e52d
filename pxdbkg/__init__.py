"""Generated beam background for the Belle II pixel detector."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Resolved at first use, so that importing the package stays light.
_LAZY = {
    "AfterConditionPath": "pxdbkg.framework.module",
    "Module": "pxdbkg.framework.module",
    "Path": "pxdbkg.framework.path",
    "create_path": "pxdbkg.framework.path",
    "load_payload": "pxdbkg.generators.payload",
    "parameter": "pxdbkg.config",
    "process": "pxdbkg.framework.loop",
    "register_module": "pxdbkg.framework.registry",
    "statistics": "pxdbkg.framework.statistics",
}
__all__ = [
    "AfterConditionPath",
    "Module",
    "Path",
    "__version__",
    "create_path",
    "load_payload",
    "parameter",
    "process",
    "register_module",
    "statistics",
]

if TYPE_CHECKING:
    from pxdbkg.config import parameter
    from pxdbkg.framework.loop import process
    from pxdbkg.framework.module import AfterConditionPath, Module
    from pxdbkg.framework.path import Path, create_path
    from pxdbkg.framework.registry import register_module
    from pxdbkg.framework.statistics import statistics
    from pxdbkg.generators.payload import load_payload


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'pxdbkg' has no attribute '{name}'")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
