"""A result tells a program what happened, and a model's words never raise."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.policy import Policy
from openapi2tools.errors import (
    ApprovalNeeded,
    CallError,
    Declined,
    HTTPStatusError,
    InvalidArguments,
    MissingCredential,
    NetworkError,
    NotSent,
    Refused,
    TimedOut,
    UnknownTool,
)
from openapi2tools.model import Call, Part, Result
from tests.support.pets import Pets, open_pets

if TYPE_CHECKING:
    from openapi2tools.model.call import ErrorKind

CONFIRM = Policy(confirm="writes")


def test_an_answer_went_well_and_was_sent() -> None:
    with open_pets() as (_, client):
        result = client.call("get_pet", {"pet_id": 1})
    assert (result.error, result.ok, result.sent) == (None, True, True)
    assert result.raise_for_error() is result


def test_an_error_of_the_api_is_raised_with_its_number_when_asked() -> None:
    with open_pets() as (_, client):
        result = client.call("get_pet", {"pet_id": 9})
    assert (result.error, result.ok, result.sent) == ("http", False, True)
    with pytest.raises(HTTPStatusError, match="no pet 9") as raised:
        result.raise_for_error()
    assert raised.value.status == 404


@pytest.mark.parametrize(
    ("call", "options", "error"),
    [
        (Call("get_pets"), {}, "tool"),
        (Call("get_pet", {"pet_id": "x"}), {}, "arguments"),
        (Call("get_pet", fault="This is no JSON."), {}, "arguments"),
        (Call("add_pet", {"name": "Tom"}), {"policy": Policy(read_only=True)}, "refused"),
        (Call("add_pet", {"name": "Tom"}), {"policy": CONFIRM}, "approval"),
        (
            Call("add_pet", {"name": "Tom"}),
            {"policy": CONFIRM, "approve": lambda _: False},
            "declined",
        ),
        (Call("delete_pet", {"pet_id": 1}), {}, "credential"),
    ],
)
def test_whatever_a_model_says_is_answered_with_a_result(
    call: Call, options: dict[str, Any], error: str
) -> None:
    with open_pets(**options) as (pets, client):
        result = client.call_model(call)
    assert (result.error, result.sent, result.is_error) == (error, False, True)
    assert result.text
    assert not pets.received


@pytest.mark.parametrize(
    ("call", "options"),
    [
        (Call("add_pet", {"name": "Tom"}), {"policy": CONFIRM}),
        (Call("delete_pet", {"pet_id": 1}), {}),
    ],
)
def test_a_model_is_not_told_what_a_program_should_write(
    call: Call, options: dict[str, Any]
) -> None:
    with open_pets(**options) as (_, client):
        text = client.call_model(call).text
    assert "go on without it" in text
    assert "approve=" not in text
    assert "credentials=" not in text


def test_a_client_that_cannot_be_used_here_is_no_word_of_a_models() -> None:
    with open_pets() as (_, client), client:

        async def in_its_own_loop() -> None:
            client.call_model(Call("get_pet", {"pet_id": 1}))  # would wait for itself

        with pytest.raises(CallError, match="await acall"):
            client._connections.wait(in_its_own_loop)


def test_a_request_that_no_server_takes_was_not_sent() -> None:
    with open_pets() as (_, client):
        pass  # the server is gone
    result = client.call("add_pet", {"name": "Tom"})
    assert (result.error, result.sent) == ("not_sent", False)


def test_a_write_without_an_answer_in_time_may_have_been_sent() -> None:
    hold = threading.Event()
    with open_pets(Pets(hold=hold)) as (_, client):
        result = client.call("add_pet", {"name": "Tom"}, timeout=0.3)
        hold.set()
    assert (result.error, result.sent) == ("timeout", True)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("arguments", InvalidArguments),
        ("tool", UnknownTool),
        ("function", CallError),
        ("refused", Refused),
        ("approval", ApprovalNeeded),
        ("declined", Declined),
        ("credential", MissingCredential),
        ("not_sent", NotSent),
        ("timeout", TimedOut),
        ("network", NetworkError),
    ],
)
def test_each_kind_of_failure_is_raised_as_the_exception_that_it_is(
    error: ErrorKind, raised: type[CallError]
) -> None:
    with pytest.raises(raised, match="No luck") as caught:
        Result.failed(Call("t"), error, "No luck.").raise_for_error()
    assert type(caught.value) is raised
    if error != "function":
        assert Result.failed(Call("t"), raised("No luck.")).error == error


def test_headers_are_found_in_any_case() -> None:
    headers = Result("1", "t", "", headers={"X-Request-Id": "7"}).headers
    assert headers["x-request-id"] == headers["X-REQUEST-ID"] == "7"
    assert "X-request-ID" in headers
    assert headers == {"x-request-id": "7"}


def test_a_result_is_json() -> None:
    result = Result(
        "1",
        "t",
        "text",
        {"a": 1},
        200,
        parts=(Part("image/png", b"\x89"),),
        next=Call("t", {"p": 2}),
    )
    shown = json.loads(json.dumps(result.to_dict()))
    assert shown["parts"] == [{"media_type": "image/png", "data": "iQ==", "name": "", "path": ""}]
    assert shown["next"]["arguments"] == {"p": 2}
    assert (shown["status"], shown["sent"], shown["error"]) == (200, True, None)


def test_the_json_of_a_result_has_no_cookies() -> None:
    headers = {"Set-Cookie": "session=s3cret", "ETag": "7"}
    result = Result("1", "t", "", headers=headers)
    assert result.to_dict()["headers"] == {"etag": "7"}
    assert result.headers["set-cookie"] == "session=s3cret"
