"""`openapi2tools inspect SOURCE TOOL`: one tool, as a person, a program or a vendor reads it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from openapi2tools import build_tools, export, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.bookshop.shop import Shop
    from tests.conftest import Done


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_tool_is_described_in_full(bookshop: Shop, cli: Callable[..., Done]) -> None:
    page = cli("inspect", bookshop.document, "create_order").out
    for text in (
        "create_order: POST /orders",
        "It writes: a call asks before it is sent, unless --yes is given.",
        "Credential: bearerAuth (a bearer token). Give it as --auth bearerAuth=env:NAME,",
        "  quantity     integer, 1 to 100, required: Number of copies",
        "  status       one of placed, shipped, cancelled",
        "create_order \\\n      book_id=1 customer_id=1 quantity=1",
    ):
        assert text in page
    assert all(len(line) <= 80 for line in page.splitlines())
    page = cli("inspect", bookshop.document, "search_books").out
    assert "It only reads." in page
    assert "  limit      integer, 1 to 100, default 10: Items on a page" in page
    assert "and as needed: q=Q genre=fiction" in page


def test_help_about_a_call_is_the_same_page(bookshop: Shop, cli: Callable[..., Done]) -> None:
    page = cli("inspect", bookshop.document, "get_book").out
    assert cli("call", bookshop.document, "get_book", "--help").out == page
    assert cli("call", bookshop.document, "-h", "get_book").out == page
    assert "Usage: openapi2tools call SOURCE TOOL" in cli("call", bookshop.document, "--help").out


def test_the_line_to_call_it_with_can_be_typed(bookshop: Shop, cli: Callable[..., Done]) -> None:
    tools = build_tools(load(bookshop.document))
    for name in tools:
        if name != "upload_cover":  # its file is one of the reader's
            line = json.loads(cli("inspect", bookshop.document, name, "--json").out)["call"]
            done = cli(*shlex.split(line)[1:], "--dry-run")
            patterns = "create_book", "create_customer"  # an example in capitals fits none
            assert done.code == 0 or name in patterns, done.err


def test_a_program_reads_it_as_json(bookshop: Shop, cli: Callable[..., Done]) -> None:
    page = json.loads(cli("inspect", bookshop.document, "cancel_order", "--json").out)
    assert page["effect"] == "write"
    assert page["arguments"]["required"] == ["order_id"]
    assert "quantity" in json.dumps(page["returns"])
    assert page["security"] == [{"bearerAuth": []}]


@pytest.mark.parametrize("format_", ["openai-chat", "anthropic", "gemini", "mcp"])
def test_a_vendor_gets_its_exact_json(
    format_: str, bookshop: Shop, cli: Callable[..., Done]
) -> None:
    done = cli("inspect", bookshop.document, "get_book", "--schema", "--format", format_)
    tools = build_tools(load(bookshop.document))
    assert json.loads(done.out) == export(tools.only(operations=["get_book"]), format_)[0]


def test_a_name_that_is_none_is_told_with_the_nearest(
    bookshop: Shop, cli: Callable[..., Done]
) -> None:
    done = cli("inspect", bookshop.document, "create_ordr")
    assert (done.code, "Did you mean create_order" in done.err) == (1, True)


def test_a_credential_is_told_as_set_and_never_shown(
    bookshop: Shop, cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_BEARERAUTH", "topsecret")
    page = cli("inspect", bookshop.document, "create_order").out
    assert "(which is set)" in " ".join(page.split())
    assert "topsecret" not in page
