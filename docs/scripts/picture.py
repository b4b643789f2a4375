"""Draw the recorded terminal session as SVG, for light and for dark pages.

`python -m docs.scripts.picture` reads docs/pictures/run.cast and writes run-light.svg and
run-dark.svg beside it: what the terminal showed in the end, in the reader's own monospace font.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyte

PICTURES = Path(__file__).parents[1] / "pictures"
TITLE = "A model orders books by an API, and a person agrees to the order"
ANSWER = "The order with ID"  # the last line that is drawn: what it took depends on the machine
CHARACTER, LINE, MARGIN, BAR = 8.4, 20, 18, 34


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    name: str
    page: str
    bar: str
    text: str
    faint: str
    accent: str
    border: str


LIGHT = Theme("light", "#ffffff", "#f3f4f6", "#1f2328", "#6b7280", "#0b6e4f", "#d0d7de")
DARK = Theme("dark", "#0d1117", "#161b22", "#e6edf3", "#8b949e", "#56d39b", "#30363d")


def screen_lines(cast: Path) -> list[list[Any]]:
    """Return the lines of the last screen, each a list of pyte's characters."""
    header, *events = map(json.loads, cast.read_text("utf-8").splitlines())
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for _, _, text in events:
        stream.feed(text.replace("\x1b[2m", "\x1b[90m"))  # pyte knows no faint text
    rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
    answers = [y for y, text in enumerate(screen.display) if text.startswith(ANSWER)]
    return rows[: answers[0] + 1]


def draw(rows: list[list[Any]], theme: Theme) -> str:
    """Return the picture of a screen."""
    width = round(2 * MARGIN + CHARACTER * len(rows[0]))
    height = BAR + MARGIN + LINE * len(rows) + MARGIN // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{TITLE}">',
        f"<title>{TITLE}</title>",
        "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',"
        "'Liberation Mono',monospace;white-space:pre}</style>",
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9"'
        f' fill="{theme.page}" stroke="{theme.border}"/>',
        f'<path d="M1 {BAR}V10a9 9 0 0 1 9-9H{width - 10}a9 9 0 0 1 9 9V{BAR}Z"'
        f' fill="{theme.bar}"/>',
    ]
    for x, colour in zip((20, 38, 56), ("#ff5f57", "#febc2e", "#28c840"), strict=True):
        parts.append(f'<circle cx="{x}" cy="{BAR // 2}" r="5.5" fill="{colour}"/>')
    for number, row in enumerate(rows):
        parts += _line(row, BAR + MARGIN + LINE * number + 10, theme)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(row: list[Any], y: int, theme: Theme) -> list[str]:
    text = "".join(character.data for character in row)
    typed = text.startswith(("$ ", '"')) or text.strip() == "y"
    strong = text.startswith(ANSWER)
    runs = []
    for style, cells in groupby(
        enumerate(row), key=lambda cell: _style(cell[1], theme, typed or strong)
    ):
        found = list(cells)
        part = "".join(character.data for _, character in found)
        if not part.strip():
            continue
        lead = len(part) - len(part.lstrip())
        x = MARGIN + CHARACTER * (found[0][0] + lead)
        part = part.strip()
        runs.append(
            f'<text x="{x:.1f}" y="{y}" textLength="{CHARACTER * len(part):.1f}"{style}>'
            f"{escape(part)}</text>"
        )
    return runs


def _style(character: Any, theme: Theme, strong: bool) -> str:  # noqa: FBT001 -- one of two looks
    if strong:
        return f' fill="{theme.accent}" font-weight="600"'
    if _is_faint(character):
        return f' fill="{theme.faint}"'
    return f' fill="{theme.text}"' + (' font-weight="600"' if character.bold else "")


def _is_faint(character: Any) -> bool:
    return character.fg in {"brightblack", "808080"}


def pictures() -> dict[Path, str]:
    """Return the text of each file that this script writes."""
    rows = screen_lines(PICTURES / "run.cast")
    return {PICTURES / f"run-{theme.name}.svg": draw(rows, theme) for theme in (LIGHT, DARK)}


if __name__ == "__main__":
    for path, text in pictures().items():
        path.write_text(text, encoding="utf-8")
