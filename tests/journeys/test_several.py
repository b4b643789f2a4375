"""Several APIs in one run: each keeps its own server, credentials and policy."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters

from openapi2tools.config.files import user_file
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import DOCUMENT, Pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done

SECURED = {"security": [{"token": []}]}
ANSWER = says("Done.")


class Api:
    """One of the APIs: its document, and what came to its server."""

    def __init__(self, folder: Path, title: str, stack: ExitStack, **more: Any) -> None:
        self._pets = Pets()
        server = stack.enter_context(LoopbackServer(self._answer))
        self._server = server
        self.url = server.url
        document = {
            **DOCUMENT,
            "info": {"title": title, "version": "1"},
            "servers": [{"url": server.url}],
            **more,
        }
        self.path = folder / f"{title}.json"
        self.path.write_text(json.dumps(document))

    def _answer(self, request: Received) -> Answer:
        """Answer below any path, as a server behind a proxy does."""
        return self._pets.answer(
            replace(request, target=f"/pets{request.target.split('/pets')[1]}")
        )

    @property
    def requests(self) -> list[tuple[str, str, str]]:
        return [
            (each.method, each.path, each.headers.get("authorization", ""))
            for each in self._server.received
        ]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """Two APIs of the same operations."""
    with ExitStack() as stack:
        yield Api(tmp_path, "Shop", stack, **SECURED), Api(tmp_path, "Farm", stack, **SECURED)


@pytest.fixture(autouse=True)
def no_other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAPI2TOOLS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def host(api: Api) -> str:
    return api.url.removeprefix("http://")


def model_options(model: OpenAIServer) -> list[str]:
    return ["--model", "scripted", "--base-url", model.url]


def test_names_that_clash_have_their_api_before_them_and_each_call_its_credential(
    cli: Callable[..., Done], two: tuple[Api, Api]
) -> None:
    shop, farm = two
    both = calls(("shop_find_pets", {}), ("farm_find_pets", {}))
    with OpenAIServer(both, ANSWER) as model:
        auth = (f"{host(api)}/token={word}" for api, word in ((shop, "s"), (farm, "f")))
        options = [word for text in auth for word in ("--auth", text)]
        paths = (str(shop.path), str(farm.path))
        done = cli("run", *paths, "Find all", *options, *model_options(model))
    assert (done.code, done.out) == (0, "Done.\n"), done.err
    assert shop.requests == [("GET", "/pets", "Bearer s")]
    assert farm.requests == [("GET", "/pets", "Bearer f")]


def test_names_that_do_not_clash_stay(cli: Callable[..., Done], tmp_path: Path) -> None:
    with ExitStack() as stack:
        shop = Api(tmp_path, "Shop", stack)
        paths = {"/cows": {"get": {"operationId": "find_cows", "responses": {}}}}
        farm = Api(tmp_path, "Farm", stack, paths=paths)
        with OpenAIServer(ANSWER) as model:
            cli("run", str(shop.path), str(farm.path), "Find all", *model_options(model))
    names = {tool["function"]["name"] for tool in model.requests[0]["tools"]}
    assert {"find_pets", "find_cows"} <= names


def test_a_credential_that_several_may_mean_goes_to_none(
    cli: Callable[..., Done], two: tuple[Api, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, farm = two
    paths = (str(shop.path), str(farm.path))
    with OpenAIServer() as model:
        refused = cli("run", *paths, "x", "--auth", "token=s", *model_options(model))
        monkeypatch.setenv("OPENAPI2TOOLS_TOKEN", "topsecret")
        unread = cli("run", *paths, "x", *model_options(model))
    assert refused.code != 0
    assert f"{host(shop)}/token" in refused.err
    assert unread.code == 1
    assert f"{host(shop)}/token" in unread.err
    assert not shop.requests + farm.requests


@pytest.mark.parametrize("option", ["--server", "--header"])
def test_what_is_for_one_api_is_not_given_to_all(
    cli: Callable[..., Done], two: tuple[Api, Api], option: str
) -> None:
    value = {"--server": "http://127.0.0.1:9", "--header": "X-Key: k"}[option]
    save({"shop": two[0], "farm": two[1]}, farm_policy="")
    for names in ([str(api.path) for api in two], ["shop", "farm"]):
        done = cli("run", *names, "x", option, value, "--model", "m", "--base-url", "http://h/v1")
        assert (done.code, option in done.err, "openapi2tools add" in done.err) == (2, True, True)


def save(apis: dict[str, Api], *, farm_policy: str) -> None:
    """Save the APIs in the user's own file, each with a credential of its own."""
    lines: list[str] = []
    for name, api in apis.items():
        lines += [f"[apis.{name}]", f"source = {json.dumps(str(api.path))}"]
        lines += [f'server = "{api.url}/{name}"', f'credentials.token = "env:{name.upper()}_TOKEN"']
    path = user_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, farm_policy]), encoding="utf-8")


