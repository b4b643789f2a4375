"""Credentials reach the place the document names, and no other."""

from __future__ import annotations

import logging
import re
from asyncio import run
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools._core import portal
from openapi2tools._core.reader import at_terminal
from openapi2tools.agent.loop import Agent
from openapi2tools.call.auth import plan
from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.sources import Secret, read_options
from openapi2tools.call.credentials.trust import decide_trust
from openapi2tools.call.oauth.config import OAuthConfig
from openapi2tools.errors import InvalidOption, MissingCredential, NetworkError, Refused
from openapi2tools.model import OAuthFlow, SecurityScheme, Server, ServerVariable, Toolset
from openapi2tools.testing import ScriptedModel
from openapi2tools.transport import is_public
from tests.support.secured import CALL, secured, send
from tests.support.server import Answer, LoopbackServer

HEADER_KEY = SecurityScheme("key", "apiKey", name="X-Key", location="header")
QUERY_KEY = SecurityScheme("key", "apiKey", name="api key", location="query")
COOKIE_KEY = SecurityScheme("key", "apiKey", name="sid", location="cookie")
BASIC = SecurityScheme("basic", "http", scheme="basic")
BEARER = SecurityScheme("bearer", "http", scheme="bearer")
OAUTH = SecurityScheme("oauth", "oauth2")


@pytest.fixture
def server():
    with LoopbackServer(lambda _: Answer(body=b"{}")) as running:
        yield running


def received(
    server: LoopbackServer, *schemes: SecurityScheme, credentials, path: str = "/pets", **options
):
    response = send(
        secured(*schemes, servers=[server.url]), credentials, server.url + path, **options
    )
    assert response.status_code == 200
    return server.received[-1]


def test_an_api_key_goes_into_the_header_the_document_names(server) -> None:
    assert received(server, HEADER_KEY, credentials={"key": "s3cret"}).headers["x-key"] == "s3cret"


def test_an_api_key_is_appended_to_the_query_and_leaves_the_rest_byte_for_byte(server) -> None:
    got = received(
        server, QUERY_KEY, credentials={"key": "a b&c=d/é"}, path="/pets?q=a%2Cb,c%7Cd&&r=%20'[]"
    )
    assert got.target == "/pets?q=a%2Cb,c%7Cd&&r=%20'[]&api%20key=a%20b%26c%3Dd%2F%C3%A9"


def test_an_api_key_is_appended_to_the_cookies(server) -> None:
    assert (
        received(server, COOKIE_KEY, credentials={"key": "s"}, headers={"Cookie": "a=1"}).headers[
            "cookie"
        ]
        == "a=1; sid=s"
    )


def test_a_key_in_the_cookie_header_joins_the_cookies(server) -> None:
    scheme = replace(HEADER_KEY, name="Cookie")
    assert (
        received(server, scheme, credentials={"key": "sid=s"}, headers={"Cookie": "a=1"}).headers[
            "cookie"
        ]
        == "a=1; sid=s"
    )


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "X-Key\r\nX-More", ""]
)
def test_no_api_key_takes_the_place_of_a_header_that_frames_the_message(name: str) -> None:
    with pytest.raises(MissingCredential, match="no credential can stand") as caught:
        plan(
            secured(replace(HEADER_KEY, name=name), servers=["http://api.test"]), {"key": "s3cret"}
        )
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "given", [("Ann", "pass:wörd"), "Ann:pass:wörd", {"username": "Ann", "password": "pass:wörd"}]
)
def test_basic_takes_a_pair_a_mapping_or_a_text(server, given) -> None:
    assert (
        received(server, BASIC, credentials={"basic": given}).headers["authorization"]
        == "Basic QW5uOnBhc3M6d8O2cmQ="
    )


@pytest.mark.parametrize("given", ["tok", " tok\n", "Bearer tok", Secret("tok")])
def test_a_bearer_token_is_written_once_and_trimmed(server, given) -> None:
    assert (
        received(server, BEARER, credentials={"bearer": given}).headers["authorization"]
        == "Bearer tok"
    )


def test_a_ready_made_token_serves_oauth2(server) -> None:
    assert (
        received(server, OAUTH, credentials={"oauth": "tok"}).headers["authorization"]
        == "Bearer tok"
    )


