"""Whatever is done to a real document, an `Api` or a `SpecError` comes of it.

Tools can be made of the `Api`.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi2tools.errors import SpecError
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools

SPECS = Path(__file__).parents[2] / "specs"
FILES = [
    path
    for folder in ("real", "odd")
    for path in sorted((SPECS / folder).glob("*.*"))
    if path.suffix in (".json", ".yaml")
]
SMALL = [path for path in FILES if ".expected" not in path.name and path.stat().st_size < 40_000]
TEXTS = [path.read_bytes() for path in SMALL]
STRANGE = [
    None,
    True,
    0,
    -1.5,
    "",
    "text",
    "#/nowhere",
    [],
    ["a"],
    {},
    {"$ref": "#"},
    {"$ref": "#/paths"},
    {"$ref": 5},
    {"type": "object"},
]
SYNTAX = [
    "*a",
    "&a ",
    "<<: ",
    "!!str ",
    "- ",
    "? ",
    "|",
    "\n---\n",
    "{",
    "[",
    '"',
    "'",
    "\t",
    "\0",
    ": ",
    "~",
    "inf",
    "\ud800",
    "#",
]

quickly = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def holds(source: Any) -> None:
    """Load and build: only a SpecError may come out, and every lost operation has a name."""
    try:
        api = load(source, cache=False)
    except SpecError:
        return
    build_tools(api)
    json.dumps([problem.message for problem in api.problems])
    assert orjson.dumps(api.document)


def values() -> list[dict[str, Any]]:
    documents = []
    for text in TEXTS:
        try:
            documents.append(load(text).document)
        except SpecError:
            continue
    return documents


VALUES = values()


def containers(value: Any) -> list[Any]:
    found, stack = [], [value]
    while stack:
        node = stack.pop()
        if isinstance(node, (dict, list)) and node:
            found.append(node)
            stack.extend(node.values() if isinstance(node, dict) else node)
    return found


@quickly
@given(st.data())
def test_values_deleted_swapped_and_doubled(data: st.DataObject) -> None:
    document = deepcopy(data.draw(st.sampled_from(VALUES)))
    for _ in range(data.draw(st.integers(1, 4))):
        places = containers(document)
        if not places:
            break
        node = places[data.draw(st.integers(0, len(places) - 1))]
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = keys[data.draw(st.integers(0, len(keys) - 1))]
        change = data.draw(st.sampled_from(["delete", "swap", "double", "rename"]))
        if change == "delete":
            del node[key]
        elif change == "swap":
            node[key] = deepcopy(data.draw(st.sampled_from(STRANGE)))
        elif change == "double":
            node[key] = deepcopy(places[data.draw(st.integers(0, len(places) - 1))])
        elif isinstance(node, dict):
            node[
                data.draw(
                    st.sampled_from(["$ref", "get", "parameters", "", "x-a", "a/b~c", "$id", "200"])
                )
            ] = node.pop(key)
    holds(document)


@quickly
@given(st.data())
def test_texts_cut_and_spliced(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        piece = data.draw(st.sampled_from(SYNTAX)).encode("utf-8", "surrogatepass")
        text = text[:start] + data.draw(st.sampled_from([b"", piece, text[end:][:60]])) + text[end:]
    if data.draw(st.booleans()):
        text = text[: data.draw(st.integers(0, len(text)))]
    holds(text)


@quickly
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    holds(data)


@quickly
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["get", "parameters", "$ref", "/a", "200", "schema", "content", "in", "name"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_values_in_the_place_of_paths(value: Any) -> None:
    holds(
        {
            "openapi": "3.1.0",
            "paths": {"/a": value},
            "components": {"parameters": value, "schemas": {"a": value}},
        }
    )
