"""Describe the request that somebody is asked about, and tell two such descriptions apart.

A request is described by facts that hold no secret: the tool, the method, the URL, headers, the
body, files by their hash, whose credential signs it, and the policy.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, fields
from hashlib import pbkdf2_hmac, sha256
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx

from openapi2tools.call.approval.idempotency import (
    KEY_FACT,
    is_idempotency_name,
    key_in_body,
    without_key,
)
from openapi2tools.call.credentials.identity import HoldsCredential, identity_of
from openapi2tools.call.serialization.multipart import BOUNDARY
from openapi2tools.call.serialization.streams import BodyStream, File, digest_text
from openapi2tools.tools.changes.fingerprint import fingerprint
from openapi2tools.tools.text.sentences import shortened
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from httpx._client import UseClientDefault

    from openapi2tools.call.policy import Policy
    from openapi2tools.call.prepared import Prepared

Signature: TypeAlias = "httpx.Auth | UseClientDefault"
"""What signs a request; the second is whatever the user's own HTTP client does."""

_MAX_SHOWN_BODY_CHARS: Final = 2_000
_MAX_SHOWN_CHARS: Final = 200
_SIGNED_BY: Final = "signed by"
_FACTS_OF_THE_TOOL: Final = ("tool", "definition", "operation", "server", "policy", _SIGNED_BY)
_HASH_ROUNDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RequestFacts(HoldsCredential):
    """What somebody is asked about: a request, without secrets.

    Attributes:
        facts: Its parts, by what people call them.
        signature: What will sign the request. It was read when the facts were, so that it is the
            one that was agreed to; None where the facts were read from a file.
    """

    facts: Mapping[str, str]
    signature: Signature | None = field(default=None, repr=False, compare=False)

    @property
    def digest(self) -> str:
        """The one text that stands for all the facts."""
        return _digest(self.facts)

    @property
    def tool_digest(self) -> str:
        """The same for what every call of this tool with this credential has in common."""
        return _digest(
            {name: text for name, text in self.facts.items() if name in _FACTS_OF_THE_TOOL}
        )

    def changes_since(self, earlier: Mapping[str, str]) -> tuple[str, ...]:
        """Return a sentence for each fact that is not what it was."""
        return tuple(_changes(earlier, self.facts))


def describe_request(
    prepared: Prepared,
    policy: Policy,
    signature: Signature,
    http: httpx.AsyncClient | None,
    user_headers: Mapping[str, str],
) -> RequestFacts:
    """Return the facts of a request; reads the files that it sends.

    Args:
        prepared: The call.
        policy: The policy of the client that would send it.
        signature: What signs the request.
        http: The HTTP client that the user gave, whose own headers and `auth` may be sent.
        user_headers: Headers that the client sends besides, whose values may be secret.

    Raises:
        NetworkError: A file of the call has changed since it was prepared.
    """
    tool = prepared.tool
    salt = tool.name
    besides = {**(dict(http.headers) if http else {}), **user_headers}
    signer = signature if isinstance(signature, httpx.Auth) else _own_auth(http)
    key = key_in_body(prepared)  # a long body is described by its hash
    facts = {
        "tool": tool.name,
        "definition": f"#{fingerprint(tool)[:10]}",
        "operation": tool.operation.key,
        "server": origin(str(prepared.request.url)),
        "method": prepared.request.method,
        "URL": str(prepared.request.url),
        "policy": _policy_text(policy),
        **dict(_header_facts(prepared.request)),
        **{f"header {name.lower()}": _masked(text, salt) for name, text in besides.items()},
        **dict(_body_facts(prepared.request)),
        **({KEY_FACT: key} if key else {}),
        _SIGNED_BY: _signer_text(prepared, signer, salt),
    }
    return RequestFacts(facts, signature)