def test_a_key_of_any_script_goes_out_as_utf_8(server) -> None:
    assert (
        received(server, HEADER_KEY, credentials={"key": "ключ"})
        .headers["x-key"]
        .encode("latin-1")
        .decode()
        == "ключ"
    )
    assert (
        received(server, COOKIE_KEY, credentials={"key": "ключ"})
        .headers["cookie"]
        .encode("latin-1")
        .decode()
        == "sid=ключ"
    )


def test_all_schemes_of_an_alternative_are_written_together(server) -> None:
    got = received(server, HEADER_KEY, BEARER, credentials={"key": "k", "bearer": "t"})
    assert (got.headers["x-key"], got.headers["authorization"]) == ("k", "Bearer t")


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({"bearer": "t", "basic": ("ann", "hush")}, "Authorization"),
        ({"digest": ("ann", "hush"), "header:Authorization": "t"}, "Authorization"),
        ({"header:x-key": "1", "header:X-Key": "2"}, "X-Key"),
    ],
)
def test_two_credentials_for_one_header_are_refused_before_anything_is_shown(
    server, credentials, header
) -> None:
    tools = Toolset([secured(servers=[server.url])])
    with connect(tools, credentials=credentials) as client:
        text = f"{' and '.join(credentials)} write the one header {header}: give only one of them."
        for refused in (client.prepare, client.call):
            with pytest.raises(MissingCredential, match=re.escape(text)):
                refused("t")
        assert client.wait(client.missing_credentials) == {"t": text}
        assert client.call_model("t").error == "credential"
        with pytest.raises(MissingCredential):
            Agent(client, ScriptedModel(("t", {}), "Done")).run("What is there?")
    assert server.received == []


def test_credentials_for_headers_of_their_own_are_shown_as_they_are_sent(server) -> None:
    credentials = {"bearer": "t", "header:X-Key": "k", "query:sid": "s", "cookie:c": "v"}
    with connect(Toolset([secured(servers=[server.url])]), credentials=credentials) as client:
        shown = client.prepare("t").curl()
        assert client.call("t").ok
    (sent,) = server.received
    assert shown.count("Authorization:") == shown.count("X-Key:") == shown.count("Cookie:") == 1
    assert sent.headers["authorization"] == "Bearer t"
    assert (sent.headers["x-key"], sent.target[-6:], sent.headers["cookie"]) == (
        "k",
        "?sid=s",
        "c=v",
    )


@pytest.mark.parametrize(
    "other",
    [BASIC, OAUTH, SecurityScheme("key", "apiKey", name="authorization", location="header")],
)
def test_two_schemes_that_write_the_same_header_are_refused(server, other) -> None:
    with pytest.raises(
        MissingCredential, match=r"bearer and .* write the one header Authorization.*give only one"
    ):
        send(
            secured(BEARER, other, servers=[server.url]),
            {"bearer": "token", other.key: "ann:hush"},
            server.url,
        )


def test_the_first_alternative_with_all_its_credentials_is_used(server) -> None:
    tool = secured(
        HEADER_KEY,
        BEARER,
        BASIC,
        security=[{"key": (), "bearer": ()}, {"basic": ()}, {"bearer": ()}],
        servers=[server.url],
    )
    send(tool, {"bearer": "t"}, server.url)
    assert server.received[-1].headers["authorization"] == "Bearer t"
    assert plan(tool, {"bearer": "t"}).placeholders == (
        ("header", "Authorization", "Bearer <bearer>"),
    )


@pytest.mark.parametrize("security", [[{}, {"key": ()}], [{"key": ()}, {}]])
def test_where_anybody_may_call_a_credential_is_still_used(server, security) -> None:
    tool = secured(HEADER_KEY, security=security, servers=[server.url])
    send(tool, {"key": "k"}, server.url)
    send(tool, None, server.url)
    assert [request.headers.get("x-key") for request in server.received] == ["k", None]


