"""The word that a document wants before a key in Authorization is found where it says so."""

from __future__ import annotations

import httpx
import pytest

from openapi2tools.call.credentials.signing import api_key_signer
from openapi2tools.spec.load import load
from openapi2tools.spec.read.value_prefix import value_prefix


def prefix(**scheme: str) -> str:
    return value_prefix({"type": "apiKey", "name": "Authorization", "in": "header", **scheme})


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ('Token-based authentication with required prefix "Token"', "Token "),
        ("Value of the header: `Bearer {token}`", "Bearer "),
        ("Authorization: bearer <your token>", "Bearer "),
        ("The API key with format `Token token=<API_KEY>`", "Token token="),
        ("API Key - NetworkInsight {token}", "NetworkInsight "),
        ("Enter 'Bearer' [space] and then your token", "Bearer "),
        ("JWT Authorization header using the Bearer scheme", "Bearer "),
        ('API tokens must be prepended with "token" followed by a space.', "token "),
        ("Prefix the token with Bearer", "Bearer "),
        ("Write **'ApiKey &lt;key&gt;'**", "ApiKey "),
        ('Example: "Bearer abcde12345"', "Bearer "),
        ("Put **_ONLY_** your JWT Bearer token on textbox below!", ""),
        ("A JSON Web Token (JWT)", ""),
        ("Your API key <br>as in the settings", ""),
        ("", ""),
    ],
)
def test_the_prefix_is_found_in_the_description(description: str, expected: str) -> None:
    assert prefix(description=description) == expected


def test_the_prefix_is_found_in_extensions_and_examples() -> None:
    assert prefix(**{"x-token-prefix": "Token"}) == "Token "
    assert prefix(**{"x-example": "Bearer abc"}) == "Bearer "
    assert prefix(example="ApiKey k3y") == "ApiKey "


def test_other_headers_have_none() -> None:
    assert value_prefix({"name": "X-Key", "in": "header", "description": "Bearer {key}"}) == ""


@pytest.mark.parametrize("given", ["k3y", "Token k3y", "token k3y"])
def test_the_prefix_is_written_once(given: str) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "A", "version": "1"},
        "paths": {},
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "description": "`Token <key>`",
                }
            }
        },
    }
    request = httpx.Request("GET", "http://api.test")
    api_key_signer(load(document).schemes["key"], given)(request)
    assert request.headers["Authorization"].lower() == "token k3y"
