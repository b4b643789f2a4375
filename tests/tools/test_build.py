"""A document becomes a toolset; the laws that hold for every tool of every real document here."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import Barrier
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi2tools.call.connect import connect
from openapi2tools.errors import BuildError
from openapi2tools.formats.export import export
from openapi2tools.model import ABSENT, Effect, HttpArguments, Progress, Tool, Toolset
from openapi2tools.spec.load import load
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.build import build_tools
from tests.support.apis import document, json_body, tool_of, tools_of
from tests.support.documents import REAL, SINGLE_FILES
from tests.support.documents import tools_of as real_tools
from tests.support.instances import instances

META = jsonschema_rs.validator_for({"$ref": "https://json-schema.org/draft/2020-12/schema"})
LEFTOVERS = {"nullable", "discriminator", "example", "xml", "externalDocs", "readOnly", "writeOnly"}


def operation(**more: Any) -> dict[str, Any]:
    return {"responses": {}, **more}


def test_each_operation_is_a_tool_in_document_order() -> None:
    tools = tools_of(
        {
            "/b": {"get": operation(operationId="b")},
            "/a": {"put": operation(), "get": operation(operationId="a")},
        }
    )
    assert list(tools) == ["b", "put_a", "a"]


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("get", Effect.READ),
        ("head", Effect.READ),
        ("post", Effect.WRITE),
        ("patch", Effect.WRITE),
        ("delete", Effect.DESTROY),
    ],
)
def test_the_method_tells_the_effect(method: str, effect: Effect) -> None:
    (tool,) = tools_of({"/x": {method: operation()}}).values()
    assert tool.effect is effect


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
def test_a_header_that_changes_the_method_makes_a_reading_operation_a_destroying_one(
    header: str,
) -> None:
    (tool,) = tools_of(
        {
            "/x": {
                "get": operation(
                    parameters=[{"name": header, "in": "header", "schema": {"type": "string"}}]
                )
            }
        }
    ).values()
    assert tool.effect is Effect.DESTROY


ANY: dict[str, Any] = {"type": "string"}


@pytest.mark.parametrize(
    ("place", "name", "schema", "effect"),
    [
        ("query", "X-HTTP-Method-Override", ANY, Effect.DESTROY),
        ("query", "_method", ANY, Effect.DESTROY),
        ("query", "_method", {"enum": ["DELETE", "GET"]}, Effect.DESTROY),
        ("query", "_method", {"$ref": "#/components/schemas/Verb"}, Effect.WRITE),
        ("query", "_method", {"enum": ["get", None]}, Effect.READ),
        ("query", "http_method", ANY, Effect.DESTROY),
        ("query", "method", {"enum": ["GET", "delete"]}, Effect.DESTROY),
        ("query", "method", {"const": "PUT"}, Effect.WRITE),
        ("query", "method", {"enum": ["card", "cash"]}, Effect.READ),
        ("query", "method", ANY, Effect.READ),
        ("cookie", "_method", ANY, Effect.DESTROY),
        ("path", "method", {"enum": ["GET", "DELETE"]}, Effect.READ),
        ("header", "X-HTTP-Method-Override", {"enum": ["PATCH"]}, Effect.WRITE),
        ("header", "X-Original-URL", ANY, Effect.DESTROY),
        ("header", "x-rewrite-url", ANY, Effect.DESTROY),
    ],
)
def test_what_overrides_the_method_counts_as_what_it_can_name(
    place: str, name: str, schema: dict[str, Any], effect: Effect
) -> None:
    parameter = {"name": name, "in": place, "schema": schema}
    (tool,) = tools_of(
        {"/x/{method}": {"get": operation(parameters=[parameter])}},
        components={"schemas": {"Verb": {"type": "string", "enum": ["PUT", "PATCH"]}}},
    ).values()
    assert tool.effect is effect


@pytest.mark.parametrize(
    ("path", "effect"),
    [
        ("/x?_method=DELETE", Effect.DESTROY),
        ("/x?a=1&method=put", Effect.WRITE),
        ("/x?method=items.list", Effect.READ),
        ("/x?_method=get", Effect.READ),
        ("/x?_method={verb}", Effect.DESTROY),
    ],
)
def test_a_method_in_a_paths_query_counts_as_the_method_it_names(path: str, effect: Effect) -> None:
    (tool,) = tools_of({path: {"get": operation()}}).values()
    assert tool.effect is effect


def test_a_method_in_a_form_or_filled_in_counts_as_well() -> None:
    form = {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "properties": {"_method": {"const": "DELETE"}}}
            }
        }
    }
    filled_in = {
        "name": "_method",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "default": "delete"},
        "x-openapi2tools": {"exclude": True},
    }
    tools = tools_of(
        {
            "/x": {
                "post": operation(requestBody=form),
                "get": operation(parameters=[filled_in]),
            }
        }
    )
    assert [tool.effect for tool in tools.values()] == [Effect.DESTROY, Effect.DESTROY]


def test_hints_name_describe_and_classify_an_operation() -> None:
    tool = tool_of(
        {"x-openapi2tools": {"name": "search", "description": "Find it.", "effect": "destroy"}}
    )
    assert (tool.name, tool.description, tool.effect) == ("search", "Find it.", Effect.DESTROY)


@pytest.mark.parametrize(
    ("method", "hint", "effect"),
    [
        ("get", "write", Effect.WRITE),
        ("post", "destroy", Effect.DESTROY),
        ("post", "read", Effect.WRITE),
        ("delete", "read", Effect.DESTROY),
        ("delete", "write", Effect.DESTROY),
    ],
)
def test_a_documents_hint_makes_an_effect_graver_and_never_more_harmless(
    method: str, hint: str, effect: Effect
) -> None:
    (tool,) = tools_of(
        {"/x": {method: operation(**{"x-openapi2tools": {"effect": hint}})}}
    ).values()
    assert tool.effect is effect


def test_a_wrong_hint_on_a_property_is_reported() -> None:
    body = json_body(
        {
            "type": "object",
            "properties": {"x": {"type": "string", "x-openapi2tools": {"exclude": "true"}}},
        }
    )
    (problem,) = tools_of({"/x": {"post": operation(**body)}}).problems
    assert (problem.kind, problem.message) == (
        "bad-hint",
        "On 'x': The hint 'exclude' is true or false.",
    )


def test_a_name_that_hints_give_to_several_operations_is_reported_once() -> None:
    named = {
        place: {"get": operation(**{"x-openapi2tools": {"name": "find"}})}
        for place in ("/a", "/b", "/c")
    }
    tools = tools_of({**named, "/d": {"get": operation(**{"x-openapi2tools": {"name": "other"}})}})
    assert list(tools) == ["find_a", "find_b", "find_c", "other"]
    assert [(problem.kind, problem.pointer) for problem in tools.problems] == [
        ("bad-hint", "/paths/~1b/get/x-openapi2tools")
    ]


@pytest.mark.parametrize(
    ("token_url", "servers"),
    [
        ("token", []),
        ("/token", []),
        ("./token", []),
        ("/api/token", [{"url": "/api/"}]),
        ("token", [{"url": "https://a.example/api"}]),
        ("https://a.example/api/token", [{"url": "https://A.example/api"}]),
        ("https://a.example/v1/token", [{"url": "/v1"}]),
        (
            "https://eu.a.example/token",
            [{"url": "https://{region}.a.example", "variables": {"region": {"default": "eu"}}}],
        ),
    ],
)
def test_where_a_login_gets_its_tokens_is_no_tool(token_url: str, servers: Any) -> None:
    tools = tools_with_login(token_url, servers)
    assert list(tools) == ["get_token", "post_token_revoke"]
    assert [problem.kind for problem in tools.problems] == ["token-operation"]
    offered = tools_with_login(token_url, servers, **{"x-openapi2tools": {"exclude": False}})
    assert "post_token" in offered
    assert not offered.problems


@pytest.mark.parametrize(
    "token_url", ["https://b.example/token", "https://a.example/other", "https://[", ""]
)
def test_an_operation_somewhere_else_is_a_tool(token_url: str) -> None:
    assert "post_token" in tools_with_login(token_url, [{"url": "https://a.example"}])


def tools_with_login(token_url: str, servers: Any, **post: Any) -> Toolset:
    flows = {"password": {"tokenUrl": token_url, "scopes": {}}}
    paths = {
        "/token": {"post": operation(**post), "get": operation()},
        "/token/revoke": {"post": operation()},
    }
    tools: Toolset = tools_of(
        paths,
        servers=servers,
        components={"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}},
    )
    return tools


def test_the_original_id_stands_in_the_description() -> None:
    (tool,) = tools_of({"/x": {"post": operation(operationId="创建", summary="Make one")}}).values()
    assert (tool.name, tool.description) == ("ChuangJian", "Make one.\nOperation id: 创建.")
    (tool,) = tools_of({"/x": {"post": operation(operationId="创建")}}).values()
    assert tool.description == "创建 (POST /x)"


def test_a_component_in_another_script_keeps_its_sound_and_is_named_as_a_result() -> None:
    reference = {"$ref": "#/components/schemas/%E8%AE%A2%E5%8D%95"}
    order = {"type": "object", "properties": {"next": reference}}
    answer = {"description": "OK", "content": {"application/json": {"schema": reference}}}
    (tool,) = tools_of(
        {"/x": {"post": {"responses": {"200": answer}, **json_body({"anyOf": [reference, {}]})}}},
        {"订单": order},
    ).values()
    assert list(tool.schema["$defs"]) == ["DingDan"]
    assert tool.description == "POST /x\nReturns: 订单."


def test_an_excluded_operation_is_no_tool() -> None:
    assert not tools_of({"/x": {"get": operation(**{"x-openapi2tools": {"exclude": True}})}})


def test_a_prefix_keeps_apis_apart() -> None:
    api = load(document({"/x": {"get": operation(operationId="x")}}))
    assert list(build_tools(api) | build_tools(api, prefix="b_")) == ["x", "b_x"]


@pytest.mark.parametrize("prefix", ["shop ", "caf\u00e9_", "x" * 33])
def test_a_prefix_that_no_vendor_takes_is_refused(prefix: str) -> None:
    with pytest.raises(BuildError, match="prefix"):
        build_tools(load(document({"/x": {"get": operation()}})), prefix=prefix)


def test_no_constraint_carries_hidden_characters_into_a_description() -> None:
    tool = tool_of(
        json_body(
            {
                "type": "object",
                "properties": {"x": {"type": "string", "pattern": "(?=a)\u200b\u202e"}},
            }
        )
    )
    assert (
        export(Toolset([tool]))[0]["function"]["parameters"]["properties"]["x"]["description"]
        == "Pattern (?=a)"
    )


def test_hidden_characters_are_left_out_and_reported() -> None:
    tools = tools_of({"/x": {"get": operation(summary="Read\u202e it")}})
    (tool,) = tools.values()
    assert tool.description == "Read it."
    assert [(problem.kind, problem.pointer) for problem in tools.problems] == [
        ("hidden-characters", "/paths/~1x/get/summary")
    ]


def test_progress_tells_when_the_names_are_known() -> None:
    seen: list[Progress] = []
    build_tools(
        load(document({f"/{n}": {"get": operation()} for n in range(130)})), progress=seen.append
    )
    assert [(p.done, p.total) for p in seen] == [(130, 130)]


def test_the_same_document_gives_the_same_tools_every_time() -> None:
    one, two = (
        build_tools(load(document({"/x": {"get": operation(summary="S")}}))) for _ in range(2)
    )
    assert [(t.name, t.schema) for t in one.values()] == [(t.name, t.schema) for t in two.values()]


def test_tools_share_the_very_components_that_they_both_need() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    body = json_body({"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
    one, two = tools_of(
        {p: {"post": operation(**body)} for p in ("/a", "/b")}, {"Node": node}
    ).values()
    assert one.schema["$defs"]["Node"] is two.schema["$defs"]["Node"]


# --- laws ---


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_every_schema_is_valid_2020_12_and_compiles(name: str) -> None:
    for tool in real_tools(name).values():
        assert META.is_valid(tool.schema), tool.name
        jsonschema_rs.validator_for(tool.schema)


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_the_root_is_an_object_of_properties_and_no_word_of_openapi_is_left(name: str) -> None:
    for tool in real_tools(name).values():
        assert tool.schema.keys() <= {"type", "properties", "required", "$defs"}
        assert set(tool.schema.get("required", ())) <= tool.schema["properties"].keys()
        assert {binding.argument[0] for binding in tool.bindings} == tool.schema[
            "properties"
        ].keys()
        assert not [
            keyword
            for schema in _schemas(tool.schema)
            for keyword in schema
            if keyword in LEFTOVERS or keyword.startswith("x-")
        ]


def _schemas(schema: Any) -> list[dict[str, Any]]:
    found, rest = [], [schema]
    while rest:
        schema = rest.pop()
        if isinstance(schema, dict):
            found.append(schema)
            for keyword, value in schema.items():
                if keyword in {"properties", "$defs"}:
                    rest += value.values()
                elif keyword not in {"default", "enum", "const", "examples", "required"}:
                    rest += value if isinstance(value, list) else [value]
    return found


def _tools() -> list[Tool]:
    return [tool for name in SINGLE_FILES for tool in real_tools(name).values()]


def _parts(http: HttpArguments) -> dict[str, Any]:
    return {
        name: getattr(http, name)
        for name in ("path", "query", "header", "cookie", "querystring", "body")
    }


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_spread_and_arguments_from_are_each_others_inverse(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from(_tools()))
    arguments = data.draw(instances(tool.schema))
    http = tool.spread(arguments)
    assert tool.arguments_from(**_parts(http)) == arguments
    assert tool.spread(tool.arguments_from(**_parts(http))) == http


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_body_is_absent_empty_or_null_just_as_it_was(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from([tool for tool in _tools() if tool.operation.request_body]))
    body = tool.operation.request_body
    assert body
    whole = any(binding.location == "body" and not binding.name for binding in tool.bindings)
    for value in (ABSENT, {}, None) if whole else (ABSENT, {}):
        if check_arguments(tool, arguments := tool.arguments_from(body=value)).faults or (
            value is ABSENT and body.required
        ):
            continue  # the operation takes no such body
        form = tool.media_type is not None and "form" in tool.media_type.name
        assert tool.spread(arguments).body == (
            ABSENT if form and not body.required and value == {} else value
        )


INVALID = {"post-transfers"}  # its example has 11000138 where text of nine digits is asked for


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_the_examples_of_a_document_are_accepted(name: str) -> None:
    wrong = []
    for tool in real_tools(name).without(*INVALID & set(real_tools(name))).values():
        for example in tool.media_type.examples if tool.media_type else ():
            faults = check_arguments(tool, tool.arguments_from(body=example)).faults
            wrong += [(tool.name, fault) for fault in faults if not _of_a_parameter(fault, tool)]
    assert wrong == []


def _of_a_parameter(fault: str, tool: Tool) -> bool:
    return any(
        fault.startswith(f"{b.argument[0]}: is missing")
        for b in tool.bindings
        if b.location != "body"
    )


# --- a tool is made when it is needed ------------------------------------------------------------


def made(tools: Toolset) -> list[str]:
    """The names of the tools that somebody has looked at."""
    return [name for name, tool in tools.items() if tool._make is None]


PETSTORE = REAL / "petstore-3.0.json"


def many_tools(**options: Any) -> Toolset:
    return build_tools(load(PETSTORE), **options)


def test_nothing_is_made_until_somebody_looks() -> None:
    tools = many_tools(prefix="a_")
    renamed = tools.prefixed("b_").renamed({f"b_{next(iter(tools))}": "first"})
    chosen = renamed.only(methods="get", tags=(), paths="*", deprecated=False).without("x_*")
    described = chosen.described({next(iter(chosen)): "Other words."})
    assert made(tools) == made(renamed) == made(chosen) == made(described) == []
    name, other = [*tools][:2]
    assert tools[name].schema["type"] == "object"
    assert other in tools
    assert made(tools) == [name]


def test_a_tool_that_was_changed_before_it_was_made_has_all_changes() -> None:
    tools = many_tools()
    name = next(iter(tools))
    changed = tools.prefixed("x_").described({f"x_{name}": "New."}).renamed({f"x_{name}": "new"})
    assert changed["new"] == replace(tools[name], name="new", description="New.")


def test_a_call_makes_one_tool_of_all() -> None:
    tools = build_tools(load(PETSTORE))
    with connect(tools, headers={"X-Tenant": "a"}, server="http://127.0.0.1:9") as client:
        name = "getPetById"
        client.prepare(name, {"petId": 1})
        assert len(client.tools) == len(tools)
        assert made(tools) == [name]


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_the_order_in_which_tools_are_looked_at_changes_nothing(name: str) -> None:
    path = REAL / name
    in_order = build_tools(load(path))
    assert [*map(repr, in_order.problems)] == [*map(repr, build_tools(load(path)).problems)]
    shuffled = build_tools(load(path))
    for tool in Random(7).sample([*shuffled.values()], len(shuffled)):
        assert replace(tool, api=in_order[tool.name].api) == in_order[tool.name]
    problems = {(each.kind, each.message) for each in in_order.problems}
    assert {(each.kind, each.message) for each in shuffled.problems} == problems


def test_many_threads_make_the_tools_of_one_set() -> None:
    path = max((REAL / name for name in SINGLE_FILES), key=lambda each: each.stat().st_size)
    expected = [tool.schema for tool in build_tools(load(path)).values()]
    tools = build_tools(load(path))
    barrier = Barrier(4)

    def look(turn: int) -> list[Any]:
        barrier.wait()
        names = [*tools] if turn % 2 else [*tools][::-1]
        seen = {name: tools[name].schema for name in names}
        return [seen[name] for name in tools]

    with ThreadPoolExecutor(4) as pool:
        assert all(seen == expected for seen in pool.map(look, range(4)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_process_makes_tools_though_its_parent_was_at_work() -> None:
    program = """
import os, sys, threading
from openapi2tools import build_tools, load
tools = build_tools(load(sys.argv[1]))
first, second = [*tools][:2]
maker = tools[first]._make.func.__self__
with maker._gatherer.in_turn():  # as a thread has it that makes a tool
    child = os.fork()
    if child == 0:
        os._exit(0 if tools[second].schema["type"] == "object" else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    subprocess.run([sys.executable, "-c", program, str(PETSTORE)], check=True, timeout=60)


def test_a_toolset_is_pickled_and_copied_whole() -> None:
    tools = tools_of({"/a": {"get": operation(operationId="a")}})
    for twin in (pickle.loads(pickle.dumps(tools)), copy.deepcopy(tools)):
        assert twin == tools
        assert twin.problems == tools.problems
