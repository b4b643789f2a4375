"""Every OAuth2 flow ends at the API with a token of a real identity server, and keeps it fresh."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import anyio
import httpx
import pytest

from openapi2tools._core import portal
from openapi2tools.call.auth import plan
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login import log_in as login
from openapi2tools.call.oauth.login.browser import _login_parameters
from openapi2tools.call.oauth.login.logins import find_oauth_config, log_out, scheme_statuses
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.errors import MissingCredential, Refused, TimedOut
from openapi2tools.model import OAuthFlow, SecurityScheme, Server
from tests.support.identity import (
    PASSWORD,
    SERVICE_SECRET,
    agree,
    browse,
    identity_server,
    pets,
    revoke,
    way_back,
)
from tests.support.secured import CALL, secured, send
from tests.support.server import Answer, LoopbackServer, Received

KINDS = ("clientCredentials", "password", "authorizationCode", "deviceAuthorization")
SERVICE = {"client_id": "service", "client_secret": SERVICE_SECRET}
ANN = {"client_id": "desktop", "username": "ann", "password": PASSWORD, "scopes": "read:pets"}
READ = [{"oauth": ("read:pets",)}]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    with identity_server(tmp_path_factory.mktemp("identity")) as address:
        yield address


@pytest.fixture
def api(issuer):
    with LoopbackServer(pets(issuer)) as server:
        yield server


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return TokenStore()


def scheme(issuer: str, *kinds: str) -> SecurityScheme:
    urls = {
        "authorization_url": f"{issuer}/authorize",
        "token_url": f"{issuer}/token",
        "device_authorization_url": f"{issuer}/device_authorization",
    }
    return SecurityScheme("oauth", "oauth2", flows=tuple(OAuthFlow(kind, **urls) for kind in kinds))


def tool(issuer: str, api: LoopbackServer, *kinds: str):
    return secured(scheme(issuer, *kinds), security=READ, servers=[api.url])


def discovered(issuer: str, api: LoopbackServer):
    oidc = SecurityScheme(
        "oauth", "openIdConnect", openid_connect_url=f"{issuer}/.well-known/openid-configuration"
    )
    return secured(oidc, security=READ, servers=[api.url])


def prompt(**changes) -> LoginPrompt:
    said: list[str] = []

    def ask(question: str) -> str:
        address = next(word for line in said for word in line.split() if word.startswith("http"))
        return way_back(address)

    return replace(LoginPrompt(said.append, ask, open_browser=browse, timeout=120), **changes)


def log_in(tool_, settings=None, **options):
    person = options.pop("prompt", None) or prompt()
    given = OAuthCredential.read("oauth", settings or {"client_id": "desktop"})

    async def go():
        return await login.log_in(tool_.api, "oauth", given, person, **options)

    return portal.run(go)


# --- a program's own means ---


@pytest.mark.parametrize(
    "given", [SERVICE, {"client_id": "poster", "client_secret": "poster-secret"}]
)
def test_client_credentials_reach_the_api_however_the_server_wants_the_client_named(
    issuer, api, given
) -> None:
    response = send(tool(issuer, api, "clientCredentials"), {"oauth": given}, api.url)
    assert response.json() == {"sub": given["client_id"], "client": given["client_id"]}


def test_user_and_password_reach_the_api(issuer, api) -> None:
    assert send(tool(issuer, api, "password"), {"oauth": ANN}, api.url).json()["sub"] == "ann"


def test_openid_connect_discovery_finds_the_token_server(issuer, api) -> None:
    assert send(discovered(issuer, api), {"oauth": SERVICE}, api.url).json()["client"] == "service"


def test_oauth2_metadata_finds_the_token_server(issuer, api) -> None:
    named = SecurityScheme(
        "oauth", "oauth2", oauth2_metadata_url=f"{issuer}/.well-known/oauth-authorization-server"
    )
    assert (
        send(
            secured(named, security=READ, servers=[api.url]), {"oauth": SERVICE}, api.url
        ).status_code
        == 200
    )


def test_a_relative_token_url_hangs_on_the_server(issuer) -> None:
    relative = SecurityScheme(
        "oauth", "oauth2", flows=(OAuthFlow("clientCredentials", token_url="token"),)
    )
    assert (
        send(
            secured(relative, security=READ, servers=[issuer]),
            {"oauth": SERVICE},
            f"{issuer}/api/health",
        ).status_code
        == 200
    )
    assert tokens.PROCESS_TOKENS.tokens


def test_a_token_is_fetched_once_and_serves_until_it_expires(issuer, api) -> None:
    needs = tool(issuer, api, "clientCredentials")
    sent = [
        send(needs, {"oauth": SERVICE}, api.url).request.headers["authorization"] for _ in range(2)
    ]
    assert sent[0] == sent[1]
    ((key, held),) = tokens.PROCESS_TOKENS.tokens.items()
    tokens.PROCESS_TOKENS.tokens[key] = replace(held, expires_at=1.0)
    assert send(needs, {"oauth": SERVICE}, api.url).request.headers["authorization"] != sent[0]


def test_a_token_got_with_a_secret_is_not_lent_to_who_has_another(issuer, api) -> None:
    needs = tool(issuer, api, "clientCredentials")
    send(needs, {"oauth": SERVICE}, api.url)
    with pytest.raises(MissingCredential, match="invalid_client"):
        send(needs, {"oauth": {**SERVICE, "client_secret": "wrong"}}, api.url)


def test_an_expired_token_is_renewed_with_its_refresh_token(issuer, api) -> None:
    needs = tool(issuer, api, "password")
    send(needs, {"oauth": ANN}, api.url)
    ((key, held),) = tokens.PROCESS_TOKENS.tokens.items()
    tokens.PROCESS_TOKENS.tokens[key] = replace(held, expires_at=1.0)
    assert send(needs, {"oauth": {**ANN}}, api.url).json()["sub"] == "ann"
    assert tokens.PROCESS_TOKENS.tokens[key].refresh != held.refresh  # rotated


def test_after_a_401_the_token_is_renewed_once(issuer, api) -> None:
    needs = tool(issuer, api, "password")
    send(needs, {"oauth": ANN}, api.url)
    ((_, held),) = tokens.PROCESS_TOKENS.tokens.items()
    revoke(issuer, held.access.reveal())
    assert send(needs, {"oauth": ANN}, api.url).status_code == 200
    assert [request.path for request in api.received] == ["/"] * 3


def test_an_api_that_refuses_every_token_is_asked_twice_and_no_more(issuer) -> None:
    with LoopbackServer(lambda _: Answer(401)) as api:
        needs = tool(issuer, api, "clientCredentials")
        send(needs, {"oauth": SERVICE}, api.url)
        assert len(api.received) == 1  # the token was new: another would fare no better
        assert send(needs, {"oauth": SERVICE}, api.url).status_code == 401
        assert len(api.received) == 3


def test_parallel_calls_renew_one_after_the_other(issuer, api) -> None:
    needs = tool(issuer, api, "password")
    send(needs, {"oauth": ANN}, api.url)
    ((key, held),) = tokens.PROCESS_TOKENS.tokens.items()
    tokens.PROCESS_TOKENS.tokens[key] = replace(held, expires_at=1.0)

    async def all_at_once() -> None:
        async with (
            httpx.AsyncClient(verify=False, timeout=60) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(5):
                group.start_soon(one, client)

    async def one(client: httpx.AsyncClient) -> None:
        response = await client.get(
            api.url,
            auth=await plan(needs, {"oauth": ANN}).auth(CALL),
            extensions={"client": client},
        )
        assert response.status_code == 200

    portal.run(all_at_once)
    assert len({request.headers["authorization"] for request in api.received}) == 2


def test_a_given_refresh_token_gets_a_token(issuer, api) -> None:
    send(tool(issuer, api, "password"), {"oauth": ANN}, api.url)
    ((_, held),) = tokens.PROCESS_TOKENS.tokens.items()
    given = {"client_id": "desktop", "refresh_token": held.refresh.reveal()}
    assert (
        send(tool(issuer, api, "authorizationCode"), {"oauth": given}, api.url).json()["sub"]
        == "ann"
    )


def test_a_callable_gives_each_user_a_token_of_their_own(issuer, api) -> None:
    given = {"oauth": lambda scheme, call: ANN if call.tool == "t" else None}
    assert send(tool(issuer, api, "password"), given, api.url).json()["sub"] == "ann"


def test_credentials_may_be_json_in_the_environment(issuer, api, monkeypatch) -> None:
    monkeypatch.setenv("PETS_SECRET", SERVICE_SECRET)
    monkeypatch.setenv(
        "OPENAPI2TOOLS_OAUTH", '{"client_id": "service", "client_secret": "env:PETS_SECRET"}'
    )
    assert send(tool(issuer, api, "clientCredentials"), None, api.url).json()["client"] == "service"


# --- a person's login ---


def test_a_person_logs_in_through_the_browser(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    done = log_in(needs)
    assert done.token.scopes == ("read:pets",)
    assert send(needs, None, api.url).json()["sub"] == "ann"


def test_a_person_copies_the_address_there_and_back(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    log_in(needs, prompt=prompt(open_browser=None))
    assert send(needs, None, api.url).json()["sub"] == "ann"


def test_the_address_of_a_login_keeps_the_endpoints_query_and_shows_a_challenge_only(
    issuer, api
) -> None:
    shown: list[str] = []

    def ask(_: str) -> str:
        return ""

    document = replace(
        scheme(issuer, "authorizationCode"),
        flows=(
            OAuthFlow(
                "authorizationCode",
                authorization_url=f"{issuer}/authorize?tenant=a%20b#top",
                token_url=f"{issuer}/token",
            ),
        ),
    )
    settings = {"client_id": "desktop", "scopes": "read:pets é", "extra": {"audience": "pets"}}
    with pytest.raises(MissingCredential, match="No address came back"):
        log_in(
            secured(document, security=READ, servers=[api.url]),
            settings,
            prompt=prompt(show=shown.append, ask=ask, open_browser=None),
        )
    address = urlsplit(next(word for word in shown[0].split() if word.startswith("http")))
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert len(asked.pop("state")) == 32
    assert len(asked.pop("code_challenge")) == 43
    assert address.fragment == ""
    assert asked == {
        "tenant": "a b",
        "audience": "pets",
        "response_type": "code",
        "client_id": "desktop",
        "redirect_uri": "http://127.0.0.1/callback",
        "scope": "read:pets é",
        "code_challenge_method": "S256",
    }


def test_the_challenge_of_a_login_is_that_of_the_standards_example() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    asked = _login_parameters(OAuthCredential(), "", "s", verifier)
    assert asked["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_person_logs_in_through_discovery(issuer, api) -> None:
    needs = discovered(issuer, api)
    log_in(needs)
    assert send(needs, None, api.url).json()["sub"] == "ann"


def test_a_person_types_a_code_in_on_another_device(issuer, api) -> None:
    needs = tool(issuer, api, "deviceAuthorization")
    said: list[str] = []

    async def pause(_: float) -> None:
        agree(issuer, said[0].split("enter the code ")[1][:8])

    log_in(needs, prompt=prompt(show=said.append, sleep=pause))
    assert send(needs, None, api.url).json()["sub"] == "ann"


def test_a_device_that_asks_too_often_slows_down(api) -> None:
    code = {"device_code": "d", "user_code": "u", "verification_uri": "https://x.example"}
    answers = iter(
        [
            (200, code),
            (400, {"error": "authorization_pending"}),
            (400, {"error": "slow_down"}),
            (200, {"access_token": "a"}),
        ]
    )
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    with LoopbackServer(lambda _: Answer(*next(answers))) as server:
        log_in(tool(server.url, api, "deviceAuthorization"), prompt=prompt(sleep=pause))
    # five seconds when the server does not say (RFC 8628, section 3.2)
    assert pauses == [5.0, 5.0, 10.0]


@pytest.mark.parametrize("interval", ["nan", -1, "soon", [], 1e999])
def test_what_a_server_has_shown_moves_no_cursor_and_a_pause_is_a_number(api, interval) -> None:
    code = {
        "device_code": "d",
        "user_code": "A\x1b[2JB",
        "verification_uri": "https://x.example/\x1b]0;x\x07",
        "interval": interval,
    }
    answers = iter([(200, code), (200, {"access_token": "a"})])
    said: list[str] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    with LoopbackServer(lambda _: Answer(*next(answers))) as server:
        log_in(
            tool(server.url, api, "deviceAuthorization"),
            prompt=prompt(show=said.append, sleep=pause),
        )
    assert said[0].isprintable()
    assert pauses == [5.0]


def test_a_device_code_that_is_denied_ends_the_login(issuer, api) -> None:
    said: list[str] = []

    async def pause(_: float) -> None:
        agree(issuer, said[0].split("enter the code ")[1][:8], "deny")

    with pytest.raises(MissingCredential, match="access_denied"):
        log_in(
            tool(issuer, api, "deviceAuthorization"), prompt=prompt(show=said.append, sleep=pause)
        )


def test_a_login_is_renewed_and_the_next_process_finds_the_new_token(issuer, api, store) -> None:
    needs = tool(issuer, api, "authorizationCode")
    done = log_in(needs)
    key = find_oauth_config(needs.api, "oauth").key
    store.save(key, replace(done, token=replace(done.token, expires_at=1.0)))
    assert send(needs, None, api.url).status_code == 200
    kept = store.find(key).token
    assert kept.access != done.token.access
    assert kept.scopes == done.token.scopes


def test_what_was_asked_at_login_is_asked_at_each_renewal(api, store) -> None:
    forms: list[dict[str, str]] = []

    def give(request: Received) -> Answer:
        forms.append(dict(parse_qsl(request.body.decode())))
        return Answer(200, {"access_token": f"A{len(forms)}", "refresh_token": "R"})

    def come_back(address: str) -> None:
        asked = dict(parse_qsl(urlsplit(address).query))
        httpx.get(f"{asked['redirect_uri']}?code=C&state={asked['state']}", timeout=60)

    with LoopbackServer(give) as server:
        needs = tool(server.url, api, "authorizationCode")
        settings = {"client_id": "desktop", "extra": {"audience": "pets", "resource": "https://p"}}
        done = log_in(needs, settings, prompt=prompt(open_browser=come_back))
        key = find_oauth_config(needs.api, "oauth").key
        store.save(key, replace(done, token=replace(done.token, expires_at=1.0)))
        send(needs, None, api.url)
    assert [form["grant_type"] for form in forms] == ["authorization_code", "refresh_token"]
    assert all(form["audience"] == "pets" for form in forms)
    assert all(form["resource"] == "https://p" for form in forms)


def test_what_was_asked_at_login_is_asked_while_a_device_is_polled(api) -> None:
    forms: list[dict[str, str]] = []

    def give(request: Received) -> Answer:
        forms.append(dict(parse_qsl(request.body.decode())))
        code = {"device_code": "d", "user_code": "u", "verification_uri": "https://x.example"}
        return Answer(200, code if len(forms) == 1 else {"access_token": "A"})

    async def pause(_: float) -> None:
        pass

    with LoopbackServer(give) as server:
        settings = {"client_id": "desktop", "extra": {"audience": "pets"}}
        needs = tool(server.url, api, "deviceAuthorization")
        log_in(needs, settings, prompt=prompt(sleep=pause))
    assert [form["audience"] for form in forms] == ["pets", "pets"]


def test_a_login_goes_to_no_server_that_only_a_later_document_names(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    log_in(needs)
    with LoopbackServer(pets(issuer)) as other:
        elsewhere = replace(needs.operation, servers=(Server(other.url),))
        borrowed = replace(needs, operation=elsewhere)
        with pytest.raises(MissingCredential, match="log in anew"):
            send(borrowed, None, other.url)
        assert not other.received
        named = replace(borrowed, api=replace(needs.api, operations=(elsewhere,)))
        log_in(named)
        assert send(named, None, other.url).status_code == 200


def test_a_renewal_makes_nobody_the_newest_login(issuer, api, store) -> None:
    needs = tool(issuer, api, "authorizationCode")
    ann = log_in(needs)
    key = find_oauth_config(needs.api, "oauth").key
    bob = replace(ann, account="bob", token=tokens.Token(Secret("bobs")))
    for each in (replace(ann, account="ann", token=replace(ann.token, expires_at=1.0)), bob):
        store.save(key, each)
    assert send(needs, {"oauth": {"account": "ann"}}, api.url).status_code == 200
    assert store.find(key) == bob


def test_a_renewed_token_that_cannot_be_kept_serves_this_process(
    issuer, api, store, monkeypatch
) -> None:
    needs = tool(issuer, api, "authorizationCode")
    done = log_in(needs)
    key = find_oauth_config(needs.api, "oauth").key
    store.save(key, replace(done, token=replace(done.token, expires_at=1.0)))
    monkeypatch.setattr(
        Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    sent = [send(needs, None, api.url) for _ in range(2)]
    assert [response.status_code for response in sent] == [200, 200]
    assert sent[0].request.headers["authorization"] == sent[1].request.headers["authorization"]


def test_logins_that_cannot_be_read_are_none_and_their_place_is_told(
    issuer, api, monkeypatch, tmp_path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "file" / "tokens"))
    with pytest.raises(MissingCredential, match=rf"auth login.*file.tokens.*{STORE_VARIABLE}"):
        send(tool(issuer, api, "authorizationCode"), None, api.url)
    free = secured(scheme(issuer, "authorizationCode"), security=[*READ, {}], servers=[issuer])
    assert send(free, None, f"{issuer}/api/health").status_code == 200


def test_a_login_renewed_by_another_process_is_used(issuer, api, store) -> None:
    needs = tool(issuer, api, "authorizationCode")
    done = log_in(needs)
    key = find_oauth_config(needs.api, "oauth").key

    class Late(TokenStore):
        reads = 0

        def find(self, *args, **options):
            self.reads += 1
            spent = replace(
                done, token=tokens.Token(Secret("old"), Secret("spent"), expires_at=1.0)
            )
            return spent if self.reads == 1 else done

    from openapi2tools.call.oauth.refresh import BearerAuth
    from openapi2tools.call.oauth.token_sources import StoredLoginSource

    async def go() -> httpx.Response:
        auth = BearerAuth(
            StoredLoginSource(Late(store.secrets), find_oauth_config(needs.api, "oauth"), done)
        )
        async with httpx.AsyncClient(verify=False, timeout=60) as client:
            return await client.get(api.url, auth=auth, extensions={"client": client})

    assert portal.run(go).status_code == 200
    assert store.find(key).token.access == done.token.access


def test_a_login_that_is_over_says_how_to_log_in_again(issuer, api, store) -> None:
    needs = tool(issuer, api, "authorizationCode")
    done = log_in(needs)
    key = find_oauth_config(needs.api, "oauth").key
    store.save(key, replace(done, token=replace(done.token, refresh=Secret("bad"), expires_at=1.0)))
    with pytest.raises(
        MissingCredential, match=r"invalid_grant.*auth login SOURCE --scheme oauth"
    ) as caught:
        send(needs, None, api.url)
    assert done.token.access.reveal() not in str(caught.value)


def test_a_client_may_log_in_for_itself_and_does_so_again_when_the_token_expires(
    issuer, api, store
) -> None:
    needs = tool(issuer, api, "clientCredentials")
    done = log_in(needs, SERVICE)
    store.save(
        find_oauth_config(needs.api, "oauth").key,
        replace(done, token=replace(done.token, expires_at=1.0)),
    )
    assert send(needs, None, api.url).json()["client"] == "service"


def test_a_login_serves_no_caller_that_a_callable_decides_for(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    log_in(needs)
    with pytest.raises(MissingCredential):
        send(needs, lambda scheme, call: None, api.url)


def test_a_document_that_borrows_a_name_gets_nothing_of_the_login(issuer, api) -> None:
    log_in(tool(issuer, api, "authorizationCode"))
    with LoopbackServer(lambda _: Answer(200, {"access_token": "x"})) as thief:
        with pytest.raises(MissingCredential):
            send(tool(thief.url, api, "authorizationCode"), None, api.url)
        assert not thief.received


def test_logging_out_forgets_the_login(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    log_in(needs)
    assert portal.run(lambda: log_out(needs.api, "oauth"))
    assert not portal.run(lambda: log_out(needs.api, "oauth"))
    with pytest.raises(MissingCredential, match="auth login"):
        send(needs, None, api.url)


def test_the_standing_of_every_scheme_is_told_without_the_token(issuer, api) -> None:
    needs = tool(issuer, api, "authorizationCode")
    (before,) = scheme_statuses(needs.api)
    done = log_in(needs)
    (after,) = scheme_statuses(needs.api)
    assert before.login is None
    assert after.login is not None
    assert done.token.access.reveal() not in repr(after)


@pytest.mark.parametrize(
    "stranger", ["/callback?code=evil&state=guess", "/favicon.ico", "/callback"]
)
def test_the_listener_takes_no_answer_but_that_of_its_own_login(issuer, api, stranger) -> None:
    answers: list[int] = []

    def browser(address: str) -> None:
        redirect = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        answers.append(httpx.get(httpx.URL(redirect).join(stranger), timeout=60).status_code)
        answers.append(browse(address).status_code)

    log_in(tool(issuer, api, "authorizationCode"), prompt=prompt(open_browser=browser))
    assert answers == [404, 200]


@pytest.mark.parametrize("odd", [None, b"", b"GET //[ HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n"])
def test_the_listener_outlives_odd_connections(issuer, api, odd) -> None:
    def browser(address: str) -> None:
        place = urlsplit(parse_qs(urlsplit(address).query)["redirect_uri"][0])
        with socket.create_connection((place.hostname, place.port)) as connection:
            if odd is None:  # closed so, the connection is reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(odd)
        assert browse(address).status_code == 200

    log_in(tool(issuer, api, "authorizationCode"), prompt=prompt(open_browser=browser))


@pytest.mark.parametrize(
    "place", ["http://[", "http://127.0.0.1:port/callback", "https://example.com/callback"]
)
def test_a_redirect_uri_that_leads_nowhere_is_told(issuer, api, place) -> None:
    with pytest.raises(MissingCredential, match=r"browser"):
        log_in(
            tool(issuer, api, "authorizationCode"), {"client_id": "desktop", "redirect_uri": place}
        )


def test_what_the_person_pastes_must_be_the_answer_to_this_login(issuer, api) -> None:
    for pasted in ("http://127.0.0.1/callback?code=x&state=other", "http://["):
        with pytest.raises(MissingCredential, match="state"):
            log_in(
                tool(issuer, api, "authorizationCode"),
                prompt=prompt(open_browser=None, ask=lambda _, pasted=pasted: pasted),
            )


def test_why_nobody_was_let_in_is_told_without_what_moves_a_cursor(issuer, api) -> None:
    said: list[str] = []

    def ask(_: str) -> str:
        state = parse_qs(urlsplit(said[0].split()[-1]).query)["state"][0]
        return f"http://127.0.0.1/callback?state={state}&error=access_denied%1b[2J"

    with pytest.raises(MissingCredential, match=r"nobody in: access_denied\[2J\."):
        log_in(
            tool(issuer, api, "authorizationCode"),
            prompt=prompt(open_browser=None, show=said.append, ask=ask),
        )


def test_a_login_that_nobody_finishes_ends(issuer, api) -> None:
    with pytest.raises(TimedOut):
        log_in(
            tool(issuer, api, "authorizationCode"),
            prompt=prompt(open_browser=lambda _: True, timeout=0.05),
        )


def test_the_implicit_flow_is_refused_with_the_reason(issuer, api) -> None:
    for attempt in (
        lambda: log_in(tool(issuer, api, "implicit")),
        lambda: send(tool(issuer, api, "implicit"), None, api.url),
    ):
        with pytest.raises(
            MissingCredential, match=r"implicit flow is not supported.*reads the browser"
        ):
            attempt()
    assert (
        send(tool(issuer, api, "implicit"), {"oauth": "given"}, api.url).request.headers[
            "authorization"
        ]
        == "Bearer given"
    )


# --- what a token server may and may not ---


@pytest.mark.parametrize(
    "place", ["http://login.example.com/token", "http://10.0.0.5/token", "http://login.corp/token"]
)
def test_a_token_server_in_clear_text_gets_no_secret(place) -> None:
    named = SecurityScheme(
        "oauth", "oauth2", flows=(OAuthFlow("clientCredentials", token_url=place),)
    )
    with pytest.raises(Refused, match="clear text"):
        send(
            secured(named, servers=["https://api.example.com"]),
            {"oauth": SERVICE},
            "https://api.example.com",
        )


def test_a_public_document_cannot_name_a_token_server_in_the_users_network(issuer) -> None:
    hostile = secured(
        scheme(issuer, "clientCredentials"),
        servers=["https://api.example.com"],
        address="https://evil.example/api.json",
    )
    with pytest.raises(Refused, match="internal host"):
        send(hostile, {"oauth": SERVICE}, "https://api.example.com")


def test_a_token_server_that_redirects_is_not_followed(api) -> None:
    elsewhere = Answer(307, headers={"Location": api.url})
    with (
        LoopbackServer(lambda _: elsewhere) as server,
        pytest.raises(MissingCredential, match="redirects"),
    ):
        send(tool(server.url, api, "clientCredentials"), {"oauth": SERVICE}, api.url)
    assert not api.received


def test_an_error_of_the_token_server_shows_no_secret_that_it_echoes(api) -> None:
    error = {"error": "invalid_scope", "error_description": f"bad request with {SERVICE_SECRET}"}
    with (
        LoopbackServer(lambda _: Answer(400, error)) as server,
        pytest.raises(MissingCredential, match="invalid_scope") as caught,
    ):
        send(tool(server.url, api, "clientCredentials"), {"oauth": SERVICE}, api.url)
    assert SERVICE_SECRET not in str(caught.value)


def test_an_error_of_the_token_server_shows_nothing_of_the_form_that_it_echoes(api) -> None:
    def echo(request: Received) -> Answer:
        sent = dict(parse_qsl(request.body.decode()))
        text = " ".join(sent.values())
        return Answer(400, {"error": f"bad {sent['code_verifier']}", "error_description": text})

    def come_back(address: str) -> None:
        asked = dict(parse_qsl(urlsplit(address).query))
        httpx.get(
            f"{asked['redirect_uri']}?code=the-code-itself&state={asked['state']}", timeout=60
        )

    with LoopbackServer(echo) as server, pytest.raises(MissingCredential) as caught:
        log_in(tool(server.url, api, "authorizationCode"), prompt=prompt(open_browser=come_back))
    sent = dict(parse_qsl(server.received[0].body.decode()))
    for name in ("code", "code_verifier"):
        assert sent[name] not in str(caught.value)
    assert "authorization_code [secret] http://127.0.0.1" in str(caught.value)
    assert "bad [secret]" in str(caught.value)


def test_a_refresh_token_that_is_echoed_is_masked(api) -> None:
    given = {"client_id": "desktop", "refresh_token": "the-refresh-token"}

    def echo(request: Received) -> Answer:
        return Answer(400, {"error": "no", "error_description": request.body.decode()})

    with (
        LoopbackServer(echo) as server,
        pytest.raises(MissingCredential, match=r"refresh_token=\[secret\]"),
    ):
        send(tool(server.url, api, "authorizationCode"), {"oauth": given}, api.url)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, "<html>"), "no token"),
        (Answer(200, {"access_token": 7}), "no token"),
        (Answer(200, {"access_token": "a\ud800"}), "no token"),
        (Answer(200, "[" * 100_000), "no token"),
        (Answer(200, {"access_token": "x", "token_type": "DPoP"}), "only bearer"),
        (Answer(500, [1]), "http_500"),
        (Answer(400, {"detail": "Incorrect username"}), "Incorrect username"),
    ],
)
def test_a_strange_answer_of_the_token_server_is_told(api, answer, words) -> None:
    with LoopbackServer(lambda _: answer) as server, pytest.raises(MissingCredential, match=words):
        send(tool(server.url, api, "clientCredentials"), {"oauth": SERVICE}, api.url)


@pytest.mark.parametrize("seconds", [10**400, 1e999, "nan", "soon", -1])
def test_a_strange_lifetime_leaves_the_token(api, seconds) -> None:
    answer = {"access_token": "a", "expires_in": seconds, "refresh_token": 7}
    with LoopbackServer(lambda _: Answer(200, answer)) as server:
        sent = send(
            tool(server.url, api, "clientCredentials"), {"oauth": SERVICE}, api.url
        ).request.headers
    assert sent["authorization"] == "Bearer a"


@pytest.mark.parametrize(
    "field",
    [
        {"scopes": 7},
        {"scopes": [7]},
        {"extra": "a=b"},
        {"client_id": ["service"]},
        {"client_secret": {"hush": 1}},
        {"token_url": b"x"},
    ],
)
def test_a_field_of_the_wrong_kind_is_told_without_its_value(issuer, api, field) -> None:
    with pytest.raises(
        MissingCredential, match=f"field '{next(iter(field))}' that is not a"
    ) as caught:
        send(tool(issuer, api, "clientCredentials"), {"oauth": {**SERVICE, **field}}, api.url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("charset", ["", "; charset=undefined", "; charset=no-such"])
def test_a_token_in_a_form_is_read_too(api, charset) -> None:
    kind = {"Content-Type": f"application/x-www-form-urlencoded{charset}"}
    form = Answer(200, "access_token=a%2Bb&token_type=bearer&expires_in=60", kind)
    with LoopbackServer(lambda _: form) as server:
        sent = send(
            tool(server.url, api, "clientCredentials"), {"oauth": SERVICE}, api.url
        ).request.headers
    assert sent["authorization"] == "Bearer a+b"


def test_a_refresh_url_of_its_own_is_used(api) -> None:
    own = OAuthFlow(
        "authorizationCode", token_url="https://login.example.com/token", refresh_url="{}/refresh"
    )
    with LoopbackServer(lambda _: Answer(200, {"access_token": "new"})) as server:
        flow = replace(own, refresh_url=f"{server.url}/refresh")
        needs = secured(
            SecurityScheme("oauth", "oauth2", flows=(flow,)), security=READ, servers=[api.url]
        )
        sent = send(
            needs,
            {"oauth": {"client_id": "c", "refresh_token": "r", "extra": {"audience": "pets"}}},
            api.url,
        ).request
        assert parse_qs(server.received[0].body.decode()) == {
            "grant_type": ["refresh_token"],
            "refresh_token": ["r"],
            "client_id": ["c"],
            "audience": ["pets"],
        }
    assert sent.headers["authorization"] == "Bearer new"


def test_an_unknown_field_of_a_credential_is_told_with_the_nearest() -> None:
    with pytest.raises(MissingCredential, match="did you mean client_secret"):
        OAuthCredential.read("oauth", {"client_secrit": "hush"})
