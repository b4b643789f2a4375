"""Build one tool for each operation of an API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.naming import MAX_NAME_LENGTH
from openapi2tools.model import Problem, Progress, Tool, Toolset
from openapi2tools.tools.arguments.gather import ArgumentGatherer
from openapi2tools.tools.arguments.open_body import open_body
from openapi2tools.tools.effect import effect_of
from openapi2tools.tools.names import repeated_name_hints, tool_names
from openapi2tools.tools.text.describe import describe_operation
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.token_operations import is_token_operation, token_operation_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi2tools.model import Api, OnProgress, Operation
    from openapi2tools.tools.arguments.gather import GatheredArguments

_OPERATIONS_PER_REPORT: Final = 64
_MAX_NAMED_CHARACTERS: Final = 5


@gc_paused()
def build_tools(
    api: Api,
    *,
    prefix: str = "",
    name_length: int = MAX_NAME_LENGTH,
    progress: OnProgress | None = None,
) -> Toolset:
    """Build a tool for every operation that no hint excludes, in the document's order.

    The operation that OAuth2 logins get their tokens from is left out: the client calls it, and
    what it takes are secrets. The hint `exclude: false` offers it all the same.

    Args:
        api: What `load` returned.
        prefix: What goes before every name, to keep several APIs apart.
        name_length: How many characters a name may have, from 24 on. Give less than 64 where a
            host puts something before it, such as `mcp__server__`.
        progress: Called with a `Progress` now and then.

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
    gatherer = ArgumentGatherer(api)
    gathered = _gather_all(gatherer, operations, progress)
    tools = [
        _build_tool(api, operation, name, arguments)
        for operation, name, arguments in zip(
            operations, tool_names(operations, prefix, name_length), gathered, strict=True
        )
    ]
    problems = (problem for tool in tools for problem in tool.problems)
    return Toolset(
        tools,
        [
            *gatherer.schemas.problems,
            *repeated_name_hints(operations),
            *map(token_operation_problem, for_logins),
            *problems,
        ],
    )


def _gather_all(
    gatherer: ArgumentGatherer, operations: Sequence[Operation], progress: OnProgress | None
) -> list[GatheredArguments]:
    gathered = []
    for done, operation in enumerate(operations, 1):
        gathered.append(gatherer.gather(operation))
        if progress and (done % _OPERATIONS_PER_REPORT == 0 or done == len(operations)):
            progress(Progress("build", done, len(operations)))
    return gathered


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
