"""Put the page together: one file, which loads nothing and runs nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools._core.installed import own_version
from openapi2tools.cli.console import counted
from openapi2tools.cli.html_page.ids import ids_section
from openapi2tools.cli.html_page.markup import Markup, element, joined
from openapi2tools.cli.html_page.tools import tools_section
from openapi2tools.cli.tool_page import scheme_text
from openapi2tools.transport import redact_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Api, Problem, Toolset

_CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Should something of a document ever become markup, a browser still runs and loads none of it."""
_MAX_PROBLEMS: Final = 500


def html_page(tools: Toolset, rows: Sequence[ReportRow]) -> str:
    """Return the page about some tools; the same tools give the same page."""
    apis = list({id(tool.api): tool.api for tool in tools.values()}.values())
    title = ", ".join(api.title for api in apis) or "No tools"
    style = Markup(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_CONTENT_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        element("style", style),
    )
    body = element(
        "body",
        element("header", element("h1", title), *map(_about_api, apis)),
        _figures(tools, rows, apis),
        _credentials(tools, apis),
        ids_section(tools),
        tools_section(tools, {row.name: row for row in rows}),
        _problems([problem for api in apis for problem in api.problems]),
        element("footer", f"openapi2tools {own_version()}"),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _about_api(api: Api) -> Markup:
    version = f"version {api.version}" if api.version else ""
    written = "Swagger" if api.dialect == "2.0" else "OpenAPI"
    servers = ", ".join(server.url for server in api.servers)
    parts = (version, f"{written} {api.dialect}", _address(api), servers)
    return element("p", " · ".join(filter(None, dict.fromkeys(parts))), class_="about")


def _address(api: Api) -> str:
    """Return where the document came from; of a file its name, since pages are handed on."""
    if api.address is None:
        return ""
    return redact_url(api.address) if "://" in api.address else Path(api.address).name


def _figures(tools: Toolset, rows: Sequence[ReportRow], apis: Iterable[Api]) -> Markup:
    effects = Counter(tool.effect.value for tool in tools.values())
    strict = sum(row.strict for row in rows)
    problems = sum(len(api.problems) for api in apis)
    figures = {
        "tools": f"{len(tools):,}",
        "tokens": f"{sum(row.tokens for row in rows):,}",
        "strict": f"{strict:,}",
        "read": f"{effects['read']:,}",
        "write": f"{effects['write']:,}",
        "destroy": f"{effects['destroy']:,}",
        "problems": f"{problems:,}",
    }
    pairs = (
        element("div", element("dt", name), element("dd", figure), class_=f"figure {name}")
        for name, figure in figures.items()
    )
    return element("dl", *pairs, class_="figures")


def _credentials(tools: Toolset, apis: Iterable[Api]) -> Markup:
    rows = [row for api in apis for row in _schemes(tools, api)]
    if not rows:
        return Markup()
    return element("section", element("h2", "Credentials"), element("ul", *rows), id="credentials")


def _schemes(tools: Toolset, api: Api) -> Iterator[Markup]:
    needed = Counter(
        name
        for tool in tools.values()
        if tool.api is api
        for name in {name for each in tool.operation.security for name in each}
    )
    for name in dict.fromkeys([*api.schemes, *needed]):
        about = scheme_text(api.schemes.get(name), name, ())
        count = counted(needed[name], "tool")
        yield element("li", about, element("span", count, class_="count"))


def _problems(problems: Sequence[Problem]) -> Markup:
    if not problems:
        return Markup()
    items = [_problem(problem) for problem in problems[:_MAX_PROBLEMS]]
    if len(problems) > _MAX_PROBLEMS:
        items.append(element("li", f"and {len(problems) - _MAX_PROBLEMS:,} more: `lint` has them"))
    heading = element("h2", "Problems of the document")
    return element("section", heading, element("ul", *items, class_="problems"), id="problems")


def _problem(problem: Problem) -> Markup:
    line = f", line {problem.line:,}" if problem.line else ""
    return element(
        "li",
        element("span", problem.severity, class_=f"badge {problem.severity}"),
        joined(problem.message, " ", problem.advice),
        element("code", f"{problem.pointer or '/'}{line}", class_="key"),
    )
