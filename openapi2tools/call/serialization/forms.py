"""Write `application/x-www-form-urlencoded` bodies (OpenAPI 3.1.1, section 4.8.15.2; appendix E).

A property with `style`, `explode` or `allowReserved` is written as a query parameter of that style.
Every other one by its content type, as browsers write forms: objects as JSON, an array as one pair
an item, a space as `+`. A query that is a whole form is written alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from openapi2tools.call.serialization import styles
from openapi2tools.call.serialization.media import is_json
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.model import MediaType, essence

if TYPE_CHECKING:
    from openapi2tools.model import Encoding, Json, Parameter


def write(media_type: MediaType, value: Json) -> str:
    """Write a form; a text is taken for a form already written.

    Raises Unwritable for anything else than an object.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        raise Unwritable("a form is an object")
    pairs = [
        pair
        for name, each in value.items()
        for pair in _pairs(name, each, media_type.encoding.get(name))
    ]
    return "&".join(f"{name}={text}" for name, text in pairs)


def querystring(parameter: Parameter, value: Json) -> str:
    """Write 3.2's `in: querystring`: the whole query, without the question mark."""
    media_type = parameter.media_type or styles.FORM_MEDIA_TYPE
    if essence(media_type) == styles.FORM_MEDIA_TYPE and isinstance(value, Mapping):
        return write(MediaType(media_type, encoding=parameter.encoding), value)
    return styles.percent_encode(styles.content_text(media_type, value))


def _pairs(name: str, value: Json, encoding: Encoding | None) -> styles.Pairs:
    if encoding and (encoding.style or encoding.explode is not None or encoding.allow_reserved):
        style, explode = styles.style_of(encoding)
        encode = styles.value_encoder(encoding.allow_reserved or False, styles.RESERVED_IN_QUERY)
        return styles.write_styled(name, value, style, explode=explode, encode=encode)
    if encoding and is_json(encoding.content_type or "") and value is not None:
        return [(quote_plus(name), quote_plus(styles.json_text(value)))]
    return styles.repeated_pairs(name, value, quote_plus)
