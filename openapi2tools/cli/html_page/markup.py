"""Write HTML in which nothing that a document says is more than text."""

from __future__ import annotations

from html import escape

from openapi2tools.cli.console import printable


class Markup(str):
    """HTML; every other text is escaped where it becomes a part of some."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str | None) -> Markup:
    """Return an element with its content, and with the attributes that are not None.

    An underscore at the end of an attribute's name is left out (`class_`), others become hyphens.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{joined(*content)}</{name}>")


def joined(*parts: str) -> Markup:
    """Return parts as one: HTML as it is, text escaped."""
    return Markup("".join(part if isinstance(part, Markup) else _escaped(part) for part in parts))


def _escaped(text: str) -> str:
    """Return text as HTML; characters that nobody sees, or that turn a line, are replaced."""
    return escape(printable(text), quote=True)
