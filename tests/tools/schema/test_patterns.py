"""A pattern is read as it is meant: of another language, escaped twice, or none at all."""

from __future__ import annotations

import pytest

from openapi2tools.tools.schema.patterns import (
    convert_pattern,
    is_plain_pattern,
    matches,
    never_matches,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/^[a-z]{2}$/i", "^[a-zA-Z]{2}$"),
        (r"/^x\d\/[A-C]$/gi", r"^[xX]\d/[A-Ca-c]$"),
        ("/^[a-z0-9._]+$/", "^[a-z0-9._]+$"),
        ("/(?=.*[a-z])(?=.*[0-9])/", "(?=.*[a-z])(?=.*[0-9])"),
        (r"^\\d{4}$", r"^\d{4}$"),
        (r"\\+[1-9]\\d{1,14}$", r"\+[1-9]\d{1,14}$"),
        (r"[\\s\\S]*", r"[\s\S]*"),
        (r"\A\w+\z", r"^\w+$"),
    ],
)
def test_a_pattern_of_another_language_or_escaped_twice_is_read_as_meant(
    written: str, meant: str
) -> None:
    assert convert_pattern(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "dd/MM/yyyy",
        "YYYY-MM-DDThh:mm:ssZ",
        "yyyy-MM-dd'T'HH:mm:ss",
        "HH:mm",
        "date-time",
        ".^",
        r"^a$\d",
        " ^[-a-z]+$",
    ],
)
def test_a_way_to_write_dates_and_what_nothing_matches_are_no_patterns(written: str) -> None:
    assert convert_pattern(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "^[a-z]+$",
        r"^C:\\dir\\.*$",
        r"^\$[a-z]+\^$",
        "/users/[0-9]+/",
        "/oauth/[a-z]+/organization",
        "(^|,)a",
        "(?!^[0-9]+$)([a-z]+)",
        "^[+]+[0-9]+$",
        "a*^b",
        "issue",
    ],
)
def test_a_pattern_that_can_be_meant_stays_as_it_is(written: str) -> None:
    assert convert_pattern(written) == written
    assert is_plain_pattern(written)
    assert not never_matches(written)


def test_a_flag_is_written_out_in_letters_and_classes_alone() -> None:
    pattern = convert_pattern(r"/^(?<year>\d+)-[a-f\d]x$/i")
    assert pattern == r"^(?<year>\d+)-[a-f\dA-F][xX]$"
    assert matches(pattern, "2024-EX")
