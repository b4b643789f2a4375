"""What changed between two documents, for a model that knew the first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openapi2tools import build_tools, diff, load
from tests.support.apis import document, json_body, tools_of

SPECS = Path(__file__).parents[3] / "specs" / "real"
BASE = {"operationId": "go", "summary": "Go.", "responses": {}}


def changes(old: Any, new: Any, **more: Any) -> list[tuple[str, str, str, bool]]:
    """Give the changes between two bodies of one POST operation."""
    before, now = (
        tools_of({"/x": {"post": {**BASE, **json_body(schema)}}}, **more) for schema in (old, new)
    )
    return [
        (each.kind, each.argument, each.message, each.is_breaking) for each in diff(before, now)
    ]


def body(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT = {"type": "string"}
KINDS = [
    (body({"a": TEXT}), body({"a": TEXT, "b": TEXT}), "argument-added", "b", "is new"),
    (
        body({"a": TEXT}),
        body({"a": TEXT, "b": TEXT}, "b"),
        "argument-required",
        "b",
        "is new and must be given",
    ),
    (body({"a": TEXT}), body({}), "argument-removed", "a", "is gone"),
    (body({"a": TEXT}), body({"a": TEXT}, "a"), "argument-required", "a", "must be given now"),
    (body({"a": TEXT}, "a"), body({"a": TEXT}), "argument-widened", "a", "may be left out now"),
    (
        body({"a": {"enum": ["x", "y"]}}),
        body({"a": {"enum": ["y", "z"]}}),
        "argument-narrowed",
        "a",
        "no longer takes 'x'",
    ),
    (
        body({"a": TEXT}),
        body({"a": {**TEXT, "enum": ["x"]}}),
        "argument-narrowed",
        "a",
        "takes only 'x'",
    ),
    (
        body({"a": {**TEXT, "enum": ["x"]}}),
        body({"a": TEXT}),
        "argument-widened",
        "a",
        "takes other values than those listed, too",
    ),
    (
        body({"a": {"type": "number"}}),
        body({"a": {"type": "integer"}}),
        "argument-narrowed",
        "a",
        "takes whole numbers only",
    ),
    (
        body({"a": {"type": ["string", "null"]}}),
        body({"a": TEXT}),
        "argument-narrowed",
        "a",
        "no longer takes null, but string",
    ),
    (
        body({"a": {**TEXT, "maxLength": 9}}),
        body({"a": {**TEXT, "maxLength": 5}}),
        "argument-narrowed",
        "a",
        "has the maxLength 5 (it was 9)",
    ),
    (
        body({"a": {"type": "integer", "minimum": 1}}),
        body({"a": {"type": "integer", "minimum": 0}}),
        "argument-widened",
        "a",
        "has the minimum 0 (it was 1)",
    ),
    (
        body({"a": TEXT}),
        body({"a": {**TEXT, "pattern": "^x"}}),
        "argument-narrowed",
        "a",
        "has another pattern: '^x'",
    ),
    (
        body({"a": {"type": "array", "items": body({"b": TEXT})}}),
        body({"a": {"type": "array", "items": body({"b": TEXT}, "b")}}),
        "argument-required",
        "a[].b",
        "must be given now",
    ),
    (
        body({"a": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}}),
        body({"a": TEXT}),
        "argument-narrowed",
        "a",
        "",
    ),
    (
        body({"a": {**TEXT, "description": "One."}}),
        body({"a": {**TEXT, "description": "Two."}}),
        "description-changed",
        "a",
        "is described in other words",
    ),
]


@pytest.mark.parametrize(("old", "new", "kind", "argument", "message"), KINDS)
def test_a_change_of_an_argument_is_told(
    old: Any, new: Any, kind: str, argument: str, message: str
) -> None:
    breaks = kind in {"argument-required", "argument-removed", "argument-narrowed"}
    found = changes(old, new)
    assert (kind, argument, breaks) in [(each[0], each[1], each[3]) for each in found]
    assert any(message in each[2] for each in found)
    assert changes(old, old) == changes(new, new) == []


def test_a_definition_that_changed_below_a_reference_is_told_once() -> None:
    def of(definition: Any) -> Any:
        reference = {"$ref": "#/components/schemas/Node"}
        schemas = {"Node": body({"next": reference, "size": definition})}
        return tools_of(
            {"/x": {"post": {**BASE, **json_body(body({"a": reference, "b": reference}))}}}, schemas
        )

    found = diff(of({"type": "integer"}), of({"type": "integer", "maximum": 5}))
    assert [(each.kind, each.argument) for each in found] == [("argument-narrowed", "a.size")]


def tools(**operations: Any) -> Any:
    paths: dict[str, Any] = {}
    for where, operation in operations.items():
        method, _, path = where.partition("_")
        paths.setdefault(f"/{path}", {})[method] = {"responses": {}, **operation}
    return build_tools(load(document(paths)))


def test_tools_come_go_and_get_other_names() -> None:
    old = tools(
        get_a={"operationId": "list_a"}, get_b={"operationId": "list_b"}, get_c={"operationId": "c"}
    )
    new = tools(
        get_a={"operationId": "all_a"}, get_d={"operationId": "list_d"}, get_e={"operationId": "c"}
    )
    found = {(each.kind, each.tool, each.is_breaking): each.message for each in diff(old, new)}
    assert found["tool-renamed", "list_a", True] == "is called all_a now"
    assert found["tool-removed", "list_b", True] == "is gone (GET /b)"
    assert found["tool-added", "list_d", False] == "is new (GET /d)"
    assert not [key for key in found if key[1] == "c" and key[0].startswith("tool-")]


def test_a_graver_effect_breaks_and_a_lesser_one_does_not() -> None:
    read = tools(get_a={"operationId": "a"})
    write = tools(post_a={"operationId": "a"})
    (graver,) = (each for each in diff(read, write) if each.kind == "effect-changed")
    (lesser,) = (each for each in diff(write, read) if each.kind == "effect-changed")
    assert (graver.is_breaking, lesser.is_breaking) == (True, False)
    assert graver.message == "changes something now (it was: only reads)"


@pytest.mark.parametrize(
    "name", ["petstore-3.0.json", "docker-engine-2.0.yaml", "spotify-3.0.yaml"]
)
def test_a_real_document_does_not_differ_from_itself(name: str) -> None:
    assert diff(build_tools(load(SPECS / name)), build_tools(load(SPECS / name))) == ()


def test_two_versions_of_a_real_document_are_compared() -> None:
    old, new = (build_tools(load(SPECS / f"petstore-{each}.json")) for each in ("2.0", "3.0"))
    found = {(each.kind, each.tool, each.argument) for each in diff(old, new)}
    assert {
        ("tool-removed", "createUsersWithArrayInput", ""),
        ("argument-removed", "uploadFile", "file"),
        ("argument-narrowed", "findPetsByStatus", "status"),
        ("argument-widened", "getOrderById", "orderId"),
    } <= found
    assert ("argument-widened", "findPetsByStatus", "status[]") not in found
