"""Read what a server asks for in `WWW-Authenticate` (RFC 9110, section 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_TOKEN_AND_VALUE: Final = re.compile(
    r"""
    ([!#$%&'*+\-.^_`|~0-9A-Za-z]+)              # a scheme, or the name of a parameter
    (\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,"]*))?    # the parameter's value
    """,
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\(.)")
_WORD: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")
"""A scope (RFC 6749, section 3.3), or a class of authentication."""
_MAX_WORDS: Final = 20
_UNRENEWABLE_ERRORS: Final = ("insufficient_scope", "insufficient_user_authentication")


@dataclass(frozen=True, slots=True)
class BearerChallenge:
    """Why a bearer token does not do (RFC 6750, section 3), and which login would.

    Attributes:
        error: The server's word for it; empty where no token came.
        scopes: The scopes that the request needs.
        acr_values: The classes of authentication that would do (RFC 9470, section 3).
        max_age: How many seconds ago the person may have logged in, as digits (RFC 9470).
        wants_proof: Whether only a token that is bound to a key does (RFC 9449, section 7.1).
    """

    error: str = ""
    scopes: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: str = ""
    wants_proof: bool = False

    @property
    def needs_other_login(self) -> bool:
        """Whether a renewed token would do no better: it is for the same login."""
        return self.error in _UNRENEWABLE_ERRORS


def read_challenges(response: httpx.Response, scheme: str) -> Iterator[dict[str, str]]:
    """Yield the parameters of each challenge of a scheme, which is in lower case.

    A line may hold challenges of several schemes.
    """
    for header in response.headers.get_list("www-authenticate"):
        parameters: dict[str, str] = {}
        challenges: list[tuple[str, dict[str, str]]] = []
        for token, value in _TOKEN_AND_VALUE.findall(header):
            if not value:
                parameters = {}
                challenges.append((token.lower(), parameters))
            else:
                parameters[token.lower()] = _unquoted(value.partition("=")[2].strip())
        yield from (fields for name, fields in challenges if name == scheme)


def read_parameters(text: str) -> dict[str, str]:
    """Return the parameters of a header that names no scheme, such as `Authentication-Info`."""
    return {
        name.lower(): _unquoted(value.partition("=")[2].strip())
        for name, value in _TOKEN_AND_VALUE.findall(text)
        if value
    }


def bearer_challenge(response: httpx.Response) -> BearerChallenge:
    """Return what an answer asks of a bearer token; an empty challenge where it asks nothing."""
    bearer, bound = (list(read_challenges(response, scheme)) for scheme in ("bearer", "dpop"))
    for fields in (*bearer, *bound):
        max_age = fields.get("max_age", "")
        return BearerChallenge(
            error=fields.get("error", ""),
            scopes=_words(fields.get("scope", "")),
            acr_values=_words(fields.get("acr_values", "")),
            max_age=max_age if re.fullmatch("[0-9]{1,12}", max_age) else "",
            wants_proof=not bearer,
        )
    return BearerChallenge()


def _words(text: str) -> tuple[str, ...]:
    """Return the words that may be shown; a server could write anything."""
    return tuple(word for word in text.split() if _WORD.fullmatch(word))[:_MAX_WORDS]


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text
