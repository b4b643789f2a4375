"""A tool made by hand: what a test says of it in, the rest as small as can be."""

from __future__ import annotations

from typing import Any

from openapi2tools.model import Api, Binding, Effect, Operation, Tool

PET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "note": {"type": ["string", "null"], "description": "A note."},
        "filter[x]": {"type": "string"},
    },
    "required": ["id"],
}


def make_tool(name: str = "getPet", schema: dict[str, Any] | None = None, **changes: Any) -> Tool:
    """Make a tool; `changes` are fields of `Tool`, or of its operation."""
    fields = {
        key: changes.pop(key)
        for key in ("method", "path", "summary", "tags", "responses", "security", "hints")
        if key in changes
    }
    operation = Operation(**{"method": "GET", "path": "/pets/{id}", "id": name, **fields})
    api = changes.pop("api", Api(title="Pets", dialect="3.1", operations=(operation,), document={}))
    values: dict[str, Any] = {
        "name": name,
        "description": "Get a pet.",
        "schema": PET if schema is None else schema,
        "bindings": (Binding(("id",), "path", "id"),),
        "effect": Effect.READ,
        "operation": operation,
        "api": api,
    }
    return Tool(**{**values, **changes})
