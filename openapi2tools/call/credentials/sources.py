"""What the developer gave for a security scheme: a mapping, a callable or the environment in, the credential of one scheme out.

Looked for in this order: `credentials` under the scheme's name preceded by the API's host
(`"api.example.com/api_key"`, for a program that uses several APIs whose schemes share a name),
`credentials` under the scheme's name, then the environment variable `OPENAPI2TOOLS_<SCHEME>`. Where
a callable decides for whom a call is, it alone is asked. The model never is. A name that several
APIs of a program's tools have counts only with the host before it.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import httpx

from openapi2tools.errors import MissingCredential
from openapi2tools.model import Call, SecurityScheme

if TYPE_CHECKING:
    from collections.abc import Iterable

ENVIRONMENT_PREFIX: Final = "OPENAPI2TOOLS_"


class Secret:
    """A text that shows itself only when asked with `reveal()`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself, to put it on the wire."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


Credential: TypeAlias = str | Secret | tuple[str, str] | Mapping[str, Any] | httpx.Auth
"""A key or token; user and password; the `client_id`, … of OAuth2; the `cert`, `key`, `password` of mutual TLS; an Auth of your own."""
CredentialFinder: TypeAlias = Callable[
    [SecurityScheme, Call], "Credential | Awaitable[Credential | None] | None"
]
Credentials: TypeAlias = Mapping[str, "Credential | CredentialFinder"] | CredentialFinder


def environment_name(scheme: str) -> str:
    """Name the environment variable of a scheme: `petstore_auth` gives `OPENAPI2TOOLS_PETSTORE_AUTH`."""
    return ENVIRONMENT_PREFIX + re.sub(r"[^A-Z0-9]", "_", scheme.upper())


@dataclass(frozen=True, slots=True)
class Others:
    """What tells the credentials of one API from those of others whose tools are in the same set.

    `names` are the schemes that the others have, `hosts` all hosts of the set, and `here` is the
    one that the call goes to.
    """

    names: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    here: str = ""

    def without(self, credentials: Credentials | None) -> Credentials | None:
        """Leave out what was given for another API; a callable sees for itself whose call it is."""
        if not self.here or not isinstance(credentials, Mapping):
            return credentials
        elsewhere = self.hosts - {self.here}
        return {
            name: credentials[name]
            for name in credentials
            if name not in self.names and name.partition("/")[0] not in elsewhere
        }

    def share(self, scheme: str) -> bool:
        """Whether another API has a scheme with the same environment variable, which therefore says nothing."""
        return environment_name(scheme) in map(environment_name, self.names)


ALONE: Final = Others()


def find(
    scheme: str, credentials: Credentials | None, hosts: Iterable[str] = (), others: Others = ALONE
) -> Credential | CredentialFinder | None:
    """Find what was given for a scheme of an API that answers at one of `hosts`; None when nobody gave anything."""
    if credentials is not None and not isinstance(credentials, Mapping):
        return credentials
    given = credentials or {}
    for name in (*(f"{host}/{scheme}" for host in hosts), scheme):
        if name in given and given[name] not in (None, ""):
            return given[name]
    return (
        None
        if others.share(scheme)
        else os.environ.get(environment_name(scheme), "").strip() or None
    )


async def resolve(
    found: Credential | CredentialFinder | None, scheme: SecurityScheme | None, call: Call
) -> Credential | None:
    """Ask a callable for this call's credential; everything else is the credential already.

    None from a callable is its last word: what the operator has in the environment is not lent to
    the user it asks for.
    """
    if scheme is None or not callable(found) or isinstance(found, httpx.Auth):
        return cast("Credential | None", found)
    answer = found(scheme, call)
    return await answer if inspect.isawaitable(answer) else answer


def read_options(options: Iterable[str]) -> dict[str, Credential]:
    """Read `SCHEME=VALUE` and `SCHEME=env:NAME`; raises MissingCredential naming the option, never its value."""
    found: dict[str, Credential] = {}
    for option in options:
        scheme, equals, value = option.partition("=")
        if not equals or not scheme or not value:
            raise MissingCredential(
                f"--auth {scheme or '…'}: write SCHEME=VALUE, or SCHEME=env:NAME to read an environment variable."
            )
        found[scheme] = Secret(read_value(value, f"--auth {scheme}"))
    return found


def read_value(value: str, option: str) -> str:
    """Give a value, or with `env:NAME` the environment variable's."""
    name = value.removeprefix("env:")
    if name == value:
        return value
    text = os.environ.get(name, "").strip()
    if not text:
        raise MissingCredential(f"{option}: the environment variable {name} is not set, or empty.")
    return text


def as_fields(credential: Credential, scheme: str) -> Mapping[str, Any] | None:
    """Give a credential of several fields: a mapping, or JSON in a text (with `env:NAME` for a value); None when it is a plain text."""
    if isinstance(credential, Mapping):
        return credential
    text = credential.reveal() if isinstance(credential, Secret) else credential
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        raise MissingCredential(
            f"The credential for {scheme} begins like a JSON object, but is none."
        ) from None
    return {
        name: read_value(value, f"The credential for {scheme}") if isinstance(value, str) else value
        for name, value in fields.items()
    }
