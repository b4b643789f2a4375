"""What begins with a slash in a conversation: commands about tools, calls, policy and record."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from openapi2tools._core.files.atomic_write import OWNER_ONLY, write_atomically
from openapi2tools._core.slips import did_you_mean
from openapi2tools.agent.files.attaching import read_attachments
from openapi2tools.agent.record.call_history import made_calls
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.settling import reverse_write
from openapi2tools.cli.console import brief, say
from openapi2tools.cli.conversation.cost import usage_text
from openapi2tools.cli.conversation.display import outcome_text
from openapi2tools.cli.conversation.one_call import make_call
from openapi2tools.cli.conversation.record import as_curl, in_words
from openapi2tools.cli.conversation.unknown_writes import SETTLEMENTS, settle, unknown_text
from openapi2tools.cli.typed.facts import SchemaFacts
from openapi2tools.cli.typed.words import WrongWord, names_of, read_words
from openapi2tools.errors import AgentError, OpenAPI2ToolsError
from openapi2tools.model import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.settling import Settle
    from openapi2tools.agent.turns.prices import Prices
    from openapi2tools.model import Part, Result, Tool

_MAX_HITS: Final = 10
_MAX_LISTED: Final = 50
_CALL_ID: Final = "typed"
_Run: TypeAlias = "Callable[[str], Awaitable[None]]"


class _Command(NamedTuple):
    """What a command takes, what it does in a few words, and what does it."""

    arguments: str
    help: str
    run: _Run


class SlashCommands:
    """The commands of one conversation.

    Args:
        caller: Makes the calls.
        session: The record of the conversation.
        prices: What tokens cost, where the user says so.
        settle: Asks what became of a write that no answer came to.
    """

    def __init__(
        self,
        caller: Caller,
        session: Session,
        prices: Prices | None,
        settle: Settle | None = None,
    ) -> None:
        self._caller = caller
        self._settle_by_asking = settle
        self._session = session
        self._prices = prices
        self._attached: list[Part] = []
        self._answered: list[Result] = []  # to the calls of the person
        self._commands: dict[str, _Command] = {
            "/tools": _Command("[TEXT]", "the tools, or those whose name has a text", self._tools),
            "/find": _Command("QUESTION", "the tools that fit a question", self._find),
            "/call": _Command("TOOL [NAME=VALUE]...", "call a tool yourself", self._call),
            "/attach": _Command("[FILE]...", "files for your next question", self._attach),
            "/why": _Command("", "the requests of the last question, as curl", self._why),
            "/settle": _Command(
                "[WORD [CALL]]",
                "writes that nobody knows the outcome of; say it",
                self._settle,
            ),
            "/undo": _Command("[CALL]", "undo a write, where the API can", self._undo),
            "/policy": _Command("[reset]", "what is asked about; reset: ask again", self._policy),
            "/save": _Command("FILE", "the record; in words where FILE ends in .md", self._save),
            "/usage": _Command("", "tokens, and their cost with --price", self._usage),
            "/help": _Command("", "these commands", self._help),
            "/quit": _Command("", "end the conversation, as Ctrl-D does", self._help),
        }

    async def run(self, line: str) -> bool:
        """Run a command; return False where it ends the conversation."""
        name, _, rest = line.strip().partition(" ")
        if name in ("/quit", "/exit"):
            return False
        command = self._commands.get(name)
        if command is None:
            say(f"There is no {name}.{did_you_mean(name, self._commands)} /help shows all.")
            return True
        try:
            await command.run(rest.strip())
        except OpenAPI2ToolsError as error:
            say(f"Error: {error}")
        return True

    def take_attached(self) -> list[Part]:
        """Return the files that go with the next question, and with no other."""
        attached, self._attached = self._attached, []
        return attached

    # --- completion ------------------------------------------------------------------------------

    def completions(self, text: str) -> tuple[int, Iterable[str]]:
        """Return the words that may end a text, and how many of its characters they replace."""
        before, _, word = text.rpartition(" ")
        if text.startswith("/") and " " not in text:
            return len(word), _starting(word, self._commands)
        words = before.split()
        tool = self._caller.tools.get(words[1]) if len(words) > 1 else None
        if words[:1] == ["/call"] and tool is not None:
            return _argument_completions(tool, word)
        return len(word), _starting(word, self._caller.tools) if word or before else ()

    # --- the commands ----------------------------------------------------------------------------

    async def _help(self, _: str) -> None:
        for name, command in self._commands.items():
            say(f"{name} {command.arguments}".ljust(32) + command.help)

    async def _tools(self, text: str) -> None:
        tools = [tool for name, tool in self._caller.tools.items() if text.lower() in name.lower()]
        for tool in tools[:_MAX_LISTED]:
            say(_tool_line(tool))
        if len(tools) > _MAX_LISTED:
            say(f"... and {len(tools) - _MAX_LISTED:,} more: /tools TEXT, or /find QUESTION.")
        if not tools:
            say(f"No tool's name has {text!r}: /find looks in what they do.")

    async def _find(self, question: str) -> None:
        from openapi2tools.tools.search.search import search  # noqa: PLC0415 -- only for those who look

        hits = search(self._caller.tools, question, k=_MAX_HITS) if question else []
        for hit in hits:
            say(_tool_line(self._caller.tools[hit.tool]))
        if not hits:
            say("No tool fits: try other words.")

    async def _call(self, text: str) -> None:
        """Call a tool for the person; it goes by the policy, and the model hears nothing of it."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            say(f"Error: {error}: put a text with spaces in quotes.")
            return
        if not words:
            say("Give a tool: /call TOOL NAME=VALUE ...")
            return
        tool = self._caller.tools[words[0]]
        try:
            arguments = read_words(tool, words[1:])
        except WrongWord as error:
            say(f"Error: {error}")
            return
        await self._make(Call(tool.name, arguments, f"{_CALL_ID}_{len(self._answered) + 1}"))

    async def _make(self, call: Call) -> None:
        result = await make_call(
            call, self._caller, self._session, self._settle_by_asking, self._answered
        )
        if result is not None:
            self._answered.append(result)
        say("Nothing was sent." if result is None else f"{outcome_text(result)}{result.text}")

    async def _undo(self, call_id: str) -> None:
        made = made_calls(self._session)
        if not call_id:
            for id_, each in made.items():
                if each.sent.digest:
                    say(f"{id_}  {each.sent.method} {each.sent.url}")
            say("/undo CALL prepares the write that undoes one of these.")
            return
        undo = reverse_write(self._session, self._caller, call_id)
        if undo.remark:
            say(f"Note: {undo.remark}.")
        await self._make(undo.call)

    async def _attach(self, text: str) -> None:
        """Read files now, as they are; without any, name those that wait for the question."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            say(f"Error: {error}: put a name with spaces in quotes.")
            return
        self._attached += _read_files(words)
        for part in self._attached:
            say(f"{part.name}: {part.media_type}, {len(part.data):,} bytes")
        if not self._attached:
            say("Nothing is attached: /attach FILE")

    async def _why(self, _: str) -> None:
        questions = [n for n, entry in enumerate(self._session) if isinstance(entry, Question)]
        entries = self._session[questions[-1] :] if questions else []
        say(as_curl(entries) or "No request went out for the last question.")

    async def _settle(self, text: str) -> None:
        word, _, call_id = text.partition(" ")
        if word and word not in SETTLEMENTS:
            say(f"Say one of {', '.join(SETTLEMENTS)}: /settle done")
        elif word:
            say(f"{unknown_text(settle(self._session, word, call_id.strip()))}: {word}.")
        elif not self._session.unknown:
            say("There is no write that nobody knows the outcome of.")
        for write in () if word else self._session.unknown:
            say(f"Nobody knows whether this took effect: {unknown_text(write)}.")

    async def _policy(self, text: str) -> None:
        if text == "reset":
            self._session.allowed_tools.clear()
        policy = self._caller.policy
        asked = {"none": "nothing", "writes": "every write", "all": "every call"}[policy.confirm]
        say(f"Asked about: {asked}.")
        if policy.reads:
            say(f"By your word, these only read: {', '.join(policy.reads)}.")
        if policy.unchecked:
            say(f"Sent unchecked: {', '.join(policy.unchecked)}.")
        if self._session.allowed_tools:
            names = ", ".join(self._session.allowed_tools)
            say(f"You said yes to all calls of: {names}. /policy reset takes it back.")

    async def _save(self, name: str) -> None:
        if not name:
            say("Give a file: /save FILE")
            return
        self._write_record(Path(name))
        say(f"Saved to {name}.")

    def _write_record(self, path: Path) -> None:
        """Write the record; AgentError where that is impossible."""
        if path.suffix != ".md":
            self._session.save(path)
            return
        text = "\n\n".join(in_words(self._session)) + "\n"
        try:
            write_atomically(path, text.encode(errors="replace"), permissions=OWNER_ONLY)
        except OSError as error:
            raise AgentError(f"{path} cannot be written: {error.strerror}.") from None

    async def _usage(self, _: str) -> None:
        turns = sum(isinstance(entry, Turn) for entry in self._session)
        say(usage_text(self._session.usage, self._prices, turns=turns))


def _read_files(names: Iterable[str]) -> tuple[Part, ...]:
    return read_attachments(Path(name).expanduser() for name in names)


def _tool_line(tool: Tool) -> str:
    summary = tool.description.partition("\n")[0]
    return f"{tool.name}  {brief(f'{tool.operation.key}  {summary}', 100)}"


def _starting(word: str, names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if name.startswith(word))


def _argument_completions(tool: Tool, word: str) -> tuple[int, Iterable[str]]:
    """Return the names of arguments, or the values that one may have."""
    names = names_of(tool)
    name, given, value = word.partition("=")
    if not given:
        return len(word), [f"{name}=" for name in _starting(word, names)]
    facts = SchemaFacts.of(tool).at(names.get(name, (name,)))
    return len(value), _starting(value, [str(each) for each in facts.values])
