"""The agent: ask the model, make the calls it wants, give it the results, until it answers.

Who does what in a run:

- `Agent.stream` decides what comes next: make pending calls, ask the model, or stop.
- `Session` records every step, and is the only state: a run goes on where its record ends.
- `CallRunner` makes the calls of one turn, after the yes that each needs.
- A `Model` turns the record into its next turn.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools._core.reader import for_reader
from openapi2tools.agent.briefing import INSTRUCTIONS, briefing
from openapi2tools.agent.calls import CallRunner
from openapi2tools.agent.events import (
    Answer,
    Answered,
    CredentialMissing,
    Event,
    LimitReached,
)
from openapi2tools.agent.files.attaching import read_attachments
from openapi2tools.agent.functions import Functions, check_names
from openapi2tools.agent.hooks import CallHooks
from openapi2tools.agent.model import SearchingModel
from openapi2tools.agent.reading import ResultReader, session_reader
from openapi2tools.agent.record.call_history import abandoned_result
from openapi2tools.agent.record.entries import Question, Turn, limit_reached
from openapi2tools.agent.record.session import Hold, Session
from openapi2tools.agent.stream import EventStream
from openapi2tools.agent.tool_search.finder import ToolFinder, should_search
from openapi2tools.agent.turns.clock import Clock
from openapi2tools.agent.turns.connection import ModelConnection
from openapi2tools.agent.turns.ending import (
    RECOVERABLE,
    is_over,
    text_of_answer,
    what_there_is,
    why_incomplete,
)
from openapi2tools.agent.turns.limits import RunLimits, resumed_notice
from openapi2tools.agent.turns.turn_taker import TurnTaker
from openapi2tools.errors import AgentError, InvalidOption, MissingCredential
from openapi2tools.tools.arguments.handles import with_handles

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.files.attaching import Attachment
    from openapi2tools.agent.functions import FunctionTool
    from openapi2tools.agent.hooks import AfterCall, BeforeCall
    from openapi2tools.agent.model import Ask, Model
    from openapi2tools.agent.settling import Settle
    from openapi2tools.agent.turns.prices import Prices
    from openapi2tools.call.options import Approve
    from openapi2tools.model import Toolset

Offer: TypeAlias = Literal["auto", "all", "search", "hosted"]


class Agent:
    """A model and a client for an API, joined by the loop.

    Args:
        client: Makes the calls; `connect` returns one. One of your own keeps the protocol `Caller`.
        model: Decides which calls to make: an `OpenAIModel`, a `LocalModel`, or your own.
        instructions: What the model is told before the question, instead of our own words.
        context: What the model is to know about the request: whose it is, what they prefer. It is
            told the date, the time zone, and what the API is for anyway.
        max_turns: How often the model may be asked in one run. At this limit, as at the next three,
            it is asked a last time, for an answer without calls that says what is missing; what
            is under way is not cut off.
        max_tokens: How many tokens a run may take, read and written.
        max_seconds: How long a run may take.
        max_cost: What a run may cost, by `prices`.
        prices: What tokens cost.
        approve: Asked about every call whose policy says so, before the client's own `approve`.
            With neither the run stops there, and `answer.pending` holds the calls that wait.
        settle: Asked what became of a write that went out without an answer, where the API does not
            tell and the same one is to go out again; gets the `Sent`, and a sentence that says what
            is known. It returns `done`, `not done`, `send again` or `later`, and may be
            asynchronous. Without one such a write stays in `session.unknown`, and is not repeated.
        tools: Functions of your own beside the API's tools: the annotations make the schema, the
            docstring the description. They go by the client's policy, as calls that change
            something; `FunctionTool(function, effect="read")` says that one only reads. A
            `CallError` that they raise is told to the model.
        before_call: Sees each call before it is checked and anybody is asked: returns another call
            to make, a `Result` that answers it, or None. May be asynchronous.
        after_call: Sees each result before it is recorded and the model reads it: returns another
            one, or None. May be asynchronous.
        parallel_calls: How many calls of a turn may be under way at once; all of them by default.
        offer: Which tools the model gets. "all" is every tool in each request; "search" has it find
            the few that a step takes; "hosted" has OpenAI search them (Responses). "auto" is "all"
            for up to 20 tools of some 20,000 tokens, and "search" beyond.
        save_files: A folder that gets the images and files which calls answer.

    Example:
        with connect(tools) as client:
            print(Agent(client, OpenAIModel("gpt-5.5")).run("Which pets are for sale?"))
    """

    def __init__(
        self,
        client: Caller,
        model: Model,
        *,
        tools: Sequence[FunctionTool | Callable[..., Any]] = (),
        instructions: str | None = None,
        context: str = "",
        max_turns: int = 20,
        max_tokens: int | None = None,
        max_seconds: float | None = None,
        max_cost: float | None = None,
        prices: Prices | None = None,
        approve: Approve | None = None,
        settle: Settle | None = None,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
        parallel_calls: int | None = None,
        offer: Offer = "auto",
        save_files: str | Path | None = None,
    ) -> None:
        if offer not in get_args(Offer):
            raise InvalidOption(f"offer is one of {', '.join(get_args(Offer))}: not {offer!r}.")
        if not callable(getattr(model, "open", None)):
            example = f"OpenAIModel({model!r})" if isinstance(model, str) else "OpenAIModel(name)"
            raise InvalidOption(
                f"The model is a {type(model).__name__}: give a Model, such as {example}."
            )
        self.offer = offer
        self.client = client
        self.model = model
        self.instructions = INSTRUCTIONS if instructions is None else instructions
        self.context = context
        self.limits = RunLimits(max_turns, max_tokens, max_seconds, max_cost, prices)
        self._clock = Clock()
        self.approve = approve
        self.settle = settle
        self.parallel_calls = _checked_parallel_calls(parallel_calls)
        self._hooks = CallHooks(
            before_call,
            after_call,
            save_to=None if save_files is None else Path(save_files),
        )
        self._functions = Functions(tools)
        self._offered: tuple[Toolset, Toolset] | None = None  # the client's, and with handles
        check_names(self._functions.tools, client.tools)

    @property
    def tools(self) -> Toolset:
        """All tools of the model: the client's, and the functions of the program.

        Where they take a file, they take what an earlier call answered.
        """
        functions = self._functions.tools
        given = self.client.tools
        if self._offered is None or self._offered[0] is not given:
            self._offered = (given, with_handles(given))
        tools = self._offered[1]
        return tools | functions if functions else tools

    def run(
        self,
        question: str | None = None,
        *,
        session: Session | None = None,
        attach: Sequence[Attachment] = (),
    ) -> Answer:
        """Answer a question, or go on with a session.

        Args:
            question: What to find out or to do. Without one the run goes on where the session
                ends, as after `session.approve(call)`.
            session: The record to read and to append to; a new one unless given.
            attach: Files that go with the question: paths, or a `Part` of a result. The model sees
                images, PDF files and texts, as far as it can, and may pass each on to a call.

        Returns:
            The answer. When calls wait for approval they are in `answer.pending`.

        Raises:
            AgentError: The model cannot be used or gave no answer before anything was learned,
                there is nothing to do, calls of the session wait for approval while a question is
                given, or another run acts on the session.
            MissingCredential: The API wants a credential that nobody gave. Where every tool needs
                one, that is before the model is asked.
            BlockedAddress: A call leads to an address that is not allowed.
            InvalidOption: A file to attach cannot be read.

        Example:
            answer = agent.run("Add a cat named Tom")
            for call in answer.pending:
                answer.session.approve(call)
            if answer.pending:
                answer = agent.run(session=answer.session)
        """

        async def run_to_the_end() -> Answer:
            return await self.arun(question, session=session, attach=attach)

        return self.client.wait(run_to_the_end)

    async def arun(
        self,
        question: str | None = None,
        *,
        session: Session | None = None,
        attach: Sequence[Attachment] = (),
    ) -> Answer:
        """Answer a question, or go on with a session; the asynchronous form of `run`.

        Args:
            question: As in `run`.
            session: As in `run`.
            attach: As in `run`.

        Raises:
            AgentError: As in `run`.
            MissingCredential: As in `run`.
            BlockedAddress: As in `run`.

        Example:
            answer = await agent.arun("Which pets are for sale?")
        """
        async with aclosing(self.stream(question, session=session, attach=attach)) as events:
            async for event in events:
                if isinstance(event, Answered):
                    return event.answer
        raise AgentError(
            "The run ended without an answer."
        )  # pragma: no cover -- a stream ends with Answered, or raises

    def stream(
        self,
        question: str | None = None,
        *,
        session: Session | None = None,
        attach: Sequence[Attachment] = (),
    ) -> AsyncGenerator[Event, None]:
        """Yield every event of a run as it happens, `Answered` at last.

        Leaving the stream early (`break`, `aclose`) cancels what is under way, and the session can
        be run again.

        Args:
            question: As in `run`.
            session: As in `run`.
            attach: As in `run`.

        Raises:
            AgentError: As in `run`.
            MissingCredential: As in `run`.
            BlockedAddress: As in `run`.

        Example:
            async with aclosing(agent.stream("Which pets are for sale?")) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        print(event.text, end="")
        """
        session = Session() if session is None else session
        hold = Hold(session)
        asked = None if question is None else Question(question, read_attachments(attach))
        if asked is None and attach:
            raise InvalidOption("attach= goes with a question: give one.")
        return EventStream(self._run(asked, session, hold), hold.release)

    async def _run(
        self, question: Question | None, session: Session, hold: Hold
    ) -> AsyncGenerator[Event, None]:
        with session.running(hold):
            for event in await self._missing_credentials():
                yield event
            _begin(session, hold, question)
            finder = self._finder()
            reader = session_reader(session, self.tools)
            approve = self.approve or self.client.approve
            runner = CallRunner(
                self._callers(finder, reader, approve),
                session,
                hold,
                approve,
                settle=self.settle,
                hooks=replace(self._hooks, noted=reader.noted),
                parallel_calls=self.parallel_calls,
            )
            turns = 0
            began, usage_before = self._clock.now(), session.usage
            open_model = partial(self._open_model, finder)
            async with ModelConnection(open_model, reader, session) as connection:
                turn_taker = TurnTaker(
                    self.model, connection, session, hold, clock=self._clock, finder=finder
                )
                while True:
                    async with aclosing(runner.run(session.pending)) as events:
                        async for event in events:
                            yield event
                    seconds = self._clock.now() - began
                    if session.pending or is_over(session):
                        answer = _answer_of(session, turns, seconds)
                        break
                    limit = self.limits.reached(turns, session.usage - usage_before, seconds)
                    if limit is not None and limit_reached(session) is None:
                        hold.add(self.limits.notice(limit))
                        yield LimitReached(limit, self.limits.describe(limit))
                    await connection.update()
                    try:
                        async with aclosing(turn_taker.take(turns + 1)) as events:
                            async for event in events:
                                yield event
                    except RECOVERABLE as error:
                        answer = _salvaged_answer(session, turns, self._clock.now() - began, error)
                        break
                    turns += 1
        yield Answered(answer)

    def _callers(
        self, finder: ToolFinder | None, reader: ResultReader, approve: Approve | None
    ) -> list[Caller]:
        """Return what makes the calls of a run."""
        callers: list[Caller] = [reader.caller]
        if finder is not None:
            callers.append(finder.caller)
        return [*callers, self._functions.caller(self.client.policy, approve), self.client]

    async def _missing_credentials(self) -> list[Event]:
        """Return what is missing; a MissingCredential where no tool could be called at all."""
        missing = await self.client.missing_credentials()
        tools_by_text: dict[str, list[str]] = {}
        for name, text in missing.items():
            tools_by_text.setdefault(text, []).append(name)
        if missing and len(missing) == len(self.tools):
            raise MissingCredential(" ".join(tools_by_text))
        return [CredentialMissing(tuple(tools), text) for text, tools in tools_by_text.items()]

    def _finder(self) -> ToolFinder | None:
        """Return what finds the tools of a run; None where the model gets all of them."""
        tools = self.tools
        if self.offer == "all" or (self.offer == "auto" and not should_search(tools)):
            return None
        return ToolFinder(tools)

    def _open_model(
        self, finder: ToolFinder | None, beside: Toolset | None
    ) -> AbstractAsyncContextManager[Ask]:
        """Connect the model, which gets some tools beside those of the API and of the program."""
        instructions = briefing(
            self.instructions, self.context, self.client.tools, self._clock.local_time()
        )
        if finder is None:
            tools = self.tools if beside is None else self.tools | beside
            return self.model.open(tools, instructions)
        if beside is not None:
            finder = finder.with_tools_beside(beside)
        hosted = self.offer == "hosted"
        if isinstance(self.model, SearchingModel):
            return self.model.open_search(finder, instructions, hosted=hosted)
        if hosted:
            raise AgentError(f'{self.model.name} has no search of its vendor\'s: offer="search".')
        return self.model.open(finder.search_tools, finder.instructions(instructions))


def _checked_parallel_calls(number: int | None) -> int | None:
    if number is not None and not (is_whole_number(number) and number >= 1):
        raise InvalidOption(
            f"parallel_calls={number!r}: give how many calls may be under way at once, "
            "a whole number from 1 on."
        )
    return number


def _begin(session: Session, hold: Hold, question: Question | None) -> None:
    """Record the question of a run, when the session can take one.

    Calls that broke off are given up, but not those that somebody was asked about.
    """
    if question is None:
        if not len(session):
            raise AgentError("There is nothing to do: give a question, or a session that has one.")
        if limit_reached(session) and isinstance(session[-1], Turn):
            hold.add(resumed_notice())
        return
    if session.waiting:
        how = for_reader(
            "answer with session.approve(call), or give them up with session.abandon(call),",
            "give --approve or --decline, or leave the question out to be asked,",
        )
        raise AgentError(
            f"Calls of this session wait for approval ({session.waiting[0].tool}): {how} before "
            "you ask anew."
        )
    for call in session.pending:
        if session.approval(call) is None:
            hold.add(abandoned_result(call, was_sent=session.sent(call)))
    hold.add(question)


def _answer_of(session: Session, turns: int, seconds: float) -> Answer:
    """Return the answer of a run that waits for somebody's yes, or whose model answered."""
    if session.pending:
        waiting = session.waiting or session.pending
        names = ", ".join(call.tool for call in waiting)
        text = f"Waiting for approval of {names}."
        return Answer(text, turns, session.usage, session, waiting, seconds)
    text, incomplete = text_of_answer(session), why_incomplete(session)
    return Answer(text, turns, session.usage, session, seconds=seconds, incomplete=incomplete)


def _salvaged_answer(session: Session, turns: int, seconds: float, error: AgentError) -> Answer:
    """Return what a run ends with that cannot go on; raise the error where nothing was learned."""
    known = what_there_is(session, error)
    if known is None:
        raise error
    text, incomplete = known
    return Answer(text, turns, session.usage, session, seconds=seconds, incomplete=incomplete)
