"""Write parameter values into the path, the query, a header or a cookie.

The rules are RFC 6570's as OpenAPI 3.0.4, 3.1.1 and 3.2 map them (style values and examples;
appendices B to E). Percent-encoding is part of the text: nothing that comes later may encode again.
A value that cannot be written raises Unwritable with the reason.

What the standard leaves undefined is written as servers read it:

- spaceDelimited, pipeDelimited and tabDelimited with explode, or of one single value: as `form`;
- deepObject with nested objects `a[b][c]=1`, with arrays of plain values `a[]=1&a[]=2`, with
  arrays of objects `a[0][b]=1`;
- an array in an object that explodes into pairs: one pair an item, as if it stood alone
  (`sort=a&sort=b`);
- any other object or array inside another style: its JSON text;
- null, an empty array, an empty object: not written (RFC 6570, section 2.3), or `name=` where
  `allowEmptyValue` permits that;
- a `form` cookie of several values: as several cookies, because `&` ends no cookie.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

from openapi2tools._core.json import exact_json
from openapi2tools.model import essence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Encoding, Json, Parameter, Style


class Unwritable(ValueError):
    """A value that cannot be written at its place; the message says why, without the value."""


Pairs: TypeAlias = list[tuple[str, str]]
Encode: TypeAlias = Callable[[str], str]

FORM_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
DELIMITERS: Final = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_PERCENT_TRIPLET: Final = re.compile("(%[0-9A-Fa-f]{2})")
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# The reserved characters (RFC 3986, section 2.2) that `allowReserved` lets through: those that
# neither end the component they stand in, nor mean something to a reader of forms (OpenAPI 3.1.1,
# appendix E).
RESERVED_IN_PATH: Final = "/:@!$&'()*+,;="
RESERVED_IN_QUERY: Final = "/:@!$'()*,;=?"
RESERVED_IN_COOKIE: Final = "/:@!$'()*=?#[]+"


def write_path(parameter: Parameter, value: Json) -> str:
    """Write a path parameter: the text that replaces `{name}` in the template."""
    encode = value_encoder(parameter.allow_reserved, RESERVED_IN_PATH)
    if parameter.media_type is not None:
        return encode(content_text(parameter.media_type, value))
    if parameter.style == "matrix":
        pairs = named_pairs(
            parameter.name, value, explode=parameter.explode, separator=",", encode=encode
        )
        return "".join(f";{name}={text}" if text else f";{name}" for name, text in pairs)
    is_label = parameter.style == "label"
    separator = _separator(parameter.style, percent_encode)
    if is_label and parameter.explode:
        separator = "."
    text = join_values(value, explode=parameter.explode, separator=separator, encode=encode)
    if text is None:
        return ""
    return f".{text}" if is_label else text


def write_query(parameter: Parameter, value: Json) -> Pairs:
    """Write a query parameter as encoded names and values, to be joined by `=` and `&`."""
    encode = value_encoder(parameter.allow_reserved, RESERVED_IN_QUERY)
    if parameter.media_type is not None:
        return [(percent_encode(parameter.name), encode(content_text(parameter.media_type, value)))]
    pairs = write_styled(
        parameter.name, value, parameter.style, explode=parameter.explode, encode=encode
    )
    return pairs or ([(percent_encode(parameter.name), "")] if parameter.allow_empty else [])


def write_header(parameter: Parameter, value: Json) -> str | None:
    """Write the value of a header parameter, or None when there is nothing to send.

    Header values are never percent-encoded (OpenAPI 3.1.1, appendix D).
    """
    if parameter.media_type is not None:
        text: str | None = content_text(parameter.media_type, value, ascii_only=True)
    else:
        text = join_values(
            value, explode=parameter.explode, separator=_separator(parameter.style, str), encode=str
        )
    return None if text is None else require_header_value(text)


def write_cookie(parameter: Parameter, value: Json) -> Pairs:
    """Write a cookie parameter as names and values, to be joined by `=` and `; `.

    Only 3.2's `cookie` style leaves values unencoded.
    """
    if parameter.media_type is not None:
        return [
            (
                require_cookie_value(parameter.name),
                percent_encode(content_text(parameter.media_type, value)),
            )
        ]
    if parameter.style == "cookie":
        pairs = named_pairs(
            parameter.name,
            value,
            explode=parameter.explode,
            separator=",",
            encode=require_cookie_value,
            encode_name=require_cookie_value,
        )
    else:
        encode = value_encoder(parameter.allow_reserved, RESERVED_IN_COOKIE)
        pairs = write_styled(
            parameter.name, value, parameter.style, explode=parameter.explode, encode=encode
        )
    return pairs or ([(percent_encode(parameter.name), "")] if parameter.allow_empty else [])


# --- the styles ---


def percent_encode(text: str) -> str:
    """Percent-encode everything but unreserved characters (RFC 3986, section 2.3)."""
    return quote(text, safe="~")


def style_of(encoding: Encoding) -> tuple[Style, bool]:
    """Return the style that a field of a form has, and whether it explodes."""
    style = encoding.style or "form"
    return style, style == "form" if encoding.explode is None else encoding.explode


def write_styled(
    name: str,
    value: Json,
    style: Style,
    *,
    explode: bool,
    encode: Encode = percent_encode,
    encode_name: Encode = percent_encode,
) -> Pairs:
    """Write a value in one of the styles of queries and form bodies.

    `encode_name` encodes names, the brackets in them, and delimiters.
    """
    if style == "deepObject":
        return list(_deep(encode_name(name), value, encode, encode_name))
    return named_pairs(
        name,
        value,
        explode=explode,
        separator=_separator(style, encode_name),
        encode=encode,
        encode_name=encode_name,
    )


def join_values(value: Json, *, explode: bool, separator: str, encode: Encode) -> str | None:
    """Write a value without its name; None when nothing of it can be written."""
    if isinstance(value, dict):
        texts = _joined_members(value, explode=explode, encode=encode)
    elif isinstance(value, list | tuple):
        texts = [encode(scalar_text(each)) for each in value if each is not None]
    else:
        return None if value is None else encode(scalar_text(value))
    return separator.join(texts) if texts else None


def _joined_members(value: dict[str, Json], *, explode: bool, encode: Encode) -> list[str]:
    """Write the members of an object: `key=value` texts where it explodes, else `key`, `value`."""
    texts: list[str] = []
    for key, member in value.items():
        if member is None:
            continue
        key_text, member_text = encode(key), encode(scalar_text(member))
        texts += [f"{key_text}={member_text}"] if explode else [key_text, member_text]
    return texts


def named_pairs(
    name: str,
    value: Json,
    *,
    explode: bool,
    separator: str,
    encode: Encode,
    encode_name: Encode = percent_encode,
) -> Pairs:
    """Write a value with its name, as several pairs where it explodes."""
    if explode and isinstance(value, dict):
        return [
            (encode_name(key), encode(scalar_text(item)))
            for key, each in value.items()
            for item in _items(each)
            if item is not None
        ]
    if explode and isinstance(value, list | tuple):
        return [
            (encode_name(name), encode(scalar_text(each))) for each in value if each is not None
        ]
    text = join_values(value, explode=False, separator=separator, encode=encode)
    return [] if text is None else [(encode_name(name), text)]


def repeated_pairs(name: str, value: Json, encode: Encode) -> Pairs:
    """Write a field as browsers do: one pair for each item of an array, an object as JSON."""
    return [(encode(name), encode(scalar_text(item))) for item in _items(value) if item is not None]


def _items(value: Json) -> list[Json]:
    return [*value] if isinstance(value, list | tuple) else [value]


def _deep(name: str, value: Json, encode: Encode, encode_name: Encode) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _deep(name + encode_name(f"[{key}]"), each, encode, encode_name)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            brackets = f"[{index}]" if isinstance(each, dict | list) else "[]"
            yield from _deep(name + encode_name(brackets), each, encode, encode_name)
    elif value is not None:
        yield name, encode(scalar_text(value))


# --- values ---


def scalar_text(value: Json) -> str:
    """Write one value as text; an object or an array as JSON.

    A whole number has no fraction, whatever type holds it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, exact_json.ExactNumber):
        return value.digits
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    return json_text(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise Unwritable(f"{value} is no number that JSON knows")
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return re.sub(r"e([+-])0+(?=\d)", r"e\1", repr(value))


def json_text(value: Json, *, ascii_only: bool = False, finite: bool = True) -> str:
    """Write a value as JSON without spaces; with `finite`, NaN and infinity are errors."""
    try:
        return exact_json.dumps(
            value,
            ensure_ascii=ascii_only,
            allow_nan=not finite,
            separators=(",", ":"),
            default=_plain_number,
        )
    except ValueError as error:
        if "Out of range" not in str(error):
            raise
        raise Unwritable("it holds NaN or an infinity, which are no numbers in JSON") from None


def _plain_number(value: object) -> float | int:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise Unwritable(f"a value of type {type(value).__name__} has no JSON form")


def content_text(media_type: str, value: Json, *, ascii_only: bool = False) -> str:
    """Write the value of a parameter that has `content`.

    A text stays as it is for text types and forms, an object becomes a form, the rest JSON.
    """
    kind = essence(media_type)
    if isinstance(value, str) and (kind.startswith("text/") or kind == FORM_MEDIA_TYPE):
        return value
    if isinstance(value, dict) and kind == FORM_MEDIA_TYPE:
        pairs = [
            pair
            for key, field in value.items()
            for pair in repeated_pairs(key, field, percent_encode)
        ]
        return "&".join(f"{name}={text}" for name, text in pairs)
    return json_text(value, ascii_only=ascii_only)


def require_one_line(text: str) -> str:
    """Return the text; raise Unwritable if it holds line breaks or control characters."""
    if _CONTROL_CHARACTER.search(text):
        raise Unwritable("a header's value cannot hold line breaks or control characters")
    return text


def require_header_value(text: str) -> str:
    """Return the text; raise Unwritable if no header can hold it (RFC 9110, section 5.5)."""
    require_one_line(text)
    if text.strip(" \t") != text:
        raise Unwritable("a header's value cannot begin or end with a space")
    if any(character > "\xff" for character in text):
        raise Unwritable("a header's value cannot hold characters beyond Latin-1")
    return text


def require_cookie_value(text: str) -> str:
    """Return the text; raise Unwritable if no cookie can hold it (RFC 6265, section 4.1.1)."""
    if ";" in text:
        raise Unwritable("a cookie cannot hold a semicolon")
    return require_header_value(text)


def value_encoder(allow_reserved: bool, reserved: str) -> Encode:  # noqa: FBT001 -- the standard's word
    """Return the function that encodes values, with or without `allowReserved`."""
    if not allow_reserved:
        return percent_encode

    def encode(text: str) -> str:
        # `split` puts the triplets at the odd indexes; they stay (RFC 6570, section 3.2.3).
        parts = _PERCENT_TRIPLET.split(text)
        parts[::2] = [quote(part, safe="~" + reserved) for part in parts[::2]]
        return "".join(parts)

    return encode


def _separator(style: Style, encode: Encode) -> str:
    delimiter = DELIMITERS.get(style)
    return "," if delimiter is None else encode(delimiter)
