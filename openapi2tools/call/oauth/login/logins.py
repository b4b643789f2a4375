"""Which logins there are for a document's schemes, and the end of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import anyio

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES, api_base_url
from openapi2tools.call.credentials.sources import environment_name
from openapi2tools.call.credentials.trust import origin_of
from openapi2tools.call.oauth.config import OAuthConfig
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.revocation import revoke
from openapi2tools.call.oauth.storage.token_store import StoreOutOfReach, StoreUnusable, TokenStore
from openapi2tools.errors import CallError, MissingCredential
from openapi2tools.transport import Guard, Verify, open_client, origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.oauth.storage.token_store import Removed
    from openapi2tools.call.oauth.tokens import Login
    from openapi2tools.model import Api, SecurityScheme


@dataclass(frozen=True, slots=True)
class SchemeStatus:
    """What there is for a scheme of a document: its environment variable and its logins.

    `problem` says why a login may be there and not be found; else it is empty.
    """

    scheme: SecurityScheme
    variable: str
    variable_set: bool = False
    logins: Sequence[Login] = ()
    problem: str = ""

    @property
    def login(self) -> Login | None:
        """The login that calls use unless they name an account: the newest one."""
        return self.logins[0] if self.logins else None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """A login that is forgotten here, or was to be.

    Attributes:
        name: What it was for, in words.
        login: The login; None where it could not be read.
        problem: Why it was not ended at its server; empty when it was.
        is_forgotten: False where its place is out of reach: `problem` says why.
    """

    name: str
    login: Login | None = None
    problem: str = ""
    is_forgotten: bool = True


def find_oauth_config(api: Api, key: str, server: str | None = None) -> OAuthConfig:
    """Return what the document says of a scheme that a person logs in for.

    Raises:
        MissingCredential: There is no such scheme; it names those there are. Or `server` is no URL.
    """
    available = [name for name, scheme in api.schemes.items() if scheme.type in TOKEN_SCHEME_TYPES]
    if key not in available:
        if available:
            advice = f"It has {', '.join(available)}."
        else:
            variable = environment_name(key)
            how = for_reader(f"credentials={{{key!r}: …}}", f"--auth {key}=VALUE")
            advice = f"Give the credential with {how} or in {variable}."
        raise MissingCredential(
            f"{api.title} has no OAuth2 or OpenID Connect scheme named {key!r}. {advice}"
        )
    if server and not origin_of(server):
        raise MissingCredential(
            f"{server!r} is no URL: a login is for the server that calls go to, named by its URL."
        )
    return OAuthConfig(api.schemes[key], api.address, api_base_url(api, server))


def scheme_statuses(
    api: Api, server: str | None = None, store: TokenStore | None = None
) -> list[SchemeStatus]:
    """Return the status of every scheme of a document, without any secret to be shown."""
    logins = store or TokenStore()
    return [_scheme_status(api, scheme, server, logins) for scheme in api.schemes.values()]


async def log_out(
    api: Api,
    key: str,
    server: str | None = None,
    *,
    account: str | None = None,
    store: TokenStore | None = None,
    verify: Verify = True,
    timeout: float = 30.0,  # noqa: ASYNC109 -- for each answer
) -> list[LoggedOut]:
    """Forget the logins of a scheme, of one account or of all, and end them at their servers.

    Returns what was ended; nothing where nobody was logged in.
    """
    logins = store or TokenStore()
    config = find_oauth_config(api, key, server)
    removed = await anyio.to_thread.run_sync(partial(logins.remove, account=account), config.key)
    return await _end(removed, key, verify, timeout)


async def log_out_everywhere(
    *,
    account: str | None = None,
    store: TokenStore | None = None,
    verify: Verify = True,
    timeout: float = 30.0,  # noqa: ASYNC109 -- for each answer
) -> list[LoggedOut]:
    """Forget all logins that are stored, of one account or of all, and end them."""
    logins = store or TokenStore()
    ended = []
    for stored in await anyio.to_thread.run_sync(logins.all_stored):
        remove = partial(logins.remove_stored, account=account)
        name = f"{stored.key.scheme} of {stored.key.origin}" if stored.key else stored.name
        try:
            removed = await anyio.to_thread.run_sync(remove, stored)
        except StoreUnusable as error:  # the others are ended all the same
            ended.append(LoggedOut(name, problem=str(error), is_forgotten=False))
            continue
        ended += await _end(removed, name, verify, timeout)
    return ended


async def _end(
    removed: Removed,
    name: str,
    verify: Verify,
    timeout: float,  # noqa: ASYNC109 -- for each answer
) -> list[LoggedOut]:
    """End logins at their servers, which get some time for it; what is gone here stays gone."""
    if removed.existed and not removed.logins:
        return [LoggedOut(name, problem="It was damaged, so that no server was told.")]
    ended = []
    for login in removed.logins:
        urls = [url for url in (login.token_url, login.revocation_url) if url]
        guard = Guard(origins=frozenset(map(origin, urls)))
        async with open_client(guard=guard, verify=verify, timeout=timeout) as client:
            try:
                problem = await converse(client, revoke(login))
            except CallError as error:
                problem = f"Its server was not told: {error}"
        problems = " ".join(filter(None, (problem, removed.problem)))
        ended.append(LoggedOut(name, login, problems))
    return ended


def _scheme_status(
    api: Api, scheme: SecurityScheme, server: str | None, store: TokenStore
) -> SchemeStatus:
    variable = environment_name(scheme.key)
    logins: Sequence[Login] = ()
    problem = ""
    if scheme.type in TOKEN_SCHEME_TYPES:
        try:
            logins = store.find_all(find_oauth_config(api, scheme.key, server).key)
        except StoreOutOfReach as error:
            problem = str(error)
    return SchemeStatus(scheme, variable, bool(os.environ.get(variable)), logins, problem)
