"""How operations feed each other's ids: a graph, and every id with who gives and who takes it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import counted
from openapi2tools.cli.html_page.drawing import Node, draw
from openapi2tools.cli.html_page.markup import Markup, element, joined
from openapi2tools.tools.id_flow import id_flows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi2tools.model import Toolset
    from openapi2tools.tools.id_flow import IdFlow

_MAX_OPERATIONS: Final = 40
"""With more of them, the graph is of the ids alone."""
_MAX_IDS: Final = 30
_MAX_NAMES: Final = 12


def ids_section(tools: Toolset) -> Markup:
    """Return the section; empty for an API that needs no ids."""
    flows = id_flows(tools.values())
    if not flows:
        return Markup()
    named = {name for flow in flows for name in (*flow.givers, *flow.takers)}
    is_small = len(named) <= _MAX_OPERATIONS
    graph = _graph_of_operations(flows, tools) if is_small else _graph_of_ids(flows, tools)
    about = "Which operations give the ids that others need."
    if not is_small:
        about = (
            f"Which ids lead to others: of {counted(len(flows), 'id')} the "
            f"{min(len(flows), _MAX_IDS)} that most operations need."
        )
    rows = element("div", *(_row(flow) for flow in flows), class_="flows")
    return element(
        "section",
        element("h2", "Ids"),
        element("p", about, class_="about"),
        element("div", graph, class_="scroll"),
        element("details", element("summary", f"Every id ({len(flows):,})"), rows, class_="ids"),
        id="ids",
    )


def anchor(name: str) -> str:
    """Return the name of a tool's place on the page."""
    return f"tool-{name}"


def _graph_of_operations(flows: Sequence[IdFlow], tools: Toolset) -> Markup:
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    for number, flow in enumerate(flows):
        nodes[f"id {number}"] = Node(f"id {number}", flow.name, "id", f"#{_anchor(flow)}")
        for name in (*flow.givers, *flow.takers):
            nodes[name] = Node(name, name, tools[name].effect.value, f"#{anchor(name)}")
        edges += [(name, f"id {number}") for name in flow.givers]
        # What both gives and takes an id, such as an update, only takes it here.
        edges += [(f"id {number}", name) for name in flow.takers if name not in flow.givers]
    return draw(list(nodes.values()), edges, "How operations feed each other's ids")


def _graph_of_ids(all_flows: Sequence[IdFlow], tools: Toolset) -> Markup:
    flows = all_flows[:_MAX_IDS]
    numbers = Counter(flow.name for flow in flows)
    nodes = []
    for number, flow in enumerate(flows):
        tag = next(iter(tools[flow.takers[0]].operation.tags), "")
        which = f" ({tag})" if numbers[flow.name] > 1 and tag else ""
        label = f"{flow.name}{which} · {len(flow.takers):,}"
        nodes.append(Node(str(number), label, "id", f"#{_anchor(flow)}"))
    leads = set(_leads(flows))
    direct = [
        (start, end)
        for start, end in sorted(leads)
        if not any((start, node.key) in leads and (node.key, end) in leads for node in nodes)
    ]
    return draw(nodes, direct, "Which ids lead to others")


def _leads(flows: Sequence[IdFlow]) -> Iterator[tuple[str, str]]:
    """Yield the numbers of two ids where what gives the second always takes the first."""
    takers = [set(flow.takers) for flow in flows]
    for number, flow in enumerate(flows):
        if not flow.givers:
            continue
        for other in range(len(flows)):
            if other != number and takers[other].issuperset(flow.givers):
                yield str(other), str(number)


def _anchor(flow: IdFlow) -> str:
    return f"id-{flow.name}-{flow.takers[0]}"


def _row(flow: IdFlow) -> Markup:
    givers = _names(flow.givers) if flow.givers else element("em", "nothing here: it must be known")
    return element(
        "div",
        element("div", givers, class_="givers"),
        element("div", element("code", flow.name), class_="id"),
        element("div", _names(flow.takers), class_="takers"),
        class_="flow",
        id=_anchor(flow),
    )


def _names(names: Sequence[str]) -> Markup:
    shown = [element("a", name, href=f"#{anchor(name)}") for name in names[:_MAX_NAMES]]
    if len(names) > _MAX_NAMES:
        shown.append(element("span", f"and {len(names) - _MAX_NAMES:,} more", class_="more"))
    return joined(*shown)
