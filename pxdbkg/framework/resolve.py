"""A path written out with all its parameters, and the digest of that."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from pxdbkg.framework.module import AfterConditionPath, Condition, Module
from pxdbkg.framework.path import Path


def resolved(path: Path, *, for_digest: bool = False) -> list[dict[str, Any]]:
    """Return the modules of a path as a steering file has them, with every parameter.

    With ``for_digest``, without what does not change the data: log levels and names of output files.
    """
    return [_module(module, for_digest) for module in path]


def digest(path: Path) -> str:
    """Return the sha256 of the resolved path as canonical JSON: modules, parameters, conditions.

    Seed and event numbers are not part of it, so the parts of a job that was split have the same digest.
    """
    text = json.dumps(resolved(path, for_digest=True), sort_keys=True, ensure_ascii=False, default=_other)
    return hashlib.sha256(text.encode()).hexdigest()


def _module(module: Module, for_digest: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"module": type(module).__name__}
    if module.given_name:
        entry["name"] = module.given_name
    if module.log_level and not for_digest:
        entry["log_level"] = module.log_level
    for field in dataclasses.fields(module.config):
        if field.metadata.get("in_digest", True) or not for_digest:
            entry[field.name] = _plain(getattr(module.config, field.name))
    for condition in module.conditions:
        entry.setdefault(condition.kind, []).append(_condition(condition, for_digest))
    return entry


def _condition(condition: Condition, for_digest: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"condition": condition.expression} if condition.kind == "if_value" else {}
    entry["path"] = resolved(condition.path, for_digest=for_digest)
    if condition.after is AfterConditionPath.CONTINUE:
        entry["after"] = "CONTINUE"
    return entry


def _plain(value: Any) -> Any:
    """Return a parameter as lists, mappings and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _other(value: Any) -> str:
    # Parameters of the type Any, from Python: their repr may hold an address, which differs from job to job.
    return f"{type(value).__module__}.{type(value).__qualname__}"
