"""The metadata of a payload: what ``pxdbkg.json`` holds in format 1, read field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxdbkg.detector.digits import N_SENSORS
from pxdbkg.errors import PayloadError

FORMAT_VERSION = 1
KINDS = ("image", "clusters")
_MAX_SIZE = 1 << 20


@dataclass(frozen=True)
class Condition:
    """One machine condition that a generator takes, a column of its input ``cond``.

    Attributes
    ----------
    name, unit : as the modules name it, for example ``occupancy_scale``
    low, high : inclusive range in which the generator is valid
    default : value when none is given
    """

    name: str
    unit: str
    low: float
    high: float
    default: float


@dataclass(frozen=True)
class PayloadInfo:
    """What a payload file says about itself.

    Attributes
    ----------
    family, configuration : which network, and what rebuilds it without TorchScript
    kind : ``image`` or ``clusters``
    sizes : lengths of inputs and outputs. ``event_normals`` E and ``context`` H for both kinds; ``noise`` Z, a shape,
        for images; ``classes`` K, ``normals`` Z_k and ``uniforms`` U_k (lists of K) for clusters
    block_sizes : rows of a call: ``images`` b, or ``rows`` B_k (a list of K)
    sensors : indices 0..39 that it covers, ascending
    threshold_adu : the cut of the data that it was made from; lower ones are refused
    conditions : columns of the input ``cond``, in order
    training : data and their digest
    settings, validation, versions : how it was made, how good it is, with what software
    note : one line for people
    digest : sha256 over all members of the file but the metadata, hex
    storage : ``torchscript`` (.pt) or ``arrays`` (.npz)
    """

    family: str
    kind: str
    configuration: Mapping[str, Any]
    sizes: Mapping[str, Any]
    block_sizes: Mapping[str, Any]
    sensors: tuple[int, ...]
    threshold_adu: int
    conditions: tuple[Condition, ...]
    training: Mapping[str, Any]
    settings: Mapping[str, Any]
    validation: Mapping[str, Any]
    versions: Mapping[str, Any]
    note: str
    digest: str = ""
    format_version: int = FORMAT_VERSION
    storage: str = "torchscript"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain types; ``storage`` is a property of the file and stays out."""
        fields = dataclasses.asdict(self)
        del fields["storage"]
        return fields | {"sensors": list(self.sensors), "conditions": list(fields["conditions"])}


_TYPES: dict[str, type | tuple[type, ...]] = {
    "family": str,
    "kind": str,
    "configuration": dict,
    "sizes": dict,
    "block_sizes": dict,
    "sensors": list,
    "threshold_adu": int,
    "conditions": list,
    "training": dict,
    "settings": dict,
    "validation": dict,
    "versions": dict,
    "note": str,
    "digest": str,
}


def parse_info(fields: object, storage: str, where: str) -> PayloadInfo:
    """Return the metadata from what the JSON held.

    Parameters
    ----------
    fields : parsed JSON
    storage : ``torchscript`` or ``arrays``
    where : the file, for messages

    Raises PayloadError for a newer format, an unknown kind, a missing field, a wrong type or a value out of range.
    """
    if not isinstance(fields, dict):
        raise PayloadError(f"{where}: its metadata is {_shown(fields)}, expected an object. Export it again")
    version = fields.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise PayloadError(f"{where}: its format_version is {_shown(version)} (allowed: 1). Export it again")
    if version > FORMAT_VERSION:
        raise PayloadError(
            f"{where}: has format version {version}, this pxdbkg reads up to {FORMAT_VERSION}. Install a newer pxdbkg"
        )
    for name, kind in _TYPES.items():
        if name not in fields:
            raise PayloadError(f"{where}: its metadata lacks '{name}'. Export it again")
        if not isinstance(fields[name], kind) or isinstance(fields[name], bool):
            raise PayloadError(f"{where}: its {name} is {_shown(fields[name])}, of a wrong type. Export it again")
    if fields["kind"] not in KINDS:
        raise PayloadError(
            f"{where}: is of kind '{fields['kind']}' (allowed: {', '.join(KINDS)}). Install a newer pxdbkg, or export "
            "a generator of a known kind"
        )
    sensors = tuple(fields["sensors"])
    if not sensors or any(not _is_count(s, N_SENSORS - 1) for s in sensors) or sorted(set(sensors)) != list(sensors):
        raise PayloadError(f"{where}: its sensors are {_shown(sensors)} (allowed: ascending, 0..39). Export it again")
    if not 1 <= fields["threshold_adu"] <= 255:
        raise PayloadError(
            f"{where}: its threshold_adu is {fields['threshold_adu']} (allowed: 1..255). Export it again"
        )
    _check_sizes(fields["kind"], fields["sizes"], fields["block_sizes"], where)
    values = {name: fields[name] for name in _TYPES}
    values |= {"sensors": sensors, "conditions": tuple(_condition(entry, where) for entry in fields["conditions"])}
    return PayloadInfo(**values, format_version=version, storage=storage)


def _check_sizes(kind: str, sizes: Mapping[str, Any], blocks: Mapping[str, Any], where: str) -> None:
    def fail(name: str, value: object, allowed: str) -> PayloadError:
        return PayloadError(f"{where}: its size '{name}' is {_shown(value)} (allowed: {allowed}). Export it again")

    counts = ["event_normals", "context"] + (["classes"] if kind == "clusters" else [])
    for name in counts:
        if not _is_count(sizes.get(name), _MAX_SIZE):
            raise fail(name, sizes.get(name), f"0..{_MAX_SIZE}")
    if kind == "image":
        if not _are_counts(sizes.get("noise"), 1) or not sizes["noise"]:
            raise fail("noise", sizes.get("noise"), "a shape")
        if not _is_count(blocks.get("images"), N_SENSORS) or not blocks["images"]:
            raise fail("images", blocks.get("images"), f"1..{N_SENSORS}")
        return
    n_classes = sizes["classes"]
    if not 1 <= n_classes <= 254:
        raise fail("classes", n_classes, "1..254")
    for name, table, least in (("normals", sizes, 0), ("uniforms", sizes, 0), ("rows", blocks, 1)):
        if not _are_counts(table.get(name), least) or len(table[name]) != n_classes:
            raise fail(name, table.get(name), f"{n_classes} numbers, at least {least}")


def _condition(entry: object, where: str) -> Condition:
    names: dict[str, type | tuple[type, ...]] = {
        "name": str,
        "unit": str,
        "low": (int, float),
        "high": (int, float),
        "default": (int, float),
    }
    if not isinstance(entry, dict) or any(not isinstance(entry.get(name), kind) for name, kind in names.items()):
        raise PayloadError(f"{where}: its condition {_shown(entry)} lacks one of {', '.join(names)}. Export it again")
    condition = Condition(**{name: entry[name] for name in names})
    if not condition.low <= condition.default <= condition.high:
        raise PayloadError(f"{where}: the default of its condition {condition.name} is out of range. Export it again")
    return condition


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _are_counts(value: object, least: int) -> bool:
    return isinstance(value, list) and all(_is_count(entry, _MAX_SIZE) and entry >= least for entry in value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
