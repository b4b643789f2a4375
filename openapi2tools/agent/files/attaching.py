"""Read the files that go with a question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.call.serialization.files import find_file
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Part

if TYPE_CHECKING:
    from collections.abc import Iterable

Attachment: TypeAlias = "str | Path | Part"
"""A file that goes with a question: its path, or a `Part` of a result or of one's own."""
_MAX_BYTES: Final = 64 * 1024 * 1024
_OCTETS: Final = "application/octet-stream"


def read_attachments(files: Iterable[Attachment]) -> tuple[Part, ...]:
    """Return files with their bytes and types.

    Raises:
        InvalidOption: One cannot be read, or is too large.
    """
    return tuple(each if isinstance(each, Part) else _read(Path(each)) for each in files)


def _read(path: Path) -> Part:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise InvalidOption(
                f"{path} cannot be attached: it has {size:,} bytes, and {_MAX_BYTES:,} are the "
                "most."
            )
        data = path.read_bytes()
        content_type = find_file(path).content_type or find_file(data).content_type
    except (OSError, ValueError, Unwritable) as error:  # ValueError: no path has a null byte
        reason = getattr(error, "strerror", None) or error
        raise InvalidOption(f"{path} cannot be attached: {reason}.") from None
    name = path.name.encode(errors="replace").decode()  # no request holds a lone surrogate
    return Part(content_type or _OCTETS, data, name)
