"""Read the body of a request as a value, and say what is wrong with one that cannot be read."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from openapi2tools._core.json import exact_json
from openapi2tools.call.serialization.media import is_json
from openapi2tools.call.serialization.styles import DELIMITERS
from openapi2tools.errors import CallError
from openapi2tools.model import essence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Encoding, Json

FORM: Final = "application/x-www-form-urlencoded"


class Fault(CallError):
    """What is wrong with a request; `status` is how that is answered."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


def parse_body(content_type: str, body: bytes) -> Json:
    """Return a body as a value: JSON, the members of a form, else text. Raises Fault."""
    kind = essence(content_type)
    if kind == FORM:
        members: dict[str, list[str]] = {}
        for name, text in parse_qsl(body.decode(errors="replace"), keep_blank_values=True):
            members.setdefault(name, []).append(text)
        return members
    if kind.startswith("multipart/"):
        return _parts(content_type, body)
    if not is_json(kind):
        return body.decode(errors="replace")
    try:
        return exact_json.as_floats(exact_json.loads(body))
    except (ValueError, RecursionError) as error:
        raise Fault(400, f"The body is no JSON: {error}.") from None


def _parts(content_type: str, body: bytes) -> dict[str, list[str]]:
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    members: dict[str, list[str]] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name is not None and isinstance(content, bytes):
            members.setdefault(str(name), []).append(content.decode(errors="replace"))
    return members


def split_form(texts: list[str], encoding: Encoding | None) -> list[str]:
    """Return the members of an array in a form, which may stand in one text."""
    if encoding is None or encoding.explode is True or len(texts) != 1:
        return texts
    style = encoding.style or "form"
    if encoding.explode is None and style == "form":
        return texts
    return texts[0].split(DELIMITERS.get(style, ","))
