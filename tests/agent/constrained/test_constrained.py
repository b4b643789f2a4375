"""Constrained tool calls: a model that only writes is held to a schema, one step at a time.

It cannot invent an identifier.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.agent.constrained.argument_schemas import without_optional_nulls
from openapi2tools.agent.constrained.known_identifiers import KnownIdentifiers
from openapi2tools.agent.constrained.next_step import NextStep
from openapi2tools.agent.constrained.output_schema import OutputSchemaWriter
from openapi2tools.agent.constrained.tool_signature import signature_of
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.call.connect import connect
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, Result
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.resources.names import identified_resource
from tests.support.apis import tool_of
from tests.support.openai_server import OpenAIServer, says
from tests.support.pets import DOCUMENT, Pets, open_pets
from tests.support.server import Answer, LoopbackServer, Received


def step(name: str, /, **arguments: Any) -> Any:
    return says(
        json.dumps({"name": name} if name == "finish" else {"name": name, "arguments": arguments})
    )


def run(server: OpenAIServer, question: str, pets: Pets | None = None, api: Any = "chat") -> str:
    with open_pets(pets) as (_, client):
        model = OpenAIModel(
            "small", api=api, base_url=server.url, api_key="k", tool_calls="constrained"
        )
        return Agent(client, model).run(question).text


def choices(request: dict[str, Any]) -> dict[str, Any]:
    """The schema of each choice of a step, by its name."""
    form = (
        request["response_format"]["json_schema"]
        if "response_format" in request
        else request["text"]["format"]
    )
    return {
        branch["properties"]["name"]["const"]: branch["properties"].get("arguments")
        for branch in form["schema"]["anyOf"]
    }


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_steps_then_the_answer_in_a_request_of_its_own(api: str) -> None:
    pets = Pets()
    script = (
        step("find_pets", name="Tom"),
        step("get_pet", pet_id=2),
        step("finish"),
        says("It is Tom."),
    )
    with OpenAIServer(*script) as server:
        assert run(server, "Who is Tom?", pets, api) == "It is Tom."
    assert [request.target for request in pets.received] == ["/pets?name=Tom", "/pets/2"]
    assert list(choices(server.requests[0])) == [
        "find_pets",
        "add_pet",
        "get_pet",
        "delete_pet",
        "finish",
    ]
    assert "response_format" not in server.requests[3]
    assert "text" not in server.requests[3]
    assert all("tools" not in request for request in server.requests)


def test_the_request_for_the_answer_has_the_question_again() -> None:
    question = "谁在那里？他多大了？"
    with OpenAIServer(step("find_pets"), step("finish"), says("Rex")) as server:
        run(server, question)
        asked = server.requests[-1]["messages"][-1]["content"]
        assert asked.endswith(f"The question again: {question}")
    with OpenAIServer(step("finish"), says("Rex")) as server:
        run(server, "Who? " * 1000)
        assert len(server.requests[-1]["messages"][-1]["content"]) < 1000


def test_the_request_for_the_answer_names_what_did_not_answer() -> None:
    script = step("find_pets"), step("get_pet", pet_id=1), step("finish"), says("No answer came")

    def answer(request: Received) -> Answer:
        if request.path == "/pets":
            return Answer(200, [{"id": 1, "name": "Rex"}])
        raise ConnectionResetError

    with OpenAIServer(*script) as server, LoopbackServer(answer) as api:
        tools = build_tools(load({**DOCUMENT, "servers": [{"url": api.url}]}))
        model = OpenAIModel(
            "small", api="chat", base_url=server.url, api_key="k", tool_calls="constrained"
        )
        Agent(connect(tools, retries=0), model).run("How old is pet 1?")
    asked = server.requests[-1]["messages"][-1]["content"]
    assert asked.endswith("How old is pet 1?\nBegin with: get_pet did not answer.")


def test_the_results_are_what_the_model_reads() -> None:
    with OpenAIServer(step("find_pets"), step("finish"), says("Rex and Tom")) as server:
        run(server, "Who is there?")
    said = server.requests[1]["messages"]
    assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
    assert json.loads(said[2]["content"]) == {"name": "find_pets", "arguments": {}}
    assert said[3]["content"].startswith("Result of find_pets: ")
    assert "Rex" in said[3]["content"]


def test_only_known_identifiers_are_a_choice() -> None:
    with OpenAIServer(step("find_pets"), step("finish"), says("Two")) as server:
        run(server, "How many pets? At most 7.")
    assert choices(server.requests[0])["get_pet"]["properties"]["pet_id"] == {"enum": [None]}
    assert choices(server.requests[1])["get_pet"]["properties"]["pet_id"] == {"enum": [1, 2, None]}


def test_a_call_without_the_identifier_is_not_made_but_answered_with_the_way_to_it() -> None:
    pets = Pets()
    script = (
        step("delete_pet", pet_id=None),
        step("find_pets", name="Rex"),
        step("finish"),
        says("Found"),
    )
    with OpenAIServer(*script) as server:
        run(server, "Delete Rex", pets)
    assert "look up pet_id first, with find_pets" in server.requests[1]["messages"][-1]["content"]
    # nothing is written before somebody looked, and it is not over
    assert list(choices(server.requests[1])) == ["find_pets", "get_pet"]
    assert choices(server.requests[2])["delete_pet"]["properties"]["pet_id"] == {"enum": [1]}
    assert [request.method for request in pets.received] == ["GET"]


def test_after_an_error_the_model_has_to_try_again_and_may_give_up_after_the_second() -> None:
    script = step("get_pet", pet_id=8), step("get_pet", pet_id=9), step("finish"), says("Not there")
    with OpenAIServer(*script) as server:
        run(server, "Who is pet 8, or pet 9?")
    assert ["finish" in choices(request) for request in server.requests[:3]] == [True, False, True]


def test_an_exact_repeat_is_not_made_and_ends_the_run() -> None:
    pets = Pets()
    with OpenAIServer(step("find_pets"), step("find_pets"), says("Rex and Tom")) as server:
        assert run(server, "Who is there?", pets) == "Rex and Tom"
    assert len(pets.received) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Certainly! I will call the tool.",
        '["get_pet"]',
        '{"name": null}',
        '{"name": ["get_pet"], "arguments": {}}',
        '{"name": "get_pet", "arguments": [1]}',
    ],
)
def test_a_server_that_knows_no_schemas_is_told_from_one_that_does(text: str) -> None:
    with OpenAIServer(says(text)) as server, pytest.raises(AgentError, match="response_format"):
        run(server, "Who?")


def test_arguments_may_be_an_object_as_text() -> None:
    pets = Pets()
    script = (
        says('{"name": "find_pets", "arguments": "{\\"name\\": \\"Tom\\"}"}'),
        step("finish"),
        says("Tom"),
    )
    with OpenAIServer(*script) as server:
        run(server, "Is there a Tom?", pets)
    assert [request.target for request in pets.received] == ["/pets?name=Tom"]


def test_an_identifier_that_may_be_null_is_one() -> None:
    schema = {
        "type": "object",
        "required": ["owner_id"],
        "properties": {
            "owner_id": {"type": ["integer", "null"]},
            "note": {"type": ["string", "null"]},
        },
    }
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    tool = tool_of(body)
    record = [Question("Give it to owner 7")]
    assert KnownIdentifiers(record, {tool.name: tool}).values(tool, "owner_id") == [7]
    assert NextStep({tool.name: tool}, record).schema()


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("id", ""),
        ("pet_id", "pet"),
        ("petId", "pet"),
        ("pet-uuid", "pet"),
        ("PetIDs", "pet"),
        ("category_ids", "category"),
    ],
)
def test_names_that_identify(name: str, resource: str) -> None:
    assert identified_resource(name) == resource


@pytest.mark.parametrize("name", ["paid", "valid", "grid", "name", "identity", "uid2", "android"])
def test_names_that_do_not_identify(name: str) -> None:
    assert identified_resource(name) is None


def test_identifiers_are_told_apart_by_what_they_are_of() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    result = Result("1", "find_pets", "", [{"id": 5, "owner": {"id": 77}, "owner_id": 77}])
    known = KnownIdentifiers([Question("Pet 3 and #4 for 2 days"), result], tools)
    # no path speaks of owners, so theirs may be pets'
    assert known.values(tools["get_pet"], "pet_id") == [3, 4, 5, 77]
    assert known.values(tools["add_pet"], "name") is None
    assert known.tools_that_find("pet") == ["find_pets"]


def test_a_choice_says_what_is_left_after_a_search_that_found_nothing() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    call = Call("delete_pet", {"pet_id": None}, "1", fault="look")
    record = [
        Question("Delete Bo"),
        Turn(calls=(call,)),
        Result("1", "delete_pet", "look", is_error=True),
    ]
    assert "add_pet" not in str(NextStep(tools, record).schema())
    record += [
        Turn(calls=(Call("find_pets", {"name": "Bo"}, "2"),)),
        Result("2", "find_pets", "[]", []),
    ]
    # one look may have been a wrong one
    assert "add_pet" not in str(NextStep(tools, record).schema())
    record += [Turn(calls=(Call("find_pets", {}, "3"),)), Result("3", "find_pets", "[]", [])]
    assert "add_pet" in str(NextStep(tools, record).schema())


def test_a_signature_is_short_and_says_what_counts() -> None:
    with open_pets() as (_, client):
        signatures = [signature_of(tool) for tool in client.tools.values()]
    assert signatures[1].startswith("add_pet(name, kind?: cat|dog): Add a pet")
    assert signatures[2].startswith("get_pet(pet_id: integer): Get a pet")


simple = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer", "minimum": 0},
            {"type": "boolean"},
            {"enum": ["a", 1, None]},
            {"type": ["string", "null"]},
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda s: {"type": "array", "items": s, "maxItems": 2}),
        st.lists(inner, min_size=1, max_size=3).map(lambda s: {"anyOf": s}),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda s: {"allOf": [{"type": "object", "properties": {"a": s[0]}}]}
        ),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda p: {"type": "object", "properties": p, "required": sorted(p)[:1]}
        ),
    ),
    max_leaves=6,
)


def test_a_union_that_only_says_what_must_be_there_leaves_the_properties_as_they_are() -> None:
    schema = {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "oneOf": [{"required": ["path"]}, {"required": ["text"]}],
    }
    assert OutputSchemaWriter({"$defs": {}}, "t").write(schema)["properties"] == {
        "path": {"type": "string"}
    }


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        (r"^\d{6}$", "^[0-9]{6}$"),
        ("^[A-Z]{2}[0-9-]+$", "^[A-Z]{2}[0-9-]+$"),
        ("^ab?c*$", "^ab?c*$"),
        (r"\d{6}", None),  # anywhere in a text
        (r"^(?!x)\d+$", None),
        (r"^[\w.]+$", None),
        ("^a|b$", None),
        ("^(a+)+$", None),
    ],
)
def test_a_text_is_held_to_a_pattern_that_every_server_reads(
    pattern: str, held: str | None
) -> None:
    written = OutputSchemaWriter({"$defs": {}}, "t").write({"type": "string", "pattern": pattern})
    assert isinstance(written, dict)
    assert written.get("pattern") == held


@given(simple, st.data())
@settings(max_examples=100, deadline=None)
def test_an_output_schema_is_a_schema_and_no_looser_than_types_need(schema: Any, data: Any) -> None:
    written = OutputSchemaWriter({"$defs": {}}, "t").write(schema)
    jsonschema_rs.meta.validate(written if isinstance(written, dict) else {})
    assert not {"allOf", "oneOf", "$ref"} & set(json.dumps(written).replace('"', " ").split())


def test_definitions_keep_apart_and_may_hold_themselves() -> None:
    schema = {
        "properties": {"n": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }
    writer = OutputSchemaWriter(schema, "t7_")
    assert writer.write(schema)["properties"] == {"n": {"$ref": "#/$defs/t7_Node"}}
    assert writer.definitions()["t7_Node"]["properties"] == {"next": {"$ref": "#/$defs/t7_Node"}}


def test_a_null_that_means_left_out_is_not_offered() -> None:
    with open_pets() as (_, client):
        tool = client.tools["find_pets"]
    tool.schema["properties"]["name"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert without_optional_nulls(tool)["properties"]["name"] == {"anyOf": [{"type": "string"}]}


def test_after_an_error_nothing_else_is_changed_for_want_of_a_way_out() -> None:
    with open_pets() as (_, client):
        tools = client.tools
    record = [
        Question("Get pet 8"),
        Turn(calls=(Call("get_pet", {"pet_id": 8}, "1"),)),
        Result("1", "get_pet", "no", is_error=True),
    ]
    schema = str(NextStep(tools, record).schema())
    assert "find_pets" in schema
    assert "add_pet" not in schema
    record[-1] = Result("1", "add_pet", "no", is_error=True)
    assert "add_pet" in str(NextStep(tools, record).schema())  # what failed may be corrected


def test_values_and_filters_that_a_question_mentions() -> None:
    genres = {"type": "array", "items": {"enum": ["science-fiction", "poetry"]}}
    known = KnownIdentifiers([Question("Science fiction below 8 euros, by price")], {})
    assert known.question_words.mentions("genre", genres)
    assert known.question_words.only_mentioned_values(genres)["items"] == {
        "enum": ["science-fiction"]
    }
    assert known.question_words.mentions("max_price", {"type": "number"})
    assert not known.question_words.mentions("min_year", {"type": "integer"})


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("查询订单12的状态", [12]),
        ("宠物 7 叫什么名字？", [7]),
        ("宠物9和7号宠物", [9, 7]),
        ("取消订单 1、2 和 3", [1, 2, 3]),
        ("2026年12月3号订两本书，价格低于 10 元，一共3.5公斤", []),
        ("买 2 本书，住2晚，从 2026-12-03 起", []),
    ],
)
def test_numbers_that_identify_something_in_chinese(question: str, numbers: list[int]) -> None:
    known = KnownIdentifiers([Question(question)], {})
    assert [*known.question_words.numbers_of("order")] == numbers


def test_an_identifier_stands_in_chinese_without_spaces() -> None:
    words = KnownIdentifiers([Question("查询订单A-12的状态")], {}).question_words.words()
    assert "A-12" in words


def test_chinese_mentions_what_is_named_or_described_in_chinese() -> None:
    genres = {"enum": ["科幻", "诗歌"]}
    known = KnownIdentifiers([Question("找价格低于十元的科幻小说")], {})
    assert known.question_words.mentions("genre", genres)
    assert known.question_words.only_mentioned_values(genres) == {"enum": ["科幻"]}
    price = {"type": "number", "description": "最高价格，单位元"}
    assert known.question_words.mentions("max", price)
    assert not known.question_words.mentions("max", {**price, "description": "每页的数量；价格"})
    assert not known.question_words.mentions("max", {**price, "description": "Highest price"})
