"""What `openapi2tools call` takes as arguments, writes of an answer, and says without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from openapi2tools.call.response.read import MAX_BODY_BYTES
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Done

OPERATION = {
    "operationId": "find",
    "parameters": [{"name": "word", "in": "query", "schema": {"type": "string"}}],
    "responses": {"200": {"description": "What is found"}},
}


@pytest.fixture
def source(tmp_path: Path) -> str:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Words", "version": "1"},
        "paths": {"/words": {"get": OPERATION}},
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    return str(tmp_path / "api.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_arguments_may_begin_with_a_byte_order_mark(
    cli: Callable[..., Done], source: str, tmp_path: Path, encoding: str
) -> None:
    given = '{"word": "é"}'.encode(encoding)
    (tmp_path / "args.json").write_bytes(given)
    with LoopbackServer(lambda _: Answer(200, {})) as server:
        for arguments in ("-", f"@{tmp_path / 'args.json'}"):
            assert (
                cli(
                    "call", source, "find", "--server", server.url, "--args", arguments, stdin=given
                ).code
                == 0
            )
    assert [request.query for request in server.received] == ["word=%C3%A9"] * 2


@pytest.mark.parametrize(("status", "said"), [(401, "a credential"), (500, "The API failed")])
@pytest.mark.parametrize("answer", [b"", b"null", b"\x89\0\xff"])
def test_an_error_without_words_is_told_with_advice(
    cli: Callable[..., Done], source: str, status: int, said: str, answer: bytes
) -> None:
    headers = {
        "Content-Type": "application/json" if answer == b"null" else "application/octet-stream"
    }
    with LoopbackServer(lambda _: Answer(status, answer, headers)) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert (done.code, done.out) == (1, "")
    assert str(status) in done.err
    assert said in done.err


@pytest.mark.parametrize(("status", "body", "out"), [(200, "null", "null\n"), (204, "", "")])
def test_null_is_an_answer_and_no_content_is_none(
    cli: Callable[..., Done], source: str, status: int, body: str, out: str
) -> None:
    with LoopbackServer(
        lambda _: Answer(status, body, {"Content-Type": "application/json"})
    ) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert (done.code, done.out) == (0, out)


def test_an_answer_that_is_cut_is_written_and_said_to_be_cut(
    cli: Callable[..., Done], source: str
) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    with LoopbackServer(lambda _: Answer(200, bytes(MAX_BODY_BYTES + 1), headers)) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert (done.code, len(done.out)) == (1, MAX_BODY_BYTES)
    assert "first part" in done.err


def test_an_answer_that_is_too_long_for_a_model_is_written_whole(
    cli: Callable[..., Done], source: str
) -> None:
    with LoopbackServer(
        lambda _: Answer(200, "x" * 100_000, {"Content-Type": "text/plain"})
    ) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert (done.code, done.err, len(done.out)) == (0, "", 100_001)


@pytest.mark.parametrize("name", ["find_word", "find_word_words__word__get"])
def test_a_tool_is_called_by_its_name_or_by_the_id_that_fastapi_made(
    cli: Callable[..., Done], tmp_path: Path, name: str
) -> None:
    operation = {"operationId": "find_word_words__word__get", "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Words", "version": "1"},
        "paths": {"/words/{word}": {"get": operation}},
    }
    (tmp_path / "fastapi.json").write_text(json.dumps(document))
    with LoopbackServer(lambda received: Answer(body=received.path.encode())) as server:
        done = cli(
            "call",
            str(tmp_path / "fastapi.json"),
            name,
            *("--args", '{"word": "tree"}', "--server", server.url),
        )
    assert (done.code, done.out.strip()) == (0, "/words/tree")


def test_numbers_keep_their_digits_and_text_stays_text(
    cli: Callable[..., Done], source: str
) -> None:
    answers = {"/words?word=json": "application/json", "/words?word=text": "text/plain"}
    body = '{"price": 12345678901234567890.25, "id": 98765432109876543210}'
    with LoopbackServer(
        lambda received: Answer(200, body, {"Content-Type": answers[received.target]})
    ) as server:
        call = ("call", source, "find", "--server", server.url, "--args")
        as_json = cli(*call, '{"word": "json"}')
        as_text = cli(*call, '{"word": "text"}')
    assert "12345678901234567890.25" in as_json.out
    assert "98765432109876543210" in as_json.out
    assert as_text.out == body + "\n"


def test_headers_that_tell_something_are_shown_beside_the_answer(
    cli: Callable[..., Done], source: str
) -> None:
    headers = {"X-Total-Count": "120", "Content-Type": "application/json"}
    with LoopbackServer(lambda _: Answer(200, "[]", headers)) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert (done.code, done.out) == (0, "[]\n")
    assert "Headers: X-Total-Count: 120" in done.err


def test_cookies_are_kept_within_a_call_where_that_is_wanted(
    cli: Callable[..., Done], source: str
) -> None:
    def answer(received: Received) -> Answer:
        if received.query:
            return Answer(200, {"cookie": received.headers.get("cookie")})
        return Answer(302, "", {"Location": "/words?again=1", "Set-Cookie": "a=b"})

    with LoopbackServer(answer) as server:
        call = ("call", source, "find", "--server", server.url)
        assert json.loads(cli(*call).out) == {"cookie": None}
        assert json.loads(cli(*call, "--cookies").out) == {"cookie": "a=b"}


TOKEN = {"type": "apiKey", "name": "X-Token", "in": "header"}


@pytest.mark.parametrize("schemes", [{}, {"token": TOKEN}])
def test_arguments_and_headers_that_are_set_go_with_the_call(
    cli: Callable[..., Done],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    schemes: dict[str, object],
) -> None:
    monkeypatch.setenv("MY_TOKEN", "hush")
    header = {"name": "X-Token", "in": "header", "required": True, "schema": {"type": "string"}}
    parameters = [*OPERATION["parameters"], header]  # type: ignore[misc]
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Words", "version": "1"},
        "paths": {"/words": {"get": {**OPERATION, "parameters": parameters}}},
        "components": {"securitySchemes": schemes},
        "security": [{name: []} for name in schemes],
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    with LoopbackServer(lambda _: Answer(200, {})) as server:
        common = ("call", str(tmp_path / "api.json"), "find", "--server", server.url)
        given = ("--header", "X-Token: env:MY_TOKEN", "--set", "find.word=é")
        assert cli(*common, *given).code == 0
        shown = cli(*common, *given, "--dry-run")
    assert server.received[-1].query == "word=%C3%A9"
    assert server.received[-1].headers["x-token"] == "hush"
    assert "X-Token: <" in shown.err
    assert "hush" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "wrod=x"), "Did you mean word"),
        (("--set", "word"), "write NAME=VALUE or TOOL.NAME=VALUE"),
        (("--header", "X-Token hush"), "write 'NAME: VALUE'"),
        (("--header", "X-Token: env:NO_SUCH"), "NO_SUCH is not set"),
    ],
)
def test_what_cannot_be_set_is_told_with_its_option(
    cli: Callable[..., Done], source: str, options: tuple[str, str], words: str
) -> None:
    done = cli("call", source, "find", "--server", "http://127.0.0.1:9", *options)
    said = " ".join(done.err.replace("│", " ").split())
    assert done.code
    assert options[0] in said
    assert words in said
    assert "hush" not in said


def test_a_refusal_says_how_to_give_a_credential(cli: Callable[..., Done], source: str) -> None:
    challenge = {"WWW-Authenticate": "Basic realm=x"}
    with LoopbackServer(lambda _: Answer(401, {"error": "who?"}, challenge)) as server:
        done = cli("call", source, "find", "--server", server.url)
    assert "--auth basic=USER:PASS" in done.err


@pytest.mark.parametrize(
    ("fields", "out"),
    [
        ("items.id,total", '{"total": 1, "items": [{"id": 7}]}\n'),
        ("find=items[?title == 'Emma'].{n: id}", '[{"n": 7}]\n'),
        ("items[0].title", "Emma\n"),
    ],
)
def test_the_fields_that_are_wanted_are_written(
    cli: Callable[..., Done], source: str, fields: str, out: str
) -> None:
    answer = {"total": 1, "items": [{"id": 7, "title": "Emma"}]}
    with LoopbackServer(lambda _: Answer(200, answer)) as server:
        done = cli("call", source, "find", "--server", server.url, "--fields", fields)
    assert (done.code, done.out) == (0, out)


def test_a_field_that_is_not_there_is_told_and_the_answer_stays(
    cli: Callable[..., Done], source: str
) -> None:
    with LoopbackServer(lambda _: Answer(200, {"title": "Emma"})) as server:
        done = cli("call", source, "find", "--server", server.url, "--fields", "titel")
        wrong = cli("call", source, "find", "--server", server.url, "--fields", "a[")
    assert done.out == '{"title": "Emma"}\n'
    assert "Did you mean title?" in done.err
    assert (wrong.code, len(server.received)) == (2, 1)
    assert "--fields" in wrong.err
