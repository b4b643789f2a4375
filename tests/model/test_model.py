"""The nouns keep their promises."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import replace

import pytest

from openapi2tools._core.naming import shorten_with_hash
from openapi2tools.errors import BuildError, UnknownTool
from openapi2tools.model import (
    ABSENT,
    Api,
    Binding,
    Constant,
    Effect,
    Operation,
    Problem,
    Tool,
    Toolset,
)


def tool(name: str = "t", **changes: object) -> Tool:
    operation = Operation(method="GET", path="/pets/{id}", id=name, tags=("pets",))
    api = Api(title="Pets", dialect="3.1", operations=(operation,), document={})
    bindings = (
        Binding(("id",), "path", "id"),
        Binding(("limit",), "query", "limit"),
        Binding(("name",), "body", "/name"),
        Binding(("owner", "city"), "body", "/owner/address/city"),
    )
    values: dict[str, object] = {
        "name": name,
        "description": "",
        "schema": {"type": "object"},
        "bindings": bindings,
        "effect": Effect.READ,
        "operation": operation,
        "api": api,
    }
    return Tool(**{**values, **changes})  # type: ignore[arg-type]


def test_spread_gives_each_argument_its_place() -> None:
    spread = tool().spread({"id": 7, "name": "Rex", "owner": {"city": "Rome"}})
    assert spread.path == {"id": 7}
    assert spread.query == {}
    assert spread.body == {"name": "Rex", "owner": {"address": {"city": "Rome"}}}


SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "limit": {"type": "integer"},
        "name": {"$ref": "#/$defs/Name"},
        "owner": {"$ref": "#/$defs/Owner"},
    },
    "required": ["id", "name"],
    "$defs": {
        "Name": {"$ref": "#/$defs/Text"},
        "Text": {"type": "string"},
        "Owner": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def test_a_fixed_argument_leaves_the_schema_and_is_in_every_request() -> None:
    tools = Toolset([tool(schema=SCHEMA), tool("u", schema=SCHEMA)]).fixed("t", limit=5, name="Rex")
    assert tools["t"].schema == {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "owner": {"$ref": "#/$defs/Owner"}},
        "required": ["id"],
        "$defs": {"Owner": SCHEMA["$defs"]["Owner"]},  # type: ignore[index]
    }
    spread = tools["t"].spread({"id": 7, "limit": 100})
    assert (spread.query, spread.body) == ({"limit": 5}, {"name": "Rex"})
    assert tools["t"].arguments_from(path={"id": 7}, query={"limit": 5}) == {"id": 7}
    assert tools["u"].schema is SCHEMA


def test_a_hidden_argument_is_never_sent_and_a_required_one_cannot_be_hidden() -> None:
    tools = Toolset([tool(schema=SCHEMA)]).hidden("*", "limit", "owner")
    assert list(tools["t"].schema["properties"]) == ["id", "name"]
    assert "$defs" in tools["t"].schema
    assert tools["t"].spread({"limit": 1}).query == {}
    with pytest.raises(BuildError, match=r"t requires id.*\.fixed\('t', \{'id'"):
        tools.hidden("t", "id")


def test_an_argument_is_fixed_by_its_name_on_the_wire_too() -> None:
    bindings = (Binding(("tenant",), "header", "X-Tenant"), Binding(("a",), "query", "filter[a]"))
    schema = {"type": "object", "properties": {"tenant": {}, "a": {}}}
    tools = Toolset([tool(bindings=bindings, schema=schema)])
    fixed = tools.fixed("*", {"x-tenant": "acme", "filter[a]": 1})["t"]
    assert fixed.fixed_arguments == {"tenant": "acme", "a": 1}
    assert fixed.schema["properties"] == {}


def test_a_name_that_no_tool_has_an_argument_of_is_told_with_the_nearest() -> None:
    tools = Toolset([tool(schema=SCHEMA)])
    with pytest.raises(BuildError, match=r"no argument named .limt.\. Did you mean limit"):
        tools.fixed("*", limt=1)
    with pytest.raises(UnknownTool):
        tools.fixed("v", limit=1)


def test_tools_are_chosen_by_a_predicate() -> None:
    assert list(Toolset([tool("a"), tool("b")]).where(lambda one: one.name == "b")) == ["b"]


def test_arguments_from_is_the_inverse_of_spread() -> None:
    arguments = {"id": 7, "limit": 0, "name": None, "owner": {"city": "Rome"}}
    spread = tool().spread(arguments)
    assert (
        tool().arguments_from(path=spread.path, query=spread.query, body=spread.body) == arguments
    )


def test_a_body_that_nothing_goes_into_is_absent_unless_it_is_always_sent() -> None:
    assert tool().spread({"id": 7}).body is ABSENT
    assert tool(body_always=True).spread({"id": 7}).body == {}


def test_constants_are_filled_in_and_a_body_constant_makes_no_body() -> None:
    constants = (Constant("query", "v", 1), Constant("body", "/kind", "dog"))
    assert tool(constants=constants).spread({"id": 7}).query == {"v": 1}
    assert tool(constants=constants).spread({"id": 7}).body is ABSENT
    assert tool(constants=constants).spread({"id": 7, "name": "Rex"}).body == {
        "name": "Rex",
        "kind": "dog",
    }


def test_a_toolset_narrows_and_renames_without_changing_itself() -> None:
    tools = Toolset([tool("pets_get"), tool("pets_list", effect=Effect.WRITE), tool("shops_get")])
    assert list(tools.only("pets_*")) == ["pets_get", "pets_list"]
    assert list(tools.only(read_only=True)) == ["pets_get", "shops_get"]
    assert list(tools.without("pets_*")) == ["shops_get"]
    assert list(tools.prefixed("x_")) == ["x_pets_get", "x_pets_list", "x_shops_get"]
    assert tools.described({"pets_get": "Get."})["pets_get"].description == "Get."
    assert len(tools) == 3


def test_one_text_is_one_condition() -> None:
    tools = Toolset(
        [replace(tool("a"), operation=Operation("POST", "/shops", tags=("shop",))), tool("b")]
    )
    assert (
        list(tools.only(paths="/shops*"))
        == list(tools.only(tags="shop"))
        == list(tools.only(methods="post"))
        == ["a"]
    )
    assert list(tools.without(tags="shop")) == ["b"]


@pytest.mark.parametrize("name", ["", "get pets", "caf\u00e9", "x" * 65])
def test_a_name_that_no_vendor_takes_is_refused(name: str) -> None:
    with pytest.raises(BuildError, match="no name for a tool"):
        Toolset([tool("pets_get")]).renamed({"pets_get": name})


def test_an_unknown_tool_is_told_with_the_nearest_names() -> None:
    with pytest.raises(UnknownTool, match=r"^There is no tool named .*pets_get"):
        Toolset([tool("pets_get")])["pet_get"]
    assert Toolset().get("pets_get") is None
    assert ChainMap({}, Toolset(), {"pets_get": 1})["pets_get"] == 1


def test_a_tool_is_also_found_by_its_operations_id_wherever_it_is_named() -> None:
    id_ = "取消 order"
    tools = Toolset([replace(tool("cancel"), operation=Operation("POST", "/a", id=id_)), tool("b")])
    for name in (id_, "QuXiao_order"):
        assert tools[name] is tools.get(name) is tools["cancel"]
        assert name in tools
        assert list(tools.only(name)) == ["cancel"]
        assert list(tools.without(name)) == ["b"]
        assert list(tools.renamed({name: "new"})) == ["new", "b"]
        assert tools.described({name: "New."})["cancel"].description == "New."
    assert list(tools) == ["cancel", "b"]
    assert list(tools.only(operations="canc*")) == ["cancel"]


def test_an_id_of_two_tools_names_none_and_a_name_goes_before_an_id() -> None:
    one = replace(tool("a"), operation=Operation("GET", "/a", id="x"))
    two = replace(tool("b"), operation=Operation("GET", "/b", id="x"))
    with pytest.raises(UnknownTool, match=r"Did you mean a, b\?"):
        Toolset([one, two])["x"]
    assert "x" not in Toolset([one, two])
    assert Toolset([one, replace(two, name="x")])["x"].operation.path == "/b"


def test_two_toolsets_join_only_without_common_names() -> None:
    one, two = Toolset([tool("a")]), Toolset([tool("a")])
    with pytest.raises(BuildError, match="prefix"):
        one | two
    with pytest.raises(BuildError, match="prefix"):
        Toolset([*one.values(), *two.values()])
    assert list(one | two.prefixed("x_")) == ["a", "x_a"]
    assert list(one | one.only("a")) == ["a"]


def test_prefixed_names_stay_readable_and_unique() -> None:
    long = "list_organization_repository_environment_configurations_for_user"
    short = "list_organization_repository_environment_configs_for_user"
    assert list(Toolset([tool(long)]).prefixed("github_")) == [f"github_{short}"]
    both = list(Toolset([tool(long), tool(short)]).prefixed("github_"))
    assert (both[1], len(set(both)), max(map(len, both))) == (f"github_{short}", 2, 64)


def test_an_operation_without_an_id_is_found_by_its_name_and_a_path_by_itself() -> None:
    operation = Operation("GET", "/a[1]")
    tools = Toolset([replace(tool("p_get_a_1"), operation=operation)])
    assert (
        len(tools.only(operations=["get_a*"]))
        == len(tools.only(operations=["p_get*"]))
        == len(tools.only(paths=["/a[1]"]))
        == 1
    )


def test_a_shortened_name_fits_and_keeps_apart() -> None:
    long = "a" * 70
    assert len(shorten_with_hash(long)) == 64
    assert shorten_with_hash(long) != shorten_with_hash(long + "b")


def test_a_problem_tells_its_place_with_and_without_an_address() -> None:
    problem = Problem("x", "Odd.", "/paths", line=1, column=317)
    assert str(problem) == "warning: line 1, column 317 /paths: Odd."
    assert str(replace(problem, address="api.json")) == "warning: api.json:1:317 /paths: Odd."


def test_an_api_is_shown_in_a_line_and_not_with_all_that_it_holds() -> None:
    api = Api(
        "Pets",
        "3.1",
        tuple(tool(str(n)).operation for n in range(99)),
        {},
        tags={"pets": "x" * 999},
    )
    assert len(repr(api)) < 200
