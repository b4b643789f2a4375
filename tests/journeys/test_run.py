"""`openapi2tools run`: a question, a model that calls the shop's API, an answer. The model is
scripted, all the rest is real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.openai_server import OpenAIServer, calls, fails, says
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

QUESTION = "Order two copies of The Dispossessed for Mei Tanaka."
LOOK_UP = calls(
    ("search_books", {"q": "Dispossessed"}), ("search_customers", {"name": "Mei Tanaka"})
)
ORDER = calls(("create_order", {"book_id": 102, "customer_id": 201, "quantity": 2}))
AGAIN = calls(("create_order", {"book_id": 103, "customer_id": 201, "quantity": 1}))
ANSWER = says("Ordered: two copies of The Dispossessed.")


@pytest.fixture(autouse=True)
def no_other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def command(shop: Shop, *more: str) -> list[str]:
    return [
        "run",
        shop.document,
        QUESTION,
        "--auth",
        f"bearerAuth={shop.token}",
        "--model",
        "scripted",
        *more,
    ]


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_the_answer_is_all_of_standard_output_and_the_order_stands_in_the_database(
    cli: Callable[..., Done], bookshop: Shop, api: str
) -> None:
    with OpenAIServer(LOOK_UP, ORDER, ANSWER) as model:
        done = cli(*command(bookshop, "--base-url", model.url, "--api", api, "--yes"))
    assert (done.code, done.out) == (0, f"{ANSWER.text}\n")
    assert bookshop.rows("SELECT book_id, customer_id, quantity FROM orders WHERE id > 305") == [
        {"book_id": 102, "customer_id": 201, "quantity": 2}
    ]


def test_each_stage_is_told_on_standard_error(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(LOOK_UP, ORDER, ANSWER) as model:
        said = cli(*command(bookshop, "--base-url", model.url, "--yes")).err
    stages = [
        "scripted thinks (turn 1)",
        "calls search_books",
        "GET http",
        "200 in",
        "turn 2",
        "calls create_order",
        "POST http",
        "201 in",
        "turn 3",
    ]
    places = [said.index(stage) for stage in stages]
    assert places == sorted(places)
    assert bookshop.token not in said


def test_without_a_terminal_a_write_waits_and_the_run_fails(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ORDER) as model:
        done = cli(*command(bookshop, "--base-url", model.url))
    assert (done.code, done.out) == (1, "")
    assert "create_order" in done.err
    assert "--yes" in done.err
    assert len(bookshop.rows("SELECT * FROM orders")) == 5


@pytest.mark.parametrize(("said", "orders"), [("yes", 6), ("no", 5)])
def test_at_a_terminal_a_person_decides_about_each_write(
    bookshop: Shop, said: str, orders: int
) -> None:
    with (
        OpenAIServer(ORDER, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url)) as terminal,
    ):
        terminal.expect("Send this request?")
        terminal.type(said)
        assert terminal.end() == (0, f"{ANSWER.text}\n")
    assert len(bookshop.rows("SELECT * FROM orders")) == orders


def test_all_calls_of_one_tool_can_be_approved_at_once_and_no_other_tools(
    bookshop: Shop,
) -> None:
    delete = calls(("delete_book", {"book_id": 101}))
    with (
        OpenAIServer(ORDER, AGAIN, delete, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url)) as terminal,
    ):
        terminal.expect("a: all calls of create_order in this run")
        terminal.type("a")
        terminal.expect("a: all calls of delete_book in this run")
        terminal.type("n")
        assert terminal.end() == (0, f"{ANSWER.text}\n")
    assert terminal.shown.count("Send this request?") == 2
    assert len(bookshop.rows("SELECT * FROM orders")) == 7
    assert len(bookshop.rows("SELECT * FROM books WHERE id = 101")) == 1


def test_ctrl_c_at_the_question_ends_the_run_at_once(bookshop: Shop) -> None:
    with (
        OpenAIServer(ORDER) as model,
        Terminal(*command(bookshop, "--base-url", model.url)) as terminal,
    ):
        terminal.expect("Send this request?")
        terminal.interrupt()
        assert terminal.end() == (130, "")
        assert "Traceback" not in terminal.shown


def test_read_only_offers_no_writes(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(ANSWER) as model:
        cli(*command(bookshop, "--base-url", model.url, "--read-only"))
    names = {tool["function"]["name"] for tool in model.requests[0]["tools"]}
    assert "search_books" in names
    assert not names & {"create_order", "delete_book", "update_book"}


def test_who_is_asked_reads_what_the_document_has_against_it(bookshop: Shop) -> None:
    odd = calls(("create_order", {"book_id": 102, "customer_id": 201, "quantity": "two"}))
    options = ("--unchecked", "create_order")
    with (
        OpenAIServer(odd, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url, *options)) as terminal,
    ):
        terminal.expect("Send this request?")
        assert "Note: Sent unchecked, though quantity: expected an integer" in terminal.shown
        terminal.type("n")
        assert terminal.end()[0] == 0


@pytest.mark.parametrize("answer", ["y", "n"])
def test_what_was_not_sent_is_not_said_to_lack_an_answer(bookshop: Shop, answer: str) -> None:
    with (
        OpenAIServer(calls(("find_tools", {"query": "order"})), ORDER, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url, "--tools", "search")) as terminal,
    ):
        terminal.expect("Send this request?")
        terminal.type(answer)
        assert terminal.end()[0] == 0
    assert "no answer" not in terminal.shown
    assert "find_tools: {" in terminal.shown
    assert ("create_order: 201 in" in terminal.shown) == (answer == "y")


def test_read_only_offers_what_only_reads_by_the_users_word(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = ("--read-only", "--reads", "create_order")
        cli(*command(bookshop, "--base-url", model.url, *options))
    names = {tool["function"]["name"] for tool in model.requests[0]["tools"]}
    assert "create_order" in names
    assert not names & {"delete_book", "update_book"}


def test_a_model_that_never_stops_is_stopped(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(LOOK_UP, LOOK_UP, says("I looked twice")) as model:
        done = cli(*command(bookshop, "--base-url", model.url, "--max-turns", "2"))
    assert "I looked twice" in done.out
    assert model.requests[2]["tool_choice"] == "none"


def test_a_server_that_fails_is_one_sentence_without_the_key(
    cli: Callable[..., Done], bookshop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "topsecret")
    with OpenAIServer(fails(401, "Incorrect API key provided: topsecret")) as model:
        done = cli(*command(bookshop, "--base-url", model.url))
    assert (done.code, model.keys) == (1, ["Bearer topsecret"])
    assert "topsecret" not in done.err
    assert "Traceback" not in done.err


def test_the_environment_names_model_and_server(
    cli: Callable[..., Done], bookshop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(ANSWER) as model:
        monkeypatch.setenv("OPENAI_MODEL", "from-the-environment")
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        done = cli("run", bookshop.document, QUESTION)
    assert (done.code, model.requests[0]["model"]) == (0, "from-the-environment")


def test_an_answer_in_control_characters_does_not_reach_the_terminal(bookshop: Shop) -> None:
    with (
        OpenAIServer(calls(("get_book", {"book_id": 101}), text="\x1b[2J\x07"), ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url)) as terminal,
    ):
        terminal.end()
    assert "\x1b[2J" not in terminal.shown
