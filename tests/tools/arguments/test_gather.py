"""All that an operation takes is one object of arguments, and each argument finds its way back."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.model import ABSENT, Binding
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.strict.converter import to_strict
from tests.support.apis import json_body, reference, tool_of, tools_of

STRING = {"type": "string"}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": STRING, "tag": STRING}}


def parameter(name: str, location: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "required": location == "path", "schema": STRING} | more


def arguments(tool: Any) -> list[str]:
    return list(tool.schema["properties"])


def test_parameters_and_body_stand_side_by_side() -> None:
    tool = tool_of(
        {"parameters": [parameter("id", "path"), parameter("q")], **json_body(NAMED)},
        path="/x/{id}",
    )
    assert arguments(tool) == ["id", "q", "name", "tag"]
    assert tool.schema["required"] == ["id", "name"]
    assert tool.bindings[2:] == (
        Binding(("name",), "body", "/name"),
        Binding(("tag",), "body", "/tag"),
    )


@pytest.mark.parametrize(
    ("name", "location", "is_told"),
    [
        ("fields", "query", True),
        ("$select", "query", True),
        ("fields[books]", "query", True),
        ("fields", "header", False),
        ("select", "query", False),
    ],
)
def test_a_parameter_that_chooses_the_fields_of_an_answer_says_to_prefer_it(
    name: str, location: str, is_told: bool
) -> None:
    tool = tool_of({"parameters": [parameter(name, location, description="Which fields")]})
    (argument,) = tool.schema["properties"].values()
    assert ("Prefer to name only what you need" in argument["description"]) is is_told
    assert argument["description"].startswith("Which fields")


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [NAMED, {"type": "object"}]},
        {"type": "array", "items": NAMED},
        {"type": "object", "additionalProperties": STRING},
        {**NAMED, "additionalProperties": True},
        {**NAMED, "type": ["object", "null"]},
        {**NAMED, "minProperties": 1},
        STRING,
        {},
    ],
)
def test_a_body_that_would_lose_something_stands_under_body(schema: Any) -> None:
    tool = tool_of(json_body(schema))
    assert arguments(tool) == ["body"]
    assert tool.schema["required"] == ["body"]
    assert not {"oneOf", "anyOf", "allOf", "enum", "not"} & tool.schema.keys()


def test_an_optional_body_stands_under_body_so_that_it_can_be_absent_and_empty() -> None:
    tool = tool_of(json_body({"type": "object", "properties": {"name": STRING}}, required=False))
    for body in (ABSENT, {}, {"name": "x"}):
        assert tool.spread(tool.arguments_from(body=body)).body == body
    assert "required" not in tool.schema


def test_a_required_body_of_optional_properties_lies_flat_and_is_always_sent() -> None:
    tool = tool_of(json_body({"type": "object", "properties": {"name": STRING}}))
    assert arguments(tool) == ["name"]
    assert tool.spread({}).body == {}


def test_an_optional_form_without_required_fields_lies_flat() -> None:
    form = json_body(
        {"type": "object", "properties": {"name": STRING}},
        required=False,
        media_type="application/x-www-form-urlencoded",
    )
    assert arguments(tool_of(form)) == ["name"]
    assert tool_of(form).spread({}).body is ABSENT


def test_all_of_is_laid_flat_through_its_references() -> None:
    schemas = {
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    }
    tool = tool_of(json_body({"allOf": [reference("Base"), NAMED]}), schemas)
    assert tool.schema == {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": STRING, "tag": STRING},
        "required": ["id", "name"],
    }


def test_equal_names_are_told_apart_by_location_whatever_their_order() -> None:
    parameters = [parameter("id", "header"), parameter("id", "query"), parameter("id", "path")]
    body = json_body({"type": "object", "properties": {"id": STRING}})
    for ordered in (parameters, parameters[::-1]):
        tool = tool_of({"parameters": ordered, **body}, path="/x/{id}")
        names = {(binding.location, binding.argument[0]) for binding in tool.bindings}
        assert names == {
            ("path", "id"),
            ("query", "id_query"),
            ("header", "id_header"),
            ("body", "body_id"),
        }


def test_names_that_become_equal_when_made_legal_are_numbered_by_their_own_order() -> None:
    names = ["filter[x]", "filter-x", "filter_x"]
    for ordered in (names, names[::-1]):
        tool = tool_of({"parameters": [parameter(name) for name in ordered]})
        assert {b.name: b.argument[0] for b in tool.bindings} == {
            "filter_x": "filter_x",
            "filter-x": "filter_x_2",
            "filter[x]": "filter_x_3",
        }


@pytest.mark.parametrize(
    ("wire", "argument"),
    [
        ("X-Request-Id", "X_Request_Id"),
        ("$top", "top"),
        ("2fa", "_2fa"),
        ("a" * 80, "a" * 57 + "_87e06e"),
        ("ok", "ok"),
    ],
)
def test_names_are_made_legal_for_every_vendor_and_restored(wire: str, argument: str) -> None:
    (binding,) = tool_of({"parameters": [parameter(wire, "header")]}).bindings
    assert binding.argument[0][:58] == argument[:58]
    assert len(binding.argument[0]) <= 64
    assert binding.name == wire


def test_a_name_without_a_letter_still_has_an_argument_that_says_it() -> None:
    tool = tool_of({"parameters": [parameter("@!")]})
    (binding,) = tool.bindings
    assert binding.argument[0].startswith("arg_")
    assert tool.schema["properties"][binding.argument[0]]["description"] == "Sent as @!."


def test_what_authentication_fills_and_what_openapi_ignores_is_not_offered() -> None:
    parameters = [
        parameter("api_key"),
        parameter("X-Key", "header"),
        parameter("Accept", "header"),
        parameter("Authorization", "header"),
    ]
    schemes = {
        "key": {"type": "apiKey", "in": "query", "name": "api_key"},
        "other": {"type": "apiKey", "in": "header", "name": "x-key"},
    }
    tools = tools_of(
        {
            "/x": {
                "get": {
                    "parameters": parameters,
                    "security": [{"key": []}, {"other": []}],
                    "responses": {},
                }
            }
        },
        components={"securitySchemes": schemes},
    )
    (tool,) = tools.values()
    assert arguments(tool) == []


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "Proxy-Connection",
        "expect",
        "Proxy-Authorization",
    ],
)
def test_where_a_message_goes_and_ends_is_not_offered(name: str) -> None:
    assert arguments(tool_of({"parameters": [parameter(name, "header", required=True)]})) == []


def test_a_parameter_that_only_the_path_names_is_offered() -> None:
    tool = tool_of({}, path="/x/{id}")
    assert tool.bindings == (Binding(("id",), "path", "id"),)
    assert tool.schema["required"] == ["id"]


def test_hints_rename_describe_and_exclude_parameters() -> None:
    hints = {"name": "limit", "description": "How many."}
    parameters = [
        parameter("l", **{"x-openapi2tools": hints}),
        parameter("debug", **{"x-openapi2tools": {"exclude": True}}),
    ]
    tool = tool_of({"parameters": parameters})
    assert tool.schema["properties"] == {"limit": {"type": "string", "description": "How many."}}
    assert tool.bindings == (Binding(("limit",), "query", "l"),)


def test_a_required_parameter_that_is_excluded_is_filled_in_or_reported() -> None:
    excluded = {"x-openapi2tools": {"exclude": True}, "required": True}
    fixed = parameter("v", schema={"enum": ["2020"]}, **excluded)
    tool = tool_of(
        {
            "parameters": [
                fixed,
                parameter("w", schema={"type": "string", "default": "d"}, **excluded),
            ]
        }
    )
    assert tool.spread({}).query == {"v": "2020", "w": "d"}
    assert [
        problem.kind for problem in tool_of({"parameters": [parameter("k", **excluded)]}).problems
    ] == ["excluded-required"]


def test_hints_rename_required_properties_of_the_body_too() -> None:
    properties = {"x": {**STRING, "x-openapi2tools": {"name": "better"}}, "y": STRING}
    tool = tool_of(json_body({"type": "object", "required": ["x"], "properties": properties}))
    assert (arguments(tool), tool.schema["required"]) == (["better", "y"], ["better"])
    assert tool.spread({"better": "a"}).body == {"x": "a"}


EXCLUDED = {"x-openapi2tools": {"exclude": True}}


def test_a_required_property_of_the_body_that_is_excluded_is_filled_in_too() -> None:
    inner = {
        "type": "object",
        "required": ["v"],
        "properties": {"v": {"enum": [2], **EXCLUDED}, "w": STRING},
    }
    kind = {"type": "string", "default": "k", **EXCLUDED}
    body = {
        "type": "object",
        "required": ["name", "kind", "in"],
        "properties": {"name": STRING, "kind": kind, "in": inner},
    }
    tool = tool_of(json_body(body))
    assert arguments(tool) == ["name", "in"]
    assert tool.spread({"name": "n", "in": {"w": "x"}}).body == {
        "name": "n",
        "kind": "k",
        "in": {"w": "x", "v": 2},
    }
    assert tool.spread(
        tool.arguments_from(body=tool.spread({"name": "n", "in": {}}).body)
    ).body == {
        "name": "n",
        "kind": "k",
        "in": {"v": 2},
    }


def test_an_optional_body_is_filled_in_only_when_it_is_given() -> None:
    tool = tool_of(
        json_body(
            {"type": "object", "required": ["k"], "properties": {"k": {"const": 1, **EXCLUDED}}},
            required=False,
        )
    )
    assert tool.spread({}).body is ABSENT
    assert tool.spread({"body": {}}).body == {"k": 1}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"type": "object", "required": ["k"], "properties": {"k": {**STRING, **EXCLUDED}}},
            "no one value",
        ),
        (
            {
                "type": "object",
                "properties": {
                    "o": {
                        "type": "object",
                        "required": ["k"],
                        "properties": {"k": {"const": 1, **EXCLUDED}, "shown": STRING},
                    }
                },
            },
            "optional or repeated part",
        ),
        (
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["k"],
                    "properties": {"k": {"const": 1, **EXCLUDED}},
                },
            },
            "optional or repeated part",
        ),
        (reference("Many"), "optional or repeated part"),
    ],
)
def test_an_excluded_property_that_cannot_be_filled_in_is_reported(
    schema: Any, reason: str
) -> None:
    one = {
        "type": "object",
        "required": ["k"],
        "properties": {"k": {"const": 1, **EXCLUDED}, "more": reference("Many")},
    }
    tool = tool_of(json_body(schema), {"Many": {"type": "array", "items": one}})
    assert {problem.kind for problem in tool.problems} == {"excluded-required"}
    assert all(reason in problem.message for problem in tool.problems)


def test_hints_rename_and_describe_a_body_and_its_properties() -> None:
    whole = json_body({"type": "array", "items": STRING})
    whole["requestBody"] |= {
        "description": "D.",
        "x-openapi2tools": {"name": "notes", "description": "What to note."},
    }
    assert tool_of(whole).schema["properties"] == {
        "notes": {"type": "array", "items": STRING, "description": "What to note."}
    }
    flat = tool_of(
        json_body(
            {"type": "object", "properties": {"n": {**STRING, "x-openapi2tools": {"name": "note"}}}}
        )
    )
    assert flat.bindings == (Binding(("note",), "body", "/n"),)


@pytest.mark.parametrize("dialect", ["3.0", "3.1"])
def test_a_hint_beside_the_reference_of_a_property_describes_it(dialect: str) -> None:
    told = {**reference("T"), "x-openapi2tools": {"name": "note", "description": "What to note."}}
    tool = tool_of(
        json_body({"type": "object", "properties": {"n": told}}),
        {"T": {**STRING, "description": "D."}},
        dialect,
    )
    assert tool.schema["properties"] == {"note": {**STRING, "description": "What to note."}}


def test_a_hint_describes_a_file_too() -> None:
    photo = {**STRING, "format": "binary", "x-openapi2tools": {"description": "A face."}}
    tool = tool_of(
        json_body(
            {"type": "object", "properties": {"photo": photo}}, media_type="multipart/form-data"
        ),
        dialect="3.0",
    )
    assert tool.schema["properties"]["photo"]["description"] == "A face."


def test_what_a_parameter_says_stands_on_its_schema() -> None:
    raw = parameter(
        "q",
        description="What to *find*.",
        deprecated=True,
        schema={"type": "string", "description": "A text."},
    )
    (schema,) = tool_of({"parameters": [raw]}).schema["properties"].values()
    assert schema == {"type": "string", "description": "What to find.\nA text.", "deprecated": True}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["application/xml", "application/json"], "application/json"),
        (["text/plain", "application/vnd.api+json"], "application/vnd.api+json"),
        (
            ["application/json-patch+json", "application/merge-patch+json"],
            "application/merge-patch+json",
        ),
        (
            ["application/xml", "application/x-www-form-urlencoded"],
            "application/x-www-form-urlencoded",
        ),
        (["application/x-www-form-urlencoded", "multipart/form-data"], "multipart/form-data"),
        (["application/octet-stream", "application/xml"], "application/xml"),
        (["application/json; charset=utf-8", "text/json"], "application/json; charset=utf-8"),
    ],
)
def test_json_comes_first_then_forms_text_xml_and_bytes(names: list[str], chosen: str) -> None:
    tool = tool_of(
        {"requestBody": {"required": True, "content": {name: {"schema": NAMED} for name in names}}}
    )
    assert tool.media_type.name == chosen


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        (
            {"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}], "title": "Q"},
            {"type": "string", "minLength": 2, "title": "Q"},
        ),
        ({"type": ["integer", "null"], "default": None}, {"type": "integer"}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "enum": ["a"]}),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        ),
    ],
)
def test_null_is_not_offered_where_no_style_can_write_it(written: Any, offered: Any) -> None:
    tool = tool_of({"parameters": [parameter("x", schema=written)]})
    told = {
        keyword: value
        for keyword, value in tool.schema["properties"]["x"].items()
        if keyword != "title"
    }
    assert told == {keyword: value for keyword, value in offered.items() if keyword != "title"}


def test_a_file_is_given_by_path_text_or_base64() -> None:
    form = {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "A photo."},
            "name": STRING,
        },
    }
    tool = tool_of(json_body(form, media_type="multipart/form-data"))
    assert tool.schema["properties"]["file"]["properties"].keys() == {
        "path",
        "text",
        "base64",
        "filename",
        "content_type",
    }
    assert tool.schema["properties"]["file"]["description"] == "A photo."
    whole = tool_of(json_body({"type": "string", "format": "binary"}, media_type="image/png"))
    assert whole.schema["properties"]["body"]["properties"].keys() >= {"path", "text", "base64"}


def test_a_part_whose_encoding_is_binary_is_a_file() -> None:
    form = {"type": "object", "properties": {"photo": {"description": "A photo."}, "note": STRING}}
    content = {
        "multipart/form-data": {
            "schema": form,
            "encoding": {"photo": {"contentType": "image/png, image/jpeg"}},
        }
    }
    properties = tool_of({"requestBody": {"required": True, "content": content}}).schema[
        "properties"
    ]
    assert "base64" in properties["photo"]["properties"]
    assert properties["photo"]["description"] == "A photo."
    assert properties["note"] == STRING


FORM = "multipart/form-data"
FILE = {"path", "text", "base64", "filename", "content_type"}


def is_file(schema: Any, tool: Any) -> bool:
    """Tell whether a schema is that of a file, in place or by reference."""
    return (tool.schema["$defs"]["File"] if "$ref" in schema else schema).get(
        "properties", {}
    ).keys() == FILE


@pytest.mark.parametrize(
    ("part", "encoding"),
    [
        ({"type": "array", "items": {}}, {}),
        ({"type": "array", "items": STRING}, {"contentType": "image/png"}),
        ({"type": "array", "items": {"type": "string", "format": "binary"}}, {}),
        (reference("Photos"), {}),
        ({"anyOf": [reference("Photos"), {"type": "null"}]}, {}),
    ],
)
def test_each_item_of_a_list_of_files_is_a_file(part: Any, encoding: Any) -> None:
    content = {FORM: {"schema": reference("Form"), "encoding": {"part": encoding}}}
    photos = {"type": "array", "items": {"type": "string", "contentMediaType": "image/png"}}
    schemas = {
        "Form": {"type": "object", "properties": {"part": part, "name": STRING}},
        "Photos": photos,
    }
    tool = tool_of({"requestBody": {"required": True, "content": content}}, schemas)
    schema = tool.schema["properties"]["part"]
    assert is_file(schema.get("anyOf", [schema])[0]["items"], tool)
    assert tool.schema["properties"]["name"] == STRING


def test_a_part_of_no_type_is_a_file_unless_its_encoding_says_otherwise() -> None:
    schema = {"type": "object", "properties": {"photo": {"title": "A photo"}, "meta": {}}}
    content = {FORM: {"schema": schema, "encoding": {"meta": {"contentType": "application/json"}}}}
    tool = tool_of({"requestBody": {"required": True, "content": content}})
    assert is_file(tool.schema["properties"]["photo"], tool)
    assert tool.schema["properties"]["meta"] == {}


def test_inside_a_json_part_and_in_a_parameter_a_binary_string_is_a_string() -> None:
    binary = {"type": "string", "format": "binary"}
    form = {
        "allOf": [reference("Form")],
        "properties": {"meta": {"type": "object", "properties": {"photo": binary}}},
    }
    operation = {"parameters": [parameter("q", schema=binary)], **json_body(form, media_type=FORM)}
    tool = tool_of(operation, {"Form": {"type": "object", "properties": {"photo": binary}}})
    assert (
        tool.schema["properties"]["q"]
        == tool.schema["properties"]["meta"]["properties"]["photo"]
        == binary
    )
    assert is_file(tool.schema["properties"]["photo"], tool)


@pytest.mark.parametrize("given", [{}, {"path": "a", "text": "b"}, {"filename": "a.png"}])
def test_a_file_has_exactly_one_content(given: Any) -> None:
    tool = tool_of(
        json_body({"type": "string", "format": "binary"}, media_type="application/octet-stream")
    )
    assert check_arguments(tool, {"body": given}).faults
    assert not check_arguments(tool, {"body": {"text": "a", "filename": "a.txt"}}).faults


PHOTO = {
    "type": "object",
    "properties": {"photo": {"type": "string", "format": "binary"}, "name": STRING},
}
PHOTOS = {"properties": {"photos": {"type": "array", "items": {"format": "binary"}}}}
URL = {"type": "object", "properties": {"url": STRING}}
BINARY = {"type": "string", "format": "binary"}
ENCODED_FORM = "application/x-www-form-urlencoded"
OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        ({"application/json": PHOTO, ENCODED_FORM: PHOTO, FORM: PHOTO}, FORM),
        ({FORM: PHOTOS, "application/json": PHOTOS}, FORM),
        ({"application/json": reference("Photo"), FORM: reference("Photo")}, FORM),
        ({"application/json": {"allOf": [PHOTO]}, FORM: {"allOf": [PHOTO]}}, FORM),
        ({"application/json": URL, FORM: PHOTO}, FORM),
        ({"application/json": BINARY, OCTETS: BINARY}, OCTETS),
        (
            {"application/json": {"type": "string", "contentMediaType": "image/png"}, OCTETS: {}},
            OCTETS,
        ),
        # no file: JSON as before
        ({FORM: URL, "application/json": URL}, "application/json"),
        ({OCTETS: BINARY, "application/json": URL}, "application/json"),
        ({"application/json": PHOTO, OCTETS: PHOTO}, "application/json"),
    ],
)
def test_of_several_representations_one_that_takes_a_file_is_offered(
    content: dict[str, Any], chosen: str
) -> None:
    media_types = {name: {"schema": schema} for name, schema in content.items()}
    body = {"requestBody": {"required": True, "content": media_types}}
    tool = tool_of(body, {"Photo": PHOTO})
    assert tool.media_type is not None
    assert tool.media_type.name == chosen


def test_a_tool_says_which_representation_it_offers_where_they_differ() -> None:
    def described(first: Any, second: Any) -> str:
        content = {FORM: {"schema": first}, "application/json": {"schema": second}}
        return tool_of({"requestBody": {"required": True, "content": content}}).description

    said = "Sent as multipart/form-data; the API also takes application/json, of other fields."
    assert said in described(PHOTO, URL)
    assert "Sent as" not in described(PHOTO, PHOTO)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "text/csv"},
        {"type": "string", "format": "file"},
        {"type": ["string", "null"], "format": "application/vnd.ms-excel"},
        {"type": "string", "x-file-content-types": ["image/png"]},
        reference("Csv"),
    ],
)
def test_a_part_is_a_file_by_another_name(schema: Any) -> None:
    form = {"type": "object", "properties": {"file": schema, "name": STRING}}
    csv = {"type": "string", "format": "text/csv"}
    tool = tool_of(json_body(form, media_type=FORM), {"Csv": csv})
    assert is_file(tool.schema["properties"]["file"], tool)
    assert tool.schema["properties"]["name"] == STRING


@pytest.mark.parametrize("written", ["date-time", "application/json", "byte", "a/b", "file:///x"])
def test_a_part_of_another_format_is_text(written: str) -> None:
    form = {"type": "object", "properties": {"x": {"type": "string", "format": written}}}
    tool = tool_of(json_body(form, media_type=FORM))
    assert tool.schema["properties"]["x"]["type"] == "string"


def test_any_media_type_may_be_a_file() -> None:
    tool = tool_of(json_body({"type": "string", "format": "binary"}, media_type="*/*"))
    assert is_file(tool.schema["properties"]["body"], tool)
    assert tool_of(json_body(STRING, media_type="*/*")).schema["properties"]["body"] == STRING


def test_a_media_type_that_says_what_it_is_comes_before_one_that_does_not() -> None:
    form = {"schema": NAMED}
    assert (
        tool_of({"requestBody": {"content": {"application/json": {}, FORM: form}}}).media_type.name
        == FORM
    )
    assert (
        tool_of(
            {"requestBody": {"content": {"*/*": {"schema": STRING}, FORM: form}}}
        ).media_type.name
        == FORM
    )


def test_in_json_a_binary_string_is_a_string() -> None:
    tool = tool_of(
        json_body(
            {"type": "object", "properties": {"data": {"type": "string", "format": "binary"}}}
        )
    )
    assert tool.schema["properties"]["data"] == {"type": "string", "format": "binary"}


def test_swagger_2_form_data_and_files_become_arguments() -> None:
    parameters = [
        {"name": "photo", "in": "formData", "type": "file", "required": True},
        {"name": "note", "in": "formData", "type": "string"},
    ]
    tool = tool_of({"consumes": ["multipart/form-data"], "parameters": parameters}, dialect="2.0")
    assert arguments(tool) == ["photo", "note"]
    assert "base64" in tool.schema["properties"]["photo"]["properties"]


def test_a_component_that_one_argument_refers_to_stands_there() -> None:
    schemas = {"Named": {**NAMED, "additionalProperties": True}}
    assert "$defs" not in tool_of(json_body(reference("Named")), schemas).schema
    both = {"type": "object", "properties": {"a": reference("Named"), "b": reference("Named")}}
    assert list(tool_of(json_body(both), schemas).schema["$defs"]) == ["Named"]


def test_a_recursive_body_lies_flat_once() -> None:
    schemas = {
        "Node": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": STRING, "next": reference("Node")},
        }
    }
    schema = tool_of(json_body(reference("Node")), schemas).schema
    assert schema["properties"]["next"] == {"$ref": "#/$defs/Node"}
    assert list(schema["$defs"]) == ["Node"]


def test_the_query_string_of_3_2_is_one_argument() -> None:
    raw = {"name": "q", "in": "querystring", "content": {"application/json": {"schema": NAMED}}}
    tool = tool_of({"parameters": [raw]}, dialect="3.2")
    assert tool.spread(tool.arguments_from(querystring={"name": "x"})).querystring == {"name": "x"}


def test_names_of_headers_have_no_case_and_others_do() -> None:
    keys = {"q": {"type": "apiKey", "in": "query", "name": "key"}}
    operation = {
        "parameters": [parameter("X-Request-Id", "header"), parameter("Key"), parameter("key")],
        "security": [{"q": []}],
    }
    paths = {"/x": {"get": {"responses": {}, **operation}}}
    (tool,) = tools_of(paths, components={"securitySchemes": keys}).values()
    assert arguments(tool) == ["X_Request_Id", "Key"]
    assert tool.arguments_from(header={"x-request-id": "1"}) == {"X_Request_Id": "1"}


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("país", "país"),
        ("数量", "数量"),
        ("_数量", "_数量"),
        ("номер-заказа", "номер_заказа"),
        ("ชื่อ", "ชื่อ"),
        ("2つ目", "_2つ目"),
        ("数\u200b量", "数量"),
    ],
)
def test_letters_of_any_script_stay(name: str, argument: str) -> None:
    tool = tool_of(
        {"parameters": [parameter(name)], **json_body({"type": "object", "properties": {}})}
    )
    assert arguments(tool)[0] == argument
    assert "description" not in tool.schema["properties"][argument]
    assert tool.spread({argument: "x"}).query == {name: "x"}


@pytest.mark.parametrize("name", ["image[]", "filter[name]", "Ids(n)", "x" * 70])
def test_an_argument_says_the_name_on_the_wire_where_its_own_does_not_tell(name: str) -> None:
    described = {"type": "string", "description": "What to take"}
    body = {"type": "object", "properties": {name: described, "tag": STRING}}
    for tool in (
        tool_of({"parameters": [parameter(name, schema=described)]}),
        tool_of(json_body(body)),
    ):
        (argument,) = tool.bindings[0].argument
        assert argument.isidentifier()
        assert (
            tool.schema["properties"][argument]["description"] == f"What to take. Sent as {name}."
        )


@pytest.mark.parametrize("name", ["X-Request-Id", "$filter", "@type", "a.b", "1st"])
def test_a_name_that_only_separates_words_otherwise_says_nothing(name: str) -> None:
    (schema,) = tool_of({"parameters": [parameter(name)]}).schema["properties"].values()
    assert "description" not in schema


def test_a_hinted_name_says_nothing_of_the_one_on_the_wire() -> None:
    hinted = parameter("image[]", **{"x-openapi2tools": {"name": "picture"}})
    assert tool_of({"parameters": [hinted]}).schema["properties"] == {"picture": STRING}


def test_of_two_like_names_the_one_that_needs_no_change_is_nearest_to_itself() -> None:
    body = {"type": "object", "properties": {"@id": STRING, "id": STRING}}
    tool = tool_of({"parameters": [parameter("id", "path")], **json_body(body)}, path="/x/{id}")
    assert {binding.name: binding.argument[0] for binding in tool.bindings} == {
        "id": "id",
        "/id": "body_id",
        "/@id": "body_id_2",
    }


def test_null_of_a_component_is_not_offered_where_no_style_can_write_it() -> None:
    nullable = {"anyOf": [{"type": "string", "description": "x" * 200}, {"type": "null"}]}
    tool = tool_of({"parameters": [parameter("q", schema=reference("N"))]}, {"N": nullable})
    assert tool.schema["properties"]["q"] == {"type": "string", "description": "x" * 200}


@pytest.mark.parametrize(
    ("kind", "null"), [("application/json", True), ("multipart/form-data", False), (FORM, False)]
)
def test_a_form_has_no_word_for_null(kind: str, null: bool) -> None:
    schema = {"type": "object", "properties": {"n": {"type": ["integer", "null"]}}}
    assert (
        tool_of(json_body(schema, media_type=kind)).schema["properties"]["n"]["type"]
        == ["integer", "null"]
    ) is null


ANY_MORE = {"type": "object", "additionalProperties": True}


@pytest.mark.parametrize(
    ("schema", "schemas"),
    [
        ({"properties": {"name": STRING}, "allOf": [ANY_MORE]}, {}),
        ({"properties": {"name": STRING}, "allOf": [reference("More")]}, {"More": ANY_MORE}),
        (
            {"properties": {"name": STRING}, "allOf": [reference("More")]},
            {"More": {**ANY_MORE, "description": "Whatever else is known. " * 10}},
        ),
        ({"allOf": [{"properties": {"name": STRING}}], "unevaluatedProperties": {}}, {}),
        ({"allOf": [{"properties": {"name": STRING}}], "additionalProperties": True}, {}),
    ],
)
def test_what_an_open_part_of_a_body_takes_is_sent(schema: Any, schemas: Any) -> None:
    tool = tool_of(json_body(schema), schemas)
    given = {"body": {"name": "a", "colour": "red"}}
    checked = check_arguments(tool, given)
    assert (checked.faults, checked.notes) == ((), ())
    assert tool.spread(checked.arguments).body == {"name": "a", "colour": "red"}
    strict = to_strict(tool.schema).schema
    assert strict is not None
    assert "additional_properties" in str(strict)


READ_ONLY = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}}


@pytest.mark.parametrize(
    "schema",
    [
        {**READ_ONLY, "required": ["id"]},
        {**READ_ONLY, "additionalProperties": False},
        {"allOf": [READ_ONLY, reference("Made")]},
        reference("Made"),
    ],
)
def test_a_required_body_that_the_api_fills_in_is_not_asked_for(schema: Any) -> None:
    tool = tool_of(json_body(schema), {"Made": READ_ONLY})
    assert tool.schema == {"type": "object", "properties": {}}
    assert tool.spread({}).body == {}


@pytest.mark.parametrize(
    "more", [ANY_MORE, {"required": ["name"]}, {"anyOf": [{"minProperties": 1}]}]
)
def test_a_required_body_that_takes_more_is_asked_for(more: Any) -> None:
    tool = tool_of(json_body({**READ_ONLY, **more}))
    assert tool.schema["properties"]


@pytest.mark.parametrize("flat", [True, False])
def test_a_merge_patch_may_delete_optional_fields_at_any_depth(flat: bool) -> None:
    address = {
        "type": "object",
        "required": ["city"],
        "properties": {"street": STRING, "city": STRING},
    }
    pet = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": STRING,
            "tag": STRING,
            "kind": {"enum": ["cat", "dog"]},
            "home": reference("Address"),
            "labels": {"type": "object", "additionalProperties": STRING},
            "tags": {"type": "array", "items": STRING},
        },
    }
    media_type = "application/merge-patch+json"
    body = json_body(pet, required=flat, media_type=media_type)
    query = {"parameters": [parameter("q")]}
    tool = tool_of({**query, **body}, {"Address": address})

    def checked(patch: dict[str, Any]) -> Any:
        found = check_arguments(
            tool, {"name": "Rex", **patch} if flat else {"body": {"name": "Rex", **patch}}
        )
        return found.faults or tool.spread(found.arguments).body

    for patch in (
        {"tag": None, "kind": None, "home": None, "tags": None},
        {"home": {"city": "Rome", "street": None}, "labels": {"a": None}},
    ):
        assert checked(patch) == {"name": "Rex", **patch}
    for wrong in ({"tags": [None]}, {"home": {"city": None}}):
        assert isinstance(checked(wrong), tuple)
    told = tool.description if flat else tool.schema["properties"]["body"]["description"]
    assert "null deletes a field" in told
    # elsewhere null is left out, as before
    found = check_arguments(tool, {"q": None, "name": "Rex"} if flat else {"q": None})
    assert "q" not in found.arguments
