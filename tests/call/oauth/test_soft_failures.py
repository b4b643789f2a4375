"""A token server that is down for a while costs no call, no login, and is blamed by its name."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from openapi2tools._core import portal
from openapi2tools._core.reader import at_terminal
from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import refresh, tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login.log_in import log_in
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login, Token
from openapi2tools.errors import BlockedAddress, MissingCredential
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from tests.support.secured import secured, send
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = {"Retry-After": "0"}
GIVEN = {"client_id": "app", "client_secret": "s3cret"}


class Api:
    """An API that takes every token, and its token server, which answers as scripted."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.token_requests = 0

    def __call__(self, request: Received) -> Answer:
        if request.path == "/pets":
            return Answer(200, {"sent": request.headers["authorization"]})
        self.token_requests += 1
        return self.answers.pop(0) if self.answers else Answer(200, {"access_token": "new"})


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return TokenStore()


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def server(api: Api) -> Iterator[LoopbackServer]:
    with LoopbackServer(api) as running:
        yield running


def tool(server: LoopbackServer, kind: str = "authorizationCode", **scheme):
    flow = OAuthFlow(
        kind,
        authorization_url=f"{server.url}/authorize",
        token_url=f"{server.url}/token",
        device_authorization_url=f"{server.url}/device",
        **scheme,
    )
    return secured(SecurityScheme("oauth", "oauth2", flows=(flow,)), servers=[server.url])


def keep(store: TokenStore, server: LoopbackServer, token: Token, **changes) -> None:
    key = find_oauth_config(tool(server).api, "oauth").key
    done = Login(token, f"{server.url}/token", "app", origins=(server.url,))
    store.save(key, replace(done, **changes))


def soon(**changes) -> Token:
    """Make a token that is to be renewed early, and still lives for a while."""
    token = Token(Secret("old"), Secret("R"), expires_at=time.time() + 25)
    return replace(token, **changes)


def sent(server: LoopbackServer, credentials=None, kind: str = "authorizationCode") -> str:
    answer = send(tool(server, kind), credentials, f"{server.url}/pets")
    return answer.json()["sent"]


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_token_that_lives_serves_while_its_server_cannot(api, server, store, status) -> None:
    keep(store, server, soon())
    api.answers = [Answer(status, {"error": "later"}, {"Retry-After": "3600"})]
    assert sent(server) == "Bearer old"
    assert sent(server) == "Bearer new"


def test_a_token_that_lives_serves_while_its_server_cannot_be_reached(server, store) -> None:
    with LoopbackServer(lambda _: Answer()) as gone:
        pass
    keep(store, server, soon(), token_url=f"{gone.url}/token")
    assert sent(server) == "Bearer old"


def test_a_clients_own_token_serves_likewise(api, server) -> None:
    api.answers = [Answer(200, {"access_token": "old", "expires_in": 1000}), Answer(500)]
    assert sent(server, {"oauth": GIVEN}, "clientCredentials") == "Bearer old"
    held = tokens.PROCESS_TOKENS.tokens
    for key, token in held.items():
        held[key] = replace(token, expires_at=time.time() + 20)
    assert sent(server, {"oauth": GIVEN}, "clientCredentials") == "Bearer old"
    assert sent(server, {"oauth": GIVEN}, "clientCredentials") == "Bearer new"


def test_a_token_that_has_ended_serves_nobody_and_the_login_is_not_blamed(
    api, server, store
) -> None:
    keep(store, server, soon(expires_at=1.0))
    api.answers = [Answer(500)]
    with pytest.raises(MissingCredential, match=r"http_500.*later") as caught:
        sent(server)
    assert "log in again" not in str(caught.value)


def test_what_a_gateway_answers_leaves_the_note_that_a_renewal_may_have_spent_the_token(
    api, server, store
) -> None:
    key = find_oauth_config(tool(server).api, "oauth").key
    for status, is_noted in ((502, True), (503, False)):
        keep(store, server, soon())
        api.answers = [Answer(status, headers={"Retry-After": "3600"})]
        assert sent(server) == "Bearer old"
        assert (store.find(key).renewal_began is not None) is is_noted


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_token_server_is_asked_again(api, server, store, status) -> None:
    keep(store, server, soon(expires_at=1.0))
    api.answers = [Answer(status, headers=NOW), Answer(status, headers=NOW)]
    assert sent(server) == "Bearer new"
    assert api.token_requests == 3


