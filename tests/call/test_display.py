"""What is shown is what would be sent: a shell that runs the curl command sends that request."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.call import display
from openapi2tools.call.connect import connect
from openapi2tools.model import MediaType, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.call.prepared import Prepared

SCHEMES = {
    "bearer": SecurityScheme("bearer", "http", scheme="bearer"),
    "query": SecurityScheme("query", "apiKey", name="key", location="query"),
    "cookie": SecurityScheme("cookie", "apiKey", name="sid", location="cookie"),
}
ALL = {"schemes": SCHEMES}


def prepared(
    url: str,
    *,
    media_type: MediaType | None = None,
    secure: bool = False,
    files: tuple[Path, ...] = (),
    **arguments: Any,
) -> Prepared:
    subject = tool(
        url,
        parameter("q"),
        parameter("X-H", "header"),
        parameter("c", "cookie"),
        path="/a b",
        method="POST",
        media_type=media_type,
        api=ALL,
        security=({"bearer": (), "query": (), "cookie": ()},) if secure else (),
    )
    return connect(tools(subject), files=files).prepare("t", arguments)


def test_a_request_is_shown_as_http_with_placeholders() -> None:
    shown = prepared(
        "http://api.test/v1",
        media_type=MediaType("application/json"),
        secure=True,
        q="é",
        c="1",
        body={"a": "ü"},
        **{"X-H": "h"},
    )
    assert shown.http() == (
        "POST /v1/a%20b?q=%C3%A9&key=<query> HTTP/1.1\n"
        "Host: api.test\n"
        "Accept: application/json, */*;q=0.5\n"
        "X-H: h\n"
        "Content-Type: application/json\n"
        "Authorization: Bearer <bearer>\n"
        "Cookie: c=1; sid=<cookie>\n"
        "Content-Length: 10\n"
        "\n"
        '{"a":"ü"}'
    )


def test_a_key_in_the_cookie_header_is_shown_among_the_cookies() -> None:
    request = httpx.Request("GET", "http://api.test/", headers={"Cookie": "a=1"})
    assert "Cookie: a=1; <key>\n" in display.http(request, [("header", "Cookie", "<key>")])


def test_a_request_is_shown_as_a_curl_command() -> None:
    shown = prepared(
        "http://api.test/v1",
        media_type=MediaType("application/json"),
        secure=True,
        body={"a": "it's"},
    )
    assert shown.curl() == (
        "curl -X POST --path-as-is --globoff 'http://api.test/v1/a%20b?key=<query>' \\\n"
        "  -H 'Accept: application/json, */*;q=0.5' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  -H 'Authorization: Bearer <bearer>' \\\n"
        "  -H 'Cookie: sid=<cookie>' \\\n"
        """  --data-raw '{"a":"it'"'"'s"}'"""
    )


def test_a_file_is_named_and_bytes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a b.bin").write_bytes(b"\x00\x01")
    octets = MediaType("application/octet-stream")
    named = prepared(
        "http://api.test", media_type=octets, files=(tmp_path,), body={"path": "a b.bin"}
    )
    assert f"--data-binary '@{tmp_path}/a b.bin'" in named.curl()
    assert named.http().endswith("\n\n(a b.bin, 2 bytes)")
    counted = prepared("http://api.test", media_type=octets, body={"base64": "AAE="}).curl()
    assert counted.startswith("{ printf %s AAE= | base64 -d; } | curl ")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_sends_the_very_request() -> None:
    with LoopbackServer(lambda _: Answer(204)) as server:
        shown = prepared(
            server.url,
            media_type=MediaType("text/plain"),
            q="'[]{}$`!\"\\&;|",
            c="x;y",
            body="line 1\n'line 2' $HOME `x` \\ \"!\" @file\r\n\té",
            **{"X-H": "a'b\"c$d`e\\"},
        )
        subprocess.run(
            ["sh", "-c", shown.curl() + " --silent --noproxy '*'"], check=True, timeout=20
        )
        connect(tools(shown.tool)).send(shown)
    ours, theirs = server.received[1], server.received[0]
    assert (theirs.method, theirs.target, theirs.body) == (ours.method, ours.target, ours.body)
    for name in ("accept", "x-h", "cookie", "content-type", "content-length"):
        assert theirs.headers[name] == ours.headers[name], name


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_sends_the_very_files(tmp_path: Path) -> None:
    (tmp_path / "it's.bin").write_bytes(b"\x00\xff\r\n")
    properties = {name: {"type": "string", "format": "binary"} for name in "ab"}
    form = MediaType("multipart/form-data", {"type": "object", "properties": properties})
    body = {"a": {"path": "it's.bin"}, "b": {"base64": "AAH/"}, "c": "text 'é' %s \\n"}
    with LoopbackServer(lambda _: Answer(204)) as server:
        shown = prepared(server.url, media_type=form, files=(tmp_path,), body=body)
        subprocess.run(
            ["sh", "-c", shown.curl() + " --silent --noproxy '*'"], check=True, timeout=20
        )
        connect(tools(shown.tool)).send(shown)
    assert server.received[0].body == server.received[1].body
    assert server.received[0].headers["content-type"] == server.received[1].headers["content-type"]


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_survives_the_shell(text: str) -> None:
    shown = prepared(
        "http://api.test", media_type=MediaType("text/plain; charset=utf-8"), body=text
    )
    script = 'curl() { for a; do last=$a; done; printf %s "$last"; }\n' + shown.curl()
    seen = subprocess.run(
        ["sh", "-c", script], check=True, capture_output=True, timeout=300
    ).stdout.decode()
    assert seen == (text or "Content-Length: 0")
