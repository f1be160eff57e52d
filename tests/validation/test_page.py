import pytest

from pxdbkg.errors import BadInput
from pxdbkg.validation.page import encoded, escape, fill, script_json


def test_text_becomes_harmless() -> None:
    assert escape("a < b & 'c'\u202e") == "a &lt; b &amp; &#x27;c&#x27;\\u202e"
    assert "<" not in script_json({"a": "<!--<script>", "b": ["</script>"]})


def test_every_part_of_a_page_is_given() -> None:
    with pytest.raises(KeyError):
        fill("event.html", title="only this")


def test_names_that_are_not_unicode() -> None:
    assert escape("\udcff") == "\\udcff"
    with pytest.raises(BadInput, match="page: text is not Unicode"):
        encoded("\udcff")
