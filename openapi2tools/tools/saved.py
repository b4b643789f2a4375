"""Save tools to a file, and load them without the document that they were made of.

A file is one JSON object: the version of its format, the schemas that tools share, the part of each
API that the tools reach, and the tools.
"""

from __future__ import annotations

import os
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core.files.atomic_write import write_atomically
from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.json import exact_json
from openapi2tools._core.json.typed_json import NotOfThisType, annotations_of, from_json, to_json
from openapi2tools.errors import (
    FetchError,
    InvalidOption,
    OpenAPI2ToolsError,
    ParseError,
    UnsupportedVersion,
)
from openapi2tools.model import ABSENT, Api, Tool, Toolset
from openapi2tools.tools.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Operation

FORMAT_VERSION: Final = 1
_HEAD: Final = re.compile(rb'\s*\{\s*"openapi2tools"\s*:\s*"tools"')
_HEAD_BYTES: Final = 200
_READABLE_BY_ALL: Final = 0o644
# The fields of a tool that are written in another way than the others.
_REFERRED_TO: Final = frozenset({"api", "operation", "schema", "fixed_arguments"})
# what reading a file raises whose parts are not what they have to be
_DAMAGE: Final = (NotOfThisType, KeyError, TypeError, ValueError, IndexError, AttributeError)


@gc_paused()
def save(tools: Mapping[str, Tool], path: str | Path) -> None:
    """Write tools to a file that `load_tools` reads, replacing it in one step.

    Of the document the file holds what these tools reach, so that a selection is small. The values
    of fixed arguments are written, too: a secret belongs into the credentials of `connect`.

    Args:
        tools: What `build_tools` returned, or what you made of it.
        path: The file.

    Raises:
        InvalidOption: The file cannot be written.

    Example:
        tools = build_tools(load("https://example.com/openapi.json"))
        save(tools.only("pets_*").fixed("pets_list", {"limit": 5}), "pets.tools.json")
    """
    data = tools_to_bytes(tools)
    try:
        write_atomically(Path(path), data, permissions=_READABLE_BY_ALL)
    except (OSError, ValueError) as error:  # ValueError: no path has a null byte
        raise InvalidOption(f"The tools cannot be saved to {path}: {_reason(error)}.") from None


@gc_paused()
def load_tools(path: str | Path) -> Toolset:
    """Read the tools that `save` wrote.

    They are called, exported and chosen from as before. Their APIs know only what these tools
    reach: `build_tools(load(address))` makes tools of the rest, or of a newer document.

    Args:
        path: The file.

    Raises:
        FetchError: The file cannot be read.
        ParseError: It holds no saved tools; the message says where.
        UnsupportedVersion: A newer version of openapi2tools wrote it.

    Example:
        with connect(load_tools("pets.tools.json")) as client:
            print(client.call("pets_list").text)
    """
    address = str(path)
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise FetchError(f"cannot read it: {_reason(error)}.", address=address) from None
    return tools_from_bytes(data, address)


@gc_paused()
def tools_to_bytes(tools: Mapping[str, Tool]) -> bytes:
    """Return what `save` writes."""
    text = exact_json.dumps(_Writer(tools).document(), separators=(",", ":"))
    return text.encode() + b"\n"


@gc_paused()
def tools_from_bytes(data: bytes, address: str) -> Toolset:
    """Return the tools that `tools_to_bytes` wrote; `address` says in errors where they were."""
    try:
        document = exact_json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = f"this is no JSON ({error}), and so no file of saved tools."
        raise ParseError(reason, address=address) from None
    _check_version(document, address)
    try:
        return _read(document)
    except _DAMAGE as error:
        raise ParseError(
            f"these saved tools are damaged: {_fault(error)}. Save them again.", address=address
        ) from None


def holds_saved_tools(path: str) -> bool:
    """Return whether an address is that of a file which `save` wrote."""
    try:
        # what comes through a pipe can be read only once
        if not os.path.isfile(path):  # noqa: PTH113 -- a URL is no path
            return False
        with open(path, "rb") as file:  # noqa: PTH123 -- likewise
            return _HEAD.match(file.read(_HEAD_BYTES)) is not None
    except (OSError, ValueError):
        return False


# --- writing -------------------------------------------------------------------------------------


