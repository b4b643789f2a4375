"""Several people's logins for one scheme: which one a call uses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login, Token
from openapi2tools.errors import InvalidOption, MissingCredential
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

FLOW = OAuthFlow(
    "authorizationCode",
    authorization_url="https://auth.example/authorize",
    token_url="https://auth.example/token",
)


@pytest.fixture
def api(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    with LoopbackServer(lambda _: Answer(200, {})) as server:
        yield server


@pytest.fixture
def tools(api) -> Toolset:
    scheme = SecurityScheme("oauth", "oauth2", flows=(FLOW,))
    tool = secured(scheme, security=({"oauth": ()},), servers=[api.url])
    key = find_oauth_config(tool.api, "oauth").key
    for account in ("home", "work"):
        login = Login(Token(Secret(f"token-of-{account}")), FLOW.token_url, "desktop")
        TokenStore().save(key, replace(login, account=account, origins=(api.url,)))
    return Toolset([tool])


def called(tools: Toolset, **options) -> str:
    with connect(tools, **options) as client:
        return client.call(next(iter(tools))).text


def test_a_call_uses_the_login_of_the_account_and_else_the_newest(tools, api) -> None:
    called(tools, account="home")
    called(tools)
    called(tools, credentials={"oauth": {"account": "home"}}, account="work")
    assert [request.headers["authorization"] for request in api.received] == [
        "Bearer token-of-home",
        "Bearer token-of-work",
        "Bearer token-of-home",
    ]


def test_an_account_that_nobody_logged_in_is_told_with_those_there_are(tools) -> None:
    for options in ({"account": "wrok"}, {"credentials": {"oauth": {"account": "wrok"}}}):
        with pytest.raises(MissingCredential, match="account 'wrok'; there is home, work"):
            called(tools, **options)


def test_an_account_of_an_api_without_logins_is_refused() -> None:
    tool = secured(SecurityScheme("key", "apiKey", name="X-Key", location="header"))
    with pytest.raises(InvalidOption, match="account="):
        connect(Toolset([tool]), account="work")
