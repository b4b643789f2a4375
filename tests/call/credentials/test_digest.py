"""Digest answers every challenge of RFC 7616, against a server that checks it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools._core import portal
from openapi2tools.call.auth import plan
from openapi2tools.call.credentials.digest import DigestAuth, read_challenge
from openapi2tools.errors import NetworkError
from openapi2tools.model import SecurityScheme
from tests.support.digest import DigestServer
from tests.support.secured import CALL, secured, send
from tests.support.server import LoopbackServer

SCHEME = SecurityScheme("login", "http", scheme="digest")


def get(
    protected: DigestServer, credentials: object, path: str = "/pets?q=%C3%A9&a=b,c"
) -> httpx.Response:
    with LoopbackServer(protected) as server:
        return send(
            secured(SCHEME, servers=[server.url]), {"login": credentials}, server.url + path
        )


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"])
@pytest.mark.parametrize("qop", ["", "auth", "auth-int", "auth-int,auth"])
def test_every_algorithm_and_protection_is_answered(algorithm, qop) -> None:
    assert get(DigestServer("ann", "p:w", algorithm, qop), ("ann", "p:w")).status_code == 200


@pytest.mark.parametrize("user", ['an"n\\', "Jäsøn Doe"])
@pytest.mark.parametrize("userhash", [True, False])
def test_unusual_user_names_are_written_so_that_the_server_reads_them(user, userhash) -> None:
    assert (
        get(DigestServer(user, "pässword", userhash=userhash), (user, "pässword")).status_code
        == 200
    )


@pytest.mark.parametrize(("charset", "name"), [("", "username"), ("UTF-8", "username*")])
def test_a_name_beyond_ascii_is_encoded_only_for_who_announces_utf8(charset, name) -> None:
    protected = DigestServer("Jäsøn", "pw", charset=charset)
    assert get(protected, ("Jäsøn", "pw")).status_code == 200
    assert {"username", "username*"} & protected.seen[0].keys() == {name}


def test_a_stale_nonce_is_answered_once_more() -> None:
    protected = DigestServer("ann", "pw", stale_first=True)
    assert get(protected, "ann:pw").status_code == 200
    assert [fields["nonce"] for fields in protected.seen] == ["n0", "n1"]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256-sess"])
def test_an_answer_of_who_does_not_know_the_password_is_not_used(algorithm) -> None:
    with pytest.raises(NetworkError, match="somebody else may have answered"):
        get(DigestServer("ann", "pw", algorithm, "auth", proves_itself=False), ("ann", "pw"))
    # what covers the content as well is not checked
    assert get(DigestServer("ann", "pw", qop="auth-int", proves_itself=False), ("ann", "pw"))


def test_the_next_request_uses_the_nonce_that_the_server_gave_for_it() -> None:
    protected = DigestServer("ann", "pw", next_nonces=True)
    with LoopbackServer(protected) as server:
        tool = secured(SCHEME, servers=[server.url])
        for _ in range(3):
            assert send(tool, {"login": ("ann", "pw")}, server.url + "/pets").status_code == 200
        assert [fields["nonce"] for fields in protected.seen] == ["n0", "next1", "next2"]
        assert len(server.received) == 4
        assert send(tool, {"login": ("ann", "no")}, server.url + "/pets").status_code == 401


def test_a_wrong_password_is_tried_once() -> None:
    protected = DigestServer("ann", "pw")
    assert get(protected, ("ann", "wrong")).status_code == 401
    assert len(protected.seen) == 1


def test_the_digest_challenge_is_found_among_others() -> None:
    others = (
        'Basic realm="a, Digest b=c"',
        "Negotiate",
        'Digest realm="r", nonce="n", algorithm=SHA3',
        'Bearer error="x", scope=y',
    )
    assert get(DigestServer("ann", "pw", also=others), "ann:pw").status_code == 200


def test_the_strongest_algorithm_is_chosen() -> None:
    headers = [
        ("WWW-Authenticate", f'Digest realm="r", nonce="n", qop="auth", algorithm={name}')
        for name in ("MD5", "SHA-256")
    ]
    challenge = read_challenge(httpx.Response(401, headers=headers))
    assert challenge is not None
    assert challenge.algorithm == "SHA-256"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_standard_come_out(algorithm, response) -> None:
    """RFC 7616, section 3.9.1."""
    header = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    challenge = read_challenge(httpx.Response(401, headers={"WWW-Authenticate": header}))
    assert challenge is not None
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    assert f'response="{response}"' in DigestAuth("Mufasa", "Circle of Life").answer(
        challenge, "GET", "/dir/index.html", cnonce=cnonce
    )


def test_a_body_is_sent_with_the_answer_too() -> None:
    async def post(url: str) -> httpx.Response:
        async def body():
            yield b"one"
            yield b"two"

        auth = await plan(secured(SCHEME, servers=[url]), {"login": ("ann", "pw")}).auth(CALL)
        async with httpx.AsyncClient(verify=False) as client:
            return await client.post(url, content=body(), auth=auth)

    with LoopbackServer(DigestServer("ann", "pw", qop="auth-int")) as server:
        assert portal.run(post, server.url).status_code == 200
        assert [request.body for request in server.received] == [b"onetwo", b"onetwo"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.booleans())
def test_no_challenge_breaks_the_reader(text, digest) -> None:
    header = f"Digest {text}" if digest else text
    challenge = read_challenge(httpx.Response(401, headers={"WWW-Authenticate": header}))
    assert challenge is None or DigestAuth("ann", "pw").answer(challenge, "GET", "/").startswith(
        "Digest "
    )
