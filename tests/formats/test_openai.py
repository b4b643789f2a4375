"""OpenAI's two shapes: definitions that the SDK's types take, calls read back, results written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import (
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionToolUnionParam,
)
from openai.types.responses import ResponseFunctionToolCall, ResponseInputItemParam, ToolParam
from pydantic import TypeAdapter

from openapi2tools.formats import openai_chat, openai_responses
from openapi2tools.formats.export import export
from openapi2tools.model import Part, Result, Toolset
from openapi2tools.tools.strict.converter import value_to_strict
from tests.support.documents import SINGLE_FILES, tools_of
from tests.support.tools import PET, make_tool

CHAT = TypeAdapter(list[ChatCompletionToolUnionParam])
RESPONSES = TypeAdapter(list[ToolParam])
TOOLS = Toolset(
    [make_tool(), make_tool("openShop", {"type": "object", "properties": {"x": {"if": {}}}})]
)


def chat(name: str, arguments: Any, call_id: str = "call_1") -> dict[str, Any]:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def response(name: str, arguments: str, **more: Any) -> dict[str, Any]:
    item = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": name,
        "arguments": arguments,
        **more,
    }
    return {"output": [{"type": "reasoning", "id": "rs_1", "summary": []}, item]}


# --- describe ---


def test_strict_is_always_written_and_true_only_where_it_can_be() -> None:
    assert [tool["function"]["strict"] for tool in export(TOOLS, "openai-chat")] == [True, False]
    assert [tool["strict"] for tool in export(TOOLS, "openai-responses")] == [True, False]
    assert [tool["strict"] for tool in export(TOOLS, "openai-responses", strict=False)] == [
        False,
        False,
    ]


def test_the_two_shapes_say_the_same_of_a_tool() -> None:
    nested, flat = export(TOOLS, "openai-chat")[0], export(TOOLS, "openai-responses")[0]
    assert nested == {
        "type": "function",
        "function": {key: value for key, value in flat.items() if key != "type"},
    }


@pytest.mark.parametrize("name", SINGLE_FILES)
@pytest.mark.parametrize("strict", [True, False])
def test_every_real_export_passes_the_sdk_types(name: str, strict: bool) -> None:
    CHAT.validate_python(export(tools_of(name), "openai-chat", strict=strict))
    RESPONSES.validate_python(export(tools_of(name), "openai-responses", strict=strict))


def test_namespaces_and_output_schemas_pass_the_sdk_types() -> None:
    tools = export(
        tools_of("spotify-3.0.yaml"), "openai-responses", namespaces=True, output_schemas=True
    )
    RESPONSES.validate_python(tools)
    assert tools[-1] == {"type": "tool_search"}
    assert {one["type"] for one in tools[:-1]} == {"namespace"}
    assert all(function["defer_loading"] for one in tools[:-1] for function in one["tools"])
    assert sum(len(one["tools"]) for one in tools[:-1]) == len(tools_of("spotify-3.0.yaml"))


def test_a_plain_schema_is_freed_of_what_openai_refuses() -> None:
    schema = {
        "type": "object",
        "properties": {
            "x": {"type": "array"},
            "p": {"type": "string", "pattern": "(?=a)"},
            "o": {"type": "object"},
        },
    }
    parameters = openai_chat.describe(make_tool(schema=schema), strict=False)["function"][
        "parameters"
    ]
    assert parameters["properties"] == {
        "x": {"type": "array", "items": {}},
        "p": {"type": "string", "description": "Pattern (?=a)"},
        "o": {"type": "object", "properties": {}},
    }


# --- read calls ---


@pytest.mark.parametrize("strict", [True, False])
def test_arguments_come_back_in_the_plain_shape(strict: bool) -> None:
    plain = {"id": 7, "note": None}
    sent = json.dumps(value_to_strict(PET, plain) if strict else plain)
    [call] = openai_chat.read_calls(chat("getPet", sent), TOOLS, strict=strict)
    [same] = openai_responses.read_calls(response("getPet", sent), TOOLS, strict=strict)
    assert call == same
    assert (call.tool, call.arguments, call.id, call.fault) == ("getPet", plain, "call_1", "")


def test_the_sdks_objects_are_read_as_what_they_hold() -> None:
    message = ChatCompletionMessage.model_validate(chat("getPet", '{"id": 7}'))
    item = ResponseFunctionToolCall.model_validate(response("getPet", '{"id": 7}')["output"][1])
    [one], [other] = (
        openai_chat.read_calls(message, TOOLS),
        openai_responses.read_calls([item], TOOLS),
    )
    assert (one.arguments, one.id) == (other.arguments, other.id) == ({"id": 7}, "call_1")


def test_a_tool_that_cannot_be_strict_is_read_as_it_was_described() -> None:
    [call] = openai_chat.read_calls(chat("openShop", '{"x": null}'), TOOLS)
    assert call.arguments == {"x": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": 7', "no JSON"),
        ("[1]", "one JSON object, not an array"),
        ('"[1]"', "one JSON object, not an array"),
        ('"id 7"', "no JSON"),
    ],
)
def test_arguments_that_cannot_be_read_are_a_fault_with_a_sentence(text: str, said: str) -> None:
    [call] = openai_responses.read_calls(response("getPet", text), TOOLS)
    assert said in call.fault
    assert call.id == "call_1"
    assert call.arguments == {}


def test_arguments_nested_beyond_reason_are_a_fault() -> None:
    schema = {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {}}
    schema["$defs"] = {"N": {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}}}
    deep = '{"n":' * 1000 + "{}" + "}" * 1000
    [call] = openai_chat.read_calls(chat("t", deep), Toolset([make_tool(name="t", schema=schema)]))
    assert "nested too deeply" in call.fault


def test_whole_numbers_of_any_size_come_as_they_were_written() -> None:
    [call] = openai_chat.read_calls(chat("openShop", '{"wei": 12345678901234567890123}'), TOOLS)
    assert call.arguments == {"wei": 12345678901234567890123}
    [call] = openai_chat.read_calls(
        chat("openShop", '{"wei": 12345678901234567890123, "x": NaN}'), TOOLS
    )
    assert "no JSON" in call.fault


@pytest.mark.parametrize("none", ["", " ", "null", None, "{}", '""', '"null"', '"{}"'])
def test_no_arguments_at_all_are_an_empty_object(none: Any) -> None:
    [call] = openai_chat.read_calls(chat("getPet", none), TOOLS)
    assert (call.arguments, call.fault) == ({}, "")


@pytest.mark.parametrize("arguments", ['{"id": 7}', {"id": 7}, '"{\\"id\\": 7}"'])
def test_arguments_may_be_an_object_or_encoded_twice(arguments: Any) -> None:
    [call] = openai_chat.read_calls(chat("getPet", arguments), TOOLS, strict=False)
    assert (call.arguments, call.fault) == ({"id": 7}, "")


@pytest.mark.parametrize(
    "name",
    [
        "functions.getPet",
        "functions.getPet:0",
        "default_api:getPet",
        "pets/getPet",
        " getPet ",
        "getPet()",
        "getPet<|channel|>commentary",
        "tools.pets.getPet",
    ],
)
def test_what_a_model_puts_around_a_name_is_not_the_name(name: str) -> None:
    [call] = openai_chat.read_calls(chat(name, "{}"), TOOLS)
    assert call.tool == "getPet"


@pytest.mark.parametrize("name", ["functions.getPets", "get Pet", "getPet2", "", "getpet."])
def test_a_name_that_is_not_plain_stays_the_models_own(name: str) -> None:
    [call] = openai_chat.read_calls(chat(name, "{}"), TOOLS)
    assert call.tool == name


def test_an_unknown_tool_is_left_to_the_client() -> None:
    [call] = openai_chat.read_calls(chat("getPets", '{"id": null}'), TOOLS)
    assert (call.tool, call.arguments) == ("getPets", {"id": None})


def test_a_message_without_calls_has_none() -> None:
    assert openai_chat.read_calls({"role": "assistant", "content": "Hello."}, TOOLS) == []
    assert openai_responses.read_calls([{"type": "message", "content": []}], TOOLS) == []


def test_a_call_into_a_namespace_names_the_function_and_keeps_its_caller() -> None:
    caller = {"type": "program", "caller_id": "p1"}
    [call] = openai_responses.read_calls(
        response("getPet", '{"id": 7}', namespace="pets", caller=caller), TOOLS
    )
    [dotted] = openai_responses.read_calls(
        response("pets.getPet", '{"id": 7}', namespace="pets"), TOOLS
    )
    assert (call.tool, call.caller, dotted.tool) == ("getPet", caller, "getPet")


# --- write results ---


def test_a_result_answers_its_call() -> None:
    result = Result("call_1", "getPet", '{"id": 7}', notes=('id: "7" was read as 7.',))
    message = openai_chat.write_result(result)
    item = openai_responses.write_result(result)
    assert message == {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": '{"id": 7}\nNote: id: "7" was read as 7.',
    }
    assert item == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": message["content"],
    }
    TypeAdapter(ChatCompletionMessageParam).validate_python(message)
    TypeAdapter(ResponseInputItemParam).validate_python(item)


def test_images_and_pdf_files_ride_with_a_responses_output() -> None:
    parts = (
        Part("image/png", b"\x89PNG"),
        Part("application/pdf", b"%PDF", "bill.pdf"),
        Part("application/zip", b"PK"),
    )
    item = openai_responses.write_result(
        Result("call_1", "getPet", "three parts", parts=parts, caller={"type": "direct"})
    )
    TypeAdapter(ResponseInputItemParam).validate_python(item)
    assert [part["type"] for part in item["output"]] == ["input_text", "input_image", "input_file"]
    assert item["output"][1]["image_url"] == "data:image/png;base64,iVBORw=="
    assert item["caller"] == {"type": "direct"}


def test_an_output_is_cut_to_what_openai_takes() -> None:
    message = openai_chat.write_result(Result("call_1", "getPet", "x" * 11_000_000))
    assert len(message["content"]) == 10_485_760
    assert message["content"].endswith("[cut: 11000000 characters in all]")
