"""HTTP for every request: sockets behind a guard that knows which addresses may be connected to."""

from openapi2tools.transport.content_coding import iter_unpacked
from openapi2tools.transport.download import Download, download
from openapi2tools.transport.guard import (
    Guard,
    how_to_name_it,
    how_to_name_server,
    is_metadata_host,
    is_public,
)
from openapi2tools.transport.http.client import (
    HEADER_NAME,
    USER_AGENT,
    Network,
    checked_headers,
    open_client,
)
from openapi2tools.transport.http.cookies import CookieStore, own_cookies
from openapi2tools.transport.http.departure import Departure, current_departure, watched_departure
from openapi2tools.transport.http.error_translation import (
    ConnectionBroken,
    as_possibly_sent,
    translate_error,
)
from openapi2tools.transport.http.masked_logs import masked_logs
from openapi2tools.transport.http.pacing import Pacer
from openapi2tools.transport.http.proxies import proxy_fault
from openapi2tools.transport.http.retries import WAS_REPEATED, RetryPolicy, read_again
from openapi2tools.transport.http.tls import Verify, tls_context, trusting
from openapi2tools.transport.urls import (
    is_same_or_upgraded,
    origin,
    parse_url,
    printable,
    redact_url,
    split_userinfo,
    upgraded,
)

__all__ = [
    "HEADER_NAME",
    "USER_AGENT",
    "WAS_REPEATED",
    "ConnectionBroken",
    "CookieStore",
    "Departure",
    "Download",
    "Guard",
    "Network",
    "Pacer",
    "RetryPolicy",
    "Verify",
    "as_possibly_sent",
    "checked_headers",
    "current_departure",
    "download",
    "how_to_name_it",
    "how_to_name_server",
    "is_metadata_host",
    "is_public",
    "is_same_or_upgraded",
    "iter_unpacked",
    "masked_logs",
    "open_client",
    "origin",
    "own_cookies",
    "parse_url",
    "printable",
    "proxy_fault",
    "read_again",
    "redact_url",
    "split_userinfo",
    "tls_context",
    "translate_error",
    "trusting",
    "upgraded",
    "watched_departure",
]