@pytest.fixture
def saved(two: tuple[Api, Api], monkeypatch: pytest.MonkeyPatch) -> tuple[Api, Api]:
    """The two, saved as `shop` and `farm`; the farm asks about nothing."""
    save({"shop": two[0], "farm": two[1]}, farm_policy='policy.confirm = "none"')
    monkeypatch.setenv("SHOP_TOKEN", "s")
    monkeypatch.setenv("FARM_TOKEN", "f")
    return two


ADD = calls(("farm_add_pet", {"name": "Ada"}), ("shop_add_pet", {"name": "Eve"}))


def test_saved_apis_keep_their_servers_credentials_and_policies(
    cli: Callable[..., Done], saved: tuple[Api, Api]
) -> None:
    shop, farm = saved
    with OpenAIServer(ADD, ANSWER) as model:
        done = cli("run", "shop", "farm", "Add both", *model_options(model))
        assert (done.code, "shop_add_pet" in done.err) == (1, True)
        assert farm.requests == [("POST", "/farm/pets", "Bearer f")]
        assert not shop.requests
        again = ("run", "shop", "farm", "--continue", "--approve", *model_options(model))
        assert cli(*again).out == "Done.\n"
    assert shop.requests == [("POST", "/shop/pets", "Bearer s")]


def test_a_saved_api_and_a_document_go_together_and_a_typed_credential_to_its_own(
    cli: Callable[..., Done], saved: tuple[Api, Api]
) -> None:
    shop, farm = saved
    both = calls(("shop_find_pets", {}), ("farm_find_pets", {}))
    with OpenAIServer(both, ANSWER) as model:
        auth = ("--auth", f"{host(farm)}/token=typed")
        done = cli("run", "shop", str(farm.path), "Find", *auth, *model_options(model))
    assert done.code == 0, done.err
    assert shop.requests == [("GET", "/shop/pets", "Bearer s")]
    assert farm.requests == [("GET", "/pets", "Bearer typed")]


def test_several_apis_are_served_as_one(two: tuple[Api, Api]) -> None:
    shop, farm = two
    auth = (f"{host(api)}/token={word}" for api, word in ((shop, "s"), (farm, "f")))
    options = [word for text in auth for word in ("--auth", text)]
    command = ["-m", "openapi2tools", "serve", str(shop.path), str(farm.path), *options]

    async def use() -> list[str]:
        parameters = StdioServerParameters(command=sys.executable, args=command)
        async with Client(parameters) as client:
            await client.call_tool("farm_find_pets", {})
            return [tool.name for tool in (await client.list_tools()).tools]

    names = asyncio.run(use())
    assert {"shop_find_pets", "farm_find_pets"} <= {*names}
    assert (shop.requests, farm.requests) == ([], [("GET", "/pets", "Bearer f")])


def test_saved_apis_are_served_as_one(saved: tuple[Api, Api]) -> None:
    shop, farm = saved
    environment = {name: os.environ[name] for name in os.environ if "TO" in name}

    async def use() -> list[Any]:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "openapi2tools", "serve", "shop", "farm"],
            env=environment,
        )
        async with Client(parameters) as client:
            return [
                await client.call_tool(name, {"name": "Ada"})
                for name in ("farm_add_pet", "shop_add_pet")
            ]

    added, asked = asyncio.run(use())
    assert (added.is_error, asked.is_error) == (False, True)
    assert "approval" in asked.content[0].text
    assert (shop.requests, farm.requests) == ([], [("POST", "/farm/pets", "Bearer f")])


def test_what_is_typed_for_the_tools_of_one_saved_api_is_for_it_alone(
    cli: Callable[..., Done], saved: tuple[Api, Api]
) -> None:
    shop, _ = saved
    add = calls(("shop_add_pet", {"name": "Ada"}))
    options = ["--reads", "shop_add_pet", "--set", "shop_add_pet.kind=cat"]
    with OpenAIServer(add, ANSWER) as model:
        done = cli("run", "shop", "farm", "Add", *options, *model_options(model))
        wrong = cli("run", "shop", "farm", "Add", "--reads", "zoo_*", *model_options(model))
    assert (done.code, done.out) == (0, "Done.\n"), done.err
    assert shop.requests == [("POST", "/shop/pets", "Bearer s")]
    assert (wrong.code, "zoo_*" in wrong.err) == (1, True)
