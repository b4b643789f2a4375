"""The tools of an API by tag: effect, cost, strictness, credentials and problems of each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import brief, counted
from openapi2tools.cli.html_page.ids import anchor
from openapi2tools.cli.html_page.markup import Markup, element, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Tool, Toolset

_MAX_OPEN: Final = 60
"""With more tools than these, the tags are closed at first."""
_MAX_ABOUT_CHARS: Final = 160
_NO_TAG: Final = "without a tag"
_HEADINGS: Final = ("Tool", "Effect", "Tokens", "Strict", "Credential")


def tools_section(tools: Toolset, rows: Mapping[str, ReportRow]) -> Markup:
    """Return the section, with the tags in the document's order."""
    by_tag: dict[str, list[Tool]] = defaultdict(list)
    for tool in tools.values():
        by_tag[next(iter(tool.operation.tags), _NO_TAG)].append(tool)
    most = max((row.tokens for row in rows.values()), default=1)
    parts = [
        _tag(tag, members, rows, most, is_open=len(tools) <= _MAX_OPEN)
        for tag, members in by_tag.items()
    ]
    return element("section", element("h2", "Tools"), *parts, id="tools")


def _tag(
    tag: str, tools: Sequence[Tool], rows: Mapping[str, ReportRow], most: int, *, is_open: bool
) -> Markup:
    tokens = sum(rows[tool.name].tokens for tool in tools)
    about = next(iter(tools)).api.tags.get(tag, "")
    summary = element(
        "summary",
        element("strong", tag),
        element("span", f"{counted(len(tools), 'tool')}, {tokens:,} tokens", class_="count"),
    )
    head = element("tr", *(element("th", heading, scope="col") for heading in _HEADINGS))
    table = element(
        "table",
        element("thead", head),
        element("tbody", *(_row(tool, rows[tool.name], most) for tool in tools)),
    )
    described = element("p", brief(about, _MAX_ABOUT_CHARS), class_="about") if about else ""
    opened = "" if is_open else None
    return element("details", summary, described, table, class_="tag", open=opened)


def _row(tool: Tool, row: ReportRow, most: int) -> Markup:
    about = brief(tool.description.partition("\n")[0], _MAX_ABOUT_CHARS)
    deprecated = element("span", "deprecated", class_="badge old")
    name = joined(
        element("code", tool.name, class_="name"),
        deprecated if tool.operation.deprecated else "",
        element("span", tool.operation.key, class_="key"),
        element("span", about, class_="about"),
        *(element("span", problem.message, class_="problem") for problem in tool.problems),
    )
    effect = element("span", tool.effect.value, class_=f"badge {tool.effect.value}")
    cells = (name, effect, _cost(row.tokens, most), _strict(row), _credential(tool))
    named = zip(_HEADINGS, cells, strict=True)
    return element(
        "tr",
        *(element("td", cell, data_label=heading) for heading, cell in named),
        id=anchor(tool.name),
    )


def _cost(tokens: int, most: int) -> Markup:
    share = f"{max(2, round(100 * tokens / most))}"
    bar = element("span", element("i", style=f"width:{share}%"), class_="bar")
    return joined(f"{tokens:,}", bar)


def _strict(row: ReportRow) -> Markup:
    if row.strict:
        return element("span", "yes", class_="yes")
    first, *others = row.reasons
    more = f" (and {len(others):,} more)" if others else ""
    return element("span", brief(first, _MAX_ABOUT_CHARS) + more, title="\n".join(row.reasons))


def _credential(tool: Tool) -> str:
    security = tool.operation.security
    if not security:
        return "not said" if tool.api.schemes else "none"
    return " or ".join(" and ".join(each) or "none" for each in security)
