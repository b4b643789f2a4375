"""Servers that speak like OpenAI, and not quite: each run comes to its answer, and says how.

What is refused is refused once. See docs/models.md.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from openapi2tools.agent.events import Answered, Event, ModelNote, TextDelta
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.errors import AgentError, ContextTooLong
from openapi2tools.model import Call, Result, Toolset
from tests.support import other_servers as servers
from tests.support.openai_server import OpenAIServer, calls, says, sse
from tests.support.other_servers import Manner, OtherServer
from tests.support.pets import open_pets
from tests.support.server import Answer

DOCUMENT = Path(__file__).parents[3] / "docs" / "models.md"

# What each kind of server is, and what a run says of it.
KINDS: list[tuple[Manner, list[str]]] = [
    (servers.OLLAMA, ["contents that are texts alone"]),
    (servers.LLAMA_CPP_BEFORE_STREAMS, ["does not stream"]),
    (servers.LLAMA_CPP_LLAMA_3, ["one call a message"]),
    (servers.VLLM_GEMMA, ["no system message"]),
    (servers.VLLM_HERMES, ["read from its text"]),
    (servers.LM_STUDIO, ["read from its text", "contents that are texts alone"]),
    (servers.ANTHROPIC, []),
    (servers.GOOGLE, ["no strict tools"]),
    (servers.MISTRAL, ["no stream_options"]),
    (servers.OPENAI_REASONING, ["max_completion_tokens"]),
    (servers.WHOLE_GATEWAY, ["does not stream"]),
    (servers.LOSSY_GATEWAY, ["does not stream"]),
]
WITHOUT_TOOLS = [
    servers.OLLAMA_WITHOUT_TOOLS,
    servers.LLAMA_CPP_WITHOUT_JINJA,
    servers.VLLM_WITHOUT_PARSER,
]
SCRIPT = (
    calls(("find_pets", {"name": "Tom"})),
    calls(("get_pet", {"pet_id": 1}), ("get_pet", {"pet_id": 2})),
    calls(("add_pet", {"name": "Ada"})),
    says("Tom is a cat, and Ada is there."),
)


def model(server: OpenAIServer, **options: Any) -> OpenAIModel:
    return OpenAIModel("m", api="chat", base_url=server.url, api_key="sk-secret", **options)


def play(server: OpenAIServer, *, session: Session | None = None, **options: Any) -> Any:
    """Run a question; return the events, and what came to the API."""

    async def events(agent: Agent) -> list[Event]:
        question = None if session else "Who is Tom?"
        return [event async for event in agent.stream(question, session=session)]

    with open_pets(credentials={"token": "t"}) as (pets, client):
        seen = asyncio.run(events(Agent(client, model(server, **options))))
        return seen, [f"{each.method} {each.path}" for each in pets.received]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("manner", "notes"), KINDS, ids=[manner.name for manner, _ in KINDS])
def test_each_kind_of_server_comes_to_the_answer_and_refuses_a_thing_once(
    manner: Manner, notes: list[str], stream: bool
) -> None:
    with OtherServer(manner, *SCRIPT) as server:
        events, sent = play(server, stream=stream, max_tokens=500)
    told = [event.text for event in events if isinstance(event, ModelNote)]
    wanted = [note for note in notes if stream or "stream" not in note]
    assert len(told) == len(wanted)
    assert all(note in text for note, text in zip(wanted, told, strict=True)), told
    assert all(text.startswith(server.url) and text.endswith(".") for text in told)
    assert server.refusals <= len(told)
    assert sorted(sent) == ["GET /pets", "GET /pets/1", "GET /pets/2", "POST /pets"]
    assert isinstance(events[-1], Answered)
    assert events[-1].answer.text == "Tom is a cat, and Ada is there."
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert shown == "Tom is a cat, and Ada is there."


@pytest.mark.parametrize("manner", WITHOUT_TOOLS, ids=[manner.name for manner in WITHOUT_TOOLS])
def test_a_server_that_knows_no_tools_is_met_with_advice(manner: Manner) -> None:
    with (
        OtherServer(manner, *SCRIPT) as server,
        pytest.raises(AgentError, match="tool_calls='constrained'") as caught,
    ):
        play(server)
    assert "It says:" in str(caught.value)
    assert server.refusals == 1


def test_the_page_about_models_names_each_kind_that_is_tried() -> None:
    text = DOCUMENT.read_text("utf-8")
    tried = {manner.name for manner in vars(servers).values() if isinstance(manner, Manner)}
    assert {manner.name for manner in [*(manner for manner, _ in KINDS), *WITHOUT_TOOLS]} == tried
    rows = set(re.findall(r"^\| ([^|]+?) \|", text, re.MULTILINE))
    assert tried <= rows


TOO_LONG = [
    (400, [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum."}}]),
    (400, {"error": "Loaded with context length of only 8 tokens, which is not enough."}),
    (400, {"error": {"message": "prompt is too long: 9 tokens > 8 maximum", "type": "x"}}),
    (400, {"object": "error", "message": "This model's maximum context length is 8 tokens."}),
    (500, {"error": {"code": 500, "message": "the request exceeds the available context size"}}),
]


@pytest.mark.parametrize(("status", "body"), TOO_LONG)
def test_a_conversation_that_is_too_long_is_known_by_whatever_words(status: int, body: Any) -> None:
    async def ask(model: OpenAIModel) -> None:
        async with model.open(Toolset(), "") as ask:
            [piece async for piece in ask([Question("Who?")])]

    with OpenAIServer(Answer(status, body)) as server, pytest.raises(ContextTooLong):
        asyncio.run(ask(model(server)))


# --- calls in the text ---


def test_a_call_in_the_text_goes_back_as_a_call() -> None:
    with OtherServer(servers.VLLM_HERMES, *SCRIPT) as server:
        play(server)
    messages = server.requests[-1]["messages"]
    made = [call for message in messages for call in message.get("tool_calls", [])]
    assert [call["function"]["name"] for call in made] == [
        "find_pets",
        "get_pet",
        "get_pet",
        "add_pet",
    ]
    answered = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert answered == [call["id"] for call in made]
    assert len(set(answered)) == 4
    assert "<tool_call>" not in str(messages)


QUOTED = 'It says: <tool_call>{"name": "delete_pet", "arguments": {"pet_id": 1}}</tool_call>'


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_a_model_quotes_is_none_where_its_server_makes_calls(stream: bool) -> None:
    with OpenAIServer(calls(("find_pets", {})), says(QUOTED)) as server:
        events, sent = play(server, stream=stream)
    assert events[-1].answer.text == QUOTED
    assert sent == ["GET /pets"]


def test_so_it_is_in_a_session_that_is_taken_up_again() -> None:
    with OpenAIServer(calls(("find_pets", {})), says("Two.")) as server:
        first = play(server)[0][-1].answer.session
    session = Session([*first, Question("What does it say?")])
    with OpenAIServer(says(QUOTED)) as server:
        events, sent = play(server, session=session)
    assert (events[-1].answer.text, sent) == (QUOTED, [])


def test_words_that_only_look_like_calls_are_shown_whole() -> None:
    text = 'It is `Rex`, <b>a dog</b>:\n```json\n{"name": "Rex"}\n```\nThat is all.'
    with OpenAIServer(says(text)) as server:
        events, _ = play(server)
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert (shown, events[-1].answer.text) == (text, text)


# --- histories that a server refuses ---


def test_the_results_of_calls_that_are_told_one_by_one_follow_each() -> None:
    turn = Turn("Looking", (Call("get_pet", {"pet_id": 1}, "a"), Call("get_pet", {}, "b")))
    results = Result("b", "get_pet", "None"), Result("a", "get_pet", "Rex")
    session = Session([Question("Who?"), turn, *results])
    with OtherServer(servers.LLAMA_CPP_LLAMA_3, says("Rex")) as server:
        play(server, session=session, retries=0)
    told = [
        (message["content"], message["tool_calls"][0]["id"])
        if "tool_calls" in message
        else (message["content"], message["tool_call_id"])
        for message in server.requests[-1]["messages"][2:]
    ]
    assert told == [("Looking", "a"), ("Rex", "a"), (None, "b"), ("None", "b")]


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_stream_that_holds_nothing_is_asked_for_whole(api: Any) -> None:
    nothing = Answer(200, headers={"Content-Type": "text/event-stream"}, chunks=[b": hello\n\n"])
    with OpenAIServer(nothing, says("Rex")) as server, open_pets() as (_, client):
        agent = Agent(client, OpenAIModel("m", api=api, base_url=server.url, api_key="k"))
        assert agent.run("Who?").text == "Rex"
    assert ["stream" in request for request in server.requests] == [True, False]


def test_a_refusal_that_nothing_helps_against_is_told_in_the_servers_words() -> None:
    said = {"error": {"message": "max_tokens is too large: 9999. At most 4096.", "code": 400}}
    with (
        OpenAIServer(Answer(400, said)) as server,
        pytest.raises(AgentError, match="max_tokens is too large"),
    ):
        play(server, max_tokens=9999)
    assert len(server.requests) == 1


def test_nothing_is_left_out_once_an_answer_has_begun() -> None:
    piece = {"id": "1", "choices": [{"index": 0, "delta": {"content": "It is"}}]}
    error = {"error": {"message": "stream_options is not supported"}}
    stream = Answer(
        200, headers={"Content-Type": "text/event-stream"}, chunks=[sse(piece), sse(error)]
    )
    with OpenAIServer(stream) as server, pytest.raises(AgentError, match="stream_options"):
        play(server, retries=0)
    assert len(server.requests) == 1
