"""Which operations give the ids that others need."""

from __future__ import annotations

from typing import Any

from openapi2tools import build_tools, load
from openapi2tools.tools.id_flow import IdFlow, id_flows


def flows(*operations: str, **bodies: Any) -> dict[str, IdFlow]:
    """Return the flows of an API with these operations, `GET /pets/{pet_id}`, by their names."""
    paths: dict[str, Any] = {}
    for key in operations:
        method, _, path = key.partition(" ")
        variables = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        operation: dict[str, Any] = {
            "operationId": key,
            "responses": {},
            "parameters": [
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", **({"enum": ["a"]} if name == "kind" else {})},
                }
                for name in variables
            ],
        }
        if key in bodies:
            schema = {
                "type": "object",
                "properties": {name: {"type": "integer"} for name in bodies[key]},
                "required": bodies[key],
            }
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        paths.setdefault(path, {})[method.lower()] = operation
    tools = build_tools(
        load({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths})
    )
    by_tool = {tool.name: tool.operation.key for tool in tools.values()}
    return {
        flow.name: IdFlow(
            flow.name,
            tuple(by_tool[name] for name in flow.givers),
            tuple(by_tool[name] for name in flow.takers),
        )
        for flow in id_flows(tools.values())
    }


def test_a_collection_gives_the_ids_of_its_items() -> None:
    found = flows("GET /pets", "POST /pets", "GET /pets/{pet_id}", "GET /pets/{pet_id}/toys")
    takers = ("GET /pets/{pet_id}", "GET /pets/{pet_id}/toys")
    assert found == {"pet_id": IdFlow("pet_id", ("GET /pets", "POST /pets"), takers)}


def test_an_id_in_a_body_is_of_the_resource_that_its_name_says() -> None:
    body = {"POST /orders": ["petId", "count"]}
    found = flows("GET /pets", "GET /pets/{id}", "POST /orders", **body)
    assert found["id"].takers == ("GET /pets/{id}", "POST /orders")
    assert found["id"].givers == ("GET /pets",)


def test_nested_items_have_ids_of_their_own() -> None:
    found = flows(
        "GET /orgs", "GET /orgs/{org}", "GET /orgs/{org}/teams", "GET /orgs/{org}/teams/{team}"
    )
    assert found["team"].givers == ("GET /orgs/{org}/teams",)
    assert found["org"].givers == ("GET /orgs",)
    assert len(found["org"].takers) == 3


def test_a_list_elsewhere_gives_the_ids_of_such_things() -> None:
    found = flows("GET /user/repos", "GET /repos/{owner}/{repo}")
    assert found["repo"].givers == ("GET /user/repos",)
    assert found["owner"].givers == ()  # nothing does: it must be known


def test_what_the_document_lists_is_no_id() -> None:
    assert "kind" not in flows("GET /things/{kind}", "GET /things")


def test_those_that_most_tools_need_come_first() -> None:
    found = flows("GET /a/{a_id}", "GET /b/{b_id}", "GET /b/{b_id}/x", "GET /b/{b_id}/y")
    assert list(found) == ["b_id", "a_id"]
