"""What is told of a failure fits what the API says, and what the call may have done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openapi2tools.call.connect import connect
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from openapi2tools.model import Result
    from tests.support.server import Received


def failed(method: str, status: int, body: object = "") -> Result:
    with LoopbackServer(lambda _: Answer(status, body)) as server:  # type: ignore[arg-type]
        return connect(tools(tool(server.url, method=method)), retries=0).call("t")


@pytest.mark.parametrize(
    "words",
    [
        "Study not found",
        "Zone 'a' does not exist",
        "invalid value for limit",
        "name is required",
        "expected an integer",
        "duplicate key value",
        "KeyError: 'id'",
    ],
)
def test_a_500_that_speaks_of_the_arguments_is_not_told_as_a_failure_only(words: str) -> None:
    text = failed("GET", 500, {"detail": words}).text
    assert "may be about the arguments" in text
    assert "not the arguments" not in text


@pytest.mark.parametrize(
    "words", ["", "Internal Server Error", "An unexpected error", "Unknown error"]
)
def test_a_500_that_says_nothing_else_is_a_failure(words: str) -> None:
    assert "not the arguments: try once more later" in failed("GET", 500, words).text


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("words", ["", "not found"])
def test_after_a_write_nobody_is_told_to_try_again(method: str, status: int, words: str) -> None:
    text = failed(method, status, words).text
    assert f"The {method} may have taken effect: look before you repeat it." in text
    assert "try" not in text.lower()


def test_a_write_whose_answer_breaks_off_is_not_to_be_tried_again() -> None:
    broken = Answer(200, chunks=[b"[1"], headers={"Content-Length": "10"})
    with LoopbackServer(lambda _: broken) as server:
        writing = connect(tools(tool(server.url, method="POST"))).call("t")
        assert len(server.received) == 1
        reading = connect(tools(tool(server.url)), retries=0).call("t")
    assert writing.text.endswith("It may have taken effect: look before you repeat it.")
    assert "Try again" not in writing.text
    assert reading.text.endswith("broke before the answer was complete. Try again.")


def test_a_read_whose_answer_breaks_off_is_sent_again() -> None:
    whole = Answer(200, [1, 2])
    broken = Answer(200, chunks=[b"[1"], headers={"Content-Length": "10"})
    answers = iter([broken, broken, whole])
    with LoopbackServer(lambda _: next(answers)) as server:
        assert connect(tools(tool(server.url))).call("t").data == [1, 2]
        assert len(server.received) == 3


@pytest.mark.parametrize(("method", "status"), [("DELETE", 404), ("DELETE", 410), ("PUT", 412)])
def test_a_repeated_write_that_is_refused_says_that_the_first_may_have_done_it(
    method: str, status: int
) -> None:
    answers = iter([None, Answer(status), Answer(status)])

    def answer(_: Received) -> Answer:
        given = next(answers)
        if given is None:
            raise ConnectionResetError
        return given

    with LoopbackServer(answer) as server:
        client = connect(tools(tool(server.url, method=method)))
        [note] = client.call("t").notes
        assert client.call("t").notes == ()
    assert note == (
        f"This {method} was sent more than once, since no answer came to the first. "
        f"The first may have taken effect, and this {status} be a consequence: look."
    )
