"""The options of the model and of the run, and the model and the agent that they make."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openapi2tools.cli.console import progress_of
from openapi2tools.cli.conversation.cost import read_prices
from openapi2tools.errors import AgentError, InvalidOption

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.loop import Agent
    from openapi2tools.agent.model import Model
    from openapi2tools.agent.settling import Settle
    from openapi2tools.agent.turns.prices import Prices

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


@dataclass(frozen=True)
class ModelOptions:
    """Which model answers, which tools it gets, and where a run ends."""

    model: Annotated[
        str | None,
        _model_option(
            metavar="NAME|local",
            help=(
                f"OPENAI_MODEL, else {DEFAULT_MODEL} when OPENAI_API_KEY is set, else local, the "
                "embedded model."
            ),
        ),
    ] = None
    base_url: Annotated[
        str | None, _model_option(metavar="URL", help="An OpenAI-compatible server, up to /v1.")
    ] = None
    api: Annotated[
        Wire | None,
        _model_option(
            help="OpenAI's API: responses, but chat with another server.", show_default=False
        ),
    ] = None
    tool_calls: Annotated[
        ToolCalls | None,
        _model_option(
            help="native, but constrained for a model that makes no tool calls of its own.",
            show_default=False,
        ),
    ] = None
    model_option: Annotated[
        list[str],
        _model_option(
            metavar="NAME=VALUE",
            help=(
                "What goes into each request to the model: temperature=0, "
                '\'reasoning={"effort": "low"}\'.'
            ),
        ),
    ] = field(default_factory=list)
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
    ] = Offered.AUTO
    max_turns: Annotated[int, _model_option(min=1, help="How often the model may be asked.")] = 20
    max_tokens: Annotated[
        int | None,
        _model_option(
            min=1, help="How many tokens a run may take, read and written.", show_default=False
        ),
    ] = None
    max_seconds: Annotated[
        float | None,
        _model_option(metavar="SECONDS", help="How long a run may take.", show_default=False),
    ] = None
    context: Annotated[
        str,
        _model_option(
            metavar="TEXT", help="What the model is told besides: whose request this is, say."
        ),
    ] = ""
    price: Annotated[
        str | None,
        _model_option(
            metavar="READ,WRITTEN[,CACHED]",
            help="What a million tokens cost: the cost is then told with the usage.",
        ),
    ] = None
    max_cost: Annotated[
        float | None,
        _model_option(
            metavar="AMOUNT", help="What a run may cost, by --price.", show_default=False
        ),
    ] = None

    def __post_init__(self) -> None:
        self.prices()
        self.request_options()
        if self.max_seconds is not None and not 0 < self.max_seconds < inf:
            raise typer.BadParameter("give seconds, a number above 0.", param_hint="--max-seconds")
        if self.max_cost is not None and not 0 < self.max_cost < inf:
            raise typer.BadParameter("give an amount, above 0.", param_hint="--max-cost")
        if self.max_cost is not None and self.price is None:
            raise typer.BadParameter("say what tokens cost, with --price.", param_hint="--max-cost")

    def prices(self) -> Prices | None:
        """Return the value of `--price`."""
        return None if self.price is None else read_prices(self.price)

    def request_options(self) -> dict[str, Any]:
        """Return the value of `--model-option`: JSON where it is JSON, and text otherwise."""
        pairs = [text.partition("=") for text in self.model_option]
        if not all(name.strip() and separator for name, separator, _ in pairs):
            raise typer.BadParameter("write NAME=VALUE.", param_hint="--model-option")
        return {name.strip(): _json_or_text(text.strip()) for name, _, text in pairs}

    def chosen_model(self, timeout: float | None = None) -> Model:
        """Return the model that the options and the environment name.

        Args:
            timeout: Seconds for one turn, where the user says so.
        """
        is_elsewhere = bool(self.base_url or os.environ.get("OPENAI_BASE_URL"))
        name = self.model or os.environ.get("OPENAI_MODEL")
        if name is None and is_elsewhere:
            where = "--base-url" if self.base_url else "OPENAI_BASE_URL"
            raise typer.BadParameter(
                f"name one that the server of {where} has, here or in OPENAI_MODEL.",
                param_hint="--model",
            )
        if name is None:
            name = DEFAULT_MODEL if os.environ.get("OPENAI_API_KEY") else "local"
            _check_that_there_is_a_model(name)
        if name == "local":
            return self._local_model()
        from openapi2tools.agent.openai.model import OpenAIModel  # noqa: PLC0415 -- only for those who use it

        options = self.request_options()
        if timeout is not None:
            options["timeout"] = timeout
        wire = self.api or (Wire.CHAT if is_elsewhere else Wire.RESPONSES)
        tool_calls = self.tool_calls or ToolCalls.NATIVE
        try:
            return OpenAIModel(
                name, api=wire.value, base_url=self.base_url, tool_calls=tool_calls.value, **options
            )
        except (InvalidOption, TypeError) as error:
            raise typer.BadParameter(str(error), param_hint="--model-option") from None

    def agent(
        self,
        client: Caller,
        model: Model,
        settle: Settle | None = None,
        *,
        save_files: Path | None = None,
    ) -> Agent:
        """Return the agent that the options describe; `settle` is asked as in `Agent`.

        `save_files` is a folder for the files that calls answer.
        """
        from openapi2tools.agent.loop import Agent  # noqa: PLC0415 -- the help text must not wait for it

        return Agent(
            client,
            model,
            max_turns=self.max_turns,
            max_tokens=self.max_tokens,
            max_seconds=self.max_seconds,
            max_cost=self.max_cost,
            prices=self.prices(),
            context=self.context,
            settle=settle,
            offer=self.offer.value,
            save_files=save_files,
        )

    def _local_model(self) -> Model:
        self._check_local_options()
        from openapi2tools.agent.local.model import LocalModel  # noqa: PLC0415 -- only for those who use it

        return LocalModel(
            progress=progress_of("Putting the embedded model together, once on this machine")
        )

    def _check_local_options(self) -> None:
        """Refuse options that the embedded model lacks (its calls are constrained anyway)."""
        is_given = {
            "--base-url": bool(self.base_url),
            "--api": bool(self.api),
            "--tool-calls": self.tool_calls is ToolCalls.NATIVE,
            "--model-option": bool(self.model_option),
        }
        for option, given in is_given.items():
            if given:
                raise typer.BadParameter(
                    "local, the embedded model, has no such choice: name another with --model.",
                    param_hint=option,
                )


def _check_that_there_is_a_model(name: str) -> None:
    """Raise AgentError where nobody named a model, and the embedded one is not installed."""
    from openapi2tools.agent.local.weights import is_installed, not_installed  # noqa: PLC0415 -- only for those who use it

    if name == "local" and not is_installed():
        raise AgentError(
            "There is no model to ask. Set OPENAI_API_KEY for OpenAI's; or name a server that "
            f"speaks like it: --base-url URL --model NAME. {not_installed()}"
        )


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
