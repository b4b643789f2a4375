"""Find what the developer or operator gave for a security scheme.

Credentials are looked for in this order:

1. `credentials` under the scheme's name preceded by the document's source or title
   (`"Petstore/api_key"`) or the API's host (`"api.example.com/api_key"`), for a program that uses
   several APIs whose schemes share a name;
2. `credentials` under the scheme's name;
3. the environment variable `OPENAPI2TOOLS_<SCHEME>`, which may say where the credential is, as
   the command line may (see `references`).

Where `credentials` is a callable, which decides for whom a call is, it alone is asked. The model
never is. A name that several APIs of a program's tools have counts only with one of these before
it.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from anyio import to_thread

from openapi2tools.call.credentials.foreign_auth import AuthFlow, is_auth_flow
from openapi2tools.call.credentials.references import (
    REFERENCE_FORMS,
    is_reference,
    read_value,
    read_variable,
)
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
        """Return the text itself, to put it on the wire."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class OperatorText(Secret):
    """A text from the command line or the environment.

    It may say where the credential is (see `references`).
    """

    __slots__ = ()

    def resolved(self, option: str) -> Secret:
        """Return the credential itself; may read a file or run a command.

        What is found there is taken as it is, whatever it looks like.
        """
        text = self.reveal()
        return Secret(read_value(text, option)) if is_reference(text) else self


Credential: TypeAlias = str | Secret | tuple[str, str] | Mapping[str, Any] | AuthFlow
"""What is given for one scheme.

- a text or `Secret`: an API key or a token;
- a pair: user and password;
- a mapping: `client_id`, … for OAuth2, or `cert`, `key` and `password` for mutual TLS;
- an `httpx.Auth` of your own, or one of httpx2's.
"""
CredentialFinder: TypeAlias = Callable[
    [SecurityScheme, Call], "Credential | Awaitable[Credential | None] | None"
]
"""Returns the credential of one scheme for one call, or None when there is none."""
Credentials: TypeAlias = Mapping[str, "Credential | CredentialFinder"] | CredentialFinder
"""The credentials of all schemes: by the scheme's name, or one callable for all of them."""


def environment_name(scheme: str) -> str:
    """Return the environment variable of a scheme.

    `petstore_auth` gives `OPENAPI2TOOLS_PETSTORE_AUTH`.
    """
    return ENVIRONMENT_PREFIX + re.sub(r"[^A-Z0-9]", "_", scheme.upper())


@dataclass(frozen=True, slots=True)
class ApiScope:
    """What tells the credentials of one API from those of others whose tools are in the same set.

    Attributes:
        own_schemes: The names of the schemes that the API has.
        other_schemes: The names of the schemes that the other APIs have.
        beside_schemes: The names of the schemes of APIs that other clients call in the same run.
        other_prefixes: The hosts, titles and sources of the other APIs that are not this one's.
        host: The host that the call goes to; empty when there is only one API.
        prefix: What names this API alone before the name of a scheme: its host, title or source.
        takes_shorthands: Whether a plain `bearer` or `header:NAME` is meant for this API.
        is_for_one_user: Whether the credentials are all that a user has: what the operator has in
            the environment or among the stored logins is not lent.
        account: Whose stored login serves; empty for the newest one.
    """

    own_schemes: frozenset[str] = frozenset()
    other_schemes: frozenset[str] = frozenset()
    beside_schemes: frozenset[str] = frozenset()
    other_prefixes: frozenset[str] = frozenset()
    host: str = ""
    prefix: str = ""
    takes_shorthands: bool = True
    is_for_one_user: bool = False
    account: str = ""

    def own_credentials(
        self, credentials: Credentials | None, prefixes: Iterable[str]
    ) -> Credentials | None:
        """Return what was given for this API, by the plain names of its schemes.

        A callable is returned as it is: it sees for itself whose call it is.

        Args:
            credentials: What the user gave for all APIs.
            prefixes: What may stand before the names of this API's schemes, the best first.
        """
        if not isinstance(credentials, Mapping):
            return credentials
        own: dict[str, Credential | CredentialFinder] = {}
        for prefix in prefixes:
            for name, given in credentials.items():
                if name.startswith(f"{prefix}/") and given not in (None, ""):
                    own.setdefault(name.removeprefix(f"{prefix}/"), given)
        for name, given in credentials.items():
            if self._is_own(name) and given not in (None, ""):
                own.setdefault(name, given)
        return own

    def _is_own(self, name: str) -> bool:
        """Return whether a plain name may be meant for this API."""
        if name in self.other_schemes:
            return False
        if any(name.startswith(f"{prefix}/") for prefix in self.other_prefixes):
            return False
        is_plain_scheme = name in self.own_schemes or not _SHORTHAND.fullmatch(name)
        return is_plain_scheme or self.takes_shorthands

    def reads_variable(self, scheme: str) -> bool:
        """Return whether the environment variable of a scheme may hold its credential."""
        return not (self.is_for_one_user or self.shares_variable(scheme))

    def shares_variable(self, scheme: str) -> bool:
        """Return whether another API has a scheme with the same environment variable.

        That variable then does not say for which of them it is, and is not read.
        """
        others = self.other_schemes | self.beside_schemes
        return environment_name(scheme) in map(environment_name, others)


