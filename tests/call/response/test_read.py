"""A response becomes text that a model can use, and data for the program."""

from __future__ import annotations

import gzip
import json
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.response import read as response
from openapi2tools.model import MediaType, Response, Result, SecurityScheme
from openapi2tools.tools.text.tokens import count_tokens
from tests.support.calling import parameter, tool, tools
from tests.support.patience import with_longer_timeouts
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = MediaType("application/json")


def received(answer: Answer, **options: Any) -> Result:
    with LoopbackServer(lambda _: answer) as server:
        subject = tool(server.url, parameter("limit"), parameter("page"))
        return connect(tools(subject), retries=0, **options).call("t")


def typed(content_type: str, body: bytes | str, status: int = 200, **headers: str) -> Answer:
    return Answer(
        status, body, {"Content-Type": content_type, **headers} if content_type else headers
    )


@pytest.mark.parametrize(
    ("content_type", "body", "data", "text"),
    [
        (
            "application/json",
            b'{"a": "\xc3\xa9", "b": [1, null]}',
            {"a": "é", "b": [1, None]},
            '{"a":"é","b":[1,null]}',
        ),
        ("application/hal+json; charset=utf-8", b"[1.0]", [1.0], "[1.0]"),
        ("application/json", '{"a": 1}'.encode("utf-16"), {"a": 1}, '{"a":1}'),
        ("application/json", b'"plain"', "plain", "plain"),
        ("application/json", b"not json", "not json", "not json"),
        ("application/json; charset=iso-8859-1", b'{"a":"\xe9"}', {"a": "é"}, '{"a":"é"}'),
        (
            "application/json",
            b'{"a":["\\ud83d!","\\ud83d\\ude00"]}',
            {"a": ["\ufffd!", "😀"]},
            '{"a":["\ufffd!","😀"]}',
        ),
        ("application/json", b'"\\udc00"', "\ufffd", "\ufffd"),
        ("application/x-ndjson", b'{"\\ud83d":1}\n', [{"\ufffd": 1}], '{"\\ud83d":1}\n'),
        ("", b'{"a": 1}', {"a": 1}, '{"a":1}'),
        ("text/plain", b'{"a": 1}', '{"a": 1}', '{"a": 1}'),
        ("text/plain", b"1.10", "1.10", "1.10"),
        ("application/json", b"[1.25, 2e5]", [1.25, 2e5], "[1.25,200000.0]"),
        (
            "application/json",
            b'{"n": 12345678901234567890.25, "id": 98765432109876543210}',
            {"n": 12345678901234567890.25, "id": 98765432109876543210},
            '{"n":12345678901234567890.25,"id":98765432109876543210}',
        ),
        ("application/json", b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}], '{"a":1}\n{"a":2}\n'),
        ("application/.csv", b"a,b\n", "a,b\n", "a,b\n"),
        ("application/x-pem-file", b"-----BEGIN", "-----BEGIN", "-----BEGIN"),
        ("application/vnd.api", "é".encode(), "é", "é"),
        ("text/plain; charset=iso-8859-1", b"d\xe9", "dé", "dé"),
        ("text/plain; charset=undefined", b"d\xc3\xa9", "dé", "dé"),
        ("text/plain; charset=hex", b"dead", "dead", "dead"),
        ("text/csv", b"a,b\n1,2\n", "a,b\n1,2\n", "a,b\n1,2\n"),
        ("application/xml", b"<a>1</a>", "<a>1</a>", "<a>1</a>"),
        (
            "text/xml",
            b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>",
            '{"a":"é"}',
        ),
        ("application/x-ndjson", b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}], '{"a":1}\n{"a":2}\n'),
        ("application/json-seq", b"\x1e1\n\x1e2\n", [1, 2], "1\n2\n"),
        ("application/geo+json-seq", b'\x1e{\n"a":1\n}\n', [{"a": 1}], '{\n"a":1\n}\n'),
        ("application/octet-stream", b"just text", "just text", "just text"),
        (
            "text/html",
            b"<html><style>p{}</style><p>Not <b>here</b></p>",
            "<html><style>p{}</style><p>Not <b>here</b></p>",
            "Not here",
        ),
        ("text/html", b"<p>a</p>Fish&chips", "<p>a</p>Fish&chips", "a Fish&chips"),
        ("text/html", b"<p>a</p><![x b", "<p>a</p><![x b", "a <![x b"),
        ("text/html", b"<p>a</p><![if x]>b<![endif]>", "<p>a</p><![if x]>b<![endif]>", "a b"),
    ],
)
def test_a_body_is_decoded_by_its_content_type(
    content_type: str, body: bytes, data: Any, text: str
) -> None:
    result = received(typed(content_type, body))
    assert (result.data, result.text) == (data, text)


