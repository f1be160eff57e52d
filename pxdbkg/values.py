"""Check one value against a type annotation, bounds and choices; collect all faults with their places."""

from __future__ import annotations

import dataclasses
import numbers
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Union

from pxdbkg.errors import did_you_mean

Place = tuple[str | int, ...]


def dotted(place: Place) -> str:
    """Return keys and indices as they follow a name.

    >>> dotted(("rows", "1.1.1", 3))
    '.rows.1.1.1[3]'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


class ValueFault(NamedTuple):
    """One fault of a value: the keys and indices that lead to it, what is wrong, and whether the last key is."""

    place: Place
    message: str
    at_key: bool = False

    def __str__(self) -> str:
        return f"{dotted(self.place)}: {self.message}"


class Rules(NamedTuple):
    """What a number or a name must fulfil besides its type; holds for every item of a list, tuple or dict."""

    low: float | None = None
    high: float | None = None
    choices: Sequence[Any] | None = None
    unit: str = ""


NO_RULES = Rules()
_NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    list: "a list",
    dict: "a mapping",
    tuple: "a list",
    types.NoneType: "null",
}


def describe_type(annotation: Any) -> str:
    """Return an annotation as help and errors show it.

    >>> describe_type(list[int] | None)
    'list[int] or null'
    """
    if annotation in (None, types.NoneType):
        return "null"
    if annotation is Any:
        return "any"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " | ".join(repr(choice) for choice in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(describe_type(argument) for argument in arguments)
    if origin is not None:
        inner = ", ".join("..." if argument is Ellipsis else describe_type(argument) for argument in arguments)
        return f"{origin.__name__}[{inner}]"
    return getattr(annotation, "__name__", str(annotation))


def describe_rules(rules: Rules) -> str:
    """Return bounds and choices as text, empty when there are none.

    >>> describe_rules(Rules(low=7, high=255, unit="ADU"))
    '7 to 255 ADU'
    """
    if rules.choices is not None:
        return ", ".join(str(choice) for choice in rules.choices)
    unit = f" {rules.unit}" if rules.unit else ""
    low, high = (None if bound is None else str(bound) for bound in (rules.low, rules.high))
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f">= {low}{unit}"
    return f"<= {high}{unit}" if high is not None else ""


def check_value(value: Any, annotation: Any, rules: Rules = NO_RULES) -> tuple[Any, list[ValueFault]]:
    """Return a value as its type wants it (an int as float, a list as tuple) and all faults found in it.

    A bool is never a number, a number never a bool, a text never a number. NaN is not a number.

    >>> check_value(3, float)
    (3.0, [])
    >>> check_value(True, int)[1][0].message
    'true is not a whole number'
    """
    if annotation is Any:
        return value, []
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return build_config(annotation, value)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return _check_union(value, arguments, annotation, rules)
    if origin is Literal:
        return _check_leaf(value, type(arguments[0]), rules._replace(choices=arguments))
    kind = origin or annotation
    if kind in (list, tuple):
        return _check_sequence(value, kind, arguments, rules)
    if kind is dict:
        return _check_dict(value, arguments, rules)
    return _check_leaf(value, types.NoneType if kind is None else kind, rules)


def _within(step: Any, fault: ValueFault) -> ValueFault:
    return fault._replace(place=(step, *fault.place))


def _show(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"the text {text}" if isinstance(value, str) else text


def _convert(value: Any, kind: type) -> tuple[bool, Any]:
    """Tell whether a scalar is of a kind, and return it as that kind; numpy scalars count as Python ones."""
    if kind is bool or isinstance(value, bool):
        return isinstance(value, bool) and kind is bool, value
    if kind is int and isinstance(value, numbers.Integral):
        return True, int(value)
    if kind is float and isinstance(value, numbers.Real):
        return value == value, float(value)
    return isinstance(value, kind), value


def _check_leaf(value: Any, kind: type, rules: Rules) -> tuple[Any, list[ValueFault]]:
    good, value = _convert(value, kind)
    if not good:
        wanted = _NAMES.get(kind, f"of type {kind.__name__}")
        allowed = describe_rules(rules)
        return value, [
            ValueFault((), f"{_show(value)} is not {wanted}" + (f" (allowed: {allowed})" if allowed else ""))
        ]
    if rules.choices is not None and value is not None and value not in rules.choices:
        hint = did_you_mean(value, [str(choice) for choice in rules.choices]) if isinstance(value, str) else ""
        return value, [
            ValueFault((), f"{_show(value)} is not allowed (allowed: {describe_rules(rules)}).{hint}".rstrip("."))
        ]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        inside = (rules.low is None or value >= rules.low) and (rules.high is None or value <= rules.high)
        if not inside:
            return value, [ValueFault((), f"{value} is out of range (allowed: {describe_rules(rules)})")]
    return value, []


def _check_union(value: Any, members: Sequence[Any], annotation: Any, rules: Rules) -> tuple[Any, list[ValueFault]]:
    nearest: list[ValueFault] = []
    for member in members:
        converted, faults = check_value(value, member, rules)
        if not faults:
            return converted, []
        # The member that the value was meant for: a fault deeper inside it, or a bound, says more than the type.
        right_kind = any(fault.place for fault in faults) or not check_value(value, member)[1]
        if right_kind and not nearest:
            nearest = faults
    if nearest:
        return value, nearest
    allowed = describe_rules(rules)
    wanted = describe_type(annotation) + (f", {allowed}" if allowed else "")
    hint = f" Write [{value}]" if _is_item(value, annotation) else ""
    return value, [ValueFault((), f"{_show(value)} is of the wrong type (allowed: {wanted}).{hint}".rstrip("."))]


def _is_item(value: Any, annotation: Any) -> bool:
    """Tell whether a scalar would be right as a list of itself."""
    return isinstance(value, (str, int, float)) and not check_value([value], annotation)[1]


def _check_sequence(value: Any, kind: type, arguments: Sequence[Any], rules: Rules) -> tuple[Any, list[ValueFault]]:
    if not isinstance(value, (list, tuple)):
        hint = (
            f" Write [{value}]"
            if _is_item(value, types.GenericAlias(kind, tuple(arguments)) if arguments else kind)
            else ""
        )
        return value, [ValueFault((), f"{_show(value)} is not a list.{hint}".rstrip("."))]
    if kind is list or (len(arguments) == 2 and arguments[1] is Ellipsis):
        inner: Sequence[Any] = [arguments[0] if arguments else Any] * len(value)
    else:
        inner = arguments or [Any] * len(value)
    if len(inner) != len(value):
        return value, [ValueFault((), f"{_show(value)} has {len(value)} items (allowed: {len(inner)})")]
    items, faults = [], []
    for index, (item, annotation) in enumerate(zip(value, inner, strict=True)):
        converted, found = check_value(item, annotation, rules)
        items.append(converted)
        faults += [_within(index, fault) for fault in found]
    return (tuple(items) if kind is tuple else items), faults


def _check_dict(value: Any, arguments: Sequence[Any], rules: Rules) -> tuple[Any, list[ValueFault]]:
    if not isinstance(value, Mapping):
        return value, [ValueFault((), f"{_show(value)} is not a mapping")]
    key_type, value_type = arguments or (Any, Any)
    result: dict[Any, Any] = {}
    faults = []
    for key, item in value.items():
        good_key, found = check_value(key, key_type)
        faults += [ValueFault((key,), f"key: {fault.message}", at_key=True) for fault in found]
        result[good_key], found = check_value(item, value_type, rules)
        faults += [_within(key, fault) for fault in found]
    return result, faults


def rules_of(field: dataclasses.Field[Any]) -> Rules:
    """Return the rules that ``pxdbkg.config.parameter`` stored with a field."""
    data = field.metadata
    return Rules(data.get("low"), data.get("high"), data.get("choices"), data.get("unit", ""))


def build_config(cls: type, given: Any) -> tuple[Any, list[ValueFault]]:
    """Make a parameter dataclass from a mapping; return it and every fault.

    With faults, the faulty values are replaced by their defaults so that later checks can go on; the first result is
    None where that is impossible, because a required value is missing or wrong.
    """
    if isinstance(given, cls):
        return given, []
    if not isinstance(given, Mapping):
        return None, [ValueFault((), f"{_show(given)} is not a mapping")]
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    values: dict[str, Any] = {}
    faults: list[ValueFault] = []
    for name, value in given.items():
        if name not in fields:
            known = f"known: {', '.join(fields)}" if fields else "there are none"
            faults.append(
                ValueFault(
                    (name,), f"unknown parameter ({known}).{did_you_mean(str(name), fields)}".rstrip("."), at_key=True
                )
            )
            continue
        converted, found = check_value(value, hints[name], rules_of(fields[name]))
        faults += [_within(name, fault) for fault in found]
        if not found:
            values[name] = converted
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in given:
            doc = field.metadata.get("doc", "")
            faults.append(ValueFault((name,), f"required, but not given ({describe_type(hints[name])}: {doc})"))
    make: Callable[..., Any] = cls
    try:
        return make(**values), faults
    except TypeError:
        if not faults:
            raise
        return None, faults
