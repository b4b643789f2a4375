"""Return the text and the parts of a `Result` that a vendor's message may hold."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openapi2tools.formats import images
from openapi2tools.model import Part, essence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from openapi2tools.model import Result

ViewableKind: TypeAlias = Literal["image", "pdf"]
_PDF_TYPE: Final = "application/pdf"
IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
VIEWABLE_TYPES: Final = IMAGE_TYPES | {_PDF_TYPE}
"""What every vendor's models can look at."""
# Below every vendor's limit for one request.
MAX_PART_BYTES: Final = 20_000_000


class Shown(NamedTuple):
    """What a model is shown of a result or a question: the text, and the parts beside it."""

    text: str
    parts: list[Part]


def full_text(result: Result) -> str:
    """Return the text for the model: the result's own, then what was repaired in its arguments."""
    return "\n".join([result.text, *(f"Note: {note}" for note in result.notes)])


def truncate_with_note(text: str, max_chars: int) -> str:
    """Shorten a text to `max_chars`, with a note at its end."""
    if len(text) <= max_chars:
        return text
    note = f"\n[cut: {len(text)} characters in all]"
    return text[: max_chars - len(note)] + note


def shown_result(
    result: Result,
    max_image_bytes: int = MAX_PART_BYTES,
    media_types: Collection[str] = VIEWABLE_TYPES,
) -> Shown:
    """Return what a model is shown of a result."""
    return shown(full_text(result), result.parts, max_image_bytes, media_types)


def shown(
    text: str,
    parts: Iterable[Part],
    max_image_bytes: int = MAX_PART_BYTES,
    media_types: Collection[str] = VIEWABLE_TYPES,
) -> Shown:
    """Return a text and those parts that a model can look at, or hear.

    Args:
        text: What it reads; what is too large to be shown beside it is said at its end.
        parts: The files that belong to it.
        max_image_bytes: An image of more bytes is scaled down.
        media_types: What the vendor's models take.
    """
    fitting: list[Part] = []
    for part in parts:
        if not part.data or essence(part.media_type) not in media_types:
            continue
        smaller = _fitting(part, max_image_bytes)
        if smaller is not None:
            fitting.append(smaller)
        else:
            text += f"\n({part.name or part.media_type} is too large to be shown.)"
    return Shown(text, fitting)


def viewable_parts(result: Result, max_image_bytes: int = MAX_PART_BYTES) -> list[Part]:
    """Return the images and PDF files that a model can look at, images scaled down if need be."""
    return shown_result(result, max_image_bytes).parts


def _fitting(part: Part, max_image_bytes: int) -> Part | None:
    """Return a part as a vendor takes it; None where it is too large."""
    if viewable_kind(part) != "image":
        return part if len(part.data) <= MAX_PART_BYTES else None
    if len(part.data) <= max_image_bytes and not images.is_too_wide(part.data):
        return part
    smaller = images.scaled_down(part.data, max_image_bytes)
    return None if smaller is None else replace(part, media_type=smaller[0], data=smaller[1])


def viewable_kind(part: Part) -> ViewableKind | None:
    """Return what a model can look at in a part, by its media type without parameters."""
    media_type = essence(part.media_type)
    if media_type in IMAGE_TYPES:
        return "image"
    return "pdf" if media_type == _PDF_TYPE else None


def may_be_shown(part: Part) -> bool:
    """Return whether some vendor's models look at a part, or hear it."""
    return bool(part.data) and (
        viewable_kind(part) is not None or part.media_type.startswith("audio/")
    )


def to_base64(part: Part) -> str:
    """Return the bytes of a part as base64."""
    return b64encode(part.data).decode()


def to_data_url(part: Part) -> str:
    """Return a part as a data URL (RFC 2397)."""
    return f"data:{essence(part.media_type)};base64,{to_base64(part)}"
