"""`openapi2tools run`: a question, a model that calls the shop's API, an answer. The model is
scripted, all the rest is real."""

from __future__ import annotations

import json
import shlex
import threading
from typing import TYPE_CHECKING

import pyte
import pytest

from tests.support.openai_server import (
    HeldBack,
    OpenAIServer,
    calls,
    chat_chunks,
    chat_completion,
    fails,
    says,
)
from tests.support.pets import DOCUMENT
from tests.support.server import Answer, LoopbackServer, Received
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        '  search_books {"q": "Dispossessed"}: 200 in',
        "turn 2",
        '  create_order {"book_id": 102',
        "201 in",
        "turn 3",
        "3 turns, 300 tokens read (150 of them cached), 30 written",
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
    assert '{"book_id":102,"customer_id":201,"quantity":2}' in done.err
    assert "--yes" in done.err
    assert len(bookshop.rows("SELECT * FROM orders")) == 5


@pytest.mark.parametrize(("answer", "orders"), [("--approve", 6), ("--decline", 5)])
def test_the_yes_can_be_given_later_by_the_command_that_is_told(
    cli: Callable[..., Done], bookshop: Shop, answer: str, orders: int
) -> None:
    with OpenAIServer(ORDER, ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        waiting = cli("run", bookshop.document, QUESTION, *options)
        told = next(line for line in waiting.err.splitlines() if answer in line)
        words = shlex.split(told.partition("(")[0])
        assert words[0] == "openapi2tools"
        done = cli(*words[1:], *options)
    assert (done.code, done.out) == (0, f"{ANSWER.text}\n")
    assert len(bookshop.rows("SELECT * FROM orders")) == orders
    again = cli(*words[1:], *options)
    assert (again.code, "no call of the session" in again.err) == (2, True)


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
    assert '  find_tools {"query": "order"}: {' in terminal.shown
    assert ("}: 201 in" in terminal.shown) == (answer == "y")
    assert ("}: not sent: " in terminal.shown) == (answer == "n")


def test_read_only_offers_what_only_reads_by_the_users_word(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = ("--read-only", "--reads", "create_order")
        cli(*command(bookshop, "--base-url", model.url, *options))
    names = {tool["function"]["name"] for tool in model.requests[0]["tools"]}
    assert "create_order" in names
    assert not names & {"delete_book", "update_book"}


@pytest.mark.parametrize(
    "limit", [("--max-turns", "1"), ("--max-tokens", "100"), ("--max-seconds", "0.001")]
)
def test_at_a_limit_the_answer_is_what_there_is_and_the_session_goes_on(
    cli: Callable[..., Done], bookshop: Shop, limit: tuple[str, str]
) -> None:
    part = says("I found two, and looked no further.")
    with OpenAIServer(LOOK_UP, part, ANSWER) as model:
        done = cli(*command(bookshop, "--base-url", model.url, *limit))
        assert (done.code, done.out) == (1, f"{part.text}\n")
        assert f"This is no whole answer: {limit[0]} is reached." in done.err
        options = command(bookshop, "--base-url", model.url)[3:]
        again = cli("run", bookshop.document, "Go on", *options, "--continue")
    assert (again.code, again.out) == (0, f"{ANSWER.text}\n")


def test_the_model_is_told_what_the_caller_says_besides(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ANSWER) as model:
        context = ("--context", "Mei Tanaka asks, of the Osaka shop.")
        cli(*command(bookshop, "--base-url", model.url, *context))
    assert "of the Osaka shop" in json.dumps(model.requests[0]["messages"])


def test_a_stream_that_breaks_is_told_and_its_answer_is_shown_once(bookshop: Shop) -> None:
    broken = Answer(
        200,
        headers={"Content-Type": "text/event-stream"},
        chunks=list(chat_chunks(chat_completion(says("Half of it"), 1)))[:2],
    )
    with (
        OpenAIServer(broken, says("All of it.")) as model,
        Terminal(*command(bookshop, "--base-url", model.url), out_too=True) as terminal,
    ):
        assert terminal.end()[0] == 0
    assert "The model is asked again" in terminal.text
    screen = pyte.Screen(120, 40)  # what is still coming is drawn again and again, in its place
    pyte.Stream(screen).feed(terminal.shown)
    assert "\n".join(screen.display).count("All of it.") == 1


def test_an_answer_that_is_there_already_is_shown_again(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        cli("run", bookshop.document, QUESTION, *options)
        again = ("run", bookshop.document, *options, "--continue")
        assert cli(*again).out == f"{ANSWER.text}\n"
        with Terminal(*again, out_too=True) as terminal:
            assert terminal.end()[0] == 0
    assert ANSWER.text in terminal.text


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


# --- what is shown -------------------------------------------------------------------------------


def test_events_are_lines_of_json(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(LOOK_UP, ORDER, ANSWER) as model:
        done = cli(*command(bookshop, "--base-url", model.url, "--yes", "--json"))
    events = [json.loads(line) for line in done.out.splitlines()]
    kinds = [event["type"] for event in events]
    assert kinds[0] == "turn_started"
    assert kinds.count("call_finished") == 3
    assert (kinds[-1], events[-1]["answer"]["text"]) == ("answered", ANSWER.text)
    assert bookshop.token not in done.out
    assert "thinks" not in done.err


def test_quiet_shows_the_answer_alone(
    cli: Callable[..., Done], bookshop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", bookshop.token)
    with OpenAIServer(LOOK_UP, ANSWER) as model:
        auth = ("--auth", "bearerAuth=env:SHOP_TOKEN", "--model", "scripted", "--quiet")
        done = cli("run", bookshop.document, QUESTION, *auth, "--base-url", model.url)
    assert done == type(done)(0, f"{ANSWER.text}\n", "")


@pytest.mark.parametrize("word", [[], ["-"]])
def test_the_question_may_come_from_standard_input(
    cli: Callable[..., Done], bookshop: Shop, word: list[str]
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        done = cli("run", bookshop.document, *word, *options, stdin="How many?\nAll of them.\n")
    assert done.code == 0, done.err
    assert model.requests[0]["messages"][-1]["content"] == "How many?\nAll of them."


def test_without_any_question_the_person_is_told(cli: Callable[..., Done], bookshop: Shop) -> None:
    done = cli("run", bookshop.document, "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert (done.code, "QUESTION" in done.err) == (2, True)


def test_options_of_the_model_go_into_each_request(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = ("--model-option", "temperature=0", "--model-option", "user=mei")
        cli(*command(bookshop, "--base-url", model.url, *options))
    assert (model.requests[0]["temperature"], model.requests[0]["user"]) == (0, "mei")


@pytest.mark.parametrize(
    ("price", "told"), [("10,20", "cost 0.0012"), ("10,20,1", "cost 0.0008"), (None, None)]
)
def test_the_cost_is_told_where_the_user_says_what_tokens_cost(
    cli: Callable[..., Done], bookshop: Shop, price: str | None, told: str | None
) -> None:
    with OpenAIServer(ANSWER) as model:
        options = ("--price", price) if price else ()
        said = cli(*command(bookshop, "--base-url", model.url, *options)).err
    assert (told or "written") in said
    assert ("cost" in said) == (told is not None)


@pytest.mark.parametrize(
    "options",
    [
        ("--price", "cheap"),
        ("--price", "1"),
        ("--price", "1,-1"),
        ("--model-option", "temperature"),
        ("--model-option", "messages=[]"),
        ("--session", "x", "--continue"),
        ("--approve", "--decline"),
    ],
)
def test_options_that_say_nothing_are_wrong_usage(
    cli: Callable[..., Done], bookshop: Shop, options: tuple[str, ...]
) -> None:
    done = cli(*command(bookshop, "--base-url", "http://127.0.0.1:9/v1", *options))
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("Error: ")
    assert options[0] in done.err or options[-1] in done.err


@pytest.mark.parametrize("out_too", [True, False])
def test_text_is_shown_while_it_streams_and_once(bookshop: Shop, out_too: bool) -> None:
    held = HeldBack("One two ... three four")
    with (
        OpenAIServer(held.answer) as model,
        Terminal(*command(bookshop, "--base-url", model.url), out_too=out_too) as terminal,
    ):
        terminal.expect("One two")
        assert "three" not in terminal.text
        assert "scripted thinks (turn 1)" in terminal.text
        held.released.set()
        code, out = terminal.end()
    assert code == 0
    assert out == ("" if out_too else "One two ... three four\n")
    assert "One two ... three four" in terminal.text


def test_arguments_can_be_edited_before_they_are_approved(bookshop: Shop) -> None:
    with (
        OpenAIServer(ORDER, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url)) as terminal,
    ):
        terminal.expect_next("[y/N/a/e]")
        terminal.type("e")
        terminal.expect_next("arguments (JSON):")
        terminal.type("{quantity: 1}")
        terminal.expect_next("This is no JSON")
        terminal.type('{"book_id": 102, "customer_id": 201, "quantity": 1}')
        terminal.expect_next('"quantity":1}')
        terminal.expect_next("[y/N/a/e]")
        terminal.type("y")
        assert terminal.end()[0] == 0
    assert bookshop.rows("SELECT quantity FROM orders WHERE id > 305") == [{"quantity": 1}]
    assert "changed the arguments" in json.dumps(model.requests[1]["messages"][-1])


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_goes_on_with_another_question(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(LOOK_UP, ANSWER, says("Two.")) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        cli("run", bookshop.document, QUESTION, *options, "--session", "mei")
        done = cli("run", bookshop.document, "How many copies?", *options, "--continue")
    assert done.out == "Two.\n"
    asked = [each["content"] for each in model.requests[-1]["messages"] if each["role"] == "user"]
    assert asked == [QUESTION, "How many copies?"]


def test_what_is_not_to_be_kept_is_not(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(ANSWER) as model:
        cli(*command(bookshop, "--base-url", model.url, "--no-session"))
    assert json.loads(cli("sessions", "list", "--json").out) == []


def test_a_run_that_was_killed_at_a_question_goes_on_from_the_command_line(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(LOOK_UP, ORDER, ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        with Terminal("run", bookshop.document, QUESTION, *options) as terminal:
            terminal.expect("Send this request?")
            terminal.kill()
        with Terminal("run", bookshop.document, *options, "--continue") as terminal:
            terminal.expect("Send this request?")
            terminal.type("y")
            assert terminal.end() == (0, f"{ANSWER.text}\n")
    assert len(bookshop.rows("SELECT * FROM orders")) == 6
    assert len(model.requests) == 3


def test_a_run_that_was_killed_while_the_model_wrote_asks_it_again(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    held = HeldBack("Or ... dered")
    with OpenAIServer(LOOK_UP, held.answer, ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        with Terminal("run", bookshop.document, QUESTION, *options) as terminal:
            terminal.expect("Or ")
            terminal.kill()
        held.released.set()
        done = cli("run", bookshop.document, *options, "--continue")
    assert (done.code, done.out) == (0, f"{ANSWER.text}\n")
    assert [each["role"] for each in model.requests[2]["messages"]].count("tool") == 2


def test_two_programs_do_not_run_one_session(cli: Callable[..., Done], bookshop: Shop) -> None:
    with OpenAIServer(ORDER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        with Terminal("run", bookshop.document, QUESTION, *options, "--session", "mei") as terminal:
            terminal.expect("Send this request?")
            done = cli("run", bookshop.document, *options, "--session", "mei")
    assert (done.code, "in use" in done.err) == (1, True)


def test_a_run_that_ctrl_c_ended_goes_on(cli: Callable[..., Done], bookshop: Shop) -> None:
    held = HeldBack("Or ... dered")
    with OpenAIServer(LOOK_UP, held.answer, ANSWER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        with Terminal("run", bookshop.document, QUESTION, *options, out_too=True) as terminal:
            terminal.expect("Or ")
            terminal.signal()
            assert terminal.end()[0] == 130
        held.released.set()
        assert "--continue takes it up" in terminal.text
        assert "Traceback" not in terminal.text
        done = cli("run", bookshop.document, *options, "--continue")
    assert (done.code, done.out) == (0, f"{ANSWER.text}\n")


def test_a_write_under_way_when_the_run_was_killed_is_not_made_again(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    arrived, released = threading.Event(), threading.Event()

    def answer(_: Received) -> Answer:
        arrived.set()
        released.wait(60)
        return Answer(201, {"id": 1})

    add = calls(("add_pet", {"name": "Ada"}))
    with LoopbackServer(answer) as api, OpenAIServer(add, says("I cannot tell.")) as model:
        document = tmp_path / "pets.json"
        document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": api.url}]}))
        options = ("--model", "scripted", "--base-url", model.url, "--yes")
        with Terminal("run", str(document), "Add Ada", *options) as terminal:
            assert arrived.wait(60)
            terminal.kill()
        released.set()
        done = cli("run", str(document), *options, "--continue")
    assert (done.code, done.out) == (0, "I cannot tell.\n")
    assert [each.method for each in api.received] == ["POST", "GET"]  # it looked
    assert "nobody knows whether it took effect" in json.dumps(model.requests[1]["messages"])
    assert f"Nobody knows whether this took effect: POST {api.url}/pets" in done.err
    assert "sessions settle" in done.err


def test_the_person_at_the_terminal_says_what_became_of_a_write(
    tmp_path: Path,
) -> None:
    def answer(request: Received) -> Answer:
        if request.method == "POST":
            raise ConnectionResetError
        return Answer(200, [])

    add = calls(("add_pet", {"name": "Ada"}))
    with LoopbackServer(answer) as api, OpenAIServer(add, add, says("It is there.")) as model:
        document = tmp_path / "pets.json"
        document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": api.url}]}))
        options = ("--model", "scripted", "--base-url", model.url, "--yes")
        with Terminal("run", str(document), "Add Ada", *options) as terminal:
            terminal.expect("[d/n/s]")
            assert f"POST {api.url}/pets went out at" in terminal.text
            terminal.type("d\n")
            assert terminal.end()[0] == 0
    assert [each.method for each in api.received].count("POST") == 1
    assert "and took effect. The person in charge says so." in json.dumps(model.requests[2])


def test_a_new_question_while_calls_wait_is_told_the_options(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ORDER) as model:
        options = command(bookshop, "--base-url", model.url)[3:]
        cli("run", bookshop.document, QUESTION, *options)
        done = cli("run", bookshop.document, "Something else", *options, "--continue")
    assert (done.code, done.out) == (1, "")
    assert "--approve or --decline" in done.err


def test_events_tell_what_waits_and_nothing_else_is_on_standard_output(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(ORDER) as model:
        done = cli(*command(bookshop, "--base-url", model.url, "--json"))
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [call["tool"] for call in events[-1]["answer"]["pending"]] == ["create_order"]
    assert (done.code, "--approve" in done.err) == (1, True)


def test_a_call_is_one_line_of_the_terminal(bookshop: Shop) -> None:
    with (
        OpenAIServer(LOOK_UP, ANSWER) as model,
        Terminal(*command(bookshop, "--base-url", model.url), out_too=True) as terminal,
    ):
        assert terminal.end()[0] == 0
    lines = [line for line in terminal.text.splitlines() if line.startswith("  search_")]
    assert len(lines) == 2
    assert all(len(line) <= 120 for line in lines)


def test_a_session_holds_every_request_and_no_secret(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(LOOK_UP, ORDER, ANSWER) as model:
        options = ("--yes", "--session", "mei")
        cli(*command(bookshop, "--base-url", model.url, *options))
    shown = cli("sessions", "show", "mei", "--curl").out
    assert shown.count("curl -X ") == 3
    assert shown.count("Authorization: Bearer <bearerAuth>") == 3
    assert bookshop.token not in shown + cli("sessions", "show", "mei", "--json").out


def test_a_limit_of_cost_wants_a_price(cli: Callable[..., Done], bookshop: Shop) -> None:
    done = cli(*command(bookshop, "--max-cost", "0.5"))
    assert (done.code, "with --price" in done.err) == (2, True)
    with OpenAIServer(LOOK_UP, ANSWER) as model:
        priced = ("--base-url", model.url, "--price", "10,20", "--max-cost", "0.0001")
        done = cli(*command(bookshop, *priced))
    assert (done.code, "--max-cost is reached" in done.err) == (1, True)
