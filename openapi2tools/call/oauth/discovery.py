"""Find an authorization server's addresses, and make sure that it is the one that answers.

A document, or whoever speaks for it, could name the login page of one server and the token address
of another, which would then get a code that works at the first (a mix-up, RFC 9700, section 4.4).
So the metadata has to be its issuer's own (RFC 8414, section 3.3), and what the browser brings back
has to come from the server that gets the code (RFC 9207).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.trust import origin_of
from openapi2tools.call.oauth.conversation import STANDARD_HEADERS
from openapi2tools.call.oauth.token_response import read_answer
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import OAuthFlow
from openapi2tools.transport import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential
    from openapi2tools.call.oauth.conversation import Steps

_WELL_KNOWN: Final = re.compile(r"/\.well-known/(openid-configuration|oauth-authorization-server)")
_WELL_KNOWN_NAMES: Final = ("openid-configuration", "oauth-authorization-server")
_PLACEHOLDER: Final = re.compile(r"\\{[a-z]+\\}")
"""What an issuer has where it serves many tenants, after `re.escape`: Microsoft's `{tenantid}`."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of an authorization server.

    Attributes:
        token: Where tokens come from.
        authorization: Where a person logs in.
        device: Where a code for another device is asked for.
        auth_methods: The ways it lets clients name themselves; empty when it does not say.
        issuer: Who it is, by its metadata; empty where nobody has read any.
        names_itself: Whether its metadata promises an `iss` in what the browser brings back.
        revocation: Where a login is ended (RFC 7009).
        pushed: Where a login has to be announced before the browser opens (RFC 9126); empty where
            it need not.
        wants_signed_requests: Whether a login has to be asked for in a signed object (RFC 9101),
            which is not spoken.
        signing_algs: What it lets clients sign with; empty when it does not say.
        user_named_token: Whether the user named the address of the tokens, and thereby trusts it.
    """

    token: str = ""
    authorization: str = ""
    device: str = ""
    auth_methods: tuple[str, ...] = ()
    issuer: str = ""
    names_itself: bool = False
    revocation: str = ""
    pushed: str = ""
    wants_signed_requests: bool = False
    signing_algs: tuple[str, ...] = ()
    user_named_token: bool = False


def find_endpoints(
    config: OAuthConfig, credential: OAuthCredential, flow_type: str
) -> Steps[Endpoints]:
    """Find the addresses for a flow.

    The user's word counts first, then the flow's own addresses, then discovery (OpenID Connect
    Discovery 1.0, RFC 8414).
    """
    flow = config.flow(flow_type) or OAuthFlow(flow_type)
    metadata_url = config.scheme.openid_connect_url or config.scheme.oauth2_metadata_url
    discovered = Endpoints()
    if metadata_url and not credential.token_url and not flow.token_url:
        discovered = yield from _discover(config, config.token_server_url(metadata_url))

    def choose(by_user: str, by_flow: str, by_discovery: str) -> str:
        if by_user:
            return by_user
        return config.token_server_url(by_flow) if by_flow else by_discovery

    return replace(
        discovered,
        token=choose(credential.token_url, flow.token_url, discovered.token),
        authorization=choose(
            credential.authorization_url, flow.authorization_url, discovered.authorization
        ),
        device=choose(
            credential.device_authorization_url, flow.device_authorization_url, discovered.device
        ),
        user_named_token=bool(credential.token_url),
    )


def check_answering_server(endpoints: Endpoints, answer: Mapping[str, str]) -> Steps[None]:
    """Make sure that what the browser brought back comes from the server that gets the code.

    With metadata, the `iss` of the answer is its issuer (RFC 9207, section 2.4). Without, it is at
    the login page's host or at the token server's. Where these two differ, the issuer's metadata
    has to name the token server.

    Raises:
        Refused: Another server answered, or nobody knows which.
    """
    issuer = answer.get("iss", "")
    if endpoints.issuer:
        if issuer and not _is_issuer(endpoints.issuer, issuer):
            raise _mix_up(
                f"{printable(issuer)} answered in the name of {printable(endpoints.issuer)}"
            )
        if not issuer and endpoints.names_itself and "error" not in answer:
            raise _mix_up(f"the answer does not say that it is {printable(endpoints.issuer)}'s")
        return
    if not issuer:
        return
    login_page, token_server = origin_of(endpoints.authorization), origin_of(endpoints.token)
    if origin_of(issuer) is None or origin_of(issuer) not in (login_page, token_server):
        raise _mix_up(f"{printable(issuer)} answered, and the document names {login_page}")
    if endpoints.user_named_token or origin_of(issuer) == token_server or "error" in answer:
        return
    owned = yield from _token_server_of(issuer)
    if owned != token_server:
        raise _mix_up(
            f"{printable(issuer)} answered, and does not say that {token_server} is its token "
            "server"
        )


def _mix_up(reason: str) -> Refused:
    return Refused(
        f"The login is not finished, and its code went nowhere: {reason}. One server may be "
        f"posing as another. {_how_to_name_addresses()}"
    )


def _how_to_name_addresses() -> str:
    options = for_reader("token_url and authorization_url", "--token-url and --authorization-url")
    return f"If you know the right addresses, give them with {options}."


def find_revocation_url(token_url: str) -> Steps[str]:
    """Return where a token server ends logins, by its own metadata; empty where it does not say.

    The metadata has to be about that very token server, and stays on its host.
    """
    server = origin_of(token_url) or ""
    for url in _metadata_urls(server):
        response = yield httpx.Request("GET", url, headers=STANDARD_HEADERS)
        metadata = read_answer(response)
        found = metadata.get("revocation_endpoint")
        if response.status_code == 200 and isinstance(found, str):
            is_its_own = metadata.get("token_endpoint") == token_url and origin_of(found) == server
            return found if is_its_own else ""
    return ""


def _token_server_of(issuer: str) -> Steps[str | None]:
    """Return the origin of the token server that an issuer's own metadata names, else None."""
    for url in _metadata_urls(issuer):
        response = yield httpx.Request("GET", url, headers=STANDARD_HEADERS)
        metadata = read_answer(response)
        token_url = metadata.get("token_endpoint")
        if response.status_code == 200 and isinstance(token_url, str):
            is_its_own = _is_issuer(str(metadata.get("issuer")), issuer)
            return origin_of(token_url) if is_its_own else None
    return None


