"""A loop of one's own around OpenAI's SDK: every call of a message has its answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI

from openapi2tools import Policy, export
from openapi2tools.adapters import arun_calls, run_calls
from tests.support.adapted import pets
from tests.support.openai_server import OpenAIServer, calls, says

if TYPE_CHECKING:
    from openapi2tools.formats import FormatName

# what a model may say: a good call, one of no tool, bad arguments, a write, a missing credential
CALLS = (
    ("find_pets", {"limit": 2, "config": "x"}),
    ("find_unicorns", {}),
    ("find_pets", {"limit": "many"}),
    ("add_pet", {"name": "Rex", "age": None}),
    ("get_secret", {}),
)
WORDS = ("limit=2", "find_unicorns", "limit", "approval", "credential")


def talk_chat(openai: OpenAI, client: Any) -> tuple[str, list[str]]:
    messages: list[Any] = [{"role": "user", "content": "Go."}]
    read: list[str] = []
    while True:
        completion = openai.chat.completions.create(
            model="m", messages=messages, tools=export(client.tools, "openai-chat")
        )
        message = completion.choices[0].message
        answers = run_calls(message, client)
        if not answers:
            return str(message.content), read
        own = message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True)
        messages += [own, *answers]
        read += [each["content"] for each in answers]


def talk_responses(openai: OpenAI, client: Any) -> tuple[str, list[str]]:
    items: list[Any] = [{"role": "user", "content": "Go."}]
    read: list[str] = []
    while True:
        response = openai.responses.create(
            model="m", input=items, tools=export(client.tools, "openai-responses")
        )
        answers = asyncio.run(arun_calls(response, client))
        if not answers:
            return response.output_text, read
        items += [*response.output, *answers]
        read += [each["output"] for each in answers]


@pytest.mark.parametrize("talk", [talk_chat, talk_responses])
def test_whatever_a_model_says_it_reads_what_came_of_it(talk: Any) -> None:
    with (
        pets() as api,
        OpenAIServer(calls(*CALLS), says("Done.")) as model,
        OpenAI(base_url=model.url, api_key="k", max_retries=0) as openai,
    ):
        text, read = talk(openai, api.client)
    assert text == "Done."
    assert [word in answer for word, answer in zip(WORDS, read, strict=True)] == [True] * 5, read
    assert [line.split("?")[0] for line in api.sent] == ["GET /pets"]


def call_message(name: str, arguments: Any, format_: FormatName = "openai-chat") -> Any:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    if format_ == "openai-responses":
        return [{"type": "function_call", "call_id": "c1", "name": name, "arguments": text}]
    function = {"name": name, "arguments": text}
    return {
        "role": "assistant",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


def test_arguments_that_break_off_are_answered() -> None:
    with pets() as api:
        [answer] = run_calls(call_message("find_pets", '{"limit": '), api.client)
    assert "JSON" in answer["content"]


def test_the_clients_approver_is_asked() -> None:
    asked: list[str] = []

    def approve(prepared: Any) -> bool:
        asked.append(prepared.question())
        return "Rex" in asked[-1]

    with pets(approve=approve) as api:
        [yes] = run_calls(call_message("add_pet", {"name": "Rex", "age": None}), api.client)
        [no] = run_calls(call_message("add_pet", {"name": "Cat", "age": 2}), api.client)
    assert "added" in yes["content"]
    assert "declined" in no["content"]
    assert (len(asked), api.sent) == (2, ["POST /pets"])


@pytest.mark.parametrize("as_object", [False, True])
def test_a_whole_completion_and_plain_tools_will_do(as_object: bool) -> None:
    message = call_message("add_pet", {"name": "Rex"})
    completion: Any = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    if as_object:
        from openai.types.chat import ChatCompletion

        completion = ChatCompletion.model_validate(
            {**completion, "id": "1", "created": 1, "model": "m", "object": "chat.completion"}
        )
    with pets(policy=Policy()) as api:
        [answer] = run_calls(completion, api.client, strict=False)
    assert (answer["role"], answer["tool_call_id"]) == ("tool", "c1")
    assert "Rex" in answer["content"]


def test_responses_get_the_picture_itself() -> None:
    with pets() as api:
        [answer] = run_calls(call_message("get_picture", {}, "openai-responses"), api.client)
    assert [part["type"] for part in answer["output"]] == ["input_text", "input_image"]


@pytest.mark.parametrize(
    "message", [{"role": "assistant", "content": "Hi."}, [], {"output": []}, {"choices": []}]
)
def test_a_message_without_calls_has_no_answers(message: Any) -> None:
    with pets() as api:
        assert run_calls(message, api.client) == []
