"""A credential may be in a file, come from a command, or from standard input."""

from __future__ import annotations

import io
import json
import sys
import time
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING

import pytest

from openapi2tools.call.credentials import references
from openapi2tools.call.credentials.sources import Secret, read_options
from openapi2tools.errors import MissingCredential
from openapi2tools.model import OAuthFlow, SecurityScheme
from tests.support.secured import secured, send
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = SecurityScheme("key", "apiKey", name="X-Key", location="header")
BASIC = SecurityScheme("key", "http", scheme="basic")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer()) as running:
        yield running


@pytest.fixture(autouse=True)
def no_outputs(monkeypatch) -> None:
    monkeypatch.setattr(references._COMMANDS, "outputs", {})


def command(tmp_path, program: str) -> str:
    """Write a program that a command line may name."""
    file = tmp_path / "give.py"
    file.write_text(program)
    return f"cmd:{sys.executable} {file}"


def counting(tmp_path, text: str) -> str:
    """Write a program that prints a text, and how often it has run."""
    count = tmp_path / "count"
    program = (
        f"from pathlib import Path\ncount = Path({str(count)!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        f"count.write_text(str(number))\nprint({text!r} or number)\n"
    )
    return command(tmp_path, program)


def key_sent(server: LoopbackServer, *options: str, scheme: SecurityScheme = KEY) -> str:
    send(secured(scheme, servers=[server.url]), read_options(options), server.url)
    return server.received[-1].headers["x-key" if scheme is KEY else "authorization"]


def test_a_command_gives_the_credential_and_is_not_run_for_every_call(server, tmp_path) -> None:
    option = f"key={counting(tmp_path, '')}"
    assert [key_sent(server, option) for _ in range(2)] == ["1", "1"]


@pytest.mark.parametrize(("seconds_left", "runs"), [(3600, "1"), (10, "2"), (-5, "2")])
def test_a_token_that_says_when_it_ends_is_kept_until_then(
    server, tmp_path, seconds_left, runs
) -> None:
    claims = json.dumps({"exp": time.time() + seconds_left}).encode()
    token = f"head.{urlsafe_b64encode(claims).decode().rstrip('=')}.signature"
    option = f"key={counting(tmp_path, token)}"
    assert [key_sent(server, option) for _ in range(2)] == [token, token]
    assert (tmp_path / "count").read_text() == runs


def test_what_says_no_end_is_kept_for_some_minutes(server, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(references, "_UNKNOWN_LIFETIME_SECONDS", 0.0)
    option = f"key={counting(tmp_path, '')}"
    assert [key_sent(server, option) for _ in range(2)] == ["1", "2"]


def test_a_file_is_read_for_each_call(server, tmp_path) -> None:
    file = tmp_path / "key"
    for text in ("first", "second"):
        file.write_text(f"{text}\n")
        assert key_sent(server, f"key=file:{file}") == text


def test_the_environment_may_say_where_it_is(server, tmp_path, monkeypatch) -> None:
    (tmp_path / "key").write_text("from a file")
    monkeypatch.setenv("OPENAPI2TOOLS_KEY", f"file:{tmp_path / 'key'}")
    assert key_sent(server) == "from a file"
    monkeypatch.setenv("OPENAPI2TOOLS_KEY", counting(tmp_path, ""))
    assert key_sent(server) == "1"


def test_each_dash_is_a_line_of_standard_input(server, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one \ntwo\n"))
    given = read_options(["a=-", "b=-"])
    assert given == {"a": Secret("one "), "b": Secret("two")}
    with pytest.raises(MissingCredential, match="--auth c: standard input has no line"):
        read_options(["c=-"])


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; print('s3cret-text'); sys.exit(3)", "failed with exit code 3"),
        ("print()", "printed nothing"),
    ],
)
def test_a_command_that_gives_nothing_is_told_without_its_words(
    server, tmp_path, program, words
) -> None:
    with pytest.raises(MissingCredential, match=words) as caught:
        key_sent(server, f"key={command(tmp_path, program)} --token s3cret-text")
    assert "The credential for key: the command" in str(caught.value)
    assert "s3cret-text" not in str(caught.value)
    assert server.received == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("cmd:no-such-program-here", "'no-such-program-here' cannot be run"),
        ("cmd:", "cannot be run"),
        ("cmd:'", "cannot be run"),
        ("file:/no/such/file", "/no/such/file cannot be read"),
        ("file:/dev/null", "is empty"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told(server, value, words) -> None:
    with pytest.raises(MissingCredential, match=words):
        key_sent(server, f"key={value}")


def test_a_command_that_does_not_end_is_ended(server, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(references, "_COMMAND_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(MissingCredential, match=r"did not end within 0\.2 seconds"):
        key_sent(server, f"key={command(tmp_path, 'import time; time.sleep(60)')}")


def test_a_command_reads_no_standard_input(server, tmp_path) -> None:
    program = "import sys; print(repr(sys.stdin.read()))"
    assert key_sent(server, f"key={command(tmp_path, program)}") == "''"


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_user_and_password_may_be_json(server, tmp_path, monkeypatch, kind) -> None:
    (tmp_path / "password").write_text("pass:word")
    fields = json.dumps({"username": "ann", "password": f"file:{tmp_path / 'password'}"})
    expected = f"Basic {b64encode(b'ann:pass:word').decode()}"
    if kind == "basic":
        assert key_sent(server, f"key={fields}", scheme=BASIC) == expected
        monkeypatch.setenv("OPENAPI2TOOLS_KEY", fields)
        assert key_sent(server, scheme=BASIC) == expected
        return
    digest = SecurityScheme("key", "http", scheme="digest")
    send(secured(digest, servers=[server.url]), read_options([f"key={fields}"]), server.url)
    with pytest.raises(MissingCredential, match="has a field 'user'"):
        send(secured(digest, servers=[server.url]), {"key": '{"user": "ann"}'}, server.url)


def test_a_name_that_begins_with_a_brace_is_no_json(server) -> None:
    sent = key_sent(server, "key={ann:pass}", scheme=BASIC)
    assert sent == f"Basic {b64encode(b'{ann:pass}').decode()}"


@pytest.mark.parametrize("value", ["cmd:touch FILE", "file:FILE"])
def test_what_a_program_gives_runs_no_command_and_reads_no_file(server, tmp_path, value) -> None:
    value = value.replace("FILE", str(tmp_path / "touched"))
    send(secured(KEY, servers=[server.url]), {"key": value}, server.url)
    assert server.received[0].headers["x-key"] == value
    fields = json.dumps({"username": "ann", "password": value})
    send(secured(BASIC, servers=[server.url]), lambda *_: fields, server.url)
    flow = OAuthFlow("clientCredentials", token_url=f"{server.url}/token")
    oauth = SecurityScheme("key", "oauth2", flows=(flow,))
    given = json.dumps({"token": value})
    send(secured(oauth, servers=[server.url]), {"key": given}, server.url)
    assert server.received[-1].headers["authorization"] == f"Bearer {value}"
    assert not (tmp_path / "touched").exists()


def test_a_field_of_oauth_may_come_from_a_command(server, tmp_path) -> None:
    flow = OAuthFlow("clientCredentials", token_url=f"{server.url}/token")
    oauth = SecurityScheme("key", "oauth2", flows=(flow,))
    fields = json.dumps({"token": counting(tmp_path, "a-token")})
    assert key_sent(server, f"key={fields}", scheme=oauth) == "Bearer a-token"
