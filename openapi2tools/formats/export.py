"""Export tools as one vendor's definitions, and report what each costs and why it is not strict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools._core.slips import did_you_mean
from openapi2tools.errors import BuildError
from openapi2tools.formats import anthropic, gemini, mcp, openai_chat, openai_responses
from openapi2tools.formats.namespaces import group_into_namespaces
from openapi2tools.formats.openai_schemas import NonStrictSchemas
from openapi2tools.tools import budget as budgets
from openapi2tools.tools.schema.convert import output_schema
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.strict.subset import ANTHROPIC, OPENAI
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from openapi2tools.formats.format import Format, FormatName
    from openapi2tools.model import Json, JsonObject, Tool

FORMATS: Final[dict[FormatName, Format]] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "mcp": mcp,
}
"""The formats that come with this package."""
_STRICT_SUBSETS: Final = {
    "openai-chat": OPENAI,
    "openai-responses": OPENAI,
    "anthropic": ANTHROPIC,
}
_OPENAI_FORMATS: Final = frozenset({"openai-chat", "openai-responses"})
_FORMATS_THAT_RENAME_KEYS: Final = frozenset({"anthropic", "gemini"})
_CONTAINERS: Final = (dict, list)
_FORMATS_WITH_OUTPUT_SCHEMAS: Final = frozenset({"openai-responses", "mcp"})
_FORMAT_WITH_NAMESPACES: Final = "openai-responses"
_METHODS: Final = ("describe", "read_calls", "write_result")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of `export`, which says what each does. Raises `BuildError`."""

    format: FormatName | Format = "openai-chat"
    strict: bool = True
    namespaces: bool = False
    namespace_size: int | None = None
    output_schemas: bool = False
    max_tool_tokens: int | None = None
    budget: int | None = None
    max_description: int | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range and options that the format does not have."""
        for name in ("max_tool_tokens", "budget", "max_description", "namespace_size"):
            value = getattr(self, name)
            if value is not None and not (is_whole_number(value) and value >= 1):
                raise BuildError(f"{name}={value!r}: give a whole number from 1 on.")
        _check_format(self.format)
        name = self.format_name
        if self.output_schemas and name not in _FORMATS_WITH_OUTPUT_SCHEMAS:
            raise BuildError(
                f"{name} has no place for what a call answers; "
                f"{' and '.join(sorted(_FORMATS_WITH_OUTPUT_SCHEMAS))} have."
            )
        if self.namespaces and name != _FORMAT_WITH_NAMESPACES:
            raise BuildError(f"Only {_FORMAT_WITH_NAMESPACES} has namespaces, not {name}.")

    @property
    def format_name(self) -> str:
        """What people call the format: a name of ours, or else that of its class or module."""
        if isinstance(self.format, str):
            return self.format
        for name, format_ in FORMATS.items():
            if self.format is format_:
                return name
        return getattr(self.format, "__name__", type(self.format).__name__)

    @property
    def describe(self) -> Callable[..., JsonObject]:
        """The format's way to describe one tool."""
        format_ = FORMATS[self.format] if isinstance(self.format, str) else self.format
        return format_.describe


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What is to be said of one exported tool.

    `tokens` counts the o200k_base tokens of its JSON, `reasons` say why it is not strict, and
    `shortened` says what was left out to fit a budget.
    """

    name: str
    method: str
    path: str
    tokens: int
    strict: bool
    reasons: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()


class _ExportedTool(NamedTuple):
    tool: Tool
    definition: JsonObject
    reasons: tuple[str, ...]
    shortened: tuple[str, ...]

    def row(self) -> ReportRow:
        operation = self.tool.operation
        return ReportRow(
            name=self.tool.name,
            method=operation.method,
            path=operation.path,
            tokens=_count_tokens(self.definition),
            strict=not self.reasons,
            reasons=self.reasons,
            shortened=self.shortened,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """The result of an export: its definitions, and on request the report on the same tools."""

    definitions: list[JsonObject]
    _tools: list[_ExportedTool]

    def rows(self) -> list[ReportRow]:
        """Return what each tool costs."""
        return [tool.row() for tool in self._tools]


def export(
    tools: Mapping[str, Tool],
    format: FormatName | Format = "openai-chat",  # noqa: A002 -- the option's name
    *,
    strict: bool = True,
    namespaces: bool = False,
    namespace_size: int | None = None,
    output_schemas: bool = False,
    max_tool_tokens: int | None = None,
    budget: int | None = None,
    max_description: int | None = None,
) -> list[Any]:
    """Describe every tool for one vendor, in the tools' order: the same tools give the same bytes.

    They are copies: editing one changes no tool, and no other definition.

    Args:
        tools: What `build_tools` returned, or some of it.
        format: One of `openai-chat`, `openai-responses`, `anthropic`, `gemini` and `mcp`, or a
            `Format` of your own.
        strict: Make schemas strict. A tool that cannot be strict is written plain (for OpenAI with
            `strict: false`); `report` says why.
        namespaces: Put the tools of a tag into a namespace that the model searches
            (openai-responses).
        namespace_size: Split namespaces that hold more tools (OpenAI advises less than ten).
        output_schemas: Add what a call answers (openai-responses, mcp).
        max_tool_tokens: Leave details of each tool out, in the order of `tools.budget`, until it
            fits. A required argument is never left out.
        budget: Likewise for all tools together.
        max_description: Shorten the tools' descriptions to so many characters (1,024 for gateways
            that still keep OpenAI's old limit).

    Returns:
        The definitions, to be written as JSON.

    Raises:
        BuildError: There is no such format, it does not have an option, or a number is below 1.

    Example:
        response = client.chat.completions.create(tools=export(tools), ...)
    """
    options = ExportOptions(
        format,
        strict=strict,
        namespaces=namespaces,
        namespace_size=namespace_size,
        output_schemas=output_schemas,
        max_tool_tokens=max_tool_tokens,
        budget=budget,
        max_description=max_description,
    )
    definitions = export_with_report(tools, options).definitions
    with gc_paused():
        return [_copied(definition) for definition in definitions]


def _copied(value: Any) -> Any:
    """Return a copy of a JSON object or list in which none is shared.

    Most members are texts and numbers, which need no look of their own: that makes a fifth of the
    time of a copy, which is a quarter of Kubernetes' export.
    """
    copy = value.copy()
    for key, each in copy.items() if isinstance(copy, dict) else enumerate(copy):
        if isinstance(each, _CONTAINERS):
            copy[key] = _copied(each)
    return copy


def report(
    tools: Mapping[str, Tool],
    format: FormatName | Format = "openai-chat",  # noqa: A002 -- the option's name
    *,
    strict: bool = True,
    output_schemas: bool = False,
    max_tool_tokens: int | None = None,
    budget: int | None = None,
    max_description: int | None = None,
) -> list[ReportRow]:
    """Report on the tools that `export` makes with these options, which it explains.

    Returns:
        What each tool costs, whether it is strict or why not, and what was left out to fit.

    Raises:
        BuildError: As in `export`.
    """
    options = ExportOptions(
        format,
        strict=strict,
        output_schemas=output_schemas,
        max_tool_tokens=max_tool_tokens,
        budget=budget,
        max_description=max_description,
    )
    return export_with_report(tools, options).rows()


@gc_paused()
def export_with_report(tools: Mapping[str, Tool], options: ExportOptions) -> Export:
    """Do what `export` and `report` do, so that tools are shortened only once for both."""
    exported_tools = list(_Exporter(options, tools).export())
    if options.namespaces:
        definitions = group_into_namespaces(
            ((one.tool, one.definition) for one in exported_tools), options.namespace_size
        )
    else:
        definitions = [one.definition for one in exported_tools]
    return Export(definitions, exported_tools)


def warnings(tools: Mapping[str, Tool], format: str = "openai-chat") -> list[str]:  # noqa: A002 -- the option's name
    """Return what this vendor will not accept or not do well with so many tools."""
    if format == "openai-chat" and len(tools) > openai_chat.MAX_TOOLS:
        warning = (
            f"Chat Completions rejects more than {openai_chat.MAX_TOOLS} tools, "
            f"and these are {len(tools)}: choose some."
        )
        return [warning]
    return []


def dumps(value: Json, *, indent: bool = False) -> bytes:
    """Write JSON the same way every time: UTF-8, keys in the order they stand."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else None
    return orjson.dumps(value, option=option)


