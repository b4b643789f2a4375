"""Each document in specs/odd has one oddity, and is read as the file beside it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools._core import pointer
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from openapi2tools.model import Api, Operation, Parameter, SecurityScheme

ODD = Path(__file__).parents[2] / "specs" / "odd"
DOCUMENTS = sorted(path for path in ODD.iterdir() if not path.name.endswith(".expected.json"))
TWINS = sorted(
    path.name.removesuffix("-3.0.yaml")
    for path in DOCUMENTS
    if path.name.endswith("-3.0.yaml") and path.name.startswith("twin-")
)


def parts(operation: Operation) -> list[str]:
    """Write what an operation takes.

    `query limit!` is required, `query filter (application/json)` has content.
    """
    body = operation.request_body
    return [_part(parameter) for parameter in operation.parameters] + [
        f"body {media_type.name}{'!' if body.required else ''}"
        for media_type in (body.content if body else ())
    ]


def _part(parameter: Parameter) -> str:
    content = f" ({parameter.media_type})" if parameter.media_type else ""
    return f"{parameter.location} {parameter.name}{'!' if parameter.required else ''}{content}"


def scheme(value: SecurityScheme) -> str:
    return " ".join(filter(None, (value.type, value.scheme, *(flow.type for flow in value.flows))))


def seen(api: Api) -> dict[str, Any]:
    """Give everything that an expectation may speak of."""
    by_key = {operation.key: operation for operation in api.operations}
    parameters = {
        f"{key} {p.name}": p for key, operation in by_key.items() for p in operation.parameters
    }
    return {
        "operations": {key: parts(operation) for key, operation in by_key.items()},
        "problems": sorted({problem.kind for problem in api.problems}),
        "ids": {key: operation.id for key, operation in by_key.items()},
        "servers": {
            key: [server.url for server in operation.servers] for key, operation in by_key.items()
        },
        "security": {
            key: [{k: list(v) for k, v in need.items()} for need in op.security]
            for key, op in by_key.items()
        },
        "schemes": {key: scheme(value) for key, value in api.schemes.items()},
        "schemas": {key: parameter.schema for key, parameter in parameters.items()},
        "descriptions": {key: parameter.description for key, parameter in parameters.items()},
        "styles": {p.name: [p.style, p.explode] for p in parameters.values()},
        "lines": {problem.kind: [problem.line, problem.column] for problem in api.problems},
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_an_odd_document_is_read_as_expected(path: Path) -> None:
    expected = json.loads(_beside(path).read_text())
    api = load(path)
    found = seen(api)
    for pointer_, value in expected.pop("values", {}).items():
        assert pointer.lookup(api.document, pointer_) == value
    assert expected.pop("operations") == found["operations"]
    assert expected.pop("problems") == found["problems"], api.problems
    for what, entries in expected.items():
        assert {key: found[what][key] for key in entries} == entries


def _beside(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(path.suffix) + ".expected.json")


@pytest.mark.parametrize("name", TWINS)
def test_twins_of_two_dialects_give_the_same_tools(name: str) -> None:
    old, new = (build_tools(load(ODD / f"{name}-{version}.yaml")) for version in ("3.0", "3.1"))
    assert [(tool.name, tool.description, tool.schema, tool.bindings) for tool in old.values()] == [
        (tool.name, tool.description, tool.schema, tool.bindings) for tool in new.values()
    ]


def test_there_are_at_least_sixty() -> None:
    assert len(DOCUMENTS) >= 60
