"""The TLS context of a client: which authorities it trusts, and its own certificate."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import Final, TypeAlias

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import CallError

Verify: TypeAlias = bool | str | ssl.SSLContext
"""False, or a file of certificate authorities, or a context of the developer's own."""
Cert: TypeAlias = str | tuple[str, str] | tuple[str, str | None, str]
"""A file with certificate and key, or both files, or both and the key's password."""

# OpenSSL's verify codes: what is wrong with a certificate, and what helps
_TRUST_IT: Final = "Trust the authority that signed it, or the certificate itself: "
_FAULTS: Final = {
    9: ("is not valid yet", "Check this computer's clock."),
    10: ("has expired", "Whoever runs the server has to renew it."),
    18: ("is self-signed", _TRUST_IT),
    19: ("is signed by an authority that signed itself and is not trusted here", _TRUST_IT),
    20: ("is signed by an authority that is not trusted here", _TRUST_IT),
    21: ("is signed by an authority that is not trusted here", _TRUST_IT),
    62: ("is for another host", "Check the address: it has to be a name in the certificate."),
    64: ("is for another host", "Check the address: it has to be an address in the certificate."),
}


def certificate_fault(error: BaseException | None) -> str | None:
    """Return what is wrong with a server's certificate, and what helps, in two sentences.

    None where that is not why a connection failed.
    """
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    other = (f"is not accepted: {error.verify_message}", _TRUST_IT)
    what, advice = _FAULTS.get(error.verify_code, other)
    if advice is _TRUST_IT:
        how = for_reader("verify='FILE'", "--ca FILE")
        advice += f"{how}, or SSL_CERT_FILE in the environment."
    return f"Its certificate {what}. {advice}"


def trusting(authorities: str) -> ssl.SSLContext:
    """Return a context that trusts the authorities of a file beside the usual ones.

    Raises CallError when the file cannot be used.
    """
    context = httpx.create_ssl_context()
    try:
        context.load_verify_locations(cafile=authorities)
    except OSError as error:
        raise CallError(_unusable(error)) from None
    return context


def tls_context(verify: Verify, cert: Cert | None) -> ssl.SSLContext:
    """Return the context for these options; raises CallError when a file cannot be used."""
    try:
        return _cached_context(verify, cert, _modification_times(verify, cert))
    except OSError as error:
        raise CallError(f"{_unusable(error)} {_check_files()}") from None


def _check_files() -> str:
    return for_reader("Check verify= and cert=.", "Check --ca and SSL_CERT_FILE.")


def _unusable(error: OSError) -> str:
    return f"A certificate cannot be used: {error.strerror or error}."


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
