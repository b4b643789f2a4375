"""Values become text as the standard says: its own tables, and the corners that it leaves open."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools.call.serialization import forms, styles
from openapi2tools.model import Encoding, MediaType
from tests.support.calling import parameter

ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}
DEEP = [
    "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
    "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
]


def written(location: str, style: str, explode: bool, value: Any, **fields: Any) -> str | None:
    subject = parameter("color", location, style, explode=explode, **fields)
    if location == "path":
        return styles.write_path(subject, value)
    if location == "header":
        return styles.write_header(subject, value)
    pairs = (
        styles.write_query(subject, value)
        if location == "query"
        else styles.write_cookie(subject, value)
    )
    return ("&" if location == "query" else "; ").join(f"{name}={text}" for name, text in pairs)


@pytest.mark.parametrize(
    ("location", "style", "explode", "texts"),
    [  # OpenAPI 3.1.1, section 4.8.12.2, "Style Examples"; 3.2's `cookie` style
        (
            "path",
            "matrix",
            False,
            [";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"],
        ),
        (
            "path",
            "matrix",
            True,
            [";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"],
        ),
        ("path", "label", False, [".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"]),
        ("path", "label", True, [".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"]),
        ("path", "simple", False, ["", "blue", "blue,black,brown", "R,100,G,200,B,150"]),
        ("path", "simple", True, ["", "blue", "blue,black,brown", "R=100,G=200,B=150"]),
        ("header", "simple", False, ["", "blue", "blue,black,brown", "R,100,G,200,B,150"]),
        ("header", "simple", True, ["", "blue", "blue,black,brown", "R=100,G=200,B=150"]),
        (
            "query",
            "form",
            False,
            ["color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
        ),
        (
            "query",
            "form",
            True,
            ["color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
        ),
        (
            "query",
            "spaceDelimited",
            False,
            [
                "color=",
                "color=blue",
                "color=blue%20black%20brown",
                "color=R%20100%20G%20200%20B%20150",
            ],
        ),
        (
            "query",
            "pipeDelimited",
            False,
            [
                "color=",
                "color=blue",
                "color=blue%7Cblack%7Cbrown",
                "color=R%7C100%7CG%7C200%7CB%7C150",
            ],
        ),
        (
            "query",
            "tabDelimited",
            False,
            [
                "color=",
                "color=blue",
                "color=blue%09black%09brown",
                "color=R%09100%09G%09200%09B%09150",
            ],
        ),
        (
            "query",
            "spaceDelimited",
            True,
            ["color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
        ),
        (
            "query",
            "pipeDelimited",
            True,
            ["color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
        ),
        ("query", "deepObject", True, ["color=", "color=blue", *DEEP]),
        (
            "cookie",
            "form",
            False,
            ["color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
        ),
        (
            "cookie",
            "form",
            True,
            ["color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"],
        ),
        (
            "cookie",
            "cookie",
            False,
            ["color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
        ),
        (
            "cookie",
            "cookie",
            True,
            ["color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"],
        ),
        # Swagger 2.0's collectionFormat, which is for every location
        (
            "path",
            "pipeDelimited",
            False,
            ["", "blue", "blue%7Cblack%7Cbrown", "R%7C100%7CG%7C200%7CB%7C150"],
        ),
        (
            "path",
            "spaceDelimited",
            False,
            ["", "blue", "blue%20black%20brown", "R%20100%20G%20200%20B%20150"],
        ),
        ("header", "pipeDelimited", False, ["", "blue", "blue|black|brown", "R|100|G|200|B|150"]),
        (
            "header",
            "tabDelimited",
            False,
            ["", "blue", "blue\tblack\tbrown", "R\t100\tG\t200\tB\t150"],
        ),
    ],
)
def test_each_style_writes_what_the_standard_shows(
    location: str, style: str, explode: bool, texts: list[str]
) -> None:
    assert [
        written(location, style, explode, value) for value in ("", "blue", ARRAY, OBJECT)
    ] == texts


@pytest.mark.parametrize(
    ("location", "value", "text"),
    [
        # the item's comma is encoded, the joining one is not
        ("query", ["a,b", "c"], "color=a%2Cb,c"),
        ("path", ["a,b", "c/d"], "a%2Cb,c%2Fd"),
        ("header", ["a,b", "c"], "a,b,c"),
        ("query", {"a=b": "c&d"}, "color=a%3Db,c%26d"),
        (
            "query",
            "-._~ !*'();:@&=+$,/?#[]%|",
            "color=-._~%20%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D%25%7C",
        ),
        ("query", "drücken 😀", "color=dr%C3%BCcken%20%F0%9F%98%80"),
        ("cookie", "a b;c", "color=a%20b%3Bc"),
    ],
)
def test_delimiters_inside_values_are_told_from_those_between_them(
    location: str, value: Any, text: str
) -> None:
    assert (
        written(location, "simple" if location in ("path", "header") else "form", False, value)
        == text
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1, "1"),
        (1.0, "1"),
        (-0.5, "-0.5"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (1e20, "100000000000000000000"),
        (12345678901234567890123, "12345678901234567890123"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
    ],
)
def test_values_are_written_without_noise(value: Any, text: str) -> None:
    assert styles.scalar_text(value) == text


@pytest.mark.parametrize("value", [None, [], {}, [None], {"a": None}])
def test_what_has_no_members_is_not_sent_unless_the_document_allows_empty(value: Any) -> None:
    assert written("query", "form", True, value) == ""
    assert written("query", "form", True, value, allow_empty=True) == "color="
    assert written("header", "simple", False, value) is None


def test_nulls_inside_arrays_and_objects_are_left_out() -> None:
    assert written("query", "form", False, ["a", None, "b"]) == "color=a,b"
    assert written("query", "form", True, {"a": None, "b": 1}) == "b=1"


def test_deep_objects_nest_as_servers_read_them() -> None:
    value = {"a": {"b": [1, 2]}, "c": [{"d": 3}], "e": None}
    text = unquote(written("query", "deepObject", True, value) or "")
    assert text == "color[a][b][]=1&color[a][b][]=2&color[c][0][d]=3"


def test_allow_reserved_keeps_reserved_characters_and_triplets() -> None:
    assert (
        written("query", "form", True, "/:?@!$'()*,;=%2F%zz a", allow_reserved=True)
        == "color=/:?@!$'()*,;=%2F%25zz%20a"
    )
    assert written("path", "simple", False, "/foo/b?r", allow_reserved=True) == "/foo/b%3Fr"


def test_allow_reserved_keeps_of_a_cookie_what_a_cookie_can_hold() -> None:
    assert (
        written("cookie", "form", False, ["a/b?", ";,&"], allow_reserved=True)
        == "color=a/b?,%3B%2C%26"
    )
    assert written("cookie", "form", False, "a/b?") == "color=a%2Fb%3F"


def test_allow_reserved_still_encodes_what_would_end_the_value() -> None:
    assert (
        written("query", "form", True, "a&b#c+d[e]", allow_reserved=True)
        == "color=a%26b%23c%2Bd%5Be%5D"
    )


def test_a_parameter_with_content_is_json_or_plain_text() -> None:
    assert styles.write_query(parameter("f", media_type="application/json"), {"a": "é"}) == [
        ("f", "%7B%22a%22%3A%22%C3%A9%22%7D")
    ]
    assert styles.write_path(parameter("f", "path", media_type="text/plain"), "a/b") == "a%2Fb"
    assert (
        styles.write_header(parameter("f", "header", media_type="application/json"), {"a": "é"})
        == '{"a":"\\u00e9"}'
    )
    assert styles.write_cookie(parameter("f", "cookie", media_type="application/json"), [1]) == [
        ("f", "%5B1%5D")
    ]


def test_a_parameter_whose_content_is_a_form_is_one_and_encoded_once_more() -> None:
    form = parameter("f", media_type="application/x-www-form-urlencoded; charset=utf-8")
    assert styles.write_query(form, {"a": ["1", "x y"], "b": "&"}) == [
        ("f", "a%3D1%26a%3Dx%2520y%26b%3D%2526")
    ]
    assert styles.write_query(form, {"a": {"x": 1}}) == [("f", "a%3D%257B%2522x%2522%253A1%257D")]
    assert styles.write_query(form, "a=1&b") == [("f", "a%3D1%26b")]


def test_a_whole_querystring_is_written_in_its_media_type() -> None:
    encoding = {
        "d": Encoding(style="deepObject", explode=True),
        "n": Encoding(content_type="text/plain"),
    }
    form = parameter(
        "q", "querystring", media_type="application/x-www-form-urlencoded", encoding=encoding
    )
    assert forms.querystring(form, {"a b": ["1", "2"], "c": "&"}) == "a+b=1&a+b=2&c=%26"
    assert forms.querystring(form, {"filter": {"x": 1}}) == "filter=%7B%22x%22%3A1%7D"
    assert forms.querystring(form, {"d": {"x": 1}, "n": [1, 2]}) == "d%5Bx%5D=1&n=1&n=2"
    assert (
        forms.querystring(parameter("q", "querystring", media_type="application/json"), {"a": 1})
        == "%7B%22a%22%3A1%7D"
    )


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", " a", "€", "\x7f"])
def test_a_header_that_would_break_its_line_is_refused(value: str) -> None:
    with pytest.raises(styles.Unwritable):
        written("header", "simple", False, value)


@pytest.mark.parametrize("value", ["a;b", "a\nb", "€"])
def test_an_unencoded_cookie_that_would_end_early_is_refused(value: str) -> None:
    with pytest.raises(styles.Unwritable):
        written("cookie", "cookie", False, value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {"a": float("nan")}, {"a": b"bytes"}, "\ud800"]
)
def test_a_value_that_json_does_not_know_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        written("query", "form", True, [value])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_encoded_value_holds_no_delimiter_and_decodes_to_itself(value: str) -> None:
    text = styles.percent_encode(value)
    assert not set(text) & set("/?#[]@!$&'()*+,;=: \\|\"<>{}^`")
    assert unquote(text) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_allow_reserved_is_idempotent(value: str) -> None:
    encode = styles.value_encoder(True, styles.RESERVED_IN_QUERY)
    assert encode(encode(value)) == encode(value)


def test_an_array_in_an_object_that_explodes_repeats_its_name() -> None:
    page = {"page": 0, "sort": ["name,asc", "id,desc"], "at": {"x": 1}, "none": [], "not": None}
    seen = "page=0&sort=name%2Casc&sort=id%2Cdesc&at=%7B%22x%22%3A1%7D"
    for style in ("form", "spaceDelimited", "pipeDelimited"):
        pairs = styles.write_query(parameter("pageable", style=style, explode=True), page)
        assert "&".join(map("=".join, pairs)) == seen
    encoding = Encoding(explode=True)
    media_type = MediaType("application/x-www-form-urlencoded", encoding={"pageable": encoding})
    assert forms.write(media_type, {"pageable": page}) == seen
