"""Tables on standard output, as wide as the terminal and without a name that is broken in two.

Sentences are wrapped between words. Where not even the longest names fit beside each other, each
row becomes a paragraph.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

_WIDTH_WITHOUT_TERMINAL: Final = 240
_PAGE_WIDTH: Final = 80
_LEAST_PAGE_WIDTH: Final = 40
_GAP: Final = 2
_INDENT: Final = "  "
_LEAST_SENTENCE_WIDTH: Final = 20


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `is_name` keeps a cell on one line, where others are wrapped between words.
    """

    heading: str
    is_name: bool = False
    is_number: bool = False

    def wanted_width(self, cells: Sequence[str]) -> int:
        """Return the width at which nothing is wrapped."""
        return _widest([self.heading, *cells])

    def least_width(self, cells: Sequence[str]) -> int:
        """Return how narrow the column can be."""
        wanted = self.wanted_width(cells)
        if self.is_name or self.is_number:
            return wanted
        return max(_widest(" ".join(cells).split()), min(wanted, _LEAST_SENTENCE_WIDTH))

    def in_paragraph(self, cell: str) -> str:
        """Return a cell as part of a paragraph: a name needs no heading."""
        return cell if self.is_name else f"{self.heading}: {cell}"


def show_table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] = ()
) -> None:
    """Print a table; `total` is a last row below a line.

    What a document says in a cell cannot command the terminal.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    last = [[printable(cell) for cell in total]] if total else []
    console = _console()
    widths = _fitting_widths(columns, [*shown, *last], console.width)
    if widths is None:
        for line in _paragraphs(columns, [*shown, *last], console.width):
            console.print(line, soft_wrap=True, markup=False)
    else:
        _print_table(console, columns, widths, shown, last)


def print_text(text: str) -> None:
    """Print a sentence above or below a table, wrapped between words."""
    console = _console()
    for line in _wrapped(printable(text), console.width) or [""]:
        console.print(line, soft_wrap=True, markup=False)


def print_lines(lines: Iterable[tuple[str, bool]]) -> None:
    """Print lines as they are; those that are headings in bold, on a terminal."""
    console = _console()
    for text, is_heading in lines:
        console.print(text, soft_wrap=True, markup=False, style="bold" if is_heading else None)


def definition_lines(
    rows: Sequence[tuple[str, str]], width: int, *, max_name_chars: int
) -> Iterator[tuple[str, bool]]:
    """Yield lines with names on the left and what they mean beside them, none as a heading.

    A longer name has a line of its own. What a document says cannot command the terminal.
    """
    names = [len(name) for name, _ in rows if len(name) <= max_name_chars]
    indent = max(names, default=0) + 2 * _GAP
    for name, text in rows:
        lines = wrap(printable(text), max(width - indent, _LEAST_SENTENCE_WIDTH))
        left = f"{_INDENT}{printable(name)}"
        if len(left) + _GAP > indent or not lines:
            yield left, False
            left = ""
        for index, line in enumerate(lines):
            yield f"{'' if index else left:<{indent}}{line}", False


def page_width() -> int:
    """Return how wide text for a person is: as the terminal, or as `COLUMNS` says, or 80."""
    return max(get_terminal_size((_PAGE_WIDTH, 24)).columns, _LEAST_PAGE_WIDTH)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 -- only commands that show something pay for rich

    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(highlight=False, width=width)


def _widest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 -- see _console

    return max((cell_len(line) for text in texts for line in text.splitlines()), default=0)


def _fitting_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int
) -> list[int] | None:
    """Return a width for every column, or None where no name may be broken and they do not fit."""
    cells = [[row[index] for row in rows if index < len(row)] for index in range(len(columns))]
    wanted = [column.wanted_width(cells[i]) for i, column in enumerate(columns)]
    widths = [column.least_width(cells[i]) for i, column in enumerate(columns)]
    spare = width - sum(widths) - _GAP * (len(columns) - 1)
    if spare < 0:
        return None
    by_need = sorted(range(len(columns)), key=lambda index: wanted[index] - widths[index])
    for position, index in enumerate(by_need):
        fair_share = spare // (len(columns) - position)
        given = min(wanted[index] - widths[index], fair_share)
        widths[index] += given
        spare -= given
    return widths


def _print_table(
    console: Console,
    columns: Sequence[Column],
    widths: Sequence[int],
    rows: Sequence[Sequence[str]],
    last: Sequence[Sequence[str]],
) -> None:
    from rich.table import Table  # noqa: PLC0415 -- see _console
    from rich.text import Text  # noqa: PLC0415 -- likewise

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            column.heading, width=width, justify="right" if column.is_number else "left"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    for row in last:
        table.add_section()
        table.add_row(*map(Text, row))
    console.print(table)


def _paragraphs(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int
) -> Iterable[str]:
    """Yield the lines of one paragraph a row: its first cell, and the others below it."""
    for row in rows:
        yield row[0]
        pairs = zip(columns[1:], row[1:], strict=False)
        others = [column.in_paragraph(cell) for column, cell in pairs if cell]
        yield from _wrapped("; ".join(others), width, _INDENT)


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=2 * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
