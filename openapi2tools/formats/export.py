"""Tools in, the list of definitions that one vendor takes out, and a report of what each costs and why it is not strict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.naming import shorten_with_hash
from openapi2tools.errors import BuildError
from openapi2tools.formats import anthropic, gemini, mcp, openai_chat, openai_responses
from openapi2tools.formats.openai_plain import Plain
from openapi2tools.tools import budget as budgets
from openapi2tools.tools.names import unique
from openapi2tools.tools.schema.convert import output_schema
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.strict.subset import ANTHROPIC, OPENAI
from openapi2tools.tools.text.plain import clean
from openapi2tools.tools.text.tokens import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from openapi2tools.model import Json, JsonObject, Tool

FORMATS: Final[dict[str, Callable[..., JsonObject]]] = {
    "openai-chat": openai_chat.describe,
    "openai-responses": openai_responses.describe,
    "anthropic": anthropic.describe,
    "gemini": gemini.describe,
    "mcp": mcp.describe,
}
"""Each vendor's way to describe one tool."""
_SUBSETS: Final = {"openai-chat": OPENAI, "openai-responses": OPENAI, "anthropic": ANTHROPIC}
_OPENAI: Final = frozenset({"openai-chat", "openai-responses"})
_RENAMING: Final = frozenset({"anthropic", "gemini"})
_WITH_OUTPUT: Final = frozenset({"openai-responses", "mcp"})
# characters: OpenAI's old cap on descriptions, and more than a choice among namespaces needs
_LONGEST_ABOUT: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool costs (o200k_base tokens of its JSON), why it is not strict, and what was left out to fit a budget."""

    name: str
    method: str
    path: str
    tokens: int
    strict: bool
    reasons: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()


class _Described(NamedTuple):
    tool: Tool
    definition: JsonObject
    reasons: tuple[str, ...]
    shortened: tuple[str, ...]

    def row(self) -> Row:
        operation = self.tool.operation
        tokens = count(_text(self.definition))
        return Row(
            self.tool.name,
            operation.method,
            operation.path,
            tokens,
            not self.reasons,
            self.reasons,
            self.shortened,
        )


@dataclass(frozen=True, slots=True)
class Exported:
    """What `export` gives, and on request what `report` says of the same tools, which are shortened only once."""

    definitions: list[JsonObject]
    _described: list[_Described]

    def rows(self) -> list[Row]:
        """Say what each tool costs."""
        return [one.row() for one in self._described]


@dataclass(frozen=True, slots=True)
class _Exporter:
    """Describes tools for one format with one set of options; each shared schema is made strict once."""

    format: str
    strict: bool
    output_schemas: bool
    max_description: int | None
    tightener: StrictConverter
    plain: Plain

    def define(self, tool: Tool, whole: Tool, *, strict: bool) -> JsonObject:
        if self.max_description is not None:
            tool = budgets.clip_description(tool, self.max_description)
        options: dict[str, Any] = (
            {"output_schema": output_schema(tool)} if self.output_schemas else {}
        )
        if self.format in _OPENAI:
            options["plain"] = self.plain
        if self.format in _RENAMING:
            options["whole"] = whole
        return FORMATS[self.format](tool, strict=strict, tightener=self.tightener, **options)

    def reasons(self, tools: Iterable[Tool]) -> dict[str, tuple[str, ...]]:
        """Say of each tool why it is not strict; the empty tuple for one that is."""
        if self.format not in _SUBSETS:
            return {tool.name: (f"{self.format} has no strict schemas",) for tool in tools}
        if not self.strict:
            return {tool.name: ("not asked for",) for tool in tools}
        if self.format == "anthropic":
            chosen = anthropic.choose({tool.name: tool for tool in tools}, self.tightener)
            return {name: (reason,) if reason else () for name, reason in chosen.items()}
        return {tool.name: self.tightener.to_strict(tool.schema).reasons for tool in tools}

    def all(
        self, tools: Iterable[Tool], max_tool_tokens: int | None, budget: int | None
    ) -> Iterator[_Described]:
        tools = list(tools)
        reasons = self.reasons(tools)  # of the whole tools: their calls are read by them
        whole = {tool.name: tool for tool in tools}

        def cost(tool: Tool) -> int:
            return count(_text(self.define(tool, whole[tool.name], strict=not reasons[tool.name])))

        fitted: list[budgets.FittedTool] = [(tool, ()) for tool in tools]
        if max_tool_tokens is not None:
            fitted = budgets.fit_each(tools, max_tool_tokens, cost)
        if budget is not None:
            further = budgets.fit_all([tool for tool, _ in fitted], budget, cost)
            fitted = [
                (tool, tuple(dict.fromkeys((*gone, *more))))
                for (_, gone), (tool, more) in zip(fitted, further, strict=True)
            ]
        for tool, gone in fitted:
            why = reasons[tool.name]
            yield _Described(tool, self.define(tool, whole[tool.name], strict=not why), why, gone)


def export(
    tools: Mapping[str, Tool],
    format: str = "openai-chat",  # noqa: A002 -- the option's name
    *,
    strict: bool = True,
    namespaces: bool = False,
    output_schemas: bool = False,
    max_tool_tokens: int | None = None,
    budget: int | None = None,
    max_description: int | None = None,
) -> list[Any]:
    """Describe every tool for one vendor, in the tools' order: the same tools give the same bytes.

    A tool that cannot be strict is written plain (for OpenAI with `strict: false`); `report` says
    why. `namespaces` (openai-responses) puts the tools of a tag into a namespace that the model
    searches; `output_schemas` (openai-responses, mcp) adds what a call answers. `max_tool_tokens`
    and `budget` leave details out, in the order of `tools.budget`, but never a required argument;
    `max_description` cuts the tools' descriptions (1,024 characters for gateways that still keep
    OpenAI's old cap). Schemas are shared with the tools: read them, don't edit them. Raises
    `BuildError`.
    """
    return exported(
        tools,
        format,
        strict=strict,
        namespaces=namespaces,
        output_schemas=output_schemas,
        max_tool_tokens=max_tool_tokens,
        budget=budget,
        max_description=max_description,
    ).definitions


def report(
    tools: Mapping[str, Tool],
    format: str = "openai-chat",  # noqa: A002 -- the option's name
    *,
    strict: bool = True,
    output_schemas: bool = False,
    max_tool_tokens: int | None = None,
    budget: int | None = None,
    max_description: int | None = None,
) -> list[Row]:
    """Say what each tool costs in this format, whether it is strict or why not, and what was left out to fit. Raises `BuildError`."""
    return exported(
        tools,
        format,
        strict=strict,
        output_schemas=output_schemas,
        max_tool_tokens=max_tool_tokens,
        budget=budget,
        max_description=max_description,
    ).rows()


@gc_paused()
def exported(
    tools: Mapping[str, Tool],
    format: str,  # noqa: A002 -- the option's name
    *,
    strict: bool = True,
    namespaces: bool = False,
    output_schemas: bool = False,
    max_tool_tokens: int | None = None,
    budget: int | None = None,
    max_description: int | None = None,
) -> Exported:
    """Do what `export` and `report` do, in one walk."""
    for option, number in {
        "max_tool_tokens": max_tool_tokens,
        "budget": budget,
        "max_description": max_description,
    }.items():
        if number is not None and number < 1:
            raise BuildError(f"{option}={number}: give a whole number from 1 on.")
    exporter = _exporter(
        format, strict=strict, output_schemas=output_schemas, max_description=max_description
    )
    if namespaces and format != "openai-responses":
        raise BuildError(f"Only openai-responses has namespaces, not {format}.")
    described = list(exporter.all(tools.values(), max_tool_tokens, budget))
    return Exported(
        _namespaced(described) if namespaces else [one.definition for one in described], described
    )


def warnings(tools: Mapping[str, Tool], format: str = "openai-chat") -> list[str]:  # noqa: A002 -- the option's name
    """Say what this vendor will not take or not do well with so many tools."""
    if format == "openai-chat" and len(tools) > openai_chat.MAX_TOOLS:
        return [
            f"Chat Completions rejects more than {openai_chat.MAX_TOOLS} tools, and these are {len(tools)}: choose some."
        ]
    return []


def dumps(value: Json, *, indent: bool = False) -> bytes:
    """Write JSON the same way every time, UTF-8, keys in the order they stand."""
    return orjson.dumps(
        value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else None
    )


def _exporter(
    format: str,  # noqa: A002 -- as above
    *,
    strict: bool,
    output_schemas: bool,
    max_description: int | None,
) -> _Exporter:
    if format not in FORMATS:
        raise BuildError(f"There is no format {format!r}. There are: {', '.join(FORMATS)}.")
    if output_schemas and format not in _WITH_OUTPUT:
        raise BuildError(
            f"{format} has no place for what a call answers; {' and '.join(sorted(_WITH_OUTPUT))} have."
        )
    return _Exporter(
        format,
        strict,
        output_schemas,
        max_description,
        StrictConverter(_SUBSETS.get(format, OPENAI)),
        Plain(),
    )


def _namespaced(described: Iterable[_Described]) -> list[JsonObject]:
    """Group functions by their API and its operations' first tag, each deferred, and let the model search them."""
    groups: dict[tuple[int, str], list[_Described]] = {}
    for one in described:
        groups.setdefault((id(one.tool.api), _title(one.tool)), []).append(one)
    titles = [title for _, title in groups]
    names = unique(
        (shorten_with_hash(re.sub(r"[^a-zA-Z0-9_-]+", "_", title).strip("_") or "api"), title)
        for title in titles
    )
    spaces = [
        {
            "type": "namespace",
            "name": name,
            "description": _about(group[0].tool),
            "tools": [{**one.definition, "defer_loading": True} for one in group],
        }
        for name, group in zip(names, groups.values(), strict=True)
    ]
    return [*spaces, {"type": "tool_search"}]


def _title(tool: Tool) -> str:
    return tool.operation.tags[0] if tool.operation.tags else tool.api.title


def _about(tool: Tool) -> str:
    """Say what the tools of a namespace are about."""
    api, title = tool.api, _title(tool)
    said = api.tags.get(title, "") if tool.operation.tags else api.description
    return clean(said, _LONGEST_ABOUT) or clean(f"{title} of {api.title}", _LONGEST_ABOUT)


def _text(definition: JsonObject) -> str:
    return orjson.dumps(definition).decode()