def _metadata_urls(issuer: str) -> Iterator[str]:
    """Yield where an issuer's metadata may be (OpenID Connect Discovery 1.0; RFC 8414)."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    openid, oauth = _WELL_KNOWN_NAMES
    for each in (f"{path}/.well-known/{openid}", f"/.well-known/{oauth}{path}"):
        yield parts._replace(path=each, query="", fragment="").geturl()


def _discover(config: OAuthConfig, given: str) -> Steps[Endpoints]:
    """Read the metadata of an authorization server."""
    url, metadata = yield from _read_metadata(config, given)

    def address(name: str) -> str:
        if not metadata.get(name):
            return ""
        return config.token_server_url(str(metadata[name]), named_at=url)

    must_push = metadata.get("require_pushed_authorization_requests") is True
    return Endpoints(
        token=address("token_endpoint"),
        authorization=address("authorization_endpoint"),
        device=address("device_authorization_endpoint"),
        auth_methods=_words(metadata, "token_endpoint_auth_methods_supported"),
        signing_algs=_words(metadata, "token_endpoint_auth_signing_alg_values_supported"),
        revocation=address("revocation_endpoint"),
        pushed=address("pushed_authorization_request_endpoint") if must_push else "",
        wants_signed_requests=metadata.get("require_signed_request_object") is True,
        issuer=_own_issuer(metadata, url),
        names_itself=metadata.get("authorization_response_iss_parameter_supported") is True,
    )


def _words(metadata: Mapping[str, Any], name: str) -> tuple[str, ...]:
    words = metadata.get(name)
    return tuple(filter(str.isprintable, map(str, words))) if isinstance(words, list) else ()


def _read_metadata(config: OAuthConfig, given: str) -> Steps[tuple[str, dict[str, Any]]]:
    """Return where the metadata stands, and the metadata.

    Many documents name the issuer itself: then it is where an issuer keeps it.
    """
    statuses = []
    is_well_known = _WELL_KNOWN.search(urlsplit(given).path)
    for url in (given, *([] if is_well_known else _metadata_urls(given))):
        response = yield httpx.Request("GET", url, headers=STANDARD_HEADERS)
        metadata = read_answer(response)
        if response.status_code == 200 and isinstance(metadata.get("token_endpoint"), str):
            return url, metadata
        statuses.append(response.status_code)
    below = "" if is_well_known else ", nor do the addresses below /.well-known/ that belong to it"
    option = for_reader("token_url", "--token-url URL")
    raise MissingCredential(
        f"{config.scheme.key}: {given} gave no metadata of an authorization server "
        f"(status {statuses[0]}){below}. If you know where its tokens come from, give {option}."
    )


def _own_issuer(metadata: Mapping[str, Any], url: str) -> str:
    """Return whose metadata stands at a URL.

    Raises:
        Refused: It says that it is somebody else's.
    """
    expected = _issuer_at(url)
    given = metadata.get("issuer")
    if given is None:
        return expected
    if _WELL_KNOWN.search(url):
        is_own = _is_issuer(str(given), expected)
    else:
        is_own = origin_of(str(given)) == origin_of(url)
    if not is_own:
        raise Refused(
            f"{url} describes the authorization server {printable(str(given))}, and only "
            f"{expected} may be described there. {_how_to_name_addresses()}"
        )
    return str(given)


def _issuer_at(url: str) -> str:
    """Return whose metadata may stand at a URL: what is left without the well-known part."""
    parts = urlsplit(url)
    path = _WELL_KNOWN.sub("", parts.path, count=1) if _WELL_KNOWN.search(parts.path) else ""
    return parts._replace(path=path, query="", fragment="").geturl()


def _is_issuer(named: str, actual: str) -> bool:
    """Return whether `actual` is the issuer that `named` is, but for a slash at the end.

    The slash is no part of where metadata is found (RFC 8414, section 3.1).
    """
    pattern = _PLACEHOLDER.sub("[^/]+", re.escape(named.rstrip("/")))
    return re.fullmatch(pattern, actual.rstrip("/")) is not None
