"""The tools of a client in other people's agents: pydantic-ai and OpenAI's Agents SDK.

Each needs its package (`pip install pydantic-ai-slim`, `pip install openai-agents`), and some ten
lines. Checks, policy and credentials stay with the client; whatever a model says, it gets a text.
"""

from __future__ import annotations

from typing import Any

from openapi2tools import Call, Client, Tool, export
from openapi2tools.formats import read_call


def pydantic_ai_tools(client: Client) -> list[Any]:
    """Return what `pydantic_ai.Agent(model, tools=...)` takes."""
    from pydantic_ai import Tool as TheirTool  # noqa: PLC0415 -- only for those who have it

    def adapted(tool: Tool, schema: dict[str, Any]) -> Any:
        async def call(**arguments: Any) -> str:
            return (await client.acall_model(Call(tool.name, arguments))).text

        return TheirTool.from_schema(call, tool.name, schema["description"], schema["inputSchema"])

    described = export(client.tools, "mcp")
    return [adapted(client.tools[schema["name"]], schema) for schema in described]


def openai_agents_tools(client: Client) -> list[Any]:
    """Return what `agents.Agent("Books", tools=...)` takes."""
    from agents import FunctionTool  # noqa: PLC0415 -- only for those who have it

    def adapted(schema: dict[str, Any]) -> Any:
        async def invoke(_: Any, arguments: str) -> str:
            call = read_call(client.tools, schema["name"], arguments, id="")
            return (await client.acall_model(call)).text

        parts = (schema["name"], schema["description"], schema["inputSchema"], invoke)
        return FunctionTool(*parts, strict_json_schema=False)

    return [adapted(schema) for schema in export(client.tools, "mcp")]
