"""Read what a person types in a conversation: lines with a history and completion.

The door of prompt_toolkit, which the extra `chat` installs.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from openapi2tools._core.files.atomic_write import OWNER_ONLY
from openapi2tools._core.installed import install_command
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_PROMPT: Final = "> "
_NEXT_LINE_PROMPT: Final = "… "


def require_prompt_toolkit() -> None:
    """Raise OpenAPI2ToolsError when the extra `chat` is not installed."""
    if find_spec("prompt_toolkit") is None:
        raise OpenAPI2ToolsError(
            "What reads a conversation from the terminal is not installed: "
            + install_command("chat")
        )


class Prompt:
    """Reads questions, and replies to them.

    Enter ends a question, and Alt-Enter begins a new line in it.

    Args:
        history: The file that holds earlier questions; None keeps them in memory.
        completions: Returns the words that may end a text, and how many of its characters they
            replace.
    """

    def __init__(
        self, history: Path | None, completions: Callable[[str], tuple[int, Iterable[str]]]
    ) -> None:
        from prompt_toolkit import PromptSession  # noqa: PLC0415 -- an extra
        from prompt_toolkit.completion import Completer, Completion  # noqa: PLC0415 -- likewise

        class TextCompleter(Completer):
            """Completes what stands before the cursor."""

            def get_completions(
                self,
                document: Document,
                complete_event: CompleteEvent,  # noqa: ARG002 -- the library's signature
            ) -> Iterator[Completion]:
                """Yield what the text may go on with."""
                length, words = completions(document.text_before_cursor)
                for word in words:
                    yield Completion(word, start_position=-length)

        self._questions: PromptSession[str] = PromptSession(
            history=_history(history),
            completer=TextCompleter(),
            complete_while_typing=False,
            key_bindings=_keys(),
            multiline=True,
            prompt_continuation=_NEXT_LINE_PROMPT,
        )
        self._replies: PromptSession[str] = PromptSession()

    async def read_question(self) -> str:
        """Return a question or a command.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
            EOFError: Ctrl-D was pressed.
        """
        return await self._questions.prompt_async(_PROMPT)

    async def read_reply(self, question: str, text: str = "") -> str | None:
        """Return one line; None after Ctrl-C and Ctrl-D.

        Args:
            question: What stands before it.
            text: What stands there already, to be changed.
        """
        try:
            return await self._replies.prompt_async(question, default=text)
        except (KeyboardInterrupt, EOFError):
            return None


def _keys() -> KeyBindings:
    """Return what the keys of a question do."""
    from prompt_toolkit.key_binding import KeyBindings  # noqa: PLC0415 -- an extra

    keys = KeyBindings()

    # What was typed before the prompt was there ends its line with Ctrl-J.
    @keys.add("enter")
    @keys.add("c-j")
    def end(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("escape", "c-j")
    def begin_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _history(path: Path | None) -> History:
    from prompt_toolkit.history import FileHistory, InMemoryHistory  # noqa: PLC0415 -- an extra

    if path is None:
        return InMemoryHistory()
    path.touch(mode=OWNER_ONLY)
    return FileHistory(path)
