"""A Model Context Protocol server that offers a client's tools. The door of mcp."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.installed import install_command, own_version
from openapi2tools.agent.files.handles import follow_handles
from openapi2tools.agent.reading import LatestResults, ResultReader
from openapi2tools.agent.suspicion import with_data_note
from openapi2tools.agent.tool_search.finder import ToolFinder
from openapi2tools.call.approval.consent import Consent
from openapi2tools.call.policy import Decision
from openapi2tools.errors import ApprovalNeeded, CallError, Declined, OpenAPI2ToolsError
from openapi2tools.formats.mcp import describe, read_calls, write_result
from openapi2tools.formats.writing import to_base64
from openapi2tools.model import Call, Result, essence
from openapi2tools.serve.files import ServedFiles
from openapi2tools.tools.arguments.handles import with_handles

if TYPE_CHECKING:
    from mcp.server import Server, ServerRequestContext
    from mcp.types import (
        CallToolRequestParams,
        CallToolResult,
        ElicitRequestFormParams,
        ElicitResult,
        InputRequiredResult,
        ListResourcesResult,
        ListToolsResult,
        PaginatedRequestParams,
        ReadResourceRequestParams,
        ReadResourceResult,
    )

    from openapi2tools.agent.caller import Caller, LocalCaller
    from openapi2tools.call.approval.facts import RequestFacts
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json

# The name of our only question to the person.
_APPROVAL: Final = "approval"
# More questions than these at a time are of nobody who answers.
_MAX_OPEN_QUESTIONS: Final = 1_000
_MAX_QUESTIONS_IN_A_ROW: Final = 3
# pydantic writes 254 levels, those of the message around the data included.
_MAX_NESTING: Final = 200


class _Served(NamedTuple):
    """What a server offers, and what it keeps between calls."""

    client: Caller
    finder: ToolFinder | None
    questions: _OpenQuestions
    files: ServedFiles


class _OpenQuestions:
    """The questions that wait for an answer, by the state that comes back with it.

    An answer takes its question away, so that no yes counts twice.
    """

    def __init__(self) -> None:
        self._request_by_state: dict[str, RequestFacts] = {}

    def add(self, request: RequestFacts) -> str:
        """Keep what is asked about, and return the state that goes with the question."""
        while len(self._request_by_state) >= _MAX_OPEN_QUESTIONS:
            del self._request_by_state[next(iter(self._request_by_state))]
        state = token_urlsafe(16)
        self._request_by_state[state] = request
        return state

    def take(self, state: str | None) -> RequestFacts | None:
        """Return what was asked about; None for a question that has its answer, or never was."""
        return self._request_by_state.pop(state or "", None)


async def serve(client: Caller, *, search: bool = False) -> None:
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


def make_server(client: Caller, *, search: bool = False) -> Server:
    """Return the server that `serve` runs, for any transport of the SDK.

    Args:
        client: As in `serve`.
        search: As in `serve`.

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
    served = _Served(client, finder, _OpenQuestions(), files)

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
    client, finder, questions, files = served
    message = {
        "id": context.request_id,
        "params": {"name": params.name, "arguments": params.arguments},
    }
    [call] = read_calls(message, client.tools)
    if finder is not None:
        call = finder.real_call(call)
        if call.fault or finder.answers(call):
            return finder.answer(call)
    try:
        prepared = client.prepare(follow_handles(call, client, files.find))
        consent: Consent | None = None
        if prepared.decision is Decision.ASK and client.approve is None:
            outcome = await _ask_for_approval(client, questions, context, params, prepared)
            if not isinstance(outcome, Consent):
                return outcome
            consent = outcome
        return await client.asend(prepared, approved=consent or False)
    except CallError as error:
        return Result.failed(call, error)


async def _answer_locally(caller: LocalCaller, call: Call) -> Result:
    """Answer a call of one of our own tools."""
    try:
        return await caller.asend(caller.prepare(call))
    except CallError as error:
        return Result.failed(call, error)


async def _ask_for_approval(
    client: Caller,
    questions: _OpenQuestions,
    context: ServerRequestContext,
    params: CallToolRequestParams,
    prepared: Prepared,
) -> Consent | InputRequiredResult:
    """Have the person at the other side asked; return the yes, or the question to them.

    Since its revision 2026-07-28 the protocol has no requests from the server: the question is a
    result, and the call comes again with the answer. Its state, which the SDK seals together with
    the tool's name and arguments, says what was asked about.

    Raises:
        Declined: The person said no.
        ApprovalNeeded: Nobody can be asked.
    """
    if not _can_ask(context):
        raise ApprovalNeeded(
            f"{prepared.tool.name} ({prepared.tool.operation.key}) was not sent: it needs "
            "somebody's approval, and this client cannot ask "
            "for it (elicitation). Do not repeat it; say that `openapi2tools serve --yes` lets "
            "writes go out without asking."
        )
    if context.session.can_send_request:
        return await _ask_and_wait(client, context, prepared)
    return await _read_answer_or_ask(client, questions, params, prepared)


async def _ask_and_wait(
    client: Caller, context: ServerRequestContext, prepared: Prepared
) -> Consent:
    """Ask in the middle of the call, and again when the request has changed meanwhile."""
    for _ in range(_MAX_QUESTIONS_IN_A_ROW):
        asked = await client.adescribe(prepared)
        form = _approval_form(prepared)
        answer = await context.session.elicit_form(
            form.message, form.requested_schema, context.request_id
        )
        _require_acceptance(answer)
        now = await client.adescribe(prepared, asked.signature)
        changes = now.changes_since(asked.facts)
        if not changes:
            return Consent.to(asked)
        prepared = replace(prepared, changes=changes)
    raise ApprovalNeeded(
        f"{prepared.tool.name} was not sent: its request changes while somebody is asked "
        f"({prepared.changes[0]})."
    )


async def _read_answer_or_ask(
    client: Caller, questions: _OpenQuestions, params: CallToolRequestParams, prepared: Prepared
) -> Consent | InputRequiredResult:
    """Take the answer that the call brings to an open question, else ask."""
    from mcp import types  # noqa: PLC0415 -- an extra

    now = await client.adescribe(prepared)
    answer = (params.input_responses or {}).get(_APPROVAL)
    if isinstance(answer, types.ElicitResult):
        asked = questions.take(params.request_state)
        if asked is not None:
            _require_acceptance(answer)
            consent = Consent.to(asked)
            changes = consent.objections(now, client.policy)
            if not changes:
                return consent
            prepared = replace(prepared, changes=changes)
    return types.InputRequiredResult(
        input_requests={_APPROVAL: types.ElicitRequest(params=_approval_form(prepared))},
        request_state=questions.add(now),
    )


def _require_acceptance(answer: ElicitResult) -> None:
    if answer.action != "accept":
        raise Declined(
            "The person in charge declined this call. Do not repeat it; go on without it, or say "
            "so."
        )


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

    return types.ElicitRequestFormParams(
        message=prepared.question(), requested_schema={"type": "object", "properties": {}}
    )


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
