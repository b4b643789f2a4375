r"""Read regular expressions as documents write them, and write them as ECMA-262 does.

Documents hold patterns of other languages (`\A…\Z`, `/…/i`), patterns that were escaped twice, and
texts that are no patterns at all: `dd/MM/yyyy`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema_rs import FancyRegexOptions, Validator

# what ECMA-262 does not know: flags, atomic groups, comments, possessive quantifiers, escapes
_FOREIGN_SYNTAX: Final = re.compile(r"\(\?[a-zA-Z-]+[:)]|\(\?>|\(\?#|[*+?]\+|\d\}\+|\\[zGQEXRhHKC]")
_POSIX_CLASS: Final = re.compile(r"\[:\^?[a-z]+:\]")
_CHARACTER_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_CLASS_THEN_DASH: Final = re.compile(r"(\\[wdsWDS])-(?!\])")
_ANCHOR: Final = re.compile(r"(?<!\\)((?:\\\\)*)(\\[AZz])")
_ECMA_ANCHORS: Final = {r"\A": "^", r"\Z": "$", r"\z": "$"}

_DELIMITED: Final = re.compile(r"/(?P<inner>.+)/(?P<flags>[dgimsuvy]*)", re.DOTALL)
_SYNTAX: Final = re.compile(r"[\\^$*+?()\[\]{}|]")
# a backslash that was escaped once more than JSON or YAML asks for: `\\d{4}`
_ESCAPED_TWICE: Final = re.compile(r"(?<!\\)\\\\[dwsDWS](?=[\]{+*?|)$]|\\\\|$)")
# what can only be one character, so that no `^` after it and no `$` before it can hold
_ESCAPE: Final = re.compile(r"\\(?:[pP]\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|k<\w+>|.)")
_ONE_CHARACTER: Final = re.compile(rf"{_ESCAPE.pattern}|{_CHARACTER_CLASS.pattern}")
_WIDTHLESS_ESCAPE: Final = re.compile(r"\\[bB1-9]")
_GROUP_PREFIX: Final = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<\w+>))?")
_NEVER: Final = re.compile(r"[\w\s/,.:;@#%&=~!'\"<>-]\+?\^|\$[\w\s/,.:;@#%&=~!'\"<>-](?![*?{])")
# what letters stand in, and letters alone
_LETTERS: Final = re.compile(rf"{_ONE_CHARACTER.pattern}|\(\?<\w+>|[A-Za-z]")

# a way to write dates or times, as `dd/MM/yyyy` or `YYYY-MM-DDThh:mm:ssZ`
_TEMPLATE: Final = re.compile(
    r"(?=.*(?:yy|MM|dd|HH|hh|mm|ss|YY|DD|SS))"
    r"(?:[yY]{2,4}|M{1,4}|[dD]{1,2}|[hH]{1,2}|m{2}|[sS]{2,6}|[TZ]|'[TZ]'|[ .,:/_-])+"
)
# lookarounds, and what an earlier group matched
_LOOKS_AROUND: Final = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]|\\k<")
MAX_LOOKED_AROUND_CHARS: Final = 10_000
"""Characters of a text that a pattern which looks around is held against."""
_MAX_BACKTRACKS: Final = 50_000
_FORMATS: Final = frozenset(
    {"date", "date-time", "datetime", "time", "email", "uuid", "guid", "uri", "url"}
    | {"ipv4", "ipv6", "hostname", "byte", "binary", "password", "int32", "int64"}
)


@lru_cache(maxsize=4096)
def pattern_readings(written: str) -> tuple[str, ...]:
    """Return what a pattern may mean, as ECMA-262 writes it; what is plainest comes first.

    Nothing is returned for what is no pattern, what nothing can match, and what no JSON Schema
    validator compiles.
    """
    if written in _FORMATS or _TEMPLATE.fullmatch(written):
        return ()
    found = [_as_ecma(candidate) for candidate in _candidates(written)]
    return tuple(
        dict.fromkeys(pattern for pattern in found if pattern and not never_matches(pattern))
    )


def convert_pattern(written: str) -> str | None:
    """Return a regular expression as ECMA-262 writes it (JSON Schema, section 6.3.3), or None."""
    return next(iter(pattern_readings(written)), None)


def is_plain_pattern(written: str) -> bool:
    """Return whether a pattern means what it says, other languages' ways to say it included."""
    readings = pattern_readings(written)
    return bool(readings) and readings[0] == _as_ecma(written)


