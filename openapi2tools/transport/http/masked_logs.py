"""What httpx and httpcore log of our requests, without the secrets in it.

httpx tells every address with its query, and httpcore the headers of every answer. What other
parts of a program log with these loggers stays as it is.
"""

from __future__ import annotations

import ast
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx

from openapi2tools.transport.urls import redact_url

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_TOLD_HEADERS: Final = frozenset(
    {
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"date",
        b"server",
        b"transfer-encoding",
    }
)
"""The headers of an answer whose values say something of the exchange, and nothing of its content.
"""
_RETURN_VALUE: Final = " return_value="
_is_masked: Final[ContextVar[bool]] = ContextVar("masked_logs", default=False)


@contextmanager
def masked_logs() -> Iterator[None]:
    """Mask what is logged of the requests that are sent in this block."""
    token = _is_masked.set(True)
    try:
        yield
    finally:
        _is_masked.reset(token)


def _mask(record: logging.LogRecord) -> bool:
    """Mask a record of a request of ours; it is logged in any case."""
    if _is_masked.get():
        if isinstance(record.args, tuple):
            record.args = tuple(_masked_argument(each, record.args) for each in record.args)
        if isinstance(record.msg, str) and "response_headers" in record.msg:
            record.msg = _masked_message(record.msg)
    return True


def _masked_argument(argument: Any, arguments: tuple[Any, ...]) -> Any:
    """Return an address without the values of its query, and no phrase but the standard's."""
    if isinstance(argument, httpx.URL):
        return redact_url(argument)
    statuses = [each for each in arguments if isinstance(each, int)]
    if argument is arguments[-1] and statuses:
        return _phrase(statuses[-1])
    return argument


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _masked_message(message: str) -> str:
    """Return httpcore's line about an answer with the status, and the names of its headers."""
    head, separator, text = message.partition(_RETURN_VALUE)
    if not separator:
        return message
    try:
        *start, headers = ast.literal_eval(text)
        told = [(name, value if name.lower() in _TOLD_HEADERS else "…") for name, value in headers]
    except (ValueError, TypeError, AttributeError, SyntaxError, RecursionError, MemoryError):
        return head
    statuses = [each for each in start if isinstance(each, int)]
    return f"{head}{_RETURN_VALUE}{(*statuses, told)!r}"


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_mask)
