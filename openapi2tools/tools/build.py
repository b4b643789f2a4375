"""An Api in; its Toolset, one Tool for each operation, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.quick import quick
from openapi2tools.model import Effect, Problem, Progress, Tool, Toolset
from openapi2tools.tools.arguments.gather import Gatherer
from openapi2tools.tools.arguments.media import choose
from openapi2tools.tools.names import names, names_in_vain
from openapi2tools.tools.text.describe import describe, hidden_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, OnProgress, Operation
    from openapi2tools.tools.arguments.gather import Gathered

_Tool = quick(Tool)
# RFC 9110, section 9.2.1; QUERY is OpenAPI 3.2's
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
# headers that turn a GET into a DELETE
_OTHER_METHOD: Final = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_EVERY: Final = 64  # operations between two reports of progress


@gc_paused()
def build_tools(api: Api, *, prefix: str = "", progress: OnProgress | None = None) -> Toolset:
    """Make one tool of every operation that no hint excludes, in the document's order.

    `prefix` goes before every name, to keep several APIs apart. What could not be offered as
    written is in `Toolset.problems`.
    """
    operations = [
        operation for operation in api.operations if operation.hints.get("exclude") is not True
    ]
    gatherer = Gatherer(api)
    gathered = []
    for done, operation in enumerate(operations, 1):
        media = choose(operation.request_body) if operation.request_body else None
        gathered.append(gatherer.gather(operation, media))
        if progress and (done % _EVERY == 0 or done == len(operations)):
            progress(Progress("build", done, len(operations)))
    tools = [
        _tool(api, operation, name, arguments)
        for operation, name, arguments in zip(
            operations, names(operations, prefix), gathered, strict=True
        )
    ]
    problems = (problem for tool in tools for problem in tool.problems)
    return Toolset(tools, [*gatherer.schemas.problems, *names_in_vain(operations), *problems])


def _tool(api: Api, operation: Operation, name: str, arguments: Gathered) -> Tool:
    return _Tool(
        name=name,
        description=describe(operation, arguments.about_body),
        schema=arguments.schema,
        bindings=arguments.bindings,
        effect=_effect(operation),
        operation=operation,
        api=api,
        media_type=arguments.media_type,
        constants=arguments.constants,
        body_always=arguments.body_always,
        problems=(*arguments.problems, *_hidden(operation)),
    )


def _effect(operation: Operation) -> Effect:
    """Say what an operation does. A document's hint can only make that graver: who wrote it may not decide what goes out unasked."""
    effect = (
        Effect.READ
        if operation.method in _READS
        else Effect.DESTROY
        if operation.method == "DELETE"
        else Effect.WRITE
    )
    if {
        parameter.name.lower()
        for parameter in operation.parameters
        if parameter.location == "header"
    } & _OTHER_METHOD:
        return Effect.DESTROY
    if not operation.hints:
        return effect
    hinted = next((each for each in Effect if operation.hints.get("effect") == each.value), effect)
    return max(effect, hinted, key=list(Effect).index)


def _hidden(operation: Operation) -> Iterator[Problem]:
    texts = [
        (operation.summary, operation.pointer, "summary"),
        (operation.description, operation.pointer, "description"),
    ]
    texts += [
        (parameter.description, parameter.pointer, "description")
        for parameter in operation.parameters
    ]
    for text, place, key in texts:
        if not text.isascii() and (found := hidden_characters(text)):
            yield Problem(
                "hidden-characters",
                f"A text of {operation.key} holds characters that nobody sees: {', '.join(found[:5])}.",
                pointer=f"{place}/{key}",
                advice="They are left out of the tool; ask who wrote them.",
            )
