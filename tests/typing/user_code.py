"""What a user's program looks like to a type checker: `make check` reads it with mypy and pyright.

It is never run. A line that must be refused carries an ignore, and a needless ignore is an error.
Every public name is used, and the types of the verbs are held.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, assert_never, assert_type

from openapi2tools import (
    ABSENT,
    AfterCall,
    Agent,
    AgentError,
    Answer,
    Answered,
    AnswerSuspected,
    Api,
    Approval,
    ApprovalAsked,
    ApprovalGiven,
    ApprovalNeeded,
    Approve,
    ArgumentsDelta,
    Ask,
    Asked,
    BeforeCall,
    Binding,
    BlockedAddress,
    BuildError,
    Call,
    Caller,
    CallError,
    CallFinished,
    CallStarted,
    Cert,
    Certificate,
    Change,
    ChangeKind,
    Client,
    Codecs,
    ConfigError,
    Confirm,
    Consent,
    Constant,
    ContextTooLong,
    Credential,
    CredentialMissing,
    Credentials,
    Decision,
    Declined,
    Effect,
    Entry,
    ErrorKind,
    Event,
    FetchError,
    Format,
    FormatName,
    FunctionTool,
    Hit,
    HttpArguments,
    HTTPStatusError,
    InvalidArguments,
    InvalidOption,
    JoinedCaller,
    LimitReached,
    Limits,
    LocalCaller,
    LocalModel,
    MissingCredential,
    Model,
    ModelNote,
    ModelUnavailable,
    NetworkError,
    Notice,
    NotRecorded,
    NotSent,
    Offer,
    OnProgress,
    OnResult,
    OpenAgent,
    OpenAIModel,
    OpenAPI2ToolsError,
    ParseError,
    Part,
    PerCall,
    Policy,
    Prepared,
    Prices,
    Problem,
    Progress,
    Question,
    Refused,
    RequestFacts,
    RequestSent,
    Result,
    Run,
    Runs,
    RunState,
    SearchIndex,
    Sent,
    Session,
    Settle,
    Settled,
    Settlement,
    SettlingAsked,
    Shortened,
    SpecError,
    Store,
    TextDelta,
    TimedOut,
    Tool,
    Toolset,
    Turn,
    TurnFinished,
    TurnRetried,
    TurnStarted,
    UnknownTool,
    UnsupportedVersion,
    Usage,
    WriteSettled,
    aload,
    build_tools,
    connect,
    diff,
    export,
    lint,
    load,
    load_tools,
    save,
    search,
)
from openapi2tools.adapters import (
    arun_calls,
    langchain_tools,
    openai_agents_tools,
    pydantic_ai_toolset,
    run_calls,
)
from openapi2tools.config import SavedApi, saved_api, saved_apis
from openapi2tools.document import (
    Encoding,
    Json,
    JsonObject,
    MediaType,
    OAuthFlow,
    Operation,
    Parameter,
    RequestBody,
    Response,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Server,
    ServerVariable,
    Severity,
    Style,
)
from openapi2tools.formats import (
    ANTHROPIC_STRICT,
    OPENAI_STRICT,
    LegalKeys,
    ReportRow,
    StrictConverter,
    ViewableKind,
    anthropic,
    full_text,
    gemini,
    mcp,
    only_objects,
    openai_chat,
    openai_responses,
    read_call,
    report,
    to_base64,
    to_plain_json,
    viewable_kind,
    viewable_parts,
)
from openapi2tools.linting import Report, fix_overlay
from openapi2tools.testing import (
    App,
    Line,
    Mock,
    RecordedRequest,
    Recorder,
    Recording,
    Replay,
    RunningMock,
    ScriptedModel,
    assert_request,
    connect_app,
    open_mock,
    record,
    replay,
)

# --- documents and tools ---


def show(progress: Progress) -> None:
    assert_type(progress.total, int | None)


def read_a_document() -> Toolset:
    shown: OnProgress = show
    limits = Limits(max_documents=3)
    api = load("openapi.json", headers={"X-Team": "books"}, limits=limits, progress=shown)
    api = load(b"{}", address="https://books.example/openapi.json")
    assert_type(api, Api)
    assert_type(api.problems, tuple[Problem, ...])
    tools = build_tools(api)
    assert_type(tools, Toolset)
    assert_type(tools["get_book"], Tool)
    assert_type(tools.get("get_book"), Tool | None)
    assert_type(search(tools, "books by Le Guin"), list[Hit])
    assert_type(SearchIndex.of(tools).search("books"), list[Hit])
    return tools.only("get_*", tags="books").prefixed("shop_") | tools.without("delete_*")


async def read_later() -> Api:
    return await aload(b"{}")


def look_into(api: Api) -> None:
    operation = api.operations[0]
    assert_type(operation, Operation)
    assert_type(operation.parameters, tuple[Parameter, ...])
    assert_type(operation.parameters[0].style, Style)
    assert_type(operation.responses, tuple[Response, ...])
    assert_type(operation.servers, tuple[Server, ...])
    assert_type(operation.servers[0].variables, Mapping[str, ServerVariable])
    assert_type(operation.security, tuple[SecurityRequirement, ...])
    body: RequestBody | None = operation.request_body
    if body is not None:
        media_type: MediaType = body.content[0]
        assert_type(media_type.encoding, Mapping[str, Encoding])
    scheme: SecurityScheme = api.schemes["bearerAuth"]
    assert_type(scheme.flows, tuple[OAuthFlow, ...])
    severity: Severity = api.problems[0].severity
    assert severity == "error"


def schema_of(parameter: Parameter) -> JsonObject:
    schema: Schema = parameter.schema
    example: Json = parameter.examples[0]
    return schema if isinstance(schema, dict) else {"example": example}


def look_at(tool: Tool) -> HttpArguments:
    assert_type(tool.bindings, tuple[Binding, ...])
    assert_type(tool.constants, tuple[Constant, ...])
    assert tool.effect is Effect.READ
    return tool.spread({"book_id": 101})


def keep(tools: Toolset) -> Toolset:
    save(tools.fixed("search_books", {"limit": 3}), Path("books.tools.json"))
    return load_tools("books.tools.json")


def judge() -> Mapping[str, Any]:
    judged = lint(load("openapi.json"))
    assert_type(judged, Report)
    assert_type(judged.score, int)
    return fix_overlay(judged)


# --- formats ---

LEGAL = re.compile("[a-z_]+")


class OwnFormat:
    """A format without strict schemas."""

    def describe(self, tool: Tool, *, strict: bool = False) -> dict[str, Any]:
        keys = LegalKeys(tool.schema, LEGAL)
        return {"name": tool.name, "strict": strict, "schema": keys.rename()}

    def read_calls(
        self, message: Any, tools: Mapping[str, Tool], *, strict: bool = False
    ) -> list[Call]:
        assert not strict
        return [
            read_call(tools, one["name"], one["arguments"], id=one["id"])
            for one in only_objects(to_plain_json(message))
        ]

    def write_result(self, result: Result) -> list[str]:
        parts = viewable_parts(result)
        assert_type(parts, list[Part])
        return [full_text(result), *(to_base64(part) for part in parts if viewable_kind(part))]


def strictly(tool: Tool, arguments: str, *, for_anthropic: bool) -> Call:
    converter = StrictConverter(ANTHROPIC_STRICT if for_anthropic else OPENAI_STRICT)
    assert converter.to_strict(tool.schema).schema is not None
    return read_call({tool.name: tool}, tool.name, arguments, id="1", strict_converter=converter)


def kind_of(part: Part) -> ViewableKind | None:
    return viewable_kind(part)


def describe(tools: Toolset, name: FormatName) -> list[Any]:
    own: Format = OwnFormat()
    formats: list[Format] = [openai_chat, openai_responses, anthropic, gemini, mcp, own]
    for one in formats:
        export(tools, one)
    assert_type(report(tools, own), list[ReportRow])
    export(tools, name)
    return export(tools, "openai-responses", strict=False)


# --- calls ---


def approve(prepared: Prepared) -> bool:
    return "POST" in prepared.curl() and prepared.decision is Decision.ASK


def call(tools: Toolset) -> Result:
    token: Credential = "token"
    credentials: Credentials = {"bearerAuth": token}
    asked: Approve = approve
    confirm: Confirm = "writes"
    policy = Policy(confirm=confirm)
    certificate: Cert = Certificate("client.pem", None, "")
    codecs: Codecs = {"text/csv": lambda value: str(value).encode()}
    with connect(
        tools,
        credentials=credentials,
        policy=policy,
        approve=asked,
        cert=certificate,
        codecs=codecs,
    ) as client:
        assert_type(client, Client)
        prepared = client.prepare("get_book", {"book_id": 101})
        try:
            return client.send(prepared, approved=True)
        except ApprovalNeeded:
            return client.call(Call("get_book", {"book_id": 101}))
        except OpenAPI2ToolsError as error:
            raise SystemExit(str(error)) from error


def call_many(client: Client, hear: OnResult) -> list[ErrorKind | None]:
    options: PerCall = {"timeout": 5.0, "headers": {"X-Trace": "1"}}
    client.call("get_book", {"book_id": 101}, **options)
    return [one.error for one in client.map("get_book", [{"book_id": 101}], on_result=hear)]


async def facts_of(client: Client, prepared: Prepared) -> RequestFacts:
    return await client.adescribe(prepared)


async def agree(client: Client, prepared: Prepared) -> Result:
    return await client.asend(prepared, approved=Consent.to(await client.adescribe(prepared)))


# --- agents ---


def ask(client: Client, *, offline: bool) -> str:
    model: Model = LocalModel() if offline else OpenAIModel("gpt-5.5")
    session = Session()
    offer: Offer = "all"
    agent = Agent(client, model, max_turns=5, max_tokens=9_000, max_seconds=60, offer=offer)
    agent = Agent(client, model, max_cost=0.5, prices=Prices(1.25, 10))
    answer = agent.run("How many?", session=session)
    assert_type(answer, Answer)
    assert_type(answer.usage, Usage)
    return answer.text


async def ask_in_steps(client: Client) -> None:
    async for event in Agent(client, OpenAIModel("gpt-5.5")).stream("How many books?"):
        tell(event)


def tell(event: Event) -> None:
    match event:
        case TextDelta() | ArgumentsDelta() | TurnRetried() | LimitReached():
            assert_type(event.text, str)
        case TurnStarted() | ModelNote() | TurnFinished() | CredentialMissing() | AnswerSuspected():
            pass
        case CallStarted() | ApprovalAsked() | ApprovalGiven() | RequestSent() | CallFinished():
            assert_type(event.call, Call)
        case SettlingAsked() | WriteSettled():
            assert_type(event.write, Sent)
        case Answered():
            assert_type(event.answer, Answer)
        case _:
            assert_never(event)


def words(entry: Entry) -> str:
    match entry:
        case Question() | Turn() | Result() | Notice():
            return entry.text
        case Asked() | Approval() | Sent() | Settled():
            return entry.call_id
        case Shortened():
            return f"{len(entry.positions)} results"
        case _:
            assert_never(entry)


class Table:
    """A place of one's own to keep sessions in."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)

    def close(self) -> None:
        pass


