"""`openapi2tools call`, from the shop's document to its database and back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.server import Answer, LoopbackServer
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

ORDER = '{"book_id": 102, "customer_id": 201, "quantity": 2}'


def test_a_reading_call_writes_the_apis_answer_and_nothing_else(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    done = cli(
        "call",
        bookshop.document,
        "search_books",
        "--args",
        '{"q": "dispossessed", "genre": ["science-fiction", "fantasy"]}',
    )
    assert (done.code, done.err) == (0, "")
    assert [book["id"] for book in json.loads(done.out)["items"]] == [102]


def test_arguments_come_from_a_file_or_from_standard_input(
    cli: Callable[..., Done], bookshop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "args.json").write_text('{"book_id": 101}')
    for given, stdin in ((f"@{tmp_path / 'args.json'}", ""), ("-", '{"book_id": 101}')):
        done = cli("call", bookshop.document, "get_book", "--args", given, stdin=stdin)
        assert json.loads(done.out)["title"] == "The Left Hand of Darkness"


def test_without_a_terminal_a_write_is_refused_and_yes_lets_it_go_out(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    command = [
        "call",
        bookshop.document,
        "create_order",
        "--args",
        ORDER,
        "--auth",
        f"bearerAuth={bookshop.token}",
    ]
    refused = cli(*command)
    assert (refused.code, refused.out) == (1, "")
    assert "--yes" in refused.err
    assert len(bookshop.rows("SELECT * FROM orders")) == 5
    assert json.loads(cli(*command, "--yes").out)["id"] == 306


def test_a_tool_that_the_user_says_to_read_goes_out_without_asking(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    command = [
        "call",
        bookshop.document,
        "create_order",
        "--args",
        ORDER,
        "--auth",
        f"bearerAuth={bookshop.token}",
    ]
    assert json.loads(cli(*command, "--reads", "create_*").out)["id"] == 306


@pytest.mark.parametrize("option", ["--reads", "--unchecked"])
def test_a_glob_that_no_tool_has_is_a_slip(
    cli: Callable[..., Done], bookshop: Shop, option: str
) -> None:
    done = cli("call", bookshop.document, "search_books", option, "create_ordr")
    assert done.code == 1
    assert f"{option} create_ordr: no tool here has a name or operationId that fits" in done.err


@pytest.mark.parametrize(("answer", "code", "orders"), [("y", 0, 6), ("n", 1, 5), ("", 1, 5)])
def test_at_a_terminal_a_person_sees_the_request_and_decides(
    bookshop: Shop, answer: str, code: int, orders: int
) -> None:
    command = [
        "call",
        bookshop.document,
        "create_order",
        "--args",
        ORDER,
        "--auth",
        f"bearerAuth={bookshop.token}",
    ]
    with Terminal(*command) as terminal:
        terminal.expect("Send this request?")
        assert "POST /orders HTTP/1.1" in terminal.shown
        assert bookshop.token not in terminal.shown
        terminal.type(answer)
        assert terminal.end()[0] == code
    assert len(bookshop.rows("SELECT * FROM orders")) == orders


def test_ctrl_c_at_the_question_sends_nothing_and_ends_with_130(bookshop: Shop) -> None:
    with Terminal(
        "call",
        bookshop.document,
        "create_order",
        "--args",
        ORDER,
        "--auth",
        f"bearerAuth={bookshop.token}",
    ) as terminal:
        terminal.expect("Send this request?")
        terminal.interrupt()
        code, out = terminal.end()
    assert (code, out, "Traceback" in terminal.shown) == (130, "", False)
    assert len(bookshop.rows("SELECT * FROM orders")) == 5


def test_a_dry_run_shows_curl_without_the_secret_and_sends_nothing(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    done = cli(
        "call",
        bookshop.document,
        "create_order",
        "--args",
        ORDER,
        "--auth",
        f"bearerAuth={bookshop.token}",
        "--dry-run",
    )
    assert done.code == 0
    assert done.out.startswith("curl -X POST")
    assert "Bearer <bearerAuth>" in done.out
    assert "POST /orders HTTP/1.1" in done.err
    assert bookshop.token not in done.out + done.err
    assert len(bookshop.rows("SELECT * FROM orders")) == 5


def test_a_credential_comes_from_the_environment(
    cli: Callable[..., Done], bookshop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", bookshop.token)
    assert (
        cli("call", bookshop.document, "list_orders", "--auth", "bearerAuth=env:SHOP_TOKEN").code
        == 0
    )
    monkeypatch.setenv("OPENAPI2TOOLS_BEARERAUTH", bookshop.token)
    assert cli("call", bookshop.document, "list_orders").code == 0


def test_a_missing_credential_is_named_with_the_ways_to_give_it(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    done = cli("call", bookshop.document, "list_orders")
    assert (done.code, done.out) == (1, "")
    assert "bearerAuth" in done.err
    assert "--auth" in done.err


def test_a_wrong_credential_is_not_repeated(cli: Callable[..., Done], bookshop: Shop) -> None:
    done = cli("call", bookshop.document, "list_orders", "--auth", "bearerAuth=topsecret")
    assert done.code == 1
    assert "401" in done.err
    assert "topsecret" not in done.err


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search_book", "{}", "Did you mean search_books"),
        ("create_order", '{"book_id": 102}', "customer_id"),
        ("get_book", '{"book_id": 999}', "There is no book with the id 999."),
    ],
)
def test_a_call_that_fails_is_one_sentence_and_exit_code_1(
    cli: Callable[..., Done],
    bookshop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    *,
    tool: str,
    arguments: str,
    said: str,
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", bookshop.token)
    done = cli(
        "call",
        bookshop.document,
        tool,
        "--args",
        arguments,
        "--yes",
        "--auth",
        "bearerAuth=env:SHOP_TOKEN",
    )
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    assert said in done.err


def test_a_null_clears_what_the_api_lets_be_cleared_and_touches_nothing_else(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    before = bookshop.rows("SELECT * FROM books WHERE id = 103")[0]
    arguments = '{"book_id": 103, "discount_percent": null}'
    cli(
        "call",
        bookshop.document,
        "update_book",
        "--args",
        arguments,
        "--yes",
        "--auth",
        f"bearerAuth={bookshop.token}",
    )
    assert bookshop.rows("SELECT * FROM books WHERE id = 103") == [
        {**before, "discount_percent": None}
    ]


def test_a_file_is_uploaded_from_an_allowed_folder(
    cli: Callable[..., Done], bookshop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", bookshop.token)
    (tmp_path / "cover.png").write_bytes(b"\x89PNG")
    arguments = json.dumps(
        {
            "book_id": 101,
            "picture": {"path": str(tmp_path / "cover.png")},
            "caption": "First edition",
        }
    )
    command = [
        "call",
        bookshop.document,
        "upload_cover",
        "--args",
        arguments,
        "--yes",
        "--auth",
        "bearerAuth=env:SHOP_TOKEN",
    ]
    done = cli(*command, "--files", str(tmp_path))
    assert (done.code, done.err) == (0, "")
    assert bookshop.rows("SELECT file_name, bytes, caption FROM covers") == [
        {"file_name": "cover.png", "bytes": 4, "caption": "First edition"}
    ]


def test_a_document_without_a_server_needs_one(
    cli: Callable[..., Done], bookshop: Shop, tmp_path: Path
) -> None:
    import httpx

    (tmp_path / "shop.json").write_bytes(httpx.get(bookshop.document, trust_env=False).content)
    command = ["call", str(tmp_path / "shop.json"), "get_book", "--args", '{"book_id": 101}']
    done = cli(*command)
    assert done.code == 1
    assert "--server" in done.err
    assert json.loads(cli(*command, "--server", bookshop.url).out)["id"] == 101


def test_the_next_page_is_offered(cli: Callable[..., Done], bookshop: Shop) -> None:
    done = cli("call", bookshop.document, "search_books", "--args", '{"limit": 5}')
    assert len(json.loads(done.out)["items"]) == 5
    assert "offset" in done.err


def test_bytes_are_written_as_they_came(cli: Callable[..., Done], tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n\x00\xff"
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Pictures", "version": "1"},
        "paths": {
            "/logo": {
                "get": {
                    "operationId": "logo",
                    "responses": {"200": {"description": "A logo", "content": {"image/png": {}}}},
                }
            }
        },
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    with LoopbackServer(lambda _: Answer(200, picture, {"Content-Type": "image/png"})) as server:
        command = [
            sys.executable,
            "-m",
            "openapi2tools",
            "call",
            str(tmp_path / "api.json"),
            "logo",
            "--server",
            server.url,
        ]
        assert subprocess.run(command, capture_output=True, check=True).stdout == picture


def test_an_answer_goes_into_a_file(
    cli: Callable[..., Done], bookshop: Shop, tmp_path: Path
) -> None:
    command = ["call", bookshop.document, "get_book", "--args", '{"book_id": 101}', "--output"]
    done = cli(*command, str(tmp_path / "book.json"))
    assert (done.code, done.out) == (0, "")
    assert str(tmp_path / "book.json") in done.err
    assert json.loads((tmp_path / "book.json").read_bytes())["id"] == 101
    nowhere = cli(*command, str(tmp_path / "none" / "book.json"))
    assert nowhere.code != 0
    assert "--output" in nowhere.err
