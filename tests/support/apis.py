"""Pieces of a document in; the Api or the tools of the smallest document that holds them, out."""

from __future__ import annotations

from typing import Any

from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.schema.convert import Schemas

VERSIONS = {
    "3.0": {"openapi": "3.0.4"},
    "3.1": {"openapi": "3.1.1"},
    "3.2": {"openapi": "3.2.0"},
    "2.0": {"swagger": "2.0"},
}


def document(
    paths: dict[str, Any] | None = None,
    schemas: dict[str, Any] | None = None,
    dialect: str = "3.1",
    **more: Any,
) -> dict[str, Any]:
    """Give a document with these paths and named schemas."""
    named = (
        {"definitions": schemas or {}}
        if dialect == "2.0"
        else {"components": {"schemas": schemas or {}}}
    )
    return {
        **VERSIONS[dialect],
        "info": {"title": "T", "version": "1"},
        "paths": paths or {},
        **named,
        **more,
    }


def tools_of(
    paths: dict[str, Any], schemas: dict[str, Any] | None = None, dialect: str = "3.1", **more: Any
) -> Any:
    """Give the tools of a document with these paths."""
    return build_tools(load(document(paths, schemas, dialect, **more)))


def tool_of(
    operation: dict[str, Any],
    schemas: dict[str, Any] | None = None,
    dialect: str = "3.1",
    path: str = "/x",
    **more: Any,
) -> Any:
    """Give the tool of one POST operation."""
    (tool,) = tools_of(
        {path: {"post": {"responses": {}, **operation}}}, schemas, dialect, **more
    ).values()
    return tool


def json_body(
    schema: Any, *, required: bool = True, media_type: str = "application/json"
) -> dict[str, Any]:
    """Give the request body of an operation."""
    return {"requestBody": {"required": required, "content": {media_type: {"schema": schema}}}}


def translated(
    raw: Any, schemas: dict[str, Any] | None = None, dialect: str = "3.1", **options: Any
) -> Any:
    """Translate one schema, with its `$defs`."""
    translator = Schemas(load(document({}, schemas, dialect)), **options)
    schema, uses = translator.convert(raw)
    defs = translator.defs(uses)
    return {**schema, "$defs": defs} if defs else schema


def reference(name: str, dialect: str = "3.1") -> dict[str, str]:
    """Refer to a named schema."""
    return {"$ref": f"#/{'definitions' if dialect == '2.0' else 'components/schemas'}/{name}"}