def test_a_token_server_that_stays_busy_or_asks_for_too_long_is_told(api, server) -> None:
    api.answers = [Answer(503, headers=NOW)] * 3 + [Answer(503, headers={"Retry-After": "99"})]
    for _ in range(2):
        with pytest.raises(MissingCredential, match="http_503"):
            sent(server, {"oauth": GIVEN}, "clientCredentials")
    assert api.token_requests == 4


@pytest.mark.parametrize("lifetime", [0, -1, "0"])
def test_a_lifetime_of_nothing_is_unknown(api, server, lifetime) -> None:
    api.answers = [Answer(200, {"access_token": "old", "expires_in": lifetime})]
    for _ in range(2):
        assert sent(server, {"oauth": GIVEN}, "clientCredentials") == "Bearer old"


@pytest.mark.parametrize("is_login", [True, False])
def test_a_token_server_that_hangs_is_blamed_by_name(store, is_login, monkeypatch) -> None:
    monkeypatch.setattr(refresh, "REFRESH_TIMEOUT_SECONDS", 0.5)
    over = threading.Event()

    def hang(_: Received) -> Answer:
        over.wait(120)
        return Answer(500)

    with LoopbackServer(hang) as server:
        keep(store, server, soon(expires_at=1.0))
        kind = "authorizationCode" if is_login else "clientCredentials"
        credentials = None if is_login else {"oauth": GIVEN}
        tools = Toolset([tool(server, kind)])
        with connect(tools, timeout=0.3, retries=0, credentials=credentials) as client:
            result = client.call("t")
            over.set()
    assert result.is_error
    assert "The token server of oauth did not answer in time." in result.text
    assert "Nothing was sent." in result.text
    assert [request.path for request in server.received] == ["/token"]


# --- a device that is polled ---


def log_in_on_device(server: LoopbackServer, between: Callable[[int], None]) -> Login:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        between(len(pauses))

    prompt = LoginPrompt(lambda _: None, lambda _: "", sleep=pause, timeout=120)
    given = OAuthCredential.read("oauth", {"client_id": "app"})
    api = tool(server, "deviceAuthorization").api

    async def go() -> Login:
        return await log_in(api, "oauth", given, prompt)

    return portal.run(go)


CODE = Answer(200, {"device_code": "d", "user_code": "u", "verification_uri": "https://x.example"})


def test_a_device_is_polled_on_after_a_fault_of_the_server(api, server) -> None:
    api.answers = [CODE, Answer(502), Answer(400, {"error": "authorization_pending"})]
    done = log_in_on_device(server, lambda _: None)
    assert done.token.access.reveal() == "new"
    assert api.token_requests == 4


# --- hints ---


def test_a_login_that_cannot_be_renewed_says_what_would_have_helped(server, store) -> None:
    scopes = {"read:pets": "", "offline_access": ""}
    keep(store, server, soon(refresh=None, expires_at=1.0, scopes=("read:pets",)))
    for needs, is_hinted in ((tool(server), False), (tool(server, scopes=scopes), True)):
        with pytest.raises(MissingCredential, match="cannot be renewed") as caught:
            send(needs, None, f"{server.url}/pets")
        assert ("--scopes 'read:pets offline_access'" in str(caught.value)) is is_hinted


def test_a_refresh_token_that_was_given_and_is_refused_may_have_been_rotated(
    api, server, monkeypatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_OAUTH", '{"client_id": "app", "refresh_token": "R-spent"}')
    api.answers = [Answer(400, {"error": "invalid_grant"})]
    with pytest.raises(MissingCredential, match=r"many servers give a new one each time") as caught:
        sent(server)
    assert "R-spent" not in str(caught.value)
    assert "auth login SOURCE --scheme oauth" in str(caught.value)


def test_a_blocked_token_server_stays_blocked_whatever_the_token_has_left(server, store) -> None:
    keep(store, server, soon(), token_url="http://169.254.169.254/token")
    with connect(Toolset([tool(server)])) as client, pytest.raises(BlockedAddress):
        client.call("t")


def test_a_blocked_token_server_is_told_with_the_option_that_names_it(server, store) -> None:
    keep(store, server, soon(), token_url="http://169.254.169.254/token")
    with connect(Toolset([tool(server)])) as client:
        with pytest.raises(BlockedAddress, match="token_url= in its credential"):
            client.call("t")
        with at_terminal(), pytest.raises(BlockedAddress, match="--token-url URL") as caught:
            client.call("t")
    assert "--allow-ref" not in str(caught.value)
