"""Draw a graph in columns, from what leads to what: an SVG of boxes and the lines between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.html_page.markup import Markup, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_BOX_HEIGHT: Final = 26
_ROW: Final = 36
_GAP: Final = 84
_CHAR_WIDTH: Final = 7.3
_MARGIN: Final = 8
_MAX_LABEL_CHARS: Final = 34


@dataclass(frozen=True, slots=True)
class Node:
    """A box: what it says, its CSS class, and where it leads."""

    key: str
    label: str
    kind: str
    href: str | None = None

    @property
    def short(self) -> str:
        """The label, cut in its middle where it is too long."""
        if len(self.label) <= _MAX_LABEL_CHARS:
            return self.label
        half = _MAX_LABEL_CHARS // 2
        return f"{self.label[: half - 1]}…{self.label[-half:]}"


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    x: float
    y: float
    width: float


def draw(nodes: Sequence[Node], edges: Iterable[tuple[str, str]], title: str) -> Markup:
    """Return the graph as SVG; an edge is the keys of two nodes, and circles are cut open."""
    keys = {node.key for node in nodes}
    kept = [(a, b) for a, b in dict.fromkeys(edges) if a in keys and b in keys and a != b]
    boxes = _place(nodes, _columns([node.key for node in nodes], kept), kept)
    width = max(box.x + box.width for box in boxes.values()) + _MARGIN
    height = max(box.y for box in boxes.values()) + _BOX_HEIGHT + _MARGIN
    lines = [_line(boxes[a], boxes[b]) for a, b in kept]
    return element(
        "svg",
        element("title", title),
        *lines,
        *map(_box, boxes.values()),
        class_="graph",
        role="img",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
    )


def _columns(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each node: one behind the last of those that lead to it."""
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    columns: dict[str, int] = {}
    for key in _sources_first(keys, before):
        columns[key] = 1 + max((columns.get(source, -1) for source in before[key]), default=-1)
    for key in keys:  # where nothing leads to it, it stands beside what it leads to
        if not before[key] and after[key]:
            columns[key] = max(min(columns[target] for target in after[key]) - 1, 0)
    return columns


def _sources_first(keys: Sequence[str], before: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each node after those that lead to it; where they lead in a circle, after some."""
    placed: set[str] = set()
    for start in keys:
        waiting = [start]
        under_way: set[str] = set()
        while waiting:
            key = waiting[-1]
            under_way.add(key)
            source = next((a for a in before[key] if a not in placed | under_way), None)
            if source is not None:
                waiting.append(source)
                continue
            waiting.pop()
            if key not in placed:
                placed.add(key)
                yield key


def _place(
    nodes: Sequence[Node], columns: Mapping[str, int], edges: Sequence[tuple[str, str]]
) -> dict[str, _Box]:
    """Give every node its place: in its column, near to what leads to it."""
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        before[target].append(source)
    boxes: dict[str, _Box] = {}
    x = float(_MARGIN)
    for column in range(max(columns.values()) + 1):
        members = [node for node in nodes if columns[node.key] == column]
        height = {
            node.key: _mean([boxes[key].y for key in before[node.key] if key in boxes])
            for node in members
        }
        members.sort(key=lambda node: height[node.key])
        width = max(len(node.short) for node in members) * _CHAR_WIDTH + 20
        for row, node in enumerate(members):
            boxes[node.key] = _Box(node, x, _MARGIN + row * _ROW, width)
        x += width + _GAP
    return boxes


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _line(start: _Box, end: _Box) -> Markup:
    x1, y1 = start.x + start.width, start.y + _BOX_HEIGHT / 2
    x2, y2 = end.x, end.y + _BOX_HEIGHT / 2
    bend = max((x2 - x1) / 2, _GAP / 2)
    path = (
        f"M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} {x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
    )
    return element("path", d=path)


def _box(box: _Box) -> Markup:
    node = box.node
    drawn = joined(
        element("title", node.label),
        element(
            "rect",
            x=f"{box.x:.0f}",
            y=f"{box.y:.0f}",
            width=f"{box.width:.0f}",
            height=str(_BOX_HEIGHT),
            rx="13" if node.kind == "id" else "4",
        ),
        element(
            "text",
            node.short,
            x=f"{box.x + box.width / 2:.0f}",
            y=f"{box.y + _BOX_HEIGHT / 2 + 4:.0f}",
        ),
    )
    if node.href is not None:
        drawn = element("a", drawn, href=node.href)
    return element("g", drawn, class_=f"node {node.kind}")
