"""Numbers of JSON keep their digits: read, shown, written, copied."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools._core.json import exact_json


@pytest.mark.parametrize(
    "digits",
    [
        "12345678901234567890.25",
        "0.1000000000000000055",
        "1.00000000000000000001",
        "-3.14159265358979323846",
        "1E400",
        "1e-400",
        "98765432109876543210",
    ],
)
def test_a_number_that_no_float_holds_keeps_its_digits(digits: str) -> None:
    value = exact_json.loads(f'{{"a":[{digits}]}}')
    assert exact_json.dumps(value, separators=(",", ":")) == f'{{"a":[{digits}]}}'
    [number] = value["a"]
    assert str(number) == repr(number) == digits
    assert float(number) == float(digits)
    for again in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert str(again) == digits


@pytest.mark.parametrize("digits", ["1.5", "0.1", "1e5", "1.10", "2.5E+10", "1234567890.123456"])
def test_a_number_that_a_float_holds_is_a_plain_float(digits: str) -> None:
    assert type(exact_json.loads(digits)) is float


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_number_loses_its_value(number: Decimal) -> None:
    assert Decimal(exact_json.dumps(exact_json.loads(str(number)))) == number


@given(st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists))
def test_everything_else_is_as_json_writes_it(value: object) -> None:
    assert exact_json.dumps(value, indent=1) == json.dumps(value, indent=1)


def test_bytes_are_read_in_their_encoding() -> None:
    assert exact_json.loads('{"a":"é"}'.encode("utf-16")) == {"a": "é"}


def test_plain_floats_are_for_who_knows_no_others() -> None:
    plain = exact_json.as_floats(exact_json.loads('{"a":[12345678901234567890.25,1]}'))
    assert plain == {"a": [12345678901234567890.25, 1]}
    assert type(plain["a"][0]) is float
