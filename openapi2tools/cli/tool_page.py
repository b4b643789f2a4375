"""One tool on a page: what it does and takes, what it returns, and how it is called."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from itertools import islice
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import brief, printable
from openapi2tools.cli.tables import definition_lines
from openapi2tools.cli.typed.facts import SchemaFacts, type_text
from openapi2tools.cli.typed.paths import Step, path_text
from openapi2tools.cli.typed.samples import example_of, sample_arguments
from openapi2tools.cli.typed.writing import shell_line, write_words
from openapi2tools.model import Effect
from openapi2tools.tools.schema.convert import output_schema
from openapi2tools.tools.text.describe import describe_result, success_response
from openapi2tools.tools.text.sentences import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import JsonObject, SecurityScheme, Tool

_MAX_NAME_CHARS: Final = 28
_MAX_ABOUT_CHARS: Final = 300
_MAX_EXAMPLE_CHARS: Final = 60
_MAX_ROWS: Final = 80
_MAX_WORDS: Final = 8
_MAX_ARGUMENT_NESTING: Final = 4
_MAX_RESULT_NESTING: Final = 2
_EFFECTS: Final = {
    Effect.READ: "It only reads.",
    Effect.WRITE: "It writes: a call asks before it is sent, unless --yes is given.",
    Effect.DESTROY: "It destroys: a call asks before it is sent, unless --yes is given.",
}


@dataclass(frozen=True)
class _Field:
    """An argument, or a part of one or of an answer."""

    name: str
    facts: SchemaFacts
    is_required: bool

    def text(self, *, with_example: bool) -> str:
        """Return its type, whether it must be there, what it means, and an example."""
        kind = [type_text(self.facts), "required" if self.is_required and with_example else ""]
        default, example = self.facts.word("default"), example_of(self.facts)
        if default is not None and with_example:
            kind.append(f"default {quoted(default, _MAX_EXAMPLE_CHARS)}")
        about = brief(str(self.facts.word("description") or ""), _MAX_ABOUT_CHARS)
        text = ": ".join(filter(None, (", ".join(filter(None, kind)), about)))
        if example is None or not with_example:
            return text
        period = "." if text[-1:].isalnum() else ""
        return f"{text}{period} Example: {quoted(example, _MAX_EXAMPLE_CHARS)}"


def page_lines(tool: Tool, source: str, width: int) -> Iterator[tuple[str, bool]]:
    """Yield the lines about a tool, and whether each is a heading.

    What a document says in them cannot command the terminal.
    """
    yield f"{tool.name}: {printable(tool.operation.key)}", True
    yield "", False
    for line in _about(tool):
        for part in wrap(printable(line), width) or [""]:
            yield part, False
    yield "", False
    yield from _text(_EFFECTS[tool.effect], width)
    yield from _text(credential_text(tool, source), width)
    yield "", False
    yield "Arguments", True
    fields = _some(_fields(SchemaFacts.of(tool), (), _MAX_ARGUMENT_NESTING))
    yield from _rows(fields, width, with_example=True) if fields else [("  none", False)]
    yield "", False
    yield "Returns", True
    yield from _returns(tool, width)
    yield "", False
    yield "Call", True
    yield from _command(tool, source, width)
    more = write_words(tool, sample_arguments(tool, optional=True))[:_MAX_WORDS]
    if more:
        yield from _text(f"  and as needed: {shell_line(more)}", width, "    ")


def page_json(tool: Tool, source: str) -> JsonObject:
    """Return what the page says, for a program."""
    return {
        "name": tool.name,
        "method": tool.operation.method,
        "path": tool.operation.path,
        "effect": tool.effect.value,
        "description": tool.description,
        "arguments": tool.schema,
        "returns": output_schema(tool),
        "security": [
            {name: list(scopes) for name, scopes in requirement.items()}
            for requirement in tool.operation.security or ()
        ],
        "call": call_line(tool, source),
    }


def call_line(tool: Tool, source: str) -> str:
    """Return a command that calls the tool, with an example of each argument it needs."""
    words = write_words(tool, sample_arguments(tool))
    return shell_line(["openapi2tools", "call", source, tool.name, *words])


def credential_text(tool: Tool, source: str) -> str:
    """Return which credential a tool wants, and how it is given."""
    security = tool.operation.security
    if not any(security):
        return "Credential: the document asks for none."
    schemes = tool.api.schemes
    ways = [
        " and ".join(scheme_text(schemes.get(name), name, each[name]) for name in each) or "none"
        for each in security
    ]
    names = list(dict.fromkeys(name for each in security for name in each))
    return f"Credential: {' or '.join(ways)}. {_how_to_give(names[0], schemes, source)}"


def _how_to_give(name: str, schemes: Mapping[str, SecurityScheme], source: str) -> str:
    from openapi2tools.call.credentials.sources import environment_name  # noqa: PLC0415 -- httpx is only for those who show one tool

    if name in schemes and schemes[name].type in _LOGIN_KINDS:
        command = shell_line(["openapi2tools", "auth", "login", source, "--scheme", name])
        return f"`{command}` logs in."
    variable = environment_name(name)
    is_set = " (which is set)" if os.environ.get(variable) else ""
    return f"Give it as --auth {name}=env:NAME, or in {variable}{is_set}."


_LOGIN_KINDS: Final = {
    "oauth2": "a login by OAuth2",
    "openIdConnect": "a login by OpenID Connect",
}


def scheme_text(scheme: SecurityScheme | None, name: str, scopes: tuple[str, ...]) -> str:
    """Return what a security scheme asks for."""
    if scheme is None:
        kind = "which the document does not define"
    elif scheme.type == "apiKey":
        kind = f"a key in the {scheme.location} {scheme.name}"
    elif scheme.type == "http":
        is_user = scheme.scheme in ("basic", "digest")
        kind = "user and password" if is_user else f"a {scheme.scheme} token"
    else:
        kind = _LOGIN_KINDS.get(scheme.type, "a certificate")
    needed = f", scopes {', '.join(scopes)}" if scopes else ""
    return f"{name} ({kind}{needed})"


def _about(tool: Tool) -> list[str]:
    """Return what a model reads of the tool, but for what it returns, which has its own part."""
    return [line for line in tool.description.split("\n") if not line.startswith("Returns: ")]


def _returns(tool: Tool, width: int) -> Iterator[tuple[str, bool]]:
    response = success_response(tool.operation.responses)
    if response is None:
        yield "  the document does not say", False
        return
    about = describe_result(tool.operation.responses)
    schema = output_schema(tool)
    media_types = ", ".join(media.name for media in response.content)
    facts = SchemaFacts(schema, schema) if schema is not None else None
    kind = type_text(facts) if facts is not None else media_types or "no content"
    words = about if about and kind == "object" else ". ".join(filter(None, (kind, about)))
    yield from _text(f"  {response.status}: {words}", width, "    ")
    if facts is not None:
        step: tuple[Step, ...] = (0,) if facts.is_list else ()
        fields = _some(_fields(facts.at(step), (), _MAX_RESULT_NESTING))
        yield from _rows(fields, width, with_example=False)


def _fields(
    facts: SchemaFacts, path: tuple[Step, ...], depth: int, seen: tuple[int, ...] = ()
) -> Iterator[_Field]:
    """Yield the properties of an object, and below each what it holds; what recurs only once."""
    identity = id(facts.parts[-1]) if facts.parts else 0
    if facts.is_file or identity in seen:
        return
    for name in facts.properties:
        member = facts.member(name)
        yield _Field(path_text((*path, name)), member, name in facts.required)
        if len(path) + 1 >= depth:
            continue
        step: tuple[Step, ...] = (0,) if member.is_list else ()
        yield from _fields(member.at(step), (*path, name, *step), depth, (*seen, identity))


def _some(fields: Iterator[_Field]) -> list[_Field]:
    """Return as many as are shown, and one that tells whether there are more."""
    return list(islice(fields, _MAX_ROWS + 1))


def _rows(fields: list[_Field], width: int, *, with_example: bool) -> Iterator[tuple[str, bool]]:
    rows = [(each.name, each.text(with_example=with_example)) for each in fields[:_MAX_ROWS]]
    yield from definition_lines(rows, width, max_name_chars=_MAX_NAME_CHARS)
    if len(fields) > _MAX_ROWS:
        yield "  and more, which --json shows", False


def _command(tool: Tool, source: str, width: int) -> Iterator[tuple[str, bool]]:
    """Yield the command that calls the tool, over as many lines as it needs."""
    words = write_words(tool, sample_arguments(tool))
    line = f"  {shell_line(['openapi2tools', 'call', source, tool.name])}"
    for word in map(shlex.quote, words):
        if len(line) + len(word) + 3 > width:
            yield f"{line} \\", False
            line = f"      {word}"
        else:
            line += f" {word}"
    yield line, False


def _text(text: str, width: int, indent: str = "") -> Iterator[tuple[str, bool]]:
    for line in wrap(printable(text), width, subsequent_indent=indent, break_long_words=False):
        yield line, False