class _Writer:
    """Writes each API, operation and shared schema once, and numbers where they are used."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = list(tools.values())
        self._definitions: list[Json] = []
        self._definition_numbers: dict[int, int] = {}  # by identity, which lasts as the tools do
        # by the identity of their API, and their own
        self._operations: dict[int, dict[int, Operation]] = {}
        self._apis: dict[int, Api] = {}

    def document(self) -> JsonObject:
        tools = [self._write_tool(tool) for tool in self._tools]
        return {
            "openapi2tools": "tools",
            "version": FORMAT_VERSION,
            "apis": [self._write_api(api) for api in self._apis.values()],
            "definitions": self._definitions,
            "tools": tools,
        }

    def _write_api(self, api: Api) -> JsonObject:
        operations = list(self._operations[id(api)].values())
        used_tags = {tag for operation in operations for tag in operation.tags}
        written: JsonObject = to_json(
            replace(
                api,
                operations=tuple(operations),
                document=excerpt(api.document, operations),
                tags={name: text for name, text in api.tags.items() if name in used_tags},
                problems=(),
            )
        )
        return written

    def _write_tool(self, tool: Tool) -> JsonObject:
        self._apis.setdefault(id(tool.api), tool.api)
        schema = dict(tool.schema)
        definitions = schema.pop("$defs", None)
        written = {
            each.name: to_json(getattr(tool, each.name))
            for each in fields(tool)
            if each.name not in _REFERRED_TO
        }
        written["api"] = list(self._apis).index(id(tool.api))
        written["operation"] = self._operation_number(tool)
        written["schema"] = schema
        if definitions is not None:
            written["definitions"] = {
                name: self._definition_number(definition)
                for name, definition in definitions.items()
            }
        written["fixed_arguments"] = {
            name: {} if value is ABSENT else {"value": value}
            for name, value in tool.fixed_arguments.items()
        }
        return written

    def _operation_number(self, tool: Tool) -> int:
        operations = self._operations.setdefault(id(tool.api), {})
        operations.setdefault(id(tool.operation), tool.operation)
        return list(operations).index(id(tool.operation))

    def _definition_number(self, definition: Json) -> int:
        number = self._definition_numbers.setdefault(id(definition), len(self._definitions))
        if number == len(self._definitions):
            self._definitions.append(definition)
        return number


# --- reading -------------------------------------------------------------------------------------


def _check_version(document: Json, address: str) -> None:
    if not isinstance(document, dict) or document.get("openapi2tools") != "tools":
        is_description = isinstance(document, dict) and (
            "openapi" in document or "swagger" in document
        )
        advice = "Read an API description with build_tools(load(…))." if is_description else ""
        raise ParseError(f"this is no file of saved tools. {advice}".strip(), address=address)
    version = document.get("version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise UnsupportedVersion(
            f"these tools were saved in version {version!r} of the format, and this is "
            f"{FORMAT_VERSION}: save them again, or use the version of openapi2tools that "
            "saved them.",
            address=address,
        )


def _read(document: JsonObject) -> Toolset:
    apis: list[Api] = [
        from_json(Api, api, f"/apis/{number}") for number, api in enumerate(document["apis"])
    ]
    tools = [
        _read_tool(tool, f"/tools/{number}", apis, document["definitions"])
        for number, tool in enumerate(document["tools"])
    ]
    try:
        return Toolset(tools, (problem for tool in tools for problem in tool.problems))
    except OpenAPI2ToolsError as error:  # two of one name
        raise ValueError(str(error)) from None


def _read_tool(
    written: JsonObject, location: str, apis: list[Api], definitions: list[Json]
) -> Tool:
    hints = annotations_of(Tool)
    api = apis[written["api"]]
    schema = {**written["schema"]}
    if "definitions" in written:
        schema["$defs"] = {
            name: definitions[number] for name, number in written["definitions"].items()
        }
    members: dict[str, Any] = {
        name: from_json(hints[name], value, f"{location}/{name}")
        for name, value in written.items()
        if name not in _REFERRED_TO and name != "definitions"
    }
    fixed = {name: value.get("value", ABSENT) for name, value in written["fixed_arguments"].items()}
    return Tool(
        **members,
        api=api,
        operation=api.operations[written["operation"]],
        schema=schema,
        fixed_arguments=fixed,
    )


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _fault(error: Exception) -> str:
    """Return what is wrong with a file, in the words of the error that reading it gave."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)