@pytest.mark.parametrize("depth", [600, 100_000])
def test_nesting_beyond_reason_is_no_harm(depth: int) -> None:
    nested = "[" * depth + '"s3cret-value"' + "]" * depth
    with LoopbackServer(lambda _: typed("application/json", nested)) as server:
        schemes = {"s": SecurityScheme("s", "apiKey", name="X-K", location="header")}
        subject = tool(server.url, api={"schemes": schemes}, security=({"s": ()},))
        result = connect(tools(subject), credentials={"s": "s3cret-value"}, limit_tokens=12).call(
            "t"
        )
    assert result.status == 200
    assert "s3cret" not in str(result.data)


def test_what_is_no_text_is_kept_aside() -> None:
    result = received(
        typed(
            "image/png",
            b"\x89PNG\x00",
            **{"Content-Disposition": 'attachment; filename="../a.png"'},
        )
    )
    assert result.text == "(image/png, a.png, 5 bytes, kept aside.)"
    assert result.data is None
    assert [(part.media_type, part.data, part.name) for part in result.parts] == [
        ("image/png", b"\x89PNG\x00", "a.png")
    ]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("attachment; filename=a.bin", "a.bin"),
        ('inline; filename="a; b.bin"', "a; b.bin"),
        (r'inline; filename="C:\dir\a \"b\".bin"', 'a "b".bin'),
        ("attachment; filename*=UTF-8''na%C3%AFve.bin", "naïve.bin"),
        ("attachment; filename=\"plain.bin\"; filename*=iso-8859-1'en'%A3%2F%E9.bin", "é.bin"),
        ("attachment; filename*=nothing''%C3%A9.bin", "é.bin"),
        ("attachment", ""),
    ],
)
def test_a_file_is_called_what_the_answer_calls_it(said: str, name: str) -> None:
    result = received(typed("application/x", b"\0", **{"Content-Disposition": said}))
    assert [part.name for part in result.parts] == [name]


def test_packed_answers_are_unpacked() -> None:
    assert received(
        typed("application/json", gzip.compress(b'{"a":1}'), **{"Content-Encoding": "gzip"})
    ).data == {"a": 1}


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("gzip, gzip", lambda b: gzip.compress(gzip.compress(b)))],
)
def test_a_small_answer_that_holds_gigabytes_costs_no_more_than_the_limit(
    coding: str, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "MAX_BODY_BYTES", 1_000_000)
    packed = pack(b"[" * 50_000_000)
    tracemalloc.start()
    result = received(typed("application/json", packed, **{"Content-Encoding": coding}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.truncated
    assert peak < 20_000_000


def test_a_packed_answer_that_ends_in_the_middle_is_no_answer() -> None:
    result = received(
        typed("application/json", gzip.compress(b'{"a":1}')[:-9], **{"Content-Encoding": "gzip"})
    )
    assert result.is_error
    assert "ends in the middle" in result.text


def test_what_is_called_packed_and_is_not_is_read_all_the_same() -> None:
    assert received(
        typed("application/json", b'{"a":1}', **{"Content-Encoding": "utf-8"})
    ).data == {"a": 1}


def test_no_content_is_said() -> None:
    result = received(Answer(204))
    assert result.text == "HTTP 204 No Content: done, without content."
    assert not result.is_error


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "correct the arguments"),
        (401, "access is missing"),
        (403, "permission is missing"),
        (404, "look up the right one"),
        (409, "read it again"),
        (422, "correct the arguments that it names"),
        (429, "slow down"),
        (418, "refuses"),
        (500, "not the arguments"),
        (503, "later"),
        (599, "later"),
    ],
)
def test_an_error_is_advice_and_the_apis_own_words(status: int, advice: str) -> None:
    result = received(typed("application/problem+json", b'{"detail":"the reason"}', status))
    assert (result.is_error, result.status, result.data) == (True, status, {"detail": "the reason"})
    assert result.text.startswith(f"HTTP {status}")
    assert advice in result.text
    assert "the reason" in result.text


