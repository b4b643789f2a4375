"""LangChain and LangGraph call a client's tools; a graph stops where somebody has to agree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.adapters import langchain_tools
from tests.support.adapted import ODD_NAMES, pets

pytest.importorskip("langchain_core", reason="make test-adapters installs langchain-core")
pytest.importorskip("langgraph", reason="make test-adapters installs langgraph")
if TYPE_CHECKING:
    from openapi2tools import Client

pytestmark = pytest.mark.filterwarnings("default")


def graph(client: Client, *made: tuple[str, Any]) -> Any:
    """Return a graph whose model makes these calls, and whose tools make them."""
    from langchain_core.messages import AIMessage
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode

    wanted = [{"name": name, "args": args, "id": str(n)} for n, (name, args) in enumerate(made)]
    building = StateGraph(MessagesState)
    building.add_node("model", lambda _: {"messages": [AIMessage("", tool_calls=wanted)]})
    building.add_node("tools", ToolNode(langchain_tools(client)))
    building.set_entry_point("model")
    building.add_edge("model", "tools")
    return building.compile(checkpointer=InMemorySaver())


def answers(client: Client, *made: tuple[str, Any], resume: Any = None) -> list[Any]:
    """Return the messages that answer the calls; `resume` is said where the graph stops."""

    async def go() -> Any:
        from langgraph.types import Command

        config = {"configurable": {"thread_id": "1"}}
        asked = graph(client, *made)
        state = await asked.ainvoke({"messages": [("user", "Go.")]}, config)
        if resume is not None:
            assert "POST" in state["__interrupt__"][0].value
            state = await asked.ainvoke(Command(resume=resume), config)
        return state["messages"]

    return [message for message in asyncio.run(go()) if message.type == "tool"]


def test_whatever_a_model_says_the_graph_goes_on() -> None:
    made = [
        ("find_pets", {"limit": 2}),
        ("find_unicorns", {}),
        ("find_pets", {"limit": "many"}),
        ("add_pet", {"name": "Rex"}),
        ("get_secret", {}),
    ]
    with pets() as api:
        read = answers(api.client, *made)
    words = ("limit=2", "find_unicorns", "limit", "approval", "credential")
    assert [word in one.content for word, one in zip(words, read, strict=True)] == [True] * 5, read
    assert [one.status for one in read] == ["success", "error", "error", "error", "error"]
    assert read[0].artifact["data"] == {"found": "limit=2"}
    assert len(api.sent) == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_an_argument_may_have_any_name(is_async: bool) -> None:
    arguments = {name: name for name in ODD_NAMES}
    with pets() as api:
        [tool] = [each for each in langchain_tools(api.client) if each.name == "find_pets"]
        text = asyncio.run(tool.ainvoke(arguments)) if is_async else tool.invoke(arguments)
    assert "runtime=runtime" in text
    assert api.sent == ["GET /pets?" + "&".join(f"{name}={name}" for name in ODD_NAMES)]


@pytest.mark.parametrize(("resume", "sent"), [(True, ["POST /pets"]), (False, [])])
def test_a_graph_is_interrupted_by_an_approver_that_says_so(resume: bool, sent: list[str]) -> None:
    from langgraph.types import interrupt

    async def ask(prepared: Any) -> Any:
        return interrupt(prepared.question())

    with pets() as api:
        client = api.client.scoped(approve=ask)
        [read] = answers(client, ("add_pet", {"name": "Rex"}), resume=resume)
    assert read.status == ("success" if resume else "error")
    assert api.sent == sent


def test_the_model_sees_a_picture() -> None:
    with pets() as api:
        [read] = answers(api.client, ("get_picture", {}))
    assert [block["type"] for block in read.content] == ["text", "image"]
    assert read.content[1]["mime_type"] == "image/png"


def test_a_model_is_offered_the_schema_as_it_is() -> None:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    with pets() as api:
        offered = [convert_to_openai_tool(tool)["function"] for tool in langchain_tools(api.client)]
    by_name = {each["name"]: each["parameters"] for each in offered}
    assert by_name["find_pets"]["properties"].keys() == {"limit", *ODD_NAMES}
    assert by_name["add_pet"]["required"] == ["name"]
