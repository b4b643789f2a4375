"""Files in a run: what one call answers goes into another, and the model sees what it may see."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.files.handles import RecordFiles
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record import entries
from openapi2tools.agent.record.entries import Question
from openapi2tools.agent.record.session import Session
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Call, Part, Result
from openapi2tools.testing import ScriptedModel
from tests.support.galleries import PICTURE, open_galleries
from tests.support.openai_server import OpenAIServer, calls, fails, says
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
    return calls(("upload", strictly({"result": handle_in(body)})))


def strictly(handle: dict[str, str]) -> dict[str, Any]:
    """Return arguments as a strict schema wants them: null for whatever is left out."""
    keys = ("path", "text", "base64", "filename", "content_type")
    return {"picture": {**dict.fromkeys(keys), **handle}, "title": None}


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
        assert prepared.to_dict()["arguments"]["picture"] == HANDLE
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


def test_sound_and_documents_reach_the_model_as_its_api_takes_them() -> None:
    files = {
        "/a.wav": Answer(200, b"RIFF\0\xff", {"Content-Type": "audio/wav"}),
        "/a.pdf": Answer(200, b"%PDF-1.7\0\xff", {"Content-Type": "application/pdf"}),
    }
    both = calls(("get_file", {"name": "a.wav"}), ("get_file", {"name": "a.pdf"}))
    with (
        open_galleries(policy=ALLOWED) as galleries,
        OpenAIServer(both, says("A song, and a text.")) as server,
    ):
        galleries.files |= files
        Agent(galleries.caller, model_at(server, "chat")).run("What are they?")
    content = server.requests[-1]["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "input_audio", "text", "file"]
    assert content[1]["input_audio"]["format"] == "wav"
    assert content[3]["file"]["filename"] == "file.pdf"
    assert content[0]["text"].startswith("audio/wav, which the call ")


def test_a_name_that_the_api_gives_does_not_speak_as_the_user() -> None:
    with (
        open_galleries(policy=ALLOWED) as galleries,
        OpenAIServer(calls(("get_picture", {})), says("Red.")) as server,
    ):
        Agent(galleries.caller, model_at(server, "chat")).run("What is it?")
    last = server.requests[-1]["messages"][-1]
    assert last["role"] == "user"
    assert "left hand" not in json.dumps(last)


@BOTH_APIS
def test_what_the_user_attaches_is_seen_and_passed_on(api: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(PICTURE)
    (tmp_path / "notes.txt").write_text("Hang it high.")
    attached = {"picture": {"result": "attached_1"}}
    with (
        open_galleries(policy=ALLOWED) as galleries,
        OpenAIServer(calls(("upload", attached)), says("Done.")) as server,
    ):
        agent = Agent(galleries.caller, model_at(server, api))
        agent.run("Upload it.", attach=[str(tmp_path / "mine.png"), tmp_path / "notes.txt"])
        assert galleries.uploaded() == ("mine.png", "image/png", PICTURE)
    first, last = server.requests
    assert json.dumps(first).count(BASE64) == json.dumps(last).count(BASE64) == 1
    assert "Hang it high." in json.dumps(first)
    assert "attached_2" in json.dumps(first)


def test_a_file_that_cannot_be_attached_is_refused_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    model = ScriptedModel()
    with open_galleries() as galleries:
        agent = Agent(galleries.caller, model)
        with pytest.raises(InvalidOption, match=r"gone\.png cannot be attached: No such file"):
            agent.run("Upload it.", attach=[tmp_path / "gone.png"])
        with pytest.raises(InvalidOption, match="goes with a question"):
            agent.run(session=Session([Question("Old")]), attach=[Part("image/png", PICTURE)])
    assert not model.records


@BOTH_APIS
def test_a_model_that_sees_nothing_is_told_in_words_once_its_server_refuses(api: Any) -> None:
    refusal = fails(400, "messages[3]: unknown variant `image_url`, expected `text`")
    with (
        open_galleries(policy=ALLOWED) as galleries,
        OpenAIServer(
            calls(("get_picture", {})), refusal, upload_what_came, says("Done.")
        ) as server,
    ):
        Agent(galleries.caller, model_at(server, api)).run("Copy the picture.")
        assert galleries.uploaded()[2] == PICTURE
    refused, *others = server.requests[1:]
    assert BASE64 in json.dumps(refused)
    for body in others:
        assert BASE64 not in json.dumps(body)
        assert "You cannot look at it" in json.dumps(body)


def test_a_request_holds_no_more_than_it_may_and_the_oldest_files_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entries, "MAX_PART_BYTES", 2 * len(PICTURE))
    three = [Question("Look", (Part("image/png", PICTURE),)) for _ in range(3)]
    shown = [each for each in entries.exchanges(three) if isinstance(each, Question)]
    assert [[bool(part.data) for part in each.parts] for each in shown] == [[False], [True], [True]]
    assert "shown no more" in shown[0].text


def test_files_are_kept_in_a_folder_under_names_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    headers = {
        "Content-Type": "image/png",
        "Content-Disposition": "attachment; filename*=UTF-8''..%2f.ssh%0aid",
    }
    with open_galleries(policy=ALLOWED) as galleries:
        galleries.files["/odd"] = Answer(200, PICTURE, headers)
        agent = Agent(
            galleries.caller,
            ScriptedModel([READ, READ, ("get_file", {"name": "odd"})], "Done."),
            save_files=folder,
        )
        answer = agent.run("Keep them.")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["left hand-2.png", "left hand.png", "ssh_id"]
    assert {path.read_bytes() for path in folder.iterdir()} == {PICTURE}
    texts = [entry.text for entry in answer.session if isinstance(entry, Result)]
    assert any(f"(Saved to {folder / 'ssh_id'})" in text for text in texts)


def test_a_record_that_is_full_keeps_no_bytes_but_follows_those_in_a_folder(
    tmp_path: Path,
) -> None:
    picture = Part("image/png", PICTURE)
    record = [Result("1", "t", "", parts=(picture,))]
    files = RecordFiles(record, max_bytes=len(PICTURE))
    gone = files.offer(Result("2", "t", "", parts=(picture,)), "2")
    assert (gone.parts[0].data, "cannot be passed on" in gone.text) == (b"", True)
    saved = replace(picture, path=str(tmp_path / "a.png"))
    kept = files.offer(Result("2", "t", "", parts=(saved,)), "2")
    assert (kept.parts[0].data, '{"result":"2"}' in kept.text) == (b"", True)