def ask_a_person(write: Sent, known: str) -> Settlement | Literal["later"]:
    return "later" if not known else "done"


SETTLE: Settle = ask_a_person


def settle(table: Table, outcome: Settlement) -> None:
    store: Store = table
    session = Session(table.entries, store=store)
    for write in session.unknown:
        assert_type(write, Sent)
        session.settle(write, outcome)


class OwnModel:
    """A model of one's own."""

    name = "own"

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        assert len(tools)
        assert instructions
        yield self._ask

    async def _ask(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        if not record:
            raise ModelUnavailable("It sleeps.", retry_after=1)
        if len(record) > 1_000:
            raise ContextTooLong("Too much.")
        yield "Hello"
        yield Turn(text=words(record[-1]))


MODELS: list[Model] = [OwnModel(), ScriptedModel("Hello")]


# --- tests ---


async def app(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI app."""


def count(record: Sequence[Entry]) -> str:
    return f"{len(record)} entries"


def try_out() -> None:
    own: App = app
    recorder = Recorder(own)
    lines: list[Line] = [("get_book", {"book_id": 101}), [Call("a"), ("b", {})], count, "There."]
    with connect_app(recorder, credentials={"bearerAuth": "token"}) as client:
        assert_type(client, Client)
        Agent(client, ScriptedModel(*lines)).run("Is book 101 there?")
        assert_request(client.prepare("get_book", {"book_id": 101}), method="GET", query={})
    assert_type(recorder.requests, list[RecordedRequest])
    assert_request(recorder.requests[0], headers={"X-Trace": None}, json={"a": 1})
    with connect_app(Mock(load("books.json"), seed=2, auth=False, on_request=print)) as client:
        client.call("get_book", {"book_id": 101})
    with open_mock(load("books.json"), port=0) as running:
        assert_type(running, RunningMock)
        build_tools(load(running.document))
    kept: Recording = record("books.jsonl", add=True)
    played: Replay = replay("books.jsonl")
    for recording in (kept, played):
        with connect(Toolset(), recording=recording) as client:
            client.call("get_book", {"book_id": 101})


# --- one client for many users, many calls, functions of the program ---


def look(call: Call, result: Result) -> Result | None:
    kind: ErrorKind | None = result.error
    assert_type(result.raise_for_error(), Result)
    return None if kind is None and result.ok and result.sent else result


async def look_first(call: Call) -> Call | None:
    return Call(call.tool, {"book_id": 101})


def price(book_id: int, copies: int = 1) -> float:
    return 9.5 * copies


async def serve_one(client: Client, token: str, note: OnResult) -> list[Result]:
    for_ann = client.scoped(credentials={"bearerAuth": token}, headers={"X-User": "ann"})
    assert_type(for_ann, Client)
    once: PerCall = {"timeout": 5, "headers": {"X-Trace": "1"}}
    assert_type(await for_ann.acall("get_book", {"book_id": 101}, **once), Result)
    assert_type(client.call_model(Call("get_book")), Result)
    for page in client.pages("list_books"):
        assert_type(page, Result)
    return await client.amap("get_book", [{"book_id": 101}], concurrency=2, on_result=note)


def join_in(client: Client, model: Model) -> Answer:
    before: BeforeCall = look_first
    after: AfterCall = look
    cost = FunctionTool(price, name="cost", effect="read")
    local = LocalCaller(client.tools, lambda call: Result("", "t", ""))
    callers: list[Caller] = [client, local, JoinedCaller(client, local)]
    return Agent(
        callers[0],
        model,
        tools=[price, cost],
        before_call=before,
        after_call=after,
        parallel_calls=4,
    ).run("What does it cost?")


# --- runs that are kept ---


def kept_runs(agent: Agent) -> list[str]:
    @asynccontextmanager
    async def open_agent(run: Run) -> AsyncGenerator[Agent, None]:
        assert run.options.get("who") == "Mei"
        yield agent

    opens: OpenAgent = open_agent
    with Runs(opens, database="sqlite:///runs.sqlite") as runs:
        run = runs.submit("shop", "Order two copies of Emma.", options={"who": "Mei"})
        runs.work(runs_at_once=2, calls_per_api=1, until_idle=True, on_leg=print)
        for call in runs.session(run.id).waiting:
            runs.approve(run.id, call)
        for write in runs.session(run.id).unknown:
            runs.settle(run.id, write.call_id, "not done")
        runs.deny(run.id)
        runs.remove(run.id)
        runs.cancel(runs.resume(run.id, "And two of Persuasion.").id)
        runs.stop()
        ended: tuple[RunState, ...] = ("answered", "incomplete", "failed", "cancelled")
        return [each.text for each in Runs({"shop": agent}).list(*ended)]


# --- saved APIs ---


def from_the_file(name: str) -> str:
    api: SavedApi = saved_apis().get(name) or saved_api(name, file="openapi2tools.toml")
    only_reads: Toolset = api.tools().only(read_only=True)
    with api.connect(only_reads, timeout=10.0) as client:
        return f"{api.source} {api.load().title} {client.call('list').text}"


async def elsewhere(client: Client, message: object) -> list[object]:
    adapters: list[object] = [langchain_tools, openai_agents_tools, pydantic_ai_toolset]
    answers: list[object] = run_calls(message, client)
    return [*adapters, *answers, *await arun_calls(message, client, strict=False)]


def unbroken(old: Toolset, new: Toolset) -> bool:
    changes: tuple[Change, ...] = diff(old, new)
    kinds: set[ChangeKind] = {change.kind for change in changes}
    return not any(change.is_breaking for change in changes) and "tool-removed" not in kinds


# --- what is refused ---


def refused(tools: Toolset, client: Client) -> None:
    build_tools("openapi.json")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.call(101)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Policy(confirm="sometimes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tools["get_book"].name = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    export(tools, "openai-caht")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    export(tools, format="openai-caht")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    export(tools, app)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Agent(client, "gpt-5.5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    connect_app("app")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


ERRORS: list[type[OpenAPI2ToolsError]] = [
    *(SpecError, FetchError, ParseError, UnsupportedVersion, BuildError, InvalidOption),
    ConfigError,
    *(CallError, UnknownTool, InvalidArguments, Refused, ApprovalNeeded, Declined),
    *(
        MissingCredential,
        NetworkError,
        BlockedAddress,
        NotRecorded,
        NotSent,
        TimedOut,
        AgentError,
        HTTPStatusError,
    ),
]
NOTHING: object = ABSENT