def test_an_operation_that_says_nothing_gets_what_is_given_and_one_that_asks_for_nothing_does_not(
    server,
) -> None:
    silent = secured(HEADER_KEY, security=[], servers=[server.url])
    asking = replace(silent.operation, security=({"key": ()},))
    api = replace(silent.api, operations=(silent.operation, asking))
    send(replace(silent, api=api), {"key": "k"}, server.url)
    assert server.received[-1].headers["x-key"] == "k"
    public = replace(silent.operation, security=({},))
    send(replace(silent, api=api, operation=public), {"key": "k", "bearer": "t"}, server.url)
    assert not {"x-key", "authorization"} & server.received[-1].headers.keys()


def test_the_environment_gives_to_operations_that_say_nothing_where_nothing_is_given_by_name(
    server, monkeypatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_KEY", "k")
    send(secured(HEADER_KEY, BASIC, security=[], servers=[server.url]), None, server.url)
    assert server.received[-1].headers["x-key"] == "k"


def test_a_callable_is_asked_for_operations_that_say_nothing(server) -> None:
    tool = secured(HEADER_KEY, BEARER, security=[], servers=[server.url])
    send(tool, lambda scheme, _: "t" if scheme.key == "bearer" else None, server.url)
    assert server.received[-1].headers["authorization"] == "Bearer t"
    send(tool, lambda scheme, _: None, server.url)
    assert not {"x-key", "authorization"} & server.received[-1].headers.keys()


def test_a_document_that_defines_schemes_and_never_asks_gets_what_is_given_by_name(
    server, monkeypatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_BASIC", "not:named")
    send(secured(HEADER_KEY, BASIC, security=[], servers=[server.url]), {"key": "k"}, server.url)
    assert server.received[-1].headers["x-key"] == "k"
    assert "authorization" not in server.received[-1].headers


@pytest.mark.parametrize(
    ("name", "where", "written"),
    [
        ("bearer", "authorization", "Bearer a:b"),
        ("basic", "authorization", "Basic YTpi"),
        ("header:X-Api-Key", "x-api-key", "a:b"),
        ("cookie:sid", "cookie", "sid=a:b"),
    ],
)
def test_a_document_that_defines_no_scheme_gets_one_by_its_kind(
    server, name, where, written
) -> None:
    send(secured(security=[], servers=[server.url]), {name: "a:b"}, server.url)
    assert server.received[-1].headers[where] == written


def test_a_document_that_knows_no_scheme_cannot_say_that_none_is_wanted(server) -> None:
    silent = secured(security=[], servers=[server.url])
    public = replace(silent, operation=replace(silent.operation, security=({},)))
    send(public, {"basic": "a:b"}, server.url)
    assert server.received[-1].headers["authorization"] == "Basic YTpi"


def test_whatever_a_document_defines_it_takes_a_credential_by_its_kind(server) -> None:
    silent = secured(HEADER_KEY, security=[], servers=[server.url])
    send(silent, {"bearer": "a"}, server.url)
    assert server.received[-1].headers["authorization"] == "Bearer a"
    asking = secured(HEADER_KEY, servers=[server.url])
    send(asking, {"header:X-Tenant": "acme", "key": "k"}, server.url)
    got = server.received[-1].headers
    assert (got["x-key"], got["x-tenant"]) == ("k", "acme")
    send(asking, {"basic": ("ann", "hush")}, server.url)
    assert server.received[-1].headers["authorization"].startswith("Basic ")


def test_a_scheme_that_is_given_is_not_written_over_by_a_credential_of_that_kind(server) -> None:
    tool = secured(BASIC, servers=[server.url])
    send(tool, {"basic": "a:b", "bearer": "t"}, server.url)
    assert server.received[-1].headers["authorization"] == "Basic YTpi"


def test_of_schemes_that_are_needed_together_the_missing_one_is_named() -> None:
    app = SecurityScheme("app", "apiKey", name="X-App", location="header")
    with pytest.raises(MissingCredential) as caught:
        portal.run(plan(secured(app, HEADER_KEY), {"app": "hush"}).auth, CALL)
    message = str(caught.value)
    assert message.startswith(
        "t has no credential for key, which it needs together with app. "
        "Give it with credentials={'key': …}, or in"
    )
    assert "hush" not in message


def test_a_missing_credential_names_the_scheme_its_scopes_and_three_ways_to_give_it() -> None:
    tool = secured(OAUTH, HEADER_KEY, security=[{"oauth": ("read:pets",)}, {"key": ()}])
    with pytest.raises(MissingCredential) as caught:
        portal.run(plan(tool).auth, CALL)
    message = str(caught.value)
    for part in (
        "oauth (scopes read:pets) or key",
        "credentials={'oauth'",
        "OPENAPI2TOOLS_OAUTH",
    ):
        assert part in message
    assert "--auth" not in message
    with at_terminal(), pytest.raises(MissingCredential) as typed:
        portal.run(plan(tool).auth, CALL)
    assert "--auth oauth=VALUE (or oauth=env:NAME)" in str(typed.value)
    assert "credentials=" not in str(typed.value)


@pytest.mark.parametrize(
    ("name", "credential", "written"),
    [
        ("ghost", "text", "Bearer text"),
        ("ghost", ("a", "b"), "Basic YTpi"),
        ("basicAuth", "a:b", "Basic YTpi"),
        ("ghost", httpx.BasicAuth("a", "b"), "Basic YTpi"),
    ],
)
def test_a_scheme_that_the_document_does_not_define_can_be_given_under_its_name(
    server, name, credential, written
) -> None:
    tool = secured(security=[{name: ()}], servers=[server.url])
    send(tool, {name: credential}, server.url)
    assert server.received[-1].headers["authorization"] == written


def test_a_missing_credential_says_that_the_document_does_not_define_its_scheme() -> None:
    with pytest.raises(
        MissingCredential,
        match=r"ghost \(which the document does not define\).*credentials={'ghost'.*"
        r"sent as Authorization: Bearer <ghost>.*header:NAME",
    ):
        portal.run(plan(secured(security=[{"ghost": ()}])).auth, CALL)


def test_the_environment_gives_credentials_too(server, monkeypatch) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_MY_KEY_1", "from env\n")
    scheme = SecurityScheme("my-key.1", "apiKey", name="X-Key", location="header")
    assert received(server, scheme, credentials=None).headers["x-key"] == "from env"


def test_what_a_callable_says_when_it_raises_is_not_repeated(server) -> None:
    def fail(*_: object) -> str:
        raise ConnectionError("vault: token s3cret-token is no more")

    async def fail_later(*_: object) -> str:
        raise NetworkError("https://ann:s3cret-token@vault.example did not answer")

    for finder in (fail, fail_later):
        with pytest.raises(MissingCredential, match=r"for key raised \w+Error") as caught:
            send(secured(HEADER_KEY, servers=[server.url]), finder, server.url)
        assert "s3cret-token" not in str(caught.value)
        assert "s3cret-token" in str(caught.value.__cause__)
    assert server.received == []


def test_a_callable_is_asked_per_call_and_none_means_it_has_nothing(server) -> None:
    async def of_user(scheme, call):
        return f"{scheme.key} for {call.tool}" if scheme.key == "key" else None

    tool = secured(BEARER, HEADER_KEY, security=[{"bearer": ()}, {"key": ()}], servers=[server.url])
    send(tool, of_user, server.url)
    send(tool, {"bearer": lambda scheme, call: "sync"}, server.url)
    assert server.received[0].headers["x-key"] == "key for t"
    assert server.received[1].headers["authorization"] == "Bearer sync"


def test_the_credential_of_one_api_can_be_told_from_anothers_of_the_same_name(server) -> None:
    host = server.url.removeprefix("http://")
    assert (
        received(server, HEADER_KEY, credentials={"key": "other", f"{host}/key": "mine"}).headers[
            "x-key"
        ]
        == "mine"
    )


A = replace(secured(BEARER, servers=["https://a.example.com"]), name="a")
ASKING = secured(BEARER, servers=["https://b.example.net"])
DEFINING = secured(BEARER, security=[], servers=["https://b.example.net"])
SILENT = secured(security=[], servers=["https://b.example.net"])


def authorized(tools: Toolset, credentials) -> list[str | None]:
    """Connect, and give the Authorization that each tool's call would have."""
    client = connect(tools, credentials=credentials)

    async def written(name: str) -> str | None:
        prepared = client.prepare(name)
        auth = await prepared.plan.auth(prepared.call)
        return (await anext(auth.async_auth_flow(prepared.request))).headers.get("authorization")

    return [portal.run(written, name) for name in tools]


def test_the_credential_of_one_api_is_not_assumed_to_be_a_silent_ones() -> None:
    assert authorized(Toolset([A, SILENT]), {"bearer": "hush"}) == ["Bearer hush", None]
    assert authorized(Toolset([A, SILENT]), {"a.example.com/bearer": "hush"}) == [
        "Bearer hush",
        None,
    ]
    assert authorized(Toolset([SILENT]), {"bearer": "hush"}) == ["Bearer hush"]


@pytest.mark.parametrize(
    "tools",
    [
        [A, ASKING],
        [A, DEFINING],
        [replace(secured(security=[], servers=["https://a.example.com"]), name="a"), SILENT],
    ],
)
def test_a_name_that_several_apis_may_mean_is_refused_without_a_host(tools) -> None:
    with pytest.raises(
        InvalidOption, match=r"'a\.example\.com/bearer' or 'b\.example\.net/bearer'"
    ) as caught:
        connect(Toolset(tools), credentials={"bearer": "hush"})
    assert "hush" not in str(caught.value)
    assert authorized(
        Toolset(tools), {"a.example.com/bearer": "1", "b.example.net/bearer": "2"}
    ) == ["Bearer 1", "Bearer 2"]


def test_documents_of_the_same_origin_share_a_credential() -> None:
    again = secured(BEARER, servers=["https://a.example.com/v2"])
    assert authorized(Toolset([A, again]), {"bearer": "t"}) == ["Bearer t", "Bearer t"]


def test_apis_on_one_host_are_told_apart_by_the_title_or_the_source_of_their_documents() -> None:
    orders = replace(A, name="b", api=replace(A.api, title="Orders"))
    saved = replace(A, name="c", api=replace(A.api, address="https://a.example.com/v2.json"))
    with pytest.raises(
        InvalidOption,
        match=r"'Pets/bearer' or 'Orders/bearer'; 'a\.example\.com/bearer' is for all",
    ):
        connect(Toolset([A, orders]), credentials={"bearer": "hush"})
    each = {"Pets/bearer": "1", "Orders/bearer": "2"}
    assert authorized(Toolset([A, orders]), each) == ["Bearer 1", "Bearer 2"]
    every = {"a.example.com/bearer": "t", "Orders/bearer": "2"}
    assert authorized(Toolset([A, orders]), every) == ["Bearer t", "Bearer 2"]
    by_source = {"https://a.example.com/v2.json/bearer": "2", "Pets/bearer": "1"}
    assert authorized(Toolset([A, saved]), by_source) == ["Bearer 1", "Bearer 2"]
    with pytest.raises(MissingCredential, match=r"'Orders/bearer': …"):
        authorized(Toolset([A, orders]), {"Pets/bearer": "1"})


def test_an_api_without_any_server_takes_nothing_from_the_others() -> None:
    client = connect(Toolset([A, secured(BEARER)]), credentials={"bearer": "t"})
    assert client.prepare("a").plan.candidates


def test_an_api_that_names_anothers_host_among_its_own_does_not_get_its_credential() -> None:
    greedy = secured(BEARER, servers=["https://b.example.net", "https://a.example.com"])
    with pytest.raises(InvalidOption, match="several APIs"):
        connect(Toolset([A, greedy]), credentials={"bearer": "hush"})
    with pytest.raises(MissingCredential, match=r"'b\.example\.net/bearer'"):
        authorized(Toolset([A, greedy]), {"a.example.com/bearer": "hush"})


@pytest.mark.parametrize("name", ["Bearer", "bearer"])
def test_the_environment_does_not_say_which_of_several_apis_it_is_for(
    monkeypatch, name: str
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_BEARER", "hush")
    other = secured(replace(BEARER, key=name), servers=["https://b.example.net"])
    assert authorized(Toolset([A, SILENT]), None) == ["Bearer hush", None]
    with pytest.raises(
        MissingCredential, match=r"credentials=\{'a.example.com/bearer'.*another API"
    ) as caught:
        authorized(Toolset([A, other]), None)
    assert "hush" not in str(caught.value)


def test_a_callable_is_asked_for_each_of_several_apis() -> None:
    assert authorized(Toolset([A, ASKING]), lambda _, call: f"for-{call.tool}") == [
        "Bearer for-a",
        "Bearer for-t",
    ]


def test_a_credential_that_would_break_a_header_is_refused_without_being_shown() -> None:
    with pytest.raises(MissingCredential, match="control character") as caught:
        portal.run(plan(secured(HEADER_KEY), {"key": "top\r\nX-Evil: secret"}).auth, CALL)
    assert "secret" not in str(caught.value)


def test_no_text_shows_a_secret(server, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    tool = secured(QUERY_KEY, BASIC, servers=[server.url])
    credentials = {**read_options(["key=hush1"]), "basic": ("ann", "hush2")}
    response = send(tool, credentials, server.url)
    assert "hush1" in server.received[-1].target
    planned = plan(tool, credentials)
    auth = portal.run(planned.auth, CALL)
    for shown in (
        planned,
        auth,
        vars(auth),
        credentials["key"],
        str(response.url),
        response.url,
        response.request,
        caplog.text,
    ):
        assert "hush" not in repr(shown)


def test_the_request_that_was_prepared_stays_without_secrets(server) -> None:
    async def go() -> httpx.Request:
        auth = await plan(
            secured(QUERY_KEY, BEARER, servers=[server.url]), {"key": "k", "bearer": "b"}
        ).auth(CALL)
        async with httpx.AsyncClient(verify=False) as client:
            request = client.build_request("POST", server.url, json={"a": 1})
            await client.send(request, auth=auth)
            return request

    request = portal.run(go)
    assert "authorization" not in request.headers
    assert request.url == httpx.URL(server.url)
    assert server.received[-1].json() == {"a": 1}


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("key", "SCHEME=VALUE"),
        ("=v", "SCHEME=VALUE"),
        ("key=env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE"),
    ],
)
def test_an_auth_option_that_says_nothing_is_told_how_to(option, words) -> None:
    with pytest.raises(MissingCredential, match=words):
        read_options([option])


# --- trusted origins ---

PUBLIC, RAW = "https://api.github.com", "https://raw.githubusercontent.com/github/rest/api.json"


@pytest.mark.parametrize(
    ("address", "named_by_document"),
    [
        (None, PUBLIC),
        ("/home/ann/api.yaml", "http://127.0.0.1:8000"),
        ("/home/ann/api.yaml", "https://billing.internal"),
        (RAW, PUBLIC),
        (RAW, "https://raw.githubusercontent.com/v1"),
        (RAW, "/v1"),
        ("https://docs.corp/api.json", "http://api.corp"),
        ("http://localhost:8000/openapi.json", "http://10.0.0.5"),
    ],
)
def test_a_credential_goes_to_a_server_the_document_may_speak_for(
    address, named_by_document
) -> None:
    trusted = plan(
        secured(BEARER, servers=[named_by_document], address=address), {"bearer": "t"}
    ).trust
    url = (
        str(httpx.URL(address or PUBLIC).join(named_by_document))
        if (address or "").startswith("http")
        else named_by_document
    )
    assert trusted.refusal(url + "/pets?x=1") is None


@pytest.mark.parametrize(
    "internal",
    [
        "http://localhost:8080", "http://127.0.0.1", "http://10.0.0.5", "https://billing.internal",
        "https://intranet", "http://[::1]:9",
        "http://[::ffff:10.0.0.1]", "http://[64:ff9b::7f00:1]", "http://169.254.169.254",
        "http://0.0.0.0", "https://LOCALHOST.",
        "http://2130706433", "http://127.1",
    ],
)  # fmt: skip
def test_a_public_document_cannot_send_a_credential_to_an_internal_host(internal) -> None:
    trusted = plan(secured(BEARER, servers=[internal], address=RAW), {"bearer": "t"}).trust
    assert "internal host" in (trusted.refusal(internal + "/admin") or "")


@pytest.mark.parametrize("document", [None, "/home/ann/api.yaml", "http://localhost/api.json"])
@pytest.mark.parametrize("internal", ["http://localhost:9", "https://billing.internal"])
def test_an_overlay_from_the_internet_does_not_speak_for_a_local_document(
    document: str | None, internal: str
) -> None:
    overlay = "https://overlays.example/o.yaml"
    servers = [Server("https://own.internal"), Server(internal, address=overlay)]
    trusted = decide_trust(document, servers)
    assert trusted.refusal("https://own.internal/") is None
    assert "comes from https://overlays.example" in (trusted.refusal(internal) or "")
    assert internal not in trusted.private_network_origins
    public = decide_trust(document, [Server(PUBLIC, address=overlay)])
    assert (public.refusal(PUBLIC), public.private_network_origins) == (None, frozenset())


def test_an_overlay_at_hand_may_name_what_a_public_document_may_not() -> None:
    trusted = decide_trust(RAW, [Server("http://localhost:9", address="")])
    assert trusted.refusal("http://localhost:9/") is None
    assert trusted.private_network_origins == {"http://localhost:9"}


@pytest.mark.parametrize("named_by", [None, "https://overlays.example/o.yaml"])
def test_a_token_server_is_believed_as_far_as_the_one_who_named_it(named_by: str | None) -> None:
    flow = OAuthFlow("clientCredentials", token_url="https://login.internal/token")
    config = OAuthConfig(
        SecurityScheme("oauth", "oauth2", flows=(flow,), address=named_by), None, ""
    )
    if named_by is None:
        assert config.token_server_url(flow.token_url) == flow.token_url
    else:
        with pytest.raises(Refused, match="internal host"):
            config.token_server_url(flow.token_url)
    assert bool(config.trust.private_network_origins) is (named_by is None)


def test_an_intranet_document_cannot_send_a_credential_to_loopback() -> None:
    trusted = plan(
        secured(BEARER, servers=["http://127.0.0.1:6379"], address="https://docs.corp/api.json")
    ).trust
    assert trusted.refusal("http://127.0.0.1:6379/")


@pytest.mark.parametrize("address", [None, "http://localhost:8000/openapi.json"])
@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://[fd00:ec2::254]",
        "http://metadata.google.internal",
        "http://2852039166",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://100.100.100.200",
        "http://168.63.129.16",
        "http://instance-data",
    ],
)
def test_no_document_may_name_the_place_of_a_clouds_credentials(place, address) -> None:
    trusted = plan(secured(BEARER, servers=[place], address=address)).trust
    assert "machine's own credentials" in (trusted.refusal(place + "/latest") or "")
    assert place not in trusted.private_network_origins
    assert (
        plan(secured(BEARER, servers=[place], address=address), server=place).trust.refusal(place)
        is None
    )


