"""Text to values: every encoding, both syntaxes, YAML 1.2 to the letter, bounded whatever comes."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.errors import ParseError
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse.locate import find_positions, locate
from openapi2tools.spec.parse.parse import parse
from openapi2tools.spec.parse.yaml import read_yaml
from openapi2tools.spec.parse.yaml_events import read_events
from openapi2tools.spec.parse.yaml_fast import read_fast
from openapi2tools.spec.parse.yaml_scalars import read_scalar

quickly = settings(deadline=None, max_examples=60)


def plain(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    """Give objects of JSON values."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | text
    )
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )
    return st.dictionaries(text, values, min_size=1, max_size=4)


@quickly
@given(
    plain(st.text()),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"]),
)
def test_json_in_any_encoding_gives_its_values(value: dict[str, object], encoding: str) -> None:
    assert parse(
        json.dumps(value, ensure_ascii=False, indent=1).encode(encoding, "replace")
    ).value == json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


@quickly
@given(plain(st.text(st.characters(exclude_categories=["C"]))))
def test_the_slow_reader_reads_json_too(value: dict[str, object]) -> None:
    assert read_events(orjson.dumps(value), Limits())[0] == value


WORDS = [
    "~",
    "null",
    "True",
    "no",
    "0x1F",
    "0o17",
    "010",
    "+3",
    ".5",
    "1e3",
    "1_0",
    "18:00",
    ".inf",
    "nan",
    "2020-01-01",
    "a b",
    "'~'",
    '"True"',
    "=",
    "x",
]


@quickly
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(WORDS)),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[0],
    ),
    st.booleans(),
)
def test_the_fast_and_the_slow_reader_agree(pairs: list[tuple[str, str]], in_list: bool) -> None:
    lines = [
        f"{key}:\n  - {word}\n  - {{k: {word}}}" if in_list else f"{key}: {word}  # {word}"
        for key, word in pairs
    ]
    text = "\n".join(lines).encode()
    assert read_yaml(text, Limits())[0] == read_events(text, Limits())[0]


@pytest.mark.parametrize(
    "text",
    [
        "[" + "[]," * 99 + "[]]",
        "a: [" + "1," * 99 + "1]",
        "- - 1\n" * 40,
        "{" + '"a":1,' * 99 + '"b":1}',
    ],
)
def test_a_text_of_more_values_than_the_limit_is_not_even_read(text: str) -> None:
    assert parse(text).value
    with pytest.raises(ParseError, match="more than 60 values"):
        parse(text, limits=Limits(max_values=60))


@pytest.mark.parametrize(
    "text",
    [
        "a: inf\nb: ~\n",
        "a: True\nb: 'True'\n",
        "a: |\n  ~\n  inf\n",
        "inf: inf\n~: 1\n",
        "a: [~, nan, 'nan']\n",
        "a: [-inf, -.Inf, .inf, inf]\n",
    ],
)
def test_the_fast_reader_knows_plain_from_quoted(text: str) -> None:
    fast = read_fast(text.encode())
    assert fast is not None
    assert fast[0] == read_events(text.encode(), Limits())[0]


@pytest.mark.parametrize("before", ["", "a: !!str b\n"])
def test_a_number_of_more_than_64_bits_is_a_text_for_either_reader(before: str) -> None:
    address = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
    assert parse(f"{before}example: {address}\n").value["example"] == address


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("type:\tinteger\n", {"type": "integer"}),
        ("{type:\tinteger, x: 1\t}", {"type": "integer", "x": 1}),
        ("- a:\tb\n", [{"a": "b"}]),
        ("a: [1\t, 2]\n", {"a": [1, 2]}),
        ("{a\t: 1}", {"a": 1}),
        ("a: b\tc\t# d\n", {"a": "b\tc"}),
        ("a: |\n  b:\tc\n", {"a": "b:\tc\n"}),
    ],
)
def test_a_tab_separates_like_a_space(text: str, value: object) -> None:
    assert read_yaml(text.encode(), Limits())[0] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("TRUE", True),
        ("yes", "yes"),
        ("007", 7),
        ("0x1f", 31),
        ("-0o17", -15),
        ("0xFFFFFFFFFFFFFFFF", 2**64 - 1),
        ("0x10000000000000000", "0x10000000000000000"),
        ("-0o1000000000000000000001", "-0o1000000000000000000001"),
        ("-9223372036854775808", -(2**63)),
        ("1.5e3", 1500.0),
        ("1:30", "1:30"),
        (".nan", ".nan"),
        ("-.INF", "-.INF"),
        ("1e999", "1e999"),
        ("123456789012345678901234567890", 1.2345678901234568e29),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    assert read_scalar(text) == value
    assert type(read_scalar(text)) is type(value)


@quickly
@given(st.text(max_size=30))
def test_no_value_is_one_that_json_could_not_hold(text: str) -> None:
    value = read_scalar(text)
    assert value is None or isinstance(value, (bool, int, float, str))
    assert not isinstance(value, float) or math.isfinite(value)


