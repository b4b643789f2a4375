"""Sessions and events as data: published schemas, versions that load, lines that are refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from openapi2tools.agent.events import EVENT_VERSION, events_schema
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import (
    Approval,
    Asked,
    Notice,
    Question,
    Sent,
    Shortened,
    Turn,
    Usage,
)
from openapi2tools.agent.record.journal import FORMAT_VERSION
from openapi2tools.agent.record.session import Session
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, Part, Result
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import open_pets

if TYPE_CHECKING:
    from openapi2tools.call.client import Client

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
RECORD = [
    Question("Who?"),
    Turn(
        "Look", (Call("a", {"x": [1, None]}, "1", caller={"id": 1}),), ({"i": 1},), "w", Usage(1, 2)
    ),
    Asked("1", {"method": "POST"}, "2026-01-01T00:00:00+00:00"),
    Approval("1", approved=True, digest="d", at="2026-01-01T00:00:00+00:00"),
    Sent("1"),
    Result("1", "a", "text", {"k": 1}, 200, parts=(Part("image/png", b"\0\xff"),), next=Call("a")),
    Notice("cut", "Go on.", Usage(1)),
    Shortened((5,)),
]
FIRST_VERSION = """\
{"v":1,"kind":"question","text":"Add Ada"}
{"v":1,"kind":"turn","text":"","calls":[{"tool":"add_pet","arguments":{"name":"Ada"},"id":"1","fault":"","caller":null}],"items":[],"wire":"","usage":{"read":1,"written":2,"cached":0}}
{"v":1,"kind":"approval","call_id":"1","approved":true}
{"v":1,"kind":"sent","call_id":"1","went":true}
{"v":1,"kind":"result","call_id":"1","tool":"add_pet","text":"x","data":null,"status":201,"is_error":false,"truncated":false,"parts":[{"media_type":"image/png","data":"AP8=","name":"","path":""}],"notes":["n"],"headers":{},"next":null,"caller":null}
"""


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (f"session.v{FORMAT_VERSION}.json", Session.json_schema()),
        (f"events.v{EVENT_VERSION}.json", events_schema()),
    ],
)
def test_the_published_schema_is_the_one_of_this_version(
    name: str, schema: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    text = json.dumps(schema, indent=2) + "\n"
    if request.config.getoption("--update-golden"):
        (SCHEMAS / name).write_text(text)
    assert (SCHEMAS / name).read_text() == text
    jsonschema_rs.meta.validate(schema)


def test_a_session_is_text_and_back_and_keeps_its_schema() -> None:
    text = Session(RECORD).dumps()  # type: ignore[arg-type]
    assert list(Session.loads(text)) == RECORD
    assert list(Session.loads(text.encode())) == RECORD
    validator = jsonschema_rs.validator_for(Session.json_schema())
    for line in text.splitlines():
        validator.validate(json.loads(line))


def test_half_a_character_is_written_as_text_that_everybody_reads() -> None:
    record = [Question("é\U0001f375"), Result("1", "a", "cut \ud83d")]
    text = Session(record).dumps()
    text.encode()
    assert list(Session.loads(text)) == record


def test_a_session_of_the_first_version_is_read() -> None:
    entries = list(Session.loads(FIRST_VERSION))
    assert entries[2] == Approval("1", approved=True)
    assert entries[4].parts[0].data == b"\0\xff"  # type: ignore[union-attr]
    assert Session.loads(Session(entries).dumps())[:] == entries


WRONG: list[Any] = [None, True, 0, 1.5, "no", [], {}, [None], {"a": 1}, [[]], "x" * 9, -1]


def test_whatever_stands_in_a_line_it_is_read_or_refused() -> None:
    """Every member of every entry is replaced by every kind of value."""
    lines = [json.loads(line) for line in Session(RECORD).dumps().splitlines()]  # type: ignore[arg-type]
    refused = 0
    for index, line in enumerate(lines):
        for name in line:
            for value in WRONG:
                text = "".join(
                    json.dumps({**line, name: value} if number == index else each) + "\n"
                    for number, each in enumerate(lines)
                )
                try:
                    session = Session.loads(text)
                except AgentError as error:
                    refused += 1
                    said = str(error)
                else:
                    said = f"line {index + 1} of {session!r}, {session.usage}"
                assert f"line {index + 1}" in said
    assert refused > 200


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"v":2,"kind":"approval","call_id":"1","approved":"no"}', "approved is not a boolean"),
        ('{"v":2,"kind":"approval","call_id":"1","approved":1}', "approved is not a boolean"),
        ('{"v":2,"kind":"approval","call_id":"1"}', "approved: it is missing"),
        ('{"v":2,"kind":"approval","call_id":"1","approved":true,"all":true}', "no such member"),
        ('{"v":2,"kind":["turn"]}', "kind is one of"),
        ('{"v":true,"kind":"turn"}', "another version"),
        ('{"v":[2],"kind":"turn"}', "another version"),
        ("[" * 100_000, "no JSON"),
        ('{"v":2,"kind":"turn","calls":[1]}', "/calls/0 is not an object"),
        ('{"v":2,"kind":"turn","usage":{"read":"1"}}', "/usage/read is not an integer"),
        (
            '{"v":2,"kind":"result","call_id":"1","tool":"a","text":"","parts":[{"media_type":"a","data":"*"}]}',
            "base64",
        ),
    ],
)
def test_a_line_that_is_no_entry_is_named_with_its_fault(line: str, said: str) -> None:
    with pytest.raises(AgentError, match=said) as caught:
        Session.loads(f'{{"v":2,"kind":"question","text":"?"}}\n{line}\n')
    assert "line 2" in str(caught.value)


def test_every_event_is_json_of_its_schema_without_a_secret() -> None:
    async def events(client: Client, server: OpenAIServer) -> list[Any]:
        model = OpenAIModel("scripted", api="chat", base_url=server.url, api_key="k3y")
        return [event async for event in Agent(client, model).stream("Delete Rex")]

    def approve(_: object) -> bool:
        return True

    script = calls(("delete_pet", {"pet_id": 1}), text="So be it"), says("Gone")
    options: dict[str, Any] = {"credentials": {"token": "s3cr3t"}, "approve": approve}
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes"), **options) as (_, client),
    ):
        seen = [event.to_dict() for event in asyncio.run(events(client, server))]
    validator = jsonschema_rs.validator_for(events_schema())
    for event in seen:
        validator.validate(event)
    types = {event["type"]: event for event in seen}
    assert len(types) == 10
    assert types["approval_asked"]["prepared"]["text"].startswith("DELETE /pets/1 HTTP/1.1")
    assert types["answered"]["answer"] == {
        "text": "Gone",
        "turns": 2,
        "usage": types["answered"]["answer"]["usage"],
        "pending": [],
        "seconds": types["answered"]["answer"]["seconds"],
        "incomplete": "",
    }
    assert "s3cr3t" not in json.dumps(seen)
