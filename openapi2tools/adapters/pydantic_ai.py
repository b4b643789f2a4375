"""The tools of a client for pydantic-ai. The door of pydantic_ai."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openapi2tools.adapters.asking import to_ask_about
from openapi2tools.adapters.installed import require
from openapi2tools.formats.export import export
from openapi2tools.formats.reading import read_call
from openapi2tools.formats.writing import full_text, viewable_parts
from openapi2tools.model import essence

if TYPE_CHECKING:
    from pydantic_ai.toolsets import ToolsetTool

    from openapi2tools.call.client import Client
    from openapi2tools.model import Call, JsonObject, Result


def pydantic_ai_toolset(client: Client, *, id: str | None = None) -> Any:  # noqa: A002 -- their word
    """Return a client's tools as a toolset of pydantic-ai.

    A call that the policy asks about is deferred (`DeferredToolRequests`, whose metadata has the
    question), unless the client has an `approve` of its own; it is sent once the run goes on with
    a yes to it. Images and PDF files of an answer reach the model as such.

    Args:
        client: Makes the calls.
        id: What the toolset is called, for durable execution.

    Raises:
        OpenAPI2ToolsError: The extra `pydantic-ai` is not installed.

    Example:
        agent = Agent("openai:gpt-5.5", toolsets=[pydantic_ai_toolset(client)],
                      output_type=[str, DeferredToolRequests])
    """
    require("pydantic_ai", "pydantic-ai")
    from pydantic_ai.exceptions import ApprovalRequired  # noqa: PLC0415 -- an extra
    from pydantic_ai.tools import ToolDefinition  # noqa: PLC0415 -- likewise
    from pydantic_ai.toolsets import AbstractToolset, ToolsetTool  # noqa: PLC0415 -- likewise

    class ClientToolset(AbstractToolset[Any]):
        """The tools of one client."""

        @property
        def id(self) -> str | None:
            return id

        async def get_tools(self, ctx: Any) -> dict[str, ToolsetTool[Any]]:
            return {
                definition["name"]: ToolsetTool(
                    toolset=self,
                    tool_def=_definition(ToolDefinition, definition),
                    max_retries=ctx.max_retries,
                    args_validator=_AnyArguments(),
                )
                for definition in export(client.tools, "mcp")
            }

        async def call_tool(self, name: str, tool_args: Any, ctx: Any, tool: Any) -> Any:  # noqa: ARG002 -- theirs
            call = _read(client, name, tool_args, ctx.tool_call_id)
            prepared = None if ctx.tool_call_approved else to_ask_about(client, call)
            if prepared is not None:
                raise ApprovalRequired({"question": prepared.question()})
            return _output(await client.acall_model(call, approved=ctx.tool_call_approved))

    return ClientToolset()


class _Unreadable(dict[str, Any]):
    """Arguments that are no JSON object, for the client to answer; empty to everybody else."""

    def __init__(self, written: object) -> None:
        super().__init__()
        self.written = written


class _AnyArguments:
    """Takes whatever a model wrote: the client checks arguments, and says what is wrong."""

    def validate_json(self, input: str | bytes | bytearray, **_: Any) -> dict[str, Any]:  # noqa: A002
        """Take arguments as text."""
        try:
            return self.validate_python(json.loads(input))
        except ValueError:
            return _Unreadable(input if isinstance(input, str) else bytes(input).decode())

    def validate_python(self, input: Any, **_: Any) -> dict[str, Any]:  # noqa: A002 -- their word
        """Take arguments as values."""
        return input if isinstance(input, dict) else _Unreadable(input)


def _read(client: Client, name: str, arguments: Any, call_id: str | None) -> Call:
    written = arguments.written if isinstance(arguments, _Unreadable) else arguments
    return read_call(client.tools, name, written, id=call_id or "")


def _definition(kind: Any, definition: JsonObject) -> Any:
    return kind(
        name=definition["name"],
        description=definition["description"],
        parameters_json_schema=definition["inputSchema"],
    )


def _output(result: Result) -> Any:
    """Return what a model reads: a text, or a list of a text, images and files."""
    from pydantic_ai.messages import BinaryContent  # noqa: PLC0415 -- an extra

    parts = viewable_parts(result)
    if not parts:
        return full_text(result)
    return [
        full_text(result),
        *(BinaryContent(part.data, media_type=essence(part.media_type)) for part in parts),
    ]
