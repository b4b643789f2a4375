"""A document to an Api: what is inherited, merged, resolved and shared."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.errors import ParseError, UnsupportedVersion
from openapi2tools.model import (
    Api,
    Encoding,
    JsonObject,
    MediaType,
    Parameter,
    Progress,
    ServerVariable,
)
from openapi2tools.spec.read.read import read
from tests.support.apis import tool_of

OK = {"200": {"description": "ok"}}


def document(paths: JsonObject, version: str = "3.1.0", **more: Any) -> JsonObject:
    return {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": paths, **more}


def swagger(operation: JsonObject, **more: Any) -> Api:
    return read(
        {
            "swagger": "2.0",
            "info": {},
            "paths": {"/a": {"post": {"operationId": "a", "responses": OK, **operation}}},
            **more,
        }
    )


def operation(raw: JsonObject, **more: Any) -> Any:
    return read(
        document({"/a": {"post": {"operationId": "a", "responses": OK, **raw}}}, **more)
    ).operations[0]


def test_an_api_says_what_it_is() -> None:
    api = read(
        document(
            {},
            info={"title": "Pets", "version": 2, "description": "All."},
            tags=[{"name": "pet", "description": "Dogs"}],
        )
    )
    assert (api.title, api.version, api.description, api.dialect, api.tags) == (
        "Pets",
        "2",
        "All.",
        "3.1",
        {"pet": "Dogs"},
    )


@pytest.mark.parametrize(
    "version", ["3.0.0", "3.0", "3.0.4", "3.1.2", "3.2.0", "3.1.0-rc0", "v3.0.1", 3.1, 3]
)
def test_versions_that_can_be_read(version: Any) -> None:
    assert read({"openapi": version, "paths": {}}).dialect in {"3.0", "3.1", "3.2"}


@pytest.mark.parametrize(
    "key_and_version",
    [
        ("openapi", "3.3.0"),
        ("openapi", "2.0.1"),
        ("swagger", "1.2"),
        ("openapi", ""),
        ("openapi", True),
    ],
)
def test_versions_that_cannot(key_and_version: tuple[str, Any]) -> None:
    key, version = key_and_version
    if key_and_version == ("openapi", "2.0.1"):
        assert read({key: version}).dialect == "2.0"
        return
    with pytest.raises(UnsupportedVersion, match=r"Swagger 2\.0 and OpenAPI 3\.0"):
        read({key: version})


def test_a_document_that_is_nested_too_deep_is_refused() -> None:
    deep: Any = {}
    for _ in range(300):
        deep = {"properties": {"a": deep}}
    with pytest.raises(ParseError, match="nested deeper"):
        read(document({}, components={"schemas": {"a": deep}}))


def test_a_shared_parameter_and_a_shared_response_are_read_once() -> None:
    reference = {
        "parameters": [{"$ref": "#/components/parameters/q"}],
        "responses": {"200": {"$ref": "#/components/responses/r"}},
    }
    components = {
        "parameters": {"q": {"name": "q", "in": "query", "schema": {}}},
        "responses": {"r": {"description": "r", "content": {"application/json": {"schema": {}}}}},
    }
    api = read(document({"/a": {"get": reference, "put": reference}}, components=components))
    one, two = api.operations
    assert one.parameters[0] is two.parameters[0]
    assert one.responses[0] is two.responses[0]
    assert one.parameters[0].schema is components["parameters"]["q"]["schema"]
    assert (one.parameters[0].pointer, one.responses[0].pointer) == (
        "/components/parameters/q",
        "/components/responses/r",
    )


def test_an_answer_knows_where_it_stands_and_its_faults_are_told_there() -> None:
    same, broken = (
        {"description": "Done.", "content": {"a/b": {}}},
        {"description": "Done.", "content": []},
    )
    api = read(
        document(
            {
                "/a": {
                    method: {"responses": {"200": dict(same), "4XX": broken, "5XX": same}}
                    for method in ("get", "put")
                }
            }
        )
    )
    one, two = api.operations
    assert one.responses[0].content[0].name == two.responses[0].content[0].name == "a/b"
    assert [(r.status, r.pointer) for r in two.responses[::2]] == [
        ("200", "/paths/~1a/put/responses/200"),
        ("5XX", "/paths/~1a/put/responses/5XX"),
    ]
    assert [p.pointer for p in api.problems if p.kind == "wrong-type"] == [
        f"/paths/~1a/{m}/responses/4XX/content" for m in ("get", "put")
    ]


def test_every_part_knows_its_pointer() -> None:
    raw = {
        "parameters": [{"name": "q", "in": "query", "schema": {}}],
        "requestBody": {"content": {"a/b": {"schema": {}}}},
    }
    found = operation(raw)
    assert found.pointer == "/paths/~1a/post"
    assert found.parameters[0].pointer == "/paths/~1a/post/parameters/0"
    assert found.request_body.content[0].pointer == "/paths/~1a/post/requestBody/content/a~1b"
    assert found.responses[0].pointer == "/paths/~1a/post/responses/200"


@pytest.mark.parametrize(
    ("place", "written", "style", "explode"),
    [
        ("query", {}, "form", True),
        ("query", {"explode": False}, "form", False),
        ("query", {"style": "spaceDelimited"}, "spaceDelimited", False),
        ("query", {"style": "deepObject", "explode": True}, "deepObject", True),
        ("header", {}, "simple", False),
        ("header", {"explode": True}, "simple", True),
        ("cookie", {}, "form", True),
        ("query", {"style": "matrix"}, "form", True),
    ],
)
def test_the_defaults_of_style_and_explode(
    place: str, written: JsonObject, style: str, explode: bool
) -> None:
    found = operation(
        {"parameters": [{"name": "q", "in": place, "schema": {}, **written}]}
    ).parameters[0]
    assert (found.style, found.explode) == (style, explode)


def test_everything_a_parameter_can_say() -> None:
    raw = {
        "name": "q",
        "in": "query",
        "schema": {"type": "string"},
        "required": True,
        "allowReserved": True,
        "allowEmptyValue": True,
        "deprecated": True,
        "description": "Find.",
        "example": "a",
        "examples": {
            "b": {"value": "b"},
            "c": {"$ref": "#/components/examples/c"},
            "d": {"externalValue": "d.txt"},
        },
        "x-openapi2tools": {"name": "query"},
    }
    found = operation(
        {"parameters": [raw]}, components={"examples": {"c": {"value": "c"}}}
    ).parameters[0]
    place = "/paths/~1a/post/parameters/0"
    assert found == Parameter(
        "q",
        "query",
        {"type": "string"},
        True,
        "form",
        True,
        True,
        True,
        None,
        "Find.",
        True,
        ("a", "b", "c"),
        {"name": "query"},
        place,
    )


@pytest.mark.parametrize(
    ("dialect", "place", "style", "kept"),
    [
        ("3.0", "query", "form", True),
        ("3.0", "path", "simple", False),
        ("3.1", "path", "simple", False),
        ("3.1", "cookie", "form", False),
        ("3.2", "path", "label", True),
        ("3.2", "cookie", "form", True),
        ("3.2", "cookie", "cookie", False),
        ("3.2", "header", "simple", False),
    ],
)
def test_reserved_characters_are_allowed_where_the_dialect_says_so(
    dialect: str, place: str, style: str, kept: bool
) -> None:
    raw = {"name": "q", "in": place, "style": style, "schema": {}, "allowReserved": True}
    (found,) = read(
        document(
            {"/{q}" if place == "path" else "/": {"get": {"parameters": [raw]}}},
            openapi=f"{dialect}.0",
        )
    ).operations
    assert found.parameters[0].allow_reserved is kept


def test_a_query_that_is_a_whole_form_has_encodings() -> None:
    content = {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object"},
            "encoding": {"a": {"style": "deepObject"}},
        }
    }
    found = operation(
        {"parameters": [{"name": "q", "in": "querystring", "content": content}]}, openapi="3.2.0"
    ).parameters[0]
    assert found.encoding == {"a": Encoding(style="deepObject")}


def test_everything_a_media_type_can_say() -> None:
    raw = {
        "schema": {"type": "object"},
        "example": {"a": 1},
        "encoding": {
            "file": {
                "contentType": "image/png",
                "headers": {"X-A": {"schema": {"type": "string"}}, "Content-Type": {}},
            },
            "list": {"style": "pipeDelimited", "explode": True, "allowReserved": True},
        },
    }
    found = operation(
        {
            "requestBody": {
                "required": True,
                "description": "It.",
                "content": {"multipart/form-data": raw},
            }
        }
    ).request_body
    assert (found.required, found.description) == (True, "It.")
    (media_type,) = found.content
    assert media_type.examples == ({"a": 1},)
    assert media_type.encoding["list"] == Encoding(None, (), "pipeDelimited", True, True)
    assert (
        media_type.encoding["file"].content_type,
        [h.name for h in media_type.encoding["file"].headers],
    ) == ("image/png", ["X-A"])


def test_servers_have_variables() -> None:
    server = {
        "url": "https://{a}/",
        "description": "d",
        "name": "n",
        "variables": {"a": {"enum": ["x", 1]}, "b": 5},
    }
    (found,) = read(document({}, servers=[server])).servers
    assert (found.url, found.description, found.name) == ("https://{a}/", "d", "n")
    assert found.variables == {"a": ServerVariable("x", ("x", "1"))}


def test_swagger_form_fields_become_one_schema_with_encodings() -> None:
    fields = [
        {"name": "n", "in": "formData", "type": "string", "required": True, "description": "Name."},
        {
            "name": "tags",
            "in": "formData",
            "type": "array",
            "items": {"type": "string"},
            "collectionFormat": "multi",
        },
        {"name": "photo", "in": "formData", "type": "file"},
    ]
    body = (
        swagger({"parameters": fields, "consumes": ["multipart/form-data", "application/json"]})
        .operations[0]
        .request_body
    )
    assert body is not None
    (media_type,) = body.content
    assert (media_type.name, body.required) == ("multipart/form-data", True)
    assert media_type.schema == {
        "type": "object",
        "properties": {
            "n": {"type": "string", "description": "Name."},
            "tags": {"type": "array", "items": {"type": "string"}},
            "photo": {"type": "file"},
        },
        "required": ["n"],
    }
    assert media_type.encoding == {"tags": Encoding(style="form", explode=True)}


def test_the_hints_of_swagger_form_fields_stay_with_them() -> None:
    field = {
        "name": "n",
        "in": "formData",
        "type": "string",
        "x-openapi2tools": {"exclude": True, "description": "D."},
    }
    body = swagger({"parameters": [field]}).operations[0].request_body
    assert body is not None
    assert isinstance(schema := body.content[0].schema, dict)
    assert schema["properties"]["n"] == {
        "type": "string",
        "x-openapi2tools": field["x-openapi2tools"],
    }


def test_the_hints_of_a_swagger_body_stay_with_it() -> None:
    told = {"name": "note", "description": "D."}
    body = (
        swagger(
            {"parameters": [{"name": "b", "in": "body", "schema": {}, "x-openapi2tools": told}]}
        )
        .operations[0]
        .request_body
    )
    assert body is not None
    assert body.hints == told


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ({"exclude": "true"}, "The hint 'exclude' is true or false."),
        ({"name": 5}, "The hint 'name' is a text."),
        ({"effect": "reads"}, "The hint 'effect' is read, write or destroy."),
        (
            {"desciption": "D."},
            (
                "There is no hint 'desciption' here; "
                "there are name, description, exclude, effect, open_body, fields."
            ),
        ),
        (
            "exclude",
            (
                "x-openapi2tools is an object of "
                "name, description, exclude, effect, open_body, fields."
            ),
        ),
    ],
)
def test_a_hint_that_means_nothing_is_left_out_and_reported(written: Any, fault: str) -> None:
    api = swagger({"x-openapi2tools": written})
    assert api.operations[0].hints == {}
    assert [(one.kind, one.message, one.pointer) for one in api.problems] == [
        ("bad-hint", fault, "/paths/~1a/post/x-openapi2tools")
    ]


def test_what_stands_beside_a_reference_to_a_parameter_or_a_body_is_put_over_what_it_leads_to() -> (
    None
):
    told = {
        "name": "q",
        "description": "Shared.",
        "x-openapi2tools": {"name": "query", "description": "D."},
    }
    beside = {"description": "Here.", "x-openapi2tools": {"name": "words"}}
    found = operation(
        {
            "parameters": [{"$ref": "#/components/parameters/q", **beside}],
            "requestBody": {"$ref": "#/components/requestBodies/b", **beside},
        },
        components={
            "parameters": {"q": {"in": "query", "schema": {}, **told}},
            "requestBodies": {"b": {"content": {"a/b": {}}, **told}},
        },
    )
    for part in (found.parameters[0], found.request_body):
        assert (part.description, part.hints) == ("Here.", {"name": "words", "description": "D."})


@pytest.mark.parametrize("place", ["formData", "body"])
def test_hints_beside_a_reference_to_a_swagger_body_field_count_too(place: str) -> None:
    shared = {
        "name": "n",
        "in": place,
        "type": "string",
        "x-openapi2tools": {"name": "shared", "description": "D."},
    }
    reference = {
        "$ref": "#/parameters/n",
        "description": "Here.",
        "x-openapi2tools": {"name": "note"},
    }
    body = swagger({"parameters": [reference]}, parameters={"n": shared}).operations[0].request_body
    assert body is not None
    field = (
        {"description": body.description, "x-openapi2tools": body.hints}
        if place == "body"
        else body.content[0].schema["properties"]["n"]
    )
    assert (field["description"], field["x-openapi2tools"]) == (
        "Here.",
        {"name": "note", "description": "D."},
    )


def test_a_wrong_hint_beside_a_reference_is_reported_there() -> None:
    reference = {"$ref": "#/parameters/n", "x-openapi2tools": {"effect": "read"}}
    api = swagger(
        {"parameters": [reference]},
        parameters={"n": {"name": "n", "in": "query", "type": "string"}},
    )
    assert [(one.kind, one.pointer) for one in api.problems] == [
        ("bad-hint", "/paths/~1a/post/parameters/0/x-openapi2tools")
    ]


def test_hints_on_the_schema_of_a_parameter_are_the_parameters() -> None:
    schema = {"type": "string", "x-openapi2tools": {"name": "query", "exclude": True}}
    raw = {"name": "q", "in": "query", "schema": schema}
    assert operation({"parameters": [raw]}).parameters[0].hints == {
        "name": "query",
        "exclude": True,
    }
    own = {**raw, "x-openapi2tools": {"name": "words"}}
    assert operation({"parameters": [own]}).parameters[0].hints == {
        "name": "words",
        "exclude": True,
    }


def test_hints_where_they_mean_nothing_are_reported() -> None:
    hints = {"x-openapi2tools": {"exclude": True}}
    responses = {
        "200": {"description": "ok", **hints},
        "404": {"$ref": "#/components/responses/no", **hints},
    }
    api = read(
        document(
            {"/a": {**hints, "get": {"responses": responses}}},
            components={"responses": {"no": {"description": "no"}}},
        )
    )
    found = [one.pointer for one in api.problems if one.kind == "bad-hint"]
    assert found == [
        f"/paths/~1a{place}/x-openapi2tools"
        for place in ("", "/get/responses/200", "/get/responses/404")
    ]


def test_swagger_responses_have_a_media_type_for_each_that_is_produced() -> None:
    responses = {
        "200": {"description": "ok", "schema": {"type": "string"}, "examples": {"text/csv": "a,b"}},
        "204": {"description": "no"},
    }
    api = swagger({"responses": responses, "produces": ["text/csv", "application/json"]})
    first, second = api.operations[0].responses
    place = "/paths/~1a/post/responses/200"
    assert first.content == (
        MediaType("text/csv", {"type": "string"}, examples=("a,b",), pointer=place),
        MediaType("application/json", {"type": "string"}, pointer=place),
    )
    assert second.content == ()


def test_form_fields_beside_a_request_body_are_sent_with_it() -> None:
    form = {
        "schema": {
            "type": "object",
            "required": ["note"],
            "properties": {"note": {"type": "string"}},
        }
    }
    field = {
        "in": "formData",
        "name": "f",
        "required": True,
        "schema": {"type": "string", "format": "binary"},
    }
    operation = {
        "parameters": [field],
        "requestBody": {"content": {"application/x-www-form-urlencoded": form}},
        "responses": {},
    }
    tool = tool_of(operation, dialect="3.0")
    assert tool.media_type.name == "multipart/form-data"
    assert (sorted(tool.schema["properties"]), sorted(tool.schema["required"])) == (
        ["f", "note"],
        ["f", "note"],
    )
    assert [problem.kind for problem in tool.api.problems if problem.kind == "two-bodies"] == [
        "two-bodies"
    ]
    json = {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"n": {}}}}}
    }
    assert (
        tool_of({**operation, "requestBody": json}, dialect="3.0").media_type.name
        == "application/json"
    )


def test_of_two_bodies_the_operations_own_counts() -> None:
    body = {"name": "own", "in": "body", "schema": {"title": "own"}}
    paths = {
        "/a": {
            "parameters": [{"name": "b", "in": "body", "schema": {"title": "shared"}}],
            "post": {"parameters": [body]},
        }
    }
    found = read({"swagger": "2.0", "paths": paths}).operations[0].request_body
    assert found is not None
    assert found.content[0].schema == {"title": "own"}


@pytest.mark.parametrize(
    ("item", "version", "place"),
    [
        (
            {"post": {}, "additionalOperations": {"COPY": {}, "POST": {"summary": "b"}}},
            "3.2.0",
            "/additionalOperations/POST",
        ),
        ({"GET": {"summary": "b"}, "get": {}}, "3.0.0", "/GET"),
        ({"Get": {}, "GET": {"summary": "b"}}, "3.0.0", "/GET"),
    ],
)
def test_of_two_operations_of_one_method_the_second_is_reported(
    item: JsonObject, version: str, place: str
) -> None:
    api = read(document({"/a": item}, version))
    assert "b" not in [one.summary for one in api.operations]
    [problem] = [problem for problem in api.problems if problem.kind == "bad-method"]
    assert (problem.pointer, problem.lost) == ("/paths/~1a" + place, place.rpartition("/")[2])


def test_progress_counts_operations_to_the_last() -> None:
    events: list[Progress] = []
    paths = {f"/{number}": {"get": {"responses": OK}, "parameters": []} for number in range(450)}
    read(document(paths), progress=events.append)
    assert [(event.stage, event.done) for event in events] == [
        ("read", 200),
        ("read", 400),
        ("read", 450),
    ]
    assert events[-1].total == 450


def test_a_long_chain_of_references_is_walked_once() -> None:
    count = 20_000
    links = {
        f"s{number}": {"$ref": f"#/components/schemas/s{number + 1}"} for number in range(count)
    }
    for end, problems in (({}, 0), ({"$ref": "#/components/schemas/s0"}, count + 1)):
        api = read(document({"/a": {}}, components={"schemas": {**links, f"s{count}": end}}))
        assert len(api.problems) == problems


def test_the_document_is_not_edited() -> None:
    raw = document(
        {"/a": {"$ref": "#/x-b", "get": {"parameters": {"q": {"in": "query", "name": "q"}}}}},
        **{"x-b": {"post": {}}},
    )
    before = repr(raw)
    read(raw)
    assert repr(raw) == before
