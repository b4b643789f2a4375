"""Find the resource that a name is about: `pet` for the argument `pet_id` and the path `/pets`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openapi2tools.model import Binding, Tool

_IDENTIFIER_NAME: Final = re.compile(
    r"""
    ^(?P<resource>.*?) [_-]?
    (?:
        (?<![a-zA-Z]) (?:id|uuid|guid) s?     # pet_id, pet-uuid, id; no `paid`
        | I[dD]s?                             # petId, PetIDs
    )$
    """,
    re.VERBOSE,
)


def resource_name(name: str) -> str:
    """Return a resource's name in one spelling: `Pets`, `pet` and `pet_` are one."""
    word = re.sub(r"[^a-z0-9]", "", name.lower())
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def identified_resource(name: str) -> str | None:
    """Return the resource that a name identifies, None when it is no identifier's name.

    It is `pet` for `pet_id`, `petId` and `pet-uuid`, the empty string for a bare `id`, and None for
    `paid`.
    """
    match = _IDENTIFIER_NAME.match(name)
    return resource_name(match["resource"]) if match else None


def resource_of_tool(tool: Tool) -> str:
    """Return the resource that a tool's path ends in: `pet` for `/pets/{id}`."""
    names = [part for part in tool.operation.path.split("/") if part and "{" not in part]
    return resource_name(names[-1]) if names else ""


def resource_of_bare_id(tool: Tool, binding: Binding) -> str:
    """Return the resource that an argument `id` identifies: the one before it in the path."""
    if binding.location != "path":
        return resource_of_tool(tool)
    before = tool.operation.path.partition(f"{{{binding.name}}}")[0]
    return resource_name(before.rstrip("/").rpartition("/")[2])
