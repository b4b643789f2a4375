"""The fields that the operator, the document or one call asks for, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from openapi2tools._core.reader import for_reader
from openapi2tools.call.fields.expression import UnusableExpression
from openapi2tools.call.fields.select import Selection
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from openapi2tools.call.fields.select import Fields
    from openapi2tools.model import Tool, Toolset


def checked_selection(fields: Fields, option: str = "") -> Selection:
    """Return the selection that fields are; raises InvalidOption for what cannot be read."""
    option = option or for_reader(f"fields={fields!r}", f"--fields {fields!r}")
    is_list = isinstance(fields, list | tuple) and all(isinstance(each, str) for each in fields)
    if not isinstance(fields, str) and not is_list:
        raise InvalidOption(f"{option}: give a list of dotted names, or a JMESPath expression.")
    try:
        return Selection(fields)
    except UnusableExpression as error:
        raise InvalidOption(
            f"{option}: {error} Give dotted names (id,author.name), or a JMESPath expression "
            "(items[].{id: id, name: author.name})."
        ) from None


def checked_fields(
    tools: Toolset, fields: Mapping[str, Fields] | Fields | None
) -> dict[str, Selection]:
    """Return the selections by the globs of tools' names.

    Raises:
        InvalidOption: One of them cannot be read, or no tool has a name that fits.
    """
    if fields is None:
        return {}
    if not isinstance(fields, Mapping):
        return {"*": checked_selection(fields)}
    for glob in fields if tools else ():
        if not any(tool.is_called(glob) for tool in tools.values()):
            option = for_reader(f"fields={{{glob!r}: …}}", f"--fields {glob}=…")
            raise InvalidOption(f"{option}: no tool here has a name or operationId that fits.")
    return {
        glob: checked_selection(
            given, for_reader(f"fields={{{glob!r}: {given!r}}}", f"--fields {glob}={given}")
        )
        for glob, given in fields.items()
    }


def selection_for(tool: Tool, by_glob: Mapping[str, Selection]) -> tuple[Selection | None, str]:
    """Return what is chosen of a tool's answers, and a note where a hint cannot be read.

    The word of the operator counts, the first glob that fits, and then that of the document.
    """
    for glob, selection in by_glob.items():
        if tool.is_called(glob):
            return selection, ""
    hint = tool.operation.hints.get("fields")
    if hint is None:
        return None, ""
    return _hinted(tuple(hint) if isinstance(hint, list) else str(hint))


@lru_cache(maxsize=256)
def _hinted(hint: str | tuple[str, ...]) -> tuple[Selection | None, str]:
    try:
        return Selection(hint), ""
    except UnusableExpression as error:
        return None, f"The document's hint `fields` cannot be used: {error}"
