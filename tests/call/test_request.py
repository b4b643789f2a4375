"""A request holds what the document and the arguments say, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.call.request import build_request
from openapi2tools.call.serialization.bodies import BodyWriter
from openapi2tools.errors import CallError, InvalidArguments
from openapi2tools.model import Encoding, HttpArguments, MediaType, Parameter, Response
from tests.support.calling import parameter, tool


def built(
    *parameters: Parameter, server: str = "http://api.test/v1", path: str = "/", **sent: Any
) -> httpx.Request:
    options = {key: sent.pop(key) for key in ("method", "media_type", "responses") if key in sent}
    return build_request(
        tool(server, *parameters, path=path, **options), HttpArguments(**sent), server
    )


def test_the_query_keeps_the_documents_order_and_the_rest_is_left_out() -> None:
    request = built(
        parameter("b"), parameter("a"), parameter("c"), query={"a": 1, "b": [2, 3], "unknown": 4}
    )
    assert request.url.raw_path == b"/v1/?b=2&b=3&a=1"


def test_no_query_leaves_no_question_mark() -> None:
    assert built(parameter("a"), query={"a": None}).url.raw_path == b"/v1/"


def test_names_are_encoded_too() -> None:
    request = built(
        parameter("filter[x]"), parameter("ü&=", style="form"), query={"filter[x]": "1", "ü&=": "2"}
    )
    assert request.url.raw_path == b"/v1/?filter%5Bx%5D=1&%C3%BC%26%3D=2"


def test_a_whole_query_stands_beside_nothing() -> None:
    whole = parameter("q", "querystring", media_type="application/json")
    assert built(whole, querystring={"a": 1}).url.query == b"%7B%22a%22%3A1%7D"


@pytest.mark.parametrize(
    "media_type",
    [
        MediaType("text/plain\r\nX-Evil: 1"),
        MediaType("multipart/mixed\r\nX-Evil: 1"),
        MediaType("multipart/form-data", encoding={"a": Encoding("text/plain\r\nX-Evil: 1")}),
        MediaType(
            "multipart/form-data",
            encoding={
                "a": Encoding(headers=(parameter("X\r\nX-Evil", "header", schema={"const": "1"}),))
            },
        ),
    ],
)
def test_no_media_type_of_a_document_adds_a_header(media_type: MediaType) -> None:
    with pytest.raises(InvalidArguments, match="line breaks"):
        built(
            method="POST",
            media_type=media_type,
            body="x" if media_type.name.startswith("text") else {"a": "x"},
        )


def test_headers_that_the_standard_ignores_are_not_written_from_parameters() -> None:
    names = ("Accept", "content-type", "AUTHORIZATION", "X-A")
    request = built(
        *(parameter(name, "header") for name in names), header=dict.fromkeys(names, "z")
    )
    assert (request.headers["x-a"], request.headers["accept"]) == (
        "z",
        "application/json, */*;q=0.5",
    )
    assert not {"authorization", "content-type"} & request.headers.keys()


def test_a_header_parameter_called_cookie_joins_the_cookies() -> None:
    request = built(
        parameter("cookie", "header"),
        parameter("b", "cookie"),
        header={"cookie": "a=1"},
        cookie={"b": 2},
    )
    assert request.headers.get_list("cookie") == ["a=1; b=2"]


def test_where_a_message_goes_and_ends_is_no_argument() -> None:
    names = (
        "Host",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Proxy-Connection",
        "Expect",
        "Proxy-Authorization",
    )
    request = built(
        *(parameter(name, "header") for name in names), header=dict.fromkeys(names, "9")
    )
    assert [(name.decode(), text.decode()) for name, text in request.headers.raw] == [
        ("Host", "api.test"),
        ("Accept", "application/json, */*;q=0.5"),
    ]


def test_header_values_are_latin_1_on_the_wire() -> None:
    assert (b"X-A", "é,ß".encode("latin-1")) in built(
        parameter("X-A", "header"), header={"X-A": ["é", "ß"]}
    ).headers.raw


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "☃", "\0"])
def test_a_header_that_cannot_be_written_is_told_by_its_name(value: str) -> None:
    with pytest.raises(InvalidArguments, match=r"^X-A: a header.s value"):
        built(parameter("X-A", "header"), header={"X-A": value})


def test_a_parameter_whose_name_is_no_header_is_the_documents_fault() -> None:
    with pytest.raises(CallError, match="no header's name"):
        built(parameter("X A\n", "header"), header={"X A\n": "1"})


def test_cookies_share_one_header() -> None:
    request = built(
        parameter("a", "cookie"),
        parameter("b", "cookie", explode=True),
        cookie={"a": "x;y", "b": ["1", "2"]},
    )
    assert request.headers.get_list("cookie") == ["a=x%3By; b=1; b=2"]


@pytest.mark.parametrize(
    ("names", "accept"),
    [
        ((), "application/json, */*;q=0.5"),
        (("application/json",), "application/json, */*;q=0.5"),
        (
            ("text/html; charset=utf-8", "application/hal+json"),
            "application/hal+json, text/html, */*;q=0.5",
        ),
        (("*/*",), "application/json, */*;q=0.5"),
        (("image/*", "not a type\r\n"), "image/*, */*;q=0.5"),
    ],
)
def test_what_the_document_answers_is_what_is_asked_for(
    names: tuple[str, ...], accept: str
) -> None:
    responses = (Response("200", content=tuple(map(MediaType, names))),)
    assert built(responses=responses).headers["accept"] == accept


def test_an_address_too_long_for_http_is_told() -> None:
    with pytest.raises(InvalidArguments, match="too long"):
        built(parameter("a"), query={"a": "x" * 70_000})


def test_the_servers_own_path_stays() -> None:
    request = built(server="https://api.test:8443/a%2Fb/ü", path="/pets")
    assert str(request.url) == "https://api.test:8443/a%2Fb/%C3%BC/pets"


def test_a_host_of_another_script_is_asked_for_in_its_own_letters() -> None:
    assert built(server="https://müller.example/ä").headers["host"] == "xn--mller-kva.example"


def test_a_streamed_body_announces_host_and_length(tmp_path: Any) -> None:
    (tmp_path / "f").write_bytes(b"123")
    subject = tool(
        "http://api.test:81", method="PUT", media_type=MediaType("application/octet-stream")
    )
    request = build_request(
        subject,
        HttpArguments(body={"path": "f"}),
        "http://api.test:81",
        BodyWriter({}, (tmp_path,)),
    )
    assert (request.headers["host"], request.headers["content-length"]) == ("api.test:81", "3")
    assert [b"".join(request.stream) for _ in range(2)] == [b"123", b"123"]  # type: ignore[arg-type]  -- another attempt reads it anew


@settings(max_examples=200)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_httpx_sends_the_address_as_it_was_written(value: str, name: str) -> None:
    request = built(parameter(name), query={name: value})
    assert httpx.URL(str(request.url)).raw_path == request.url.raw_path
    assert list(request.url.params.multi_items()) == [(name, value)]
