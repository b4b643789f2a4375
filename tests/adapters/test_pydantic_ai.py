"""pydantic-ai calls a client's tools, and defers what somebody has to agree to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.adapters import pydantic_ai_toolset
from tests.support.adapted import ODD_NAMES, PNG, pets

pydantic_ai = pytest.importorskip(
    "pydantic_ai", reason="make test-adapters installs pydantic-ai-slim"
)
if TYPE_CHECKING:
    from openapi2tools import Client

pytestmark = pytest.mark.filterwarnings("default")


def agent(client: Client, *made: tuple[str, Any]) -> Any:
    """Return an agent whose model makes these calls at once, and then says what it read."""
    from pydantic_ai import Agent, DeferredToolRequests
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import FunctionModel

    def scripted(messages: list[Any], _: Any) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse([ToolCallPart(name, arguments) for name, arguments in made])
        read = [part for part in messages[-1].parts if hasattr(part, "tool_name")]
        texts = [
            part.model_response_str() if isinstance(part, ToolReturnPart) else part.model_response()
            for part in read
        ]
        return ModelResponse([TextPart("\n---\n".join(texts))])

    return Agent(
        FunctionModel(scripted),
        toolsets=[pydantic_ai_toolset(client)],
        output_type=[str, DeferredToolRequests],
    )


def test_whatever_a_model_says_the_run_goes_on() -> None:
    made = [
        ("find_pets", {"limit": 2}),
        ("find_unicorns", {}),
        ("find_pets", {"limit": "many"}),
        ("find_pets", '{"limit": '),
        ("find_pets", "[1]"),
        ("get_secret", {}),
    ]
    with pets() as api:
        read = asyncio.run(agent(api.client, *made).run("Go.")).output.split("\n---\n")
    words = ("limit=2", "find_unicorns", "limit", "JSON", "an array", "credential")
    assert [word in text for word, text in zip(words, read, strict=True)] == [True] * 6, read
    assert len(api.sent) == 1


def test_an_argument_may_have_any_name() -> None:
    with pets() as api:
        call = ("find_pets", {name: name for name in ODD_NAMES})
        asyncio.run(agent(api.client, call).run("Go."))
    assert api.sent == ["GET /pets?" + "&".join(f"{name}={name}" for name in ODD_NAMES)]


@pytest.mark.parametrize(("answer", "sent"), [(True, ["POST /pets"]), (False, [])])
def test_a_write_is_deferred_until_it_is_approved(answer: bool, sent: list[str]) -> None:
    from pydantic_ai import DeferredToolResults

    with pets() as api:
        asked = agent(api.client, ("add_pet", {"name": "Rex"}))
        first = asyncio.run(asked.run("Go."))
        [waiting] = first.output.approvals
        assert "POST" in first.output.metadata[waiting.tool_call_id]["question"]
        assert api.sent == []
        results = DeferredToolResults(approvals={waiting.tool_call_id: answer})
        last = asyncio.run(
            asked.run(message_history=first.all_messages(), deferred_tool_results=results)
        )
    assert ("Rex" in last.output) is answer
    assert api.sent == sent


def test_nobody_is_asked_about_a_call_that_cannot_be_made() -> None:
    with pets() as api:
        assert "name" in asyncio.run(agent(api.client, ("add_pet", {"age": 1})).run("Go.")).output


def test_a_client_with_an_approver_asks_itself() -> None:
    with pets(approve=lambda _: True) as api:
        asyncio.run(agent(api.client, ("add_pet", {"name": "Rex"})).run("Go."))
    assert api.sent == ["POST /pets"]


def test_the_model_sees_a_picture() -> None:
    from pydantic_ai.messages import BinaryContent

    with pets() as api:
        run = asyncio.run(agent(api.client, ("get_picture", {})).run("Go."))
    parts = [part for message in run.all_messages() for part in message.parts]
    [seen] = [part.content for part in parts if part.part_kind == "tool-return"]
    [picture] = [each for each in seen if isinstance(each, BinaryContent)]
    assert (picture.data, picture.media_type) == (PNG, "image/png")
