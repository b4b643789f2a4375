"""`openapi2tools chat`: a conversation in the terminal with a model that uses the API."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import say
from openapi2tools.cli.conversation.approver import Approver
from openapi2tools.cli.conversation.conversation import Conversation
from openapi2tools.cli.conversation.display import Display, terminal_console
from openapi2tools.cli.conversation.model_options import ModelOptions
from openapi2tools.cli.conversation.prompt import Prompt, require_prompt_toolkit
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.cli.conversation.session_options import SaveFolder, SessionOptions
from openapi2tools.cli.conversation.slash_commands import SlashCommands
from openapi2tools.cli.conversation.unknown_writes import say_unknown
from openapi2tools.cli.several import Sources
from openapi2tools.cli.source_options import OfSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from openapi2tools.agent.model import Model
    from openapi2tools.agent.record.session import Session

EXAMPLES: Final = (
    "openapi2tools chat shop.yaml",
    "openapi2tools chat shop.yaml --continue",
)


def command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="The OpenAPI documents, or names of saved APIs.",
            show_default=False,
        ),
    ],
    *,
    of_source: OfSource,
    model_options: ModelOptions,
    session_options: SessionOptions,
    save: SaveFolder = None,
) -> None:
    """Converse with a model that uses the API."""
    require_prompt_toolkit()
    if "-" in sources or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise typer.BadParameter(
            "a conversation needs a terminal for its questions: `openapi2tools run` needs none.",
            param_hint="SOURCE",
        )
    apis = Sources(sources, of_source)
    model = model_options.chosen_model(apis.timeout)
    display = Display(
        terminal_console(stderr=False), is_markdown=True, prices=model_options.prices()
    )
    with session_options.opened() as (session, name):
        chat = _Chat(session, name, model, model_options, display)
        asyncio.run(chat.run(apis, save))
        if name and len(session):
            say_unknown(session, name)
            say(f"Session {name}: `openapi2tools chat --session {name}` takes it up.")


class _Chat:
    """The parts of a conversation, put together."""

    def __init__(
        self,
        session: Session,
        name: str,
        model: Model,
        model_options: ModelOptions,
        display: Display,
    ) -> None:
        self._session = session
        self._model = model
        self._model_options = model_options
        self._display = display
        self._commands: SlashCommands | None = None
        history = SessionFolder().path / ".questions" if name else None
        self._prompt = Prompt(history, self._completions)
        self._approver = Approver(self._prompt.read_reply, display.paused, all_lasts="session")

    async def run(self, apis: Sources, save_files: Path | None) -> None:
        """Converse."""
        async with apis.connected(self._approver) as caller:
            prices = self._model_options.prices()
            self._commands = SlashCommands(caller, self._session, prices, self._approver.settle)
            agent = self._model_options.agent(
                caller, self._model, self._approver.settle, save_files=save_files
            )
            await Conversation(
                agent, self._session, self._prompt, self._commands, self._display
            ).run()

    def _completions(self, text: str) -> tuple[int, Iterable[str]]:
        return self._commands.completions(text) if self._commands else (0, ())
