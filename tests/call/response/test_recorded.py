"""Exchanges are kept in a file without secrets, and the same calls are answered from it."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import (
    Agent,
    Call,
    InvalidOption,
    NotRecorded,
    Part,
    Policy,
    build_tools,
    connect,
    load,
)
from openapi2tools.testing import ScriptedModel, record, replay
from tests.support.pets import DOCUMENT, open_pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools import Client, Toolset

NOWHERE: dict[str, Any] = {**DOCUMENT, "servers": [{"url": "http://127.0.0.1:9"}]}


def offline(path: Path, tools: Toolset | None = None, **options: Any) -> Client:
    return connect(tools or build_tools(load(NOWHERE)), recording=replay(path), **options)


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file with a few calls of the pets in it."""
    path = tmp_path / "pets.jsonl"
    with open_pets(recording=record(path), credentials={"token": "topsecret"}) as (_, client):
        calls: list[tuple[str, dict[str, Any]]] = [
            ("find_pets", {}),
            ("add_pet", {"name": "Kim"}),
            ("find_pets", {}),
            ("get_pet", {"pet_id": 2}),
            ("delete_pet", {"pet_id": 2}),
        ]
        for name, arguments in calls:
            client.call(name, arguments)
    return path


def test_what_was_recorded_is_answered_without_a_network(kept: Path) -> None:
    with offline(kept) as client:
        assert client.call("get_pet", {"pet_id": 2}).data == {"id": 2, "name": "Tom"}
        assert client.call("get_pet", {"pet_id": 2}).status == 200


def test_the_same_call_is_answered_in_the_order_of_the_file(kept: Path) -> None:
    with offline(kept) as client:
        counts = [len(client.call("find_pets").data) for _ in range(3)]
    assert counts == [2, 3, 3]


def test_no_credential_is_needed_and_none_is_in_the_file(kept: Path) -> None:
    with offline(kept) as client:
        assert client.wait(client.missing_credentials) == {}
        assert client.call("delete_pet", {"pet_id": 2}).ok
    assert "topsecret" not in kept.read_text()


def test_a_call_is_found_by_its_meaning(kept: Path) -> None:
    tools = build_tools(load(NOWHERE)).prefixed("shop_")
    with offline(kept, tools) as client:
        assert client.call("shop_get_pet", {"pet_id": "2"}).data["name"] == "Tom"


PHOTO = {"type": "string", "format": "binary"}
UPLOAD: dict[str, Any] = {
    "operationId": "add_photos",
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string"},
                        "photos": {"type": "array", "items": PHOTO},
                    },
                }
            }
        },
    },
    "responses": {"201": {"description": "They are kept"}},
}


def photos(tmp_path: Path, *contents: bytes) -> list[Any]:
    """Files of a program, each given in another way; they lie in a folder of their own."""
    folder = tmp_path / f"photos-{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    (folder / "cat.png").write_bytes(contents[0])
    dog = BytesIO(contents[1])
    dog.name = str(folder / "dog.png")
    return [folder / "cat.png", dog, contents[2], Part("image/png", contents[3], "owl.png")]


def test_an_upload_is_found_by_its_parts_wherever_its_files_are(tmp_path: Path) -> None:
    path = tmp_path / "uploads.jsonl"
    document = {**DOCUMENT, "paths": {"/photos": {"post": UPLOAD}}}
    contents = (b"a cat", b"a dog", b"a bird", b"an owl")
    with LoopbackServer(lambda _: Answer(201, {"kept": 4})) as server:
        tools = build_tools(load({**document, "servers": [{"url": server.url}]}))
        with connect(tools, recording=record(path)) as client:
            given = {"title": "All", "photos": photos(tmp_path, *contents)}
            assert client.call("add_photos", given).ok
    tools = build_tools(load({**document, "servers": NOWHERE["servers"]}))
    with offline(path, tools) as client:
        same = {"title": "All", "photos": photos(tmp_path, *contents)}
        assert client.call("add_photos", same).data == {"kept": 4}
        other = {"title": "All", "photos": photos(tmp_path, b"a car", *contents[1:])}
        with pytest.raises(NotRecorded, match=r"its body.photos.0.path is \"cat.png sha256"):
            client.call("add_photos", other)
        with pytest.raises(NotRecorded, match=r"its body.title is \"All\", not \"Some\""):
            client.call("add_photos", {**same, "title": "Some"})


def test_what_asks_for_a_yes_asks_for_it_offline_too(kept: Path) -> None:
    asked: list[str] = []

    def approve(prepared: Any) -> bool:
        asked.append(prepared.tool.name)
        return True

    with offline(kept, policy=Policy(confirm="writes"), approve=approve) as client:
        assert client.call("delete_pet", {"pet_id": 2}).ok
    assert asked == ["delete_pet"]


def test_a_call_that_is_not_there_is_told_with_the_nearest(kept: Path) -> None:
    with offline(kept) as client:
        with pytest.raises(NotRecorded, match=r"GET /pets/\{pet_id\}.*its path.pet_id is 2, not 9"):
            client.call("get_pet", {"pet_id": 9})
        with pytest.raises(NotRecorded, match=r"it has no query.name \(here \"x\"\)"):
            client.call("find_pets", {"name": "x"})


