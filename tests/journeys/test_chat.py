"""`openapi2tools chat`: a conversation at a real terminal, with a scripted model and the shop's
API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.openai_server import HeldBack, OpenAIServer, calls, says
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

LOOK_UP = calls(("search_books", {"q": "Dispossessed"}))
ORDER = calls(("create_order", {"book_id": 102, "customer_id": 201, "quantity": 2}))
AGAIN = calls(("create_order", {"book_id": 103, "customer_id": 201, "quantity": 1}))
ANSWER = says("**Ordered**:\n\n- two copies\n- of *The Dispossessed*")
ENTER, NEW_LINE, TAB, CTRL_C, CTRL_D = "\r", "\x1b\r", "\t", "\x03", "\x04"


@pytest.fixture(autouse=True)
def no_other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def options(shop: Shop, model: OpenAIServer) -> list[str]:
    auth = ["--auth", f"bearerAuth={shop.token}"]
    return [shop.document, *auth, "--model", "scripted", "--base-url", model.url]


class Chat(Terminal):
    """A conversation; `ask` types a line once the prompt is there."""

    def __init__(self, shop: Shop, model: OpenAIServer, *more: str) -> None:
        super().__init__("chat", *options(shop, model), *more, out_too=True)
        self.expect_next("/help shows the commands.")

    def ask(self, line: str) -> None:
        self.expect_next(">")
        self.press(line + ENTER)

    def leave(self) -> None:
        self.expect_next(">")
        self.press(CTRL_D)
        assert self.end()[0] == 0


def orders(shop: Shop) -> list[dict[str, Any]]:
    return shop.rows("SELECT book_id, quantity FROM orders WHERE id > 305")


def test_a_conversation_is_one_session_whose_answers_are_markdown(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    with OpenAIServer(LOOK_UP, ANSWER, says("Two.")) as model:
        with Chat(bookshop, model, "--session", "mei") as chat:
            chat.ask("Find it")
            chat.expect_next('search_books {"q": "Dispossessed"}: 200 in')
            chat.expect_next("• two copies")
            chat.expect_next("2 turns, 200 tokens read")
            chat.ask("How many?")
            chat.expect_next("Two.")
            chat.expect_next("1 turn,")
            chat.leave()
        assert "**Ordered**" not in chat.text
        assert "Session mei" in chat.text
    asked = [each["content"] for each in model.requests[2]["messages"] if each["role"] == "user"]
    assert asked == ["Find it", "How many?"]
    assert "Two." in cli("sessions", "show", "mei").out


def test_a_question_may_have_several_lines(bookshop: Shop) -> None:
    with OpenAIServer(says("Yes.")) as model, Chat(bookshop, model) as chat:
        chat.ask(f"One{NEW_LINE}two")
        chat.expect_next("Yes.")
        chat.leave()
    assert model.requests[0]["messages"][-1]["content"] == "One\ntwo"


def test_questions_are_remembered_from_one_conversation_to_the_next(bookshop: Shop) -> None:
    with OpenAIServer(says("Yes."), says("Again.")) as model:
        with Chat(bookshop, model) as chat:
            chat.ask("Is it so?")
            chat.expect_next("Yes.")
            chat.leave()
        with Chat(bookshop, model) as chat:
            chat.ask("\x1b[A")  # the key up
            chat.expect_next("Again.")
            chat.leave()
    assert model.requests[1]["messages"][-1]["content"] == "Is it so?"


def test_a_yes_to_all_of_a_tool_lasts_for_the_conversation_until_it_is_taken_back(
    bookshop: Shop,
) -> None:
    with (
        OpenAIServer(ORDER, ANSWER, AGAIN, says("Done."), ORDER, says("Not done.")) as model,
        Chat(bookshop, model) as chat,
    ):
        chat.ask("Order it")
        chat.expect_next("[y/N/a/e]")
        chat.press(f"a{ENTER}")
        chat.expect_next("2 turns")
        chat.ask("And another")
        chat.expect_next("Done.")
        chat.expect_next("2 turns")
        chat.ask("/policy reset")
        chat.expect_next("Asked about: every write.")
        chat.ask("Once more")
        chat.expect_next("[y/N/a/e]")
        chat.press(f"n{ENTER}")
        chat.expect_next("Not done.")
        chat.leave()
    assert orders(bookshop) == [
        {"book_id": 102, "quantity": 2},
        {"book_id": 103, "quantity": 1},
    ]


def test_arguments_are_edited_where_they_stand(bookshop: Shop) -> None:
    with OpenAIServer(ORDER, ANSWER) as model, Chat(bookshop, model) as chat:
        chat.ask("Order it")
        chat.expect_next("[y/N/a/e]")
        chat.press(f"e{ENTER}")
        chat.expect_next("arguments (JSON)")
        chat.press(f"\x05\x7f\x7f1}}{ENTER}")  # to the end, two back, and the new end
        chat.expect_next('"quantity":1}')
        chat.expect_next("[y/N/a/e]")
        chat.press(f"y{ENTER}")
        chat.expect_next("2 turns")
        chat.leave()
    assert orders(bookshop) == [{"book_id": 102, "quantity": 1}]


def test_ctrl_c_ends_the_turn_and_not_the_program(bookshop: Shop) -> None:
    held = HeldBack("I thi ... nk")
    with OpenAIServer(held.answer, says("Here.")) as model, Chat(bookshop, model) as chat:
        chat.ask("Think")
        chat.expect_next("I thi")
        chat.signal()
        chat.expect_next("Stopped.")
        chat.ask("Are you there?")
        chat.expect_next("Here.")
        chat.leave()
        held.released.set()


def test_ctrl_c_at_the_question_leaves_it_open_and_the_next_question_gives_it_up(
    bookshop: Shop,
) -> None:
    with OpenAIServer(ORDER, says("All right.")) as model, Chat(bookshop, model) as chat:
        chat.ask("Order it")
        chat.expect_next("[y/N/a/e]")
        chat.press(CTRL_C)
        chat.expect_next("1 turn")
        chat.ask("No, leave it")
        chat.expect_next("All right.")
        chat.leave()
    assert orders(bookshop) == []
    assert "given up" in json.dumps(model.requests[1]["messages"])


def test_a_conversation_that_was_killed_at_a_question_goes_on_where_it_was(
    bookshop: Shop,
) -> None:
    with OpenAIServer(ORDER, ANSWER) as model:
        with Chat(bookshop, model) as chat:
            chat.ask("Order it")
            chat.expect_next("[y/N/a/e]")
            chat.kill()
        with Chat(bookshop, model, "--continue") as chat:
            chat.expect_next("[y/N/a/e]")
            chat.press(f"y{ENTER}")
            chat.expect_next("• two copies")
            chat.expect_next("1 turn,")
            chat.leave()
    assert orders(bookshop) == [{"book_id": 102, "quantity": 2}]


def test_commands_show_tools_requests_and_tokens_and_save_the_record(
    bookshop: Shop, tmp_path: Path
) -> None:
    with OpenAIServer(LOOK_UP, ANSWER) as model, Chat(bookshop, model, "--price", "1,1") as chat:
        chat.ask("Find it")
        chat.expect_next("2 turns")
        chat.ask("/tools order")
        chat.expect_next("cancel_order")
        chat.ask("/find find customers by name")
        chat.expect_next("customers")
        chat.ask("/why")
        chat.expect_next("# search_books: 200")
        chat.expect_next("Authorization: Bearer <bearerAuth>")
        chat.ask("/usage")
        chat.expect_next("2 turns, 200 tokens read (100 of them cached), 20 written, cost 0.0002")
        chat.ask(f"/save {tmp_path}/talk.md")
        chat.expect_next("Saved to")
        chat.ask("/toolz")
        chat.expect_next("/tools")
        chat.ask("/quit")
        assert chat.end()[0] == 0
    assert bookshop.token not in chat.text
    saved = (tmp_path / "talk.md").read_text()
    assert "> Find it" in saved
    assert "search_books" in saved


def test_a_person_calls_a_tool_with_completed_names_and_by_the_policy(bookshop: Shop) -> None:
    with OpenAIServer() as model, Chat(bookshop, model) as chat:
        chat.expect_next(">")
        chat.press(f"/ca{TAB}")
        chat.expect_next("/call")
        chat.press(f" search_b{TAB}")
        chat.expect_next("search_books")
        chat.press(f" q{TAB}")
        chat.expect_next("q=")
        chat.press(f"Dispossessed{ENTER}")
        chat.expect_next("200: ")
        chat.expect_next("The Dispossessed")
        chat.ask("/call create_order book_id=102 customer_id=201 quantity=2")
        chat.expect_next("[y/N/a/e]")
        chat.press(f"n{ENTER}")
        chat.expect_next("not sent: ")
        chat.ask("/call create_order book_id=102 customer_id=201 quantity=1")
        chat.expect_next("[y/N/a/e]")
        chat.press(f"a{ENTER}")
        chat.expect_next("201: ")
        chat.ask("/call create_order book_id=103 customer_id=201 quantity=1")
        chat.expect_next("201: ")
        chat.leave()
    assert orders(bookshop) == [{"book_id": 102, "quantity": 1}, {"book_id": 103, "quantity": 1}]


def test_without_a_terminal_there_is_no_conversation(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    done = cli("chat", bookshop.document)
    assert (done.code, "openapi2tools run" in done.err) == (2, True)


def test_without_the_extra_its_command_is_told(
    cli: Callable[..., Done], bookshop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openapi2tools.cli.conversation.prompt.find_spec", lambda _: None)
    done = cli("chat", bookshop.document)
    assert (done.code, "[chat]" in done.err) == (1, True)
