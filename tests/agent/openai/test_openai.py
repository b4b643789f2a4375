"""The model behind OpenAI's two APIs: what it sends, what it reads, what it says of faults."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from openapi2tools._core.json import exact_json
from openapi2tools.agent.events import TextDelta
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Approval, Question, Sent, Turn, Usage
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, InvalidOption
from openapi2tools.model import Call, Result, Toolset
from tests.support.odd_calls import ODD_CALLS
from tests.support.openai_server import OpenAIServer, calls, fails, says, sse
from tests.support.pets import open_pets
from tests.support.server import Answer

WIRES = [("chat", True), ("chat", False), ("responses", True), ("responses", False)]


def model(
    server: OpenAIServer, api: Any = "chat", stream: bool = True, **options: Any
) -> OpenAIModel:
    return OpenAIModel(
        "scripted", api=api, base_url=server.url, api_key="sk-secret", stream=stream, **options
    )


def ask(server: OpenAIServer, api: Any = "chat", stream: bool = True, **options: Any) -> str:
    with open_pets() as (_, client):
        return Agent(client, model(server, api, stream, **options)).run("Who?").text


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_tools_are_offered_strictly_and_options_go_through(api: str) -> None:
    with OpenAIServer(says("Rex")) as server:
        assert ask(server, api, temperature=0.5, parallel_tool_calls=False) == "Rex"
    request = server.requests[0]
    assert (request["model"], request["temperature"], request["parallel_tool_calls"]) == (
        "scripted",
        0.5,
        False,
    )
    tools = [tool.get("function", tool) for tool in request["tools"]]
    assert [(tool["name"], tool["strict"]) for tool in tools] == [
        (name, True) for name in ("find_pets", "add_pet", "get_pet", "delete_pet")
    ]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("api", ["chat", "responses"])
def test_an_option_that_only_another_server_has_goes_into_the_body(api: str, stream: bool) -> None:
    with OpenAIServer(says("Rex"), lenient=True) as server:
        ask(server, api, stream, top_k=20, extra_body={"min_p": 0.1}, seed=7)
    [request] = server.requests
    assert (request["top_k"], request["min_p"], request["seed"]) == (20, 0.1, 7)


@pytest.mark.parametrize(
    ("api", "given", "sent"),
    [
        ("chat", "max_tokens", "max_tokens"),
        ("chat", "max_completion_tokens", "max_completion_tokens"),
        ("chat", "max_output_tokens", "max_completion_tokens"),
        ("responses", "max_tokens", "max_output_tokens"),
        ("responses", "max_output_tokens", "max_output_tokens"),
    ],
)
def test_the_limit_of_tokens_goes_by_the_name_of_the_api(api: str, given: str, sent: str) -> None:
    with OpenAIServer(says("Rex")) as server:
        ask(server, api, **{given: 99})
    names = [name for name in server.requests[0] if name.startswith("max_")]
    assert names == [sent]
    assert server.requests[0][sent] == 99


@pytest.mark.parametrize("name", ["messages", "input", "tools", "instructions"])
def test_what_the_run_writes_is_no_option_of_a_model(name: str) -> None:
    with pytest.raises(InvalidOption, match=f"{name} is no option of a model"):
        OpenAIModel("x", **{name: []})


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), "60", True])
def test_a_timeout_is_a_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(InvalidOption, match="a number above 0"):
        OpenAIModel("x", timeout=seconds)


def test_nothing_is_stored_at_the_vendor_and_reasoning_goes_back_whole() -> None:
    script = calls(("get_pet", {"pet_id": 1}), reasoning="encrypted-to-the-end"), says("Rex")
    with OpenAIServer(*script) as server:
        ask(server, "responses")
    assert [request["store"] for request in server.requests] == [False, False]
    kinds = [item.get("type", "question") for item in server.requests[1]["input"]]
    assert kinds == ["question", "reasoning", "function_call", "function_call_output"]
    assert server.requests[1]["input"][1] == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "encrypted-to-the-end",
    }


def test_the_null_of_an_optional_argument_is_left_out() -> None:
    with (
        OpenAIServer(calls(("add_pet", {"name": "Ada", "kind": None})), says("Added")) as server,
        open_pets() as (pets, client),
    ):
        Agent(client, model(server)).run("Add Ada")
    assert pets.received[0].json() == {"name": "Ada"}


@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_the_text_comes_in_pieces_that_make_the_answer(api: str, stream: bool) -> None:
    async def pieces(agent: Agent) -> list[str]:
        return [event.text async for event in agent.stream("?") if isinstance(event, TextDelta)]

    with OpenAIServer(says("It is Rex.")) as server, open_pets() as (_, client):
        heard = asyncio.run(pieces(Agent(client, model(server, api, stream))))
    assert "".join(heard) == "It is Rex."
    assert len(heard) == (2 if stream else 1)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (fails(401, "Incorrect API key provided: sk-secret."), "does not accept the key"),
        (fails(404, "The model does not exist", "model_not_found"), "knows no model 'scripted'"),
        (fails(400, "Too long", "context_length_exceeded"), "offer fewer tools"),
        (fails(429, "Quota", "insufficient_quota"), "no quota left"),
        (fails(429, "Slowly"), "slow down"),
        (fails(400, "Bad parameter sk-secret"), "did not take the request"),
        (fails(500, "Oh"), "did not take the request"),
    ],
)
@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_what_the_model_server_refuses_is_one_sentence_without_the_key(
    api: str, stream: bool, answer: Answer, sentence: str
) -> None:
    with OpenAIServer(answer) as server, pytest.raises(AgentError, match=sentence) as caught:
        ask(server, api, stream, retries=0)
    assert "sk-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [("<html>", r"no answer of this API"), ({"hello": "world"}, r"base_url|api='chat'")],
)
def test_a_server_that_speaks_something_else(api: str, body: Any, sentence: str) -> None:
    with OpenAIServer(Answer(200, body)) as server, pytest.raises(AgentError, match=sentence):
        ask(server, api, stream=False)


def test_a_server_that_is_not_there() -> None:
    with OpenAIServer() as server:
        url = server.url
    with open_pets() as (_, client), pytest.raises(AgentError, match="Nobody answers"):
        Agent(client, OpenAIModel("x", api="chat", base_url=url, api_key="k", retries=0)).run("?")


@pytest.mark.parametrize(
    ("api", "reason"), [("chat", "length"), ("responses", "max_output_tokens")]
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_text_that_is_cut_off_is_continued(api: str, reason: str, stream: bool) -> None:
    with OpenAIServer(says("It is", finish=reason), says(" Rex.")) as server:
        assert ask(server, api, stream) == "It is Rex."


@pytest.mark.parametrize(
    ("api", "events"),
    [
        (
            "responses",
            [
                {
                    "type": "response.failed",
                    "response": {
                        "status": "failed",
                        "error": {"code": "x", "message": "broke"},
                        "output": [],
                    },
                }
            ],
        ),
        ("responses", [{"type": "error", "code": "x", "message": "broke", "param": None}]),
        ("chat", [{"error": {"message": "broke"}}]),
    ],
)
def test_a_stream_that_fails_is_a_sentence(api: str, events: list[Any]) -> None:
    stream = Answer(
        200,
        headers={"Content-Type": "text/event-stream"},
        chunks=[sse(event, event.get("type", "")) for event in events],
    )
    with (
        OpenAIServer(stream) as server,
        pytest.raises(AgentError, match="broke"),
    ):
        ask(server, api, retries=0)


def test_a_stream_that_breaks_off_is_a_sentence() -> None:
    head = {"Content-Type": "text/event-stream", "Content-Length": "1000"}
    with (
        OpenAIServer(Answer(200, headers=head, chunks=[b"data: {"])) as server,
        pytest.raises(AgentError, match="broke off"),
    ):
        ask(server, "chat", retries=0)


def test_no_key_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with (
        open_pets() as (_, client),
        pytest.raises(AgentError, match=r"OPENAI_API_KEY.*api_key=.*base_url.*LocalModel"),
    ):
        Agent(client, OpenAIModel("gpt-5.5")).run("?")


def test_a_server_of_your_own_needs_no_key_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with OpenAIServer(says("Yes")) as server, open_pets() as (_, client):
        assert (
            Agent(client, OpenAIModel("x", api="chat", base_url=server.url)).run("?").text == "Yes"
        )


def test_the_key_is_in_no_repr() -> None:
    assert "sk-secret" not in repr(OpenAIModel("x", api_key="sk-secret"))


@pytest.mark.parametrize(
    "address",
    ["localhost:8080/v1", "http://[::1/v1", "http://localhost:99999/v1", "http:///v1", ""],
)
def test_an_address_that_is_none_is_told_before_anything_is_asked(address: str) -> None:
    with pytest.raises(AgentError, match="no address of a server"):
        OpenAIModel("x", base_url=address)


@pytest.mark.parametrize(
    "address",
    ["http://u:topsecret@localhost/v1", "u:topsecret@localhost", "http://u:topsecret@[::1"],
)
def test_an_address_with_a_password_is_not_repeated(address: str) -> None:
    with pytest.raises(AgentError, match="password") as caught:
        OpenAIModel("x", base_url=address)
    assert "topsecret" not in str(caught.value)


def test_what_the_environment_says_is_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> None:
        with open_pets() as (_, client):
            Agent(client, OpenAIModel("x", api="chat")).run("?")

    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret \n")
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://u:topsecret@host")
    # as if it were not there: OpenAI's own, by a proxy that is none
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    with pytest.raises(AgentError, match="proxy") as caught:
        run()
    assert "topsecret" not in str(caught.value)
    with OpenAIServer(says("Yes")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        run()
        assert server.keys == ["Bearer sk-secret"]
        monkeypatch.setenv("OPENAI_API_KEY", "schlüssel-geheim")
        with pytest.raises(AgentError, match="no header") as caught:
            run()
    assert "geheim" not in str(caught.value)


def test_a_word_is_no_key_to_be_masked() -> None:
    with (
        OpenAIServer(fails(400, "one of none, auto")) as server,
        open_pets() as (_, client),
        pytest.raises(AgentError, match="none, auto"),
    ):
        Agent(
            client, OpenAIModel("x", api="chat", base_url=server.url, api_key="none", retries=0)
        ).run("?")


def test_too_many_tools_for_one_request() -> None:
    with open_pets() as (_, client), OpenAIServer() as server:
        tool = client.tools["get_pet"]
        many = Toolset(
            [
                *client.tools.values(),
                *(Toolset([tool]).prefixed(f"{n}_")[f"{n}_get_pet"] for n in range(130)),
            ]
        )
        with pytest.raises(AgentError, match="134 tools"):
            Agent(connect(many), model(server), offer="all").run("?")


def test_servers_that_number_every_call_zero_and_give_no_ids_are_understood() -> None:
    def chunk(*made: dict[str, Any], finish: str | None = None) -> bytes:
        return sse(
            {
                "id": "1",
                "choices": [
                    {"index": 0, "delta": {"tool_calls": list(made)}, "finish_reason": finish}
                ],
            }
        )

    def call(key: int, **more: Any) -> dict[str, Any]:
        return {
            "index": 0,
            "type": "function",
            "function": {"name": "get_pet", "arguments": json.dumps({"pet_id": key})},
            **more,
        }

    stream = [
        chunk(call(1, id="a", extra_content={"signature": "s"})),
        chunk(call(2, id="b"), finish="tool_calls"),
        b"data: [DONE]\n\n",
    ]
    nameless = [chunk(call(1, extra_content={"signature": "s"}), call(2), finish="tool_calls")]
    whole = {
        "choices": [
            {
                "message": {"role": "assistant", "tool_calls": [call(1), call(2)]},
                "finish_reason": "stop",
            }
        ]
    }
    head = {"Content-Type": "text/event-stream"}
    answers = (
        Answer(200, headers=head, chunks=stream),
        Answer(200, headers=head, chunks=nameless),
        Answer(200, whole),
    )
    for answer, stream_it in zip(answers, (True, True, False), strict=True):
        with OpenAIServer(answer, says("Both"), lenient=True) as server:
            assert ask(server, "chat", stream_it) == "Both"
        said = server.requests[1]["messages"][2:]
        ids = [made["id"] for made in said[0]["tool_calls"]]
        assert len(set(ids)) == 2
        assert [(message["tool_call_id"], message["role"]) for message in said[1:]] == [
            (ids[0], "tool"),
            (ids[1], "tool"),
        ]
        # what a vendor adds goes back to it
        assert ("extra_content" in said[0]["tool_calls"][0]) is stream_it


@pytest.mark.parametrize(("name", "arguments", "target"), ODD_CALLS)
@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_an_odd_call_is_read_as_meant_and_goes_back_as_a_legal_one(
    api: str, stream: bool, name: str, arguments: str, target: str
) -> None:
    with (
        OpenAIServer(calls((name, arguments)), says("Done")) as server,
        open_pets() as (pets, client),
    ):
        Agent(client, model(server, api, stream)).run("?")
    assert [request.target.partition("?")[0] for request in pets.received] == [target] * bool(
        target
    )
    [made] = calls_in(server.requests[1])
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", made["name"])
    assert isinstance(json.loads(made["arguments"]), dict)


@pytest.mark.parametrize(("name", "arguments", "target"), ODD_CALLS)
@pytest.mark.parametrize("api", ["chat", "responses"])
def test_an_odd_call_of_another_model_goes_back_as_a_legal_one(
    api: str, name: str, arguments: str, target: str
) -> None:
    call = Call(name, id="c1", fault=f"{arguments} {target}")
    session = Session([Question("Who?"), Turn("", (call,)), Result("c1", name, "?")])
    with OpenAIServer(says("Rex")) as server, open_pets() as (_, client):
        Agent(client, model(server, api)).run(session=session)
    [made] = calls_in(server.requests[0])
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", made["name"])
    assert made["arguments"] == "{}"


def test_the_vendors_own_words_stay_where_they_are_legal() -> None:
    written = '{"name": "Ada",  "kind": null}'
    with (
        OpenAIServer(calls(("add_pet", written)), says("Added")) as server,
        open_pets() as (_, client),
    ):
        Agent(client, model(server)).run("Add Ada")
    [made] = calls_in(server.requests[1])
    assert made["arguments"] == written


def calls_in(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls in the history of a request, in the shape of both APIs."""
    messages = request.get("messages") or request["input"]
    chat = [call["function"] for message in messages for call in message.get("tool_calls", [])]
    return chat or [item for item in messages if item.get("type") == "function_call"]


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_session_of_one_api_goes_on_with_the_other(api: str) -> None:
    turn = Turn(
        "Looking",
        (Call("get_pet", {"pet_id": 1}, "c1"),),
        ({"role": "vendor"},),
        "elsewhere",
        Usage(1, 1),
    )
    session = Session(
        [
            Question("Who?"),
            turn,
            Sent("c1"),
            Approval("c1", approved=True),
            Result("c1", "get_pet", "Rex", {"name": "Rex"}, 200),
        ]
    )
    with OpenAIServer(says("Rex")) as server, open_pets() as (_, client):
        assert Agent(client, model(server, api)).run(session=session).text == "Rex"
    assert "elsewhere" not in str(server.requests)
    assert "c1" in str(server.requests)


