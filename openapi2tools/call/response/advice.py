"""What a model is told about the status of an answer: what it means, and what to do now."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from openapi2tools.call.response.redirect import refused_redirect_advice

if TYPE_CHECKING:
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
