"""Arguments as people type them: what each form means, and the way back."""

from __future__ import annotations

import shlex
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools import build_tools, load
from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.cli.typed.paths import path_text
from openapi2tools.cli.typed.words import WrongWord, read_words
from openapi2tools.cli.typed.writing import write_words
from openapi2tools.model import Binding
from tests.support.drawing import instance
from tests.support.instances import anything
from tests.support.tools import make_tool

REAL = Path(__file__).parents[3] / "specs" / "real"
FILE = {
    "type": "object",
    "properties": {key: {"type": "string"} for key in ("path", "text", "base64")},
    "oneOf": [{"required": ["path"]}, {"required": ["text"]}, {"required": ["base64"]}],
}
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "limit": {"type": "integer"},
        "price": {"type": "number"},
        "open_now": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "states": {"type": "array", "items": {"enum": ["new", "old"], "type": "string"}},
        "stop": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/texts"}]},
        "rank": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "filter": {"$ref": "#/$defs/filter"},
        "filter[max]": {"type": "integer"},
        "cover": FILE,
        "covers": {"type": "array", "items": FILE},
        "free": {},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
        "X-Trace-Id": {"type": "string"},
    },
    "$defs": {
        "texts": {"type": "array", "items": {"type": "string"}},
        "filter": {
            "type": "object",
            "properties": {
                "min": {"type": "integer"},
                "a.b": {"type": "integer"},
                "items": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                },
            },
        },
    },
}
TOOL = make_tool("find", SCHEMA, bindings=(Binding(("limit",), "query", "page[limit]"),))
CASES: dict[str, dict[str, Any]] = {
    "city=Paris": {"city": "Paris"},
    "city=": {"city": ""},
    "city=a=b@c:=d": {"city": "a=b@c:=d"},
    "limit=5": {"limit": 5},
    "limit:=5": {"limit": 5},
    "limit=ten": {"limit": "ten"},
    "limit=007": {"limit": "007"},
    "page[limit]=5": {"limit": 5},
    "price=12345678901234567890.25": {"price": 12345678901234567890.25},
    "open_now=true": {"open_now": True},
    "open-now=no": {"open_now": False},
    "tags=a": {"tags": ["a"]},
    "tags=a tags=b": {"tags": ["a", "b"]},
    "tags[]=a tags[]=b": {"tags": ["a", "b"]},
    "tags=a,b": {"tags": ["a,b"]},
    """tags='["a","b"]'""": {"tags": ["a", "b"]},
    "ids=1,2 ids=3": {"ids": [1, 2, 3]},
    "ids:=1": {"ids": 1},
    "ids:=1 ids:=2": {"ids": [1, 2]},
    "states=new,old": {"states": ["new", "old"]},
    "states=new,odd": {"states": ["new,odd"]},
    "stop=a": {"stop": "a"},
    "stop=a stop=b": {"stop": ["a", "b"]},
    "rank=null": {"rank": None},
    "rank=1": {"rank": 1},
    "city=null": {"city": "null"},
    "filter.min=3": {"filter": {"min": 3}},
    "filter.a.b=3 filter.min=1": {"filter": {"a.b": 3, "min": 1}},
    "filter[min]=3": {"filter": {"min": 3}},
    "filter[max]=3": {"filter[max]": 3},
    """filter='{"min": 3}'""": {"filter": {"min": 3}},
    "filter.items[0].name=x filter.items[1].name=y": {
        "filter": {"items": [{"name": "x"}, {"name": "y"}]}
    },
    "free=5": {"free": "5"},
    "free:=5": {"free": 5},
    "labels.a=1": {"labels": {"a": 1}},
    """'labels["a.b"]=1'""": {"labels": {"a.b": 1}},
    "x-trace-id=t": {"X-Trace-Id": "t"},
    "cover@a.png": {"cover": {"path": Path("a.png")}},
    "cover=a.png": {"cover": {"path": Path("a.png")}},
    "covers@a.png covers@b.png": {"covers": [{"path": Path("a.png")}, {"path": Path("b.png")}]},
    "--city Paris": {"city": "Paris"},
    "--city=Paris": {"city": "Paris"},
    "--limit 5 city=x": {"limit": 5, "city": "x"},
    "--limit:=5": {"limit": 5},
    "--price -5": {"price": -5},
    "--open-now": {"open_now": True},
    "--open-now city=x": {"open_now": True, "city": "x"},
    "--open-now false": {"open_now": False},
    "--no-open-now": {"open_now": False},
    "--tags a --tags b": {"tags": ["a", "b"]},
    "--filter.min 3": {"filter": {"min": 3}},
    "--cover a.png": {"cover": {"path": Path("a.png")}},
}


