"""Find the word that a document wants before a key in `Authorization`, such as `Bearer`.

OpenAPI has no field for it: an apiKey is written as it is (3.1, section 4.8.27). Documents say it
in the description (`Use "Token <key>"`), in an example, or under an `x-…prefix`.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject

_KNOWN_WORD: Final = r"(?i:bearer|token|api[-_]?key|basic|jwt|key)"
_PLACEHOLDER: Final = (
    r"(?:<(?!/|(?:a|b|br|code|em|i|li|p|pre|strong|ul)\b)\w[^<>]*>|\{[^{}]+\}|\$\w)"
)
_FILLERS: Final = (
    r"(?:(?i:(?:the|your) (?:\w+ )?(?:token|key|value) (?:with|by))\W+)?"
    r"(?:(?i:with|by|of|is|the|word|string|text)\W+){0,4}"
)
_FORMS: Final = (
    # `Bearer <token>`, `Token token={key}`, `ApiKey ${KEY}`: a word that is known or looks like one
    rf"(?<![\w-])({_KNOWN_WORD} (?:\w+=)?)['\"]?{_PLACEHOLDER}",
    rf"(?<![\w-])((?:[A-Z]+[a-z]+[A-Z]\w*|[A-Z]{{3,}}) (?:\w+=)?){_PLACEHOLDER}",
    rf"Authorization['\"]?\s*[:=]\s*['\"]?(\w[\w-]* (?:\w+=)?){_PLACEHOLDER}",
    # "Bearer abcde12345", `Token your_token`
    rf"['\"`]({_KNOWN_WORD} )(?=[\w.-]*[\d_.])[\w.-]{{5,}}",
    rf"Authorization['\"]?\s*[:=]\s*['\"]?({_KNOWN_WORD} )[\w.-]{{3,}}",
    rf"(?i:examples?)\W{{0,4}}({_KNOWN_WORD} )(?=[\w.-]*\d)[\w.-]{{5,}}",
    # prefix "Token", prefixed with Bearer, prefix the token with Bearer, prepended with "token"
    rf"(?i:prefix(?:ed)?|preceded|prepended)\W+{_FILLERS}({_KNOWN_WORD})\b",
    # 'Bearer' [space], "Bearer" prefix, the Bearer scheme
    rf"['\"`]({_KNOWN_WORD}) ?['\"`] ?(?i:prefix|\W?space|(?:and|plus|followed by) (?:a )?space)",
    rf"(?i:the) ({_KNOWN_WORD}) (?i:prefix|scheme)\b",
)
_FORM: Final = tuple(map(re.compile, _FORMS))
_MAX_CHARS: Final = 5_000


def value_prefix(raw: JsonObject) -> str:
    """Return what goes before the value of an apiKey scheme, its space included; often nothing.

    Example:
        value_prefix({"description": 'Required prefix "Token"'})  # "Token "
    """
    if str(raw.get("name", "")).lower() != "authorization" or raw.get("in") != "header":
        return ""
    for name, value in raw.items():
        if name.startswith("x-") and name.lower().endswith("prefix") and isinstance(value, str):
            return _with_space(value)
    texts = [raw.get("description"), *(f"Authorization: {one}" for one in _examples(raw))]
    for text in texts:
        if not isinstance(text, str):
            continue
        for form in _FORM:
            found = form.search(unescape(text[:_MAX_CHARS]))
            if found:
                return _with_space(found[1])
    return ""


def _examples(raw: JsonObject) -> list[str]:
    """Return the examples that extensions give, and that the standard does not know here."""
    return [
        value
        for name, value in raw.items()
        if isinstance(value, str) and (name == "example" or name.startswith("x-"))
    ]


def _with_space(prefix: str) -> str:
    prefix = prefix.strip()
    word = "Bearer" if prefix.lower() == "bearer" else prefix
    return word if not word or word.endswith("=") else f"{word} "
