"""Choose the headers of an answer that tell something: a new address, a version, a count, a wait.

They are the whole answer of many a 201, 202 and HEAD.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.text.sentences import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Tool

_MAX_HEADERS: Final = 20
_MAX_VALUE_CHARS: Final = 500
"""How many references are followed from an operation's response to the response itself."""
_SPELLINGS: Final = {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}

_TELLING: Final = re.compile(
    r"""
      location | content-location | operation-location | azure-asyncoperation
    | link | etag | retry-after | content-range
    | (x-)? (.+-)? (total|count|pages?|cursor|continuation|continuationtoken) (-.+)?
    | (x-)? (next|previous|prev) -.+
    | (x-)? (job|task|operation|execution) - (id|url|uri|location|status)
    """,
    re.VERBOSE,
)
_RATE_LIMIT: Final = re.compile(r"(x-)?(.+-)?rate-?limit(-.+)?")
_LIMITED_STATUSES: Final = (403, 429, 503)
_SECRET: Final = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authorization"})
_PLUMBING: Final = re.compile(
    r"""
      date | server | via | vary | connection | keep-alive | transfer-encoding | content-encoding
    | cache-control | pragma | age | alt-svc | nel | report-to | x-powered-by | x-runtime | x-cache
    | strict-transport-security | (permissions|referrer|feature|origin-agent)-.+
    | content-security-policy.* | cross-origin-.+ | access-control-.+ | timing-allow-origin
    | x-(content-type|frame|xss|dns|download|permitted)-.+ | cf-.+ | x-amz-cf-.+ | server-timing
    """,
    re.VERBOSE,
)
"""What says something of the way that an answer took, and nothing of what it is about."""


def telling_headers(
    tool: Tool, status: int, headers: Mapping[str, str], *, is_empty: bool = False
) -> str:
    """Return the headers that tell something, as `Name: value; Name: value`, or an empty text.

    Those are the headers that the document declares, addresses, versions, counts, and the limits
    of the API where they were met.

    Args:
        tool: The tool that was called.
        status: The status of the answer.
        headers: The answer's headers, their names in lower case.
        is_empty: Whether the answer has no body. Then a weak version tells something, too, and of
            a HEAD everything that is about the thing itself.
    """
    declared = {name.lower(): name for name in _declared_names(tool, status)}
    is_whole_answer = is_empty and tool.operation.method == "HEAD"
    told = [
        name
        for name, value in headers.items()
        if name not in _SECRET
        and (
            name in declared
            or _is_telling(name, value, status, is_empty=is_empty)
            or (is_whole_answer and not _PLUMBING.fullmatch(name))
        )
    ]
    return "; ".join(
        f"{declared.get(name) or _SPELLINGS.get(name) or name.title()}: "
        f"{shortened(headers[name], _MAX_VALUE_CHARS)}"
        for name in told[:_MAX_HEADERS]
    )


def _is_telling(name: str, value: str, status: int, *, is_empty: bool) -> bool:
    if name == "etag" and value.startswith("W/"):
        return is_empty  # no write can ask for a weak version (RFC 9110, section 13.1.1)
    if _RATE_LIMIT.fullmatch(name):
        return status in _LIMITED_STATUSES
    return _TELLING.fullmatch(name) is not None


def _declared_names(tool: Tool, status: int) -> Iterator[str]:
    """Yield the names of the headers that the document declares for a status."""
    document = tool.api.document
    operation = pointer.resolve(document, pointer.lookup(document, tool.operation.pointer))
    responses = operation.get("responses")
    if not tool.operation.pointer or not isinstance(responses, dict):
        return
    by_status = {str(key).upper(): response for key, response in responses.items()}
    for key in (str(status), f"{status // 100}XX", "DEFAULT"):
        if key in by_status:
            headers = pointer.resolve(document, by_status[key]).get("headers")
            yield from headers if isinstance(headers, dict) else ()
            return
