"""What may stand in `openapi2tools.toml`: one row a key, from which its JSON Schema is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import JsonObject

NAME_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""What a saved API may be called: nothing that could be a path or a URL."""
REFERENCE_PATTERN: Final = "^(env|file|keyring|cmd|plain):."
"""Where a secret may be; `plain:` is the secret itself, in the user's own file only."""

_TEXT: Final[JsonObject] = {"type": "string", "minLength": 1}
_TEXTS: Final[JsonObject] = {"type": "array", "items": _TEXT}
_TEXT_BY_NAME: Final[JsonObject] = {"type": "object", "additionalProperties": {"type": "string"}}
_YES_OR_NO: Final[JsonObject] = {"type": "boolean"}
_ABOVE_0: Final[JsonObject] = {"type": "number", "exclusiveMinimum": 0}
_REFERENCE: Final[JsonObject] = {"type": "string", "pattern": REFERENCE_PATTERN}
_LOGIN_SECRETS: Final = (
    "client_secret",
    "password",
    "token",
    "refresh_token",
    "access_token",
)
_LOGIN_FIELDS: Final[JsonObject] = {
    "type": "object",
    "properties": dict.fromkeys(_LOGIN_SECRETS, _REFERENCE),
    "additionalProperties": {"type": ["string", "array", "object", "number", "boolean"]},
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a saved API.

    Attributes:
        path: The key, with that of the table it stands in.
        schema: What its value may be.
        meaning: A sentence for whoever writes the file.
        option: The parameter of the commands that says the same; empty where there is none.
    """

    path: tuple[str, ...]
    schema: JsonObject
    meaning: str
    option: str = ""

    @property
    def key(self) -> str:
        """The key as it stands below the name of the API: `tools.tags`."""
        return ".".join(self.path)


def _whole(least: int = 1, most: int | None = None) -> JsonObject:
    bounds = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", **bounds}


def _one_of(*choices: str) -> JsonObject:
    return {"enum": list(choices)}


def _rows(table: str, *rows: tuple[str, JsonObject, str, str]) -> Iterable[Setting]:
    for key, schema, option, meaning in rows:
        yield Setting((table, key) if table else (key,), schema, meaning, option)


SETTINGS: Final[tuple[Setting, ...]] = (
    *_rows(
        "",
        ("source", _TEXT, "", "The OpenAPI document, or saved tools: a URL or a path."),
        ("overlays", _TEXTS, "overlay", "OpenAPI Overlays to apply, in order."),
        ("address", _TEXT, "spec_address", "Where a document from a file is published."),
        ("source_headers", _TEXT_BY_NAME, "spec_header", "Headers for fetching the document."),
        ("allow_refs", _TEXTS, "allow_ref", "Other places that references may lead to."),
        (
            "limits",
            {"type": "object", "additionalProperties": _ABOVE_0},
            "limit",
            "What the document may cost: max-bytes, max-values, seconds, …",
        ),
        ("ca", _TEXT, "ca", "Certificate authorities (PEM) to trust beside the usual ones."),
        ("timeout", _ABOVE_0, "timeout", "How many seconds a fetch and a call may take."),
        ("server", _TEXT, "server", "The server to call: a URL, or the name or index of one."),
        ("server_variables", _TEXT_BY_NAME, "server_var", "Variables of the server's URL."),
        (
            "credentials",
            {"type": "object", "additionalProperties": {"anyOf": [_REFERENCE, _LOGIN_FIELDS]}},
            "auth",
            "Where the credential of a security scheme is, by the scheme's name.",
        ),
        ("account", _TEXT, "account", "Whose login is used, where there are several."),
        ("headers", _TEXT_BY_NAME, "header", "Headers for every call; a value may be a reference."),
        (
            "arguments",
            {"type": "object"},
            "set",
            'Values of arguments that no model is asked for, by NAME or "TOOL.NAME".',
        ),
        ("files", _TEXTS, "files", "Folders from which an argument may name a file to send."),
        ("cookies", _YES_OR_NO, "cookies", "Keep the cookies that the API sets."),
    ),
    *_rows(
        "tools",
        ("tags", _TEXTS, "tag", "Only operations with one of these tags."),
        ("operations", _TEXTS, "operation", "Only operations whose id or tool name fits a glob."),
        ("paths", _TEXTS, "path", "Only paths that fit a glob."),
        ("methods", _TEXTS, "method", "Only these HTTP methods."),
        ("read_only", _YES_OR_NO, "read_only", "Only operations that change nothing."),
        ("no_deprecated", _YES_OR_NO, "no_deprecated", "Leave deprecated operations out."),
        ("prefix", _TEXT, "prefix", "Put before every tool's name."),
        ("name_length", _whole(24, 64), "name_length", "At most so many characters a name."),
        ("open_body", _TEXTS, "open_body", "Tools that may send a body nobody declared: globs."),
        (
            "offer",
            _one_of("auto", "all", "search", "hosted"),
            "offer",
            "Whether a model gets all tools, or searches them.",
        ),
        ("budget", _whole(), "budget", "How many tokens all exported tools may cost."),
        ("max_tool_tokens", _whole(), "max_tool_tokens", "How many tokens one of them may cost."),
        ("max_description", _whole(), "max_description", "How many characters a description has."),
    ),
    *_rows(
        "policy",
        ("confirm", _one_of("none", "writes", "all"), "confirm", "Which calls need a yes."),
        ("reads", _TEXTS, "reads", "Tools that only read, whatever their method: globs."),
        ("unchecked", _TEXTS, "unchecked", "Tools whose arguments go out unchecked: globs."),
        ("snapshot", _YES_OR_NO, "snapshot", "Read what is there before a write goes out."),
        ("pages", _whole(), "pages", "How many pages a model may get with one call, joined."),
    ),
    *_rows(
        "results",
        (
            "choose_fields",
            _YES_OR_NO,
            "choose_fields",
            "Let the model choose the fields of answers that it reads.",
        ),
        (
            "max_tokens",
            _whole(),
            "max_result",
            "How many tokens of an answer a model reads.",
        ),
        (
            "fields",
            _TEXT_BY_NAME,
            "fields",
            'Which fields of answers are shown, by globs of tools\' names: "*" = "id,title".',
        ),
    ),
    *_rows(
        "model",
        ("name", _TEXT, "model", "The model that answers: its name, or local."),
        ("base_url", _TEXT, "base_url", "An OpenAI-compatible server, up to /v1."),
        ("api", _one_of("chat", "responses"), "api", "Which of OpenAI's APIs it speaks."),
        (
            "tool_calls",
            _one_of("native", "constrained"),
            "tool_calls",
            "How it is brought to call tools.",
        ),
        ("max_turns", _whole(), "max_turns", "How often it may be asked for one answer."),
        (
            "options",
            {"type": "object"},
            "model_option",
            "What goes into each request to it: temperature = 0.",
        ),
        ("max_tokens", _whole(), "max_tokens", "How many tokens a run may take."),
        ("max_seconds", _ABOVE_0, "max_seconds", "How long a run may take."),
        ("context", _TEXT, "context", "What the model is told besides."),
        ("price", _TEXT, "price", 'What a million tokens cost: "READ,WRITTEN[,CACHED]".'),
        ("max_cost", _ABOVE_0, "max_cost", "What a run may cost, by that price."),
    ),
)


def file_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the whole file."""
    api = _table("What is kept of one API.", required=["source"])
    for setting in SETTINGS:
        table = api
        for name in setting.path[:-1]:
            table = table["properties"].setdefault(name, _table(_TABLES[name]))
        described = {"description": setting.meaning, **setting.schema}
        table["properties"][setting.path[-1]] = described
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "openapi2tools.toml",
        "description": "APIs that the commands and the library of openapi2tools know by name.",
        "type": "object",
        "properties": {
            "apis": {
                "description": "The saved APIs, by name.",
                "type": "object",
                "patternProperties": {NAME_PATTERN: api},
                "additionalProperties": False,
            }
        },
        "additionalProperties": False,
    }


_TABLES: Final = {
    "tools": "Which operations become tools, and what they may cost.",
    "policy": "Which calls go out without a question.",
    "results": "What a model reads of an answer.",
    "model": "The model that uses the API.",
}


def _table(description: str, required: Iterable[str] = ()) -> dict[str, Any]:
    table = {"description": description, "type": "object", "properties": {}}
    if required:
        table["required"] = list(required)
    return {**table, "additionalProperties": False}
