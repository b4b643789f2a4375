"""A person at a terminal reads of options, a programmer of keyword arguments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import OpenAPI2ToolsError, connect, load
from openapi2tools.spec.limits import Limits
from openapi2tools.tools.build import build_tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Done

# `api_key=`, `server='…'`, `Limits(…)`, `connect(…)`: the words of a program
PROGRAM_WORDS = re.compile(r"[a-z_]+=[\s'\"{\[.,)]|Limits|connect\(|Policy\(|LocalModel")
BODY = {"content": {"application/octet-stream": {"schema": {"format": "binary"}}}}
OAUTH = {
    "type": "oauth2",
    "flows": {"clientCredentials": {"tokenUrl": "https://h.test/t", "scopes": {}}},
}


def document(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"post": {"operationId": "a", "responses": {}, **operation}}},
        **more,
    }


def secured(scheme: dict[str, Any]) -> dict[str, Any]:
    servers = [{"url": "https://127.0.0.1:9"}]
    return document(
        {"security": [{"key": []}]},
        servers=servers,
        components={"securitySchemes": {"key": scheme}},
    )


CASES = [
    (document({}), [], "--server https://…"),
    (document({}, servers=[{"url": "https://{tenant}.test"}]), [], "--server-var tenant=VALUE"),
    (document({}), ["--server", "nope"], "--server https://…"),
    (document({}), ["--server", "ftp://h.test"], "'ftp://h.test', which is neither http nor https"),
    (document({}), ["--server-var", "region=eu"], "--server-var region=…: no server has"),
    (
        document({}, servers=[{"url": "https://{tenant}.test"}]),
        ["--server-var", "tenant=a/b"],
        "--server https://…",
    ),
    (document({}), ["--server", "https://me:pw@h.test"], "--auth"),
    (secured({"type": "http", "scheme": "bearer"}), ["-y"], "--auth key=VALUE"),
    (secured(OAUTH), ["-y"], "openapi2tools auth login SOURCE --scheme key --client-id"),
    (
        document({"requestBody": BODY}),
        ["--server=https://h.test", '--args={"body": {"path": "x"}}'],
        "--files FOLDER",
    ),
]


@pytest.mark.parametrize(("api", "options", "said"), CASES)
def test_what_a_person_can_do_about_a_call_is_told_in_options(
    api: dict[str, Any],
    options: list[str],
    said: str,
    cli: Callable[..., Done],
    tmp_path: Path,
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(api))
    done = cli("call", str(tmp_path / "api.json"), "a", *options)
    assert done.code == 1
    assert said in done.err
    assert not PROGRAM_WORDS.search(done.err), done.err


@pytest.mark.parametrize(
    ("name", "limits"),
    [("max-bytes=9", Limits(max_bytes=9)), ("max-values=2", Limits(max_values=2))],
)
def test_a_limit_is_told_as_an_option_to_one_and_as_a_field_to_the_other(
    name: str, limits: Limits, cli: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    option = name.partition("=")[0]
    err = cli("inspect", str(tmp_path / "api.json"), "--limit", name).err
    assert f"--limit {option}=N" in err
    assert not PROGRAM_WORDS.search(err), err
    with pytest.raises(OpenAPI2ToolsError, match=f"Limits.{option.replace('-', '_')}"):
        load(tmp_path / "api.json", limits=limits)


def test_time_that_was_too_short_is_told_with_the_options_for_it(cli: Callable[..., Done]) -> None:
    with LoopbackServer(lambda _: Answer(200, chunks=iter(lambda: b" ", None))) as server:
        err = cli("inspect", f"{server.url}/openapi.json", "--limit", "seconds=0.2").err
    assert "--limit" in err
    assert not PROGRAM_WORDS.search(err), err


@pytest.mark.parametrize("status", [401, 403])
def test_a_person_is_not_told_what_a_model_should_do(
    status: int, cli: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    with LoopbackServer(lambda _: Answer(status)) as server:
        done = cli("call", str(tmp_path / "api.json"), "a", "-y", "--server", server.url)
    assert done.code == 1
    assert "credential" in done.err
    assert "Do not repeat" not in done.err


def test_a_command_leaves_the_words_of_programs_as_they_were(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    cli("call", str(tmp_path / "api.json"), "a")
    with pytest.raises(OpenAPI2ToolsError, match="server="):
        connect(build_tools(load(tmp_path / "api.json"))).prepare("a", {})


def test_a_run_without_any_model_names_the_key_and_the_address_first(
    cli: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    # as if nothing of the extra were installed
    monkeypatch.setattr("openapi2tools.agent.local.weights.find_spec", lambda name: None)
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    done = cli("run", str(tmp_path / "api.json"), "Who?")
    words = ["OPENAI_API_KEY", "--base-url URL", "pip install"]
    places = [done.err.find(word) for word in words]
    assert done.code == 1
    assert places == sorted(places)
    assert places[0] > 0
