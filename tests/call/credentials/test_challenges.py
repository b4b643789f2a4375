"""What an API asks for in its challenge is told with the login that it takes (RFC 6750, 9470)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.challenges import (
    BearerChallenge,
    bearer_challenge,
    read_challenges,
)
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login, Token
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="urn:gold phr", max_age="5"'


def asked(*headers: str) -> httpx.Response:
    return httpx.Response(401, headers=[("WWW-Authenticate", header) for header in headers])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="x", scope="a b"', BearerChallenge(scopes=("a", "b"))),
        (
            'Bearer error="insufficient_scope", scope="a"',
            BearerChallenge("insufficient_scope", ("a",)),
        ),
        (
            STEP_UP,
            BearerChallenge("insufficient_user_authentication", (), ("urn:gold", "phr"), "5"),
        ),
        ('Digest nonce="n", Bearer scope=a, Basic realm="b"', BearerChallenge(scopes=("a",))),
        ('Bearer scope="a\\"b c" max_age="soon"', BearerChallenge(scopes=("c",))),
        ("Basic", BearerChallenge()),
        ("Bearer", BearerChallenge()),
    ],
)
def test_a_bearer_challenge_is_read(header, expected) -> None:
    assert bearer_challenge(asked(header)) == expected


def test_challenges_of_several_lines_are_read() -> None:
    response = asked('Digest realm="a", Digest realm="b", Basic', 'Digest realm="c"')
    assert [fields["realm"] for fields in read_challenges(response, "digest")] == ["a", "b", "c"]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch) -> TokenStore:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return TokenStore()


def call(store: TokenStore, status: int, header: str) -> tuple[Any, list[str]]:
    """Call an API that answers with a challenge; return the result, and the paths asked for."""

    def answer(received) -> Answer:
        if received.path == "/token":
            return Answer(200, {"access_token": "new"})
        return Answer(status, {}, {"WWW-Authenticate": header})

    with LoopbackServer(answer) as server:
        flow = OAuthFlow(
            "authorizationCode",
            authorization_url=f"{server.url}/authorize",
            token_url=f"{server.url}/token",
        )
        scheme = SecurityScheme("oauth", "oauth2", flows=(flow,))
        tool = secured(scheme, security=[{"oauth": ["read"]}], servers=[server.url])
        key = find_oauth_config(tool.api, "oauth").key
        token = Token(Secret("old"), Secret("R"))
        store.save(key, Login(token, f"{server.url}/token", "app", origins=(server.url,)))
        with connect(Toolset([tool])) as client:
            result = client.call("t")
    return result, [request.path for request in server.received]


def test_the_scopes_that_lack_are_told_with_the_login_that_has_them(store) -> None:
    challenge = 'Bearer error="insufficient_scope", scope="write read"'
    result, _ = call(store, 403, challenge)
    line = result.text.splitlines()[1]
    assert line.startswith("Credential: it was sent for oauth")
    assert line.endswith(
        "The API asks for a login with scopes write read: "
        "`openapi2tools auth login SOURCE --scheme oauth --scopes 'read write'`."
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_stronger_login_is_asked_for_and_no_refresh_token_is_spent_on_it(store, status) -> None:
    result, paths = call(store, status, STEP_UP)
    assert paths == ["/pets"]
    assert (
        "The API asks for a login with acr_values urn:gold phr, max_age 5: `openapi2tools auth "
        "login SOURCE --scheme oauth --parameter acr_values='urn:gold phr' --parameter max_age=5`."
    ) in result.text


def test_a_token_that_is_only_old_is_renewed_all_the_same(store) -> None:
    _, paths = call(store, 401, 'Bearer error="invalid_token"')
    assert paths.count("/token") == 1


def test_what_an_api_writes_cannot_become_another_command(store) -> None:
    result, _ = call(store, 403, "Bearer scope=\"x'; rm -rf ~; ' $(id)\"")
    command = result.text.split("--scopes ")[1].splitlines()[0]
    assert command.startswith("'read x'\"'\"'; rm -rf ~;")


def test_a_challenge_that_asks_for_nothing_adds_nothing(store) -> None:
    result, _ = call(store, 403, "Bearer")
    assert "The API asks for a login" not in result.text
