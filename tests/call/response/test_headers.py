"""What an answer says in its headers is told: addresses, versions, counts, and what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from openapi2tools.model import Result


def answered(status: int, body: str = "", method: str = "GET", **headers: str) -> Result:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with LoopbackServer(lambda _: Answer(status, body, headers)) as server:
        return connect(tools(tool(server.url, method=method)), retries=0).call("t")


@pytest.mark.parametrize(
    ("status", "headers", "text"),
    [
        (
            201,
            {"Location": "/pets/7"},
            "HTTP 201 Created, without content.\n(Headers: Location: /pets/7)",
        ),
        (
            202,
            {"Operation_Location": "/", "Retry_After": "5"},
            "HTTP 202 Accepted, without content.\n(Headers: Operation-Location: /; Retry-After: 5)",
        ),
        (204, {"ETag": 'W/"1"'}, 'HTTP 204 No Content, without content.\n(Headers: ETag: W/"1")'),
        (
            204,
            {"Set_Cookie": "s=secret", "X_Powered_By": "x"},
            "HTTP 204 No Content: done, without content.",
        ),
    ],
)
def test_an_answer_without_content_is_in_its_headers(
    status: int, headers: dict[str, str], text: str
) -> None:
    assert answered(status, "", "POST", **headers).text == text


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        ("X_Total_Count", "120", True),
        ("X_Pagination_Page_Count", "3", True),
        ("Link", "</a?page=2>; rel=next", True),
        ("ETag", '"7"', True),
        ("ETag", 'W/"7"', False),
        ("X_RateLimit_Remaining", "9", False),
        ("X_Request_Id", "abc", False),
        ("Set_Cookie", "total=1", False),
    ],
)
def test_headers_are_told_beside_the_content(name: str, value: str, is_told: bool) -> None:
    result = answered(200, "[]", Content_Type="application/json", **{name: value})
    assert result.text.startswith("[]")
    assert (value in result.text) == is_told


def test_limits_that_were_met_are_told() -> None:
    text = answered(429, RateLimit="limit=10, remaining=0", X_RateLimit_Reset="60").text
    assert "X-Ratelimit-Reset: 60" in text
    assert "remaining=0" in text


def test_of_a_head_everything_about_the_thing_is_told() -> None:
    headers = {"Content_Length": "1234", "Content_Type": "image/png", "X_Meta_Owner": "ada"}
    text = answered(200, "", "HEAD", **headers, Server="nginx", Date="today").text
    assert "Content-Length: 1234; Content-Type: image/png; X-Meta-Owner: ada" in text
    assert "nginx" not in text
    assert "today" not in text


@pytest.mark.parametrize("key", ["200", "2XX", "default"])
def test_declared_headers_are_told(key: str) -> None:
    described = {"description": "", "headers": {"x-Flavour": {"schema": {"type": "string"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "components": {"responses": {"Ok": described}},
        "paths": {
            "/": {
                "get": {
                    "operationId": "t",
                    "responses": {key: {"$ref": "#/components/responses/Ok"}},
                }
            }
        },
    }
    made = build_tools(load(document))
    answer = Answer(200, {}, {"X-Flavour": "sweet", "X-Other": "sour"})
    with LoopbackServer(lambda _: answer) as server:
        text = connect(made, server=server.url).call("t").text
    assert text == "{}\n(Headers: x-Flavour: sweet)"


def test_a_long_header_is_cut() -> None:
    text = answered(200, "", Link="<" + "x" * 5000 + ">; rel=next").text
    assert len(text) < 700
