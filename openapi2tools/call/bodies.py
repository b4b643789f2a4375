"""A value in, the bytes of a request body out: one codec per media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.call import styles

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject, MediaType

Codec: TypeAlias = "Callable[[Json], bytes | str]"
Codecs: TypeAlias = Mapping[str, Codec]
STANDARD: Final[Codecs] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a body, and the headers that speak of them."""

    content: bytes
    headers: list[tuple[str, str]]


def encode(media_type: MediaType | None, value: Json, document: JsonObject, codecs: Codecs = STANDARD) -> Body:
    """Write a body. Raises ValueError for a value that the media type has no form for."""
    name = media_type.name if media_type else "application/json"
    return Body(styles.json_text(value).encode(), [("Content-Type", name)])
