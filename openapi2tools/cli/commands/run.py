"""`openapi2tools run`: let a model use the API, and write its answer."""

from __future__ import annotations

import asyncio
import json
import os
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import brief, confirm_in_run, on_terminal, progress_of, say, write
from openapi2tools.cli.options import CallOptions, ReadingOptions, SelectionOptions, Source
from openapi2tools.cli.steps import connect_tools, read_tools
from openapi2tools.errors import AgentError, ApprovalNeeded

if TYPE_CHECKING:
    from openapi2tools.agent.events import Answer, Event
    from openapi2tools.agent.loop import Agent
    from openapi2tools.agent.model import Model
    from openapi2tools.call.approval.consent import Answer as ApproverAnswer
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Result

EXAMPLES: Final = (
    'openapi2tools run shop.yaml "Which books by Le Guin are in stock?"',
    'openapi2tools run shop.yaml "Order two copies of Emma for Mei." --yes',
    'openapi2tools run shop.yaml "Who ordered most?" --read-only --model local',
)
DEFAULT_MODEL = "gpt-5.5"
_model_option = partial(typer.Option, rich_help_panel="The model")


class Wire(StrEnum):
    """Which of OpenAI's APIs the model speaks."""

    CHAT = "chat"
    RESPONSES = "responses"


class ToolCalls(StrEnum):
    """How a model is brought to call tools."""

    NATIVE = "native"
    CONSTRAINED = "constrained"


class Offered(StrEnum):
    """Which tools the model gets."""

    AUTO = "auto"
    ALL = "all"
    SEARCH = "search"
    HOSTED = "hosted"


def command(
    source: Source,
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="What the model is to find out, or to do.", show_default=False
        ),
    ],
    *,
    reading: ReadingOptions,
    selection: SelectionOptions,
    call_options: CallOptions,
    model: Annotated[
        str | None,
        _model_option(
            metavar="NAME|local",
            help=(
                f"OPENAI_MODEL, else {DEFAULT_MODEL} when OPENAI_API_KEY is set, else local, the "
                "embedded model."
            ),
        ),
    ] = None,
    base_url: Annotated[
        str | None, _model_option(metavar="URL", help="An OpenAI-compatible server, up to /v1.")
    ] = None,
    api: Annotated[
        Wire | None,
        _model_option(
            help="OpenAI's API: responses, but chat with another server.", show_default=False
        ),
    ] = None,
    tool_calls: Annotated[
        ToolCalls | None,
        _model_option(
            help="native, but constrained for a model that makes no tool calls of its own.",
            show_default=False,
        ),
    ] = None,
    offer: Annotated[
        Offered,
        _model_option(
            "--tools",
            help=(
                "all in each request; search: the model finds those it needs; "
                "hosted: OpenAI searches. "
                "auto is all for up to 20."
            ),
        ),
    ] = Offered.AUTO,
    max_turns: Annotated[int, _model_option(min=1, help="How often the model may be asked.")] = 20,
) -> None:
    """Let a model use the API to answer a question."""
    from openapi2tools.agent.loop import Agent  # noqa: PLC0415 -- the help text must not wait for it

    chosen_model = _choose_model(model, base_url, api, tool_calls)
    tools = read_tools(source, reading, selection, call_options)
    approve = _confirm_in_order if on_terminal() else None

    async def ask() -> Answer:
        async with connect_tools(tools, call_options, reading) as client:
            agent = Agent(
                client,
                chosen_model,
                max_turns=max_turns,
                approve=approve,
                offer=offer.value,
            )
            return await _follow(agent, question)

    answer = asyncio.run(ask())
    if answer.pending:
        raise ApprovalNeeded(
            f"{answer.pending[0].tool} is a write, and nobody is here to ask: --yes lets it go out."
        )
    write(answer.text)


