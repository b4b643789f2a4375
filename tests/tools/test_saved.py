"""Saved tools are the tools they were, without the rest of their document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import (
    ABSENT,
    FetchError,
    InvalidOption,
    ParseError,
    Tool,
    Toolset,
    UnsupportedVersion,
    build_tools,
    connect,
    export,
    load,
    load_tools,
    save,
)
from openapi2tools.formats.export import FORMATS, dumps
from openapi2tools.testing import assert_request
from tests.support.documents import SINGLE_FILES, tools_of

if TYPE_CHECKING:
    from examples.bookshop.shop import Shop

GOLDEN = Path(__file__).parents[1] / "golden"

FIELDS = sorted(set(Tool.__dataclass_fields__) - {"api"})


def saved(tools: Toolset, path: Path) -> Toolset:
    save(tools, path / "tools.json")
    return load_tools(path / "tools.json")


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_every_tool_of_every_real_document_is_what_it_was(name: str, tmp_path: Path) -> None:
    tools = tools_of(name)
    again = saved(tools, tmp_path)
    assert list(again) == list(tools)
    for before, after in zip(tools.values(), again.values(), strict=True):
        for field in FIELDS:
            assert getattr(after, field) == getattr(before, field)
        assert (after.api.title, after.api.address) == (before.api.title, before.api.address)
    for vendor in FORMATS:
        assert dumps(export(again, vendor)) == dumps(export(tools, vendor))
    assert export(again, "mcp", output_schemas=True) == export(tools, "mcp", output_schemas=True)


def test_a_selection_holds_what_it_reaches_and_nothing_else(tmp_path: Path) -> None:
    save(tools_of("docker-engine-2.0.yaml").only("ContainerCreate"), tmp_path / "t.json")
    written = json.loads((tmp_path / "t.json").read_bytes())
    document = written["apis"][0]["document"]
    assert list(document["paths"]) == ["/containers/create"]
    assert "HostConfig" in document["definitions"]
    assert "SwarmSpec" not in document["definitions"]
    assert len(written["apis"][0]["operations"]) == 1


def test_tools_share_the_definitions_that_they_shared(tmp_path: Path) -> None:
    tools = tools_of("docker-engine-2.0.yaml")
    again = saved(tools, tmp_path)
    distinct = []
    for each in (tools, again):
        definitions = [tool.schema.get("$defs", {}) for tool in each.values()]
        distinct.append(len({id(schema) for by_name in definitions for schema in by_name.values()}))
    assert distinct[0] == distinct[1] > 0
    assert len({id(tool.api) for tool in again.values()}) == 1


def test_what_was_curated_is_kept(tmp_path: Path) -> None:
    tools = tools_of("petstore-3.0.json").only("findPetsByStatus", "getPetById")
    curated = tools.fixed("findPetsByStatus", {"status": "sold"}).prefixed("shop_")
    curated = curated.described({"shop_getPetById": "Look a pet up."})
    again = saved(curated, tmp_path)
    assert again["shop_getPetById"].description == "Look a pet up."
    with connect(again, server="http://127.0.0.1:1") as client:
        assert "status=sold" in client.prepare("shop_findPetsByStatus", {}).curl()


def test_an_argument_that_was_hidden_stays_hidden(tmp_path: Path) -> None:
    tools = tools_of("spotify-3.0.yaml").only("search").hidden("search", "market")
    again = saved(tools, tmp_path)
    assert again["search"].fixed_arguments == tools["search"].fixed_arguments
    assert "market" not in again["search"].schema["properties"]


def test_tools_of_several_apis_are_saved_together(tmp_path: Path) -> None:
    both = tools_of("petstore-3.0.json").prefixed("pets_") | tools_of("spotify-3.0.yaml")
    again = saved(both, tmp_path)
    assert [tool.api.title for tool in again.values()] == [t.api.title for t in both.values()]


def odd_document() -> dict[str, Any]:
    """A document whose parts are referred to in unusual ways."""
    pet = {
        "type": "object",
        "discriminator": {"propertyName": "kind", "mapping": {"tabby": "Cat"}},
        "properties": {"kind": {"type": "string"}, "next": {"$ref": "#/components/schemas/Pet"}},
    }
    child = {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"legs": {}}}]}
    inner = {"$ref": "#/components/schemas/Holder/properties/a~1b"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Odd", "version": "1"},
        "paths": {
            "/a": {
                "parameters": [{"name": "size", "in": "query", "schema": inner}],
                "get": {
                    "operationId": "a",
                    "responses": {"200": {"$ref": "#/components/responses/Pets"}},
                },
                "post": {
                    "operationId": "b",
                    "requestBody": {"$ref": "#/paths/~1c/post/requestBody"},
                    "responses": {"default": {"description": ""}},
                },
            },
            "/c": {
                "post": {
                    "operationId": "c",
                    "requestBody": {
                        "content": {"application/json": {"schema": {"maximum": 2**70 + 0.5}}}
                    },
                    "responses": {},
                }
            },
        },
        "components": {
            "responses": {
                "Pets": {
                    "description": "",
                    "headers": {"X-Total": {"schema": {"$ref": "#/components/schemas/Count"}}},
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}
                    },
                }
            },
            "schemas": {
                "Pet": pet,
                "Cat": child,
                "Dog": child,
                "Count": {"type": "integer"},
                "Holder": {"properties": {"a/b": {"enum": ["é", "☃", None]}}},
                "Unused": {"type": "string"},
            },
        },
    }


def test_classes_headers_and_shared_bodies_come_along(tmp_path: Path) -> None:
    tools = build_tools(load(odd_document())).only("a", "b")
    again = saved(tools, tmp_path)
    document = again["a"].api.document
    assert sorted(document["components"]["schemas"]) == ["Cat", "Count", "Dog", "Holder", "Pet"]
    assert list(document["paths"]["/c"]["post"]) == ["requestBody"]
    assert export(again, "mcp", output_schemas=True) == export(tools, "mcp", output_schemas=True)
    twice = tmp_path / "twice.json"
    save(again, twice)
    assert twice.read_bytes() == (tmp_path / "tools.json").read_bytes()


def test_an_operation_is_whole_though_a_part_of_it_was_copied_before(tmp_path: Path) -> None:
    tools = build_tools(load(odd_document()))
    again = saved(tools.only("b") | tools.only("c"), tmp_path)
    assert again["c"].schema == tools["c"].schema
    assert "operationId" in again["c"].api.document["paths"]["/c"]["post"]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("{", ParseError, "no JSON"),
        ("[]", ParseError, "no file of saved tools"),
        ('{"openapi": "3.0.0"}', ParseError, r"build_tools\(load\(…\)\)"),
        ('{"openapi2tools": "tools", "version": 99}', UnsupportedVersion, "version 99"),
        ('{"openapi2tools": "tools", "version": true}', UnsupportedVersion, "version True"),
        ('{"openapi2tools": "tools", "version": 1}', ParseError, "'apis' is missing"),
        (
            '{"openapi2tools": "tools", "version": 1, "apis": [{"title": 1}], "tools": []}',
            ParseError,
            "/apis/0",
        ),
        (
            '{"openapi2tools":"tools", "version":1, "apis":[], "definitions":[], "tools":[[]]}',
            ParseError,
            "damaged",
        ),
    ],
)
def test_what_is_no_file_of_saved_tools_is_told(
    content: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=words) as caught:
        load_tools(path)
    assert str(path) in str(caught.value)


def test_paths_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="No such file"):
        load_tools(tmp_path / "nothing.json")
    with pytest.raises(FetchError, match="null"):
        load_tools("a\0b")
    with pytest.raises(InvalidOption, match="cannot be saved to"):
        save(Toolset(), tmp_path / "no" / "folder.json")
    assert len(saved(Toolset(), tmp_path)) == 0


def test_a_file_of_saved_tools_is_told_from_a_document(tmp_path: Path) -> None:
    save(tools_of("petstore-3.0.json"), tmp_path / "t.json")
    with pytest.raises(UnsupportedVersion, match=r"load_tools\(path\)"):
        load(tmp_path / "t.json")


def test_what_the_first_version_saved_is_still_read() -> None:
    tools = load_tools(GOLDEN / "saved-tools.v1.json")
    assert list(tools) == ["a", "c"]
    assert dict(tools["a"].fixed_arguments) == {"size": ABSENT}
    assert tools["a"].api.address == "https://a.example/openapi.json"
    assert tools["a"].operation.security == ({"login": ("read",)}, {})
    assert tools["a"].api.schemes["login"].flows[0].scopes == {"read": "Read"}
    assert [response.status for response in tools["a"].operation.responses] == ["200"]
    with connect(tools, server_variables={"place": "b"}) as client:
        assert str(client.prepare("a", {}).request.url) == "https://b.example/v1/a"
        assert_request(client.prepare("c", {}), method="POST", path="/v1/c", json=5)


def test_answers_to_saved_tools_are_checked_against_their_document(
    tmp_path: Path, bookshop: Shop
) -> None:
    tools = saved(build_tools(load(bookshop.document)).only("search_books"), tmp_path)
    with connect(tools, validate=True) as client:
        result = client.call("search_books", {"q": "le guin"})
    assert (result.status, result.notes) == (200, ())
