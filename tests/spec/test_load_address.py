"""A document that one fetched oneself is read as if it had come from its address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import InvalidOption, build_tools, connect, load
from openapi2tools.errors import FetchError
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "../v2"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "pets",
                "parameters": [
                    {"name": "kind", "in": "query", "schema": {"$ref": "kinds.json#/Kind"}}
                ],
                "responses": {},
            }
        }
    },
}
KINDS = {"Kind": {"enum": ["cat", "dog"]}}


@pytest.mark.parametrize("source", [DOCUMENT, json.dumps(DOCUMENT), json.dumps(DOCUMENT).encode()])
def test_servers_and_references_are_relative_to_the_given_address(source: Any) -> None:
    with LoopbackServer(lambda _: Answer(200, KINDS)) as server:
        api = load(source, address=f"{server.url}/docs/openapi.json", cache=False)
        assert [request.target for request in server.received] == ["/docs/kinds.json"]
    tools = build_tools(api)
    assert tools["pets"].schema["properties"]["kind"]["enum"] == ["cat", "dog"]
    with connect(tools) as client:
        url = str(client.prepare("pets", {}).request.url)
    assert url == f"{server.url}/v2/pets"


def test_a_path_is_an_address_and_what_stands_beside_it_is_found(tmp_path: Path) -> None:
    (tmp_path / "kinds.json").write_text(json.dumps(KINDS), encoding="utf-8")
    api = load(DOCUMENT, address=tmp_path / "openapi.json")
    assert build_tools(api)["pets"].schema["properties"]["kind"]["enum"] == ["cat", "dog"]


def test_a_copy_on_disk_has_the_address_where_it_is_published(tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps({**DOCUMENT, "paths": {}}), encoding="utf-8")
    assert load(copy, address="https://pets.example/openapi.json").address == (
        "https://pets.example/openapi.json"
    )


def test_headers_go_to_the_origin_of_the_given_address() -> None:
    with LoopbackServer(lambda _: Answer(200, KINDS)) as server:
        load(DOCUMENT, address=f"{server.url}/a.json", headers={"X-Team": "pets"}, cache=False)
        assert server.received[0].headers["x-team"] == "pets"


def test_headers_for_a_source_do_not_go_to_the_address_that_is_given_beside_it() -> None:
    seen: list[Received] = []

    def keep(request: Received) -> Answer:
        seen.append(request)
        return Answer(200, KINDS)

    with (
        LoopbackServer(lambda _: Answer(200, DOCUMENT)) as source,
        LoopbackServer(keep, host="127.0.0.2") as home,
    ):
        url, address = f"{source.url}/openapi.json", f"{home.url}/openapi.json"
        load(url, address=address, headers={"X-Team": "pets"}, cache=False)
    assert ["x-team" in request.headers for request in seen] == [False]


def test_no_secret_of_an_address_is_kept() -> None:
    address = "https://user:topsecret@pets.example/openapi.json?key=topsecret#a"
    api = load({**DOCUMENT, "paths": {}}, address=address)
    assert api.address == "https://pets.example/openapi.json"


@pytest.mark.parametrize("address", ["http://[", "http://", "http://x:99999", "", "{}", 5])
def test_what_is_no_address_is_told(address: Any) -> None:
    with pytest.raises(InvalidOption, match="address="):
        load(DOCUMENT, address=address)


def test_a_file_url_that_is_none_is_told() -> None:
    with pytest.raises(FetchError, match="cannot read it"):
        load("file://[")