def test_an_operation_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"operation": "GET /pet"})
    with offline(path) as client, pytest.raises(NotRecorded, match=r"Did you mean GET /pet\?"):
        client.call("find_pets")


def test_a_call_that_is_not_there_ends_the_run_of_an_agent(kept: Path) -> None:
    model = ScriptedModel(("get_pet", {"pet_id": 9}), "Nobody.")
    with offline(kept) as client, pytest.raises(NotRecorded):
        Agent(client, model).run("Who is 9?")


def test_a_file_may_be_written_by_hand(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.jsonl",
        {"operation": "GET /pets/{pet_id}", "request": {"path": {"pet_id": 1}}, "json": {"a": 1}},
        {"operation": "GET /pets", "status": 503, "text": "Busy."},
        {"operation": "POST /pets", "request": {"body": {"name": "x"}}, "base64": "AAE="},
    )
    with offline(path) as client:
        assert client.call("get_pet", {"pet_id": 1}).data == {"a": 1}
        assert client.call("find_pets").status == 503
        assert client.call("add_pet", {"name": "x"}).parts[0].data == b"\0\1"


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"operation": "GET /", "status": "1"}'])
def test_a_line_that_is_no_exchange_is_told(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n" + line)
    with pytest.raises(InvalidOption, match=r"x.jsonl.*line 2 is no exchange"):
        replay(path)


def test_files_that_cannot_be_read_or_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="cannot be read"):
        replay(tmp_path / "none.jsonl")
    with pytest.raises(InvalidOption, match="cannot be written"):
        record(tmp_path / "no" / "folder.jsonl")


def test_a_recording_begins_anew_unless_it_is_to_be_added_to(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    for add, lines in ((False, 1), (True, 2), (False, 1)):
        with open_pets(recording=record(path, add=add)) as (_, client):
            client.call("find_pets")
        assert len(path.read_text().splitlines()) == lines


def test_passwords_and_tokens_are_left_out_of_both_sides(tmp_path: Path) -> None:
    body = {"type": "object", "properties": {"user": {}, "password": {"type": "string"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Login", "version": "1"},
        "paths": {
            "/login": {
                "post": {
                    "operationId": "login",
                    "requestBody": {"content": {"application/json": {"schema": body}}},
                    "responses": {"200": {"description": "The session"}},
                }
            }
        },
    }
    path = tmp_path / "x.jsonl"

    def answer(_: Received) -> Answer:
        answered = {"access_token": "t0psecret", "expires": 3}
        return Answer(200, answered, {"Set-Cookie": "sid=t0psecret", "X-Auth-Token": "t0psecret"})

    tools = build_tools(load(document))
    arguments = {"user": "ann", "password": "t0psecret"}
    with LoopbackServer(answer) as server:
        online = connect(tools, server=server.url, recording=record(path))
        assert online.call("login", arguments).data["access_token"] == "t0psecret"
    assert "t0psecret" not in path.read_text()
    with connect(tools, server="http://127.0.0.1:9", recording=replay(path)) as client:
        assert client.call("login", arguments).data == {"access_token": "[secret]", "expires": 3}


def test_a_credential_that_stands_among_the_arguments_too_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    credentials = {"bearer": "t0psecret"}
    with open_pets(recording=record(path), credentials=credentials) as (pets, client):
        client.call("add_pet", {"name": "t0psecret"})
    assert pets.received[0].json() == {"name": "t0psecret"}
    assert "t0psecret" not in path.read_text()


@pytest.mark.parametrize("name", ["X-API-Key", "api_key", "accessKey", "client_secret", "id_token"])
def test_an_argument_whose_name_says_that_it_is_a_secret_is_left_out(
    name: str, tmp_path: Path
) -> None:
    parameter = {"name": name, "in": "query", "schema": {"type": "string"}}
    operation = {"operationId": "a", "parameters": [parameter], "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": operation}},
    }
    [tool] = (tools := build_tools(load(document))).values()
    [argument] = tool.schema["properties"]
    path = tmp_path / "x.jsonl"
    with LoopbackServer(lambda _: Answer(200, {"page_token": "kept"})) as server:
        connect(tools, server=server.url, recording=record(path)).call("a", {argument: "t0psecret"})
    assert "t0psecret" not in path.read_text()
    assert '"page_token": "kept"' in path.read_text()


def test_what_the_operator_fixes_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with open_pets(recording=record(path), arguments={"name": "fixedvalue"}) as (pets, client):
        client.call("find_pets")
    assert pets.received[0].query == "name=fixedvalue"
    assert "fixedvalue" not in path.read_text().replace(pets.received[0].target, "")
    with offline(path) as client:
        assert client.call("find_pets").ok


def test_a_saved_answer_is_recorded_and_saved_again(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    call = Call("get_pet", {"pet_id": 1})
    with open_pets(recording=record(path)) as (_, client):
        client.call(call, save_to=tmp_path / "a.json")
    with offline(path) as client:
        client.call(call, save_to=tmp_path / "b.json")
    assert json.loads((tmp_path / "b.json").read_text()) == {"id": 1, "name": "Rex"}
    assert json.loads((tmp_path / "a.json").read_text()) == {"id": 1, "name": "Rex"}
