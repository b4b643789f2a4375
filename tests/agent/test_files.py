"""Files in a run: what one call answers goes into another, and the model sees what it may see."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.session import Session
from openapi2tools.call.policy import Policy
from openapi2tools.model import Call, Part, Result
from openapi2tools.testing import ScriptedModel
from tests.support.galleries import PICTURE, open_galleries
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.server import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.call.prepared import Prepared
    from tests.support.galleries import Galleries

BOTH_APIS = pytest.mark.parametrize("api", ["chat", "responses"])
BASE64 = b64encode(PICTURE).decode()
ZIP = b"PK\x03\x04\0\xff" * 20
ALLOWED = Policy(confirm="none")


def handle_in(body: dict[str, Any]) -> str:
    """Return the handle that the model reads in the last request."""
    text = json.dumps(body)
    return text.rpartition('{\\"result\\":\\"')[2].partition('\\"')[0].replace("\\", "")


def upload_what_came(body: dict[str, Any]) -> Any:
    return calls(("upload", {"picture": {"result": handle_in(body)}}))


def model_at(server: OpenAIServer, api: Any) -> OpenAIModel:
    return OpenAIModel("scripted", api=api, base_url=server.url, api_key="k")


@BOTH_APIS
def test_a_picture_of_one_api_is_uploaded_to_another_byte_for_byte(api: Any) -> None:
    with (
        open_galleries(policy=ALLOWED) as galleries,
        OpenAIServer(calls(("get_picture", {})), upload_what_came, says("Done.")) as server,
    ):
        Agent(galleries.caller, model_at(server, api)).run("Copy the picture.")
        assert galleries.uploaded() == ("left hand.png", "image/png", PICTURE)
        for body in server.requests:
            shown = shown_pictures(body)
            assert json.dumps(body).count(BASE64) == len(shown)
            assert BASE64 not in json.dumps(said_by_the_model(body))
        assert len(shown_pictures(server.requests[-1])) == 1


def shown_pictures(body: dict[str, Any]) -> list[Any]:
    """Return the parts of a request that show a picture, as either API takes them."""
    if "messages" in body:
        contents = [each["content"] for each in body["messages"] if each["role"] == "user"]
    else:
        contents = [each["output"] for each in body["input"] if "output" in each]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [part for part in parts if part["type"] in ("image_url", "input_image")]


def said_by_the_model(body: dict[str, Any]) -> list[Any]:
    if "messages" in body:
        return [each for each in body["messages"] if each["role"] == "assistant"]
    return [each for each in body["input"] if each.get("type") == "function_call"]


def test_only_a_run_offers_handles_and_its_validation_is_as_before() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        agent = Agent(galleries.caller, ScriptedModel())
        offered = agent.tools["upload"].schema["properties"]["picture"]
        built = galleries.caller.tools["upload"].schema["properties"]["picture"]
        assert {"required": ["result"]} in offered["oneOf"]
        assert "result" not in built["properties"]
        assert agent.tools["get_picture"].schema is galleries.caller.tools["get_picture"].schema


HANDLE = {"result": "call_1_0"}
READ: Any = ("get_picture", {})


def run(galleries: Galleries, *lines: Any, session: Session | None = None, **options: Any) -> Any:
    """Run a scripted model; return its answer."""
    agent = Agent(galleries.caller, ScriptedModel(*lines), **options)
    return agent.run("Copy the picture.", session=session)


def last_result(answer: Any) -> Result:
    return [entry for entry in answer.session if isinstance(entry, Result)][-1]


def test_a_model_may_give_the_file_another_name_and_type() -> None:
    other = {**HANDLE, "filename": "cover.bin", "content_type": "application/x-cover"}
    with open_galleries(policy=ALLOWED) as galleries:
        run(galleries, READ, ("upload", {"picture": other}), "Done.")
        assert galleries.uploaded() == ("cover.bin", "application/x-cover", PICTURE)


def test_a_file_is_the_body_as_a_whole_and_any_binary_is_a_file() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        galleries.files["/a.zip"] = Answer(200, ZIP, {"Content-Type": "application/zip"})
        run(galleries, ("get_file", {"name": "a.zip"}), ("store", {"body": HANDLE}), "Done.")
        [arrived] = galleries.arrived
        assert (arrived.body, arrived.headers["content-type"]) == (ZIP, "application/zip")


def test_what_a_call_answered_in_words_is_a_file_too() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        galleries.files["/a.csv"] = Answer(200, b"a,b\n1,2\n", {"Content-Type": "text/csv"})
        run(galleries, ("get_file", {"name": "a.csv"}), ("store", {"body": HANDLE}), "Done.")
        assert galleries.arrived[0].body == b"a,b\n1,2\n"


def test_an_id_that_leads_nowhere_is_answered_with_those_that_do() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        wrong = ("upload", {"picture": {"result": "call_9"}})
        answer = run(galleries, READ, wrong, "No.")
        assert not galleries.arrived
        text = last_result(answer).text
        assert "There is no file call_9." in text
        assert "call_1_0 (left hand.png, image/png)" in text


def test_the_person_sees_what_goes_out_and_may_change_the_handle() -> None:
    shown: list[str] = []

    def approve(prepared: Prepared) -> Any:
        shown.append(prepared.question())
        arguments = json.loads(json.dumps(prepared.call.arguments))
        return True if "title" in arguments else {**arguments, "title": "Red"}

    with open_galleries(policy=Policy(confirm="writes")) as galleries:
        run(galleries, READ, ("upload", {"picture": HANDLE}), "Done.", approve=approve)
        assert galleries.uploaded() == ("left hand.png", "image/png", PICTURE)
        for question in shown:
            assert 'filename="left hand.png"' in question
            assert "Content-Type: image/png" in question
            assert f"({len(PICTURE)} bytes, SHA-256 " in question
        assert "Red" in shown[1]


def test_a_session_that_goes_on_from_its_file_follows_handles(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with open_galleries(policy=Policy(confirm="writes")) as galleries:
        script = (READ, ("upload", {"picture": HANDLE}), "Done.")
        with Session.open(path) as session:
            assert run(galleries, *script, session=session).pending
        with Session.open(path) as session:
            session.approve(session.pending[0])
            Agent(galleries.caller, ScriptedModel("Done.")).run(session=session)
        assert galleries.uploaded()[2] == PICTURE


def test_a_program_may_give_a_part_of_a_result() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        museum, archive = galleries.clients
        picture = museum.call("get_picture").parts[0]
        archive.call("upload", {"picture": picture})
        archive.call("store", {"body": Part("image/png", PICTURE)})
        assert galleries.uploaded(0) == ("left hand.png", "image/png", PICTURE)
        assert galleries.arrived[1].headers["content-type"] == "image/png"


def test_bytes_that_were_not_kept_are_told_as_gone() -> None:
    def without_bytes(_: Call, result: Result) -> Result | None:
        parts = tuple(replace(part, data=b"") for part in result.parts)
        return replace(result, parts=parts) if parts else None

    with open_galleries(policy=ALLOWED) as galleries:
        upload = ("upload", {"picture": HANDLE})
        answer = run(galleries, READ, upload, "No.", after_call=without_bytes)
        assert not galleries.arrived
        assert "the bytes of this file were not kept" in last_result(answer).text


def test_an_object_of_the_api_that_looks_like_a_handle_stays_what_it_is() -> None:
    with open_galleries(policy=ALLOWED) as galleries:
        run(galleries, READ, ("report", {"outcome": HANDLE}), "Done.")
        assert galleries.arrived[0].json() == {"outcome": HANDLE}
