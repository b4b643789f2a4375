"""The fields of a body are read at either level: as arguments of their own, and inside `body`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from openapi2tools.model import ABSENT, Constant
from openapi2tools.tools.arguments.check import (
    CheckedArguments,
    accept_unchecked,
    check_arguments,
)
from tests.support.apis import json_body, reference, tool_of

STRING = {"type": "string"}
PET = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": STRING, "tags": {"type": "array", "items": STRING}},
}
CLOSED = {**PET, "additionalProperties": False}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def flat(schema: Any = PET) -> Any:
    return tool_of({"parameters": [ID], **json_body(schema)}, {"Pet": PET}, path="/x/{id}")


def nested(schema: Any = PET) -> Any:
    operation = {"parameters": [ID], **json_body(schema, required=False)}
    return tool_of(operation, {"Pet": PET}, path="/x/{id}")


def sent(tool: Any, arguments: dict[str, Any]) -> Any:
    checked = check_arguments(tool, arguments)
    assert not checked.faults
    return tool.spread(checked.arguments).body


@pytest.mark.parametrize(
    "tool", [flat(), flat(CLOSED), nested(), nested(CLOSED), nested(reference("Pet"))]
)
@pytest.mark.parametrize(
    "arguments",
    [
        {"id": 1, "name": "Rex", "tags": ["a"]},
        {"id": 1, "body": {"name": "Rex", "tags": ["a"]}},
        {"id": 1, "body": json.dumps({"name": "Rex", "tags": ["a"]})},
        {"id": 1, "body": {"name": "Rex"}, "tags": ["a"]},
        {"id": "1", "body": {"name": "Rex", "tags": "a"}},
    ],
)
def test_a_body_is_read_at_either_level(tool: Any, arguments: dict[str, Any]) -> None:
    checked = check_arguments(tool, arguments)
    assert not checked.faults
    spread = tool.spread(checked.arguments)
    assert (spread.path, spread.body) == ({"id": 1}, {"name": "Rex", "tags": ["a"]})


def test_what_stood_at_the_other_level_is_noted() -> None:
    notes = check_arguments(flat(), {"id": 1, "body": {"name": "Rex"}}).notes
    assert notes == ("body: there is no such argument; its fields are arguments of their own.",)
    assert check_arguments(nested(), {"id": 1, "name": "Rex"}).notes == (
        "name: taken as a field of body.",
    )


def test_a_field_that_is_called_body_is_that_field() -> None:
    schema = {"type": "object", "properties": {"body": {"type": "object"}, "title": STRING}}
    assert sent(flat(schema), {"id": 1, "body": {"title": "x"}}) == {"body": {"title": "x"}}


def test_a_field_that_shares_its_name_with_a_path_parameter_keeps_its_place() -> None:
    schema = {"type": "object", "properties": {"id": STRING, "name": STRING}}
    arguments = {"id": 1, "body": {"id": "a", "name": "Rex"}}
    checked = check_arguments(flat(schema), arguments)
    spread = flat(schema).spread(checked.arguments)
    assert (spread.path, spread.body) == ({"id": 1}, {"id": "a", "name": "Rex"})


def test_of_two_values_for_one_field_none_is_lost_silently() -> None:
    both = check_arguments(flat(), {"id": 1, "name": "Rex", "body": {"name": "Max"}})
    assert "body: there is no such argument" in both.faults[0]
    # `id` is the path's: the body has no such field to put the other value in
    assert check_arguments(flat(), {"id": 1, "body": {"name": "Rex", "id": 2}}).faults


@pytest.mark.parametrize("tool", [flat(), nested()])
@pytest.mark.parametrize("inside", [True, False])
def test_an_open_body_takes_undeclared_fields_at_either_level(tool: Any, inside: bool) -> None:
    fields = {"name": "Rex", "colour": "red", "weight": {"kg": 3}}
    arguments = {"body": fields} if inside else fields
    checked = check_arguments(tool, {"id": 1, **arguments})
    assert (sent(tool, {"id": 1, **arguments}), checked.faults) == (fields, ())
    assert checked.notes or arguments.keys() <= tool.schema["properties"].keys()


@pytest.mark.parametrize("tool", [flat(CLOSED), nested(CLOSED)])
@pytest.mark.parametrize("inside", [True, False])
def test_a_closed_body_refuses_undeclared_fields_at_either_level(tool: Any, inside: bool) -> None:
    fields = {"name": "Rex", "colour": "red"}
    assert check_arguments(tool, {"id": 1, **({"body": fields} if inside else fields)}).faults


@pytest.mark.parametrize("tool", [flat(), nested()])
def test_a_slip_is_told_also_where_the_body_is_open(tool: Any) -> None:
    is_flat = "tags" in tool.schema["properties"]
    slip, meant = ("tagz", "tags") if is_flat else ("bodi", "body")
    assert check_arguments(tool, {"id": 1, slip: ["a"]}).faults[0] == (
        f"{slip}: there is no such argument. Did you mean {meant}?"
    )


@pytest.mark.parametrize("make", [flat, nested])
@pytest.mark.parametrize(
    "arguments", [{"admin": True, "name": "Rex"}, {"body": {"admin": True, "name": "Rex"}}]
)
def test_a_field_that_a_hint_excludes_cannot_be_given_as_an_undeclared_one(
    make: Any, arguments: dict[str, Any]
) -> None:
    admin = {"type": "boolean", "x-openapi2tools": {"exclude": True}}
    tool = make({"type": "object", "properties": {"name": STRING, "admin": admin}})
    assert check_arguments(tool, {"id": 1, **arguments}).faults
    assert sent(tool, {"id": 1, "name": "Rex", "colour": "red"}) == {"name": "Rex", "colour": "red"}
    # not even where nothing is checked
    unchecked = accept_unchecked(tool, {"id": 1, **arguments})
    if not unchecked.faults:
        assert tool.spread(unchecked.arguments, undeclared=True).body == {"name": "Rex"}


def test_a_fixed_field_keeps_its_value_at_either_level() -> None:
    tool = replace(flat(), constants=(Constant("body", "/owner", "me"),))
    for arguments in ({"name": "Rex", "owner": "x"}, {"body": {"name": "Rex", "owner": "x"}}):
        assert sent(tool, {"id": 1, **arguments}) == {"name": "Rex", "owner": "me"}
        notes = check_arguments(tool, {"id": 1, **arguments}).notes
        assert notes[-1] == "owner: its value is fixed; this one is not sent."


def test_undeclared_fields_find_their_way_back() -> None:
    body = {"name": "Rex", "colour": "red"}
    arguments = flat().arguments_from(path={"id": 1}, body=body)
    assert arguments == {"id": 1, "name": "Rex", "colour": "red"}
    assert flat().spread(arguments).body == body


def test_a_tool_without_a_body_has_no_levels() -> None:
    tool = tool_of({"parameters": [ID]}, path="/x/{id}")
    checked: CheckedArguments = check_arguments(tool, {"id": 1, "body": {"name": "Rex"}})
    assert checked.faults == ("body: there is no such argument.",)
    assert tool.spread({"id": 1}).body is ABSENT


def test_required_arguments_are_listed_first() -> None:
    tool = flat(CLOSED)
    assert check_arguments(tool, {"id": 1, "zzz": 1}).faults[0] == (
        "zzz: there is no such argument. There are name (required), tags."
    )
