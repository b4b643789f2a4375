"""A call that is ready to be sent, and safe to show: it holds no secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools._core.identity import IdentityKey
from openapi2tools._core.json.as_json import to_json
from openapi2tools.call import display
from openapi2tools.call.auth import AuthPlan
from openapi2tools.call.credentials.identity import HoldsCredential
from openapi2tools.call.serialization.files import set_files_aside, with_plain_handles
from openapi2tools.call.serialization.multipart import BOUNDARY
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.model import Headers

if TYPE_CHECKING:
    import httpx

    from openapi2tools.call.fields.select import Selection
    from openapi2tools.call.policy import Decision, Policy
    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Call, JsonObject, Tool

_Snapshot: TypeAlias = "tuple[object, ...]"


class Seal(HoldsCredential):
    """What a call was when it was prepared, and under which policy."""

    __slots__ = ("policy", "snapshot")

    def __init__(self, prepared: Prepared, policy: Policy) -> None:
        self.policy = policy
        self.snapshot = _snapshot(prepared)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared(HoldsCredential):
    """A call, ready to be sent and safe to show: `request` holds no secret.

    `method`, `url`, `headers` and `body` say what it is without any HTTP library; two calls that
    would send the same are equal. It is sent as it was prepared: a client refuses one that was
    changed, or that a client with another policy prepared. It cannot be pickled or copied: keep its
    `call`, and prepare it again.

    Attributes:
        call: The call as it was asked for.
        tool: The tool that it names.
        request: The HTTP request, exactly as it will be sent, but for credentials (httpx's).
        decision: Whether the policy allows the call, wants somebody asked, or refuses it.
        reason: The policy's sentence where it does not simply allow the call; else empty.
        notes: Sentences that say which arguments were repaired.
        plan: How the call will authenticate.
        server_advice: What to do where nothing answers there; empty where the user named the
            server.
        changes: What differs from the request that somebody agreed to before, in sentences; empty
            where nobody did.
        selection: Which fields of the answer a model reads; None for all of them.
        preview: What it would change, a line each, and whether that can be undone; empty where
            nobody looked (`Policy(snapshot=True)`).
        pages: How many pages are wanted, joined in one answer.
        seal: By what the client knows the call again.
    """

    call: Call
    tool: Tool = field(repr=False)
    request: httpx.Request
    decision: Decision
    reason: str = ""
    notes: tuple[str, ...] = ()
    plan: AuthPlan = field(default_factory=AuthPlan, repr=False)
    server_advice: str = field(default="", repr=False)
    changes: tuple[str, ...] = ()
    selection: Selection | None = field(default=None, repr=False, compare=False)
    preview: tuple[str, ...] = field(default=(), repr=False, compare=False)
    pages: int = field(default=1, repr=False, compare=False)
    seal: Seal | None = field(default=None, repr=False, compare=False)

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.request.method

    @property
    def url(self) -> str:
        """The URL of the request; the query has no credential."""
        return str(self.request.url)

    @property
    def headers(self) -> Headers:
        """The headers of the request, in any case; credentials come when it is sent."""
        return Headers(self.request.headers)

    @property
    def body(self) -> bytes | None:
        """The bytes of the body; None where there is none, or files that are read when sent."""
        return BodyStream.of(self.request).in_memory() or None

    def to_dict(self) -> JsonObject:
        """Return the call, the request and the decision as JSON.

        `body` is a text, or base64 where `body_encoding` says so; `files` names the files in it.

        Example:
            assert client.prepare("get_pet", {"petId": 7}).to_dict()["url"] == "…/pets/7"
        """
        stream = BodyStream.of(self.request)
        text, content = stream.text(), self.body
        is_binary = text is None and content is not None
        return {
            "tool": self.tool.name,
            "arguments": set_files_aside(with_plain_handles(self.call.arguments), {}),
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "body": to_json(content) if is_binary else text or None,
            "body_encoding": "base64" if is_binary else "",
            "files": [piece.name for piece in stream.pieces if not isinstance(piece, bytes)],
            "decision": self.decision.value,
            "reason": self.reason,
            "notes": list(self.notes),
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prepared):
            return NotImplemented
        return _content(self) == _content(other)

    __hash__ = None  # type: ignore[assignment]  # as of what has a dict inside

    @property
    def is_unchanged(self) -> bool:
        """Whether this is the very call that a client prepared."""
        return self.seal is not None and self.seal.snapshot == _snapshot(self)

    def question(self) -> str:
        """Return what a person is asked: the request, and what differs from an earlier one.

        Example:
            answer = input(client.prepare("delete_pet", {"petId": 7}).question())
        """
        parts = [self.http().strip(), "\n".join(self.preview), "Send this request?"]
        if self.changes:
            changes = "\n".join(f"- {change}" for change in self.changes)
            parts.insert(0, f"This is not the request that was agreed to before:\n{changes}")
        return "\n\n".join(filter(None, parts))

    def curl(self) -> str:
        """Return the request as a curl command for a POSIX shell; placeholders stand for secrets.

        Example:
            print(client.prepare("get_pet", {"petId": 7}).curl())
        """
        return display.curl(self.request, self.plan.placeholders)

    def http(self) -> str:
        """Return the request as HTTP/1.1 text; placeholders stand for secrets.

        Example:
            print(client.prepare("get_pet", {"petId": 7}).http())
        """
        return display.http(self.request, self.plan.placeholders)


def _content(prepared: Prepared) -> tuple[object, ...]:
    """Return what is the same for two calls that would send the same.

    The random text between the parts of a multipart body makes no difference.
    """
    headers = prepared.headers
    found = BOUNDARY.search(headers.get("content-type", ""))
    boundary = found[1] if found else ""
    pieces = BodyStream.of(prepared.request).pieces
    return (
        prepared.call.tool,
        prepared.call.arguments,
        prepared.method,
        prepared.url,
        {name: text.replace(boundary, "") if boundary else text for name, text in headers.items()},
        [_without(boundary, piece) for piece in pieces],
        prepared.decision,
        prepared.notes,
    )


def _without(boundary: str, piece: Piece) -> object:
    return piece.replace(boundary.encode(), b"") if isinstance(piece, bytes) and boundary else piece


def _snapshot(prepared: Prepared) -> _Snapshot:
    """Return all that a call must still have when it is sent.

    Values that cannot be changed are compared by identity: no content is copied or hashed.
    """
    request = prepared.request
    return (
        IdentityKey(prepared.call),
        IdentityKey(prepared.tool),
        IdentityKey(prepared.plan),
        prepared.decision,
        request.method,
        str(request.url),
        tuple(request.headers.raw),
        IdentityKey(request.stream),
        BodyStream.of(request).pieces,
    )
