"""An answer costs no more than its size, whatever a server sends and a document says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openapi2tools import connect
from openapi2tools.call.response.decode import decode, holds_more_values_than
from openapi2tools.call.response.html_text import MAX_PAGE_CHARS, html_to_text
from openapi2tools.call.serialization.media import charset_of
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer


def decoded(content_type: str, body: bytes) -> Any:
    return decode(httpx.Headers({"content-type": content_type}), body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[" + b"1," * 1_000_000 + b"1]"),
        ("application/json", b"[" * 1_000_001),
        ("application/x-ndjson", b"1\n" * 1_000_001),
        ("application/json-seq", b"\x1e1" * 1_000_001),
    ],
)
def test_json_of_very_many_values_stays_a_text_and_says_so(content_type, body):
    content = decoded(content_type, body)
    assert content.data == content.text == body.replace(b"\x1e", b"").decode()
    assert content.note == (
        "The answer holds more than 1,000,000 JSON values, and was kept as a text."
    )


def test_the_signs_that_divide_values_and_the_lines_of_json_do_not_add_up():
    body = json.dumps([{"a": 1}] * 100, indent=2).encode()
    assert not holds_more_values_than(310, body)
    assert holds_more_values_than(150, body)
    assert decoded("application/json", body).note == ""


def test_a_result_has_the_note_of_an_answer_that_stays_a_text():
    body = b"[" + b"1," * 1_000_000 + b"1]"
    with LoopbackServer(lambda _: Answer(200, body, {"Content-Type": "application/json"})) as api:
        result = connect(tools(tool(api.url))).call("t")
    assert "more than 1,000,000 JSON values" in result.notes[0]
    assert len(result.text) < 21_000


def test_of_a_page_its_first_part_is_read():
    page = "<p>" + "word " * MAX_PAGE_CHARS
    assert len(html_to_text(page)) <= MAX_PAGE_CHARS
    assert html_to_text("<" * 10 * MAX_PAGE_CHARS).count("<") == MAX_PAGE_CHARS
    content = decoded("text/html", page.encode())
    assert content.note == "Of the page, the first 500,000 characters were read."


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "raw-unicode-escape"])
def test_an_encoding_that_is_no_charset_is_not_used(name):
    assert charset_of(f"text/plain; charset={name}") == "utf-8"
    assert decoded(f"text/plain; charset={name}", b"a-\\u0041" + b"b" * 100_000).text[:8] == (
        "a-\\u0041"
    )


def validated(body: Any, schema: Any, **components: Any) -> tuple[str, ...]:
    """The notes on an answer that a schema describes."""
    content = {"application/json": {"schema": schema}}
    get = {"responses": {"200": {"description": "", "content": content}}}
    document = {"paths": {"/": {"get": get}}, "components": {"schemas": components}}
    answer = Answer(200, json.dumps(body), {"Content-Type": "application/json"})
    with LoopbackServer(lambda _: answer) as api:
        subject = tool(
            api.url, pointer="/paths/~1/get", api={"document": document, "dialect": "3.1"}
        )
        return connect(tools(subject), validate=True).call("t").notes


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(?=.*a)b$"])
def test_a_pattern_never_goes_back_in_an_answer(pattern):
    schema = {"type": "string", "pattern": pattern}
    (note,) = validated("a" * 60 + "!", schema)
    assert note.startswith("The answer is not what the document says: $: 'aaaa")


def test_a_pattern_stands_beside_whatever_else_a_schema_says():
    schema = {"type": "string", "pattern": "^a+$", "allOf": [{"minLength": 2}], "format": "x"}
    assert validated("aa", schema) == ()
    assert len(validated("b", schema)) == 2
    assert validated({"pattern": "b"}, {"const": {"pattern": "b"}}) == ()
    assert validated(1, {"pattern": "^a+$"}) == ()
    assert validated({"pattern": "b"}, {"properties": {"pattern": {"pattern": "b"}}}) == ()


def test_items_are_compared_where_they_are_few():
    schema = {"type": "array", "uniqueItems": True}
    assert len(validated([{"a": 1}, {"a": 1}], schema)) == 1
    (note,) = validated([{"a": {"b": i}} for i in range(6000)], schema)
    assert note.startswith("Whether items are unique was not checked")
    assert validated([{"a": {"b": i}} for i in range(6000)], {"type": "array"}) == ()


def test_an_answer_of_very_many_values_is_not_checked():
    (note,) = validated(["a"] * 60_000, {"type": "array", "items": {"type": "integer"}})
    assert note == "The answer was not checked: it holds more than 50,000 values."


def test_an_answer_under_alternatives_without_end_is_not_checked():
    levels = {
        f"L{i}": {"anyOf": [{"$ref": f"#/components/schemas/L{i + 1}"}] * 2} for i in range(60)
    }
    levels["L60"] = {"type": "integer"}
    (note,) = validated("a", {"$ref": "#/components/schemas/L0"}, **levels)
    assert note == (
        "The answer was not checked: its schema has too many alternatives within alternatives."
    )