class _Exporter:
    """Describes tools in one format; schemas that tools share are converted once."""

    def __init__(self, options: ExportOptions, tools: Mapping[str, Tool]) -> None:
        self._options = options
        self._tools = list(tools.values())
        self._full_tools = {tool.name: tool for tool in self._tools}
        self._is_users_format = options.format_name not in FORMATS
        self._strict_converter = StrictConverter(_STRICT_SUBSETS.get(options.format_name, OPENAI))
        self._non_strict_schemas = NonStrictSchemas()
        # of the full tools, because their calls are read by them
        self._reasons = self._reasons_not_strict()

    def export(self) -> Iterator[_ExportedTool]:
        for tool, left_out in self._fit():
            yield _ExportedTool(tool, self._describe(tool), self._reasons[tool.name], left_out)

    def _reasons_not_strict(self) -> dict[str, tuple[str, ...]]:
        """Return why each tool is not strict; the empty tuple for one that is."""
        format_ = self._options.format_name
        if self._is_users_format:
            reason = f"{format_} decides that" if self._options.strict else "not asked for"
            return dict.fromkeys(self._full_tools, (reason,))
        if format_ not in _STRICT_SUBSETS:
            reasons = (f"{format_} has no strict schemas",)
            return dict.fromkeys(self._full_tools, reasons)
        if not self._options.strict:
            return dict.fromkeys(self._full_tools, ("not asked for",))
        if format_ == "anthropic":
            chosen = anthropic.choose_strict(self._full_tools, self._strict_converter)
            return {name: (reason,) if reason else () for name, reason in chosen.items()}
        return {
            tool.name: self._strict_converter.to_strict(tool.schema).reasons for tool in self._tools
        }

    def _fit(self) -> list[budgets.FittedTool]:
        """Leave out what does not fit the budgets; return each tool with what was left out."""
        fitted: list[budgets.FittedTool] = [(tool, ()) for tool in self._tools]
        max_tool_tokens, budget = self._options.max_tool_tokens, self._options.budget
        if max_tool_tokens is not None:
            fitted = budgets.fit_each(self._tools, max_tool_tokens, self._cost)
        if budget is not None:
            smaller = budgets.fit_all([tool for tool, _ in fitted], budget, self._cost)
            fitted = [
                (tool, tuple(dict.fromkeys((*left_out, *more_left_out))))
                for (_, left_out), (tool, more_left_out) in zip(fitted, smaller, strict=True)
            ]
        return fitted

    def _cost(self, tool: Tool) -> int:
        return _count_tokens(self._describe(tool))

    def _describe(self, tool: Tool) -> JsonObject:
        """Return the definition of a tool, or of a shorter form of one."""
        format_ = self._options.format_name
        is_strict = not self._reasons[tool.name]
        if self._options.max_description is not None:
            tool = budgets.clip_description(tool, self._options.max_description)
        if self._is_users_format:
            return self._options.describe(tool, strict=self._options.strict)
        extra: dict[str, Any] = {}
        if self._options.output_schemas:
            extra["output_schema"] = output_schema(tool)
        if format_ in _OPENAI_FORMATS:
            extra["non_strict_schemas"] = self._non_strict_schemas
        if format_ in _FORMATS_THAT_RENAME_KEYS:
            extra["full_tool"] = self._full_tools[tool.name]
        return self._options.describe(
            tool, strict=is_strict, strict_converter=self._strict_converter, **extra
        )


def _check_format(given: object) -> None:
    """Raise BuildError for what is no format's name and no `Format`."""
    if isinstance(given, str):
        if given not in FORMATS:
            names = ", ".join(FORMATS)
            hint = did_you_mean(given, FORMATS)
            raise BuildError(f"There is no format {given!r}. There are: {names}.{hint}")
        return
    if isinstance(given, type):
        raise BuildError(f"format={given.__name__}: give an object, {given.__name__}(…).")
    missing = [name for name in _METHODS if not callable(getattr(given, name, None))]
    if missing:
        raise BuildError(
            f"format={given!r}: give a name ({', '.join(FORMATS)}), or an object with the methods "
            f"of Format; this one has no {', '.join(missing)}."
        )


def _count_tokens(definition: JsonObject) -> int:
    return count_tokens(orjson.dumps(definition).decode())
