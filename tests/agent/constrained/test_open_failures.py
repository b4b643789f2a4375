"""A reading call that failed by its arguments is made again with others before the run ends."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.constrained.next_step import NextStep, finish_name
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.call.connect import connect
from openapi2tools.model import Call, Result, Toolset
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.apis import tools_of
from tests.support.openai_server import OpenAIServer, says
from tests.support.pets import open_pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.call.client import Client

HINT = "No branch Center: the branches are Centre and Harbour."


def text_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}


def reading(name: str, parameter: str) -> dict[str, Any]:
    return {"operationId": name, "parameters": [text_parameter(parameter)]}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Library", "version": "1"},
    "paths": {
        "/hours": {"get": reading("get_hours", "branch")},
        "/titles": {"get": reading("search_titles", "words")},
        "/notes": {"post": reading("leave_note", "text")},
    },
}


@contextmanager
def open_library(status: int = 404) -> Iterator[tuple[Client, LoopbackServer]]:
    """Serve a library of two branches, which answers with a status to another."""

    def answer(request: Received) -> Answer:
        if request.path != "/hours":
            return Answer(200, {"title": "Emma"})
        if request.query in ("branch=Centre", "branch=Harbour"):
            return Answer(200, {"opens": "10:00"})
        return Answer(status, {"detail": HINT})

    with LoopbackServer(answer) as server:
        document = {**DOCUMENT, "servers": [{"url": server.url}]}
        with connect(build_tools(load(document)), retries=0) as client:
            yield client, server


def step(name: str, /, **arguments: str) -> Any:
    return says(json.dumps({"name": name, "arguments": arguments}))


FINISH = says('{"name": "finish"}')
WRONG = step("get_hours", branch="Center")
TITLES = step("search_titles", words="Emma")


def run(client: Client, *script: Any) -> tuple[str, list[dict[str, Any]]]:
    """Return the answer, and the requests that the model got."""
    with OpenAIServer(*script) as server:
        model = OpenAIModel(
            "small", api="chat", base_url=server.url, api_key="k", tool_calls="constrained"
        )
        answer = Agent(client, model).run("When does Center open? Is Emma there? Leave a note.")
        return answer.text, server.requests


def choices(request: dict[str, Any]) -> list[str]:
    schema = request["response_format"]["json_schema"]["schema"]
    return [branch["properties"]["name"]["const"] for branch in schema["anyOf"]]


def arguments_of(request: dict[str, Any], tool: str) -> dict[str, Any]:
    """Return the schemas of a tool's arguments in a step."""
    schema = request["response_format"]["json_schema"]["schema"]
    (branch,) = (
        each["properties"]
        for each in schema["anyOf"]
        if each["properties"]["name"]["const"] == tool
    )
    properties: dict[str, Any] = branch["arguments"]["properties"]
    return properties


