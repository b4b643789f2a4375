"""How a client says who it is: with its secret, with what its key signs, or not as it should."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from openapi2tools._core import portal
from openapi2tools._core.reader import at_terminal
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login import log_in as login
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.errors import MissingCredential
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.secured import secured, send
from tests.support.server import Answer, LoopbackServer, Received

KEYS = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET = "a secret of some length, as they should be"


def pem(kind: str, encryption=None) -> str:
    return (
        KEYS[kind]
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            encryption or serialization.NoEncryption(),
        )
        .decode()
    )


def google_file(token_url: str) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "pets",
        "private_key_id": "key-7",
        "private_key": pem("RSA"),
        "client_email": "robot@pets.example",
        "client_id": "1234567890",
        "token_uri": token_url,
    }


@dataclass
class TokenServer:
    """Gives a token for every form, but as `refuse` says; also plays the API."""

    metadata: dict[str, object] = field(default_factory=dict)
    refusals: list[Answer] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    basics: list[str] = field(default_factory=list)

    def __call__(self, request: Received) -> Answer:
        if request.path == "/pets":
            return Answer(200, {})
        if request.path != "/token":
            return Answer(200, self.metadata) if self.metadata else Answer(404)
        self.basics.append(request.headers.get("authorization", ""))
        fields = parse_qs(request.body.decode())
        self.forms.append({name: values[0] for name, values in fields.items()})
        if self.refusals:
            return self.refusals.pop(0)
        return Answer(200, {"access_token": "T", "expires_in": 0.5})


@pytest.fixture
def protocol(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return TokenServer()


@pytest.fixture
def server(protocol):
    with LoopbackServer(protocol) as running:
        yield running


def tool(server: LoopbackServer):
    flow = OAuthFlow("clientCredentials", token_url=f"{server.url}/token")
    return secured(SecurityScheme("oauth", "oauth2", flows=(flow,)), servers=[server.url])


def by_metadata(protocol: TokenServer, server: LoopbackServer, **metadata: object):
    protocol.metadata = {
        "issuer": server.url,
        "token_endpoint": f"{server.url}/token",
        **metadata,
    }
    url = f"{server.url}/.well-known/openid-configuration"
    scheme = SecurityScheme("oauth", "openIdConnect", openid_connect_url=url)
    return secured(scheme, servers=[server.url])


def call(needs, server: LoopbackServer, given: object) -> None:
    assert send(needs, {"oauth": given}, f"{server.url}/pets").status_code == 200


def verified(form: dict[str, str], kind: str, algorithm: str, audience: str) -> dict[str, object]:
    assert form["client_assertion_type"] == ASSERTION_TYPE
    return jwt.decode(
        form["client_assertion"],
        KEYS[kind].public_key(),
        algorithms=[algorithm],
        audience=audience,
    )


# --- with a key ---


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [("RSA", "RS256"), ("P-256", "ES256"), ("P-384", "ES384"), ("Ed25519", "EdDSA")],
)
def test_a_client_signs_who_it_is_with_its_key(protocol, server, kind, algorithm) -> None:
    given = {"client_id": "app", "private_key": pem(kind), "key_id": "k1"}
    call(tool(server), server, given)
    (form,) = protocol.forms
    claims = verified(form, kind, algorithm, f"{server.url}/token")
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("app", "app", 60)
    assert jwt.get_unverified_header(form["client_assertion"])["kid"] == "k1"
    assert (form["grant_type"], form["client_id"]) == ("client_credentials", "app")
    assert protocol.basics == [""]


def test_a_json_web_key_says_how_it_signs_and_what_it_is_called(protocol, server) -> None:
    key = jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["RSA"], as_dict=True)
    given = {"client_id": "app", "private_key": {**key, "kid": "k2", "alg": "PS256"}}
    call(tool(server), server, given)
    assert verified(protocol.forms[0], "RSA", "PS256", f"{server.url}/token")["sub"] == "app"
    header = jwt.get_unverified_header(protocol.forms[0]["client_assertion"])
    assert (header["kid"], header["alg"]) == ("k2", "PS256")


def test_metadata_says_for_whom_and_with_what_is_signed(protocol, server) -> None:
    needs = by_metadata(
        protocol,
        server,
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=["PS256", "ES256"],
    )
    call(needs, server, {"client_id": "app", "private_key": pem("RSA")})
    assert verified(protocol.forms[0], "RSA", "PS256", server.url)["aud"] == server.url
    with pytest.raises(MissingCredential, match="of another kind"):
        call(needs, server, {"client_id": "app", "private_key": pem("P-384")})
    given = {"client_id": "app", "private_key": pem("RSA"), "assertion_audience": "https://a.b"}
    call(needs, server, given)
    assert verified(protocol.forms[1], "RSA", "PS256", "https://a.b")


def test_a_login_with_a_key_is_renewed_as_it_began(protocol, server) -> None:
    needs = by_metadata(
        protocol,
        server,
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=["PS256"],
    )
    given = {"client_id": "app", "private_key": pem("RSA")}

    async def go():
        credential = OAuthCredential.read("oauth", given)
        with_flow = secured(needs.api.schemes["oauth"], servers=[server.url])
        prompt = LoginPrompt(lambda _: None, lambda _: "", browse, timeout=60)
        protocol.metadata["authorization_endpoint"] = f"{server.url}/authorize"
        return await login.log_in(with_flow.api, "oauth", credential, prompt)

    def browse(address: str) -> None:
        import httpx

        asked = parse_qs(address.partition("?")[2])
        httpx.get(f"{asked['redirect_uri'][0]}?code=C&state={asked['state'][0]}", timeout=60)

    protocol.refusals = [
        Answer(200, {"access_token": "A", "refresh_token": "R", "expires_in": 0.001})
    ]
    portal.run(go)
    assert send(needs, None, f"{server.url}/pets").status_code == 200
    assert [form["grant_type"] for form in protocol.forms] == [
        "authorization_code",
        "refresh_token",
    ]
    for form in protocol.forms:
        assert verified(form, "RSA", "PS256", server.url)["iss"] == "app"


@pytest.mark.parametrize(
    "key", ["no key", '{"kty": "oct", "k": "AAAA"}', "{broken", '{"kty": "EC"}']
)
def test_what_is_no_private_key_is_refused_and_not_repeated(server, key) -> None:
    with pytest.raises(MissingCredential, match="cannot be read") as caught:
        call(tool(server), server, {"client_id": "app", "private_key": key})
    assert key not in str(caught.value)


def test_an_encrypted_key_is_told_as_that(server) -> None:
    key = pem("RSA", serialization.BestAvailableEncryption(b"pw"))
    with pytest.raises(MissingCredential, match="is encrypted"):
        call(tool(server), server, {"client_id": "app", "private_key": key})


# --- service accounts ---


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_service_accounts_key_file_is_a_credential(protocol, server, is_whole) -> None:
    file = google_file(f"{server.url}/token")
    as_a_field = {"private_key": json.dumps(file), "token_url": f"{server.url}/token"}
    call(tool(server), server, file if is_whole else as_a_field)
    (form,) = protocol.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert "client_id" not in form
    claims = jwt.decode(
        form["assertion"],
        KEYS["RSA"].public_key(),
        algorithms=["RS256"],
        audience=f"{server.url}/token",
    )
    assert claims["iss"] == "robot@pets.example"
    assert "sub" not in claims
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "key-7"


def test_an_operator_names_a_key_file_as_the_credential(
    protocol, server, tmp_path, monkeypatch
) -> None:
    (tmp_path / "key.json").write_text(json.dumps(google_file(f"{server.url}/token")))
    monkeypatch.setenv("OPENAPI2TOOLS_OAUTH", f"file:{tmp_path / 'key.json'}")
    assert send(tool(server), None, f"{server.url}/pets").status_code == 200
    assert protocol.forms[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_a_service_account_asks_for_somebody_and_for_scopes(protocol, server, monkeypatch) -> None:
    monkeypatch.setenv("KEY", pem("P-256"))
    fields = {
        "client_id": "integration",
        "private_key": "env:KEY",
        "subject": "ann@pets.example",
        "scopes": "read write",
        "assertion_audience": "https://login.pets.example",
    }
    monkeypatch.setenv("OPENAPI2TOOLS_OAUTH", json.dumps(fields))
    assert send(tool(server), None, f"{server.url}/pets").status_code == 200
    (form,) = protocol.forms
    claims = jwt.decode(
        form["assertion"],
        KEYS["P-256"].public_key(),
        algorithms=["ES256"],
        audience="https://login.pets.example",
    )
    assert (claims["sub"], claims["scope"], form["scope"]) == (
        "ann@pets.example",
        "read write",
        "read write",
    )


def test_a_service_account_logs_in_and_signs_anew_when_its_token_ends(protocol, server) -> None:
    needs = tool(server)
    protocol.refusals = [Answer(200, {"access_token": "A", "expires_in": 0.001})]

    async def go():
        credential = OAuthCredential.read("oauth", google_file(f"{server.url}/token"))
        prompt = LoginPrompt(lambda _: None, lambda _: "")
        return await login.log_in(needs.api, "oauth", credential, prompt)

    assert portal.run(go).grant == "service_account"
    assert send(needs, None, f"{server.url}/pets").status_code == 200
    assert len({form["assertion"] for form in protocol.forms}) == 2


# --- with a secret ---


def test_a_client_signs_with_its_secret_where_nothing_else_is_taken(protocol, server) -> None:
    needs = by_metadata(
        protocol, server, token_endpoint_auth_methods_supported=["client_secret_jwt"]
    )
    call(needs, server, {"client_id": "app", "client_secret": SECRET})
    (form,) = protocol.forms
    claims = jwt.decode(form["client_assertion"], SECRET, algorithms=["HS256"], audience=server.url)
    assert claims["sub"] == "app"
    assert "client_secret" not in form


def test_a_server_that_takes_only_keys_never_gets_the_secret(protocol, server) -> None:
    needs = by_metadata(
        protocol,
        server,
        token_endpoint_auth_methods_supported=["private_key_jwt", "tls_client_auth"],
    )
    given = {"client_id": "app", "client_secret": SECRET}
    with pytest.raises(MissingCredential, match="takes only private_key_jwt, tls_client_auth"):
        call(needs, server, given)
    with at_terminal(), pytest.raises(MissingCredential, match="--private-key file:PATH"):
        call(needs, server, given)
    assert not protocol.forms
    call(needs, server, {**given, "auth_method": "client_secret_post"})
    assert protocol.forms[0]["client_secret"] == SECRET


@pytest.mark.parametrize("body", ["", "<html>Bad Request", {"message": "what?"}])
def test_a_400_without_a_word_on_basic_is_tried_once_by_post(protocol, server, body) -> None:
    protocol.refusals = [Answer(400, body)]
    call(tool(server), server, {"client_id": "app", "client_secret": "s"})
    assert [bool(basic) for basic in protocol.basics] == [True, False]
    assert protocol.forms[1]["client_secret"] == "s"
    protocol.refusals = [Answer(400, body), Answer(400, body), Answer(400, body)]
    with pytest.raises(MissingCredential, match="400"):
        call(tool(server), server, {"client_id": "app", "client_secret": "s/p e"})
    assert len(protocol.forms) == 4


def test_a_400_that_says_what_is_wrong_is_not_tried_again(protocol, server) -> None:
    protocol.refusals = [Answer(400, {"error": "invalid_scope"})]
    with pytest.raises(MissingCredential, match="invalid_scope"):
        call(tool(server), server, {"client_id": "app", "client_secret": "hush-hush"})
    assert len(protocol.forms) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"auth_method": "tls_client_auth"}, "not spoken"),
        ({"auth_method": "client_secret"}, "client_secret_basic, client_secret_post"),
        ({"auth_method": "client_secret_jwt"}, "no client_secret"),
        ({"auth_method": "private_key_jwt", "client_secret": "s"}, "no private_key"),
        ({"subject": "ann"}, "no private_key"),
    ],
)
def test_a_way_to_name_the_client_that_cannot_be_used_is_refused(server, given, words) -> None:
    with pytest.raises(MissingCredential, match=words):
        call(tool(server), server, {"client_id": "app", **given})
    with pytest.raises(MissingCredential, match="no client_id"):
        call(tool(server), server, {"private_key": pem("RSA"), "subject": "ann"})


# --- answers of servers with habits ---


def test_slacks_token_of_a_user_is_read_where_no_bot_was_installed(protocol, server) -> None:
    user = {"id": "U1", "access_token": "xoxp", "scope": "chat:write", "token_type": "user"}
    protocol.refusals = [Answer(200, {"ok": True, "authed_user": user, "team": {"id": "T1"}})]

    async def go():
        credential = OAuthCredential.read("oauth", {"client_id": "app", "client_secret": "s"})
        prompt = LoginPrompt(lambda _: None, lambda _: "")
        return await login.log_in(tool(server).api, "oauth", credential, prompt)

    token = portal.run(go).token
    assert (token.access.reveal(), token.scopes) == ("xoxp", ("chat:write",))
