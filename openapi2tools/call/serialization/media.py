"""Read media types: which kind they are, their charset, which range they fit.

RFC 9110, sections 8.3.1 and 12.5.1.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from openapi2tools.model import essence

_NEEDS_CODEC: Final = re.compile(
    r"[/.+-](?:msgpack|cbor|protobuf|bson|avro|thrift|ion|csv|pdf|zip|gzip|tar)\b"
)
# text encodings of Python that no registry of charsets has, some of them slow
_NO_CHARSETS: Final = frozenset(
    {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_JSON_LINES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/x-ldjson",
    }
)


def charset_of(name: str) -> str:
    """Return the text encoding that a media type names; UTF-8 where it names none that is known."""
    found = re.search(r";\s*charset\s*=\s*\"?([\w.:-]+)", name, re.IGNORECASE)
    known = found[1] if found else "utf-8"
    try:
        if codecs.lookup(known).name.replace("-", "_") in _NO_CHARSETS:
            return "utf-8"
        "a".encode(known)
    except (LookupError, UnicodeError):  # unknown, or a Python codec that encodes no text
        return "utf-8"
    return known


def is_json(name: str) -> bool:
    """Whether a media type is JSON, whatever its dialect."""
    kind = essence(name)
    return kind.endswith(("/json", "+json"))


def is_json_lines(name: str) -> bool:
    """Whether a media type is JSON, one value a line."""
    return essence(name) in _JSON_LINES


def is_json_sequence(name: str) -> bool:
    """Whether a media type is a JSON text sequence (RFC 7464; RFC 8091 for the suffix)."""
    return essence(name).endswith(("/json-seq", "+json-seq"))


def needs_codec(name: str) -> bool:
    """Whether a media type needs a codec that is not here; unknown ones are taken for JSON."""
    return _NEEDS_CODEC.search(essence(name)) is not None


def is_xml(name: str) -> bool:
    """Whether a media type is XML, whatever its dialect."""
    return essence(name).endswith(("/xml", "+xml"))


def fits_range(name: str, wanted: str) -> bool:
    """Whether a media type fits another, which may be a range: `image/*`."""
    kind, pattern = essence(name), essence(wanted)
    return pattern in (kind, "*/*") or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))
