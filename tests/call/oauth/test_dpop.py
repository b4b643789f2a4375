"""Tokens that are bound to a key (RFC 9449), and logins that are announced (RFC 9126)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from openapi2tools._core import portal
from openapi2tools.call.connect import connect
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login import log_in as login
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.token_sources import StoredLoginSource
from openapi2tools.errors import MissingCredential
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from tests.support.secured import secured, send
from tests.support.server import Answer, LoopbackServer, Received


def proof_of(request: Received, base: str, access: str = "") -> dict[str, object]:
    """Check a proof as RFC 9449, section 4.3 wants it, and return its claims and its key."""
    text = request.headers["dpop"]
    header = jwt.get_unverified_header(text)
    assert header["typ"] == "dpop+jwt"
    assert "d" not in header["jwk"]
    key = jwt.PyJWK.from_dict(header["jwk"], algorithm=header["alg"]).key
    claims = jwt.decode(text, key, algorithms=["ES256"])
    assert claims["htm"] == request.method
    assert claims["htu"] == base + request.path
    digest = urlsafe_b64encode(sha256(access.encode()).digest()).decode().rstrip("=")
    assert claims.get("ath") == (digest if access else None)
    return {**claims, "key": json.dumps(header["jwk"], sort_keys=True)}


@dataclass
class BindingServer:
    """An authorization server and an API that bind tokens to keys, with nonces of their own."""

    url: str = ""
    nonces: bool = False
    metadata: dict[str, object] = field(default_factory=dict)
    bound_to: dict[str, object] = field(default_factory=dict)
    seen: set[object] = field(default_factory=set)
    pushed: list[dict[str, list[str]]] = field(default_factory=list)
    counter: int = 0

    def __call__(self, request: Received) -> Answer:
        match request.path:
            case "/token":
                return self.token(request)
            case "/par":
                self.pushed.append(parse_qs(request.body.decode()))
                return Answer(201, {"request_uri": "urn:request:7", "expires_in": 60})
            case "/pets":
                return self.pets(request)
        return Answer(200, self.metadata) if self.metadata else Answer(404)

    def token(self, request: Received) -> Answer:
        if "dpop" not in request.headers:
            text = "DPoP proof JWT not provided"
            return Answer(400, {"error": "invalid_grant", "error_description": text})
        proof = proof_of(request, self.url)
        if self.nonces and proof.get("nonce") != "n-as":
            return Answer(400, {"error": "use_dpop_nonce"}, {"DPoP-Nonce": "n-as"})
        self.check_once(proof)
        spent = parse_qs(request.body.decode()).get("refresh_token", [""])[0]
        if spent and proof["key"] != self.bound_to[spent.replace("R", "A")]:
            return Answer(400, {"error": "invalid_grant"})
        self.counter += 1
        access = f"A{self.counter}"
        self.bound_to[access] = proof["key"]
        answer = {"access_token": access, "token_type": "DPoP", "refresh_token": f"R{self.counter}"}
        return Answer(200, {**answer, "expires_in": 0.001 if self.counter == 1 else 1000})

    def pets(self, request: Received) -> Answer:
        kind, _, access = request.headers.get("authorization", "").partition(" ")
        if kind != "DPoP":
            return Answer(401, {}, {"WWW-Authenticate": 'DPoP algs="ES256"'})
        proof = proof_of(request, self.url, access)
        assert proof["key"] == self.bound_to[access]
        if self.nonces and proof.get("nonce") != "n-api":
            challenge = {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}
            return Answer(401, {}, {**challenge, "DPoP-Nonce": "n-api"})
        self.check_once(proof)
        return Answer(200, {}, {"DPoP-Nonce": "n-api"} if self.nonces else {})

    def check_once(self, proof: dict[str, object]) -> None:
        assert proof["jti"] not in self.seen
        self.seen.add(proof["jti"])


@pytest.fixture
def protocol(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return BindingServer()


@pytest.fixture
def server(protocol):
    with LoopbackServer(protocol) as running:
        protocol.url = running.url
        yield running


def tool(server: LoopbackServer, *kinds: str):
    urls = {"authorization_url": f"{server.url}/authorize", "token_url": f"{server.url}/token"}
    flows = tuple(OAuthFlow(kind, **urls) for kind in kinds)
    return secured(SecurityScheme("oauth", "oauth2", flows=flows), servers=[server.url])


def log_in(needs, given: dict[str, object], opened: list[str] | None = None):
    def browse(address: str) -> None:
        asked = parse_qs(urlsplit(address).query)
        (opened if opened is not None else []).append(address)
        pushed = asked if "redirect_uri" in asked else given["pushed"][0]
        httpx.get(f"{pushed['redirect_uri'][0]}?code=C&state={pushed['state'][0]}", timeout=60)

    prompt = LoginPrompt(lambda _: None, lambda _: "", browse, timeout=60)
    fields = {name: value for name, value in given.items() if name != "pushed"}

    async def go():
        credential = OAuthCredential.read("oauth", {"client_id": "app", **fields})
        return await login.log_in(needs.api, "oauth", credential, prompt)

    return portal.run(go)


@pytest.mark.parametrize("nonces", [False, True])
def test_a_login_that_asks_for_it_is_bound_to_a_key_and_renewed_with_it(
    protocol, server, nonces, tmp_path
) -> None:
    protocol.nonces = nonces
    needs = tool(server, "authorizationCode")
    done = log_in(needs, {"dpop": True})
    for _ in range(2):  # renewed, and used again
        assert send(needs, None, f"{server.url}/pets?q=1").status_code == 200
    assert len(set(protocol.bound_to.values())) == 1
    assert len(protocol.bound_to) == 2
    assert done.token.dpop_key is not None
    assert done.token.dpop_key.reveal() not in repr(done)


def test_a_login_that_was_made_anew_meanwhile_is_renewed_with_its_own_key(server) -> None:
    needs = tool(server, "authorizationCode")
    old, new = (log_in(needs, {"dpop": True}) for _ in range(2))
    config, store = find_oauth_config(needs.api, "oauth"), TokenStore()
    store.renew(config.key, replace(new, token=replace(new.token, expires_at=1.0)))
    auth = BearerAuth(StoredLoginSource(store, config, old))

    async def go() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{server.url}/pets", auth=auth, extensions={"client": client})

    assert portal.run(go).status_code == 200


def test_a_nonce_of_the_api_serves_the_next_call_too(protocol, server) -> None:
    protocol.nonces = True
    needs = tool(server, "clientCredentials")
    given = {"oauth": {"client_id": "app", "client_secret": "hush-hush", "dpop": True}}
    for _ in range(3):
        assert send(needs, given, f"{server.url}/pets").status_code == 200
    assert [request.path for request in server.received].count("/pets") == 4


def test_a_token_server_that_wants_a_proof_gets_one_unasked(protocol, server) -> None:
    needs = tool(server, "clientCredentials")
    given = {"oauth": {"client_id": "app", "client_secret": "hush-hush"}}
    assert send(needs, given, f"{server.url}/pets").status_code == 200


def test_a_bound_token_that_nobody_asked_for_is_refused_by_name() -> None:
    answer = Answer(200, {"access_token": "T", "token_type": "DPoP"})
    given = {"oauth": {"client_id": "app", "client_secret": "hush-hush"}}
    with LoopbackServer(lambda _: answer) as odd:
        needs = tool(odd, "clientCredentials")
        with pytest.raises(MissingCredential, match="gives dpop tokens"):
            send(needs, given, odd.url)


def test_an_api_that_takes_only_bound_tokens_is_told_with_the_login(server) -> None:
    needs = tool(server, "authorizationCode")
    with connect(Toolset([needs]), credentials={"oauth": "a-bearer-token"}) as client:
        text = client.call("t").text
    assert "bound to a key (DPoP)" in text
    assert "auth login SOURCE --scheme oauth --dpop" in text


# --- announced logins ---


def described(protocol: BindingServer, server: LoopbackServer, **metadata: object):
    protocol.metadata = {
        "issuer": server.url,
        "authorization_endpoint": f"{server.url}/authorize",
        "token_endpoint": f"{server.url}/token",
        "pushed_authorization_request_endpoint": f"{server.url}/par",
        **metadata,
    }
    url = f"{server.url}/.well-known/openid-configuration"
    scheme = SecurityScheme("oauth", "openIdConnect", openid_connect_url=url)
    return secured(scheme, servers=[server.url])


def test_a_login_is_announced_where_the_metadata_asks_for_it(protocol, server) -> None:
    needs = described(protocol, server, require_pushed_authorization_requests=True)
    opened: list[str] = []
    given = {"client_secret": "hush-hush", "extra": {"audience": "pets"}, "dpop": True}
    log_in(needs, {**given, "pushed": protocol.pushed}, opened)
    asked = parse_qs(urlsplit(opened[0]).query)
    assert asked == {"client_id": ["app"], "request_uri": ["urn:request:7"]}
    (form,) = protocol.pushed
    assert form["code_challenge_method"] == ["S256"]
    assert form["audience"] == ["pets"]
    (request,) = [each for each in server.received if each.path == "/par"]
    assert request.headers["authorization"].startswith("Basic ")


def test_a_login_is_not_announced_where_nobody_asks_for_it(protocol, server) -> None:
    log_in(described(protocol, server), {"dpop": True})
    assert not protocol.pushed


def test_signed_request_objects_are_refused_by_name(protocol, server) -> None:
    needs = described(protocol, server, require_signed_request_object=True)
    with pytest.raises(MissingCredential, match="RFC 9101"):
        log_in(needs, {})
    # a program's own token has nothing to do with it
    given = {"oauth": {"client_id": "app", "client_secret": "hush-hush"}}
    assert send(needs, given, f"{server.url}/pets").status_code == 200
