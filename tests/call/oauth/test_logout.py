"""Logging out: what is forgotten here, and what is ended at its server (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest
from keyring.errors import KeyringLocked

from openapi2tools._core import portal
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.login.logins import (
    find_oauth_config,
    log_out,
    log_out_everywhere,
    scheme_statuses,
)
from openapi2tools.call.oauth.storage.secret_store import (
    STORE_VARIABLE,
    FileSecretStore,
    KeyringSecretStore,
)
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login, LoginKey, Token
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer, Received


@dataclass
class RevokingServer:
    """Takes revocations; its metadata names where, if `is_described`."""

    url: str = ""
    is_described: bool = True
    refusals: list[Answer] = field(default_factory=list)
    revoked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, request: Received) -> Answer:
        if request.path == "/revoke":
            if self.refusals:
                return self.refusals.pop(0)
            form = parse_qs(request.body.decode())
            self.revoked.append((form["token_type_hint"][0], form["token"][0]))
            return Answer(200)
        if request.path == "/.well-known/oauth-authorization-server" and self.is_described:
            return Answer(
                200,
                {
                    "issuer": self.url,
                    "token_endpoint": f"{self.url}/token",
                    "revocation_endpoint": f"{self.url}/revoke",
                },
            )
        return Answer(404)


@pytest.fixture
def protocol(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    return RevokingServer()


@pytest.fixture
def server(protocol):
    with LoopbackServer(protocol) as running:
        protocol.url = running.url
        yield running


@pytest.fixture
def api(server):
    urls = {"authorization_url": f"{server.url}/authorize", "token_url": f"{server.url}/token"}
    flow = OAuthFlow("authorizationCode", **urls)
    return secured(SecurityScheme("oauth", "oauth2", flows=(flow,)), servers=[server.url]).api


def keep(api, server: LoopbackServer, account: str = "", **changes: object) -> Login:
    token = Token(Secret(f"A{account}"), Secret(f"R{account}"))
    login = Login(token, f"{server.url}/token", "desktop", account=account)
    login = replace(login, **changes)
    TokenStore().save(find_oauth_config(api, "oauth").key, login)
    return login


def ended(api, **options) -> list[tuple[str, str]]:
    done = portal.run(lambda: log_out(api, "oauth", **options))
    return [(each.login.account if each.login else "?", each.problem) for each in done]


def test_a_login_is_ended_at_its_server_and_forgotten(api, server, protocol) -> None:
    keep(api, server)
    assert ended(api) == [("", "")]
    assert protocol.revoked == [("refresh_token", "R"), ("access_token", "A")]
    assert ended(api) == []
    assert scheme_statuses(api)[0].login is None


def test_where_logins_end_is_known_from_the_login(api, server, protocol) -> None:
    protocol.is_described = False
    keep(api, server, revocation_url=f"{server.url}/revoke")
    assert ended(api) == [("", "")]
    assert [request.path for request in server.received] == ["/revoke", "/revoke"]


def test_a_server_that_names_no_way_to_end_a_login_is_told_of(api, server, protocol) -> None:
    protocol.is_described = False
    keep(api, server)
    ((_, problem),) = ended(api)
    assert f"{server.url} names no way to end it" in problem
    assert not protocol.revoked


@pytest.mark.parametrize(
    "metadata", [{"token_endpoint": "https://other/token"}, {"revocation_endpoint": "http://10.1/"}]
)
def test_no_token_goes_where_another_servers_metadata_leads(
    metadata, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))

    def described(request: Received) -> Answer:
        own = {"token_endpoint": f"{url}/token", "revocation_endpoint": f"{url}/revoke"}
        is_metadata = request.path.startswith("/.well-known/")
        return Answer(200, {**own, **metadata}) if is_metadata else Answer(200)

    with LoopbackServer(described) as server:
        url = server.url
        flow = OAuthFlow("authorizationCode", token_url=f"{url}/token")
        needs = secured(SecurityScheme("oauth", "oauth2", flows=(flow,)), servers=[url])
        keep(needs.api, server)
        ((_, problem),) = ended(needs.api)
        assert "names no way" in problem
        assert {request.method for request in server.received} == {"GET"}


def test_a_login_is_forgotten_though_its_server_refuses_or_is_down(api, server, protocol) -> None:
    protocol.refusals = [Answer(400, {"error": "invalid_request", "error_description": "no R"})] * 9
    keep(api, server)
    ((_, problem),) = ended(api)
    assert "did not end the login: invalid_request" in problem
    keep(api, server, token_url="http://127.0.0.1:9/token")
    ((_, problem),) = ended(api)
    assert "Its server was not told" in problem
    assert scheme_statuses(api)[0].login is None


def test_an_access_token_that_cannot_be_revoked_ends_with_its_refresh_token(
    api, server, protocol
) -> None:
    keep(api, server)
    protocol.refusals = [Answer(200), Answer(400, {"error": "unsupported_token_type"})]
    assert ended(api) == [("", "")]


def test_one_account_logs_out_and_the_other_stays(api, server, protocol) -> None:
    keep(api, server, "home")
    keep(api, server, "work")
    assert [login.account for login in scheme_statuses(api)[0].logins] == ["work", "home"]
    assert ended(api, account="nobody") == []
    assert ended(api, account="work") == [("work", "")]
    assert [login.account for login in scheme_statuses(api)[0].logins] == ["home"]
    assert {text for _, text in protocol.revoked} == {"Awork", "Rwork"}
    assert ended(api, account="home") == [("home", "")]
    assert not TokenStore().all_stored()


def test_all_that_is_stored_is_listed_and_ended_orphans_and_damage_too(
    api, server, protocol, tmp_path
) -> None:
    keep(api, server, "home")
    keep(api, server, "work")
    gone = LoginKey("https://gone.example", "old", "https://auth.gone.example")
    TokenStore().save(gone, Login(Token(Secret("A0")), f"{server.url}/token", "desktop"))
    (tmp_path / "tokens/of-an-earlier-version.json").write_text('[{"token": "no"}]')
    entries = TokenStore().all_stored()
    found = {(each.key.origin if each.key else "", len(each.logins)) for each in entries}
    assert found == {(server.url, 2), ("https://gone.example", 1), ("", 0)}
    assert [each.problem for each in entries if not each.key] != [""]
    done = portal.run(log_out_everywhere)
    assert sorted(each.name for each in done) == [
        "oauth of " + server.url,
        "oauth of " + server.url,
        "of-an-earlier-version",
        "old of https://gone.example",
    ]
    assert ("access_token", "A0") in protocol.revoked
    assert not TokenStore().all_stored()


def test_what_is_out_of_reach_stays_and_keeps_no_other_login(api, server, tmp_path) -> None:
    keyring = MemoryKeyring()
    files = FileSecretStore(tmp_path / "tokens")
    store = TokenStore(KeyringSecretStore(keyring, files))
    key = LoginKey("https://api.example", "oauth", "https://auth.example")
    login = Login(Token(Secret("hush")), "https://auth.example/token", "desktop")
    store.save(key, login)
    keyring.is_locked = True
    keep(api, server)
    done = portal.run(lambda: log_out_everywhere(store=store))
    assert {(each.name, each.is_forgotten) for each in done} == {
        (f"oauth of {server.url}", True),
        (key.name, False),
    }
    assert all("Unlock" in each.problem for each in done)  # there may be an older one of each
    keyring.is_locked = False
    assert store.find(key) == login


class MemoryKeyring:
    """A keyring that, as the platforms' do, does not tell what it holds."""

    name = "memory"

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.is_locked = False

    def get_password(self, _: str, name: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked
        return self.texts.get(name)

    def set_password(self, _: str, name: str, text: str) -> None:
        self.texts[name] = text

    def delete_password(self, _: str, name: str) -> None:
        del self.texts[name]


def test_what_is_in_a_keyring_is_listed_by_notes_without_any_secret(tmp_path) -> None:
    files = FileSecretStore(tmp_path / "tokens")
    store = TokenStore(KeyringSecretStore(MemoryKeyring(), files))
    key = LoginKey("https://api.example", "oauth", "https://auth.example")
    store.save(key, Login(Token(Secret("hush")), "https://auth.example/token", "desktop"))
    (entry,) = store.all_stored()
    assert (entry.key, entry.logins[0].client_id) == (key, "desktop")
    (note,) = (tmp_path / "tokens").iterdir()
    assert note.read_bytes() == b""
    assert store.remove(key).existed
    assert not store.all_stored()
    assert not list((tmp_path / "tokens").iterdir())
