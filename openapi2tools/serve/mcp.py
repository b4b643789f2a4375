"""A Model Context Protocol server that offers a client's tools. The door of mcp."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from openapi2tools._core.installed import install_command
from openapi2tools.agent.tool_search.finder import ToolFinder
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
        ElicitResult,
        InputRequiredResult,
        ListToolsResult,
        PaginatedRequestParams,
    )

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Json

# The name of our only question to the person, and the state that says that it was asked.
_APPROVAL: Final = "approval"
# pydantic writes 254 levels, those of the message around the data included.
_MAX_NESTING: Final = 200


async def serve(client: Client, *, search: bool = False) -> None:
    """Serve a client's tools over standard input and output until the input ends.

    Meanwhile, what else is printed goes to standard error. A call that the other side cancels, or
    that it leaves behind when it goes away, is cancelled here, too.

    Args:
        client: Makes the calls.
        search: Offer tools to find, to describe and to call the client's tools, instead of these.

    Raises:
        OpenAPI2ToolsError: The extra `mcp` is not installed.
    """
    server = make_server(client, search=search)
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


def make_server(client: Client, *, search: bool = False) -> Server:
    """Return the server that `serve` runs, for any transport of the SDK.

    Args:
        client: As in `serve`.
        search: As in `serve`.

    Raises:
        OpenAPI2ToolsError: The extra `mcp` is not installed.
    """
    require_sdk()
    from mcp import types  # noqa: PLC0415 -- an extra
    from mcp.server import Server  # noqa: PLC0415 -- likewise
    from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity  # noqa: PLC0415 -- likewise

    finder = ToolFinder(client.tools) if search else None
    offered = finder.search_tools if finder else client.tools

    async def list_tools(
        _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return types.ListToolsResult(
            tools=[types.Tool.model_validate(describe(tool)) for tool in offered.values()]
        )

    async def call_tool(
        context: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        return await _call_tool(client, finder, context, params)

    title = next((tool.api.title for tool in client.tools.values()), None)
    server = Server(
        "openapi2tools",
        version=version("openapi2tools"),
        title=title,
        instructions=finder.instructions("").strip() if finder else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.append(
        RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=None)
    )
    return server


async def _call_tool(
    client: Client,
    finder: ToolFinder | None,
    context: ServerRequestContext,
    params: CallToolRequestParams,
) -> CallToolResult | InputRequiredResult:
    """Make a call, after the question that it may need."""
    from mcp import types  # noqa: PLC0415 -- an extra

    message = {
        "id": context.request_id,
        "params": {"name": params.name, "arguments": params.arguments},
    }
    [call] = read_calls(message, client.tools)
    if finder is not None:
        call = finder.real_call(call)
        if call.fault or finder.answers(call):
            result = _error_result(call, call.fault) if call.fault else finder.answer(call)
            return types.CallToolResult.model_validate(write_result(result))
    try:
        prepared = client.prepare(call)
        needs_approval = prepared.decision is Decision.ASK and client.options.approve is None
        if needs_approval:
            question = await _ask_for_approval(context, params, prepared)
            if question is not None:
                return question
        result = await client.asend(prepared, approved=needs_approval)
    except CallError as error:
        result = _error_result(call, str(error))
    return types.CallToolResult.model_validate(write_result(_without_unfit_data(result)))


async def _ask_for_approval(
    context: ServerRequestContext, params: CallToolRequestParams, prepared: Prepared
) -> InputRequiredResult | None:
    """Have the person at the other side asked; return None after a yes.

    Since its revision 2026-07-28 the protocol has no requests from the server: the question, which
    is returned, is a result, and the call comes again with the answer. Its state, which the SDK
    seals together with the tool's name and arguments, says that it is the call that was asked
    about.

    Raises:
        Refused: The person said no.
        ApprovalNeeded: Nobody can be asked.
    """
    from mcp import types  # noqa: PLC0415 -- an extra

    if not _can_ask(context):
        raise ApprovalNeeded(
            f"{prepared.tool.name} ({prepared.tool.operation.key}) was not sent: it needs "
            "somebody's approval, and this client cannot ask "
            "for it (elicitation). Do not repeat it; say that `openapi2tools serve --yes` lets "
            "writes go out without asking."
        )
    form = _approval_form(prepared)
    if context.session.can_send_request:
        answer = await context.session.elicit_form(
            form.message, form.requested_schema, context.request_id
        )
    else:
        given = _given_answer(params)
        if given is None:
            return types.InputRequiredResult(
                input_requests={_APPROVAL: types.ElicitRequest(params=form)},
                request_state=_APPROVAL,
            )
        answer = given
    if answer.action != "accept":
        raise Refused(
            "The person in charge declined this call. Do not repeat it; go on without it, or say "
            "so."
        )
    return None


def _given_answer(params: CallToolRequestParams) -> ElicitResult | None:
    """Return the answer that a call brings to the question we asked about it before."""
    from mcp import types  # noqa: PLC0415 -- an extra

    answer = (params.input_responses or {}).get(_APPROVAL)
    if params.request_state == _APPROVAL and isinstance(answer, types.ElicitResult):
        return answer
    return None


def _can_ask(context: ServerRequestContext) -> bool:
    """Return whether the client shows forms.

    One that names no mode does (revision 2025-11-25, Elicitation, Capabilities).
    """
    capabilities = context.session.client_capabilities
    modes = capabilities.elicitation if capabilities else None
    return modes is not None and (modes.form is not None or modes.url is None)


def _approval_form(prepared: Prepared) -> ElicitRequestFormParams:
    """Return the question: a form without fields, which one accepts or declines."""
    from mcp import types  # noqa: PLC0415 -- an extra

    question = f"{prepared.http().strip()}\n\nSend this request?"
    return types.ElicitRequestFormParams(
        message=question, requested_schema={"type": "object", "properties": {}}
    )


def _without_unfit_data(result: Result) -> Result:
    """Leave out the data where the text was shortened, or where the SDK cannot write it.

    Some clients give a model the data instead of the text.
    """
    if result.truncated or _is_nested(result.data, _MAX_NESTING):
        return replace(result, data=None)
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


def _error_result(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)
