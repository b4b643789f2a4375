"""A path means what its template means, whatever the values are; the bytes are those that a socket
received."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.call.connect import connect
from openapi2tools.call.serialization import paths
from openapi2tools.errors import CallError, InvalidArguments
from openapi2tools.model import Operation, Parameter
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(204)) as running:
        yield running


def target(server: LoopbackServer, template: str, *parameters: Parameter, **arguments: Any) -> str:
    names = [
        parameter(name, "path")
        for name in re.findall(r"\{(\w+)\}", template)
        if name not in {p.name for p in parameters}
    ]
    result = connect(tools(tool(server.url, *names, *parameters, path=template))).call(
        "t", arguments
    )
    assert result.status == 204, result.text
    return server.received[-1].target


@pytest.mark.parametrize(
    ("template", "arguments", "seen"),
    [
        ("/pets/{id}", {"id": "a/b?c#d\\e%2f"}, "/pets/a%2Fb%3Fc%23d%5Ce%252f"),
        ("/pets/{id}", {"id": "%2e%2e"}, "/pets/%252e%252e"),
        ("/pets/{id}", {"id": "drücken & 100%"}, "/pets/dr%C3%BCcken%20%26%20100%25"),
        (
            "/pets/{id}",
            {"id": "a:b@c!$'()*+,;=|[]"},
            "/pets/a%3Ab%40c%21%24%27%28%29%2A%2B%2C%3B%3D%7C%5B%5D",
        ),
        ("/{a}.{b}", {"a": "x.y", "b": "json"}, "/x.y.json"),
        ("/items({id})/name", {"id": "7"}, "/items(7)/name"),
        ("/{a}/{a}", {"a": "1"}, "/1/1"),
        ("/v1/{name}:cancel", {"name": "op"}, "/v1/op:cancel"),
        ("/#Action=AssumeRole", {}, "/"),
        ("/{id}#part", {"id": "1"}, "/1"),
        ("/a b/ü/[x]|'", {}, "/a%20b/%C3%BC/%5Bx%5D%7C'"),
        ("/already%20encoded", {}, "/already%20encoded"),
        ("/x/?action=y&b", {}, "/x/?action=y&b"),
        ("/x?id={id}", {"id": "a&b"}, "/x?id=a%26b"),
        ("pets/{id}", {"id": 1}, "/pets/1"),
        ("//twice//{id}/", {"id": 1}, "//twice//1/"),
    ],
)
def test_a_template_is_filled_in(
    server: LoopbackServer, template: str, arguments: dict[str, Any], seen: str
) -> None:
    assert target(server, template, **arguments) == seen


def test_a_parameter_says_anew_what_the_template_says_of_the_query(server: LoopbackServer) -> None:
    action = parameter("action")
    assert target(server, "/x?action=y&fixed=1", action, action="z") == "/x?fixed=1&action=z"
    assert target(server, "/x?action=y&fixed=1", action) == "/x?action=y&fixed=1"


def test_decorated_places_mean_the_parameter_of_that_name(server: LoopbackServer) -> None:
    for place in ("{+id}", "{id*}", "{id:[0-9]+}", "{id+}"):
        assert target(server, f"/x/{place}", parameter("id", "path"), id="7") == "/x/7"


@pytest.mark.parametrize(
    "place",
    ["{p+}", "{p*}", "{+p}", "{*p}", "{**p}", "{p...}", "{p:path}", "{p: .*}", "{p=a/*}", "{p=**}"],
)
def test_slashes_stay_in_a_place_of_many_segments(server: LoopbackServer, place: str) -> None:
    operation = Operation("GET", f"/x/{place}", parameters=(parameter("p", "path"),))
    assert paths.expand_path(operation, {"p": "a/b c/d.txt"}) == ("/x/a/b%20c/d.txt", "")
    for value in ("", "..", "a/../b", "a/%2e%2e/../b", "a\\..\\b"):
        with pytest.raises(InvalidArguments, match=r"^p: .* would change the path"):
            paths.expand_path(operation, {"p": value})


def test_an_empty_text_is_sent_in_a_path_where_the_enum_has_it(server: LoopbackServer) -> None:
    schema = {"type": "string", "enum": ["", "all"]}
    choice = parameter("filter", "path", schema=schema)
    assert target(server, "/pets/{filter}", choice, filter="") == "/pets/"
    assert target(server, "/pets/{filter}", choice, filter="all") == "/pets/all"


@pytest.mark.parametrize(
    "value", ["", ".", "..", "../admin", "a/../b", "..\\admin", "./x", [], {}, None]
)
def test_a_value_that_would_change_the_path_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArguments, match="change the path"):
        paths.expand_path(
            Operation("GET", "/pets/{id}", parameters=(parameter("id", "path"),)), {"id": value}
        )


def test_allowed_reserved_slashes_make_segments_but_no_steps(server: LoopbackServer) -> None:
    subject = parameter("path", "path", allow_reserved=True)
    assert target(server, "/files/{path}", subject, path="a/b c.txt") == "/files/a/b%20c.txt"
    with pytest.raises(InvalidArguments):
        paths.expand_path(
            Operation("GET", "/files/{path}", parameters=(subject,)), {"path": "a/../../b"}
        )


def test_a_place_without_a_parameter_or_a_value_is_told() -> None:
    with pytest.raises(CallError, match=r"\{x\} that the document declares no parameter for"):
        paths.expand_path(Operation("GET", "/a/{x}"), {})
    with pytest.raises(InvalidArguments, match="x: the path"):
        paths.expand_path(Operation("GET", "/a/{x}", parameters=(parameter("x", "path"),)), {})


@settings(max_examples=300)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["simple", "label", "matrix"]),
)
def test_no_value_leaves_its_segment(value: str, style: str) -> None:
    operation = Operation("GET", "/a/{x}/z", parameters=(parameter("x", "path", style),))
    try:
        path, query = paths.expand_path(operation, {"x": value})
    except InvalidArguments:
        return
    before, segment, after = path.removeprefix("/").split("/")
    assert (before, after, query) == ("a", "z", "")
    assert (
        unquote(segment)
        .removeprefix({"label": ".", "matrix": ";x"}.get(style, ""))
        .removeprefix("=" if style == "matrix" else "")
        == value
    )
