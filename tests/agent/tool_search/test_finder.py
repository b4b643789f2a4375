"""A model finds tools by words, reads what they take, and calls them by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openapi2tools import Call, Result, Toolset, build_tools, export, load
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.agent.tool_search.finder import CALL, FIND, ToolFinder
from openapi2tools.agent.tool_search.overview import overview
from openapi2tools.formats.export import FORMATS
from openapi2tools.tools.text.tokens import count_tokens
from tests.support.apis import tools_of

REAL = Path(__file__).parents[3] / "specs" / "real"


@pytest.fixture(scope="module")
def pets() -> Toolset:
    return build_tools(load(REAL / "petstore-3.0.json"))


@pytest.fixture
def finder(pets: Toolset) -> ToolFinder:
    return ToolFinder(pets)


def test_finding_gives_names_purposes_and_schemas_of_the_few_that_fit(finder: ToolFinder) -> None:
    result = finder.answer(Call(FIND, {"query": "find pets by their status", "count": 2}, "c1"))
    lines = [json.loads(line) for line in result.text.splitlines()]
    assert [line["name"] for line in lines] == result.data["tools"]
    assert lines[0]["name"] == "findPetsByStatus"
    assert "status" in lines[0]["arguments"]["properties"]
    assert (result.call_id, result.tool, result.is_error) == ("c1", FIND, False)


def test_calling_a_found_tool_is_a_call_of_that_very_tool(finder: ToolFinder) -> None:
    call = finder.real_call(
        Call(CALL, {"name": "getPetById", "arguments": {"petId": 7}}, "c2", caller={"x": 1})
    )
    assert call == Call("getPetById", {"petId": 7}, "c2", caller={"x": 1})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("getPetById", '{"petId": 7}'),
        ("functions.getPetById", {"petId": 7}),
        ("getPetById", '"{\\"petId\\": 7}"'),
    ],
)
def test_a_tool_that_is_called_in_an_odd_way_is_called_all_the_same(
    finder: ToolFinder, name: str, arguments: object
) -> None:
    call = finder.real_call(Call(CALL, {"name": name, "arguments": arguments}, "c2"))
    assert call == Call("getPetById", {"petId": 7}, "c2")


def test_arguments_that_cannot_be_read_are_a_fault(finder: ToolFinder) -> None:
    call = finder.real_call(Call(CALL, {"name": "getPetById", "arguments": '{"petId'}, "c2"))
    assert call.tool == "getPetById"
    assert "no JSON" in call.fault


@pytest.mark.parametrize("arguments", [{}, {"name": 7}])
def test_a_call_that_names_no_tool_is_answered_with_what_is_wrong(
    finder: ToolFinder, arguments: dict[str, object]
) -> None:
    assert "takes a name" in finder.real_call(Call(CALL, arguments, "c")).fault


def test_other_calls_stay_as_they_are(finder: ToolFinder) -> None:
    call = Call("getPetById", {"petId": 7}, "c")
    assert finder.real_call(call) is call
    assert not finder.answers(call)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({}, "Give a query"), ({"query": " "}, "Give a query"), ({"query": "quartz"}, "other words")],
)
def test_a_search_that_finds_nothing_says_what_to_do(
    finder: ToolFinder, arguments: dict[str, object], text: str
) -> None:
    assert text in finder.answer(Call(FIND, arguments, "c")).text


def test_describing_shows_one_tool_and_names_the_nearest_for_a_wrong_name(
    finder: ToolFinder,
) -> None:
    shown = finder.answer(Call("describe_tool", {"name": "addPet"}, "c"))
    assert json.loads(shown.text)["arguments"]["required"] == ["name", "photoUrls"]
    wrong = finder.answer(Call("describe_tool", {"name": "addPets"}, "c"))
    assert wrong.is_error
    assert "addPet" in wrong.text


def test_what_finds_the_things_that_a_step_needs_is_offered_with_it() -> None:
    def operation(name: str, **more: object) -> dict[str, object]:
        return {"operationId": name, "responses": {"200": {"description": "x"}}, **more}

    order = {
        "type": "object",
        "properties": {"clientId": {"type": "integer"}},
        "required": ["clientId"],
    }
    body = {"content": {"application/json": {"schema": order}}, "required": True}
    tools = tools_of(
        {
            "/orders": {"post": operation("place_order", requestBody=body)},
            "/clients": {"get": operation("who")},
            "/clients/{id}": {"get": operation("details")},
            **{f"/things{n}": {"get": operation(f"order_thing_{n}")} for n in range(30)},
        }
    )
    finder = ToolFinder(tools)
    question = Question("Place an order")
    offered = finder.fitting([question])
    assert {"place_order", "who"} <= offered.keys()
    assert "details" not in offered

    step = Turn(calls=(Call("who"),)), Result("", "who", "[]")
    assert list(finder.fitting([question, *step]))[: len(offered)] == list(offered)


def test_an_api_with_tools_of_our_names_keeps_them() -> None:
    tools = tools_of(
        {"/find": {"get": {"operationId": FIND, "responses": {"200": {"description": "x"}}}}}
    )
    finder = ToolFinder(tools)
    assert list(finder.search_tools) == [f"{FIND}_", "describe_tool", "call_tool"]
    assert not finder.answers(Call(FIND, {}, "c"))


@pytest.mark.parametrize("vendor", list(FORMATS))
def test_every_vendor_takes_the_search_tools(finder: ToolFinder, vendor: str) -> None:
    assert len(export(finder.search_tools, vendor, strict=False)) == 3


def test_the_overview_names_the_api_and_its_groups_with_counts(pets: Toolset) -> None:
    text = overview(pets)
    assert text.startswith("Swagger Petstore - OpenAPI 3.0: 19 operations.")
    assert "- pet (8): Everything about your Pets" in text


def test_an_overview_without_tags_lists_paths_and_stays_within_its_tokens() -> None:
    responses = {"responses": {"200": {"description": "x"}}}
    tools = tools_of({f"/group{n}/{{id}}": {"get": responses} for n in range(400)})
    text = overview(tools, max_tokens=300)
    assert "- group0 (1)" in text
    assert "smaller ones" in text
    assert count_tokens(text) <= 300
