"""The Model Context Protocol: a client for an API in, a server that offers its tools over standard input and output."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from openapi2tools.call.policy import Decision
from openapi2tools.errors import ApprovalNeeded, CallError, OpenAPI2ToolsError, Refused
from openapi2tools.formats.mcp import describe, read_calls, write_result
from openapi2tools.model import Result

if TYPE_CHECKING:
    from mcp.server import Server, ServerRequestContext
    from mcp.types import (
        CallToolRequestParams,
        CallToolResult,
        ElicitRequestFormParams,
        InputRequiredResult,
        ListToolsResult,
        PaginatedRequestParams,
    )

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Json

MISSING: Final = (
    "The SDK of the Model Context Protocol is not installed: pip install 'openapi2tools[mcp]'"
)
_APPROVAL: Final = "approval"
_DEEPEST: Final = 200  # levels: pydantic writes 254, those of the message around them included


async def serve(client: Client) -> None:
    """Serve these tools over standard input and output until the input ends; meanwhile, what else is printed goes to standard error.

    What breaks off, because the other side cancels it or goes away, is cancelled here, too.
    OpenAPI2ToolsError without the extra `mcp`.
    """
    server = make_server(client)
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 -- an extra

    try:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    except* BrokenPipeError:  # the other side has gone: nobody is there to be told
        pass


def require_sdk() -> None:
    """Raise OpenAPI2ToolsError when the extra `mcp` is not installed."""
    if find_spec("mcp") is None:
        raise OpenAPI2ToolsError(MISSING)


def make_server(client: Client) -> Server:
    """Make the server that `serve` runs, for any transport of the SDK. OpenAPI2ToolsError without the extra `mcp`."""
    require_sdk()
    from mcp import types  # noqa: PLC0415 -- an extra
    from mcp.server import Server  # noqa: PLC0415 -- likewise
    from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity  # noqa: PLC0415 -- likewise

    async def list_tools(
        _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return types.ListToolsResult(
            tools=[types.Tool.model_validate(describe(tool)) for tool in client.tools.values()]
        )

    async def call_tool(
        context: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        message = {
            "id": context.request_id,
            "params": {"name": params.name, "arguments": params.arguments},
        }
        [call] = read_calls(message, client.tools)
        try:
            prepared = client.prepare(call)
            asks = prepared.decision is Decision.ASK and client.options.approve is None
            if asks and (question := await _ask(context, params, prepared)):
                return question
            result = await client.asend(prepared, approved=asks)
        except CallError as error:
            result = _fault(call, str(error))
        return types.CallToolResult.model_validate(write_result(_fitting(result)))

    title = next((tool.api.title for tool in client.tools.values()), None)
    server = Server(
        "openapi2tools",
        version=version("openapi2tools"),
        title=title,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.append(
        RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=None)
    )
    return server


async def _ask(
    context: ServerRequestContext, params: CallToolRequestParams, prepared: Prepared
) -> InputRequiredResult | None:
    """Have the person at the other side asked: None after a yes. Raises Refused after a no, ApprovalNeeded when nobody can be asked.

    Since its revision 2026-07-28 the protocol has no requests from the server: the question is a
    result, and the call comes again with the answer. Its state, which the SDK seals together with
    the tool's name and arguments, says that it is the call that was asked about.
    """
    from mcp import types  # noqa: PLC0415 -- an extra

    if not _can_ask(context):
        raise ApprovalNeeded(
            f"{prepared.tool.name} ({prepared.tool.operation.key}) was not sent: it needs somebody's approval, and this client cannot ask "
            "for it (elicitation). Do not repeat it; say that `openapi2tools serve --yes` lets writes go out without asking."
        )
    form = _form(prepared)
    if context.session.can_send_request:
        answer = await context.session.elicit_form(
            form.message, form.requested_schema, context.request_id
        )
    else:
        given = (params.input_responses or {}).get(_APPROVAL)
        if params.request_state != _APPROVAL or not isinstance(given, types.ElicitResult):
            return types.InputRequiredResult(
                input_requests={_APPROVAL: types.ElicitRequest(params=form)},
                request_state=_APPROVAL,
            )
        answer = given
    if answer.action != "accept":
        raise Refused(
            "The person in charge declined this call. Do not repeat it; go on without it, or say so."
        )
    return None


def _can_ask(context: ServerRequestContext) -> bool:
    """Tell whether the client shows forms; one that names no mode does (revision 2025-11-25, Elicitation, Capabilities)."""
    capabilities = context.session.client_capabilities
    modes = capabilities.elicitation if capabilities else None
    return modes is not None and (modes.form is not None or modes.url is None)


def _form(prepared: Prepared) -> ElicitRequestFormParams:
    """Write the question: a form without fields, which one accepts or declines."""
    from mcp import types  # noqa: PLC0415 -- an extra

    question = f"{prepared.http().strip()}\n\nSend this request?"
    return types.ElicitRequestFormParams(
        message=question, requested_schema={"type": "object", "properties": {}}
    )


def _fitting(result: Result) -> Result:
    """Leave out the data where the text had to be shortened, or where the SDK cannot write it.

    There are clients that give a model the data instead of the text.
    """
    return (
        replace(result, data=None)
        if result.truncated or _reaches(result.data, _DEEPEST)
        else result
    )


def _reaches(value: Json, levels: int) -> bool:
    """Tell whether a value is nested so many levels deep."""
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return levels == 0 or any(_reaches(member, levels - 1) for member in members)


def _fault(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)
