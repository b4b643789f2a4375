"""What a model is told about the status of an answer: what it means, and what to do now."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.call.response.redirect import READING_METHODS, refused_redirect_advice
from openapi2tools.transport import WAS_REPEATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from openapi2tools.call.prepared import Prepared

_ADVICE_BY_STATUS: Final = {
    400: "The API cannot read this request: correct the arguments.",
    401: "The API wants a credential, or does not accept the one it got: repeating this call "
    "does not help while access is missing.",
    403: "The credential in use does not permit this: repeating this call does not help while "
    "the permission is missing.",
    404: "There is nothing under this identifier or path: look up the right one.",
    405: "The API does not allow this method here.",
    409: "This conflicts with the present state: read it again, then decide.",
    410: "This is gone for good.",
    412: "It has changed in the meantime: read it again, then decide.",
    413: "This is too large for the API: send less.",
    415: "The API does not take this kind of body.",
    422: "The API does not accept these values: correct the arguments that it names.",
    429: "The API asks to slow down: wait before the next call.",
}

_MAX_SEARCHED_CHARS: Final = 10_000
_ABOUT_ARGUMENTS: Final = r"""(?xi)
    not\ found | no\ such | (does|do|did)\ ?n[o\']t\ exist | unknown(?!\ error) | unrecogni[sz]ed
  | invalid | illegal | malformed | missing | required | mandatory | not\ valid
  | must\ (not\ )?be | should\ be | cannot\ be | can't\ be | may\ not\ be | is\ not\ an?\b
  | (?<!un)expected
  | already\ exists | duplicate | conflict | constraint | out\ of\ range | too\ (long|large|short)
  | unsupported | not\ supported | not\ allowed | could\ not\ (parse|convert) | validation
  | bad\ request | nonexistent | NotFound | not_found | (KeyError|ValueError|TypeError)\b
    """
"""What an API says of a call that is at fault itself, compiled when an API first fails: that takes
longer than all else in this module."""


def status_line(status: int) -> str:
    """Return a status with its phrase, such as `HTTP 404 Not Found`."""
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def guessed_server_advice(prepared: Prepared, status: int) -> str:
    """Return what to do about a 404 where nobody said which server it is; else nothing.

    A 404 that the operation declares is the API's own.
    """
    operation = prepared.tool.operation
    is_declared = any(each.status.upper() in ("404", "4XX") for each in operation.responses)
    if status != 404 or operation.servers or is_declared:
        return ""
    return prepared.server_advice


def advice(response: httpx.Response, text: str = "") -> str:
    """Return a sentence that says what to do about an answer that is no success.

    `text` is what the answer itself says.
    """
    status = response.status_code
    headers = response.headers
    if 300 <= status < 400:
        return refused_redirect_advice(response)
    if status == 429 and headers.get("retry-after"):
        wait = headers["retry-after"]
        return f"The API asks to slow down: wait (Retry-After: {wait}) before the next call."
    if status == 405 and headers.get("allow"):
        return f"The API does not allow this method here, but {headers['allow']}."
    if status in _ADVICE_BY_STATUS:
        return _ADVICE_BY_STATUS[status]
    if status >= 500:
        return _failure_advice(response.request.method, text)
    return "The API refuses this call."


def repetition_note(response: httpx.Response) -> str:
    """Return what is told of a refused write that was sent more than once; else nothing.

    The first one may have been carried out, though its answer was lost: then there is nothing left
    to delete, or a state that the second one conflicts with.
    """
    method = response.request.method
    was_repeated = response.extensions.get(WAS_REPEATED, False)
    if not was_repeated or method in READING_METHODS or not 400 <= response.status_code < 500:
        return ""
    return (
        f"This {method} was sent more than once, since no answer came to the first. "
        f"The first may have taken effect, and this {response.status_code} be a consequence: look."
    )


def _failure_advice(method: str, text: str) -> str:
    """Return what to do about a status from 500 on.

    Many an API answers so whatever is wrong; then its text says that the arguments are.
    """
    is_about_arguments = re.search(_ABOUT_ARGUMENTS, text[:_MAX_SEARCHED_CHARS]) is not None
    if method in READING_METHODS:
        if is_about_arguments:
            return "The API failed; what it says may be about the arguments: read it, correct them."
        return "The API failed, not the arguments: try once more later."
    cause = "what it says may be about the arguments" if is_about_arguments else "not the arguments"
    return (
        f"The API failed; {cause}. The {method} may have taken effect: look before you repeat it."
    )


def credential_line(response: httpx.Response, sent: str, schemes: Sequence[str]) -> str:
    """Return what a 401 or a 403 says about the credential: which one was sent, or how to give one.

    Args:
        response: The answer.
        sent: The scheme and the source of what was sent, in words; empty when nothing was.
        schemes: The names of the schemes that the document defines.
    """
    if response.status_code not in (401, 403):
        return ""
    if sent:
        return f"{_CREDENTIAL}it was sent for {sent}."
    if schemes:
        names = ", ".join(schemes)
        reason = f"The document defines {names}, and this operation does not ask for any"
        ways = _option(schemes[0], "VALUE")
    else:
        reason = "The document defines no scheme"
        ways = _ways_to_give(response.headers.get_list("www-authenticate"))
    return f"{_CREDENTIAL}none was sent. {reason}: the operator can give it with {ways}."


def find_credential_line(text: str) -> str:
    """Return the line of a result's text that `credential_line` wrote; empty if there is none."""
    lines = text.split("\n", 2)[1:2]
    return lines[0] if lines and lines[0].startswith(_CREDENTIAL) else ""


def _option(scheme: str, value: str) -> str:
    return for_reader(f"credentials={{{scheme!r}: '{value}'}}", f"--auth {scheme}={value}")


def _ways_to_give(challenges: Sequence[str]) -> str:
    """Return how to give what a `WWW-Authenticate` asks for (RFC 9110, section 11.6.1)."""
    words = _QUOTED.sub("", ", ".join(challenges)).replace(",", " ").split()
    asked = [word for word in words if word.lower() in _VALUES_BY_SCHEME]
    if asked:
        return ", or ".join(
            _option(word.lower(), _VALUES_BY_SCHEME[word.lower()]) for word in asked
        )
    if words and _TOKEN.fullmatch(words[0]):
        return for_reader(
            f"credentials={{'header:Authorization': '{words[0]} VALUE'}}",
            f"--auth 'header:Authorization={words[0]} VALUE'",
        )
    return for_reader(
        "credentials={NAME: …}, where NAME is bearer, basic, header:NAME or query:NAME",
        "--auth bearer=TOKEN, basic=USER:PASS, header:NAME=VALUE or query:NAME=VALUE",
    )


_CREDENTIAL: Final = "Credential: "
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VALUES_BY_SCHEME: Final = {"basic": "USER:PASS", "bearer": "TOKEN", "digest": "USER:PASS"}
