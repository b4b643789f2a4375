"""An answer that is not what the document says is noted, when that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools import build_tools, load
from openapi2tools.call.connect import connect
from openapi2tools.call.response.validate import validation_findings
from openapi2tools.model import SecurityScheme
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from openapi2tools.model import Result

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "friend": {"$ref": "#/components/schemas/Pet"}},
}


def answers(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"responses": {"200": {"description": "", "content": content}}}


SCHEMAS = {
    "Pet": PET,
    "Odd": {"$ref": "#/paths/~1/x"},
    "Pattern": {"type": "string", "pattern": "[\\p{L}"},
    "Date": {"type": "date"},
    "Dynamic": {"$dynamicRef": "#nowhere"},
    "Overlap": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "string", "maxLength": 0}]},
}
DOCUMENT: dict[str, Any] = {
    "components": {"schemas": SCHEMAS},
    "paths": {
        "/": {
            "get": answers("Pet"),
            "put": answers("Odd"),
            "delete": answers("Pattern"),
            "post": answers("Missing"),
            "patch": answers("Date"),
            "options": answers("Dynamic"),
            "trace": answers("Overlap"),
            "query": {
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Page": {"schema": {"type": "integer", "maximum": 9}}},
                    }
                }
            },
        }
    },
}


def answered(
    body: Any,
    *,
    dialect: str = "3.1",
    method: str = "GET",
    validate: bool = True,
    status: int = 200,
    **headers: str,
) -> Result:
    with LoopbackServer(
        lambda _: Answer(status, json.dumps(body), {"Content-Type": "application/json", **headers})
    ) as server:
        place = f"/paths/~1/{method.lower()}"
        subject = tool(
            server.url, method=method, pointer=place, api={"document": DOCUMENT, "dialect": dialect}
        )
        return connect(tools(subject), validate=validate).call("t")


@pytest.mark.parametrize("dialect", ["3.0", "3.1", "3.2"])
def test_an_answer_that_keeps_the_documents_word_is_not_noted(dialect: str) -> None:
    assert answered({"id": 1, "friend": {"id": 2}}, dialect=dialect).notes == ()


@pytest.mark.parametrize("dialect", ["3.0", "3.1", "3.2"])
def test_what_breaks_the_documents_word_is_told_with_its_place(dialect: str) -> None:
    result = answered({"id": 1, "friend": {"id": "two"}}, dialect=dialect)
    assert not result.is_error
    assert len(result.notes) == 1
    assert "$.friend.id" in result.notes[0]
    assert "integer" in result.notes[0]


def test_a_status_or_content_type_that_the_document_does_not_know_is_told() -> None:
    assert "201" in answered({"id": 1}, status=201).notes[0]
    assert "text/plain" in answered({"id": 1}, **{"Content-Type": "text/plain"}).notes[0]


def test_what_cannot_be_checked_is_said() -> None:
    assert "2.0" in answered({}, dialect="2.0").notes[0]
    assert "out of the components" in answered({}, method="PUT").notes[0]
    assert "cannot read the document here" in answered("x", method="DELETE").notes[0]


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS"])
def test_a_document_that_cannot_be_checked_against_costs_nobody_the_answer(method: str) -> None:
    result = answered({"id": 1}, method=method)
    assert result.data == {"id": 1}
    assert "cannot read the document here" in result.notes[0]


@pytest.mark.parametrize(
    "kind", ["application/xml", "application/pdf", "text/csv", "application/jsonl"]
)
def test_what_is_neither_json_nor_plain_text_is_not_checked(kind: str) -> None:
    [note] = noted(kind, "<pet><id>1</id></pet>")
    assert "not checked" in note
    assert kind in note


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/hal+json", "application/problem+json"]
)
def test_every_dialect_of_json_is_checked(kind: str) -> None:
    assert noted(kind, '{"id": 1}') == ()
    assert "$.id" in noted(kind, '{"id": "one"}')[0]


def noted(kind: str, body: str) -> tuple[str, ...]:
    content = {kind.partition(";")[0]: {"schema": PET}}
    document = {
        **DOCUMENT,
        "paths": {"/": {"get": {"responses": {"200": {"description": "", "content": content}}}}},
    }
    with LoopbackServer(lambda _: Answer(body=body, headers={"Content-Type": kind})) as server:
        subject = tool(
            server.url, pointer="/paths/~1/get", api={"document": document, "dialect": "3.1"}
        )
        return connect(tools(subject), validate=True).call("t").notes


def test_alternatives_that_overlap_are_no_fault_of_an_answer() -> None:
    assert answered("", method="TRACE").notes == ()
    assert "is not valid under any" in str(answered(7, method="TRACE").notes)


def test_a_fault_in_a_header_names_the_header() -> None:
    assert answered({}, method="QUERY", **{"X-Page": "3"}).notes == ()
    (note,) = answered({}, method="QUERY", **{"X-Page": "10"}).notes
    assert "the header X-Page: 10 is greater" in note


def test_nothing_is_checked_unasked() -> None:
    assert answered({"id": "one"}, validate=False).notes == ()


def test_openapi_core_is_loaded_only_by_those_who_validate() -> None:
    code = "import sys, openapi2tools.call.client; sys.exit('openapi_core' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_note_shows_no_secret_that_the_answer_holds() -> None:
    content = {"application/json": {"schema": {"enum": ["a"]}}}
    document = {
        "paths": {"/": {"get": {"responses": {"200": {"description": "", "content": content}}}}}
    }
    api = {
        "document": document,
        "dialect": "3.1",
        "schemes": {"key": SecurityScheme("key", "apiKey", name="X-Key", location="header")},
    }
    kind = {"Content-Type": "application/json"}
    with LoopbackServer(
        lambda received: Answer(body=json.dumps(received.headers["x-key"]), headers=kind)
    ) as server:
        subject = tool(server.url, pointer="/paths/~1/get", api=api, security=({"key": ()},))
        result = connect(tools(subject), credentials={"key": "s3cret-value"}, validate=True).call(
            "t"
        )
    assert "[secret]" in result.notes[0]
    assert "s3cret-value" not in repr(result)


@pytest.mark.parametrize("written", ["application/json; charset=utf-8", "*/*", "application/*"])
def test_json_is_checked_whatever_the_document_calls_it(written: str) -> None:
    """openapi-core compares media types as texts."""
    schema = {"type": "object", "required": ["a"]}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/a": {
                "get": {
                    "operationId": "a",
                    "responses": {"200": {"$ref": "#/components/responses/A"}},
                }
            }
        },
        "components": {
            "responses": {"A": {"description": "", "content": {written: {"schema": schema}}}}
        },
    }
    [tool] = build_tools(load(document)).values()
    headers = {"content-type": "application/json"}
    assert validation_findings(tool, httpx.Response(200, headers=headers), b'{"a": 1}') == ()
    [finding] = validation_findings(tool, httpx.Response(200, headers=headers), b"{}")
    assert "'a' is a required property" in finding
