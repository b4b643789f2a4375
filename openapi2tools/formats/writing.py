"""A `Result` in, the text and the parts that a vendor's message may hold out."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from openapi2tools.model import essence

if TYPE_CHECKING:
    from openapi2tools.model import Part, Result

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The image types that every vendor's models see."""
PDF: Final = "application/pdf"
_MAX_PART: Final = 20_000_000  # bytes: below every vendor's cap for one request


def full_text(result: Result) -> str:
    """Give the text for the model: the result's own, then what was repaired in its arguments."""
    return "\n".join([result.text, *(f"Note: {note}" for note in result.notes)])


def clip(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, and say so at its end."""
    if len(text) <= limit:
        return text
    note = f"\n[cut: {len(text)} characters in all]"
    return text[: limit - len(note)] + note


def images_and_files(result: Result, largest_image: int = _MAX_PART) -> list[Part]:
    """Give the parts that a model can look at; sizes are in bytes."""
    largest = {"image": largest_image, "pdf": _MAX_PART, "": 0}
    return [part for part in result.parts if part.data and len(part.data) <= largest[kind(part)]]


def kind(part: Part) -> str:
    """Give `image`, `pdf` or the empty string, by the media type without its parameters."""
    media_type = essence(part.media_type)
    return "image" if media_type in IMAGES else "pdf" if media_type == PDF else ""


def base64(part: Part) -> str:
    """Give the bytes of a part as base64."""
    return b64encode(part.data).decode()


def data_url(part: Part) -> str:
    """Give a part as a data URL (RFC 2397)."""
    return f"data:{essence(part.media_type)};base64,{base64(part)}"