@pytest.mark.parametrize("line", CASES)
def test_each_form_means_what_it_looks_like(line: str) -> None:
    assert read_words(TOOL, shlex.split(line)) == CASES[line]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("topsecret", "word 1 of the arguments has no name: write name=text, name:=JSON or"),
        ("city=x -5", "word 2 of the arguments has no name"),
        ("cty=Paris", "cty: there is no such argument. Did you mean city?"),
        ("c2VjcmV0==", "word 1: there is no such argument. There are"),
        ("--cty Paris", "--cty: there is no such option, and no such argument of find."),
        ("--cty Paris", "Did you mean --city?"),
        ("--tmeout 5", "Did you mean --timeout?"),
        ("--city", "--city needs a value: --city VALUE, or city=VALUE."),
        ("limit:=five", "limit:= takes JSON, and this is none; a text is limit=TEXT."),
        ("limit=1 limit=2", "limit: is given twice, and takes one value."),
        ("filter.items[1].name=x", "filter.items[1]: filter.items[0] comes first."),
        ("free=x free.a=y", "free.a: free has another value, without a name in it."),
        ("city@nowhere.txt", "city@nowhere.txt: the file cannot be read: No such file"),
    ],
)
def test_a_word_that_cannot_be_read_is_told_with_what_to_write(line: str, said: str) -> None:
    with pytest.raises(WrongWord) as wrong:
        read_words(TOOL, shlex.split(line), options=["--timeout"])
    assert said in str(wrong.value)
    assert "topsecret" not in str(wrong.value)
    assert "c2VjcmV0" not in str(wrong.value)


def test_a_file_gives_the_value_that_it_holds_where_no_file_is_sent(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Paris\n")
    (tmp_path / "json").write_text('{"min": 3}')
    words = [f"city@{tmp_path / 'text'}", f"filter@{tmp_path / 'json'}"]
    assert read_words(TOOL, words) == {"city": "Paris\n", "filter": {"min": 3}}


def test_what_is_typed_goes_before_what_is_given_and_leaves_the_rest() -> None:
    arguments = {"city": "Rome", "limit": 1, "filter": {"min": 1, "a.b": 2}, "tags": ["z"]}
    words = ["city=Paris", "filter.min=3", "tags=a"]
    assert read_words(TOOL, words, given=arguments) == {
        "city": "Paris",
        "limit": 1,
        "filter": {"min": 3, "a.b": 2},
        "tags": ["a"],
    }


def test_the_fields_of_a_body_are_named_with_it_or_without() -> None:
    body = {"type": "object", "properties": {"size": {"type": "integer"}}}
    tool = make_tool("make", {"type": "object", "properties": {"body": body}})
    for words in (["size=3"], ["body.size=3"], ["--size", "3"], ['body:={"size": 3}']):
        assert read_words(tool, words) == {"body": {"size": 3}}


def test_fields_that_nobody_declares_go_into_an_open_body() -> None:
    tool = make_tool(schema={"type": "object", "properties": {}}, bindings=(), body_open=True)
    assert read_words(tool, ["colour=red", "--size", "3"]) == {"colour": "red", "size": "3"}


STRINGS = st.text(max_size=6) | st.sampled_from(["null", "5", "true", "a,b", "[1]", "{}", "=", "@"])
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "city": STRINGS,
    "limit": st.integers(),
    "price": st.floats(allow_nan=False, allow_infinity=False),
    "open_now": st.booleans(),
    "tags": st.lists(STRINGS, max_size=3),
    "ids": st.lists(st.integers(), max_size=3),
    "states": st.lists(st.sampled_from(["new", "old"]), max_size=2),
    "stop": STRINGS | st.lists(STRINGS, max_size=2),
    "rank": st.none() | st.integers(),
    "filter": st.fixed_dictionaries(
        {},
        optional={
            "min": st.integers(),
            "a.b": st.integers(),
            "a": anything(),
            "items": st.lists(st.fixed_dictionaries({"name": STRINGS}), max_size=2),
        },
    ),
    "filter[max]": st.integers(),
    "free": anything(),
    "labels": st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    "X-Trace-Id": STRINGS,
    "covers": st.lists(st.fixed_dictionaries({"text": STRINGS}), max_size=2),
}


@given(st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_what_is_written_is_read_as_the_same(arguments: dict[str, Any]) -> None:
    assert is_same_json(read_words(TOOL, write_words(TOOL, arguments)), arguments)


@pytest.mark.parametrize("document", ["petstore-3.0.json", "adyen-transfers-3.1.yaml"])
def test_arguments_of_real_tools_are_written_and_read_as_the_same(document: str) -> None:
    random = Random(1)
    for tool in build_tools(load(REAL / document)).values():
        for _ in range(10):
            arguments = instance(random, tool.schema)
            assert is_same_json(read_words(tool, write_words(tool, arguments)), arguments)


@given(st.lists(st.text(max_size=5) | st.integers(0, 99), min_size=1, max_size=4))
def test_a_path_is_read_as_it_is_written(path: list[str | int]) -> None:
    from openapi2tools.cli.typed.facts import SchemaFacts
    from openapi2tools.cli.typed.paths import read_word

    word = read_word(f"{path_text(path)}=x", SchemaFacts(True, {}), {})
    assert word is not None
    assert (word.path, word.operator, word.text) == (tuple(path), "=", "x")


def test_plain_values_are_written_plainly() -> None:
    arguments = {
        "city": "New York",
        "limit": 5,
        "tags": ["a", "b"],
        "filter": {"min": 3},
        "rank": None,
        "free": 5,
    }
    words = ["city=New York", "limit=5", "tags=a", "tags=b", "filter.min=3", "rank=null", "free:=5"]
    assert write_words(TOOL, arguments) == words
    assert write_words(TOOL, {"cover": {"path": "a.png"}}) == ["cover@a.png"]