def test_the_user_may_name_any_server() -> None:
    tool = secured(BEARER, servers=["http://localhost:8080"], address=RAW)
    assert (
        plan(tool, server="http://localhost:8080/v1").trust.refusal("http://localhost:8080/v1/pets")
        is None
    )
    assert plan(tool, server="http://localhost:9999").trust.refusal("http://localhost:8080/v1/pets")


def test_a_server_variable_that_decides_the_host_is_the_users_word() -> None:
    server = Server("http://{host}/v1", variables={"host": ServerVariable("localhost")})
    tool = secured(BEARER, servers=[server], address=RAW)
    assert plan(tool).trust.refusal("http://localhost/v1/pets")
    assert (
        plan(tool, server_variables={"host": "10.0.0.7"}).trust.refusal("http://10.0.0.7/v1/pets")
        is None
    )


def test_a_server_variable_that_the_document_does_not_declare_is_the_users_word_too(server) -> None:
    tool = secured(HEADER_KEY, servers=[Server("http://{host}/v1")], address=RAW)
    client = connect(
        Toolset([tool]),
        credentials={"key": "s3cret"},
        server_variables={"host": server.url.removeprefix("http://")},
    )
    assert client.call("t").status == 200
    assert server.received[-1].headers["x-key"] == "s3cret"