def _choose_model(
    name: str | None, base_url: str | None, api: Wire | None, tool_calls: ToolCalls | None
) -> Model:
    """Return the model that the options and the environment name."""
    is_elsewhere = bool(base_url or os.environ.get("OPENAI_BASE_URL"))
    name = name or os.environ.get("OPENAI_MODEL")
    if name is None and is_elsewhere:
        raise typer.BadParameter("name the model that this server serves.", param_hint="--model")
    if name is None:
        name = DEFAULT_MODEL if os.environ.get("OPENAI_API_KEY") else "local"
        _check_that_there_is_a_model(name)
    if name == "local":
        _check_local_options(base_url, api, tool_calls)
        from openapi2tools.agent.local.model import LocalModel  # noqa: PLC0415 -- only for those who use it

        return LocalModel(
            progress=progress_of("Putting the embedded model together, once on this machine")
        )
    from openapi2tools.agent.openai.model import OpenAIModel  # noqa: PLC0415 -- likewise

    wire = api or (Wire.CHAT if is_elsewhere else Wire.RESPONSES)
    return OpenAIModel(
        name, api=wire.value, base_url=base_url, tool_calls=(tool_calls or ToolCalls.NATIVE).value
    )


def _check_that_there_is_a_model(name: str) -> None:
    """Raise AgentError where nobody named a model, and the embedded one is not installed."""
    from openapi2tools.agent.local.weights import is_installed, not_installed  # noqa: PLC0415 -- only for those who use it

    if name == "local" and not is_installed():
        raise AgentError(
            "There is no model to ask. Set OPENAI_API_KEY for OpenAI's; or name a server that "
            f"speaks like it: --base-url URL --model NAME. {not_installed()}"
        )


def _check_local_options(
    base_url: str | None, api: Wire | None, tool_calls: ToolCalls | None
) -> None:
    """Refuse options that the embedded model does not have (its calls are constrained anyway)."""
    is_given = {
        "--base-url": bool(base_url),
        "--api": bool(api),
        "--tool-calls": tool_calls is ToolCalls.NATIVE,
    }
    for option, given in is_given.items():
        if given:
            raise typer.BadParameter(
                "local, the embedded model, has no such choice: name another with --model.",
                param_hint=option,
            )


async def _confirm_in_order(prepared: Prepared) -> ApproverAnswer:
    """Ask the person at the terminal, once earlier events are printed."""
    await asyncio.sleep(0)
    return confirm_in_run(prepared)


async def _follow(agent: Agent, question: str) -> Answer:
    """Run an agent and print each stage as it happens."""
    from openapi2tools.agent.events import Answered  # noqa: PLC0415 -- the help text must not wait for it

    async for event in agent.stream(question):
        line = _describe(event)
        if line:
            say(line)
        if isinstance(event, Answered):
            answer = event.answer
    return answer


def _outcome(result: Result, seconds: float) -> str:
    """Return what the API did; empty where it was not asked."""
    if not result.sent:
        return ""
    status = "no answer" if result.status is None else result.status
    return f"{status} in {seconds:.2f} s: "


def _describe(event: Event) -> str:
    """Return a line about an event; empty where there is nothing to say."""
    from openapi2tools.agent import events  # noqa: PLC0415 -- likewise

    match event:
        case events.CredentialMissing(tools, text):
            return f"Note: {len(tools)} of the tools cannot be called yet. {text}"
        case events.ModelNote(text):
            return f"Note: {text}"
        case events.TurnStarted(number, model):
            return f"{model} thinks (turn {number})"
        case events.TurnFinished(_, turn) if turn.calls and turn.text:
            return f"  says {brief(turn.text)}"
        case events.CallStarted(call):
            arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
            return f"  calls {call.tool} {brief(arguments)}"
        case events.RequestSent(_, method, url):
            return f"    {method} {url}"
        case events.CallFinished(call, result, seconds):
            return f"    {call.tool}: {_outcome(result, seconds)}{brief(result.text)}"
    return ""
