"""A format of one's own is exported like ours; our modules are formats, too."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from examples.bedrock_format import CONVERSE
from openapi2tools import BuildError, Call, Result, export
from openapi2tools.formats import (
    OPENAI_STRICT,
    StrictConverter,
    gemini,
    openai_chat,
    read_call,
    report,
)
from openapi2tools.formats.export import FORMATS, dumps
from openapi2tools.model import Part
from tests.support.documents import tools_of
from tests.support.tools import make_tool


class Plain:
    """The smallest format there can be."""

    def __init__(self) -> None:
        self.strict: list[bool] = []

    def describe(self, tool: Any, *, strict: bool) -> dict[str, Any]:
        self.strict.append(strict)
        return {"fn": tool.name, "takes": tool.schema}

    def read_calls(self, message: Any, tools: Any, *, strict: bool) -> list[Call]:
        return [Call(message["fn"], message["args"])]

    def write_result(self, result: Result) -> Any:
        return result.text


def test_each_tool_is_described_in_order_with_the_wish_for_strictness() -> None:
    tools, plain = tools_of("petstore-3.0.json"), Plain()
    exported = export(tools, plain)
    assert [one["fn"] for one in exported] == list(tools)
    assert set(plain.strict) == {True}
    export(tools, plain, strict=False)
    assert plain.strict[-1] is False


def test_budgets_and_reports_are_for_every_format() -> None:
    tools = tools_of("docker-engine-2.0.yaml").only("ContainerCreate")
    [whole], [short] = report(tools, Plain()), report(tools, Plain(), max_tool_tokens=1000)
    assert short.tokens <= 1000 < whole.tokens
    assert short.shortened
    assert whole.reasons == ("Plain decides that",)


@pytest.mark.parametrize("name", FORMATS)
def test_our_own_modules_are_formats(name: Any) -> None:
    tools = tools_of("petstore-3.0.json")
    assert dumps(export(tools, FORMATS[name])) == dumps(export(tools, name))


def test_a_module_has_the_options_of_its_name() -> None:
    with pytest.raises(BuildError, match="Only openai-responses has namespaces, not openai-chat"):
        export({}, openai_chat, namespaces=True)
    with pytest.raises(BuildError, match="Plain has no place for what a call answers"):
        export({}, Plain(), output_schemas=True)
    assert export({}, gemini) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("openai-caht", "Did you mean openai-chat"),
        (Plain, r"give an object, Plain\(…\)"),
        (7, "format=7: give a name .* no describe, read_calls, write_result"),
    ],
)
def test_what_is_no_format_is_told(given: Any, words: str) -> None:
    with pytest.raises(BuildError, match=words):
        export({}, given)


def test_a_format_of_ones_own_can_be_strict_and_read_what_it_offered() -> None:
    class Strict(Plain):
        def describe(self, tool: Any, *, strict: bool) -> dict[str, Any]:
            schema = StrictConverter(OPENAI_STRICT).to_strict(tool.schema).schema
            return {"fn": tool.name, "takes": schema if strict else tool.schema}

        def read_calls(self, message: Any, tools: Any, *, strict: bool) -> list[Call]:
            converter = StrictConverter(OPENAI_STRICT) if strict else None
            name, arguments = message["fn"], message["args"]
            return [read_call(tools, name, arguments, id="", strict_converter=converter)]

    tools = {"getPet": make_tool()}
    [definition] = export(tools, Strict())
    assert sorted(definition["takes"]["required"]) == ["filter[x]", "id", "note"]
    said = {"fn": "getPet", "args": '{"id": 1, "filter[x]": null, "note": null}'}
    [call] = Strict().read_calls(said, tools, strict=True)
    assert call.arguments == {"id": 1}


def test_converse_renames_what_bedrock_refuses_and_takes_it_back() -> None:
    tools = {"getPet": make_tool()}
    [definition] = export(tools, CONVERSE)
    properties = definition["toolSpec"]["inputSchema"]["json"]["properties"]
    assert sorted(properties) == ["filter_x", "id", "note"]
    use = {"toolUseId": "u", "name": "getPet", "input": {"id": 1, "filter_x": "a"}}
    [call] = CONVERSE.read_calls({"content": [{"text": ""}, {"toolUse": use}]}, tools, strict=False)
    assert call == Call("getPet", {"id": 1, "filter[x]": "a"}, id="u")


def test_converse_shows_images_and_never_an_empty_text() -> None:
    picture = Part("image/png", b"\x89PNG")
    written = CONVERSE.write_result(Result("u", "t", "", parts=(picture,)))
    assert written["toolResult"]["content"] == [
        {"text": "(empty)"},
        {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}},
    ]
    assert CONVERSE.write_result(Result("u", "t", "no", is_error=True))["toolResult"]["status"] == (
        "error"
    )


def test_nothing_of_a_vendor_is_imported() -> None:
    program = (
        "import sys, openapi2tools.formats; print({'openai', 'httpx2', 'mcp'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"