SINGLE_API: Final = ApiScope()
"""The scope of a program whose tools are of one API."""
_SHORTHAND: Final = re.compile(r"bearer|basic|digest|(header|query|cookie):.+")
"""The names that stand for the schemes that a user would write, whatever a document defines."""


class Found(NamedTuple):
    """What was given for a scheme, and where: `credentials`, or the environment variable's name.

    The source is empty where it is of no interest.
    """

    credential: Credential | CredentialFinder
    source: str

    def __repr__(self) -> str:
        return f"Found(***, {self.source!r})"


def find_credential(
    scheme: str, credentials: Credentials | None, scope: ApiScope = SINGLE_API
) -> Found | None:
    """Return what was given for a scheme, or what the environment has for it, else None.

    A mapping has the plain names of schemes: `ApiScope.own_credentials` makes it.
    """
    return given_credential(scheme, credentials) or environment_credential(scheme, scope)


def given_credential(scheme: str, credentials: Credentials | None) -> Found | None:
    """Return what `credentials` has for a scheme, else None."""
    if credentials is not None and not isinstance(credentials, Mapping):
        return Found(credentials, "credentials")
    given = (credentials or {}).get(scheme)
    return None if given in (None, "") else Found(given, "credentials")


def environment_credential(scheme: str, scope: ApiScope = SINGLE_API) -> Found | None:
    """Return what the scheme's environment variable has, else None."""
    variable = environment_name(scheme)
    text = os.environ.get(variable, "").strip() if scope.reads_variable(scheme) else ""
    if not text:
        return None
    # only an option can ask for a line of standard input
    credential = Secret(text) if text == "-" else OperatorText(text)
    return Found(credential, f"the environment variable {variable}")


async def resolve_credential(
    found: Credential | CredentialFinder | None, scheme: SecurityScheme, call: Call
) -> Credential | None:
    """Ask a callable for this call's credential; everything else is the credential already.

    None from a callable is its last word: what the operator has in the environment is not lent to
    the user it asks for.

    Raises:
        MissingCredential: A callable raised. What it said may hold a secret, and a model or a log
            may read our message: only its type is named. The error itself is the `__cause__`.
    """
    if isinstance(found, OperatorText) and is_reference(found.reveal()):
        return await to_thread.run_sync(found.resolved, f"The credential for {scheme.key}")
    if not callable(found) or is_auth_flow(found):
        return found
    try:
        answer = found(scheme, call)
        return await answer if inspect.isawaitable(answer) else answer
    except MissingCredential:
        raise  # written for whoever reads our messages
    except Exception as error:  # whatever a user's function raises
        raise MissingCredential(
            f"The callable that gives the credential for {scheme.key} raised "
            f"{type(error).__name__}. What it said is not repeated here, since it may hold a "
            "secret: its traceback is the cause of this error."
        ) from error


def read_options(options: Iterable[str]) -> dict[str, Credential]:
    """Read the values of `--auth`: `SCHEME=VALUE`, or `SCHEME=` and where the value is.

    What can end while the program runs (a file, a command) is read for each call.

    Raises:
        MissingCredential: An option has another form. It names the option, never its value.
    """
    credentials: dict[str, Credential] = {}
    for option in options:
        scheme, equals, value = option.partition("=")
        if not equals or not scheme or not value:
            raise MissingCredential(
                f"--auth {scheme or '…'}: write SCHEME=VALUE, or in place of VALUE where it is: "
                f"{REFERENCE_FORMS}."
            )
        text = OperatorText(value)
        is_read_once = value == "-" or value.startswith("env:")
        credentials[scheme] = text.resolved(f"--auth {scheme}") if is_read_once else text
    return credentials


def as_fields(credential: Credential, scheme: str) -> Mapping[str, Any] | None:
    """Return the fields of a credential that has several; None when it is a plain text.

    It is a mapping, or a text of JSON whose values may be `env:NAME`; those of the operator's own
    may be any reference.

    Raises:
        MissingCredential: The text begins like a JSON object, but is none.
    """
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
    read = read_value if isinstance(credential, OperatorText) else _read_variable
    option = f"The credential for {scheme}"
    return {
        name: read(value, option) if isinstance(value, str) and value != "-" else value
        for name, value in fields.items()
    }


def _read_variable(value: str, option: str) -> str:
    """Return a value, or with `env:NAME` that of the environment variable."""
    name = value.removeprefix("env:")
    return value if name == value else read_variable(name, option)


def as_user_and_password(credential: Credential, scheme: str) -> Credential:
    """Return a credential of basic or digest: fields where it is a JSON object, else as it is."""
    text = credential.reveal() if isinstance(credential, Secret) else credential
    if not isinstance(text, str) or not _is_json_object(text):
        return credential
    return as_fields(credential, scheme) or credential


def _is_json_object(text: str) -> bool:
    """Return whether it is one; a name may begin with a brace, too."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