def last_message(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_is_read_in_between_does_not_settle_a_failure(status: int) -> None:
    script = WRONG, TITLES, step("get_hours", branch="Centre"), FINISH, says("At ten")
    with open_library(status) as (client, library):
        answer, requests = run(client, *script)
    assert answer == "At ten"
    assert [request.target for request in library.received] == [
        "/hours?branch=Center",
        "/titles?words=Emma",
        "/hours?branch=Centre",
    ]
    readers = ["get_hours", "search_titles"]
    everything = [*readers, "leave_note", "finish"]
    assert [choices(request) for request in requests[:4]] == [
        everything,
        readers,
        readers,
        everything,
    ]


@pytest.mark.parametrize(
    "repeated",
    [TITLES, WRONG, step("get_hours", branch=" Center")],
    ids=["what went well", "what failed", "with a space"],
)
def test_who_repeats_a_call_has_to_correct_the_one_that_failed(repeated: Any) -> None:
    script = WRONG, TITLES, repeated, step("get_hours", branch="Centre"), FINISH, says("At ten")
    with open_library() as (client, library):
        answer, requests = run(client, *script)
    assert answer == "At ten"
    assert len(library.received) == 3  # the repeated call was not made
    assert requests[3]["messages"] == requests[2]["messages"]
    assert choices(requests[3]) == ["get_hours"]


def test_a_text_that_was_refused_gives_way_to_the_words_of_the_refusal() -> None:
    script = WRONG, TITLES, WRONG, step("get_hours", branch="Harbour"), FINISH, says("At ten")
    with open_library() as (client, _):
        _, requests = run(client, *script)
    branch = arguments_of(requests[3], "get_hours")["branch"]
    words = ["No", "branch", "the", "branches", "are", "Centre", "and", "Harbour"]
    assert branch == {"enum": words}
    assert arguments_of(requests[2], "get_hours")["branch"] == {"type": "string"}


def test_a_text_that_the_refusal_does_not_name_stays_free() -> None:
    script = step("get_hours", branch="Middle"), TITLES, TITLES, WRONG, FINISH, says("At ten")
    with open_library() as (client, _):
        _, requests = run(client, *script)
    assert arguments_of(requests[3], "get_hours")["branch"] == {"type": "string"}


def test_who_does_not_correct_it_goes_on_without_it() -> None:
    script = WRONG, TITLES, WRONG, WRONG, step("leave_note", text="Hi"), FINISH, says("Left a note")
    with open_library() as (client, library):
        answer, requests = run(client, *script)
    assert answer == "Left a note"
    assert [request.path for request in library.received] == ["/hours", "/titles", "/notes"]
    assert "was made before" in last_message(requests[4])
    assert choices(requests[4])[-2:] == ["leave_note", "finish"]


def test_a_correction_that_is_cut_off_is_asked_for_again() -> None:
    cut = says('{"name": "get_', finish="length")
    corrected = step("get_hours", branch="Centre")
    with open_library() as (client, library):
        answer, _ = run(client, WRONG, TITLES, TITLES, cut, corrected, FINISH, says("At ten"))
    assert answer == "At ten"
    assert library.received[-1].target == "/hours?branch=Centre"


def test_after_a_second_refusal_its_words_are_the_choice_and_after_a_third_it_is_over() -> None:
    script = [step("get_hours", branch=branch) for branch in ("Center", "branch Center", "the")]
    with open_library() as (client, _):
        _, requests = run(client, *script, FINISH, says("I do not know"))
    branches = [arguments_of(request, "get_hours")["branch"] for request in requests[:3]]
    assert branches[:2] == [{"type": "string"}] * 2
    assert {"Centre", "Harbour"} < {*branches[2]["enum"]}
    assert choices(requests[2]) == ["get_hours"]
    assert choices(requests[3])[-2:] == ["leave_note", "finish"]


def test_after_two_failures_of_a_tool_the_model_goes_on_without_it() -> None:
    script = WRONG, step("get_hours", branch="Middle"), TITLES, FINISH, says("Emma is there")
    with open_library() as (client, _):
        answer, requests = run(client, *script)
    assert answer == "Emma is there"
    assert choices(requests[2])[-1] == "finish"
    assert choices(requests[3])[-2:] == ["leave_note", "finish"]


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_other_arguments_are_no_remedy_for_what_is_not_about_them(status: int) -> None:
    with open_library(status) as (client, _):
        _, requests = run(client, WRONG, TITLES, FINISH, says("It is out of order"))
    assert choices(requests[2])[-1] == "finish"


def pets_record(*calls: tuple[str, dict[str, Any], dict[str, Any]]) -> list[Entry]:
    """A question, and calls with what came of each."""
    record: list[Entry] = [Question("Who is pet 8, and what became of Bo?")]
    for number, (tool, arguments, result) in enumerate(calls):
        record.append(Turn(calls=(Call(tool, arguments, str(number)),)))
        record.append(Result(str(number), tool, "", **result))
    return record


GONE: dict[str, Any] = {"status": 404, "error": "http"}


def may_finish(tools: Toolset, record: list[Entry]) -> bool:
    return finish_name(tools) in str(NextStep(tools, record).schema())


def test_who_looked_an_identifier_up_need_not_try_another() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    failed = ("get_pet", {"pet_id": 8}, GONE)
    looked_up = ("find_pets", {}, {"data": [{"id": 1}], "status": 200})
    assert not may_finish(tools, pets_record(failed))
    assert may_finish(tools, pets_record(failed, looked_up))


def test_an_identifier_in_a_refusal_is_no_hint() -> None:
    schema = {"type": "string"}
    parameter = {"name": "order_id", "in": "query", "required": True, "schema": schema}
    (tool,) = tools_of({"/owner": {"get": {"parameters": [parameter], "responses": {}}}}).values()
    record: list[Entry] = [Question("Who has the order A-1, or A-2?")]
    for name in ("A-1", "A-2"):
        refusal = {"detail": f"There is no order {name}."}
        record.append(Turn(calls=(Call(tool.name, {"order_id": name}, name),)))
        record.append(Result(name, tool.name, "", refusal, **GONE))
    assert may_finish(Toolset([tool]), record)


def test_nothing_has_to_be_changed_for_want_of_a_way_out() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    refused = ("add_pet", {"name": "Bo"}, {"status": 422, "error": "http"})
    looked_up = ("find_pets", {}, {"data": [{"id": 1}], "status": 200})
    assert may_finish(tools, pets_record(refused, looked_up))


def test_a_new_question_leaves_old_failures_behind() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    record = [*pets_record(("get_pet", {"pet_id": 8}, GONE)), Question("And who is pet 1?")]
    assert may_finish(tools, record)
