"""The browser's page tells how a login ended: with whom, or why with nobody."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from openapi2tools._core import portal
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login import log_in as login
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from openapi2tools.call.oauth.tokens import Login


def id_token(**claims: object) -> str:
    return f"h.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"


@pytest.fixture
def pages(tmp_path, monkeypatch) -> list[str]:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    return []


def log_in(pages: list[str], answer: Answer, **came_back: str) -> Login:
    """Log in with a browser that keeps its page; the token server gives `answer`."""

    def browser(address: str) -> None:
        asked = parse_qs(urlsplit(address).query)
        query = urlencode({"state": asked["state"][0], **came_back})
        pages.append(httpx.get(f"{asked['redirect_uri'][0]}?{query}", timeout=60).text)

    with LoopbackServer(lambda _: answer) as server:
        urls = {"authorization_url": f"{server.url}/authorize", "token_url": f"{server.url}/token"}
        scheme = SecurityScheme("oauth", "oauth2", flows=(OAuthFlow("authorizationCode", **urls),))
        prompt = LoginPrompt(lambda _: None, lambda _: "", browser, timeout=120)
        api = secured(scheme, servers=["https://api.example"]).api
        given = OAuthCredential.read("oauth", {"client_id": "app"})

        async def go() -> Login:
            return await login.log_in(api, "oauth", given, prompt)

        return portal.run(go)


def said(pages: list[str]) -> str:
    (page,) = pages
    return page.partition("<p>")[2]


def test_the_page_says_where_one_is_logged_in_and_as_whom(pages) -> None:
    given = {"access_token": "T", "id_token": id_token(sub="1", preferred_username="<ann>")}
    done = log_in(pages, Answer(200, given), code="C")
    assert said(pages).startswith("You are logged in to Pets as &lt;ann&gt;.")
    assert done.token.person == "<ann>"


@pytest.mark.parametrize("token", [None, 7, "x", "a.b.c", id_token(sub=1), "h.W10.s"])
def test_an_id_token_that_names_nobody_is_none(pages, token) -> None:
    log_in(pages, Answer(200, {"access_token": "T", "id_token": token}), code="C")
    assert said(pages).startswith("You are logged in to Pets.")


def test_the_page_of_a_denied_login_says_so(pages) -> None:
    with pytest.raises(MissingCredential, match="access_denied"):
        log_in(pages, Answer(), error="access_denied")
    assert said(pages).startswith("Nobody is logged in. The authorization server let nobody in: ")


def test_the_page_of_a_login_that_the_token_server_refuses_says_so(pages) -> None:
    with pytest.raises(MissingCredential, match="invalid_grant"):
        log_in(pages, Answer(400, {"error": "invalid_grant"}), code="the-code-itself")
    assert said(pages).startswith("Nobody is logged in. The token server http://127.0.0.1")
    assert "the-code-itself" not in pages[0]


def test_the_page_of_a_mix_up_says_so(pages) -> None:
    with pytest.raises(Refused, match="posing"):
        log_in(pages, Answer(), code="C", iss="https://other.example")
    assert "One server may be posing as another" in said(pages)
