"""Make images small enough for a vendor. The door of Pillow, which is an extra."""

from __future__ import annotations

import warnings
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE: Final = 8_000
"""The most pixels that a side may have; Anthropic refuses more."""
_SMALLER_SIDE: Final = 2_048
"""What a side is scaled down to first: the vendors' models see no more of an image."""
_MIN_SIDE: Final = 64
_JPEG_QUALITY: Final = 85
_KEPT: Final = 8


def can_scale() -> bool:
    """Return whether the extra `images` is installed."""
    return find_spec("PIL") is not None


@lru_cache(maxsize=_KEPT)
def is_too_wide(data: bytes) -> bool:
    """Return whether a side of an image is too long; False where nobody can tell."""
    image = _opened(data)
    return image is not None and max(image.size) > MAX_SIDE


@lru_cache(maxsize=_KEPT)
def scaled_down(data: bytes, max_bytes: int) -> tuple[str, bytes] | None:
    """Return the media type and the bytes of a smaller image; None where there is none.

    An image with transparency stays PNG, any other becomes JPEG; of a moving one the first frame is
    kept.
    """
    image = _opened(data)
    if image is None:
        return None
    try:
        is_transparent = image.has_transparency_data
        image = image.convert("RGBA" if is_transparent else "RGB")
        side = min(_SMALLER_SIDE, max(image.size))
        while side >= _MIN_SIDE:
            image.thumbnail((side, side))
            written = BytesIO()
            if is_transparent:
                image.save(written, "PNG", optimize=True)
            else:
                image.save(written, "JPEG", quality=_JPEG_QUALITY)
            if written.tell() <= max_bytes:
                return "image/png" if is_transparent else "image/jpeg", written.getvalue()
            side //= 2
    except (OSError, ValueError, SyntaxError):  # what Pillow raises of a damaged image
        return None
    return None


def _opened(data: bytes) -> Image | None:
    """Return an image whose pixels are not read yet; None where it is none, or far too large."""
    if not can_scale():
        return None
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 -- an extra

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(BytesIO(data))
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
    ):
        return None
