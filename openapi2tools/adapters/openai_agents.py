"""The tools of a client for OpenAI's Agents SDK. The door of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi2tools.adapters.asking import may_ask_about, to_ask_about
from openapi2tools.adapters.installed import require
from openapi2tools.formats import openai_responses
from openapi2tools.formats.export import export
from openapi2tools.formats.reading import read_call
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from agents import FunctionTool

    from openapi2tools.call.client import Client
    from openapi2tools.model import Call, JsonObject, Result


def openai_agents_tools(client: Client, *, strict: bool = True) -> list[Any]:
    """Return a client's tools as `FunctionTool`s of OpenAI's Agents SDK.

    A call that the policy asks about interrupts the run (`result.interruptions`), unless the client
    has an `approve` of its own; it is sent once the run's state approves it. Images and PDF files
    of an answer reach the model as such. A name that no tool has is the SDK's matter:
    `RunConfig(tool_not_found_behavior="return_error_to_model")` has it told to the model.

    Args:
        client: Makes the calls.
        strict: Make schemas strict where they can be.

    Raises:
        OpenAPI2ToolsError: The extra `openai-agents` is not installed.

    Example:
        agent = Agent("Books", tools=openai_agents_tools(client))
        result = await Runner.run(agent, "Order two copies of Kindred.")
    """
    require("agents", "openai-agents")
    converter = StrictConverter() if strict else None
    definitions = export(client.tools, "openai-responses", strict=strict)
    return [_function_tool(client, definition, converter) for definition in definitions]


def _function_tool(
    client: Client, definition: JsonObject, converter: StrictConverter | None
) -> FunctionTool:
    from agents import FunctionTool  # noqa: PLC0415 -- an extra

    name = str(definition["name"])

    def as_call(arguments: Any, call_id: str) -> Call:
        return read_call(client.tools, name, arguments, id=call_id, strict_converter=converter)

    async def needs_approval(_: Any, arguments: dict[str, Any], call_id: str) -> bool:
        return to_ask_about(client, as_call(arguments, call_id)) is not None

    async def invoke(context: Any, arguments: str) -> Any:
        call_id = context.tool_call_id
        approved = context.is_tool_approved(name, call_id) is True
        return _output(await client.acall_model(as_call(arguments, call_id), approved=approved))

    return FunctionTool(
        name=name,
        description=str(definition["description"]),
        params_json_schema=definition["parameters"],
        on_invoke_tool=invoke,
        strict_json_schema=bool(definition["strict"]),
        # With a function the SDK asks about arguments that it cannot read, too: only where one may.
        needs_approval=needs_approval if may_ask_about(client, name) else False,
    )


def _output(result: Result) -> Any:
    """Return what the SDK shows a model: a text, or a list of a text, images and files."""
    output = openai_responses.write_result(result)["output"]
    if isinstance(output, str):
        return output
    return [_output_part(part) for part in output]


def _output_part(part: JsonObject) -> Any:
    from agents import ToolOutputFileContent, ToolOutputImage, ToolOutputText  # noqa: PLC0415 -- an extra

    if part["type"] == "input_text":
        return ToolOutputText(text=part["text"])
    if part["type"] == "input_image":
        return ToolOutputImage(image_url=part["image_url"], detail=part["detail"])
    return ToolOutputFileContent(file_data=part["file_data"], filename=part["filename"])
