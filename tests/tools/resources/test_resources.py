"""Which operations are about which resource, and what in an answer is an item."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from openapi2tools import OpenAPI2ToolsError, load
from openapi2tools._core.http_methods import SAFE_METHODS
from openapi2tools.tools.resources.find import Resource, Resources, path_shape
from openapi2tools.tools.resources.values import find_item, find_items, identifier_name
from tests.support.documents import REAL, SINGLE_FILES

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[3] / "../shared/corpus")
)
PET = Resource("pet", "/pets", "/pets/{petId}", "petId")


def places(*keys: str) -> dict[str, str]:
    """Give what each operation does: `{"GET /pets": "list pet"}`."""
    paths: dict[str, Any] = {}
    for key in keys:
        method, _, path = key.partition(" ")
        paths.setdefault(path, {})[method.lower()] = {"responses": {}}
    api = load({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    resources = Resources(api.operations)
    found = {operation.key: resources.of(operation) for operation in api.operations}
    return {key: f"{at.role} {at.resource.name}" for key, at in found.items() if at is not None}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            ["GET /pets", "POST /pets", "GET /pets/{id}", "PUT /pets/{id}", "DELETE /pets/{pet}"],
            ["list pet", "create pet", "read pet", "replace pet", "delete pet"],
        ),
        (["POST /pet", "GET /pets/{id}"], ["create pet", "read pet"]),
        (["GET /A/{a}/B.json", "POST /A/{a}/B/{Sid}.json"], ["list b", "update b"]),
        (["POST /pets/", "PATCH /pets/{id}/"], ["create pet", "update pet"]),
        (["GET /Pets", "GET /Pets('{key}')"], ["list pet", "read pet"]),
        (["GET /settings", "PUT /settings"], ["read setting", "replace setting"]),
        (["GET /pets/{id}/notes", "POST /pets/{id}/notes"], ["list note", "create note"]),
        (["GET /repos/{owner}/{repo}"], ["read "]),
    ],
)
def test_operations_have_their_place(keys: list[str], expected: list[str]) -> None:
    found = places(*keys)
    assert [found[key] for key in keys] == expected


def test_an_action_is_about_no_resource() -> None:
    keys = ("GET /pets/{id}", "POST /pets/{id}/feed", "POST /pets/search", "POST /pets/{id}:wash")
    assert places(*keys) == {"GET /pets/{id}": "read pet"}


def test_a_post_changes_an_item_where_nothing_else_does() -> None:
    assert places("POST /pets/{id}", "GET /pets/{id}")["POST /pets/{id}"] == "update pet"
    assert "POST /pets/{id}" not in places("POST /pets/{id}", "PUT /pets/{id}")


def test_paths_are_one_whatever_their_variables_are_called() -> None:
    assert path_shape("/pets/{id}/") == path_shape("/pets/{petId}") == "/pets/{}"
    assert path_shape("/a/{b}.json?c={d}#e") == "/a/{}"


def test_the_get_that_shows_a_write_is_known() -> None:
    api = load(REAL / "petstore-3.0.json", cache=False)
    by_id = {operation.id: operation for operation in api.operations}
    resources = Resources(api.operations)
    shown = {id_: resources.shows(operation) for id_, operation in by_id.items()}
    assert shown["deletePet"] is by_id["getPetById"]
    assert shown["updateUser"] is by_id["getUserByName"]
    assert shown["addPet"] is None  # there is no list of all pets
    assert shown["getPetById"] is None


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ([{"id": 1}], ""),
        ({"data": [{"id": 1}], "tags": []}, "/data"),
        ({"links": [{"href": "x"}], "pets": []}, "/pets"),
        ({"_embedded": {"pets": [{"id": 1}]}, "page": {"number": 0}}, "/_embedded/pets"),
        ({"errors": [], "found": [{"id": 1}]}, "/found"),
        ({"total": 3}, None),
        ("none", None),
    ],
)
def test_the_items_of_a_list_are_found(body: Any, items: str | None) -> None:
    assert find_items(body, PET) == items


@pytest.mark.parametrize(
    ("body", "item"),
    [
        ({"id": 1, "data": {"id": 2}}, ""),
        ({"data": {"id": 1}, "meta": {}}, "/data"),
        ({"pet": {"petId": 1}}, "/pet"),
        ({"name": "Rex"}, ""),
        ([], None),
    ],
)
def test_the_item_of_an_answer_is_found(body: Any, item: str | None) -> None:
    assert find_item(body, PET) == item


@pytest.mark.parametrize(
    ("item", "variable", "name"),
    [
        ({"ownerId": 1, "pet_id": 2, "id": 3}, "petId", "pet_id"),
        ({"ownerId": 1, "id": 3}, "petId", "id"),
        ({"name": "Rex", "age": 3}, "petName", "name"),
        ({"id": "a"}, "pet", "id"),
        ({"name": "Rex"}, "petId", "name"),
        ({"id": {"x": 1}, "age": 3}, "petId", None),
    ],
)
def test_what_identifies_an_item_is_found(
    item: dict[str, Any], variable: str, name: str | None
) -> None:
    assert identifier_name(item, Resource("pet", identifier=variable)) == name


def _count(paths: list[Path]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path in paths:
        try:
            api = load(path, cache=False)
        except OpenAPI2ToolsError:
            continue
        resources = Resources(api.operations)
        for write in api.operations:
            if write.method not in SAFE_METHODS:
                counts["writes"] += 1
                counts["shown"] += resources.shows(write) is not None
    return counts


def test_a_get_shows_most_writes_of_real_documents() -> None:
    counts = _count([REAL / name for name in SINGLE_FILES])
    assert counts["shown"] / counts["writes"] > 0.4, counts


@pytest.mark.corpus
def test_a_get_shows_most_writes_of_the_corpus() -> None:
    if not (CORPUS / "index.json").is_file():
        pytest.skip("no corpus: set OPENAPI2TOOLS_CORPUS to a folder with index.json and real.txt")
    index = {each["id"]: each for each in json.loads((CORPUS / "index.json").read_text())}
    ids = (CORPUS / "real.txt").read_text().split()
    counts = _count([CORPUS / index[each]["path"] for each in ids])
    assert counts["shown"] / counts["writes"] > 0.5, counts