SSE = {"Content-Type": "text/event-stream"}


def piece(delta: dict[str, Any], finish: str | None = None) -> bytes:
    return sse({"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def wanted(name: str, arguments: str, **more: Any) -> dict[str, Any]:
    return {
        "index": 0,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


def function_call(name: str, arguments: str, **more: Any) -> dict[str, Any]:
    return {"type": "function_call", "name": name, "arguments": arguments, **more}


def in_chat(*made: dict[str, Any]) -> dict[str, Any]:
    return {
        "choices": [
            {
                "message": {"role": "assistant", "tool_calls": list(made)},
                "finish_reason": "tool_calls",
            }
        ]
    }


@pytest.mark.parametrize(
    ("api", "whole"),
    [
        (
            "chat",
            in_chat(
                wanted("add_pet", '{"name": "Ada"}', id="c1"),
                wanted("delete_pet", '{"pet_id": 1}', id="c1"),
            ),
        ),
        (
            "chat",
            in_chat(
                wanted("add_pet", '{"name": "Ada"}', id="call_1"),
                wanted("delete_pet", '{"pet_id": 1}', id=None),
            ),
        ),
        (
            "responses",
            {
                "output": [
                    function_call("add_pet", '{"name": "Ada"}', call_id="c1"),
                    function_call("delete_pet", '{"pet_id": 1}', call_id="c1"),
                ]
            },
        ),
        (
            "responses",
            {
                "output": [
                    function_call("add_pet", '{"name": "Ada"}'),
                    function_call("delete_pet", '{"pet_id": 1}'),
                ]
            },
        ),
    ],
)
def test_a_yes_is_for_one_call_even_where_a_server_gives_several_the_same_id(
    api: str, whole: dict[str, Any]
) -> None:
    async def only_the_first(prepared: Any) -> bool:
        return bool(prepared.tool.name == "add_pet")

    options: Any = {
        "policy": Policy(confirm="writes"),
        "approve": only_the_first,
        "credentials": {"token": "t"},
    }
    with (
        OpenAIServer(Answer(200, whole), says("Done"), lenient=True) as server,
        open_pets(**options) as (pets, client),
    ):
        assert Agent(client, model(server, api, stream=False)).run("Both").text == "Done"
    assert [request.method for request in pets.received] == ["POST"]
    assert "declined" in str(server.requests[1])


@pytest.mark.parametrize(
    "delta", [{"content": "It is"}, {"tool_calls": [wanted("find_pets", "", id="a")]}]
)
def test_a_chat_stream_that_ends_early_is_no_answer_and_calls_nothing(
    delta: dict[str, Any],
) -> None:
    answer = Answer(200, headers=SSE, chunks=[piece(delta)])
    with (
        OpenAIServer(answer) as server,
        open_pets() as (pets, client),
        pytest.raises(AgentError, match="before the answer was complete"),
    ):
        Agent(client, model(server, retries=0)).run("?")
    assert not pets.received


PARTS = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
    {"type": "text", "text": "It is Rex."},
]


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        (
            "chat",
            Answer(
                200,
                headers=SSE,
                chunks=[piece({"content": PARTS[:1]}), piece({"content": PARTS[1:]}, "stop")],
            ),
        ),
        (
            "chat",
            Answer(
                200,
                {
                    "choices": [
                        {
                            "message": {"role": "assistant", "content": PARTS},
                            "finish_reason": "stop",
                        }
                    ]
                },
            ),
        ),
        (
            "responses",
            Answer(
                200, {"output": [{"type": "message", "role": "assistant", "content": "It is Rex."}]}
            ),
        ),
    ],
)
def test_text_may_come_in_parts_or_bare(api: str, answer: Answer) -> None:
    with OpenAIServer(answer, lenient=True) as server:
        assert ask(server, api, stream=answer.headers == SSE) == "It is Rex."