def test_a_name_that_only_looks_public_may_not_lead_into_a_private_network() -> None:
    places = ["https://docs.example.com", "https://api.example.com", "https://intranet.corp"]
    from_network = plan(
        secured(BEARER, servers=places, address="https://docs.example.com/api.json")
    )
    assert from_network.trust.private_network_origins == {places[0]}
    assert from_network.trust.origins == set(places[:2])
    assert plan(
        secured(BEARER, servers=places), server="https://here.corp"
    ).trust.private_network_origins == {
        *places,
        "https://here.corp",
    }


def test_https_is_trusted_where_http_is() -> None:
    trusted = plan(secured(BEARER), server="http://intranet.corp/v1").trust
    assert trusted.refusal("https://intranet.corp/v1") is None
    assert trusted.refusal("https://intranet.corp:8443/v1")


@pytest.mark.parametrize(
    "url",
    [
        "https://{unfilled}.example.com",
        "http://[::1",
        "https://exa mple.com/",
        "http://a:99999",
        "",
        "//",
        "https://",
    ],
)
def test_a_server_that_is_no_address_harms_nobody(url) -> None:
    assert (
        plan(secured(BEARER, OAUTH, servers=[url, PUBLIC], address=RAW)).trust.refusal(PUBLIC)
        is None
    )


