"""A mock answers by its document, keeps what is made in it, and refuses what is wrong in words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import Agent, InvalidOption, build_tools, connect, load
from openapi2tools.testing import Mock, Recorder, ScriptedModel, connect_app, open_mock
from tests.support.documents import REAL

if TYPE_CHECKING:
    from openapi2tools import Client, Result

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "minLength": 2},
        "kind": {"type": "string", "enum": ["cat", "dog"]},
        "code": {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
        "born": {"type": "string", "format": "date"},
        "secret": {"type": "string", "writeOnly": True},
    },
}
REF = {"$ref": "#/components/schemas/Pet"}
ID = {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
PAGE = {
    "type": "object",
    "required": ["items", "next", "total"],
    "properties": {
        "items": {"type": "array", "items": REF},
        "next": {"type": ["string", "null"]},
        "total": {"type": "integer"},
    },
}


def json_body(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def response(schema: Any, status: str = "200", **more: Any) -> dict[str, Any]:
    return {status: {"description": "It", **json_body(schema), **more}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example/v1"}],
    "components": {
        "schemas": {"Pet": PET},
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "query", "name": "api_key"},
        },
    },
    "paths": {
        "/pets": {
            "get": {
                "operationId": "list_pets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                    {
                        "name": "kinds",
                        "in": "query",
                        "schema": {"type": "array", "items": {"enum": ["cat", "dog"]}},
                    },
                    {
                        "name": "born",
                        "in": "query",
                        "style": "deepObject",
                        "schema": {"type": "object", "properties": {"after": {"type": "integer"}}},
                    },
                ],
                "responses": response(PAGE),
            },
            "post": {
                "operationId": "add_pet",
                "requestBody": {"required": True, **json_body(REF)},
                "responses": response(REF, "201"),
            },
        },
        "/pets/{pet_id}": {
            "parameters": [ID],
            "get": {"operationId": "get_pet", "responses": response(REF)},
            "put": {
                "operationId": "replace_pet",
                "requestBody": json_body(REF),
                "responses": response(REF),
            },
            "patch": {
                "operationId": "change_pet",
                "requestBody": json_body({"type": "object", "properties": PET["properties"]}),
                "responses": response(REF),
            },
            "delete": {
                "operationId": "delete_pet",
                "security": [{"token": []}, {"key": []}],
                "responses": {"204": {"description": "Gone"}},
            },
        },
        "/pets/{pet_id}/toys": {
            "parameters": [ID],
            "get": {
                "operationId": "list_toys",
                "responses": response({"type": "array", "items": {"type": "string"}}),
            },
        },
        "/settings": {
            "get": {"operationId": "settings", "responses": response({"type": "object"})},
            "put": {
                "operationId": "set_settings",
                "requestBody": json_body({"type": "object"}),
                "responses": response({"type": "object"}),
            },
        },
        "/example": {
            "get": {
                "operationId": "example",
                "responses": {
                    "200": {
                        "description": "It",
                        "headers": {"X-Left": {"required": True, "schema": {"const": 7}}},
                        "content": {
                            "application/json": {"schema": REF, "example": {"id": 5, "name": "Rex"}}
                        },
                    }
                },
            }
        },
        "/feed": {
            "post": {
                "operationId": "feed",
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "required": ["grams"],
                                "properties": {"grams": {"type": "integer"}, "note": {}},
                            }
                        }
                    }
                },
                "responses": {"202": {"description": "Fed"}},
            }
        },
    },
}


def pets(mock: Mock | None = None, **options: Any) -> Client:
    """Give a client for a mock of the pets, whose document it takes from the mock."""
    return connect_app(mock or Mock(load(DOCUMENT), auth=False), validate=True, **options)


def is_right(result: Result) -> bool:
    return result.ok and not result.notes


# --- answers ---


def test_values_are_made_from_schemas() -> None:
    with pets() as client:
        result = client.call("get_pet", {"pet_id": 7})
    assert is_right(result), result.notes
    assert result.data.keys() == {"id", "name", "kind", "code", "born"}
    assert result.data["id"] == 7


def test_the_same_seed_answers_the_same_and_another_does_not() -> None:
    answers = []
    for seed in (1, 1, 2):
        with pets(Mock(load(DOCUMENT), auth=False, seed=seed)) as client:
            answers.append(client.call("get_pet", {"pet_id": 7}).data)
    assert answers[0] == answers[1] != answers[2]


def test_an_example_comes_before_what_is_made() -> None:
    with pets() as client:
        result = client.call("example")
    assert result.data == {"id": 5, "name": "Rex"}
    assert result.headers["X-Left"] == "7"


# --- what is kept ---


def test_a_pet_lives_and_dies() -> None:
    with pets() as client:
        made = client.call("add_pet", {"name": "Rex", "kind": "dog", "secret": "x"})
        pet = made.data
        assert (made.status, pet["name"], pet["kind"]) == (201, "Rex", "dog")
        assert made.headers["location"] == f"/v1/pets/{pet['id']}"
        assert client.call("get_pet", {"pet_id": pet["id"]}).data == pet
        listed = client.call("list_pets")
        assert is_right(listed), listed.notes
        assert pet in listed.data["items"]
        assert client.call("change_pet", {"pet_id": pet["id"], "kind": "cat"}).data["kind"] == "cat"
        assert client.call("get_pet", {"pet_id": pet["id"]}).data == {**pet, "kind": "cat"}
        assert client.call("delete_pet", {"pet_id": pet["id"]}).status == 204
        gone = client.call("get_pet", {"pet_id": pet["id"]})
        assert gone.status == 404
        assert "was deleted" in gone.text
        assert client.call("delete_pet", {"pet_id": pet["id"]}).status == 404
        assert client.call("list_toys", {"pet_id": pet["id"]}).status == 404
        assert pet["id"] not in [each["id"] for each in client.call("list_pets").data["items"]]


def test_two_pets_have_two_identifiers() -> None:
    with pets() as client:
        ids = [client.call("add_pet", {"name": "Rex"}).data["id"] for _ in range(5)]
        listed = [each["id"] for each in client.call("list_pets").data["items"]]
    assert len({*ids}) == 5
    assert {*ids} < {*listed}
    assert len({*listed}) == len(listed)


def test_the_pets_of_the_list_are_those_that_one_gets() -> None:
    with pets() as client:
        first = client.call("list_pets").data["items"][0]
        assert client.call("get_pet", {"pet_id": first["id"]}).data == first
        assert client.call("delete_pet", {"pet_id": first["id"]}).ok
        assert first not in client.call("list_pets").data["items"]


def test_what_is_deleted_before_anybody_lists_it_is_not_listed() -> None:
    with pets() as client:
        first = client.call("list_pets").data["items"][0]["id"]
    with pets() as client:
        client.call("delete_pet", {"pet_id": first})
        assert first not in [each["id"] for each in client.call("list_pets").data["items"]]


def test_what_is_put_is_the_whole_and_may_be_new() -> None:
    with pets() as client:
        for name in ("Rex", "Tom"):
            put = client.call("replace_pet", {"pet_id": 99, "name": name, "code": "ABC-1234"})
            assert put.data["name"] == name
        assert client.call("get_pet", {"pet_id": 99}).data["code"] == "ABC-1234"
        assert client.call("delete_pet", {"pet_id": 99}).ok
        assert client.call("replace_pet", {"pet_id": 99, "name": "Kim"}).ok
        assert client.call("get_pet", {"pet_id": 99}).data["name"] == "Kim"


def test_a_thing_that_there_is_one_of_is_kept() -> None:
    with pets() as client:
        client.call("set_settings", {"body": {"colour": "red"}})
        assert client.call("settings").data == {"colour": "red"}


def test_a_list_says_that_it_is_all_there_is() -> None:
    with pets() as client:
        client.call("add_pet", {"name": "Rex"})
        page = client.call("list_pets").data
    assert (page["next"], page["total"]) == (None, len(page["items"]))
    assert len(page["items"]) == 3


# --- what is refused ---


def ask(mock: Mock, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    """Send what no client of ours would, and give the status and the words."""
    from openapi2tools.mock.request import Request

    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
    path, _, query = path.partition("?")
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = mock.answer(Request(method, path, query, known, data))
    return answer.status, json.loads(answer.body or b"{}").get("detail", "")


JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("request_line", "body", "headers", "status", "words"),
    [
        ("POST /pets", {"name": "R"}, JSON, 400, "body.name: the value is shorter than 2"),
        ("POST /pets", {"kind": "dog"}, JSON, 400, "body.name: is missing"),
        ("POST /pets", b"{", JSON, 400, "The body is no JSON"),
        ("POST /pets", None, {}, 400, "The body is missing"),
        ("POST /pets", b"<a/>", {"content_type": "text/xml"}, 415, "takes application/json."),
        ("GET /pets?limit=10", None, {}, 400, "query.limit: "),
        ("GET /pets?limit=many", None, {}, 400, 'query.limit: expected an integer, got "many".'),
        ("GET /pets?kinds=cat&kinds=cow", None, {}, 400, "query.kinds[1]: "),
        ("GET /pets?born[after]=x", None, {}, 400, "query.born.after: expected an integer"),
        ("GET /pets/rex", None, {}, 400, "path.pet_id: expected an integer"),
        ("GET /nothing", None, {}, 404, "The document has no path /nothing."),
        ("DELETE /pets", None, {}, 405, "/pets has no DELETE, but GET, POST."),
        (
            "POST /feed",
            b"grams=few",
            {"content_type": "application/x-www-form-urlencoded"},
            400,
            "body.grams: expected an integer",
        ),
    ],
)
def test_a_wrong_request_is_refused_in_words(
    request_line: str, body: Any, headers: dict[str, str], status: int, words: str
) -> None:
    method, _, path = request_line.partition(" ")
    found = ask(Mock(load(DOCUMENT)), method, path, body, **headers)
    assert found[0] == status, found
    assert words in found[1]


@pytest.mark.parametrize(
    "path", ["/pets?limit=9&kinds=cat&kinds=dog", "/v1/pets?born[after]=3", "/pets/"]
)
def test_a_right_request_is_answered_with_and_without_the_servers_path(path: str) -> None:
    assert ask(Mock(load(DOCUMENT)), "GET", path)[0] == 200


def test_a_fragment_says_which_of_several_operations_is_meant() -> None:
    paths = {
        f"/#Action={name}": {"get": {"operationId": name, "responses": {}}} for name in ("A", "B")
    }
    lines: list[str] = []
    mock = Mock(load({**DOCUMENT, "paths": paths}), on_request=lines.append)
    assert [ask(mock, "GET", f"/?Action={name}")[0] for name in "BA"] == [200, 200]
    assert [line.split()[-1] for line in lines] == ["B", "A"]


def test_a_form_is_read_by_its_types() -> None:
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert ask(Mock(load(DOCUMENT)), "POST", "/feed", b"grams=5&note=a", **form)[0] == 202


# --- credentials ---


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/pets/1", {}, 401),
        ("/pets/1", {"authorization": "Basic eDp5"}, 401),
        ("/pets/1", {"authorization": "Bearer x"}, 204),
        ("/pets/1?api_key=x", {}, 204),
    ],
)
def test_a_credential_is_asked_for(path: str, headers: dict[str, str], status: int) -> None:
    found = ask(Mock(load(DOCUMENT)), "DELETE", path, **headers)
    assert found[0] == status
    if status == 401:
        assert "Authorization: Bearer or the query parameter api_key" in found[1]
    assert ask(Mock(load(DOCUMENT), auth=False), "DELETE", "/pets/1")[0] == 204


def test_a_line_about_each_request_holds_no_credential() -> None:
    lines: list[str] = []
    mock = Mock(load(DOCUMENT), on_request=lines.append)
    ask(mock, "DELETE", "/pets/1?api_key=topsecret")
    ask(mock, "GET", "/pets?limit=10")
    ask(mock, "GET", "/nothing?api_key=topsecret&password=topsecret&a")
    assert lines[0] == "DELETE /pets/1?api_key=[secret] 204 delete_pet"
    assert lines[1].startswith("GET /pets?limit=10 400 list_pets: query.limit: ")
    assert lines[2] == (
        "GET /nothing?api_key=[secret]&password=[secret]&a 404: The document has no path /nothing."
    )


# --- the document, and servers ---


def test_the_document_leads_to_the_mock() -> None:
    app = Recorder(Mock(load(DOCUMENT)))
    with connect_app(app, credentials={"token": "x"}) as client:
        assert client.call("delete_pet", {"pet_id": 1}).ok
    assert [request.path for request in app.requests] == ["/openapi.json", "/v1/pets/1"]


@pytest.mark.parametrize("name", ["petstore-2.0.json", "petstore-3.0.yaml", "museum-3.1"])
def test_the_document_of_a_mock_asks_for_no_credential_where_the_mock_does_not(name: str) -> None:
    path = REAL / name
    api = load(path if path.is_file() else next(path.glob("*.yaml")))
    with connect_app(Mock(api, auth=False)) as client:
        assert client.wait(client.missing_credentials) == {}
        assert len(client.tools) == len(build_tools(api))


def test_an_agent_is_tried_on_a_port() -> None:
    lines: list[str] = []
    model = ScriptedModel(
        ("add_pet", {"name": "Rex"}),
        lambda record: ("get_pet", {"pet_id": record[-1].data["id"]}),  # type: ignore[union-attr]
        lambda record: record[-1].data["name"],  # type: ignore[union-attr]
    )
    with open_mock(load(DOCUMENT), auth=False, on_request=lines.append) as mock:
        tools = build_tools(load(mock.document))
        with connect(tools) as client:
            assert Agent(client, model).run("Add Rex.").text == "Rex"
    assert [line.split()[-1] for line in lines[1:]] == ["add_pet", "get_pet"]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(mock.url)


def test_a_taken_port_is_told() -> None:
    with open_mock(load(DOCUMENT)) as mock:
        port = int(mock.url.rpartition(":")[2])
        with (
            pytest.raises(InvalidOption, match=f"port={port} cannot be used"),
            open_mock(load(DOCUMENT), port=port),
        ):
            pass
