"""Return the text and the parts of a `Result` that a vendor's message may hold."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from openapi2tools.model import essence

if TYPE_CHECKING:
    from openapi2tools.model import Part, Result

ViewableKind: TypeAlias = Literal["image", "pdf"]
# What every vendor's models can look at.
_IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_PDF_TYPE: Final = "application/pdf"
# Below every vendor's limit for one request.
_MAX_PART_BYTES: Final = 20_000_000


def full_text(result: Result) -> str:
    """Return the text for the model: the result's own, then what was repaired in its arguments."""
    return "\n".join([result.text, *(f"Note: {note}" for note in result.notes)])


def truncate_with_note(text: str, max_chars: int) -> str:
    """Shorten a text to `max_chars`, with a note at its end."""
    if len(text) <= max_chars:
        return text
    note = f"\n[cut: {len(text)} characters in all]"
    return text[: max_chars - len(note)] + note


def viewable_parts(result: Result, max_image_bytes: int = _MAX_PART_BYTES) -> list[Part]:
    """Return the images and PDF files that a model can look at."""
    max_bytes = {"image": max_image_bytes, "pdf": _MAX_PART_BYTES}
    parts = []
    for part in result.parts:
        kind = viewable_kind(part)
        if part.data and kind and len(part.data) <= max_bytes[kind]:
            parts.append(part)
    return parts


def viewable_kind(part: Part) -> ViewableKind | None:
    """Return what a model can look at in a part, by its media type without parameters."""
    media_type = essence(part.media_type)
    if media_type in _IMAGE_TYPES:
        return "image"
    return "pdf" if media_type == _PDF_TYPE else None


def to_base64(part: Part) -> str:
    """Return the bytes of a part as base64."""
    return b64encode(part.data).decode()


def to_data_url(part: Part) -> str:
    """Return a part as a data URL (RFC 2397)."""
    return f"data:{essence(part.media_type)};base64,{to_base64(part)}"