def test_an_alias_shares_its_value_and_a_key_that_stands_twice_is_named() -> None:
    parsed = parse("a: &x {k: [1]}\nb: *x\nb: *x\n")
    assert parsed.value["a"] is parsed.value["b"]
    (problem,) = parsed.problems
    assert (problem.kind, problem.pointer, problem.line, problem.column) == (
        "duplicate-key",
        "/b",
        3,
        1,
    )


def test_a_key_that_stands_twice_in_json_is_named_with_its_pointer() -> None:
    parsed = parse('{"a": [{"b/c": 1, "d": {}, "b/c": 2}]}')
    assert parsed.value == {"a": [{"b/c": 2, "d": {}}]}
    assert [problem.pointer for problem in parsed.problems] == ["/a/0/b~1c"]


HOSTILE = [
    "[" * 100_000,
    '{"a":' * 100_000,
    "a: " + "[" * 100_000,
    "a: " + "{a: " * 50_000,
    "- " * 50_000 + "x",
    "? " * 50_000,
    "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "a: &a [*a]",
    "a: &a\n  b: *a\n",
    "x: &x0 [a]\n"
    + "\n".join(f"y{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 20)}]" for i in range(1, 30)),
    "x: &x " + "a" * 100_000 + "\ny: [" + "*x, " * 100_000 + "]",
    "&a " * 10_000,
    "\x02" * 10_000,
    "---\n" * 10_000,
    "{" * 300 + "}" * 300,
    "a: !!" + "x" * 100_000,
    "a: '" + "''" * 100_000,
    "%" * 10_000,
    "a: |" + "9" * 10_000,
    '{"a": ' + "9" * 100_000 + "}",
    '{"a": NaN, ' + ", ".join('"k": 1' for _ in range(100_000)) + "}",
]
PROGRAM = """
import sys, time
from openapi2tools.errors import ParseError
from openapi2tools.spec.parse.parse import parse
for text in sys.stdin.buffer.read().split(bytes([0])):
    start = time.process_time()
    try:
        parse(text)
    except ParseError as error:
        str(error)
    print(round(time.process_time() - start, 1), flush=True)
"""


def test_hostile_texts_end_soon_and_never_the_process() -> None:
    data = b"\0".join(text.encode() for text in HOSTILE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=data, capture_output=True, timeout=3000, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    seconds = [float(line) for line in done.stdout.split()]
    assert len(seconds) == len(HOSTILE)
    assert max(seconds) < 60, seconds


def test_limits_are_kept_and_named() -> None:
    with pytest.raises(ParseError, match="max_bytes"):
        parse("a: " + "x" * 100, limits=Limits(max_bytes=100))
    with pytest.raises(ParseError, match="max_expanded"):
        parse("a: &a [1, 2, 3]\nb: [*a, *a, *a]", limits=Limits(max_expanded=20))


def test_the_place_of_an_error_is_given() -> None:
    with pytest.raises(ParseError) as caught:
        parse('{"a": 1,\n  "b": ]}', address="x.json")
    assert str(caught.value).startswith("x.json line 2, column 8: ")


DOCUMENT = {
    "a": {"get": {"x": [1, {"get": 2}, {"get": 3}]}},
    "get": {"a": {"get": [[], {"z": {}}]}},
    "ключ/~": {"": {"a": 1}},
}


def pointers(value: object, place: str = "") -> list[str]:
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [place]
    for key, child in children:
        found += pointers(child, place + "/" + str(key).replace("~", "~0").replace("/", "~1"))
    return found


def test_a_pointer_is_found_in_json_however_it_is_laid_out() -> None:
    everything = set(pointers(DOCUMENT))
    for indent in (None, 0, 2):
        text = json.dumps(DOCUMENT, indent=indent, ensure_ascii=False)
        for place, (line, column) in find_positions(everything, DOCUMENT, text.encode()).items():
            key = place.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            there = text.split("\n")[line - 1][column - 1 :]
            expected = (
                ("{", "[", "1", "2", "3")
                if not place or key.isdigit()
                else json.dumps(key, ensure_ascii=False)
            )
            assert there.startswith(expected), place


def test_a_pointer_is_found_in_yaml() -> None:
    text = (
        "# comment\na:\n  get: {x: [1, {get: 2}]}\n"
        "'get':\n  - b: 1\n    c: |\n      get: x\n  - d\n"
    )
    value = parse(text).value
    found = find_positions(set(pointers(value)), value, text.encode())
    assert found["/a/get/x/1/get"] == (3, 17)
    assert found["/get"] == (4, 1)
    assert found["/get/0/c"] == (6, 5)
    assert found["/get/1"] == (8, 5)


def test_what_cannot_be_found_gets_the_place_above_it() -> None:
    assert find_positions({"/a/zzz/y"}, {"a": {}}, b'{\n "a": {}}') == {"/a/zzz/y": (2, 2)}
    assert find_positions({"/a/zzz"}, {"a": {}}, b"x: 1\na: {}\n") == {"/a/zzz": (2, 1)}
    assert locate([], {}, b"") == ()