def write_digest(prepared: Prepared) -> str:
    """Return what stands for a request that may change something; reads the files that it sends.

    It is the same for two requests that would do the same, whoever signs them and whatever key the
    API is to know them by: method, URL, headers and body count, and the order of names in JSON does
    not.

    Raises:
        NetworkError: A file of the call has changed since it was prepared.
    """
    request = prepared.request
    facts = {
        "method": request.method,
        "URL": str(request.url),
        **{
            name: text
            for name, text in _header_facts(request)
            if not is_idempotency_name(name.removeprefix("header "))
            and name != "header content-length"
        },
        **dict(_body_facts(request)),
    }
    body = BodyStream.of(request).in_memory()
    with suppress(ValueError, RecursionError):
        facts["body"] = json.dumps(
            without_key(json.loads(body or b""), prepared.tool), sort_keys=True
        )
    return _digest(facts)


# --- facts ---------------------------------------------------------------------------------------


def _policy_text(policy: Policy) -> str:
    """Return what the policy says of what is sent; how long a yes holds is measured later."""
    said = {each.name: getattr(policy, each.name) for each in fields(policy)}
    for name in ("approval_minutes", "snapshot", "settle_seconds"):
        del said[name]
    return json.dumps(said, default=list)


def _header_facts(request: httpx.Request) -> Iterator[tuple[str, str]]:
    """Yield the request's headers; a name that comes again is counted."""
    times: dict[str, int] = {}
    boundary = _boundary(request)
    for raw_name, raw_text in request.headers.raw:
        name = raw_name.decode().lower()
        times[name] = times.get(name, 0) + 1
        count = f" ({times[name]})" if times[name] > 1 else ""
        text = raw_text.replace(boundary, b"boundary") if boundary else raw_text
        yield f"header {name}{count}", text.decode("latin-1")


def _body_facts(request: httpx.Request) -> Iterator[tuple[str, str]]:
    """Yield the body, as text where it is short, and the files in it by their hash."""
    boundary = _boundary(request)
    content = b""
    files = 0
    for piece in BodyStream.of(request).pieces:
        if isinstance(piece, File):
            files += 1
            yield f"file {files} ({piece.name})", digest_text(piece)
            content += b"(file %d)" % files
        else:
            content += piece.replace(boundary, b"boundary") if boundary else piece
    if content:
        yield "body", _content_text(content)


def _boundary(request: httpx.Request) -> bytes:
    """Return the random text between the parts of a multipart body; empty where there is none."""
    found = BOUNDARY.search(request.headers.get("content-type", ""))
    return found[1].encode() if found else b""


def _content_text(content: bytes) -> str:
    if len(content) <= _MAX_SHOWN_BODY_CHARS:
        try:
            return content.decode()
        except UnicodeDecodeError:
            pass
    return digest_text(content)


def _signer_text(prepared: Prepared, signer: httpx.Auth | None, salt: str) -> str:
    identity = identity_of(signer) if signer is not None else ""
    if not identity:
        return "nobody"
    schemes = ", ".join(text for _, _, text in prepared.plan.placeholders)
    return f"{schemes or type(signer).__name__} {_masked(identity, salt)}"


def _own_auth(http: httpx.AsyncClient | None) -> httpx.Auth | None:
    return None if http is None else http.auth


def _masked(secret: str, salt: str) -> str:
    """Return a text that differs with the secret, and from which nobody finds it."""
    key = pbkdf2_hmac("sha256", secret.encode(errors="replace"), salt.encode(), _HASH_ROUNDS)
    return f"#{key.hex()[:10]}"


# --- comparison ----------------------------------------------------------------------------------


def _digest(facts: Mapping[str, str]) -> str:
    return sha256(json.dumps(dict(facts), sort_keys=True).encode()).hexdigest()


def _changes(earlier: Mapping[str, str], later: Mapping[str, str]) -> Iterator[str]:
    for name in {**earlier, **later}:
        if name not in later:
            yield f"{name} was {_brief(earlier[name])} and is gone."
        elif name not in earlier:
            yield f"{name} is new: {_brief(later[name])}."
        elif earlier[name] != later[name]:
            yield f"{name} was {_brief(earlier[name])} and is {_brief(later[name])}."


def _brief(text: str) -> str:
    return repr(shortened(text, _MAX_SHOWN_CHARS))
