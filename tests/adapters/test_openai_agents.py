"""OpenAI's Agents SDK calls a client's tools, and interrupts itself where somebody has to agree."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.adapters import openai_agents_tools
from tests.support.adapted import PNG, pets
from tests.support.openai_server import OpenAIServer, calls, says

agents = pytest.importorskip("agents", reason="make test-adapters installs openai-agents")
if TYPE_CHECKING:
    from openapi2tools import Client

pytestmark = pytest.mark.filterwarnings("default")


def run(client: Client, *lines: Any, answer: bool | None = None) -> tuple[Any, list[Any]]:
    """Return how a run ends, and what the model read; `answer` is said to every interruption."""

    async def go(url: str) -> Any:
        from openai import AsyncOpenAI

        openai = AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
        model = agents.OpenAIResponsesModel(model="m", openai_client=openai)
        agent = agents.Agent("Pets", model=model, tools=openai_agents_tools(client))
        config = agents.RunConfig(
            tracing_disabled=True, tool_not_found_behavior="return_error_to_model"
        )
        result = await agents.Runner.run(agent, "Go.", run_config=config)
        if answer is not None:
            state = result.to_state()
            for each in result.interruptions:
                state.approve(each) if answer else state.reject(each)
            result = await agents.Runner.run(agent, state, run_config=config)
        await openai.close()
        return result

    with OpenAIServer(*lines) as server:
        result = asyncio.run(go(server.url))
    items = [item for item in result.to_input_list() if item.get("type") == "function_call_output"]
    return result, [item["output"] for item in items]


def test_whatever_a_model_says_the_run_goes_on() -> None:
    made = calls(
        ("find_pets", {"limit": 2, "config": "x"}),
        ("find_unicorns", {}),
        ("find_pets", {"limit": "many"}),
        ("get_secret", {}),
    )
    with pets() as api:
        result, read = run(api.client, made, says("Done."))
    assert result.final_output == "Done."
    words = ("limit=2", "find_unicorns", "limit", "credential")
    assert all(any(word in text for text in read) for word in words), read
    assert len(read) == len(words)
    assert len(api.sent) == 1


def test_arguments_that_break_off_are_answered() -> None:
    from agents.tool_context import ToolContext

    async def invoke(name: str) -> str:
        [tool] = [each for each in openai_agents_tools(api.client) if each.name == name]
        assert tool.needs_approval is False
        context = ToolContext(None, tool_name=name, tool_call_id="c1", tool_arguments="{")
        return str(await tool.on_invoke_tool(context, "{"))

    with pets() as api:
        assert "JSON" in asyncio.run(invoke("find_pets"))


@pytest.mark.parametrize(("answer", "sent"), [(True, ["POST /pets"]), (False, [])])
def test_a_write_interrupts_the_run_until_it_is_approved(answer: bool, sent: list[str]) -> None:
    write = calls(("add_pet", {"name": "Rex", "age": None}))
    with pets() as api:
        waiting, _ = run(api.client, write)
        assert [each.name for each in waiting.interruptions] == ["add_pet"]
        assert api.sent == []
        result, [read] = run(api.client, write, says("Done."), answer=answer)
    assert result.final_output == "Done."
    assert ("Rex" in read) is answer
    assert api.sent == sent


def test_nobody_is_asked_about_a_call_that_cannot_be_made() -> None:
    with pets() as api:
        result, [read] = run(api.client, calls(("add_pet", {"age": "old"})), says("Done."))
    assert result.interruptions == []
    assert "name" in read


def test_a_client_with_an_approver_asks_itself() -> None:
    with pets(approve=lambda _: True) as api:
        result, _ = run(api.client, calls(("add_pet", {"name": "Rex", "age": 1})), says("Done."))
    assert (result.final_output, api.sent) == ("Done.", ["POST /pets"])


def test_the_model_sees_a_picture() -> None:
    with pets() as api:
        _, [read] = run(api.client, calls(("get_picture", {})), says("Done."))
    assert [part["type"] for part in read] == ["input_text", "input_image"]
    assert b64decode(read[1]["image_url"].removeprefix("data:image/png;base64,")) == PNG
