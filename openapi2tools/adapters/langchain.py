"""The tools of a client for LangChain and LangGraph. The door of langchain_core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi2tools.adapters.installed import require
from openapi2tools.formats.export import export
from openapi2tools.formats.reading import read_call
from openapi2tools.formats.writing import full_text, to_base64, viewable_kind, viewable_parts
from openapi2tools.model import essence

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from openapi2tools.call.client import Client
    from openapi2tools.model import JsonObject, Part, Result


def langchain_tools(client: Client) -> list[Any]:
    """Return a client's tools as `StructuredTool`s, which have `invoke` and `ainvoke`.

    An answer's images and PDF files are content blocks, and the message's `artifact` is the whole
    result as JSON (`Result.to_dict`). What failed is a message of status `error`.

    Somebody is asked by the client's `approve`, in the graph's own context: one that calls
    LangGraph's `interrupt` stops the graph, and its `Command(resume=...)` is the answer.

    Args:
        client: Makes the calls.

    Raises:
        OpenAPI2ToolsError: The extra `langchain` is not installed.

    Example:
        async def ask(prepared):
            return interrupt(prepared.question())

        tools = langchain_tools(client.scoped(approve=ask))
    """
    require("langchain_core", "langchain")
    return [_structured_tool(client, definition) for definition in export(client.tools, "mcp")]


def _structured_tool(client: Client, definition: JsonObject) -> StructuredTool:
    from langchain_core.tools import StructuredTool, ToolException  # noqa: PLC0415 -- an extra

    name = str(definition["name"])

    def output(result: Result) -> tuple[Any, JsonObject]:
        if result.is_error:
            raise ToolException(full_text(result))
        return _content(result), result.to_dict()

    class Tool(StructuredTool):
        """Hands on every argument; the original keeps those named `config` and `callbacks`."""

        def _run(self, /, **arguments: Any) -> tuple[Any, JsonObject]:
            return output(client.call_model(read_call(client.tools, name, arguments, id="")))

        async def _arun(self, /, **arguments: Any) -> tuple[Any, JsonObject]:
            return output(await client.acall_model(read_call(client.tools, name, arguments, id="")))

    return Tool(
        name=name,
        description=str(definition["description"]),
        args_schema=definition["inputSchema"],
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def _content(result: Result) -> Any:
    """Return what a model reads: a text, or a list of a text, images and files."""
    parts = viewable_parts(result)
    if not parts:
        return full_text(result)
    return [{"type": "text", "text": full_text(result)}, *map(_block, parts)]


def _block(part: Part) -> JsonObject:
    block = {
        "type": "image" if viewable_kind(part) == "image" else "file",
        "base64": to_base64(part),
        "mime_type": essence(part.media_type),
    }
    return {**block, "filename": part.name} if part.name else block
