"""Decode the body of a response: its bytes become data, a text, or a file that is kept aside."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from openapi2tools._core.json import exact_json
from openapi2tools.call.response.html_text import MAX_PAGE_CHARS, html_to_text
from openapi2tools.call.serialization import media, styles
from openapi2tools.model import Json, Part, essence

if TYPE_CHECKING:
    import httpx

_SNIFFED_BYTES: Final = 4096
"""How much of a body without a telling content type is looked at for control characters."""
_XML_DECLARATION_BYTES: Final = 1000
_MAX_VALUES: Final = 1_000_000
"""Values of JSON beyond which an answer stays a text: they take a hundred times their bytes."""
_TOO_MANY_VALUES: Final = (
    f"The answer holds more than {_MAX_VALUES:,} JSON values, and was kept as a text."
)
_CUT_PAGE: Final = f"Of the page, the first {MAX_PAGE_CHARS:,} characters were read."
_VALUE_SEPARATORS: Final = (b",", b"[", b"{", b"\n", b"\x1e")

_TEXTUAL: Final = re.compile(
    r"text/|.*[/+](xml|yaml|x-yaml|javascript|graphql|x-www-form-urlencoded|toml|sql|csv)$"
)
_CONTROL_CHARACTER: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""What no text holds; an escape does stand in texts, for colours."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")  # half a pair, or a whole one
_XML_ENCODING: Final = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)")
_FILE_NAME: Final = re.compile(
    r"""
    (?:^|;) \s* filename \s* = \s*
    (?: "((?:[^"\\]|\\.)*)"         # filename="a \"quoted\" name.txt"
      | "?([^;"]+)                   # filename=name.txt, or a quote that does not end
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ENCODED_FILE_NAME: Final = re.compile(
    r"""
    (?:^|;) \s* filename\* \s* = \s* "?
    ([\w.:-]*) ' [^']* '             # charset'language'
    ([^;"\s]+)                      # the percent-encoded name
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Content:
    """A decoded body: `data` for the program, `text` for the model, `parts` for what is neither.

    `note` says what was not read of it, and `values` are what the text shows (see `values_of`).
    """

    data: Json = None
    text: str = ""
    parts: tuple[Part, ...] = ()
    note: str = ""
    values: Json = None


def decode(
    headers: httpx.Headers, body: bytes, *, is_complete: bool = True, expects_json: bool = False
) -> Content:
    """Decode a body by its content type, or by its look where that says nothing.

    Args:
        headers: The headers of the response.
        body: The body, unpacked.
        is_complete: Whether the body was read to its end.
        expects_json: Whether the document promises JSON and nothing else. Then a plain text that
            looks like JSON is JSON; otherwise it is a text, whatever it holds.
    """
    if not body:
        return Content()
    content_type = headers.get("content-type", "")
    media_type = essence(content_type)
    if media.is_json_lines(media_type) or media.is_json_sequence(media_type):
        return _decode_sequence(body, content_type, is_complete=is_complete)
    may_be_json = not media_type or (media_type == "text/plain" and expects_json)
    if media.is_json(media_type) or (may_be_json and _looks_like_json(body)):
        return _decode_json(body, content_type, is_complete=is_complete)
    if _TEXTUAL.match(media_type) or _looks_like_text(media_type, body):
        text = _decode_text(body, content_type)
        return _page(text) if media_type == "text/html" else Content(text, text)
    part = Part(media_type or "application/octet-stream", body, _file_name(headers))
    name = f", {part.name}" if part.name else ""
    text = f"({part.media_type}{name}, {len(body)} bytes, kept aside.)"
    return Content(None, text, (part,))


def holds_more_values_than(most: int, body: bytes) -> bool:
    """Return whether JSON has more values than that, by the signs that divide them, or by lines."""
    counts = [body.count(separator) for separator in _VALUE_SEPARATORS]
    return max(sum(counts[:3]), *counts[3:]) > most


def _decode_json(body: bytes, content_type: str, *, is_complete: bool) -> Content:
    """Decode one JSON value, or several, one a line, as streams have that are declared as JSON."""
    if holds_more_values_than(_MAX_VALUES, body):
        return _undivided(_decode_text(body, content_type))
    try:
        # JSON says by itself whether it is UTF-8, UTF-16 or UTF-32 (RFC 8259, section 8.1).
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:  # some servers declare a charset all the same
        text = _decode_text(body, content_type)
    try:
        data = _parse_json(text)
        shown = data if isinstance(data, str) else styles.json_text(data, finite=False)
    except ValueError:
        return _decode_records(text, "\n", is_complete=is_complete)
    except RecursionError:  # nested too deeply
        return Content(text, text)
    return Content(data, shown)


def _page(text: str) -> Content:
    """Return the words of a page, and a note where it is longer than what is read."""
    note = _CUT_PAGE if len(text) > MAX_PAGE_CHARS else ""
    return Content(text, html_to_text(text), note=note)


def _undivided(text: str) -> Content:
    """Return an answer of very many values as one text."""
    return Content(text, text, note=_TOO_MANY_VALUES)


def _parse_json(text: str) -> Json:
    """Parse JSON; half a surrogate pair becomes U+FFFD, since no text can hold it."""
    value = exact_json.loads(text)
    if not _ESCAPED_SURROGATE.search(text):
        return value
    return exact_json.loads(_SURROGATE.sub("\ufffd", styles.json_text(value, finite=False)))


def _decode_sequence(body: bytes, content_type: str, *, is_complete: bool) -> Content:
    """Decode JSON values, one a line or between record separators (RFC 7464)."""
    text = _decode_text(body, content_type)
    if holds_more_values_than(_MAX_VALUES, body):
        return _undivided(text.replace("\x1e", ""))
    separator = "\x1e" if media.is_json_sequence(content_type) else "\n"
    return _decode_records(text, separator, is_complete=is_complete)


def _decode_records(text: str, separator: str, *, is_complete: bool) -> Content:
    """Decode JSON values between separators; a text where one of them is none.

    What the end of an incomplete body cuts short is in the text only.
    """
    records = text.split(separator)
    if not is_complete and not text.endswith("\n"):
        del records[-1]
    try:
        data = [_parse_json(record) for record in records if record.strip()]
    except (ValueError, RecursionError):
        data = []
    return Content(data or text, text.replace("\x1e", ""))


def _decode_text(body: bytes, content_type: str) -> str:
    """Decode a text by its charset, or by what XML says of itself (RFC 7303, section 3)."""
    declared = None
    if media.is_xml(content_type):
        declared = _XML_ENCODING.match(body[:_XML_DECLARATION_BYTES])
    if declared:
        # The first charset counts: that of the content type, if it has one.
        content_type = f"{content_type}; charset={declared[1].decode()}"
    try:
        text = body.decode(media.charset_of(content_type))
    except UnicodeError:
        text = body.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def _looks_like_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def _looks_like_text(media_type: str, body: bytes) -> bool:
    """Whether a body is UTF-8 without control characters, and no PDF, under a type that may be."""
    if media_type and not media_type.startswith("application/"):
        return False
    if _CONTROL_CHARACTER.search(body[:_SNIFFED_BYTES]) or body.startswith(b"%PDF-"):
        return False
    try:
        return bool(body.decode())
    except UnicodeDecodeError:
        return False


def _file_name(headers: httpx.Headers) -> str:
    """Return the name that Content-Disposition gives a file (RFC 6266), without any folder.

    A name that says how it is encoded (`filename*=`) is preferred.
    """
    disposition = headers.get("content-disposition", "")
    encoded = _ENCODED_FILE_NAME.search(disposition)
    plain = _FILE_NAME.search(disposition)
    if encoded:
        name = unquote(encoded[2], media.charset_of(f";charset={encoded[1]}"))
    elif plain:
        name = re.sub(r'\\(["\\])', r"\1", plain[1] or plain[2] or "")
    else:
        return ""
    return re.split(r"[/\\]", name)[-1].strip()
