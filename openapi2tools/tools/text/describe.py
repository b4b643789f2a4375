"""Write the description of a tool: what it does, what it needs and what it returns."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from openapi2tools._core.identity import IdentityKey
from openapi2tools.tools.text.markdown_to_text import clean_text

if TYPE_CHECKING:
    from openapi2tools.model import Json, Operation, Response

_MAX_RESULT_CHARS: Final = 300
_PUNCTUATION: Final = re.compile(r"[\W_]+")
_ASCII_PUNCTUATION: Final = bytes(code for code in range(128) if not chr(code).isalnum())
_TO_LOWER_CASE: Final = bytes(range(256)).lower()
_WORD: Final = re.compile(r"[^\W\d_]+?(?=[A-Z][a-z])|[^\W\d_]+")
_WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+")
# Words that only say that a call went well, or that something comes back.
_UNINFORMATIVE: Final = (
    "a an the this that is was were has have been be it if when and with of for"
    " ok okay success successful successfully succeeded succeeds succeed"
    " request requests requested response responses returned returns return result results"
    " operation operations api call code status http no none error errors content body empty"
    " null void done completed created deleted updated accepted processed default expected"
    " generic normal valid query executed execution action specified resource object"
    " indicates google protobuf"
)
_UNINFORMATIVE_WORDS: Final = frozenset(_UNINFORMATIVE.split())


def describe_operation(operation: Operation, about_body: str = "") -> str:
    """Return the description of an operation's tool, which is never empty.

    Args:
        operation: The operation.
        about_body: What a body whose properties are arguments of their own says about itself as a
            whole.
    """
    purpose = _describe_purpose(operation)
    lines = [purpose]
    if about_body and _letters(about_body) not in _letters(purpose):
        lines.append(_with_period(f"Body: {about_body}"))
    id_ = operation.id or ""
    if not id_.isascii() and _letters(clean_text(id_)) not in _letters(purpose):
        lines.append(_with_period(f"Operation id: {clean_text(id_)}"))  # which its name only sounds
    if operation.deprecated:
        lines.append("Deprecated.")
    if operation.security and (scopes := _needed_scopes(IdentityKey(operation.security))):
        lines.append(f"Needs scope {scopes}.")
    result = describe_result(operation.responses)
    if result and not _mentions_result(purpose, result):
        lines.append(f"Returns: {result}")
    return "\n".join(lines) if len(lines) > 1 else purpose


def same_words(one: str, other: str) -> bool:
    """Return whether two texts differ only in case, punctuation and spaces."""
    return one == other or _letters(one) == _letters(other)


def join_texts(first: str, second: str) -> str:
    """Join two texts about one thing; a text that only repeats the other is left out."""
    if not first or not second:
        return first or second
    first_letters = _letters(first)
    second_letters = _letters(second)
    if second_letters in first_letters:
        return first
    if second_letters.startswith(first_letters):
        return second
    return f"{_with_period(first)}\n{second}"


def describe_result(responses: tuple[Response, ...]) -> str:
    """Describe in one line what a successful call returns.

    The text is empty when the document only says that the call succeeded.
    """
    response = success_response(responses)
    if response is None:
        return ""
    if result := _informative_text(response.description):
        return result
    schema = next((media.schema for media in response.content if media.schema), None)
    return _informative_text(_component_name(schema))


def success_response(responses: tuple[Response, ...]) -> Response | None:
    """Return the response of a successful call.

    That is the lowest 2xx with content, else the lowest 2xx, else a `default` with content.
    """
    successes = [response for response in responses if response.status[:1] == "2"]
    if len(successes) == 1:
        return successes[0]
    if successes:
        return min(successes, key=lambda response: (not response.content, response.status.upper()))
    for response in responses:
        if response.status == "default" and response.content:
            return response
    return None


def _letters(text: str) -> bytes:
    """Return the letters and digits of a text in lower case, to compare texts by."""
    if text.isascii():
        return text.encode().translate(_TO_LOWER_CASE, _ASCII_PUNCTUATION)
    return _PUNCTUATION.sub("", text).lower().encode("utf-8", "surrogatepass")


def _describe_purpose(operation: Operation) -> str:
    """Return what an operation says about itself, or else its id and key."""
    hint = operation.hints.get("description")
    if isinstance(hint, str):
        text = clean_text(hint)
    else:
        summary = "" if _is_made(operation) else clean_text(operation.summary)
        text = join_texts(summary, clean_text(operation.description))
    if text:
        return _with_period(text)
    words = _WORD_BREAK.sub(" ", clean_text(operation.id or "")).strip()
    return f"{words} ({operation.key})" if words else operation.key


def _is_made(operation: Operation) -> bool:
    """Whether nobody wrote the summary that stands beside a description.

    FastAPI makes it of the function's name, and the id of that, the path and the method.
    """
    if not operation.summary or not operation.description:
        return False
    made_of = f"{operation.summary}{operation.path}{operation.method}"
    return _letters(made_of) == _letters(operation.id or "")


def _with_period(text: str) -> str:
    """Add a period to a text that ends without punctuation."""
    return text + "." if text and text[-1].isalnum() else text


@lru_cache(maxsize=256)  # operations share their security requirements
def _needed_scopes(security: IdentityKey) -> str:
    """Name the OAuth scopes of alternative security requirements, joined by "or".

    The text is empty when one of the alternatives needs no scope.
    """
    alternatives: dict[str, None] = {}  # a dict keeps the order and leaves out repetitions
    for requirement in security.value:
        scopes = dict.fromkeys(scope for scopes in requirement.values() for scope in scopes)
        alternatives[" and ".join(scopes)] = None
    if "" in alternatives:
        return ""
    return " or ".join(map(clean_text, alternatives))


@lru_cache(maxsize=4096)  # documents describe most responses in the same words
def _informative_text(description: str) -> str:
    """Return the text of a response in one line; empty when it only says that a call succeeded."""
    text = clean_text(description, _MAX_RESULT_CHARS).replace("\n", " ")
    words = map(str.lower, _WORD.findall(text))
    return "" if _UNINFORMATIVE_WORDS.issuperset(words) else _with_period(text)


def _mentions_result(text: str, result: str) -> bool:
    """Return whether a text itself says what a call returns, as in `Returns a single pet`."""
    return "eturn" in text and _letters(result) in _letters(text)


def _component_name(schema: Json) -> str:
    """Name the component that a response is made of, by its reference alone.

    To follow the reference would cost more than it tells.
    """
    if not isinstance(schema, dict):
        return ""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = unquote(reference.rpartition("/")[2]).rpartition(".")[2]
        return re.sub(r"[^\w\- ]", "", name)
    item_name = _component_name(schema.get("items"))
    return f"list of {item_name}" if item_name else ""
