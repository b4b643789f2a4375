"""The client certificates of mutual TLS: tools and credentials in, what `transport.open_client(cert=…)` takes out.

A certificate belongs to a connection and not to a request: it is chosen once, when a client is
made, and no callable gives one per call.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools.call.credentials.sources import Secret, as_fields, find
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.sources import Credential, Credentials
    from openapi2tools.model import Tool

Certificate: TypeAlias = tuple[str, str | None, str]
"""A PEM file, the file of its key (None: the same one), and the key's password, empty rather than absent so that OpenSSL asks nobody."""


def client_certificate(
    tools: Iterable[Tool], credentials: Credentials | None
) -> Certificate | None:
    """Find the certificate for the mutualTLS schemes of these tools' documents; raises MissingCredential naming a file that is not there.

    A credential is `{"cert": path, "key": path, "password": …}`, a pair (cert, key), or the path of
    one file with both.
    """
    keys = {
        key
        for tool in tools
        for key, scheme in tool.api.schemes.items()
        if scheme.type == "mutualTLS"
    }
    given = {
        key: found
        for key in sorted(keys)
        if (found := find(key, credentials)) is not None and not callable(found)
    }
    chosen = {_read(key, credential) for key, credential in given.items()}
    if len(chosen) > 1:
        raise MissingCredential(
            f"{' and '.join(given)} have different certificates: connect once for each."
        )
    return chosen.pop() if chosen else None


def _read(key: str, credential: Credential) -> Certificate:
    fields = as_fields(credential, key)
    if fields is not None:
        cert, private, password = fields.get("cert"), fields.get("key"), fields.get("password")
    elif isinstance(credential, tuple):
        cert, private, password = credential[0], credential[1], None
    else:
        cert, private, password = credential, None, None
    files = [_file(key, path) for path in (cert, private) if path is not None]
    if not files or cert is None:
        raise MissingCredential(
            f"The credential for {key} has to be {{'cert': path, 'key': path, 'password': …}}, or one path."
        )
    plain = password.reveal() if isinstance(password, Secret) else password
    chosen = files[0], files[1] if private is not None else None, str(plain or "")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*chosen)
    except (ssl.SSLError, ValueError):
        raise MissingCredential(
            f"The certificate for {key} cannot be used: {' and '.join(files)} must be PEM and fit each other, and the password the key."
        ) from None
    except OSError as error:
        raise MissingCredential(
            f"The certificate for {key} cannot be read: {' or '.join(files)} ({error.strerror or error})."
        ) from None
    return chosen


def _file(key: str, path: object) -> str:
    plain = path.reveal() if isinstance(path, Secret) else path
    if not isinstance(plain, str | Path):
        raise MissingCredential(
            f"The certificate or key for {key} is no path: give that of a PEM file."
        )
    file = os.path.expanduser(plain)  # noqa: PTH111 -- `Path` raises for what cannot be a path
    if not os.path.isfile(file):  # noqa: PTH113 -- as above
        # may be the key itself, by mistake
        told = plain if isinstance(path, Path) else "what was given"
        raise MissingCredential(
            f"The certificate or key for {key} is not there: {told} is no file. Give the path of a PEM file, not its text."
        )
    return file
