"""The TLS context of a client: which authorities it trusts, and its own certificate."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import TypeAlias

import httpx

from openapi2tools.errors import CallError

Verify: TypeAlias = bool | str | ssl.SSLContext
"""False, or a file of certificate authorities, or a context of the developer's own."""
Cert: TypeAlias = str | tuple[str, str] | tuple[str, str | None, str]
"""A file with certificate and key, or both files, or both and the key's password."""


def tls_context(verify: Verify, cert: Cert | None) -> ssl.SSLContext:
    """Return the context for these options; raises CallError when a file cannot be used."""
    try:
        return _cached_context(verify, cert, _modification_times(verify, cert))
    except OSError as error:
        raise CallError(
            f"A certificate cannot be used: {error.strerror or error}. Check verify= and cert=."
        ) from None


def _modification_times(verify: Verify, cert: Cert | None) -> tuple[int, ...]:
    """Return when the files among the options were written: a changed file needs a new context."""
    cert_parts = [cert] if isinstance(cert, str) else cert or ()
    texts = [option for option in (verify, *cert_parts) if isinstance(option, str)]
    # os.path, since one of them may be a password, which is no path
    files = [text for text in texts if os.path.isfile(text)]  # noqa: PTH113
    return tuple(os.stat(file).st_mtime_ns for file in files)  # noqa: PTH116


# reading a system's certificates takes as long as a call
@lru_cache(maxsize=8)
def _cached_context(
    verify: Verify,
    cert: Cert | None,
    modification_times: tuple[int, ...],  # noqa: ARG001 -- part of the cache's key
) -> ssl.SSLContext:
    if isinstance(verify, str):
        context = ssl.create_default_context(cafile=verify)
    elif isinstance(verify, ssl.SSLContext):
        context = verify
    else:
        context = httpx.create_ssl_context(verify=verify)
    if isinstance(cert, str):
        context.load_cert_chain(cert)
    elif cert is not None:
        context.load_cert_chain(*cert)
    return context