def test_clear_text_over_the_public_internet_has_to_be_named() -> None:
    tool = secured(BEARER, servers=["http://petstore.example.com/v2"])
    assert "clear text" in (plan(tool).trust.refusal("http://petstore.example.com/v2/pets") or "")
    assert (
        plan(tool, server="http://petstore.example.com/v2").trust.refusal(
            "http://petstore.example.com/v2/pets"
        )
        is None
    )


def test_a_hostile_document_gets_nothing_sent_to_the_internal_host_it_names(server) -> None:
    tool = secured(HEADER_KEY, servers=[server.url], address="https://evil.example/openapi.json")
    with pytest.raises(Refused, match=r"internal host.*server=") as caught:
        send(tool, {"key": "hush"}, server.url)
    assert not server.received
    assert "hush" not in str(caught.value)


def test_a_redirect_does_not_take_the_credential_along(server) -> None:
    with LoopbackServer(
        lambda _: Answer(302, headers={"Location": server.url + "/steal"})
    ) as first:
        tool = secured(HEADER_KEY, servers=[first.url], address=None)
        auth = portal.run(plan(tool, {"key": "hush"}).auth, CALL)

        async def follow() -> None:
            async with httpx.AsyncClient(verify=False) as client:
                response = await client.get(first.url, auth=auth)
                await client.send(response.next_request, auth=auth)

        with pytest.raises(Refused, match="not a server of the document"):
            portal.run(follow)
    assert not server.received


