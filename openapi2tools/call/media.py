"""Media types as text: their bare name, their parameters, which one fits which range (RFC 9110, sections 8.3.1 and 12.5.1)."""

from __future__ import annotations

import codecs
import re


def bare(name: str) -> str:
    """Give a media type without its parameters, in lower case."""
    return name.partition(";")[0].strip().lower()


def charset(name: str) -> str:
    """Give the encoding of a text, UTF-8 where the media type does not say one that is known."""
    found = re.search(r";\s*charset\s*=\s*\"?([\w.:-]+)", name, re.IGNORECASE)
    try:
        return codecs.lookup(found[1]).name if found else "utf-8"
    except LookupError:
        return "utf-8"


def is_json(name: str) -> bool:
    """Whether a media type is JSON, whatever its dialect."""
    kind = bare(name)
    return kind.endswith(("/json", "+json"))


def is_xml(name: str) -> bool:
    """Whether a media type is XML, whatever its dialect."""
    return bare(name).endswith(("/xml", "+xml"))


def matches(name: str, wanted: str) -> bool:
    """Whether a media type fits another, which may be a range: `image/*`."""
    kind, pattern = bare(name), bare(wanted)
    return pattern in (kind, "*/*") or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))
