"""A document may say less than its server takes, or more strictly: the operator can say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidOption
from openapi2tools.linting import lint
from openapi2tools.spec.load import load
from openapi2tools.tools.arguments.open_body import lacks_body
from openapi2tools.tools.build import build_tools
from tests.support.apis import document, json_body
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openapi2tools.call.client import Client
    from tests.conftest import Done

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 3}, "age": {"type": "integer"}},
    "additionalProperties": False,
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
PATHS: dict[str, Any] = {
    "/import": {"post": {"operationId": "import_all", "responses": {}}},
    "/items/{id}": {
        "delete": {"operationId": "delete_item", "parameters": [ID], "responses": {}},
        "get": {"operationId": "get_item", "parameters": [ID], "responses": {}},
        "put": {"operationId": "put_item", "parameters": [ID], "responses": {}, **json_body(PET)},
        "patch": {
            "operationId": "patch_item",
            "parameters": [ID],
            "responses": {},
            **json_body(PET, required=False),
        },
    },
}
EVERYTHING = ["import_all", "delete_*"]


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(204)) as running:
        yield running


def client(server: LoopbackServer, **options: Any) -> Client:
    api = load(document(PATHS, servers=[{"url": server.url}]))
    return connect(build_tools(api), **options)


def sent(server: LoopbackServer, tool: str, arguments: dict[str, Any], **options: Any) -> Received:
    result = client(server, **options).call(tool, arguments)
    assert result.status == 204, result.text
    return server.received[-1]


# --- bodies that are not declared ---


@pytest.mark.parametrize(
    ("body", "content_type", "bytes_"),
    [
        ({"a": [1]}, "application/json", b'{"a":[1]}'),
        ([1, 2], "application/json", b"[1,2]"),
        (5, "application/json", b"5"),
        ({"text": "hello"}, "application/json", b'{"text":"hello"}'),
        ("hello", "text/plain; charset=utf-8", b"hello"),
        ('{"a": 1}', "application/json", b'{"a": 1}'),
        ("{no JSON}", "text/plain; charset=utf-8", b"{no JSON}"),
        ({"text": "a,b", "content_type": "text/csv"}, "text/csv", b"a,b"),
        ({"base64": "/w==", "content_type": "image/png"}, "image/png", b"\xff"),
        (b"\xfe", "application/octet-stream", b"\xfe"),
    ],
)
def test_an_open_body_takes_any_json_text_or_file(
    server: LoopbackServer, body: Any, content_type: str, bytes_: bytes
) -> None:
    received = sent(server, "import_all", {"body": body}, open_body=["import_*"])
    assert (received.headers["content-type"], received.body) == (content_type, bytes_)


def test_an_open_body_is_optional_and_its_fields_may_stand_beside(server: LoopbackServer) -> None:
    empty = sent(server, "import_all", {}, open_body=EVERYTHING)
    assert (empty.body, "content-type" in empty.headers) == (b"", False)
    received = sent(server, "delete_item", {"id": 1, "keys": [2, 3]}, open_body=EVERYTHING)
    assert json.loads(received.body) == {"keys": [2, 3]}


def test_a_file_from_an_allowed_folder_is_a_body(server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b")
    body = {"path": "a.csv", "content_type": "text/csv"}
    options = {"open_body": ["import_all"], "files": [tmp_path]}
    assert sent(server, "import_all", {"body": body}, **options).body == b"a,b"


def test_only_the_named_tools_without_a_body_are_opened(server: LoopbackServer) -> None:
    opened = client(server, open_body=["*"]).tools
    closed = client(server).tools
    assert opened["put_item"] == closed["put_item"]
    assert "body" in opened["import_all"].schema["properties"]
    assert "body" not in closed["import_all"].schema["properties"]
    assert [name for name, tool in closed.items() if lacks_body(tool)] == ["import_all"]
    assert [name for name, tool in opened.items() if lacks_body(tool)] == []


def test_a_glob_that_opens_nothing_is_refused(server: LoopbackServer) -> None:
    with pytest.raises(
        InvalidOption, match=r"no tool without a declared body is called 'put_.*import_all"
    ):
        client(server, open_body=["put_*"])
    with pytest.raises(InvalidOption, match="list of globs"):
        client(server, open_body="import_all")


def test_a_hint_opens_a_body(server: LoopbackServer) -> None:
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "O", "version": "1"},
        "actions": [
            {
                "target": "$.paths['/import'].post",
                "update": {"x-openapi2tools": {"open_body": True}},
            }
        ],
    }
    source = document(PATHS, servers=[{"url": server.url}])
    with connect(build_tools(load(source, overlays=[overlay]))) as hinted:
        assert hinted.call("import_all", {"body": {"a": 1}}).status == 204
    assert server.received[-1].body == b'{"a":1}'


def test_lint_names_writes_without_a_body() -> None:
    found = [one for one in lint(load(document(PATHS))).findings if one.kind == "undeclared-body"]
    assert [(one.pointer, one.severity) for one in found] == [("/paths/~1import/post", "hint")]
    assert "open_body=" in found[0].advice


def test_the_command_line_opens_bodies_and_names_what_lacks_one(
    cli: Callable[..., Done], server: LoopbackServer, tmp_path: Path
) -> None:
    source = tmp_path / "api.json"
    source.write_text(json.dumps(document(PATHS, servers=[{"url": server.url}])))
    seen = cli("inspect", str(source))
    assert "1 write without a declared body, sent empty: import_all. --open-body" in " ".join(
        seen.err.split()
    )
    assert "declared body" not in cli("inspect", str(source), "--open-body", "import_all").err
    options = ("--open-body", "import_all", "--args", '{"body": {"a": 1}}', "--yes")
    done = cli("call", str(source), "import_all", "--server", server.url, *options)
    assert (done.code, server.received[-1].body) == (0, b'{"a":1}')
    wrong = cli("call", str(source), "import_all", "--open-body", "nothing")
    assert wrong.code != 0
    assert "--open-body: no tool without a declared body is called 'nothing'" in " ".join(
        wrong.err.split()
    )


def test_what_the_operator_fixes_wins_at_either_level(server: LoopbackServer) -> None:
    pet = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "owner": {"type": "string"}},
    }
    tenant = {"name": "tenant", "in": "query", "schema": {"type": "string"}}
    post = {"operationId": "add", "parameters": [tenant], "responses": {}, **json_body(pet)}
    api = load(document({"/pets": {"post": post}}, servers=[{"url": server.url}]))
    fixed = connect(build_tools(api), arguments={"tenant": "acme", "owner": "me"})
    others = {"name": "Rex", "owner": "x", "tenant": "x"}
    for arguments in (others, {"body": others}, {"name": "Rex", "body": {"owner": "x"}}):
        result = fixed.call("add", arguments)
        assert (result.status, server.received[-1].query) == (204, "tenant=acme")
        assert json.loads(server.received[-1].body) == {"name": "Rex", "owner": "me"}
        assert any("owner" in note and "fixed" in note for note in result.notes)


# --- schemas that are stricter than their servers ---


@pytest.mark.parametrize(
    ("tool", "arguments", "body"),
    [
        ("put_item", {"id": 1, "name": "Maximilian"}, {"name": "Maximilian"}),
        ("put_item", {"id": 1, "age": None}, {"age": None}),
        ("put_item", {"id": 1, "name": 3, "colour": "red"}, {"name": 3, "colour": "red"}),
        ("put_item", {"id": 1, "body": {"age": "old"}}, {"age": "old"}),
        ("patch_item", {"id": 1, "body": {"age": "old"}}, {"age": "old"}),
        ("patch_item", {"id": 1, "colour": "red"}, {"colour": "red"}),
    ],
)
def test_an_unchecked_tool_sends_what_was_given_and_notes_why_that_is_odd(
    server: LoopbackServer, tool: str, arguments: dict[str, Any], body: Any
) -> None:
    refused = client(server).call(tool, arguments)
    assert (refused.is_error, refused.status) == (True, None)
    result = client(server, policy=Policy(unchecked=["*_item"])).call(tool, arguments)
    assert (result.status, json.loads(server.received[-1].body)) == (204, body)
    assert any(note.startswith("Sent unchecked, though ") for note in result.notes)


def test_what_fits_is_repaired_also_for_an_unchecked_tool(server: LoopbackServer) -> None:
    policy = Policy(unchecked=["put_item"])
    received = sent(server, "put_item", {"id": "1", "name": "Max", "age": "3"}, policy=policy)
    assert json.loads(received.body) == {"name": "Max", "age": 3}


def test_an_argument_that_has_no_place_is_refused_also_unchecked(server: LoopbackServer) -> None:
    policy = Policy(unchecked=["*"])
    assert (
        "no such argument" in client(server, policy=policy).call("get_item", {"id": 1, "x": 1}).text
    )
    assert client(server, policy=policy).call("get_item", {}).is_error


def test_unchecked_is_a_list_of_globs(server: LoopbackServer) -> None:
    with pytest.raises(InvalidOption, match="unchecked is a list"):
        Policy(unchecked="put_item")


def test_the_command_line_sends_unchecked(
    cli: Callable[..., Done], server: LoopbackServer, tmp_path: Path
) -> None:
    source = tmp_path / "api.json"
    source.write_text(json.dumps(document(PATHS, servers=[{"url": server.url}])))
    options = ("--args", '{"id": 1, "name": "Maximilian"}', "--yes", "--server", server.url)
    assert cli("call", str(source), "put_item", *options).code != 0
    done = cli("call", str(source), "put_item", *options, "--unchecked", "put_*")
    assert (done.code, json.loads(server.received[-1].body)) == (0, {"name": "Maximilian"})
    assert "Sent unchecked" in done.err
