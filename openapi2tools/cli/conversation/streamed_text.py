"""A text that arrives in pieces: what of it is finished can be shown for good."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


class StreamedText:
    """Takes a text piece by piece, and gives back its finished parts.

    These are lines, or of Markdown whole blocks: a paragraph, a list, a table, a piece of code.
    """

    def __init__(self, *, is_markdown: bool) -> None:
        self._is_markdown = is_markdown
        self._rest = ""

    def add(self, piece: str) -> Iterator[RenderableType]:
        """Take a piece, and yield what is finished with it."""
        self._rest += piece
        end = self._end_of_finished()
        finished, self._rest = self._rest[:end], self._rest[end:]
        if finished:
            yield self._shown(finished)

    def end(self) -> Iterator[RenderableType]:
        """Yield what is left."""
        rest, self._rest = self._rest, ""
        if rest.strip():
            yield self._shown(rest)

    def unfinished(self) -> Iterator[RenderableType]:
        """Yield what there is so far of the part that is not finished."""
        if self._rest.strip():
            yield self._shown(self._rest)

    def _end_of_finished(self) -> int:
        if not self._is_markdown:
            return self._rest.rfind("\n") + 1
        end = self._rest.rfind("\n\n") + 2
        while end > 1 and _is_in_code(self._rest[:end]):
            end = self._rest.rfind("\n\n", 0, end - 2) + 2
        return end if end > 1 else 0

    def _shown(self, text: str) -> RenderableType:
        text = printable(text)
        if not self._is_markdown:
            from rich.text import Text  # noqa: PLC0415 -- only a terminal needs it

            return Text(text.removesuffix("\n"))
        from rich.markdown import Markdown  # noqa: PLC0415 -- likewise

        return Markdown(text)


def _is_in_code(text: str) -> bool:
    """Return whether a text ends within a piece of fenced code."""
    opened = ""
    for match in _FENCE.finditer(text):
        fence = match[1]
        if not opened:
            opened = fence
        elif fence.startswith(opened):
            opened = ""
    return bool(opened)