def pattern_options() -> FancyRegexOptions:
    """Return how far a validator may go back in a text, where a pattern looks around."""
    import jsonschema_rs  # noqa: PLC0415 -- as below

    return jsonschema_rs.FancyRegexOptions(backtrack_limit=_MAX_BACKTRACKS)


def never_matches(pattern: str) -> bool:
    """Return whether a pattern wants a start after a character, or a character after the end."""
    if "|" in pattern or _WIDTHLESS_ESCAPE.search(pattern):
        return False
    simple = _GROUP_PREFIX.sub("(", _ONE_CHARACTER.sub("a", pattern))
    return _NEVER.search(simple) is not None


def looks_around(pattern: str) -> bool:
    """Return whether a pattern has what cannot be matched in one pass over a text."""
    return bool(pattern) and _LOOKS_AROUND.search(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern that `convert_pattern` returned.

    Of a text that is long, and a pattern that looks around, it is taken for granted.
    """
    if len(text) > MAX_LOOKED_AROUND_CHARS and looks_around(pattern):
        return True
    compiled = _compiled(pattern)
    try:
        return compiled is not None and compiled.is_valid(text)
    except UnicodeEncodeError:  # halves of surrogate pairs
        return False


# --- readings ---


def _candidates(written: str) -> Iterator[str]:
    delimited = _DELIMITED.fullmatch(written)
    inner = _without_delimiters(delimited["inner"], delimited["flags"]) if delimited else ""
    if delimited and _is_delimited(delimited["inner"], delimited["flags"]):
        yield inner
        return
    once = written.replace("\\\\", "\\")
    if _ESCAPED_TWICE.search(written):
        yield once
    yield written
    if once != written:
        yield once
    if inner:
        yield inner


def _is_delimited(inner: str, flags: str) -> bool:
    """Return whether the slashes around a pattern cannot be part of it.

    A path may stand between slashes, too: `/users/[0-9]+/`.
    """
    if inner.startswith(("^", "(?=")) or (inner.endswith("$") and not inner.endswith(r"\$")):
        return True
    return bool(flags) and _SYNTAX.search(inner) is not None


def _without_delimiters(inner: str, flags: str) -> str:
    inner = inner.replace(r"\/", "/")
    return _in_any_case(inner) if "i" in flags else inner


def _in_any_case(pattern: str) -> str:
    """Write the flag `i` out, which JSON Schema has no place for: `[a-z]x` as `[a-zA-Z][xX]`."""
    result = ""
    position = 0
    for part in _LETTERS.finditer(pattern):
        result += pattern[position : part.start()]
        text = part[0]
        position = part.end()
        if len(text) == 1:
            result += f"[{text.lower()}{text.upper()}]"
        elif text.startswith("["):
            result += text[:-1] + _other_case(text[1:-1]) + "]"
        else:
            result += text
    return result + pattern[position:]


def _other_case(members: str) -> str:
    """Return the letters and ranges of letters among the members of a class, in the other case."""
    members = _ESCAPE.sub("", members)
    return "".join(
        found.swapcase() for found in re.findall(r"[a-z]-[a-z]|[A-Z]-[A-Z]|[A-Za-z]", members)
    )


def _as_ecma(written: str) -> str | None:
    r"""Return a pattern with anchors (`\A`) and named groups (`(?P<…>`) as ECMA-262 has them."""
    pattern = _ANCHOR.sub(lambda found: found[1] + _ECMA_ANCHORS[found[2]], written)
    pattern = pattern.replace("(?P<", "(?<")
    if not pattern or _POSIX_CLASS.search(pattern):
        return None
    if _FOREIGN_SYNTAX.search(_CHARACTER_CLASS.sub("a", pattern)):
        return None
    if _compiled(pattern):
        return pattern
    # in `[\w-.]` the dash is meant as itself, not as a range
    escaped = _CLASS_THEN_DASH.sub(r"\1\-", pattern)
    return escaped if _compiled(escaped) else None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Validator | None:
    import jsonschema_rs  # noqa: PLC0415 -- only documents that hold patterns need it

    try:
        return jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=pattern_options())
    except jsonschema_rs.ValidationError:
        return None