@pytest.mark.parametrize("stream", [True, False])
def test_arguments_that_come_as_an_object_are_read_and_go_back_as_a_text(stream: bool) -> None:
    made: Any = wanted("get_pet", "", id="a")
    made["function"]["arguments"] = {"pet_id": 1}
    pieces = [piece({"tool_calls": [made]}), piece({}, "tool_calls")]
    answer = Answer(200, headers=SSE, chunks=pieces) if stream else Answer(200, in_chat(made))
    with OpenAIServer(answer, says("Rex"), lenient=True) as server, open_pets() as (pets, client):
        Agent(client, model(server, stream=stream)).run("?")
    assert [request.target for request in pets.received] == ["/pets/1"]
    assert [call["arguments"] for call in calls_in(server.requests[1])] == ['{"pet_id":1}']


@pytest.mark.parametrize("more", [{"id": "a"}, {}])
def test_a_server_that_says_the_name_with_every_piece_is_understood(more: dict[str, Any]) -> None:
    pieces = [
        piece({"tool_calls": [wanted("get_pet", arguments, **more)]})
        for arguments in ("", '{"pet_', 'id": 1}')
    ]
    answer = Answer(200, headers=SSE, chunks=[*pieces, piece({}, "tool_calls")])
    with OpenAIServer(answer, says("Rex"), lenient=True) as server, open_pets() as (pets, client):
        Agent(client, model(server)).run("?")
    assert [request.target for request in pets.received] == ["/pets/1"]


