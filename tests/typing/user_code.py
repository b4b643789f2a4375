"""What a user's program looks like to a type checker: `make check` reads it with mypy and pyright.

It is never run. A line that must be refused carries an ignore, and a needless ignore is an error.
"""

from __future__ import annotations

from typing import Any, assert_type

from openapi2tools import (
    ABSENT,
    Agent,
    Answer,
    Api,
    ApprovalNeeded,
    Call,
    Client,
    LocalModel,
    Model,
    OpenAIModel,
    OpenAPI2ToolsError,
    Policy,
    Prepared,
    Problem,
    Result,
    Session,
    Tool,
    Toolset,
    aload,
    build_tools,
    connect,
    export,
    lint,
    load,
)


def read_a_document() -> Toolset:
    api = load("openapi.json", headers={"X-Team": "books"})
    assert_type(api, Api)
    assert_type(api.problems, tuple[Problem, ...])
    tools = build_tools(api)
    assert_type(tools, Toolset)
    assert_type(tools["get_book"], Tool)
    assert_type(tools.get("get_book"), Tool | None)
    return tools.only("get_*", tags="books").prefixed("shop_") | tools.without("delete_*")


async def read_later() -> Api:
    return await aload(b"{}")


def describe(tools: Toolset) -> list[Any]:
    assert_type(lint(load("openapi.json")).score, int)
    return export(tools, "openai-responses", strict=False)


def approve(prepared: Prepared) -> bool:
    return "POST" in prepared.curl()


def call(tools: Toolset) -> Result:
    with connect(
        tools, credentials={"bearerAuth": "token"}, policy=Policy(confirm="writes"), approve=approve
    ) as client:
        assert_type(client, Client)
        prepared = client.prepare("get_book", {"book_id": 101})
        try:
            return client.send(prepared, approved=True)
        except ApprovalNeeded:
            return client.call(Call("get_book", {"book_id": 101}))
        except OpenAPI2ToolsError as error:
            raise SystemExit(str(error)) from error


def ask(client: Client, *, offline: bool) -> str:
    model: Model = LocalModel() if offline else OpenAIModel("gpt-5.5")
    session = Session()
    answer = Agent(client, model, max_turns=5).run("How many books are there?", session=session)
    assert_type(answer, Answer)
    return answer.text


async def ask_in_steps(client: Client) -> None:
    async for event in Agent(client, OpenAIModel("gpt-5.5")).stream("How many books?"):
        assert event is not None


def refused(tools: Toolset, client: Client) -> None:
    build_tools("openapi.json")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.call(101)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Policy(confirm="sometimes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tools["get_book"].name = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


NOTHING: object = ABSENT
