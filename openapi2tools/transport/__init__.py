"""The sockets: a request in, a response out, past a guard that knows which addresses this program may talk to."""

from openapi2tools.transport.client import USER_AGENT, explain, open_client, sendable, sent_before
from openapi2tools.transport.download import Download, download, unpacked
from openapi2tools.transport.guard import (
    Guard,
    is_public,
    origin,
    parse_url,
    printable,
    shown,
    without_user,
)

__all__ = [
    "USER_AGENT",
    "Download",
    "Guard",
    "download",
    "explain",
    "is_public",
    "open_client",
    "origin",
    "parse_url",
    "printable",
    "sendable",
    "sent_before",
    "shown",
    "unpacked",
    "without_user",
]