# --- laws ---

CREDENTIALS = st.one_of(
    st.text(),
    st.tuples(st.text(), st.text()),
    st.dictionaries(st.sampled_from(["username", "password", "client_id", "x"]), st.text()),
)


@given(
    given_=CREDENTIALS,
    scheme=st.sampled_from([HEADER_KEY, QUERY_KEY, COOKIE_KEY, BASIC, BEARER, OAUTH]),
)
def test_whatever_is_given_is_written_without_a_line_break_or_refused_without_being_shown(
    given_, scheme
) -> None:
    async def go() -> httpx.Request | str:
        try:
            auth = await plan(secured(scheme, servers=[PUBLIC]), {scheme.key: given_}).auth(CALL)
            async with httpx.AsyncClient() as client:
                return await anext(
                    auth.async_auth_flow(
                        httpx.Request("GET", PUBLIC, extensions={"client": client})
                    )
                )
        except MissingCredential as error:
            return str(error)

    outcome = run(go())
    if isinstance(outcome, str):
        texts = (
            [given_]
            if isinstance(given_, str)
            else given_
            if isinstance(given_, tuple)
            else given_.values()
        )
        assert not [text for text in texts if len(text) > 8 and text in outcome]
    else:
        assert b"\r" not in b"".join(value for _, value in outcome.headers.raw)
        assert (
            b"\n" not in b"".join(value for _, value in outcome.headers.raw) + outcome.url.raw_path
        )


@given(st.ip_addresses(), st.sampled_from(["http", "https"]))
def test_a_public_document_reaches_no_address_that_is_not_public(ip, protocol) -> None:
    host = f"[{ip}]" if ip.version == 6 else str(ip)
    trusted = plan(secured(BEARER, servers=[f"{protocol}://{host}"], address=RAW)).trust
    assert trusted.refusal(f"{protocol}://{host}/") or (is_public(str(ip)) and protocol == "https")
