"""Self-contained HTML pages: nothing is loaded from elsewhere, and text from files stays text."""

from __future__ import annotations

import base64
import html
import json
from importlib.resources import files
from string import Template
from typing import Any

from pxdbkg.errors import BadInput


def asset(name: str) -> str:
    """Return a text that comes with the package: a style sheet, a script, or the skeleton of a page."""
    return files("pxdbkg.validation").joinpath("pages", name).read_text(encoding="utf-8")


def fill(skeleton: str, **parts: str) -> str:
    """Return a page: the skeleton with each ``$name`` replaced by a part, which is HTML already."""
    return Template(asset(skeleton)).substitute(parts)


def escape(text: object) -> str:
    """Return any text as HTML that shows it, and does nothing else; control characters become visible.

    >>> escape('<b>"x"</b>')
    '&lt;b&gt;&quot;x&quot;&lt;/b&gt;'
    """
    shown = "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in str(text))
    return html.escape(shown, quote=True)


def script_json(value: Any) -> str:
    """Return a value as JSON that may stand inside of a script element, whatever text it holds.

    >>> "<" in script_json({"name": "</script>"})
    False
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")  # no end of the element, and no comment


def base64_text(content: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(content).decode("ascii")


def encoded(page: str) -> bytes:
    """Return a page as bytes; BadInput for text that is not Unicode, as a name of a file may be."""
    try:
        return page.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(f"page: text is not Unicode ({error.reason}). Rename the file") from None
