"""What is wrong in a configuration file, one sentence a fault: line, key, and what to write."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from openapi2tools._core.slips import nearest
from openapi2tools._core.urls import is_url
from openapi2tools.config.settings import NAME_PATTERN, SETTINGS, file_schema
from openapi2tools.config.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema_rs import ValidationError, Validator

    from openapi2tools.config.toml_lines import KeyPath
    from openapi2tools.model import JsonObject

REFERENCE_FORMS: Final = "env:NAME, file:PATH, keyring:NAME or cmd:COMMAND"
_TYPES: Final = {
    "string": 'a text in quotes: "…"',
    "array": 'a list: ["…", "…"]',
    "object": "a table: { name = … }",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_BOUNDS: Final = {
    "minimum": "give a number from {} on.",
    "maximum": "give a number up to {}.",
    "exclusiveMinimum": "give a number above {}.",
}


def read_toml(text: str) -> tuple[JsonObject, list[str]]:
    """Return what a text says, and its faults; a text with faults says nothing."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [f"this is no TOML: {_lower(str(error))}."]
    faults = sorted(_faults(data), key=lambda fault: line_of(text, fault[0]) or 0)
    return data, [_sentence(text, path, message) for path, message in faults]


def _sentence(text: str, path: KeyPath, message: str) -> str:
    line = line_of(text, path)
    where = f"line {line}: " if line else ""
    return f"{where}{'.'.join(path) or 'the file'}: {message}"


def _faults(data: JsonObject) -> Iterator[tuple[KeyPath, str]]:
    for error in _validator().iter_errors(data):
        yield from _faults_of(error)
    apis = data.get("apis")
    for name, api in apis.items() if isinstance(apis, dict) else ():
        for path, text in _texts(api, ("apis", name)):
            if path[2] in _HEADER_TABLES and _is_open_secret(path[-1], text):
                yield path, _SECRET
            elif _holds_password(text):
                yield path, _URL_FAULT


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the texts in the tables of an API."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, str(number)))
    elif isinstance(value, str) and len(path) > 2:
        yield path, value


def _is_open_secret(header: str, value: str) -> bool:
    """Return whether a header holds a secret that is not given by a reference."""
    from openapi2tools.call.credentials.masking import is_secret_header  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.credentials.references import is_reference  # noqa: PLC0415 -- likewise

    return is_secret_header(header) and not is_reference(value)


def _holds_password(text: str) -> bool:
    """Return whether a text is a URL with a user and a password in it."""
    if not is_url(text):
        return False
    try:
        return urlsplit(text).password is not None
    except ValueError:
        return False


_HEADER_TABLES: Final = ("headers", "source_headers")
_URL_FAULT: Final = (
    "a password does not stand in this file: leave it out of the URL, and give it as a credential "
    "or as a header that says where it is."
)
_SECRET: Final = f"a secret does not stand in this file: say where it is, {REFERENCE_FORMS}."


@cache
def _validator() -> Validator:
    import jsonschema_rs  # noqa: PLC0415 -- only those who have such a file pay for it

    return jsonschema_rs.Draft202012Validator(file_schema())


def _faults_of(error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """Yield what an error of the schema means to whoever wrote the file."""
    path = tuple(map(str, error.instance_path))
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            for key in kind.unexpected:
                yield (*path, key), _unknown_key(path, key)
        case "anyOf":  # a credential: a reference, or the fields of a login
            branch = kind.context[isinstance(error.instance, dict)]
            for inner in branch:
                yield from _credential_faults(path, inner)
        case "required":
            yield path, f"{kind.property} is missing: {_meaning((kind.property,))}"
        case "type":
            wanted = " or ".join(_TYPES.get(name, name) for name in kind.types)
            yield path, f"give {wanted}."
        case "enum":
            yield (
                path,
                f"give one of {', '.join(kind.options)}.{_near(error.instance, kind.options)}",
            )
        case "pattern":
            yield path, _SECRET
        case "minLength":
            yield path, "it is empty."
        case name if name in _BOUNDS:
            yield path, _BOUNDS[name].format(kind.limit)
        case _:
            yield path, "it cannot have this value."


def _credential_faults(path: KeyPath, error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    within = path + tuple(map(str, error.instance_path))[len(path) :]
    kind: Any = error.kind
    if kind.name == "type" and within == path:
        yield path, f"give {REFERENCE_FORMS}, or a table of the fields of a login."
    else:
        yield within, _SECRET


def _unknown_key(path: KeyPath, key: str) -> str:
    if path == ("apis",):
        return (
            "this is no name for a saved API: write letters, digits, - and _, beginning with a "
            "letter or a digit."
        )
    known = _known_keys(path)
    near = _near(key, known) or f" Keys here: {', '.join(known)}."
    return f"there is no such key.{near}"


def _known_keys(path: KeyPath) -> list[str]:
    """Return the keys that a table may have."""
    table = file_schema()
    for name in path:
        if name in table.get("properties", {}):
            table = table["properties"][name]
        else:
            table = table.get("patternProperties", {}).get(NAME_PATTERN, {})
    return list(table.get("properties", {}))


def _near(given: object, known: list[str]) -> str:
    """Return a question after the nearest word; a key of another table is named with its table."""
    if not isinstance(given, str):
        return ""
    elsewhere = {setting.path[-1]: setting.key for setting in SETTINGS}
    near = nearest(given, known) or elsewhere.get(given)
    return f" Did you mean {near}?" if near else ""


def _meaning(path: KeyPath) -> str:
    return next(setting.meaning for setting in SETTINGS if setting.path == path)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