def test_headers_that_help_are_told() -> None:
    assert "Retry-After: 120" in received(Answer(429, headers={"Retry-After": "120"})).text
    assert "GET, HEAD" in received(Answer(405, headers={"Allow": "GET, HEAD"})).text


def test_a_long_list_loses_its_last_items_and_stays_json() -> None:
    whole = {"total": 1000, "items": [{"id": number} for number in range(1000)]}
    result = received(Answer(200, whole), limit_tokens=150)
    text, _, note = result.text.partition("\n")
    rows = json.loads(text)["items"]["rows"]
    assert json.loads(text) == {"total": 1000, "items": {"columns": ["id"], "rows": rows}}
    assert rows == [[number] for number in range(len(rows))]
    assert 100 < count_tokens(text) <= 150
    assert note == (
        f"(Shortened: the first {len(rows)} of 1000 items of 'items'. Lists of equal objects stand "
        "as tables: columns, and rows. Ask for less with limit, page.)"
    )
    assert (result.truncated, result.data) == (True, whole)


def test_a_long_text_is_cut() -> None:
    result = received(typed("text/plain", "x" * 1000), limit_tokens=20)
    assert result.text.startswith("x" * 144 + "\n(Shortened: the first 144 of 1000 characters.")
    assert result.truncated
    assert result.data == "x" * 1000


@pytest.mark.parametrize(
    ("scheme", "credential", "hidden"),
    [
        (
            SecurityScheme("s", "apiKey", name="k", location="query"),
            'se/cr"et',
            ['se/cr"et', 'se/cr\\"et', "se%2Fcr%22et"],
        ),
        (
            SecurityScheme("s", "apiKey", name="X-Version", location="header"),
            "abc/def+gh==",
            ["abc/def%2Bgh%3D%3D", "abc/def+gh=="],
        ),
        (
            SecurityScheme("s", "apiKey", name="k", location="cookie"),
            "cookie-secret",
            ["cookie-secret"],
        ),
        (SecurityScheme("s", "http", scheme="bearer"), "token-secret", ["token-secret"]),
        (
            SecurityScheme("s", "http", scheme="basic"),
            ("user", "pass-secret"),
            ["pass-secret", "dXNlcjpwYXNzLXNlY3JldA=="],
        ),
    ],
)
def test_secrets_that_an_api_echoes_are_masked(
    scheme: SecurityScheme, credential: Any, hidden: list[str]
) -> None:
    answer = Answer(400, {"seen": hidden, "raw": " ".join(hidden)})
    with LoopbackServer(lambda _: answer) as server:
        subject = tool(server.url, api={"schemes": {"s": scheme}}, security=({"s": ()},))
        result = connect(tools(subject), credentials={"s": credential}).call("t")
    assert "[secret]" in result.text
    assert not any(form in result.text + str(result.data) for form in hidden)


def test_of_the_users_own_headers_those_that_sound_secret_are_masked() -> None:
    headers = {
        "X-Api-Version": "2024-01-01",
        "Accept-Language": "english",
        "X-Api-Key": "k-secret",
        "Authorization": "Basic abcde!secret",
    }
    result = received(Answer(200, {"seen": list(headers.values())}), headers=headers)
    assert result.data == {"seen": ["2024-01-01", "english", "[secret]", "[secret]"]}


@pytest.mark.parametrize("body", [b"%PDF-1.4 plain", b"a\x01b", b"a\xffb"])
def test_what_only_begins_like_text_is_kept_aside(body: bytes) -> None:
    [part] = received(typed("application/x-odd", body)).parts
    assert part.data == body


