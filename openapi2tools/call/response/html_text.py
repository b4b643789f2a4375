"""The words of an HTML page, without its markup."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from typing import Final

MAX_PAGE_CHARS: Final = 500_000
"""Characters of a page that are read: a parser takes seconds for a page of `<` alone."""


def html_to_text(page: str) -> str:
    """Return the words that the first `MAX_PAGE_CHARS` of a page show, with one space between."""
    parser = _WordCollector()
    parser.feed(page[:MAX_PAGE_CHARS])
    # What the parser holds back, for a tag that did not end. Its `close` would read that text once
    # for each character of it.
    parser.handle_data(unescape(parser.rawdata))
    return " ".join(parser.words)


class _WordCollector(HTMLParser):
    """Collects the words of a page, but for scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._open_invisible_tags = 0

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag in ("script", "style"):
            self._open_invisible_tags += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._open_invisible_tags -= 1

    def handle_data(self, data: str) -> None:
        if self._open_invisible_tags <= 0:
            self.words += data.split()

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001 -- as it is inherited
        """Take `<![` for a comment, as browsers do: older Pythons give up on it."""
        return self.parse_bogus_comment(i)
