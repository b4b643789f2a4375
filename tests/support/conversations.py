"""Kinds of conversation between a run and a model, each with the end that a user would want.

The server behind the model holds every request against the SDK's types and OpenAI's rules of order.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openapi2tools.agent.events import Answered, TurnRetried
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.turns.clock import Clock
from openapi2tools.agent.turns.prices import Prices
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, ContextTooLong, ModelUnavailable
from openapi2tools.model import Result
from tests.support.openai_server import OpenAIServer, breaks, calls, fails, says
from tests.support.pets import Pets, open_pets
from tests.support.server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIRES = [("chat", True), ("chat", False), ("responses", True), ("responses", False)]
CUT = {"chat": "length", "responses": "max_output_tokens"}
LOOK = calls(("get_pet", {"pet_id": 1}))
REX = says("It is Rex.")
ADD_ADA = ("add_pet", {"name": "Ada"})
ADD_BO = ("add_pet", {"name": "Bo"})
NO_SUCH_KIND = ("add_pet", {"name": "Cy", "kind": "fish"})
LONG_NAME = "Rex" * 2_000
TOO_LONG = fails(400, "Too many tokens", "context_length_exceeded")
TOO_LONG_IN_WORDS = fails(
    400, "This model's maximum context length is 4096 tokens. Please reduce the length."
)
BUSY = Answer(429, {"error": {"message": "Slow down"}}, {"retry-after": "7"})
DOWN = Answer(503, {"error": {"message": "Overloaded"}})


def cut(*made: tuple[str, Any], text: str = "") -> Callable[[str], Any]:
    """What a model says that is cut off at its token limit, in the words of an API."""
    return lambda api: calls(*made, text=text, finish=CUT[api])


HOW_TURNS_BREAK = {
    "ends": ("ended the stream", "broke off"),
    "error": ("Something went wrong",),
    "garbage": ("broke off in the middle", "(502)"),
}


class SteadyClock:
    """Time that passes only when the run waits, or when something was looked up."""

    def __init__(self, step: float = 0.0) -> None:
        self.step = step
        self.time = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        self.time += self.step
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


@dataclass
class Played:
    """What came of a conversation."""

    events: list[Any]
    session: Session
    requests: list[dict[str, Any]]
    made: list[str]  # what came to the API
    pauses: list[float]
    error: AgentError | None = None

    @property
    def answer(self) -> Any:
        return next(event.answer for event in self.events if isinstance(event, Answered))

    @property
    def results(self) -> list[Result]:
        return [entry for entry in self.session if isinstance(entry, Result)]

    def results_of(self, tool: str) -> list[Result]:
        """The results of a tool's calls, in the model's order."""
        order = [call.id for turn in self.turns for call in turn.calls if call.tool == tool]
        by_id = {result.call_id: result for result in self.results}
        return [by_id[call_id] for call_id in order]

    @property
    def retries(self) -> list[str]:
        return [event.cause for event in self.events if isinstance(event, TurnRetried)]

    @property
    def retry_texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, TurnRetried)]

    @property
    def turns(self) -> list[Turn]:
        return [entry for entry in self.session if isinstance(entry, Turn)]


@dataclass(frozen=True)
class Kind:
    """A kind of conversation: what the model says, and how the run is to end.

    `text` is the answer, or a part of it; `error` the error that is raised instead. `made` are the
    requests to the API, and `and_then` looks at the rest.
    """

    name: str
    script: Sequence[Any]
    text: str = ""
    made: Sequence[str] = ()
    incomplete: str = ""
    retries: Sequence[str] = ()
    error: type[AgentError] | None = None
    and_then: Callable[[Played], bool] = lambda _: True
    options: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=lambda: {1: "Rex", 2: "Tom"})
    seconds_a_look: float = 0.0


def told(part: str, index: int = -1) -> Callable[[Played], bool]:
    """Whether a result has a part."""
    return lambda played: part in played.results[index].text


KINDS = [
    Kind("an answer at once", [REX], "It is Rex."),
    Kind("one call", [LOOK, REX], "It is Rex.", ["GET /pets/1"]),
    Kind(
        "calls that depend on each other",
        [calls(("find_pets", {"name": "Tom"})), calls(("get_pet", {"pet_id": 2})), says("Tom")],
        "Tom",
        ["GET /pets?name=Tom", "GET /pets/2"],
    ),
    Kind(
        "text beside a call, after reasoning",
        [calls(("get_pet", {"pet_id": 1}), text="Let me look.", reasoning="hm"), REX],
        "It is Rex.",
        ["GET /pets/1"],
    ),
    Kind(
        "wrong arguments are corrected",
        [calls(("get_pet", {"pet_id": "first"})), LOOK, REX],
        "It is Rex.",
        ["GET /pets/1"],
        and_then=told("pet_id", 0),
    ),
    Kind("an unknown tool", [calls(("get_dog", {})), REX], "It is Rex.", and_then=told("get_dog")),
    Kind("arguments that are no JSON", [calls(("get_pet", '{"pet_id": 1')), REX], "It is Rex."),
    Kind("arguments that are a list", [calls(("get_pet", "[1]")), REX], "It is Rex."),
    Kind(
        "arguments that are encoded twice, and a name with its namespace",
        [calls(("functions.get_pet", '"{\\"pet_id\\": 1}"')), REX],
        "It is Rex.",
        ["GET /pets/1"],
    ),
    Kind("null for no arguments", [calls(("find_pets", "null")), REX], "It is Rex.", ["GET /pets"]),
    Kind(
        "an error of the API",
        [calls(("get_pet", {"pet_id": 7})), says("There is none.")],
        "There is none.",
        ["GET /pets/7"],
        and_then=told("no pet 7"),
    ),
    # --- turns that break ---
    *(
        Kind(
            f"a text that breaks: {how}",
            [breaks(REX, how), REX],
            "It is Rex.",
            retries=["unavailable"],
            and_then=lambda played, said=said: (
                len(played.turns) == 1 and any(words in played.retry_texts[0] for words in said)
            ),
        )
        for how, said in HOW_TURNS_BREAK.items()
    ),
    *(
        Kind(
            f"a call that breaks: {how}",
            [breaks(calls(ADD_ADA, ADD_BO), how), LOOK, REX],
            "It is Rex.",
            ["GET /pets/1"],
            retries=["unavailable"],
        )
        for how in ("ends", "error", "garbage")
    ),
    Kind(
        "a server that is down twice",
        [LOOK, DOWN, DOWN, REX],
        "It is Rex.",
        ["GET /pets/1"],
        retries=["unavailable"] * 2,
        and_then=lambda played: 0.5 <= played.pauses[0] <= 1 <= played.pauses[1] <= 2,
    ),
    Kind(
        "a server that says when to come back",
        [BUSY, REX],
        "It is Rex.",
        retries=["unavailable"],
        and_then=lambda played: played.pauses == [7.0],
    ),
    Kind(
        "a server that wants to be left alone for an hour",
        [Answer(429, {"error": {"message": "No"}}, {"retry-after": "3600"})],
        error=ModelUnavailable,
    ),
    Kind(
        "a server that stays down, after something was learned",
        [LOOK, DOWN, DOWN, DOWN],
        '- get_pet: {"id":1,"name":"Rex"}',
        ["GET /pets/1"],
        "unavailable",
        ["unavailable"] * 2,
    ),
    Kind(
        "a server that stays down, before anything was learned",
        [DOWN, DOWN, DOWN],
        error=ModelUnavailable,
        retries=["unavailable"] * 2,
        and_then=lambda played: len(played.requests) == 3,
    ),
    Kind(
        "a key that is refused is not tried again",
        [Answer(401, {"error": {"message": "No"}})],
        error=AgentError,
        and_then=lambda played: len(played.requests) == 1,
    ),
    Kind(
        "an account without money is not tried again",
        [Answer(429, {"error": {"message": "No", "code": "insufficient_quota"}})],
        error=AgentError,
        and_then=lambda played: len(played.requests) == 1,
    ),
    # --- answers that are cut off ---
    Kind("a text that is cut off", [cut(text="It is"), says(" Rex.")], "It is Rex."),
    Kind(
        "a text that is cut off again and again",
        [cut(text="It "), cut(text="is "), cut(text="a "), cut(text="dog")],
        "It is a dog (cut)",
        incomplete="cut",
    ),
    Kind(
        "a text that is cut off, and nothing more",
        [cut(text="It is"), says(""), says("")],
        "It is (cut)",
        incomplete="cut",
        retries=["empty"],
    ),
    Kind(
        "arguments that are cut off",
        [cut(("get_pet", {"pet_id": 1}), ("add_pet", '{"name": "Ad')), REX],
        "It is Rex.",
        ["GET /pets/1"],
        and_then=lambda played: "token limit" in played.results[0].text + played.results[1].text,
    ),
    Kind(
        "arguments that are cut off before their first character",
        [cut(("find_pets", "")), REX],
        "It is Rex.",
        and_then=told("token limit"),
    ),
    Kind("a whole call before the cut", [cut(LOOK.calls[0]), REX], "It is Rex.", ["GET /pets/1"]),
    Kind(
        "cut off before the first word",
        [cut(), REX],
        "It is Rex.",
        retries=["empty"],
    ),
    # --- answers that say nothing ---
    Kind("an empty answer", [says(""), REX], "It is Rex.", retries=["empty"]),
    Kind(
        "nothing but empty answers, after something was learned",
        [LOOK, says(""), says("")],
        '- get_pet: {"id":1,"name":"Rex"}',
        ["GET /pets/1"],
        "empty",
        ["empty"],
    ),
    Kind("nothing but empty answers", [says(""), says("")], error=AgentError, retries=["empty"]),
    # --- conversations that are too long ---
    *(
        Kind(
            f"a conversation that is too long: {number}",
            [LOOK, calls(("get_pet", {"pet_id": 2})), refusal, REX],
            "It is Rex.",
            ["GET /pets/1", "GET /pets/2"],
            retries=["too_long"],
            names={1: LONG_NAME, 2: "Tom"},
            and_then=lambda played: (
                LONG_NAME in played.results[0].text
                and LONG_NAME not in str(played.requests[-1])
                and f"{len(played.results[0].text):,} characters" in str(played.requests[-1])
                and "Tom" in str(played.requests[-1])
            ),
        )
        for number, refusal in enumerate(
            (TOO_LONG, TOO_LONG_IN_WORDS, breaks(REX, "error", "context_length_exceeded"))
        )
    ),
    Kind(
        "a result that is too long at once",
        [LOOK, TOO_LONG, says("Too long.")],
        "Too long.",
        ["GET /pets/1"],
        retries=["too_long"],
        names={1: LONG_NAME},
    ),
    Kind("a question that is too long", [TOO_LONG], error=ContextTooLong),
    Kind(
        "too long, however little there is",
        [LOOK, TOO_LONG],
        "What the calls returned",
        ["GET /pets/1"],
        "too_long",
    ),
    # --- limits ---
    Kind(
        "the limit of turns",
        [LOOK, calls(("get_pet", {"pet_id": 2})), says("Rex and Tom; no more.")],
        "Rex and Tom; no more.",
        ["GET /pets/1", "GET /pets/2"],
        "max_turns",
        options={"max_turns": 2},
        and_then=lambda played: played.requests[-1]["tool_choice"] == "none",
    ),
    Kind(
        "the limit of tokens",
        [LOOK, says("Rex; no more.")],
        "Rex; no more.",
        ["GET /pets/1"],
        "max_tokens",
        options={"max_tokens": 110},
    ),
    Kind(
        "the limit of time",
        [LOOK, says("Rex; no more.")],
        "Rex; no more.",
        ["GET /pets/1"],
        "max_seconds",
        options={"max_seconds": 30},
        seconds_a_look=10,
    ),
    Kind(
        "the limit of cost",
        [LOOK, says("Rex; no more.")],
        "Rex; no more.",
        ["GET /pets/1"],
        "max_cost",
        options={"max_cost": 0.0001, "prices": Prices(read=1, written=1)},
    ),
    Kind(
        "calls after the limit are not made",
        [LOOK, calls(ADD_ADA, text="And Ada"), REX],
        "And Ada",
        ["GET /pets/1"],
        "max_turns",
        options={"max_turns": 1},
    ),
    Kind(
        "nothing but calls after the limit",
        [LOOK, calls(ADD_ADA), calls(ADD_ADA)],
        '- get_pet: {"id":1,"name":"Rex"}',
        ["GET /pets/1"],
        "empty",
        ["empty"],
        options={"max_turns": 1},
    ),
    # --- calls that are made again, and calls in an order ---
    Kind(
        "the same call with the same failure",
        [*[calls(("get_pet", {"pet_id": 7}))] * 4, says("There is none.")],
        "There is none.",
        ["GET /pets/7"] * 2,
        and_then=lambda played: (
            "gave this very result before" in played.results[1].text
            and "not made again" in played.results[2].text
            and "not made again" in played.results[3].text
        ),
    ),
    Kind(
        "the same call after something changed",
        [
            *[calls(("get_pet", {"pet_id": 3}))] * 2,
            calls(ADD_ADA),
            calls(("get_pet", {"pet_id": 3})),
            says("Ada"),
        ],
        "Ada",
        ["GET /pets/3", "GET /pets/3", "POST /pets", "GET /pets/3"],
    ),
    Kind(
        "writes in the model's order",
        [calls(ADD_ADA, ADD_BO, ("get_pet", {"pet_id": 1})), says("Done.")],
        "Done.",
        and_then=lambda played: (
            [made for made in played.made if made == "POST /pets"] == ["POST /pets"] * 2
            and '"id":3' in played.results_of("add_pet")[0].text
        ),
    ),
    Kind(
        "writes up to the first that cannot be made",
        [calls(ADD_ADA, NO_SUCH_KIND, ADD_BO, ("get_pet", {"pet_id": 1})), says("Ada only.")],
        "Ada only.",
        and_then=lambda played: (
            sorted(played.made) == ["GET /pets/1", "POST /pets"]
            and "add_pet, which was to be done before" in played.results_of("add_pet")[2].text
        ),
    ),
    Kind(
        "writes up to the first that fails",
        [calls(("delete_pet", {"pet_id": 9}), ADD_BO), says("None.")],
        "None.",
        ["DELETE /pets/9"],
        client={"credentials": {"token": "t"}, "policy": Policy(confirm="none")},
        and_then=told("delete_pet, which was to be done before"),
    ),
    Kind(
        "writes up to the first that is declined",
        [calls(ADD_ADA, ADD_BO), says("None.")],
        "None.",
        client={
            "policy": Policy(confirm="writes"),
            "approve": lambda prepared: prepared.call.arguments["name"] != "Ada",
        },
        and_then=told("which was to be done before"),
    ),
    Kind(
        "what the policy forbids",
        [calls(ADD_ADA), says("I may not.")],
        "I may not.",
        client={"policy": Policy(read_only=True)},
        and_then=told("read-only"),
    ),
]


def play(kind: Kind, api: Any, stream: bool) -> Played:
    """Play a conversation."""
    script = [line(api) if callable(line) else line for line in kind.script]
    clock = SteadyClock(kind.seconds_a_look)
    session = Session()
    events: list[Any] = []

    async def run(agent: Agent) -> None:
        async for event in agent.stream("Who is it?", session=session):
            events.append(event)  # noqa: PERF401 -- those before an error are wanted, too

    with (
        OpenAIServer(*script) as server,
        open_pets(Pets(names=dict(kind.names)), **kind.client) as (pets, client),
    ):
        agent = Agent(client, model(server, api, stream), **kind.options)
        agent._clock = Clock(now=clock.now, sleep=clock.sleep)
        error = None
        try:
            asyncio.run(run(agent))
        except AgentError as raised:
            error = raised
    made = [f"{request.method} {request.target}" for request in pets.received]
    return Played(events, session, server.requests, made, clock.pauses, error)


def model(server: OpenAIServer, api: Any, stream: bool) -> OpenAIModel:
    return OpenAIModel("scripted", api=api, base_url=server.url, api_key="sk-secret", stream=stream)