def test_plain_text_is_json_where_the_document_promises_nothing_else() -> None:
    promised = (Response("2XX", content=(MediaType("application/json"),)),)
    with LoopbackServer(lambda _: typed("text/plain", '{"a": 1}')) as server:
        result = connect(tools(tool(server.url, responses=promised))).call("t")
    assert (result.data, result.text) == ({"a": 1}, '{"a":1}')


def test_digits_are_kept_for_the_program_and_on_the_way_back() -> None:
    digits = "12345678901234567890.25"
    with LoopbackServer(lambda _: typed("application/json", digits)) as server:
        subject = tool(server.url, parameter("q"), method="POST", media_type=BODY)
        subject.schema["properties"]["q"] = {"type": "number"}
        client = connect(tools(subject))
        number = client.call("t", {}).data
        assert str(number) == digits
        client.call("t", {"q": number, "body": {"n": [number]}})
    assert (server.received[-1].query, server.received[-1].body) == (
        f"q={digits}",
        f'{{"n":[{digits}]}}'.encode(),
    )


def test_an_answer_without_end_is_cut() -> None:
    def endless() -> Any:
        while True:
            yield b"x" * 1_000_000

    result = received(
        Answer(200, chunks=endless(), headers={"Content-Type": "text/plain"}), limit_tokens=50
    )
    assert result.truncated
    assert "first part" in result.text


def received_of_stream(content_type: str, beginning: bytes) -> Result:
    """Call for a stream that falls silent after its beginning, and return what has come of it."""

    def attempt(timeout: float) -> Result:
        over = threading.Event()

        def chunks() -> Iterator[bytes]:
            yield beginning
            over.wait(120)

        headers = {"Content-Type": content_type}
        # it is over before the server is left, which waits for its answers
        with LoopbackServer(lambda _: Answer(200, chunks=chunks(), headers=headers)) as server:
            result = connect(tools(tool(server.url)), retries=0, timeout=timeout).call("t")
            over.set()
        return result

    return with_longer_timeouts(attempt, in_time=lambda result: bool(result.data))


def test_of_a_stream_that_does_not_end_what_has_come_counts() -> None:
    result = received_of_stream("text/event-stream", b"data: 1\n\n")
    assert result.text == "data: 1\n\n\n(The answer went on: this is its first part.)"
    assert result.truncated


@pytest.mark.parametrize(
    ("kind", "start"),
    [("application/jsonlines", ""), ("application/json-seq", "\x1e"), ("application/json", "")],
)
def test_of_a_stream_that_is_cut_within_a_value_the_values_before_count(
    kind: str, start: str
) -> None:
    result = received_of_stream(kind, f'{start}{{"a":1}}\n{start}{{"a":'.encode())
    assert result.data == [{"a": 1}]
    assert result.truncated


@pytest.mark.parametrize(
    ("kind", "body", "data"),
    [
        ("application/json", b'[{"a":1},', '[{"a":1},'),
        ("application/vnd.events+json", b'{"a":1}\n{"b":2}\n', [{"a": 1}, {"b": 2}]),
        ("text/plain", b"line 1\n", "line 1\n"),
    ],
)
def test_whatever_an_endless_answer_is_declared_as_what_came_counts(
    kind: str, body: bytes, data: Any
) -> None:
    waits = threading.Event()

    def beginning() -> Iterator[bytes]:
        yield body
        waits.wait(5)

    result = received(Answer(200, chunks=beginning(), headers={"Content-Type": kind}), timeout=2)
    waits.set()
    assert (result.data, result.truncated, result.is_error) == (data, True, False)
    assert result.text.endswith("(The answer went on: this is its first part.)")


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("text/event-stream", {}),
        ("application/json", {}),
        ("image/png", {}),
        ("application/json", {"Content-Length": "10"}),
    ],
)
def test_where_nothing_that_counts_came_there_is_no_answer(
    kind: str, headers: dict[str, str]
) -> None:
    waits = threading.Event()

    def beginning() -> Iterator[bytes]:
        yield b"[1" if headers or kind == "image/png" else b""
        waits.wait(5)

    answer = Answer(200, chunks=beginning(), headers={"Content-Type": kind, **headers})
    result = received(answer, timeout=0.5)
    waits.set()
    assert result.is_error
    assert "No answer in time" in result.text
