"""A conversation: questions and answers in one session, until the person ends it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

from openapi2tools.cli.console import counted, say
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.agent.loop import Agent
    from openapi2tools.agent.record.session import Session
    from openapi2tools.cli.conversation.display import Display
    from openapi2tools.cli.conversation.prompt import Prompt
    from openapi2tools.cli.conversation.slash_commands import SlashCommands


class Conversation:
    """Asks for questions, and has an agent answer them.

    Args:
        agent: Answers.
        session: Where everything is recorded; it may hold a conversation already.
        prompt: Reads what the person types.
        commands: What begins with a slash.
        display: Shows what happens.
    """

    def __init__(
        self,
        agent: Agent,
        session: Session,
        prompt: Prompt,
        commands: SlashCommands,
        display: Display,
    ) -> None:
        self._agent = agent
        self._session = session
        self._prompt = prompt
        self._commands = commands
        self._display = display

    async def run(self) -> None:
        """Converse until Ctrl-D or /quit; Ctrl-C ends what is under way, and nothing more."""
        tool_count = counted(len(self._agent.tools), "tool")
        say(
            f"{self._agent.model.name}, {tool_count}. Enter sends, Alt-Enter begins a new line, "
            "Tab completes, Ctrl-C stops a turn, Ctrl-D ends; /help shows the commands."
        )
        if self._session.pending:
            await self._answer(None)
        while True:
            try:
                text = (await self._prompt.read_question()).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if text.startswith("/"):
                if not await self._command(text):
                    return
            elif text:
                await self._answer(text)

    async def _command(self, text: str) -> bool:
        """Run a command; return False where it ends the conversation."""
        command = asyncio.create_task(self._commands.run(text))
        with _cancelled_by_ctrl_c(command):
            try:
                return await command
            except asyncio.CancelledError:
                say("Stopped.")
                return True

    async def _answer(self, question: str | None) -> None:
        """Have a question answered, or the last one, which was left."""
        if question is not None:
            # What nobody said yes to is given up; the model is told so.
            self._session.abandon(*self._session.waiting)
        turn = asyncio.create_task(self._follow(question))
        with _cancelled_by_ctrl_c(turn):
            try:
                await turn
            except asyncio.CancelledError:
                say("Stopped. What was done is in the session; ask on, or /quit.")
            except OpenAPI2ToolsError as error:
                say(f"Error: {error}")

    async def _follow(self, question: str | None) -> None:
        with self._display:
            attached = [] if question is None else self._commands.take_attached()
            events = self._agent.stream(question, session=self._session, attach=attached)
            async with aclosing(events) as stream:
                async for event in stream:
                    self._display.show(event)


@contextmanager
def _cancelled_by_ctrl_c(task: asyncio.Task[object] | asyncio.Task[None]) -> Iterator[None]:
    """Have Ctrl-C cancel a task for the block, instead of ending the program."""
    loop = asyncio.get_running_loop()

    def cancel(*_: object) -> None:
        loop.call_soon_threadsafe(task.cancel)

    previous_handler = signal.signal(signal.SIGINT, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous_handler)