@pytest.mark.parametrize(
    ("api", "whole"),
    [
        ("chat", {"choices": [None]}),
        (
            "chat",
            {
                "choices": [
                    {
                        "message": {"role": "assistant", "tool_calls": [None]},
                        "finish_reason": "stop",
                    }
                ]
            },
        ),
        (
            "chat",
            {
                "choices": [
                    {"message": {"role": "assistant", "tool_calls": {}}, "finish_reason": "stop"}
                ]
            },
        ),
        (
            "chat",
            {
                "choices": [
                    {"message": {"role": "assistant", "content": None}, "finish_reason": "stop"}
                ]
            },
        ),
        ("responses", {"output": [None]}),
        ("responses", {"output": [], "status": "cancelled"}),
    ],
)
def test_an_answer_that_says_nothing_is_a_sentence(api: str, whole: dict[str, Any]) -> None:
    said = r"no message|said nothing|did not finish"
    with (
        OpenAIServer(*[Answer(200, whole)] * 2, lenient=True) as server,
        pytest.raises(AgentError, match=said),
    ):
        ask(server, api, stream=False, retries=0)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_calls_of_another_model_go_back_with_numbers_of_any_size(api: str) -> None:
    numbers = '{"whole":123456789012345678901234567890,"exact":0.12345678901234567891}'
    call = Call("get_pet", exact_json.loads(numbers), id="c1")
    session = Session([Question("Who?"), Turn("", (call,)), Result("c1", "get_pet", "Rex")])
    with OpenAIServer(says("Rex")) as server, open_pets() as (_, client):
        Agent(client, model(server, api)).run(session=session)
    [sent] = server.requests
    calls = [each.get("tool_calls", [each])[0] for each in sent.get("messages", sent.get("input"))]
    assert [
        each["function"]["arguments"] if api == "chat" else each["arguments"]
        for each in calls
        if each.get("type") in ("function", "function_call")
    ] == [numbers]
