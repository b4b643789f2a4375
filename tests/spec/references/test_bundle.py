"""Documents that refer to other documents: on disk, and on real servers."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools._core import pointer, portal
from openapi2tools.errors import SpecError
from openapi2tools.spec.fetch.fetch import Fetcher
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse.parse import parse
from openapi2tools.spec.references.allowed import AllowedAddresses
from openapi2tools.spec.references.bundle import bundle
from openapi2tools.spec.references.grammar import DOCUMENT
from openapi2tools.spec.references.identify import names_to_pointers
from openapi2tools.spec.references.walk import find_sites
from tests.support.patience import bounded_work
from tests.support.server import Answer, LoopbackServer

REAL = Path(__file__).parents[3] / "specs" / "real"


def join(address, *, document=None, allow_refs=(), limits=None):
    """Fetch, parse and join a document; give it with its problems."""

    async def go():
        async with Fetcher(address, named=allow_refs, cache=False, limits=limits) as fetcher:
            value = (
                document
                if document is not None
                else parse((await fetcher(str(address))).data).value
            )
            return await bundle(
                value, address and str(address), fetcher, allow_refs=allow_refs, limits=limits
            )

    return portal.run(go)


def write(folder, **files):
    """Write files named by keys (`__` is a slash, the ending is .json); the root is `root.json`."""
    for name, value in files.items():
        file = folder / f"{name.replace('__', '/')}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    return folder / "root.json"


def root(schema=None, **more):
    """Write a 3.1 document with one operation, whose answer has this schema."""
    content = {"application/json": {"schema": schema if schema is not None else {}}}
    paths = {"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **more}


def schema_of(document):
    return pointer.lookup(document, "/paths/~1a/get/responses/200/content/application~1json/schema")


def loose_ends(document):
    """Give the references that are not local, or lead nowhere."""
    found = [site.reference for site in find_sites(document, DOCUMENT, set())]
    return [
        r
        for r in found
        if not r.startswith("#")
        or pointer.lookup(document, pointer.from_fragment(r)) is pointer.MISSING
    ]


# --- joining ---


def test_a_document_without_outside_references_comes_back_as_it_is():
    document = root(
        {"$ref": "#/components/schemas/A"}, components={"schemas": {"A": {"type": "string"}}}
    )
    assert join(None, document=document)[0] is document


def test_a_schema_in_another_file_becomes_a_component(tmp_path):
    address = write(
        tmp_path, root=root({"$ref": "schemas/Pet.json"}), schemas__Pet={"type": "object"}
    )
    document, problems = join(address)
    assert schema_of(document) == {"$ref": "#/components/schemas/Pet"}
    assert (document["components"], problems) == ({"schemas": {"Pet": {"type": "object"}}}, [])


def test_the_document_that_came_in_is_not_edited(tmp_path):
    given_document = root({"$ref": "schemas/Pet.json"})
    address = write(tmp_path, root=given_document, schemas__Pet={"type": "object"})
    before = copy.deepcopy(given_document)
    join(address, document=given_document)
    assert given_document == before


def test_a_reference_resolves_against_the_file_it_stands_in(tmp_path):
    parts = {
        "a__b__Pet": {"properties": {"tag": {"$ref": "../Tag.json#/$defs/Tag"}}},
        "a__Tag": {"$defs": {"Tag": {"enum": [1]}}},
    }
    document, problems = join(write(tmp_path, root=root({"$ref": "a/b/Pet.json"}), **parts))
    assert document["components"]["schemas"] == {
        "Pet": {"properties": {"tag": {"$ref": "#/components/schemas/Tag"}}},
        "Tag": {"enum": [1]},
    }
    assert problems == []


def test_a_file_may_refer_within_itself_and_back_to_the_root(tmp_path):
    parts = {
        "Pet": {
            "type": "object",
            "properties": {"me": {"$ref": "#"}, "it": {"$ref": "root.json#/components/schemas/It"}},
        }
    }
    document, _ = join(
        write(
            tmp_path, root=root({"$ref": "Pet.json"}, components={"schemas": {"It": {}}}), **parts
        )
    )
    assert document["components"]["schemas"]["Pet"]["properties"] == {
        "me": {"$ref": "#/components/schemas/Pet"},
        "it": {"$ref": "#/components/schemas/It"},
    }


def test_files_that_refer_to_each_other_stay_references(tmp_path):
    parts = {
        "A": {"properties": {"b": {"$ref": "B.json"}}},
        "B": {"properties": {"a": {"$ref": "A.json"}}},
    }
    document, problems = join(write(tmp_path, root=root({"$ref": "A.json"}), **parts))
    assert (loose_ends(document), problems) == ([], [])
    assert set(document["components"]["schemas"]) == {"A", "B"}


def test_a_component_that_is_only_a_reference_is_replaced_by_what_it_means(tmp_path):
    given_document = root(
        {"$ref": "#/components/schemas/Pet"},
        components={"schemas": {"Pet": {"$ref": "animal.json"}}},
    )
    document, _ = join(
        write(
            tmp_path, root=given_document, animal={"properties": {"mate": {"$ref": "animal.json"}}}
        )
    )
    assert document["components"]["schemas"] == {
        "Pet": {"properties": {"mate": {"$ref": "#/components/schemas/Pet"}}}
    }


@pytest.mark.parametrize(
    ("kind", "section", "place"),
    [
        ("parameters", "parameters", [{"$ref": "part.json"}]),
        ("requestBody", "requestBodies", {"$ref": "part.json"}),
        ("responses", "responses", {"200": {"$ref": "part.json"}}),
        ("callbacks", "callbacks", {"done": {"$ref": "part.json"}}),
    ],
)
def test_every_kind_goes_to_its_own_section(tmp_path, kind, section, place):
    document = root()
    document["paths"]["/a"]["get"][kind] = place
    joined, _ = join(write(tmp_path, root=document, part={"description": "it"}))
    assert joined["components"] == {section: {"part": {"description": "it"}}}


def test_a_2_0_document_keeps_to_its_own_sections(tmp_path):
    document = {
        "swagger": "2.0",
        "paths": {
            "/a": {
                "get": {
                    "responses": {
                        "200": {"schema": {"$ref": "Pet.json"}},
                        "404": {"$ref": "gone.json"},
                    }
                }
            }
        },
    }
    joined, _ = join(
        write(tmp_path, root=document, Pet={"type": "object"}, gone={"description": "gone"})
    )
    assert (joined["definitions"], joined["responses"]) == (
        {"Pet": {"type": "object"}},
        {"gone": {"description": "gone"}},
    )
    assert "components" not in joined


def test_a_header_may_begin_like_an_extension(tmp_path):
    document = root()
    document["paths"]["/a"]["get"]["responses"]["200"]["headers"] = {
        "x-request-id": {"$ref": "id.json"}
    }
    joined, _ = join(write(tmp_path, root=document, id={"schema": {"type": "string"}}))
    assert joined["components"]["headers"] == {"id": {"schema": {"type": "string"}}}


def test_what_no_component_can_hold_is_written_out(tmp_path):
    parts = {
        "paths": {"/b": {"$ref": "item.json"}, "/c": {"get": {"$ref": "op.json"}}},
        "item": {"summary": "theirs", "get": {"$ref": "op.json"}},
        "op": {"responses": {}},
        "tags": [{"name": "x", "description": {"$ref": "texts.json#/x"}}],
        "texts": {"x": "About x"},
        "schemas": {"A": {"type": "string"}},
    }
    document = {
        "openapi": "3.0.3",
        "paths": {"$ref": "paths.json"},
        "tags": {"$ref": "tags.json"},
        "components": {"schemas": {"$ref": "schemas.json"}},
    }
    joined, problems = join(write(tmp_path, root=document, **parts))
    assert joined["paths"] == {
        "/b": {"summary": "theirs", "get": {"responses": {}}},
        "/c": {"get": {"responses": {}}},
    }
    assert joined["tags"] == [{"name": "x", "description": "About x"}]
    assert (joined["components"], problems) == ({"schemas": {"A": {"type": "string"}}}, [])


def test_what_stands_beside_a_path_items_reference_counts_more(tmp_path):
    document = root()
    document["paths"]["/b"] = {"$ref": "item.json", "summary": "ours"}
    joined, _ = join(
        write(tmp_path, root=document, item={"summary": "theirs", "get": {"responses": {}}})
    )
    assert joined["paths"]["/b"] == {"summary": "ours", "get": {"responses": {}}}


def test_what_stands_beside_a_schemas_reference_stays(tmp_path):
    document, _ = join(
        write(tmp_path, root=root({"$ref": "Pet.json", "description": "mine"}), Pet={})
    )
    assert schema_of(document) == {"$ref": "#/components/schemas/Pet", "description": "mine"}


def test_pointers_with_slashes_tildes_and_spaces_are_understood(tmp_path):
    parts = {"odd name": {"a/b": {"c~d e": {"type": "null"}}}}
    document, problems = join(
        write(tmp_path, root=root({"$ref": "odd%20name.json#/a~1b/c~0d%20e"}), **parts)
    )
    assert (document["components"]["schemas"], problems) == ({"c_d_e": {"type": "null"}}, [])


def test_names_within_another_file_are_resolved_there(tmp_path):
    item = {"$id": "https://names.invalid/item.json", "type": "integer"}
    pet = {
        "$anchor": "pet",
        "properties": {
            "a": {"$ref": "item.json"},
            "b": {"$ref": "#pet"},
            "c": {"$ref": "types.json#/$defs/pet"},
        },
    }
    types = {"$id": "https://names.invalid/types.json", "$defs": {"item": item, "pet": pet}}
    document, problems = join(
        write(tmp_path, root=root({"$ref": "parts.json#/$defs/pet"}), parts=types)
    )
    assert problems == []
    schemas = document["components"]["schemas"]
    assert schemas["item"] == item
    assert [
        schema["$ref"].rpartition("/")[2] for schema in schemas["pet"]["properties"].values()
    ] == ["item", "pet", "pet"]


@pytest.mark.parametrize(
    ("more", "own"), [({"openapi": "3.2.0"}, "$self"), ({}, "$id")], ids=["OpenAPI", "a schema"]
)
def test_a_document_is_called_as_its_standard_says(tmp_path, more, own):
    names = {"$self": "https://names.invalid/self", "$id": "https://names.invalid/id"}
    thing = {"type": "integer"}
    named = {**more, **names, "$defs": {"a": thing, "b": {"$ref": f"{names[own]}#/$defs/a"}}}
    # by its own name: from within (where it is read), and from beside (where that is refused)
    assert names_to_pointers(named, None)["$defs"]["b"] == {"$ref": "#/$defs/a"}
    refers = {"x": {"$ref": "all.json#/$defs/a"}, "y": {"$ref": f"{names[own]}#/$defs/b"}}
    document, problems = join(
        write(tmp_path, root=root({"$ref": "Both.json"}), Both={"properties": refers}, all=named)
    )
    assert (problems, loose_ends(document)) == ([], [])


def test_an_anchor_in_another_file_is_found(tmp_path):
    parts = {"all": {"$defs": {"x": {"$anchor": "here", "type": "integer"}}}}
    document, _ = join(write(tmp_path, root=root({"$ref": "all.json#here"}), **parts))
    assert document["components"]["schemas"] == {"here": {"$anchor": "here", "type": "integer"}}


# --- data is no reference ---


@pytest.mark.parametrize("word", ["example", "examples", "enum", "const", "default", "x-thing"])
def test_a_reference_within_data_is_data(tmp_path, word):
    value = [{"$ref": "nowhere.json"}] if word in {"enum", "examples"} else {"$ref": "nowhere.json"}
    document, problems = join(write(tmp_path, root=root({"$ref": "Pet.json"}), Pet={word: value}))
    assert (document["components"]["schemas"]["Pet"], problems) == ({word: value}, [])


def test_a_property_named_ref_is_a_property(tmp_path):
    pet = {"properties": {"$ref": {"type": "string"}, "x-tag": {"$ref": "Tag.json"}}}
    document, problems = join(write(tmp_path, root=root({"$ref": "Pet.json"}), Pet=pet, Tag={}))
    properties = document["components"]["schemas"]["Pet"]["properties"]
    assert properties == {"$ref": {"type": "string"}, "x-tag": {"$ref": "#/components/schemas/Tag"}}
    assert problems == []


def test_mappings_operation_references_and_external_values_are_not_followed(tmp_path):
    pet = {"discriminator": {"propertyName": "kind", "mapping": {"a": "A.json"}}}
    document = root({"$ref": "Pet.json"})
    response = document["paths"]["/a"]["get"]["responses"]["200"]
    response["links"] = {"next": {"operationRef": "other.json#/paths/~1b/get"}}
    response["content"]["application/json"]["examples"] = {"x": {"externalValue": "big.json"}}
    _, problems = join(write(tmp_path, root=document, Pet=pet))
    assert problems == []


def test_a_mapping_follows_the_schemas_that_have_moved(tmp_path):
    def pet(**mapping):
        return {
            "oneOf": [{"$ref": "Cat.json"}, {"$ref": "all.json#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "k", "mapping": mapping},
        }

    whole = {
        "components": {
            "schemas": {
                "Dog": {"title": "dog"},
                "Pet": pet(
                    dog="Dog", old="#/components/schemas/Dog", cat="Cat.json", none="Eel.json"
                ),
            }
        }
    }
    document = root(
        {
            "anyOf": [
                pet(cat="Cat.json", own="#/components/schemas/Own"),
                {"$ref": "all.json#/components/schemas/Pet"},
            ]
        }
    )
    joined, problems = join(write(tmp_path, root=document, all=whole, Cat={"title": "cat"}))
    cat, dog = "#/components/schemas/Cat", "#/components/schemas/Dog"
    assert schema_of(joined)["anyOf"][0]["discriminator"]["mapping"] == {
        "cat": cat,
        "own": "#/components/schemas/Own",
    }
    assert joined["components"]["schemas"]["Pet"]["discriminator"]["mapping"] == {
        "dog": dog,
        "old": dog,
        "cat": cat,
        "none": "Eel.json",
    }
    assert problems == []


def test_a_default_mapping_follows_the_schema_that_has_moved(tmp_path):
    pet = {
        "oneOf": [{"$ref": "Cat.json"}],
        "discriminator": {"propertyName": "Cat", "defaultMapping": "Cat.json"},
    }
    joined, problems = join(write(tmp_path, root=root(pet), Cat={"title": "cat"}))
    assert schema_of(joined)["discriminator"] == {
        "propertyName": "Cat",
        "defaultMapping": "#/components/schemas/Cat",
    }
    assert problems == []


def test_a_file_may_be_referred_to_by_what_it_calls_itself(tmp_path):
    pet = {"$id": "https://ex.com/schemas/pet.json", "$defs": {"N": {"enum": ["n"]}}}
    names = {
        "anyOf": [
            {"$ref": "https://ex.com/schemas/pet.json#/$defs/N"},
            {"$ref": "Pet.json"},
            {"$ref": "https://ex.com/other.json"},
        ]
    }
    joined, problems = join(write(tmp_path, root=root(names), Pet=pet))
    assert schema_of(joined)["anyOf"][0] == {"$ref": "#/components/schemas/N"}
    assert [problem.kind for problem in problems] == ["reference-not-allowed"]
    assert "https://ex.com/other.json" in problems[0].message


def test_an_example_object_is_a_reference_but_its_value_is_data(tmp_path):
    document = root()
    document["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"][
        "examples"
    ] = {"x": {"$ref": "x.json"}}
    joined, problems = join(write(tmp_path, root=document, x={"value": {"$ref": "not-me.json"}}))
    assert joined["components"] == {"examples": {"x": {"value": {"$ref": "not-me.json"}}}}
    assert problems == []


def test_a_part_that_forgets_to_name_the_main_document_is_understood(tmp_path):
    document = root({"$ref": "Pet.json"}, components={"schemas": {"Tag": {}}})
    joined, (problem,) = join(
        write(tmp_path, root=document, Pet={"items": {"$ref": "#/components/schemas/Tag"}})
    )
    assert joined["components"]["schemas"]["Pet"] == {"items": {"$ref": "#/components/schemas/Tag"}}
    assert (problem.kind, problem.severity) == ("reference-repaired", "hint")


# --- names ---


def test_two_files_of_one_name_get_two_names(tmp_path):
    document = root({"anyOf": [{"$ref": "a/Pet.json"}, {"$ref": "b/Pet.json"}]})
    joined, _ = join(write(tmp_path, root=document, a__Pet={"title": "a"}, b__Pet={"title": "b"}))
    assert joined["components"]["schemas"] == {"a_Pet": {"title": "a"}, "b_Pet": {"title": "b"}}


def test_a_name_that_the_root_uses_is_not_taken(tmp_path):
    document = root({"$ref": "x/Pet.json"}, components={"schemas": {"Pet": {"title": "root's"}}})
    joined, _ = join(write(tmp_path, root=document, x__Pet={"title": "x's"}))
    assert joined["components"]["schemas"] == {
        "Pet": {"title": "root's"},
        "x_Pet": {"title": "x's"},
    }


FILES = ["a/Pet", "b/Pet", "c/b/Pet", "Tag", "b/Tag", "Owner"]


@settings(max_examples=25, deadline=None)
@given(st.permutations(FILES))
def test_names_do_not_depend_on_the_order_of_references(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("order")
    address = write(
        folder,
        root=root({"anyOf": [{"$ref": f"{name}.json"} for name in order]}),
        **{f.replace("/", "__"): {"title": f} for f in FILES},
    )
    schemas = join(address)[0]["components"]["schemas"]
    assert {schema["title"]: name for name, schema in schemas.items()} == {
        "a/Pet": "a_Pet",
        "b/Pet": schemas_name(schemas, "b/Pet"),
        "c/b/Pet": "c_b_Pet",
        "Tag": schemas_name(schemas, "Tag"),
        "b/Tag": "b_Tag",
        "Owner": "Owner",
    }


def schemas_name(schemas, title):
    """Give the name that the hash of its address makes the same in every order."""
    (name,) = (name for name, schema in schemas.items() if schema["title"] == title)
    assert name.startswith(title.replace("/", "_"))
    return name


# --- where references may lead ---


def test_a_missing_file_costs_only_what_refers_to_it(tmp_path):
    document = root({"anyOf": [{"$ref": "gone.json"}, {"$ref": "Pet.json"}]})
    joined, (problem,) = join(write(tmp_path, root=document, Pet={"type": "object"}))
    assert joined["components"]["schemas"] == {"Pet": {"type": "object"}}
    assert (problem.kind, problem.severity) == ("dangling-reference", "error")
    assert problem.pointer.endswith("/schema/anyOf/0")
    assert "gone.json" in problem.message


def test_a_fault_in_another_file_names_that_file(tmp_path):
    _, (problem,) = join(
        write(tmp_path, root=root({"$ref": "Pet.json"}), Pet={"items": {"$ref": "#/nowhere"}})
    )
    assert (problem.address, problem.pointer) == (str(tmp_path / "Pet.json"), "/items")


def test_a_file_that_cannot_be_read_costs_only_what_refers_to_it(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    _, (problem,) = join(write(tmp_path, root=root({"$ref": "bad.json"})))
    assert problem.kind == "dangling-reference"
    assert "bad.json" in problem.message


@pytest.mark.parametrize("value", [None, 5, "text", True, [], [[]]])
@pytest.mark.parametrize(
    "reference", ["part.json", "part.json#x", "part.json#/x", "part.json#/0/0"]
)
def test_a_part_that_is_no_object_is_no_trouble(tmp_path, value, reference):
    document = root({"$ref": reference})
    document["paths"]["/b"] = {"$ref": reference, "summary": "s"}
    assert {problem.kind for problem in join(write(tmp_path, root=document, part=value))[1]} <= {
        "dangling-reference"
    }


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.json",
        "/etc/passwd",
        "a/../../secret.json",
        "%2e%2e/secret.json",
        "link.json",
        "folder/secret.json",
    ],
)
def test_a_file_outside_the_documents_folder_is_not_read(tmp_path, reference):
    (tmp_path / "secret.json").write_text('{"title": "s3cret"}')
    address = write(tmp_path / "docs", root=root({"$ref": reference}))
    (tmp_path / "docs" / "link.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "docs" / "folder").symlink_to(tmp_path)
    document, (problem,) = join(address)
    assert problem.kind == "reference-not-allowed"
    assert "allow_refs=['/" in problem.advice
    assert "s3cret" not in json.dumps(document)


def test_the_whole_disk_is_no_documents_own_folder():
    assert AllowedAddresses("/openapi.json", []).refusal("/etc/passwd") is not None
    assert AllowedAddresses("/openapi.json", ["/"]).refusal("/etc/passwd") is None


def test_a_folder_that_is_allowed_is_read(tmp_path):
    address = (
        write(
            tmp_path,
            docs__root=root({"$ref": "../shared/Pet.json"}),
            shared__Pet={"type": "object"},
        ).parent
        / "docs"
        / "root.json"
    )
    document, problems = join(address, allow_refs=[str(tmp_path / "shared")])
    assert (document["components"]["schemas"], problems) == ({"Pet": {"type": "object"}}, [])


@pytest.mark.parametrize(
    "reference",
    ["file:///etc/passwd", "python://os/x.yaml", "ftp://example.com/x", "data:application/json,{}"],
)
def test_other_schemes_are_not_followed(tmp_path, reference):
    _, (problem,) = join(write(tmp_path, root=root({"$ref": reference})))
    assert problem.kind == "reference-not-allowed"


@pytest.mark.parametrize(
    "reference",
    [
        "http://[",
        "//[x",
        "http://a:b/c",
        "\x00",
        "a\x00b.json",
        "x" * 5000,
        "http://" + "x" * 300 + "/",
        "://",
        "%zz",
        "#%00",
    ],
)
def test_a_reference_to_nonsense_is_a_problem(tmp_path, reference):
    _, problems = join(write(tmp_path, root=root({"$ref": reference})))
    with LoopbackServer(serve({"/root.json": root({"$ref": reference})})) as server:
        _, more = join(server.url + "/root.json")
    assert {problem.kind for problem in (*problems, *more)} <= {
        "dangling-reference",
        "reference-not-allowed",
    }
    # local ones are for the reader to report
    assert len(problems) == (not reference.startswith("#"))


def test_a_text_without_address_has_no_relative_references():
    _, (problem,) = join(None, document=root({"$ref": "Pet.json"}))
    assert problem.kind == "dangling-reference"
    assert "path or URL" in problem.advice


def serve(pages):
    return lambda request: (
        Answer(body=pages[request.path]) if request.path in pages else Answer(404)
    )


def test_a_document_from_a_url_refers_to_its_own_origin():
    pages = {
        "/api/root.json": root({"$ref": "../parts/Pet.json"}),
        "/parts/Pet.json": {"items": {"$ref": "Tag.json#/x"}},
        "/parts/Tag.json": {"x": {}},
    }
    with LoopbackServer(serve(pages)) as server:
        document, problems = join(server.url + "/api/root.json")
    assert (loose_ends(document), problems) == ([], [])
    assert set(document["components"]["schemas"]) == {"Pet", "x"}


@pytest.mark.parametrize(
    "reference", ["/etc/passwd", "file:///etc/passwd", "../../../../../etc/passwd"]
)
def test_a_document_from_a_url_reads_no_file(reference):
    with LoopbackServer(serve({"/root.json": root({"$ref": reference})})) as server:
        document, (problem,) = join(server.url + "/root.json", allow_refs=["/"])
    assert problem.kind in {"reference-not-allowed", "dangling-reference"}
    assert "root:" not in json.dumps(document)


def test_another_origin_is_asked_only_when_it_is_allowed():
    pages = {"/Pet.json": {"type": "object"}}
    with LoopbackServer(serve(pages)) as other, LoopbackServer(serve(pages)) as server:
        pages["/root.json"] = root({"$ref": other.url + "/Pet.json"})
        _, (problem,) = join(server.url + "/root.json")
        assert (problem.kind, problem.advice) == (
            "reference-not-allowed",
            f"Allow it with allow_refs=[{other.url!r}].",
        )
        assert other.received == []
        document, problems = join(server.url + "/root.json", allow_refs=[other.url])
    assert (document["components"]["schemas"], problems) == ({"Pet": {"type": "object"}}, [])


def test_a_local_document_may_refer_to_an_allowed_origin(tmp_path):
    with LoopbackServer(serve({"/Pet.json": {"type": "object"}})) as server:
        address = write(tmp_path, root=root({"$ref": server.url + "/Pet.json"}))
        assert join(address)[1][0].kind == "reference-not-allowed"
        assert join(address, allow_refs=[server.url])[1] == []


def test_a_reference_bomb_ends_at_the_limit_of_documents():
    with LoopbackServer(
        lambda r: Answer(body={"anyOf": [{"$ref": f"{r.path}{i}"} for i in "ab"]})
    ) as server:
        document, problems = join(
            server.url + "/root", document=root({"$ref": "x"}), limits=Limits(max_documents=20)
        )
    assert len(server.received) <= 20
    assert "more than 20 documents" in problems[0].message
    assert document["components"]["schemas"]["x"]


@pytest.mark.parametrize("reference", ["item.json", "item.json#/post/callbacks/cb/e"])
def test_a_path_item_that_calls_back_to_itself_is_a_problem(tmp_path, reference):
    document = root()
    document["paths"]["/b"] = {"$ref": "item.json"}
    item = {"post": {"callbacks": {"cb": {"e": {"$ref": reference}}}}}
    joined, (problem,) = join(write(tmp_path, root=document, item=item))
    assert problem.kind == "circular-reference"
    assert joined["paths"]["/b"] == {"post": {"callbacks": {"cb": {"e": {}}}}}


def test_a_bomb_of_what_is_written_out_is_a_clear_error(tmp_path):
    parts = {
        f"m{i}": {name: {"properties": {"$ref": f"m{i + 1}.json"}} for name in "ab"}
        for i in range(60)
    }
    address = write(
        tmp_path, root=root({"properties": {"$ref": "m0.json"}}), m60={"x": {}}, **parts
    )
    with bounded_work(), pytest.raises(SpecError, match="write out to more than 1,000,000 char"):
        join(address, limits=Limits(max_expanded=1_000_000))


def test_a_long_chain_of_references_is_no_trouble(tmp_path):
    parts = {f"s{i}": {"$ref": f"s{i + 1}.json"} for i in range(500)} | {
        f"p{i}": {"x": {"properties": {"$ref": f"p{i + 1}.json"}}} for i in range(500)
    }
    document = root(
        {"$ref": "s0.json"}, components={"schemas": {"P": {"properties": {"$ref": "p0.json"}}}}
    )
    joined, problems = join(write(tmp_path, root=document, s500={"type": "null"}, p500={}, **parts))
    assert problems == []
    assert joined["components"]["schemas"]["s500"] == {"type": "null"}


def test_thousands_of_faults_are_found_in_time(tmp_path):
    part = {
        "anyOf": [{"$ref": f"#/nowhere/{i}"} for i in range(3000)]
        + [{"$ref": f"#none{i}"} for i in range(3000)]
    }
    with bounded_work():
        _, problems = join(write(tmp_path, root=root({"$ref": "part.json"}), part=part))
        assert (len(problems), problems[-1].address) == (6000, str(tmp_path / "part.json"))


def test_what_is_odd_about_a_part_is_reported_with_its_address(tmp_path):
    address = write(tmp_path, root=root({"$ref": "part.json"}))
    (tmp_path / "part.json").write_text('{"type": "object", "type": "string"}')
    _, (problem,) = join(address)
    assert problem.address == str(tmp_path / "part.json")


# --- real documents ---


@pytest.mark.parametrize(
    ("name", "operations"), [("museum-3.1/openapi.yaml", 8), ("cafe-3.2/cafe.yaml", 12)]
)
def test_a_real_document_in_parts_is_joined_without_loose_ends(name, operations):
    document, problems = join(REAL / name)
    assert (loose_ends(document), problems) == ([], [])
    assert (
        sum(
            method in item
            for item in document["paths"].values()
            for method in ("get", "post", "put", "patch", "delete")
        )
        == operations
    )


# --- paths of Windows ---


def test_backslashes_in_a_reference_are_slashes(tmp_path):
    schema = {"$ref": r"sub\p.json#/A"}
    address = write(tmp_path, root=root(schema), sub__p={"A": {"$ref": r"..\q.json"}}, q={"x-q": 1})
    document, problems = join(address)
    assert document["components"]["schemas"]["q"] == {"x-q": 1}
    assert {(problem.kind, problem.severity) for problem in problems} == {
        ("reference-repaired", "hint")
    }
    assert len(problems) == 2


def test_backslashes_lead_to_no_place_that_slashes_could_not(tmp_path):
    (tmp_path / "secret.json").write_text('{"x-secret": 1}')
    (tmp_path / "api").mkdir()
    document, problems = join(write(tmp_path / "api", root=root({"$ref": r"..\secret.json"})))
    assert "reference-not-allowed" in {problem.kind for problem in problems}
    assert "x-secret" not in json.dumps(document)
