"""A program uses a saved API: what the file keeps, what an option changes, and whose file it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import ConfigError, InvalidOption, build_tools, load, save
from openapi2tools.config import saved_api, saved_apis
from openapi2tools.config.edit import add_api
from openapi2tools.config.files import ConfigFile, user_file
from openapi2tools.config.trust import trust
from tests.support.apis import document
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "who": {"type": "http", "scheme": "basic"},
}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
PETS = document(
    {
        "/pets": {
            "get": {"operationId": "list_pets", "parameters": [LIMIT], "tags": ["pets"]},
            "post": {"operationId": "find_pets", "tags": ["pets"]},
        },
        "/old": {"get": {"operationId": "old", "deprecated": True, "tags": ["pets"]}},
    },
    components={"securitySchemes": SCHEMES},
    security=[{"key": [], "who": []}],
    servers=[{"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}}],
)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(body={"text": "x" * 500})) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.json").write_text(json.dumps(PETS), encoding="utf-8")
    return tmp_path


def keep(folder: Path, **settings: Any) -> None:
    add_api(user_file(), "pets", {"source": str(folder / "pets.json"), **settings})


def test_the_client_is_as_the_file_says(
    folder: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "sk-1234")
    (folder / "key").write_text("k\n", encoding="utf-8")
    keep(
        folder,
        server=server.url,
        arguments={"limit": 5},
        headers={"X-Tenant": "acme", "X-Token": "env:PASSWORD"},
        credentials={
            "key": f"file:{folder / 'key'}",
            "who": {"username": "me", "password": "env:PASSWORD"},
        },
        **{"results.max_tokens": 30, "tools.tags": ["pets"], "tools.no_deprecated": True},
    )
    api = saved_api("pets")
    assert [*api.tools()] == ["list_pets", "find_pets"]
    with api.connect() as client:
        result = client.call("list_pets")
    (received,) = server.received
    assert received.target == "/pets?limit=5"
    assert received.headers["x-key"] == "k"
    assert received.headers["authorization"] == "Basic bWU6c2stMTIzNA=="
    assert (received.headers["x-tenant"], received.headers["x-token"]) == ("acme", "sk-1234")
    assert len(result.text) < 300
    assert "sk-1234" not in repr(api) + repr(client)


def test_an_option_goes_before_the_file(folder: Path, server: LoopbackServer) -> None:
    keep(folder, server="https://elsewhere.example", credentials={"key": "env:NOWHERE"})
    api = saved_api("pets")
    given = {"key": "typed", "who": ("a", "b")}
    with api.connect(api.tools().only("list_pets"), server=server.url, credentials=given) as client:
        assert client.call("list_pets").status == 200
    assert server.received[0].headers["x-key"] == "typed"


def test_the_policy_is_the_files_and_reads_count_as_reads(
    folder: Path, server: LoopbackServer
) -> None:
    policy = {"policy.reads": ["find_*"], "policy.confirm": "writes", "tools.read_only": True}
    given = {"key": "env:HOME", "who": "plain:a:b"}
    keep(folder, server=server.url, credentials=given, **policy)
    api = saved_api("pets")
    assert "find_pets" in api.tools()
    with api.connect() as client:
        assert client.call("find_pets").status == 200


def test_a_server_variable_that_no_server_has_is_refused(folder: Path) -> None:
    keep(folder, server_variables={"region": "us"})
    with saved_api("pets").connect() as client:
        assert client.prepare("list_pets").request.url.host == "us.example.com"
    assert user_file().exists()
    add_api(user_file(), "b", {"source": "pets.json", "server_variables": {"zone": "us"}})
    (user_file().parent / "pets.json").write_text(json.dumps(PETS), encoding="utf-8")
    with pytest.raises(InvalidOption, match="no server has that variable"):
        saved_api("b").connect()


def test_saved_tools_serve_as_a_document_does(folder: Path) -> None:
    save(build_tools(load("pets.json")), folder / "pets.tools.json")
    keep(folder)
    add_api(user_file(), "tools", {"source": str(folder / "pets.tools.json")})
    assert [*saved_api("tools").tools()] == [*saved_api("pets").tools()]
    assert saved_api("pets").load().title == "T"


def test_a_projects_file_is_used_once_it_is_agreed_to_or_named(folder: Path) -> None:
    path = folder / "openapi2tools.toml"
    path.write_text('[apis.pets]\nsource = "pets.json"\n', encoding="utf-8")
    assert [*saved_apis()] == ["pets"]
    with pytest.raises(ConfigError, match="nobody here has agreed to it") as caught:
        saved_api("pets")
    assert caught.value.path == path
    assert len(saved_api("pets", file="openapi2tools.toml").tools()) == 3
    trust(ConfigFile.read(path))
    assert len(saved_api("pets").tools()) == 3


def test_a_name_that_nothing_is_saved_under_has_its_nearest(folder: Path) -> None:
    with pytest.raises(ConfigError, match="Saved are: none"):
        saved_api("pets")
    keep(folder)
    with pytest.raises(ConfigError, match="Did you mean pets"):
        saved_api("pest")
    with pytest.raises(ConfigError, match="cannot be read"):
        saved_api("pets", file=folder / "nowhere.toml")


def test_the_word_of_another_user_is_no_word(folder: Path) -> None:
    (user_file().parent / "trusted.json").write_text("[]", encoding="utf-8")
    path = folder / "openapi2tools.toml"
    path.write_text('[apis.pets]\nsource = "pets.json"\n', encoding="utf-8")
    with pytest.raises(ConfigError):
        saved_api("pets")
