"""An HTTP response in, a `Result` out: text for the model, data for the program, images and files aside."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import anyio

from openapi2tools import transport
from openapi2tools.call.credentials import masking as secrets
from openapi2tools.call.response import pages, shorten
from openapi2tools.call.response import validate as validation
from openapi2tools.call.serialization import media, styles
from openapi2tools.model import Json, Part, Result, essence

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx

    from openapi2tools.call.client import Prepared

MAXIMUM_BYTES: Final = 64 * 1024 * 1024
ADVICE: Final = {
    400: "The API cannot read this request: correct the arguments.",
    401: "The API wants a credential, or does not accept the one it got. Do not repeat this call; say that access is missing.",
    403: "The credential in use does not permit this. Do not repeat this call; say that permission is missing.",
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
_TEXTUAL: Final = re.compile(
    r"text/|.*[/+](xml|yaml|x-yaml|javascript|graphql|x-www-form-urlencoded|toml|sql|csv)$"
)
_HALF: Final = re.compile("[\ud800-\udfff]")
_HALF_ESCAPED: Final = re.compile(r"\\u[dD][89a-fA-F]")  # or a whole pair
_XML_ENCODING: Final = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)")
_FILE_NAME: Final = re.compile(
    r"""(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|"?([^;"]+))""", re.IGNORECASE
)
_FILE_NAME_ENCODED: Final = re.compile(
    r"""(?:^|;)\s*filename\*\s*=\s*"?([\w.:-]*)'[^']*'([^;"\s]+)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Content:
    """A decoded body: `data` for the program, `text` for the model, `parts` for what is neither."""

    data: Json = None
    text: str = ""
    parts: tuple[Part, ...] = ()


async def read(
    response: httpx.Response,
    prepared: Prepared,
    hidden: Collection[str] = (),
    *,
    limit: int,
    validate: bool,
    until: float,
) -> Result:
    """Read a response to its end, or a stream until a moment of the loop's clock; `limit` is in characters of text.

    The secrets of `hidden` are masked.
    """
    body, complete = await _load(response, until)
    found = decode(response.headers, body, whole=complete)
    text, truncated, status = secrets.masked(found.text, hidden), False, response.status_code
    data = found.data if text == found.text else secrets.masked(found.data, hidden)
    is_error = not (200 <= status < 300 or status == 304)
    if len(text) > limit:
        text, truncated = shorten.fit(data, text, limit, prepared.tool), True
    if not complete:
        text, truncated = f"{text}\n(The answer went on: this is its first part.)", True
    if is_error:
        text = f"{_status(status)}. {secrets.masked(_advice(response), hidden)}\n{text}".strip()
    elif not text:
        text = f"{_status(status)}: done, without content."
    findings = (
        validation.findings(prepared.tool, response, body) if validate and not is_error else ()
    )
    return Result(
        call_id=prepared.call.id,
        tool=prepared.tool.name,
        text=text,
        data=data,
        status=status,
        is_error=is_error,
        truncated=truncated,
        parts=found.parts,
        notes=prepared.notes + tuple(str(secrets.masked(finding, hidden)) for finding in findings),
        headers=secrets.masked(dict(response.headers), hidden),
        next=pages.following(prepared, response, data),
        caller=prepared.call.caller,
    )


async def _load(response: httpx.Response, until: float) -> tuple[bytes, bool]:
    """Load a body, and say whether it is whole: a stream of events may have no end, and what has come of it counts."""
    body = bytearray()
    kind = response.headers.get("content-type", "")
    is_stream = (
        essence(kind) == "text/event-stream"
        or media.is_json_lines(kind)
        or media.is_json_sequence(kind)
    )
    with anyio.CancelScope(deadline=until if is_stream else math.inf) as clock:
        async for chunk in transport.unpacked(response):
            body += chunk
            if len(body) > MAXIMUM_BYTES:
                return bytes(body[:MAXIMUM_BYTES]), False
    return bytes(body), not clock.cancelled_caught


