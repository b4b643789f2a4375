"""HTTP for every request: sockets behind a guard that knows which addresses may be connected to."""

from openapi2tools.transport.client import USER_AGENT, open_client, sendable
from openapi2tools.transport.content_coding import unpacked
from openapi2tools.transport.download import Download, download
from openapi2tools.transport.error_translation import explain, sent_before
from openapi2tools.transport.guard import Guard, is_public
from openapi2tools.transport.urls import origin, parse_url, printable, shown, without_user

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
