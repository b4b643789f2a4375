"""What a format is: one vendor's way to write tools, calls and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Call, Json, JsonObject, Result, Tool

FormatName: TypeAlias = Literal["openai-chat", "openai-responses", "anthropic", "gemini", "mcp"]
"""The formats that come with this package."""


class Format(Protocol):
    """How one vendor writes tools, calls and results; `export` takes one of your own.

    The modules `openai_chat`, `openai_responses`, `anthropic`, `gemini` and `mcp` are formats, too.
    `read_call` and `full_text` of `openapi2tools.formats` do what every format needs.
    """

    def describe(self, tool: Tool, *, strict: bool) -> JsonObject:
        """Return the definition of a tool.

        Args:
            tool: The tool, or a shorter form of one that fits a budget: what is written of it must
                not depend on arguments that may be left out.
            strict: Whether strict schemas are wanted, where the vendor has them.
        """
        ...

    def read_calls(
        self, message: Json, tools: Mapping[str, Tool], *, strict: bool
    ) -> Sequence[Call]:
        """Return the calls in a message of the model.

        Args:
            message: What the vendor's API or SDK gave.
            tools: The tools that were offered.
            strict: How they were described.
        """
        ...

    def write_result(self, result: Result) -> Any:
        """Return what answers a call in the next request."""
        ...
