"""`openapi2tools doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.config.edit import add_api
from openapi2tools.config.files import user_file
from tests.support.apis import document
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENAI_MODEL")


def answer(received: Received) -> Answer:
    if received.headers.get("x-key") != "sk-1234":
        return Answer(401, {"error": "who are you?"})
    return Answer(body=[1, 2, 3])


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer) as server:
        yield server


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def save(tmp_path: Path, server: LoopbackServer, **settings: Any) -> Path:
    paths = {
        "/pets": {
            "get": {"operationId": "list_pets"},
            "delete": {"operationId": "drop_pets"},
        }
    }
    source = tmp_path / "pets.json"
    pets = document(
        paths,
        components={"securitySchemes": {"key": KEY}},
        security=[{"key": []}],
        servers=[{"url": server.url}],
    )
    source.write_text(json.dumps(pets), encoding="utf-8")
    add_api(user_file(), "pets", {"source": str(source), **settings})
    return source


def findings(done: Done) -> dict[str, dict[str, str]]:
    return {row["what"]: row for row in json.loads(done.out)}


def test_an_installation_is_looked_at_line_by_line(
    cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-key")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hunter2@proxy.example:3128")
    done = cli("doctor", "--json")
    rows = findings(done)
    assert done.code == 0
    extras = {f"extra {name}" for name in ("mcp", "chat", "mock", "durable")}
    assert {"openapi2tools", *extras, "model", "keyring", "certificates", "cache"} <= {*rows}
    assert rows["model"]["text"] == "the default one of OpenAI"
    assert rows["https_proxy"]["state"] == "ok"
    assert "hunter2" not in done.out
    assert "sk-key" not in done.out
    assert "what to do" in cli("doctor").out


FAULTS = {
    "https_proxy": ("HTTPS_PROXY", "ftp://proxy", "write http://host:port"),
    "certificates": ("SSL_CERT_FILE", "/nowhere/ca.pem", "Correct SSL_CERT_FILE, or unset it."),
    "cache": ("OPENAPI2TOOLS_CACHE", "/proc/nowhere", "Make it writable, or name another"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_does_not_work_has_its_remedy_and_the_exit_code_1(
    what: str, cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value, remedy = FAULTS[what]
    if what == "cache":
        monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setenv(variable, value)
    done = cli("doctor", "--json")
    row = findings(done)[what]
    assert (done.code, row["state"]) == (1, "fault")
    assert row["remedy"].startswith(remedy)


def test_a_model_that_nobody_named_has_its_remedy(
    cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    row = findings(cli("doctor", "--json"))["model"]
    assert (row["state"], row["remedy"]) == (
        "open",
        "Name the model that it serves: OPENAI_MODEL, or --model.",
    )


def test_a_file_with_faults_is_told(cli: Callable[..., Done]) -> None:
    user_file().write_text("[apis.a]\nsauce = 1\n", encoding="utf-8")
    row = findings(cli("doctor", "--json"))["saved APIs"]
    assert (row["state"], row["remedy"]) == ("fault", "Correct it: `openapi2tools edit`.")
    assert "line 2: apis.a.sauce" in row["text"]


def test_a_saved_api_is_asked_one_harmless_read(
    cli: Callable[..., Done],
    tmp_path: Path,
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEY", "sk-1234")
    save(tmp_path, server, credentials={"key": "env:KEY"}, **{"policy.confirm": "all"})
    done = cli("doctor", "pets", "--json")
    rows = findings(done)
    assert done.code == 0
    assert rows["server"]["text"] == "list_pets (GET /pets) answered 200, a list of 3."
    assert rows["credential key"]["state"] == rows["document"]["state"] == "ok"
    assert [received.method for received in server.received] == ["GET"]
    assert "sk-1234" not in done.out


def test_each_part_of_a_saved_api_that_does_not_answer_is_named(
    cli: Callable[..., Done],
    tmp_path: Path,
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KEY", raising=False)
    source = save(tmp_path, server, credentials={"key": "env:KEY"})
    done = cli("doctor", "pets", "--json")
    rows = findings(done)
    assert (done.code, rows["credential key"]["state"]) == (1, "fault")
    assert "the environment variable KEY is not set" in rows["credential key"]["text"]

    monkeypatch.setenv("KEY", "wrong")
    row = findings(cli("doctor", "pets", "--json"))["server"]
    assert (row["state"], "401" in row["text"]) == ("fault", True)
    assert row["remedy"] == "Correct the server or the credentials: `openapi2tools edit pets`."

    source.unlink()
    row = findings(cli("doctor", "pets", "--json"))["document"]
    assert (row["state"], "openapi2tools edit pets" in row["remedy"]) == ("fault", True)


def test_a_credential_that_nobody_gave_is_told_and_a_change_is(
    cli: Callable[..., Done], tmp_path: Path, server: LoopbackServer
) -> None:
    source = save(tmp_path, server)
    rows = findings(cli("doctor", "pets", "--json"))
    assert rows["credentials"]["text"].startswith("2 tools cannot be called yet: ")
    assert rows["server"]["state"] == "open"
    assert server.received == []
    changed = json.loads(source.read_text(encoding="utf-8"))
    del changed["paths"]["/pets"]["delete"]
    source.write_text(json.dumps(changed), encoding="utf-8")
    row = findings(cli("doctor", "pets", "--json"))["changes"]
    assert row["text"] == "1 change, 1 of them breaking"
