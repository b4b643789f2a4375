"""Find what a model would stumble over in the operations of a document."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.linting.costs import CostChecker
from openapi2tools.linting.descriptions import (
    EMPTY_OPERATION_WORDS,
    adds_nothing,
    hinted_description,
    written_text,
)
from openapi2tools.linting.fields import BodyChecker, check_parameter, offered_parameters
from openapi2tools.linting.finding import (
    DESCRIBE_OPERATION,
    SUMMARIZE_OPERATION,
    Finding,
    as_sentence,
    make_finding,
    todo_description,
)
from openapi2tools.model import Effect
from openapi2tools.tools.arguments.open_body import lacks_body
from openapi2tools.tools.token_operations import is_token_operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Api, Operation, Tool, Toolset

_MIN_DESCRIPTION_CHARS: Final = 12  # no sentence of an alphabet is shorter


def check_operations(api: Api, tools: Toolset) -> Iterator[Finding]:
    """Yield the findings of every operation that is offered."""
    bodies = BodyChecker(api.document)
    costs = CostChecker()
    for tool in tools.values():
        yield from _check_name(tool)
        yield from _check_description(tool.operation)
        for parameter in offered_parameters(tool):
            yield from check_parameter(parameter, api.document)
        yield from bodies.check(tool)
        yield from _check_body(tool)
        yield from costs.check(tool)
        yield from _check_security(tool, api)
        yield from _check_authorization_parameter(tool.operation)
    yield from _check_same_descriptions(tools)
    yield from _check_security_schemes(tools, api)


def _check_name(tool: Tool) -> Iterator[Finding]:
    operation = tool.operation
    if operation.id is not None or isinstance(operation.hints.get("name"), str):
        return
    yield make_finding(
        "unnamed-operation",
        f"{operation.key} has no operationId; its tool is called {tool.name}.",
        operation.pointer,
        "warning",
        advice="Give it one that says what it does: it is the first thing that a model reads.",
        fix={"operationId": tool.name},
    )


def _check_description(operation: Operation) -> Iterator[Finding]:
    text = _own_text(operation)
    fix = todo_description(DESCRIBE_OPERATION, operation.description)
    if not text:
        fault = "has neither summary nor description"
        if operation.summary or operation.description:
            fault = "is only described by a placeholder"
        if operation.summary and not written_text(operation.summary):
            fix["summary"] = f"TODO: {SUMMARIZE_OPERATION}"
        yield make_finding(
            "missing-description",
            f"{operation.key} {fault}.",
            operation.pointer,
            "warning",
            advice=as_sentence(DESCRIBE_OPERATION),
            fix=fix,
        )
    elif _is_vague(text, operation):
        yield make_finding(
            "vague-description",
            f"{operation.key} is described as {text!r}, which tells no more than its name.",
            operation.pointer,
            "hint",
            advice=as_sentence(DESCRIBE_OPERATION),
            fix=fix,
        )


def _is_vague(text: str, operation: Operation) -> bool:
    if text.isascii() and len(text) < _MIN_DESCRIPTION_CHARS:
        return True
    name = f"{operation.id or ''} {operation.path}"
    return adds_nothing(text, name, EMPTY_OPERATION_WORDS)


def _own_text(operation: Operation) -> str:
    """Return summary and description; nothing while one of them is only a placeholder."""
    hinted = hinted_description(operation.hints)
    if hinted:
        return hinted
    texts = [text for text in (operation.summary, operation.description) if text]
    return " ".join(texts) if all(map(written_text, texts)) else ""


def _check_body(tool: Tool) -> Iterator[Finding]:
    if not lacks_body(tool):
        return
    yield make_finding(
        "undeclared-body",
        f"{tool.operation.key} declares no body, so it is sent empty.",
        tool.operation.pointer,
        "hint",
        advice="Declare `requestBody` if it takes one, or let any body be sent: "
        f"{for_reader('open_body=', '--open-body')}, or `x-openapi2tools: {{open_body: true}}`.",
    )


def _check_security(tool: Tool, api: Api) -> Iterator[Finding]:
    operation = tool.operation
    if not api.schemes or tool.effect is Effect.READ:
        return
    if operation.security and all(operation.security):
        return
    if is_token_operation(operation, api):  # which a login comes from cannot ask for one
        return
    yield make_finding(
        "unauthenticated-write",
        f"{operation.key} changes something, and the document asks for no credential.",
        operation.pointer,
        "warning",
        advice="Declare `security` for it, or make sure that anybody may do this.",
        fix={"x-todo": "TODO: declare `security`, or make sure that anybody may do this."},
    )


def _check_authorization_parameter(operation: Operation) -> Iterator[Finding]:
    """Yield a finding where a parameter asks for what only a security scheme may."""
    for parameter in operation.parameters:
        if (parameter.location, parameter.name.lower()) == ("header", "authorization"):
            yield make_finding(
                "authorization-parameter",
                f"{operation.key} declares the header {parameter.name} as a parameter, which "
                "readers ignore: no model is asked for a credential.",
                parameter.pointer or operation.pointer,
                "warning",
                advice="Declare a security scheme; until then it can be given with "
                f"--auth header:{parameter.name}=VALUE.",
            )


def _check_security_schemes(tools: Toolset, api: Api) -> Iterator[Finding]:
    silent = silent_operations(tools)
    if silent:
        yield make_finding(
            "undeclared-security",
            f"{len(silent)} of {len(tools)} operations say nothing about security "
            f"({silent[0].operation.key} is the first), though the document defines "
            f"{', '.join(api.schemes)}.",
            "",
            "warning",
            advice="Declare `security` at the root, and `security: []` where anybody may call. "
            "Until then a credential that is given goes with each of them.",
        )
    writes = sum(tool.effect is not Effect.READ for tool in tools.values())
    if not writes or api.schemes:
        return
    yield make_finding(
        "no-security-scheme",
        f"The document declares no security scheme, and {writes} operations change something.",
        "",
        "warning",
        advice="Declare the schemes, and `security` where they are asked for: "
        "a client cannot authenticate by what it is not told.",
    )


def silent_operations(tools: Toolset) -> list[Tool]:
    """Return the tools whose document defines schemes and says nothing of them there."""
    return [tool for tool in tools.values() if tool.api.schemes and not tool.operation.security]


def _check_same_descriptions(tools: Toolset) -> Iterator[Finding]:
    by_description: Mapping[str, list[Tool]] = defaultdict(list)
    for tool in tools.values():
        if _own_text(tool.operation):
            by_description[tool.description].append(tool)
    for first, *others in by_description.values():
        for tool in others:
            yield make_finding(
                "same-description",
                f"{tool.name} is described exactly as {first.name}.",
                tool.operation.pointer,
                "warning",
                advice="Say in each what sets it apart; a model has nothing else to choose by.",
                fix=todo_description(
                    f"tell this apart from {first.name}", tool.operation.description
                ),
            )
