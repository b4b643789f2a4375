"""A yes is for one exact request: whatever differs when it goes out is asked about anew."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from base64 import urlsafe_b64encode
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools.call.approval.consent import Consent
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Decision, Policy
from openapi2tools.errors import ApprovalNeeded, CallError, Declined, InvalidOption, Refused
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openapi2tools.call.client import Client

SECRET = "s3cr3t-k3y"
ASK = Policy(confirm="writes")
BODY = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer"},
        "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
FORM = {
    "type": "object",
    "properties": {"photo": {"type": "string", "format": "binary"}, "title": {"type": "string"}},
}
ARGUMENTS = {"account": "ada", "q": "x", "X-Mode": "fast", "c": "1", "amount": 5, "note": "tea"}


def document(server: str, **changed: Any) -> dict[str, Any]:
    def operation(name: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "operationId": name,
            "parameters": [
                {"name": "q", "in": "query", "schema": {"type": "string"}},
                {"name": "X-Mode", "in": "header", "schema": {"type": "string"}},
                {"name": "c", "in": "cookie", "schema": {"type": "string"}},
            ],
            "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
            "responses": {"200": {"description": "Done"}},
        }

    account = {"name": "account", "in": "path", "required": True, "schema": {"type": "string"}}
    method = changed.get("method", "post")
    path = changed.get("path", "/payments/{account}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bank", "version": "1"},
        "servers": [
            {"url": changed.get("address", server + "/{v}"), "variables": {"v": {"default": "v1"}}}
        ],
        "components": {
            "securitySchemes": {"key": changed.get("scheme", {"type": "http", "scheme": "bearer"})}
        },
        "security": changed.get("security", [{"key": []}]),
        "paths": {
            path: {
                "parameters": [account],
                method: operation(
                    changed.get("name", "pay"), changed.get("media", "application/json"), BODY
                ),
            },
            "/photos/{account}": {
                "parameters": [account],
                "post": operation("show", "multipart/form-data", FORM),
            },
        },
    }


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(200, {"done": True})) as running:
        yield running


def bank(
    server: LoopbackServer,
    *,
    changed: dict[str, Any] | None = None,
    overlay: dict[str, Any] | None = None,
    url: str | None = None,
    **options: Any,
) -> Client:
    api = load(
        document(server.url, **(changed or {})), **({"overlays": [overlay]} if overlay else {})
    )
    options = {"credentials": {"key": SECRET}, "policy": ASK, "server": url, **options}
    return connect(build_tools(api), **options)


async def stored_yes(client: Client, tool: str, arguments: dict[str, Any]) -> Consent:
    """Agree to a call, and keep of the yes what a file can hold."""
    consent = Consent.to(await client.adescribe(client.prepare(tool, arguments)))
    return Consent(consent.digest, consent.at, dict(consent.facts))


def is_asked_again(
    server: LoopbackServer, client: Client, consent: Consent, tool: str, arguments: dict[str, Any]
) -> str:
    """Send on the strength of a yes for something else, and return what is said."""
    before = len(server.received)
    with pytest.raises(ApprovalNeeded) as caught:
        client.send(client.prepare(tool, arguments), approved=consent)
    assert len(server.received) == before
    assert SECRET not in str(caught.value)
    return str(caught.value)


# --- what differs --------------------------------------------------------------------------------

TEXTS = [
    *(
        "bob",
        "Ada",
        "ADA",
        "ada ",
        "adá",
        "ada\u0301",
        "ada2",
        "ad",
        "a/da",
        "..",
        "%61da",
        "ada?x=1",
    ),
    *("ada#", "ada&q=2", "ada;", "ada,", "0", "null", "true", "ada\u200b"),
]
HEADERS = ["slow", "FAST", "fastx", "f", "fast,slow", "fast;q=1", "0", "fás", "fast/1", "1.0"]
NOTES = [
    *TEXTS,
    "tea\n",
    "tea\\n",
    "te\ta",
    "t" * 3000,
    "t" * 3001,
    '"tea"',
    "té",
    "\U0001f375",
    " tea",
    "tea" * 9,
]
ARGUMENT_CHANGES = [
    *({"account": text} for text in TEXTS if text != ".."),
    *({"q": text} for text in [*TEXTS, "", "x y", "x+y", "X"]),
    *({"X-Mode": text} for text in HEADERS),
    *({"c": text} for text in ["2", "1 ", "01", "1.0", "one", "é", "1,2", "", "10", "-1"]),
    *({"amount": number} for number in [0, -5, 50, 500, 5_000_000, 10**30, 6, 4, 55]),
    *({"note": text} for text in NOTES),
    *({"tags": tags} for tags in [[], [""], ["a"], ["a", "b"], ["b", "a"], ["a,b"]]),
    *({name: None} for name in ["q", "X-Mode", "c", "amount", "note"]),
]


@pytest.mark.parametrize("change", ARGUMENT_CHANGES, ids=repr)
def test_a_yes_is_not_for_other_arguments(server: LoopbackServer, change: dict[str, Any]) -> None:
    client = bank(server)
    consent = asyncio.run(stored_yes(client, "pay", ARGUMENTS))
    merged = {**ARGUMENTS, **change}
    arguments = {name: value for name, value in merged.items() if value is not None}
    said = is_asked_again(server, client, consent, "pay", arguments)
    assert " was " in said or " is new" in said or " is gone" in said


def token(**claims: str) -> str:
    parts = [b'{"alg":"none"}', json.dumps(claims).encode(), b"signature"]
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


BASIC = {"type": "http", "scheme": "basic"}
API_KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
CLIENT_CHANGES: dict[str, dict[str, Any]] = {
    "path": {"changed": {"path": "/payouts/{account}"}},
    "a longer path": {"changed": {"path": "/payments/{account}/all"}},
    "method": {"changed": {"method": "put"}},
    "patch": {"changed": {"method": "patch"}},
    "delete": {"changed": {"method": "delete"}},
    "name": {"changed": {"name": "pay_all"}},
    "media type": {"changed": {"media": "application/x-www-form-urlencoded"}},
    "a vendor's media type": {"changed": {"media": "application/vnd.bank+json"}},
    "scheme": {"changed": {"scheme": API_KEY}},
    "scheme in the query": {"changed": {"scheme": {**API_KEY, "in": "query"}}},
    "scheme in a cookie": {"changed": {"scheme": {**API_KEY, "in": "cookie"}}},
    "host": {"changed": {"address": "http://127.0.0.2:1/v1"}},
    "port": {"changed": {"address": "http://127.0.0.1:1/v1"}},
    "https": {"changed": {"address": "https://127.0.0.1:1/v1"}},
    "server": {"url": "http://127.0.0.1:1"},
    "server variable": {"server_variables": {"v": "v2"}},
    "overlay of the server": {
        "overlay": {
            "overlay": "1.0.0",
            "info": {"title": "o", "version": "1"},
            "actions": [{"target": "$.servers[0]", "update": {"url": "http://127.0.0.1:1/v1"}}],
        }
    },
    "policy that asks about all": {"policy": Policy(confirm="all")},
    "policy with other reads": {"policy": Policy(confirm="writes", reads=["show"])},
    "header": {"headers": {"X-Team": "books"}},
    "nobody": {"credentials": {"key": "other"}},
    **{f"key {n}": {"credentials": {"key": f"{SECRET}{n}"}} for n in range(10)},
    **{f"header {n}": {"headers": {f"X-{n}": "1"}} for n in range(5)},
    **{f"version {n}": {"server_variables": {"v": f"v{n}"}} for n in range(2, 12)},
    **{f"path {n}": {"changed": {"path": f"/payments{n}/{{account}}"}} for n in range(10)},
    **{f"port {n}": {"changed": {"address": f"http://127.0.0.1:{n}/v1"}} for n in range(1, 11)},
    "callable": {"credentials": lambda *_: "another"},
    "an Auth of one's own": {"credentials": {"key": httpx.BasicAuth("ada", SECRET)}},
}


@pytest.mark.parametrize("change", CLIENT_CHANGES)
def test_a_yes_is_not_for_another_document_server_credential_or_policy(
    server: LoopbackServer, change: str
) -> None:
    consent = asyncio.run(stored_yes(bank(server), "pay", ARGUMENTS))
    client = bank(server, **CLIENT_CHANGES[change])
    [tool] = [name for name in client.tools if name.startswith("pay")]
    is_asked_again(server, client, consent, tool, ARGUMENTS)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        (BASIC, ("ada", "old"), ("bob", "old")),
        (BASIC, "ada:old", "bob:old"),
        (API_KEY, "k1", "k2"),
        (API_KEY, token(iss="x", sub="ada"), token(iss="x", sub="bob")),
        ({"type": "http", "scheme": "bearer"}, token(sub="ada"), token(sub="ada", iss="y")),
        ({"type": "http", "scheme": "digest"}, ("ada", "old"), ("bob", "old")),
        (BASIC, httpx.BasicAuth("ada", "x"), httpx.BasicAuth("bob", "x")),
        (
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {}}}},
            {"client_id": "a", "client_secret": "s"},
            {"client_id": "b", "client_secret": "s"},
        ),
    ],
)
def test_a_yes_is_not_for_another_account(
    server: LoopbackServer, scheme: dict[str, Any], one: Any, other: Any
) -> None:
    changed = {"scheme": scheme}
    before = bank(server, changed=changed, credentials={"key": one})
    consent = asyncio.run(stored_yes(before, "pay", ARGUMENTS))
    after = bank(server, changed=changed, credentials={"key": other})
    assert "signed by" in is_asked_again(server, after, consent, "pay", ARGUMENTS)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        (BASIC, ("ada", "old"), ("ada", "new")),
        (API_KEY, token(sub="ada", iat="1"), token(sub="ada", iat="2")),
    ],
)
def test_a_renewed_credential_of_the_same_account_keeps_the_yes(
    server: LoopbackServer, scheme: dict[str, Any], one: Any, other: Any
) -> None:
    changed = {"scheme": scheme}
    before = bank(server, changed=changed, credentials={"key": one})
    consent = asyncio.run(stored_yes(before, "pay", ARGUMENTS))
    after = bank(server, changed=changed, credentials={"key": other})
    assert after.send(after.prepare("pay", ARGUMENTS), approved=consent).status == 200


def _grow(path: Path) -> None:
    path.write_bytes(b"new photo, and more")


def _same_length(path: Path) -> None:
    path.write_bytes(b"two photo")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("change", [_grow, _same_length, _empty])
@pytest.mark.parametrize("is_prepared_before", [True, False])
def test_a_yes_is_not_for_another_file(
    server: LoopbackServer,
    tmp_path: Path,
    change: Callable[[Path], None],
    is_prepared_before: bool,
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"one photo")
    arguments = {"account": "ada", "photo": {"path": "photo.png"}}
    client = bank(server, files=tmp_path)
    prepared = client.prepare("show", arguments)
    consent = asyncio.run(stored_yes(client, "show", arguments))
    change(photo)
    if not is_prepared_before:
        prepared = client.prepare("show", arguments)
    before = len(server.received)
    try:
        said = client.send(prepared, approved=consent).text
    except ApprovalNeeded as asked:
        said = str(asked)
    assert "file 1 (photo.png) was" in said or "Nothing was sent" in said
    assert len(server.received) == before


def test_a_yes_that_is_too_old_or_of_no_time_is_none(server: LoopbackServer) -> None:
    client = bank(server, policy=replace(ASK, approval_minutes=10))
    consent = asyncio.run(stored_yes(client, "pay", ARGUMENTS))
    moment = datetime.now(UTC)
    times = [
        (moment - timedelta(minutes=11)).isoformat(),
        (moment - timedelta(days=900)).isoformat(),
        (moment + timedelta(minutes=5)).isoformat(),
        moment.replace(tzinfo=None).isoformat(),
        *("", "soon", "2026-13-01"),
    ]
    for at in times:
        said = is_asked_again(server, client, replace(consent, at=at), "pay", ARGUMENTS)
        assert "10 minutes" in said
    fresh = replace(consent, at=(moment - timedelta(minutes=9)).isoformat())
    assert client.send(client.prepare("pay", ARGUMENTS), approved=fresh).status == 200


def test_a_yes_without_its_request_is_none(server: LoopbackServer) -> None:
    client = bank(server)
    consent = asyncio.run(stored_yes(client, "pay", ARGUMENTS))
    for digest in ("", "0" * 64, consent.digest[:-1], consent.digest.upper()):
        is_asked_again(server, client, replace(consent, digest=digest), "pay", ARGUMENTS)


def test_the_changes_are_enough_and_all_different() -> None:
    assert len(ARGUMENT_CHANGES) + len(CLIENT_CHANGES) >= 180


# --- what does not -------------------------------------------------------------------------------


def test_what_did_not_change_is_not_asked_about_again(
    server: LoopbackServer, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").write_bytes(b"one photo")
    made = [
        *(
            ("pay", {"account": f"a{n}", "q": "é ü", "amount": n, "tags": [str(n)]})
            for n in range(900)
        ),
        *(("show", {"account": f"a{n}", "photo": {"path": "photo.png"}}) for n in range(50)),
        *(
            ("show", {"account": "a", "photo": {"base64": "AP8="}, "title": str(n)})
            for n in range(50)
        ),
    ]

    async def objections() -> list[tuple[str, ...]]:
        options: dict[str, Any] = {"credentials": None, "files": tmp_path}
        one, other = (bank(server, changed={"security": []}, **options) for _ in range(2))
        found = []
        for tool, arguments in made:
            consent = await stored_yes(one, tool, arguments)
            request = await other.adescribe(other.prepare(tool, arguments))
            found.append(consent.objections(request, ASK))
        return found

    assert len(made) == 1000
    assert set(asyncio.run(objections())) == {()}


def test_a_stored_yes_lets_its_request_out_in_another_process(server: LoopbackServer) -> None:
    consent = asyncio.run(stored_yes(bank(server), "pay", ARGUMENTS))
    assert SECRET not in repr(consent.facts)
    client = bank(server)
    before = len(server.received)
    assert client.send(client.prepare("pay", ARGUMENTS), approved=consent).status == 200
    assert len(server.received) == before + 1


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    ["no", "N", "false", "yes", "y", 1, 0, None, [True], "", "True", object()],
)
def test_only_true_is_a_yes(server: LoopbackServer, answer: object) -> None:
    before = len(server.received)
    client = bank(server, approve=lambda _: answer)
    with pytest.raises(Declined, match="only True"):
        client.call("pay", ARGUMENTS)
    unasked = bank(server)
    with pytest.raises(ApprovalNeeded):
        unasked.send(unasked.prepare("pay", ARGUMENTS), approved=answer)  # type: ignore[arg-type]
    assert len(server.received) == before


def test_other_arguments_are_no_yes_to_a_call_of_a_program(server: LoopbackServer) -> None:
    before = len(server.received)
    client = bank(server, approve=lambda _: {"yes": True})
    with pytest.raises(Declined, match="other arguments make another call"):
        client.call("pay", ARGUMENTS)
    assert len(server.received) == before


def test_an_approver_may_answer_later(server: LoopbackServer) -> None:
    before = len(server.received)
    with pytest.raises(ApprovalNeeded, match="put off"):
        bank(server, approve=lambda _: "later").call("pay", ARGUMENTS)
    assert len(server.received) == before


def test_what_changes_while_somebody_ponders_is_shown_to_them(
    server: LoopbackServer, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"one photo")
    seen: list[str] = []

    def approve(prepared: Any) -> bool:
        seen.append(prepared.question())
        if len(seen) == 1:
            photo.write_bytes(b"two photo")
        return True

    client = bank(server, files=tmp_path, approve=approve)
    result = client.call("show", {"account": "ada", "photo": {"path": "photo.png"}})
    assert result.status == 200
    assert "agreed to before" not in seen[0]
    assert "file 1 (photo.png) was" in seen[1]
    assert b"two photo" in server.received[-1].body


def test_the_credential_that_somebody_agreed_to_is_the_one_that_signs(
    server: LoopbackServer,
) -> None:
    user = ["ada"]

    def approve(_: object) -> bool:
        user[0] = "bob"
        return True

    client = bank(server, credentials=lambda *_: f"token-of-{user[0]}", approve=approve)
    assert client.call("pay", ARGUMENTS).status == 200
    assert server.received[-1].headers["authorization"] == "Bearer token-of-ada"


# --- what is sent is what was prepared -----------------------------------------------------------


def _set_header(prepared: Any) -> Any:
    prepared.request.headers["X-Mode"] = "slow"
    return prepared


def _set_url(prepared: Any) -> Any:
    prepared.request.url = httpx.URL(str(prepared.request.url).replace("ada", "bob"))
    return prepared


def _set_method(prepared: Any) -> Any:
    prepared.request.method = "DELETE"
    return prepared


def _set_stream(prepared: Any) -> Any:
    prepared.request.stream = httpx.ByteStream(b"{}")
    return prepared


TAMPERINGS: list[Callable[[Any], Any]] = [
    *(_set_header, _set_url, _set_method, _set_stream),
    lambda prepared: replace(prepared, decision=Decision.REFUSE),
    lambda prepared: replace(prepared, request=httpx.Request("GET", prepared.request.url)),
    lambda prepared: replace(prepared, call=replace(prepared.call, arguments={})),
    lambda prepared: replace(prepared, tool=replace(prepared.tool)),
    lambda prepared: replace(prepared, seal=None),
]


@pytest.mark.parametrize("tamper", TAMPERINGS)
@pytest.mark.parametrize("policy", [ASK, Policy()])
def test_a_prepared_call_that_was_changed_is_not_sent(
    server: LoopbackServer, tamper: Callable[[Any], Any], policy: Policy
) -> None:
    before = len(server.received)
    client = bank(server, policy=policy)
    with pytest.raises(Refused, match="prepared"):
        client.send(tamper(client.prepare("pay", ARGUMENTS)), approved=True)
    assert len(server.received) == before


def test_a_client_decides_by_its_own_policy(server: LoopbackServer) -> None:
    lax, strict = bank(server, policy=Policy()), bank(server, policy=Policy(read_only=True))
    with pytest.raises(Refused, match="another policy"):
        strict.send(lax.prepare("pay", ARGUMENTS), approved=True)
    with pytest.raises(Refused, match="another policy"):
        bank(server).send(lax.prepare("pay", ARGUMENTS))
    asking = bank(server)
    with pytest.raises(Refused, match="not as it was prepared"):
        asking.send(replace(asking.prepare("pay", ARGUMENTS), decision=Decision.ALLOW))
    assert bank(server, policy=Policy()).send(lax.prepare("pay", ARGUMENTS)).status == 200


@pytest.mark.parametrize("keep", [pickle.dumps, asdict, copy.copy, copy.deepcopy])
def test_a_prepared_call_cannot_be_kept_with_its_credential(
    server: LoopbackServer, keep: Callable[[Any], Any]
) -> None:
    prepared = bank(server).prepare("pay", ARGUMENTS)
    for value in (
        prepared,
        asyncio.run(bank(server).adescribe(bank(server).prepare("pay", ARGUMENTS))),
    ):
        with pytest.raises(TypeError, match="prepare it again"):
            keep(value)
    assert SECRET not in repr(prepared)


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), "60", None, True])
def test_a_time_that_is_none_is_refused(minutes: Any) -> None:
    with pytest.raises(InvalidOption, match="approval_minutes"):
        Policy(approval_minutes=minutes)


# --- what a model may write ----------------------------------------------------------------------


@pytest.mark.parametrize("besides", [{}, {"headers": {"Cookie": "team=books"}}])
def test_a_cookie_takes_latin_1(server: LoopbackServer, besides: dict[str, Any]) -> None:
    operation = {
        "operationId": "look",
        "parameters": [{"name": "Cookie", "in": "header", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Seen"}},
    }
    api = load({**document(server.url), "security": [], "paths": {"/": {"get": operation}}})
    client = connect(build_tools(api), **besides)
    for name in ("é", "x=é", "ÿ"):
        arguments = {next(iter(client.tools["look"].schema["properties"])): name}
        assert client.call("look", arguments).status == 200
        assert server.received[-1].headers["cookie"].endswith(name)


def test_the_name_of_a_file_may_be_too_long(server: LoopbackServer, tmp_path: Path) -> None:
    client = bank(server, files=tmp_path)
    for path in ("a" * 5000, "a/" * 5000, "\0", "~" * 300):
        with pytest.raises(CallError, match="no file") as caught:
            client.prepare("show", {"account": "ada", "photo": {"path": path}})
        assert len(str(caught.value)) < 1000


def test_a_yes_to_all_calls_of_a_tool_ends_with_the_tool_as_it_was() -> None:
    from tests.support.apis import tools_of

    def tool_digest(summary: str, **schema: Any) -> str:
        parameter = {"name": "a", "in": "query", "schema": {"type": "string", **schema}}
        operation = {"operationId": "go", "summary": summary, "parameters": [parameter]}
        tools = tools_of({"/x": {"post": operation}}, servers=[{"url": "https://api.example.com"}])
        with connect(tools) as client:
            prepared = client.prepare("go", {"a": "b"})
            return client.wait(partial(client.adescribe, prepared)).tool_digest

    first = tool_digest("Go.")
    assert tool_digest("Go.") == first
    assert tool_digest("Go, and wipe the disk.") != first
    assert tool_digest("Go.", maxLength=3) != first