def decode(headers: httpx.Headers, body: bytes, *, whole: bool = True) -> Content:
    """Decode a body by its content type; by its look where there is none. `whole` says that it was read to its end."""
    if not body:
        return Content()
    declared = headers.get("content-type", "")
    kind = essence(declared)
    if media.is_json_lines(kind) or media.is_json_sequence(kind):
        return _sequence(body, declared, whole=whole)
    if media.is_json(kind) or (kind in ("", "text/plain") and body.lstrip()[:1] in (b"{", b"[")):
        return _json(body, declared)
    if _TEXTUAL.match(kind) or (kind in ("", "application/octet-stream") and _is_text(body)):
        text = _text(body, declared)
        return Content(text, _without_tags(text) if kind == "text/html" else text)
    part = Part(kind or "application/octet-stream", body, _file_name(headers))
    return Content(
        None,
        f"({part.media_type}{', ' + part.name if part.name else ''}, {len(body)} bytes, kept aside.)",
        (part,),
    )


def _json(body: bytes, declared: str) -> Content:
    try:
        # JSON tells UTF-8, UTF-16 and UTF-32 itself (RFC 8259, section 8.1)
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:  # some servers have a charset all the same
        text = _text(body, declared)
    try:
        data = _value(text)
        return Content(
            data, data if isinstance(data, str) else styles.json_text(data, finite=False)
        )
    except (ValueError, RecursionError):  # no JSON, or nested beyond reason: then it is text
        return Content(text, text)


def _value(text: str) -> Json:
    """Read JSON; half a surrogate pair, which JSON can escape and no text can hold, becomes U+FFFD."""
    value = json.loads(text)
    if not _HALF_ESCAPED.search(text):
        return value
    return json.loads(_HALF.sub("\ufffd", styles.json_text(value, finite=False)))


def _sequence(body: bytes, declared: str, *, whole: bool) -> Content:
    """Decode one JSON value a line, or between record separators (RFC 7464); what is cut short at the end is text only."""
    text = _text(body, declared)
    records = text.split("\x1e" if media.is_json_sequence(declared) else "\n")
    if not whole and not text.endswith("\n"):
        del records[-1]
    try:
        return Content(
            [_value(record) for record in records if record.strip()], text.replace("\x1e", "")
        )
    except (ValueError, RecursionError):
        return Content(text, text)


def _text(body: bytes, declared: str) -> str:
    """Decode a text by its charset, else by what XML says of itself (RFC 7303, section 3)."""
    inside = _XML_ENCODING.match(body[:1000]) if media.is_xml(declared) else None
    charset = media.charset_of(f"{declared}; charset={inside[1].decode()}" if inside else declared)
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except UnicodeError:
        return body.decode("utf-8", "replace").removeprefix("\ufeff")


def _is_text(body: bytes) -> bool:
    try:
        return b"\0" not in body[:4096] and bool(body.decode())
    except UnicodeDecodeError:
        return False


def _file_name(headers: httpx.Headers) -> str:
    """Read the file's name (RFC 6266; the one that says its encoding comes first), without any folder."""
    said = headers.get("content-disposition", "")
    if named := _FILE_NAME_ENCODED.search(said):
        name = unquote(named[2], media.charset_of(f";charset={named[1]}"))
    else:
        named = _FILE_NAME.search(said)
        name = re.sub(r'\\(["\\])', r"\1", named[1] or named[2] or "") if named else ""
    return re.split(r"[/\\]", name)[-1].strip()


def _status(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _advice(response: httpx.Response) -> str:
    status = response.status_code
    if 300 <= status < 400:
        return f"The API redirects to {response.headers.get('location', 'nowhere')}, where this call does not go by itself."
    if status == 429 and (wait := response.headers.get("retry-after")):
        return f"The API asks to slow down: wait (Retry-After: {wait}) before the next call."
    if status == 405 and (allowed := response.headers.get("allow")):
        return f"The API does not allow this method here, but {allowed}."
    return ADVICE.get(status) or (
        "The API failed, not the arguments: try once more later."
        if status >= 500
        else "The API refuses this call."
    )


class _Words(HTMLParser):
    """Collects the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _: object) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self.words += data.split()

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001 -- as it is inherited
        """Take `<![` for a comment, as browsers do: older Pythons give up on it."""
        return self.parse_bogus_comment(i)


def _without_tags(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    # what it holds back, for a tag that did not end; its `close` would read that many times
    reader.handle_data(unescape(reader.rawdata))
    return " ".join(reader.words)
