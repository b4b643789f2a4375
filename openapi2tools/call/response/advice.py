"""What a model is told about the status of an answer: what it means, and what to do now."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from openapi2tools.call.response.redirect import refused_redirect_advice

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from openapi2tools.call.prepared import Prepared

_ADVICE_BY_STATUS: Final = {
    400: "The API cannot read this request: correct the arguments.",
    401: "The API wants a credential, or does not accept the one it got. "
    "Do not repeat this call; say that access is missing.",
    403: "The credential in use does not permit this. "
    "Do not repeat this call; say that permission is missing.",
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


def advice(response: httpx.Response) -> str:
    """Return a sentence that says what to do about an answer that is no success."""
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
        return "The API failed, not the arguments: try once more later."
    return "The API refuses this call."


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
        ways = f"--auth {schemes[0]}=VALUE, or credentials={{{schemes[0]!r}: …}}"
    else:
        reason = "The document defines no scheme"
        ways = _ways_to_give(response.headers.get_list("www-authenticate"))
    return f"{_CREDENTIAL}none was sent. {reason}: the operator can give it with {ways}."


def find_credential_line(text: str) -> str:
    """Return the line of a result's text that `credential_line` wrote; empty if there is none."""
    lines = text.split("\n", 2)[1:2]
    return lines[0] if lines and lines[0].startswith(_CREDENTIAL) else ""


def _ways_to_give(challenges: Sequence[str]) -> str:
    """Return how to give what a `WWW-Authenticate` asks for (RFC 9110, section 11.6.1)."""
    words = _QUOTED.sub("", ", ".join(challenges)).replace(",", " ").split()
    asked = [word for word in words if word.lower() in _VALUES_BY_SCHEME]
    if asked:
        return ", or ".join(
            f"--auth {word.lower()}={_VALUES_BY_SCHEME[word.lower()]}" for word in asked
        )
    if words and _TOKEN.fullmatch(words[0]):
        return f"--auth 'header:Authorization={words[0]} VALUE'"
    return "--auth bearer=TOKEN, basic=USER:PASS, header:NAME=VALUE or query:NAME=VALUE"


_CREDENTIAL: Final = "Credential: "
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VALUES_BY_SCHEME: Final = {"basic": "USER:PASS", "bearer": "TOKEN", "digest": "USER:PASS"}
