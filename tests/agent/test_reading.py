"""A model reads on in an answer that was shortened, and nothing is sent for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.reading import MAX_KEPT_CHARS, ResultReader
from openapi2tools.agent.record.entries import Shortened
from openapi2tools.agent.record.session import Session
from openapi2tools.model import Call, Result
from tests.support.openai_server import OpenAIServer, calls, fails, says, searches
from tests.support.pets import Pets, open_pets

if TYPE_CHECKING:
    from pathlib import Path

WORDS = " ".join(f"word{number}" for number in range(2000))
READ = ("read_result", {"call": "call_1_0", "path": "name", "offset": 500})


def model(server: OpenAIServer, api: Any = "chat", **options: Any) -> OpenAIModel:
    return OpenAIModel("scripted", api=api, base_url=server.url, api_key="k", **options)


def tool_names(request: dict[str, Any]) -> list[str]:
    tools = request["tools"]
    return [
        each.get("name") or each.get("function", {}).get("name", each["type"]) for each in tools
    ]


def outputs(request: dict[str, Any]) -> dict[str, str]:
    messages = request.get("messages") or request["input"]
    return {
        m.get("tool_call_id") or m["call_id"]: m.get("content") or m["output"]
        for m in messages
        if "tool_call_id" in m or "output" in m
    }


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_the_tool_comes_last_once_something_was_cut_and_sends_nothing(api: str) -> None:
    script = (calls(("get_pet", {"pet_id": 1})), calls(READ), says("Done."))
    with (
        OpenAIServer(*script) as server,
        open_pets(Pets(names={1: WORDS}), limit_tokens=300) as (pets, client),
    ):
        answer = Agent(client, model(server, api)).run("What is it called?")
    assert len(pets.received) == 1
    first, second, third = server.requests
    assert "read_result" not in tool_names(first)
    assert tool_names(second) == [*tool_names(first), "read_result"]
    assert 'read_result reads on in it, with call="call_1_0".' in outputs(second)["call_1_0"]
    piece, _, where = outputs(third)["call_2_0"].rpartition("\n")
    assert piece == WORDS[500 : 500 + len(piece)]
    end = 500 + len(piece)
    assert where == (
        f"(Characters 500 to {end} of name; there are {len(WORDS)}. Go on with offset={end}.)"
    )
    assert str(answer) == "Done."


def test_it_is_there_from_the_start_in_a_session_that_is_resumed(tmp_path: Path) -> None:
    script = (calls(("get_pet", {"pet_id": 1})), says("Long."), calls(READ), says("Done."))
    with (
        OpenAIServer(*script) as server,
        open_pets(Pets(names={1: WORDS}), limit_tokens=300) as (pets, client),
    ):
        agent = Agent(client, model(server))
        with Session.open(tmp_path / "s.jsonl") as session:
            agent.run("What is it called?", session=session)
        with Session.open(tmp_path / "s.jsonl") as session:
            agent.run("Read on.", session=session)
    assert tool_names(server.requests[2])[-1] == "read_result"
    assert "Characters 500 to" in outputs(server.requests[3])["call_3_0"]
    assert len(pets.received) == 1


def test_what_was_left_out_for_room_can_be_read_again() -> None:
    too_long = fails(400, "too long", "context_length_exceeded")
    script = (
        calls(("get_pet", {"pet_id": 1})),
        too_long,
        calls(("read_result", {"call": "call_1_0"})),
        says("Done."),
    )
    with OpenAIServer(*script) as server, open_pets(Pets(names={1: WORDS[:4000]})) as (_, client):
        answer = Agent(client, model(server)).run("What is it called?")
    assert any(isinstance(entry, Shortened) for entry in answer.session)
    left_out = outputs(server.requests[2])["call_1_0"]
    assert 'call read_result with call="call_1_0"' in left_out
    (read_call,) = [call for call in outputs(server.requests[3]) if call != "call_1_0"]
    assert WORDS[:100] in outputs(server.requests[3])[read_call]


@pytest.mark.parametrize("tool_search", [True, False])
def test_a_model_that_searches_its_tools_gets_it_beside(tool_search: bool) -> None:
    find = (
        searches({"query": "get a pet"}) if tool_search else calls(("find_tools", {"query": "x"}))
    )
    get = ("get_pet", {"pet_id": 1})
    if not tool_search:
        get = ("call_tool", {"name": "get_pet", "arguments": {"pet_id": 1}})
    read = ("read_result", {"call": "call_2_0", "path": "name"})
    script = (find, calls(get), calls(read), says("Done."))
    with (
        OpenAIServer(*script) as server,
        open_pets(Pets(names={1: WORDS}), limit_tokens=300) as (_, client),
    ):
        asked = model(server, "responses", tool_search=tool_search)
        Agent(client, asked, offer="search").run("What is it called?")
    assert tool_names(server.requests[2]) == [*tool_names(server.requests[0]), "read_result"]
    assert "Characters 0 to" in outputs(server.requests[3])["call_3_0"]


def reader_of(*results: Result) -> ResultReader:
    by_id = {result.call_id: result for result in results}
    return ResultReader(by_id.get, ["read_result"])


def test_a_tool_of_the_api_may_have_the_name() -> None:
    assert [*reader_of().tools] == ["read_result_"]


def test_what_was_not_chosen_is_not_read() -> None:
    data = {"items": [{"id": number, "secret": "s"} for number in range(500)]}
    chosen = [{"id": number} for number in range(500)]
    result = Result("c", "t", "…", data, selected=chosen, truncated=True)
    read = reader_of(result).answer(Call("read_result_", {"call": "c", "path": "[7]"}))
    assert read.text.startswith('{"id":7}\n')
    everything = reader_of(result).answer(Call("read_result_", {"call": "c"}))
    assert "secret" not in everything.text


def test_what_cannot_be_read_is_told() -> None:
    result = Result("c", "t", "…", {"items": [1]}, truncated=True)
    for arguments, message in (
        ({"call": "x"}, "No answer of a call 'x'"),
        ({"call": "c", "path": "itms"}, "Did you mean items?"),
        ({"call": "c", "path": "items", "offset": 5}, "offset is 0 to 0"),
    ):
        read = reader_of(result).answer(Call("read_result_", arguments))
        assert read.error == "arguments"
        assert message in read.text


def test_a_record_keeps_so_much_of_an_answer_and_says_so() -> None:
    data = {"text": "x" * (MAX_KEPT_CHARS + 100), "id": 1}
    noted = reader_of().noted(Result("c", "t", "…", data, truncated=True))
    assert len(json.dumps(noted.data)) < MAX_KEPT_CHARS + 100
    assert noted.data["id"] == 1
    assert "4,000,000 characters are kept" in noted.notes[0]
    short = Result("c", "t", "whole", data)
    assert reader_of().noted(short) is short
