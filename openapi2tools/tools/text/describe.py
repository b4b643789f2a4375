"""An operation in; the description of its tool out: what it does, what it asks for, what it gives, in lean plain text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openapi2tools._core.identity import IdentityKey
from openapi2tools.tools.text.invisible import hidden_characters
from openapi2tools.tools.text.plain import clean

if TYPE_CHECKING:
    from openapi2tools.model import Json, Operation, Response

__all__ = [
    "clean",
    "describe",
    "hidden_characters",
    "joined",
    "needed_scopes",
    "returns",
    "same",
    "success",
]

_PUNCTUATION: Final = re.compile(r"[\W_]+")
_ASCII_PUNCTUATION: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_LOWER: Final = bytes(range(256)).lower()
# words that only say that a call went well, or that something comes back
_EMPTY: Final = frozenset(
    [
        *(
            "a",
            "an",
            "the",
            "this",
            "that",
            "is",
            "was",
            "were",
            "has",
            "have",
            "been",
            "be",
            "it",
            "if",
            "when",
            "and",
            "with",
            "of",
            "for",
        ),
        *(
            "ok",
            "okay",
            "success",
            "successful",
            "successfully",
            "succeeded",
            "succeeds",
            "succeed",
            "request",
            "requests",
            "requested",
        ),
        *(
            "response",
            "responses",
            "returned",
            "returns",
            "return",
            "result",
            "results",
            "operation",
            "operations",
            "api",
            "call",
            "code",
        ),
        *(
            "status",
            "http",
            "no",
            "none",
            "error",
            "errors",
            "content",
            "body",
            "empty",
            "null",
            "void",
            "done",
            "completed",
            "created",
        ),
        *(
            "deleted",
            "updated",
            "accepted",
            "processed",
            "default",
            "expected",
            "generic",
            "normal",
            "valid",
            "query",
            "executed",
        ),
        *(
            "execution",
            "action",
            "specified",
            "resource",
            "object",
            "indicates",
            "google",
            "protobuf",
        ),
    ]
)
_WORD: Final = re.compile(r"[^\W\d_]+?(?=[A-Z][a-z])|[^\W\d_]+")


def same(one: str, other: str) -> bool:
    """Tell whether two texts say the same, but for case, punctuation and spaces."""
    return one == other or _letters(one) == _letters(other)


def _letters(text: str) -> bytes:
    if text.isascii():
        return text.encode().translate(_LOWER, _ASCII_PUNCTUATION)
    return _PUNCTUATION.sub("", text).lower().encode("utf-8", "surrogatepass")


def describe(operation: Operation, about_body: str = "") -> str:
    """Say what an operation does, what it asks for and what it gives: the description of its tool. Never empty.

    `about_body` is what a body that lies flat among the arguments says about itself as a whole.
    """
    told = operation.hints.get("description")
    text = (
        clean(told)
        if isinstance(told, str)
        else joined(clean(operation.summary), clean(operation.description))
    )
    parts = [_sentence(text) or _spoken(operation)]
    if about_body and _letters(about_body) not in _letters(parts[0]):
        parts.append(_sentence(f"Body: {about_body}"))
    if operation.deprecated:
        parts.append("Deprecated.")
    if scopes := needed_scopes(operation):
        parts.append(f"Needs scope {scopes}.")
    gives = returns(operation.responses)
    if gives and not _told_already(gives, parts[0]):
        parts.append(f"Returns: {gives}")
    return "\n".join(parts) if len(parts) > 1 else parts[0]


def joined(first: str, second: str) -> str:
    """Join two texts about one thing, and keep only one of them where it says the other's words too."""
    if not first or not second:
        return first or second
    one, two = _letters(first), _letters(second)
    if two in one:
        return first
    if two.startswith(one):
        return second
    return f"{_sentence(first)}\n{second}"


def _sentence(text: str) -> str:
    return text if not text or not text[-1].isalnum() else text + "."


def _spoken(operation: Operation) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", clean(operation.id or "")).strip()
    return f"{words} ({operation.key})" if words else operation.key


def needed_scopes(operation: Operation) -> str:
    """Name the OAuth scopes of an operation: alternatives are joined by `or`; empty when there is a way without."""
    return _scopes(IdentityKey(operation.security)) if operation.security else ""


@lru_cache(maxsize=256)  # operations share their requirements
def _scopes(security: IdentityKey) -> str:
    ways = {
        " and ".join(dict.fromkeys(scope for scopes in need.values() for scope in scopes)): None
        for need in security.value
    }
    return "" if "" in ways else " or ".join(map(clean, ways))


def returns(responses: tuple[Response, ...]) -> str:
    """Say in one line what a call gives when it goes well; empty when the document only says that it went well."""
    response = success(responses)
    if response is None:
        return ""
    return _outcome(response.description) or _outcome(
        _kind(next((media.schema for media in response.content if media.schema), None))
    )


@lru_cache(maxsize=4096)  # documents say the same of most responses
def _outcome(said: str) -> str:
    """Give the words of a response's description in one line; empty when they only say that a call went well."""
    text = clean(said, 300).replace("\n", " ")
    return "" if _EMPTY.issuperset(map(str.lower, _WORD.findall(text))) else _sentence(text)


def _told_already(gives: str, text: str) -> bool:
    """Tell whether a text itself names what a call returns, as in `Returns a single pet`."""
    return "eturn" in text and _letters(gives) in _letters(text)


def success(responses: tuple[Response, ...]) -> Response | None:
    """Find the response of a call that goes well: the lowest 2xx that has content, else the lowest 2xx, else `default`."""
    good = [response for response in responses if response.status[:1] == "2"]
    if good:
        return (
            good[0]
            if len(good) == 1
            else min(good, key=lambda response: (not response.content, response.status.upper()))
        )
    return next(
        (response for response in responses if response.status == "default" and response.content),
        None,
    )


def _kind(schema: Json) -> str:
    """Name the component that a response is made of, from its reference alone: following it would cost more than it tells."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return re.sub(r"[^\w\- ]", "", schema["$ref"].rpartition("/")[2].rpartition(".")[2])
    items = _kind(schema.get("items"))
    return f"list of {items}" if items else ""
