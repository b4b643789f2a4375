"""Build one tool for each operation of an API."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.naming import MAX_NAME_LENGTH
from openapi2tools._core.on_demand.per_process import PerProcess
from openapi2tools.model import Problem, Progress, Tool, Toolset
from openapi2tools.tools.arguments.gather import ArgumentGatherer
from openapi2tools.tools.arguments.open_body import open_body
from openapi2tools.tools.effect import effect_of
from openapi2tools.tools.names import repeated_name_hints, tool_names
from openapi2tools.tools.text.describe import describe_operation
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.token_operations import is_token_operation, token_operation_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, OnProgress, Operation
    from openapi2tools.tools.arguments.gather import GatheredArguments

_MAX_NAMED_CHARACTERS: Final = 5


def build_tools(
    api: Api,
    *,
    prefix: str = "",
    name_length: int = MAX_NAME_LENGTH,
    progress: OnProgress | None = None,
) -> Toolset:
    """Build a tool for every operation that no hint excludes, in the document's order.

    All names are known at once, and a tool is made when somebody first looks at it: a program that
    calls five tools of a thousand waits for five.

    The operation that OAuth2 logins get their tokens from is left out: the client calls it, and
    what it takes are secrets. The hint `exclude: false` offers it all the same.

    Args:
        api: What `load` returned.
        prefix: What goes before every name, to keep several APIs apart.
        name_length: How many characters a name may have, from 24 on. Give less than 64 where a
            host puts something before it, such as `mcp__server__`.
        progress: Called with a `Progress` when the tools have their names.

    Returns:
        The tools. What could not be offered as written is in `Toolset.problems`.

    Raises:
        BuildError: The prefix cannot begin a tool's name, or the length is out of range.

    Example:
        tools = build_tools(load("petstore.yaml"), prefix="pets_")
    """
    not_excluded = [one for one in api.operations if one.hints.get("exclude") is not True]
    for_logins = [
        one for one in not_excluded if "exclude" not in one.hints and is_token_operation(one, api)
    ]
    keys = {one.key for one in for_logins}
    operations = [one for one in not_excluded if one.key not in keys]
    maker = _ToolMaker(api)
    named = zip(tool_names(operations, prefix, name_length), operations, strict=True)
    tools = [
        Tool.made_later(
            partial(maker.make, name, operation), name=name, operation=operation, api=api
        )
        for name, operation in named
    ]
    if progress:
        progress(Progress("build", len(tools), len(tools)))

    @gc_paused()
    def find_problems() -> Iterator[Problem]:
        of_tools = [problem for tool in tools for problem in tool.problems]
        return chain(
            maker.problems,
            repeated_name_hints(operations),
            map(token_operation_problem, for_logins),
            of_tools,
        )

    return Toolset(tools, find_problems)


class _ToolMaker:
    """Makes the tools of one API when they are first looked at, in any thread.

    What several operations share is made once.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._gatherer = PerProcess(lambda: ArgumentGatherer(api))

    @property
    def problems(self) -> list[Problem]:
        """What had to be repaired in the schemas of the tools made so far."""
        with self._gatherer.in_turn() as gatherer:
            return [*gatherer.schemas.problems]

    def make(self, name: str, operation: Operation) -> Tool:
        """Make the tool of an operation."""
        with self._gatherer.in_turn() as gatherer:
            arguments = gatherer.gather(operation)
        return _build_tool(self._api, operation, name, arguments)


def _build_tool(api: Api, operation: Operation, name: str, arguments: GatheredArguments) -> Tool:
    tool = Tool(
        name=name,
        description=describe_operation(operation, arguments.about_body),
        schema=arguments.schema,
        bindings=arguments.bindings,
        effect=effect_of(operation, arguments),
        operation=operation,
        api=api,
        media_type=arguments.media_type,
        constants=arguments.constants,
        body_always=arguments.body_always,
        body_open=arguments.body_open,
        hidden_fields=arguments.hidden_fields,
        problems=(*arguments.problems, *_invisible_character_problems(operation)),
    )
    return open_body(tool) if operation.hints.get("open_body") is True else tool


def _invisible_character_problems(operation: Operation) -> Iterator[Problem]:
    """Report the texts of an operation that hold characters which no reader sees."""
    texts = [
        (operation.summary, f"{operation.pointer}/summary"),
        (operation.description, f"{operation.pointer}/description"),
    ]
    texts += [
        (parameter.description, f"{parameter.pointer}/description")
        for parameter in operation.parameters
    ]
    for text, pointer in texts:
        if text.isascii():
            continue
        characters = invisible_characters(text)
        if characters:
            named = ", ".join(characters[:_MAX_NAMED_CHARACTERS])
            yield Problem(
                "hidden-characters",
                f"A text of {operation.key} holds characters that nobody sees: {named}.",
                pointer=pointer,
                advice="They are left out of the tool; ask who wrote them.",
            )
