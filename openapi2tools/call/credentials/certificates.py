"""Find the client certificate of mutual TLS among the credentials.

A certificate belongs to a connection and not to a request: it is chosen once, when a client is
made, and no callable gives one per call.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from openapi2tools.call.credentials.sources import Secret, as_fields, find_credential
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.sources import Credential, Credentials
    from openapi2tools.model import Tool


class Certificate(NamedTuple):
    """What `transport.open_client(cert=…)` takes: a tuple that does not show its password.

    Both files are PEM. The key's file is None when it is the certificate's own. The password is
    empty rather than absent, so that OpenSSL asks nobody for it.
    """

    file: str
    key_file: str | None
    password: str

    def __repr__(self) -> str:
        return f"Certificate(file={self.file!r}, key_file={self.key_file!r}, password=***)"


def client_certificate(
    tools: Iterable[Tool], credentials: Credentials | None
) -> Certificate | None:
    """Find the certificate for the mutualTLS schemes of these tools' documents.

    A credential is `{"cert": path, "key": path, "password": …}`, a pair (cert, key), or the path of
    one file with both.

    Raises:
        MissingCredential: A file is not there or cannot be used, or several certificates are given.
    """
    schemes = {
        key
        for tool in tools
        for key, scheme in tool.api.schemes.items()
        if scheme.type == "mutualTLS"
    }
    certificates: dict[str, Certificate] = {}
    for key in sorted(schemes):
        found = find_credential(key, credentials)
        if found is not None and not callable(found.credential):
            certificates[key] = _read_certificate(key, found.credential)
    different = set(certificates.values())
    if len(different) > 1:
        raise MissingCredential(
            f"{' and '.join(certificates)} have different certificates: connect once for each."
        )
    return different.pop() if different else None


def _read_certificate(key: str, credential: Credential) -> Certificate:
    """Read the credential of one scheme, and try whether OpenSSL takes it."""
    cert, private_key, password = _parts(key, credential)
    files = [_existing_file(key, path) for path in (cert, private_key) if path is not None]
    if not files or cert is None:
        raise MissingCredential(
            f"The credential for {key} has to be {{'cert': path, 'key': path, 'password': …}}, "
            "or one path."
        )
    plain_password = password.reveal() if isinstance(password, Secret) else password
    key_file = files[1] if private_key is not None else None
    certificate = Certificate(files[0], key_file, str(plain_password or ""))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(*certificate)
    except (ssl.SSLError, ValueError):
        raise MissingCredential(
            f"The certificate for {key} cannot be used: {' and '.join(files)} must be PEM and fit "
            "each other, and the password the key."
        ) from None
    except OSError as error:
        raise MissingCredential(
            f"The certificate for {key} cannot be read: {' or '.join(files)} "
            f"({error.strerror or error})."
        ) from None
    return certificate


def _parts(key: str, credential: Credential) -> tuple[object, object, object]:
    """Return the certificate, its key and the password of a credential, None for what is absent."""
    fields = as_fields(credential, key)
    if fields is not None:
        unknown = [name for name in fields if name not in ("cert", "key", "password")]
        if unknown:
            raise MissingCredential(
                f"The credential for {key} has a field {unknown[0]!r}: "
                "it takes cert, key, password."
            )
        return fields.get("cert"), fields.get("key"), fields.get("password")
    if isinstance(credential, tuple):
        return credential[0], credential[1], None
    return credential, None, None


def _existing_file(key: str, path: object) -> str:
    plain = path.reveal() if isinstance(path, Secret) else path
    if not isinstance(plain, str | Path):
        raise MissingCredential(
            f"The certificate or key for {key} is no path: give that of a PEM file."
        )
    file = os.path.expanduser(plain)  # noqa: PTH111 -- `Path` raises for what cannot be a path
    if not os.path.isfile(file):  # noqa: PTH113 -- as above
        # a text may be the key itself, by mistake, and is not shown
        shown = plain if isinstance(path, Path) else "what was given"
        raise MissingCredential(
            f"The certificate or key for {key} is not there: {shown} is no file. "
            "Give the path of a PEM file, not its text."
        )
    return file
