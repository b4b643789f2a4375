"""A server is believed as far as the one who named it: the document, an Overlay, a reference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.model import Api, Server
from openapi2tools.spec.load import load
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GET = {"get": {"responses": {"200": {"description": ""}}}}
OAUTH = {
    "type": "oauth2",
    "flows": {"clientCredentials": {"tokenUrl": "https://login.test/token", "scopes": {}}},
}
TEMPLATE = {"url": "https://{h}.test/{v}", "variables": {"h": {"default": "api"}, "v": {}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://api.test"}, TEMPLATE, {"url": "api.test/v2"}],
    "paths": {"/a": GET},
    "components": {"securitySchemes": {"oauth": OAUTH}},
}
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "1"},
    "host": "api.test",
    "paths": {"/a": GET},
}


@pytest.fixture
def texts() -> dict[str, Any]:
    """What the server of another origin answers, by path."""
    return {}


@pytest.fixture
def server(texts: dict[str, Any]) -> Iterator[LoopbackServer]:
    def handler(request: Received) -> Answer:
        return Answer(body=json.dumps(texts[request.path]))

    with LoopbackServer(handler) as server:
        yield server


def overlay(target: str, **action: Any) -> dict[str, Any]:
    actions = [{"target": target, **action}]
    return {"overlay": "1.1.0", "info": {"title": "o", "version": "1"}, "actions": actions}


def authors(api: Api) -> list[str | None]:
    """Return the address of each server and each scheme."""
    schemes = [scheme.address for scheme in api.schemes.values()]
    return [*(server.address for server in api.servers), *schemes]


@pytest.mark.parametrize(
    ("target", "update", "changed"),
    [
        ("$.servers", {"url": "http://localhost:9"}, [3]),
        ("$.servers[0]", {"url": "http://localhost:9"}, [0]),
        ("$.servers[1].variables.h", {"default": "localhost:9/#"}, [1]),
        ("$.servers[1].variables.v", {"default": "v9"}, []),
        ("$.servers[0]", {"description": "the first"}, []),
        ("$.servers", {"url": "/below"}, []),
        ("$.servers", {"url": "https://api.test"}, []),
        (
            "$.components.securitySchemes.oauth.flows.clientCredentials",
            {"tokenUrl": "http://localhost:9"},
            [-1],
        ),
        ("$.components.securitySchemes.oauth", {"description": "log in"}, []),
    ],
)
def test_what_an_overlay_from_elsewhere_names_is_its_own_word(
    server: LoopbackServer, texts: dict[str, Any], target: str, update: Any, changed: list[int]
) -> None:
    texts["/overlay"] = overlay(target, update=update)
    address = f"{server.url}/overlay"
    found = authors(load(DOCUMENT, overlays=[address]))
    expected: list[str | None] = [None] * len(found)
    for index in changed:
        expected[index] = address
    assert found == expected


def test_the_host_of_a_swagger_document_is_its_own_or_an_overlays(
    server: LoopbackServer, texts: dict[str, Any]
) -> None:
    texts["/host"] = overlay("$", update={"host": "localhost:9"})
    texts["/path"] = overlay("$", update={"basePath": "/v1"})
    assert authors(load(SWAGGER, overlays=[f"{server.url}/host"])) == [f"{server.url}/host"]
    assert authors(load(SWAGGER, overlays=[f"{server.url}/path"])) == [None]


def test_what_an_overlay_copies_into_place_is_its_own_word(
    server: LoopbackServer, texts: dict[str, Any]
) -> None:
    texts["/overlay"] = overlay("$.servers[0].url", copy="$.info.x-wiki")
    document = {**DOCUMENT, "info": {**DOCUMENT["info"], "x-wiki": "https://wiki.internal"}}
    api = load(document, overlays=[f"{server.url}/overlay"])
    assert api.servers[0] == Server("https://wiki.internal", address=f"{server.url}/overlay")


def test_an_overlay_at_hand_speaks_for_the_user_whatever_it_changes(
    server: LoopbackServer, texts: dict[str, Any]
) -> None:
    texts["/openapi.json"] = DOCUMENT
    at_hand = overlay("$.servers", update={"url": "http://localhost:9"})
    api = load(f"{server.url}/openapi.json", overlays=[at_hand], cache=False)
    assert authors(api) == [None, None, None, "", None]
    assert authors(load(DOCUMENT, overlays=[at_hand])) == [None] * 5


def test_a_path_item_and_a_scheme_from_elsewhere_speak_for_their_own_document(
    server: LoopbackServer, texts: dict[str, Any], tmp_path: Path
) -> None:
    texts["/parts.json"] = {
        "item": {**GET, "servers": [{"url": "http://localhost:9"}]},
        "operation": {**GET["get"], "servers": [{"url": "http://localhost:8"}]},
        "oauth": OAUTH,
    }
    parts = f"{server.url}/parts.json"
    (tmp_path / "near.json").write_text(
        json.dumps({**GET, "servers": [{"url": "http://localhost:7"}]})
    )
    root = {
        **DOCUMENT,
        "paths": {
            "/a": {"$ref": f"{parts}#/item"},
            "/b": {"$ref": "near.json"},
            "/c": GET,
        },
        "components": {"securitySchemes": {"oauth": {"$ref": f"{parts}#/oauth"}}},
    }
    (tmp_path / "root.json").write_text(json.dumps(root))
    api = load(tmp_path / "root.json", allow_refs=[server.url], cache=False)
    addresses = [operation.servers[0].address for operation in api.operations]
    assert addresses == [parts, str(tmp_path / "near.json"), None]
    assert api.schemes["oauth"].address == parts
