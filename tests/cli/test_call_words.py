"""`openapi2tools call` with arguments as people type them, and its answers on a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.server import Answer, LoopbackServer, Received
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

TAGS = {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}
FIND: dict[str, Any] = {"operationId": "find", "parameters": [TAGS, LIMIT], "responses": {}}
FIELDS = {
    "name": {"type": "string", "description": "What it is called."},
    "size": {"enum": ["small", "large"]},
    "owner": {
        "type": "object",
        "properties": {"age": {"type": "integer"}},
        "required": ["age"],
    },
    "note": {"type": "string"},
}
BODY = {"type": "object", "properties": FIELDS, "required": ["name", "size", "owner"]}
MAKE: dict[str, Any] = {
    "operationId": "make",
    "requestBody": {"content": {"application/json": {"schema": BODY}}},
    "responses": {},
}
SEND: dict[str, Any] = {
    "operationId": "send",
    "requestBody": {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {},
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LoopbackServer]:
    """Serve things; the document is `api.json`."""
    headers = {"Content-Type": "application/json", "X-Total-Count": "2", "Set-Cookie": "id=hush"}
    with LoopbackServer(lambda _: Answer(200, {"things": [1, True, "é"]}, headers)) as running:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "servers": [{"url": running.url}],
            "paths": {"/things": {"get": FIND, "post": MAKE, "put": SEND}},
        }
        (tmp_path / "api.json").write_text(json.dumps(document))
        yield running


@pytest.mark.parametrize(
    "words",
    [
        ["tags=a", "tags=b c", "limit=5"],
        ["tags=a", "--tags", "b c", "limit:=5"],
        ["--limit", "5", "tags=a", "tags=b c"],
        ["--limit=5", "tags=a", "tags=b c"],
        ["limit=5", "--args", '{"tags": ["a", "b c"], "limit": 4}'],
    ],
)
def test_typed_arguments_flags_and_json_go_together(
    words: list[str], server: LoopbackServer, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("call", str(tmp_path / "api.json"), "find", *words)
    assert done.code == 0, done.err
    (received,) = server.received
    assert sorted(received.query.split("&")) == ["limit=5", "tags=a", "tags=b%20c"]


def test_a_file_is_sent_by_its_name_and_needs_no_folder(
    server: LoopbackServer, cli: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    call = ("call", str(tmp_path / "api.json"), "send", "-y")
    assert cli(*call, f"body@{tmp_path / 'a.png'}").code == 0
    assert server.received[-1].body == b"\x89PNG"
    missing = cli(*call, f"body@{tmp_path / 'b.png'}")
    assert missing.code == 1
    assert "b.png' cannot be read: No such file" in missing.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["limt=5"], 2, "find: limt: there is no such argument. Did you mean limit?"),
        (["--limt", "5"], 2, "Did you mean --limit?"),
        (["--tags"], 2, "find: --tags needs a value: --tags VALUE, or tags=VALUE."),
        (["--tags", "a", "--srver", "x"], 2, "--srver: there is no such option"),
        (["limit=ten"], 1, 'limit: expected an integer, got "ten".'),
        (["limit=ten"], 1, "api.json find` describes them; -i asks for them."),
        (["limit=99"], 1, "limit: the value is greater than the maximum of 9, got 99."),
        (["--ask"], 2, "there is no terminal to ask at: give name=VALUE."),
    ],
)
def test_what_is_typed_wrongly_is_told_and_nothing_is_sent(
    words: list[str],
    code: int,
    said: str,
    *,
    server: LoopbackServer,
    cli: Callable[..., Done],
    tmp_path: Path,
) -> None:
    done = cli("call", str(tmp_path / "api.json"), "find", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not server.received


def test_an_option_before_the_tool_is_the_commands(cli: Callable[..., Done]) -> None:
    done = cli("call", "--servr", "x.json", "tool")
    assert done.code == 2
    assert "there is no option --servr before SOURCE. Did you mean --server?" in done.err


def test_a_pipe_gets_one_line_and_the_headers_go_beside_it(
    server: LoopbackServer, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("call", str(tmp_path / "api.json"), "find", "--headers")
    assert done.out == '{"things": [1, true, "é"]}\n'
    lines = done.err.splitlines()
    assert lines[0] == "200 OK"
    assert "x-total-count: 2" in lines
    assert "hush" not in done.err


def test_the_answer_goes_to_a_file(
    server: LoopbackServer, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("call", str(tmp_path / "api.json"), "find", "-o", str(tmp_path / "out"))
    assert done.code == 0
    assert json.loads((tmp_path / "out").read_text()) == {"things": [1, True, "é"]}


def test_a_terminal_gets_colours_and_lines(server: LoopbackServer, tmp_path: Path) -> None:
    call = ("call", str(tmp_path / "api.json"), "find")
    environment = {"COLORTERM": "", "NO_COLOR": ""}
    with Terminal(*call, environment=environment, out_too=True) as terminal:
        assert terminal.end()[0] == 0
    assert "\x1b[" in terminal.shown
    with Terminal(*call, environment={"NO_COLOR": "1"}, out_too=True) as terminal:
        assert terminal.end()[0] == 0
    lines = ["{", '  "things": [', "    1,", "    true,", '    "é"', "  ]", "}"]
    assert terminal.shown.splitlines()[-len(lines) :] == lines


def test_each_missing_argument_is_asked_for_at_a_terminal(
    server: LoopbackServer, tmp_path: Path
) -> None:
    with Terminal("call", str(tmp_path / "api.json"), "make", "name=Ann", "-i", "-y") as terminal:
        terminal.expect("body.size (one of small, large)")
        terminal.type("lagre")
        terminal.expect("Did you mean large?")
        terminal.type("large")
        terminal.expect("body.owner.age (integer)")
        terminal.type("7")
        terminal.expect("More, as name=value (")
        terminal.type("nte=x")
        terminal.expect("Did you mean note?")
        terminal.type("note=a b")
        terminal.expect("More", seconds=60)
        terminal.type("")
        code, _ = terminal.end()
    assert code == 0, terminal.shown
    assert server.received[-1].json() == {
        "name": "Ann",
        "size": "large",
        "owner": {"age": 7},
        "note": "a b",
    }


def test_an_order_is_typed_in_full(bookshop: Shop, cli: Callable[..., Done]) -> None:
    words = ["book_id=102", "customer_id=201", "quantity=2"]
    auth = ("--auth", f"bearerAuth={bookshop.token}")
    done = cli("call", bookshop.document, "create_order", *words, *auth, "-y")
    assert done.code == 0, done.err
    assert json.loads(done.out)["quantity"] == 2


def test_the_next_page_is_told_in_words_that_can_be_typed(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    def pages(received: Received) -> Answer:
        link = '</things?limit=1&page=2>; rel="next"'
        return Answer(200, "[1]", {"Content-Type": "application/json", "Link": link})

    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    operation = {**FIND, "parameters": [LIMIT, page]}
    with LoopbackServer(pages) as running:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Things", "version": "1"},
            "servers": [{"url": running.url}],
            "paths": {"/things": {"get": operation}},
        }
        (tmp_path / "paged.json").write_text(json.dumps(document))
        done = cli("call", str(tmp_path / "paged.json"), "find", "limit=1")
    assert "There is more: limit=1 page=2 gives the next page." in done.err
