"""Parameters as frozen dataclasses, and YAML files whose faults are reported as file:line:column."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from pxdbkg.errors import FileError, unreadable
from pxdbkg.values import Place

REQUIRED: Any = dataclasses.MISSING


def parameter(
    default: Any = REQUIRED,
    *,
    doc: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] | None = None,
    in_digest: bool = True,
) -> Any:
    """Declare one parameter of a ``Config`` dataclass.

    Parameters
    ----------
    default : value when none is given; without it the parameter is required. Lists and dicts are copied.
    doc : one line that help, errors and documentation show
    unit : of the value, for example ``ADU``
    low, high : inclusive bounds of a number (of each number, in a list)
    choices : the allowed values
    in_digest : False for what does not change the data, such as the name of an output file; left out of the digest of
        a steering file
    """
    metadata = {"doc": doc, "unit": unit, "low": low, "high": high, "choices": choices, "in_digest": in_digest}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


class Position(NamedTuple):
    """Where a value comes from: a place in a file, or an option of the command line (line 0)."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Fault(NamedTuple):
    """One fault of a configuration: position in a file, if there is one, name of the faulty thing, and message."""

    position: Position | None
    where: str
    message: str

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.position, self.where, self.message) if part)


class Document:
    """A YAML file as plain values, and where each of them stands.

    Attributes
    ----------
    source : name of the file
    value : mappings, lists, texts, numbers, true, false and null
    faults : keys that stand twice, tags that are not plain values
    """

    def __init__(self, source: str, value: Any = None) -> None:
        self.source = source
        self.value = value
        self.faults: list[Fault] = []
        self._values: dict[Place, Position] = {}
        self._keys: dict[Place, Position] = {}

    def locate(self, place: Place, *, key: bool = False) -> Position:
        """Return the position of a value, or of its key, or of what it would stand in where it is not there."""
        if key and place in self._keys:
            return self._keys[place]
        while place and place not in self._values:
            place = place[:-1]
        return self._values.get(place, Position(self.source, 1, 1))

    def set(self, place: Place, text: str, option: str) -> None:
        """Set a value given on the command line as YAML text; ``option`` is named in faults.

        Raises FileError when the text is not YAML or the place cannot exist, because a list or scalar is in its way.
        """
        given = parse_yaml(text, option, is_file=False)
        if self.value is None:
            self.value = {}
        home = self.value
        for depth, step in enumerate(place):
            if isinstance(home, list) and isinstance(step, str) and step.isdecimal():
                step = int(step)  # the position of an item
                place = (*place[:depth], step, *place[depth + 1 :])
            if depth == len(place) - 1:
                break
            if isinstance(home, dict) and home.get(step) is None:
                home[step] = {}
                self._values[place[: depth + 1]] = Position(option)
            home = _enter(home, step, option)
        _enter(home, place[-1], option, new=True)
        home[place[-1]] = given.value
        self.faults += [Fault(Position(option), "", fault.message) for fault in given.faults]
        size = len(place)
        for marks in (self._values, self._keys):
            for old in [old for old in marks if old[:size] == place]:
                del marks[old]
        self._values[place] = self._keys[place] = Position(option)

    def _add(self, node: yaml.Node, place: Place, inside: tuple[yaml.Node, ...]) -> Any:
        """Return the plain value of a node and remember where it stands."""
        position = _position(self.source, node.start_mark)
        self._values[place] = position
        if node in inside or len(self._values) > _MOST_VALUES:
            self.faults.append(Fault(position, "", "an alias that leads to itself or to very many values"))
            return None
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            mapping: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = _scalar(key_node)
                spot = _position(self.source, key_node.start_mark)
                if key is _NO_SCALAR:
                    self.faults.append(Fault(spot, "", "a key that is not a plain text or number"))
                elif key in mapping:
                    first = self._keys[(*place, key)].line
                    self.faults.append(
                        Fault(spot, "", f"the key '{key}' stands here a second time (first: line {first}). Remove one")
                    )
                else:
                    self._keys[(*place, key)] = spot
                    mapping[key] = self._add(value_node, (*place, key), (*inside, node))
            return mapping
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._add(item, (*place, index), (*inside, node)) for index, item in enumerate(node.value)]
        value = _scalar(node)
        if value is _NO_SCALAR:
            tag = node.tag.removeprefix(_TAG)
            self.faults.append(Fault(position, "", f"the tag '{tag}' (allowed: plain values). Remove it"))
            return None
        return value


_TAG = "tag:yaml.org,2002:"
_MOST_VALUES = 100_000
_NO_SCALAR: Any = object()


class _Loader(yaml.SafeLoader):
    """SafeLoader with the numbers of YAML 1.2: 1e-4 is a number, while 010, 1:30, yes and dates are not special."""


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes a text which ``_Loader`` would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True  # a list that stands at two places is written twice


_Loader.yaml_implicit_resolvers = {}
for _name, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first))
_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


def _scalar(node: yaml.Node) -> Any:
    """Return the value of a scalar node, _NO_SCALAR for anything else."""
    if not isinstance(node, yaml.ScalarNode):
        return _NO_SCALAR
    text, kind = str(node.value), node.tag.removeprefix(_TAG)
    try:
        if kind == "int":
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
        if kind == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return _NO_SCALAR
    return {"str": text, "bool": text.lower() == "true", "null": None}.get(kind, _NO_SCALAR)


def _position(source: str, mark: yaml.Mark) -> Position:
    return Position(source, mark.line + 1, mark.column + 1)


def _enter(home: Any, step: str | int, option: str, *, new: bool = False) -> Any:
    """Return one item of a mapping or list; FileError when it has none. With ``new``, a mapping may get it."""
    if isinstance(home, dict) and (new or step in home):
        return home.get(step)
    if isinstance(home, list) and isinstance(step, int) and 0 <= step < len(home):
        return home[step]
    size = f"a list of {len(home)}" if isinstance(home, list) else f"the value {home!r}"
    raise FileError(f"{option}: nothing to set at '{step}', which would be inside {size}")


def parse_yaml(text: str, source: str, *, is_file: bool = True) -> Document:
    """Return YAML text as a document; FileError, with line and column of a file, when it is not YAML."""
    document = Document(source)
    try:
        node = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        where = str(_position(source, mark)) if mark and is_file else source
        raise FileError(f"{where}: not YAML: {problem}. Mind indentation, colons and brackets") from None
    except RecursionError:
        raise FileError(f"{source}: not YAML: nested too deeply") from None
    if node is not None:
        document.value = document._add(node, (), ())
    return document


def read_yaml(path: str) -> Document:
    """Return a YAML file as a document; FileError when it cannot be read or is not YAML."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise FileError(unreadable(path, error)) from None
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: not a text file in UTF-8 (byte {error.start}). Give a YAML file") from None
    return parse_yaml(text, path)


def dump_yaml(value: Any) -> str:
    """Return plain values as YAML text, in the order given; short lists stay on one line.

    >>> print(dump_yaml({"seed": 42, "sensors": ["1.1.1"]}), end="")
    seed: 42
    sensors: [1.1.1]
    """
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=120))


def show_value(value: Any) -> str:
    """Return a plain value as YAML on one line.

    >>> show_value([1, None, "a"])
    '[1, null, a]'
    """
    text = str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=True, width=10**6))
    return text.strip().removesuffix("...").strip()
