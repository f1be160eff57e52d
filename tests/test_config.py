"""YAML files: plain values, and where each of them stands."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pxdbkg.config import Position, dump_yaml, parse_yaml, read_yaml, show_value
from pxdbkg.errors import FileError

TEXT = """\
seed: 42
events: {first: 1, count: 100}
path:
  - module: SignalHits
    files: [a.npz,
            b.npz]
"""


def test_values_have_positions() -> None:
    document = parse_yaml(TEXT, "a.yaml")
    assert document.value["events"] == {"first": 1, "count": 100}
    assert str(document.locate(("events", "count"))) == "a.yaml:2:27"
    assert str(document.locate(("events", "count"), key=True)) == "a.yaml:2:20"
    assert str(document.locate(("path", 0, "files", 1))) == "a.yaml:6:13"
    assert str(document.locate(("path", 0, "missing", 3))) == "a.yaml:4:5"
    assert str(document.locate(())) == "a.yaml:1:1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1.", 1.0),
        (".5", 0.5),
        ("+3", 3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-.inf", float("-inf")),
        ("true", True),
        ("yes", "yes"),
        ("off", "off"),
        ("1:30", "1:30"),
        ("1.1.1", "1.1.1"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("~", None),
        ("", None),
        ("'42'", "42"),
        ("!!str 42", "42"),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
        ("{1: a}", {1: "a"}),
        ("[&x {a: 1}, *x]", [{"a": 1}, {"a": 1}]),
    ],
)
def test_plain_values(text: str, value: object) -> None:
    document = parse_yaml(text, "a.yaml")
    assert document.value == value
    assert type(document.value) is type(value)
    assert document.faults == []


def test_nan_is_read() -> None:
    assert str(parse_yaml(".NaN", "a").value) == "nan"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key 'a' stands here a second time (first: line 1). Remove one"),
        ("a: {b: 1, b: 2}", "a.yaml:1:11: the key 'b' stands here a second time (first: line 1). Remove one"),
        ("a: !!python/object/apply:os.system [ls]", "a.yaml:1:4: the tag 'python/object/apply:os.system'"),
        ("a: !!timestamp 2024-01-01", "a.yaml:1:4: the tag 'timestamp' (allowed: plain values). Remove it"),
        ("a: !!int x", "a.yaml:1:4: the tag 'int'"),
        ("? [a]\n: 1", "a.yaml:1:3: a key that is not a plain text or number"),
        ("&a [*a]", "an alias that leads to itself"),
    ],
)
def test_faults_of_a_document(text: str, fault: str) -> None:
    (found,) = parse_yaml(text, "a.yaml").faults
    assert fault in str(found)


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "very many values" in str(parse_yaml("\n".join(lines), "a.yaml").faults[0])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: [1", "a.yaml:1:6"),
        ("a: b: c", "a.yaml:1:5"),
        ("a:\n\t- b", "a.yaml:2:1"),
        ("a: 1\n---\nb: 2", "a.yaml:2:1"),
    ],
)
def test_what_is_not_yaml(text: str, where: str) -> None:
    with pytest.raises(FileError, match=f"^{where}: not YAML: [^\n]*$"):
        parse_yaml(text, "a.yaml")


@given(st.text(max_size=40))
def test_any_text_is_a_document_or_an_error_on_one_line(text: str) -> None:
    message = ""
    try:
        parse_yaml(text, "a.yaml")
    except FileError as error:
        message = str(error)
    assert "\n" not in message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"missing.yaml: cannot be read \(No such file or directory\). Check the name"):
        read_yaml(str(tmp_path / "missing.yaml"))
    with pytest.raises(FileError, match="Is a directory"):
        read_yaml(str(tmp_path))
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04\xff")
    with pytest.raises(FileError, match=r"not a text file in UTF-8 \(byte 4\)"):
        read_yaml(str(tmp_path / "a.npz"))


def test_settings_change_values_and_positions() -> None:
    document = parse_yaml(TEXT, "a.yaml")
    document.set(("path", 0, "files"), "[c.npz]", "--set x")
    document.set(("events", "skip", "deep"), "3", "--set y")
    assert document.value["path"][0]["files"] == ["c.npz"]
    assert document.value["events"]["skip"] == {"deep": 3}
    assert document.locate(("path", 0, "files", 0)) == Position("--set x")
    assert str(document.locate(("events", "skip", "deep"), key=True)) == "--set y"
    empty = parse_yaml("", "a.yaml")
    empty.set(("seed",), "1", "--set z")
    assert empty.value == {"seed": 1}


@pytest.mark.parametrize(
    ("place", "text", "message"),
    [
        (("seed", "deep"), "1", "--set x: nothing to set at 'deep', which would be inside the value 42"),
        (("path", 4, "a"), "1", "--set x: nothing to set at '4', which would be inside a list of 1"),
        (("seed",), "[1", "--set x: not YAML"),
    ],
)
def test_settings_that_lead_nowhere(place: tuple[str | int, ...], text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        parse_yaml(TEXT, "a.yaml").set(place, text, "--set x")


TEXTS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(PLAIN)
@example("1e5")
@example("010")
@example("yes")
@example(["\x85", "\u00fc"])
def test_what_is_written_is_read_again(value: object) -> None:
    assert parse_yaml(dump_yaml({"value": value}), "a.yaml").value == {"value": value}
    assert "\n" not in show_value(value)
