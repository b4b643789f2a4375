"""A code and a token go to the server that the person logged in at, and to no other (RFC 9207)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from openapi2tools._core import portal
from openapi2tools._core.reader import at_terminal
from openapi2tools.call.oauth import discovery
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.login import log_in as login
from openapi2tools.call.oauth.login.prompt import LoginPrompt
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer, Received


@dataclass
class Issuer:
    """An authorization server: gives tokens, and describes itself with `metadata`."""

    metadata: dict[str, object] = field(default_factory=dict)

    def __call__(self, request: Received) -> Answer:
        if request.path == "/token":
            return Answer(200, {"access_token": "T", "token_type": "bearer"})
        if request.path.endswith("/.well-known/openid-configuration") and self.metadata:
            return Answer(200, self.metadata)
        return Answer(404)


@pytest.fixture
def honest():
    with LoopbackServer(Issuer()) as server:
        yield server


@pytest.fixture
def other():
    with LoopbackServer(Issuer()) as server:
        yield server


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))


def describe(server: LoopbackServer, **changes) -> dict[str, object]:
    metadata = {
        "issuer": server.url,
        "authorization_endpoint": f"{server.url}/authorize",
        "token_endpoint": f"{server.url}/token",
        **changes,
    }
    return {name: value for name, value in metadata.items() if value is not None}


def by_metadata(url: str) -> SecurityScheme:
    return SecurityScheme(
        "oauth", "openIdConnect", openid_connect_url=f"{url}/.well-known/openid-configuration"
    )


def by_document(login_page: str, token_server: str) -> SecurityScheme:
    urls = {"authorization_url": f"{login_page}/authorize", "token_url": f"{token_server}/token"}
    return SecurityScheme("oauth", "oauth2", flows=(OAuthFlow("authorizationCode", **urls),))


def log_in(scheme: SecurityScheme, shown: list[str] | None = None, given=None, **answer: str):
    """Log in with a browser that comes back with `answer` besides the state."""

    def browser(address: str) -> None:
        asked = parse_qs(urlsplit(address).query)
        query = urlencode({"code": "C", "state": asked["state"][0], **answer})
        httpx.get(f"{asked['redirect_uri'][0]}?{query}", timeout=60)

    show = (shown if shown is not None else []).append
    prompt = LoginPrompt(show, lambda _: "", browser, timeout=120)
    credential = OAuthCredential.read("oauth", {"client_id": "desktop", **(given or {})})
    api = secured(scheme, servers=["http://127.0.0.1:9/pets"]).api

    async def go():
        return await login.log_in(api, "oauth", credential, prompt)

    return portal.run(go)


def codes(server: LoopbackServer) -> int:
    return sum(request.path == "/token" for request in server.received)


# --- where the metadata is ---


@pytest.mark.parametrize("path", ["", "/realms/pets/"])
def test_a_bare_issuer_is_asked_where_an_issuer_keeps_its_metadata(path) -> None:
    issuer = Issuer()
    with LoopbackServer(lambda request: at_well_known(issuer, request)) as server:
        issuer.metadata = describe(server, issuer=server.url + path.rstrip("/"))
        scheme = SecurityScheme("oauth", "openIdConnect", openid_connect_url=server.url + path)
        assert log_in(scheme).token.access.reveal() == "T"
        assert server.received[1].path == f"{path.rstrip('/')}/.well-known/openid-configuration"


def at_well_known(issuer: Issuer, request: Received) -> Answer:
    is_page = request.method == "GET" and "/.well-known/" not in request.path
    return (
        Answer(200, "<html>Welcome", {"Content-Type": "text/html"}) if is_page else issuer(request)
    )


def test_an_address_without_any_metadata_is_told_with_the_option_that_helps() -> None:
    with LoopbackServer(lambda _: Answer(404, "no")) as server:
        scheme = SecurityScheme("oauth", "openIdConnect", openid_connect_url=server.url)
        with pytest.raises(MissingCredential, match="nor do the addresses below"):
            log_in(scheme)
        with at_terminal(), pytest.raises(MissingCredential, match="--token-url URL"):
            log_in(scheme)
        assert len(server.received) == 6


# --- with metadata ---


def test_the_answer_of_the_server_that_the_metadata_describes_is_taken() -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.metadata = describe(server, authorization_response_iss_parameter_supported=True)
        assert log_in(by_metadata(server.url), iss=server.url).token.access.reveal() == "T"


@pytest.mark.parametrize("iss", ["https://honest.example", "", "http://["])
def test_the_answer_of_another_server_is_refused_and_the_code_goes_nowhere(iss) -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.metadata = describe(server, authorization_response_iss_parameter_supported=True)
        with pytest.raises(Refused, match="One server may be posing as another"):
            log_in(by_metadata(server.url), iss=iss)
        assert codes(server) == 0


def test_a_server_that_never_promised_to_name_itself_need_not() -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.metadata = describe(server, issuer=None)
        assert log_in(by_metadata(server.url)).token.access.reveal() == "T"
        with pytest.raises(Refused):
            log_in(by_metadata(server.url), iss="https://honest.example")


def test_metadata_is_its_issuers_own() -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        for named in ("https://honest.example", f"{server.url}/tenant", 7):
            issuer.metadata = describe(server, issuer=named)
            with pytest.raises(Refused, match="may be described there"):
                log_in(by_metadata(server.url))
        issuer.metadata = describe(server, issuer=f"{server.url}/")
        assert log_in(by_metadata(server.url)).token.access.reveal() == "T"


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://a.example/.well-known/openid-configuration", "https://a.example"),
        ("https://a.example/t/.well-known/openid-configuration", "https://a.example/t"),
        ("https://a.example/.well-known/oauth-authorization-server/t", "https://a.example/t"),
        ("https://a.example/t/v2/.well-known/openid-configuration?p=1", "https://a.example/t/v2"),
    ],
)
def test_where_metadata_is_found_tells_whose_it_is(url, issuer) -> None:
    assert discovery._own_issuer({"issuer": issuer}, url) == issuer
    with pytest.raises(Refused):
        discovery._own_issuer({"issuer": "https://a.example/other"}, url)


def test_an_issuer_of_many_tenants_is_each_of_them() -> None:
    named = "https://login.example/{tenantid}/v2.0"
    url = "https://login.example/common/v2.0/.well-known/openid-configuration"
    assert discovery._own_issuer({"issuer": named}, url) == named
    assert discovery._is_issuer(named, "https://login.example/123/v2.0")
    assert not discovery._is_issuer(named, "https://login.example/1/2/v2.0")
    assert not discovery._is_issuer(named, "https://login.example.evil/1/v2.0")


def test_an_address_of_ones_own_for_metadata_describes_its_own_host_alone() -> None:
    url = "https://a.example/config.json"
    assert discovery._own_issuer({"issuer": "https://a.example/t"}, url) == "https://a.example/t"
    with pytest.raises(Refused):
        discovery._own_issuer({"issuer": "https://b.example"}, url)


# --- without metadata ---


def test_a_document_gets_no_code_of_a_server_that_does_not_name_its_token_server(
    honest, other
) -> None:
    with pytest.raises(Refused, match=r"does not say that .* is its token server"):
        log_in(by_document(honest.url, other.url), iss=honest.url)
    assert codes(other) == 0


def test_a_token_server_at_a_host_of_its_own_is_named_by_the_issuer(other) -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.metadata = describe(server, token_endpoint=f"{other.url}/token")
        done = log_in(by_document(server.url, other.url), iss=server.url)
        assert done.token.access.reveal() == "T"
        issuer.metadata = describe(server)
        with pytest.raises(Refused, match="posing"):
            log_in(by_document(server.url, other.url), iss=server.url)
    assert codes(other) == 1


def test_an_answer_of_a_server_that_the_document_does_not_name_is_refused(honest, other) -> None:
    with pytest.raises(Refused, match=r"https://third\.example answered"):
        log_in(by_document(honest.url, honest.url), iss="https://third.example")
    assert codes(honest) == 0
    assert log_in(by_document(honest.url, honest.url), iss=honest.url)
    assert log_in(by_document(other.url, honest.url), iss=honest.url)
    assert codes(honest) == 2


def test_a_token_server_that_the_user_names_gets_the_code(honest, other) -> None:
    given = {"token_url": f"{other.url}/token"}
    assert log_in(by_document(honest.url, honest.url), given=given, iss=honest.url)
    assert codes(other) == 1


def test_why_nobody_was_let_in_is_told_of_a_server_that_does_not_name_itself() -> None:
    issuer = Issuer()
    with LoopbackServer(issuer) as server:
        issuer.metadata = describe(server, authorization_response_iss_parameter_supported=True)
        with pytest.raises(MissingCredential, match="access_denied"):
            log_in(by_metadata(server.url), code="", error="access_denied")


# --- what the person reads before ---


def test_before_the_browser_opens_the_person_reads_who_will_have_the_code_and_the_token(
    honest, other
) -> None:
    shown: list[str] = []
    log_in(by_document(honest.url, other.url), shown)
    first = shown[0].partition("\n")[0]
    assert first == (
        "This login is for Pets, whose calls carry the token to 127.0.0.1:9. "
        f"Its code goes to 127.0.0.1:{other.port}, which gives the token. "
        f"That is another host than 127.0.0.1:{honest.port}, where you log in: "
        "is it the right one?"
    )
