"""A Model Context Protocol server that offers a client's tools. The door of mcp."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.installed import install_command, own_version
from openapi2tools.agent.caller import owner_of
from openapi2tools.agent.files.handles import follow_handles
from openapi2tools.agent.reading import LatestResults, ResultReader
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.suspicion import with_data_note
from openapi2tools.agent.tool_search.finder import ToolFinder
from openapi2tools.errors import AgentError, CallError, OpenAPI2ToolsError
from openapi2tools.formats.mcp import describe, read_calls, write_result
from openapi2tools.formats.writing import to_base64
from openapi2tools.model import Call, Result, essence
from openapi2tools.serve.files import ServedFiles
from openapi2tools.serve.questions import InputRequired, OpenQuestions, Person
from openapi2tools.serve.writes import Writes
from openapi2tools.tools.arguments.handles import with_handles

if TYPE_CHECKING:
    from mcp.server import Server, ServerRequestContext
    from mcp.types import (
        CallToolRequestParams,
        CallToolResult,
        InputRequiredResult,
        ListResourcesResult,
        ListToolsResult,
        PaginatedRequestParams,
        ReadResourceRequestParams,
        ReadResourceResult,
    )

    from openapi2tools.agent.caller import Caller, LocalCaller
    from openapi2tools.model import Json

# pydantic writes 254 levels, those of the message around the data included.
_MAX_NESTING: Final = 200
_ID_BYTES: Final = 4


class _Served(NamedTuple):
    """What a server offers, and what it keeps between calls."""

    client: Caller
    finder: ToolFinder | None
    writes: Writes
    questions: OpenQuestions
    files: ServedFiles


async def serve(client: Caller, *, search: bool = False, session: Session | None = None) -> None:
    """Serve a client's tools over standard input and output until the input ends.

    Meanwhile, what else is printed goes to standard error. A call that the other side cancels, or
    that it leaves behind when it goes away, is cancelled here, too.

    Args:
        client: Makes the calls.
        search: Offer tools to find, to describe and to call the client's tools, instead of these.
        session: Gets the writes that are made, each before it goes out. One whose outcome nobody
            knows does not go out again before it is settled; without a session the server knows its
            own.

    Raises:
        OpenAPI2ToolsError: The extra `mcp` is not installed.
    """
    server = make_server(client, search=search, session=session)
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 -- an extra

    try:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    except* BrokenPipeError:  # the other side has gone: nobody is there to be told
        pass


def require_sdk() -> None:
    """Raise OpenAPI2ToolsError when the extra `mcp` is not installed."""
    if find_spec("mcp") is None:
        raise OpenAPI2ToolsError(
            "The SDK of the Model Context Protocol is not installed: " + install_command("mcp")
        )


def make_server(client: Caller, *, search: bool = False, session: Session | None = None) -> Server:
    """Return the server that `serve` runs, for any transport of the SDK.

    Args:
        client: As in `serve`.
        search: As in `serve`.
        session: As in `serve`.

    Raises:
        OpenAPI2ToolsError: The extra `mcp` is not installed.
    """
    require_sdk()
    from mcp import MCPError, types  # noqa: PLC0415 -- an extra
    from mcp.server import Server  # noqa: PLC0415 -- likewise
    from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity  # noqa: PLC0415 -- likewise

    tools = with_handles(client.tools)
    finder = ToolFinder(tools) if search else None
    offered = finder.search_tools if finder else tools
    latest = LatestResults()
    reader = ResultReader(latest.find, {*client.tools, *offered})

    async def list_tools(
        _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool.model_validate(describe(tool))
                for tool in (*offered.values(), *reader.tools.values())
            ]
        )

    files = ServedFiles()
    served = _Served(
        client, finder, Writes(Session() if session is None else session), OpenQuestions(), files
    )

    async def list_resources(
        _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return types.ListResourcesResult(resources=[])  # each client knows its own by their links

    async def read_resource(
        _: ServerRequestContext, params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        part = files.at(str(params.uri))
        if part is None:
            raise MCPError(
                types.INVALID_PARAMS,
                f"There is no {params.uri} any more: make the call that gave it again.",
            )
        content = types.BlobResourceContents(
            uri=params.uri, mime_type=essence(part.media_type), blob=to_base64(part)
        )
        return types.ReadResourceResult(contents=[content])

    async def call_tool(
        context: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        if params.name == reader.name:
            call = Call(reader.name, params.arguments or {}, id=str(context.request_id))
            read = await _answer_locally(reader.caller, call)
            return types.CallToolResult.model_validate(write_result(read))
        answer = await _call_tool(served, context, params)
        if not isinstance(answer, Result):
            return answer
        result = _without_unfit_data(with_data_note(reader.noted(latest.keep(answer))))
        return types.CallToolResult.model_validate(files.write_result(result))

    title = next((tool.api.title for tool in client.tools.values()), None)
    server = Server(
        "openapi2tools",
        version=own_version(),
        title=title,
        instructions=finder.instructions("").strip() if finder else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )
    server.middleware.append(
        RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=None)
    )
    return server


async def _call_tool(
    served: _Served, context: ServerRequestContext, params: CallToolRequestParams
) -> Result | InputRequiredResult:
    """Make a call, after the question that it may need."""
    client, finder = served.client, served.finder
    message = {
        "id": token_hex(_ID_BYTES),  # those of the protocol come again with the next host
        "params": {"name": params.name, "arguments": params.arguments},
    }
    [call] = read_calls(message, client.tools)
    if finder is not None:
        call = finder.real_call(call)
        if call.fault or finder.answers(call):
            return finder.answer(call)
    person = Person(served.questions, context, params)
    try:
        with_files = follow_handles(call, client, served.files.find)
        return await served.writes.make(with_files, owner_of(client, call.tool), person)
    except InputRequired as question:
        return question.result
    except CallError as error:
        return Result.failed(call, error)
    except AgentError as error:  # the record cannot be kept
        return Result.failed(call, "not_sent", str(error))


async def _answer_locally(caller: LocalCaller, call: Call) -> Result:
    """Answer a call of one of our own tools."""
    try:
        return await caller.asend(caller.prepare(call))
    except CallError as error:
        return Result.failed(call, error)


def _without_unfit_data(result: Result) -> Result:
    """Leave out the data where the text was shortened, or where the SDK cannot write it.

    Some clients give a model the data instead of the text.
    """
    if result.truncated or _is_nested(result.shown, _MAX_NESTING):
        return replace(result, data=None, selected=None)
    return result


def _is_nested(value: Json, levels: int) -> bool:
    """Return whether a value is nested so many levels deep."""
    if levels == 0:
        return True
    if isinstance(value, dict):
        return any(_is_nested(member, levels - 1) for member in value.values())
    if isinstance(value, list):
        return any(_is_nested(item, levels - 1) for item in value)
    return False
