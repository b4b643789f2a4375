"""Find tools that cost many tokens, or that cannot be strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core.reader import for_reader
from openapi2tools.linting.finding import Finding, make_finding
from openapi2tools.linting.strictness import strictness_faults
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.text.tokens import count_json_tokens, count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, Tool

_LARGE_TOOL_TOKENS: Final = 2_000  # more than most whole tasks need


class CostChecker:
    """Checks the tools of one document, which share much: each definition is counted once."""

    def __init__(self) -> None:
        self._strict_converter = StrictConverter()
        self._definition_tokens: dict[int, int] = {}  # by the id of the schema

    def check(self, tool: Tool) -> Iterator[Finding]:
        """Yield the findings of one tool."""
        tokens = self._count_tokens(tool)
        if tokens > _LARGE_TOOL_TOKENS:
            yield make_finding(
                "large-schema",
                f"{tool.name} costs about {round(tokens, -2):,} tokens before it is ever called.",
                tool.operation.pointer,
                "hint" if tokens < 3 * _LARGE_TOOL_TOKENS else "warning",
                advice="Leave optional parts out with x-openapi2tools: {exclude: true}, "
                f"or export it with {for_reader('max_tool_tokens=', '--max-tool-tokens')}.",
            )
        for reason, advice in strictness_faults(tool, self._strict_converter):
            yield make_finding(
                "not-strict",
                f"{tool.name} cannot be strict: {reason}.",
                tool.operation.pointer,
                "hint",
                advice=advice,
            )

    def _count_tokens(self, tool: Tool) -> int:
        """Return what a tool costs; 0 for one too small to be counted."""
        definitions = tool.schema.get("$defs", {})
        own = {key: value for key, value in tool.schema.items() if key != "$defs"}
        if not definitions:
            size = len(tool.description.encode()) + len(orjson.dumps(own))
            if size <= _LARGE_TOOL_TOKENS:  # each token has a byte at least
                return 0
        shared = sum(self._count_definition(name, schema) for name, schema in definitions.items())
        return count_tokens(tool.description) + count_json_tokens(own) + shared

    def _count_definition(self, name: str, schema: Json) -> int:
        if id(schema) not in self._definition_tokens:
            self._definition_tokens[id(schema)] = count_json_tokens({name: schema})
        return self._definition_tokens[id(schema)]
