"""What goes between a model and an API: a call, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self, TypeAlias

from openapi2tools._core.json.as_json import to_json
from openapi2tools.errors import (
    ApprovalNeeded,
    CallError,
    Declined,
    HTTPStatusError,
    InvalidArguments,
    MissingCredential,
    NetworkError,
    NotSent,
    Refused,
    TimedOut,
    UnknownTool,
)
from openapi2tools.model.json import Json, JsonObject

ErrorKind: TypeAlias = Literal[
    "arguments",
    "tool",
    "function",
    "refused",
    "approval",
    "declined",
    "credential",
    "not_sent",
    "timeout",
    "network",
    "http",
]
"""What went wrong with a call.

- `arguments`: they do not fit the tool, or could not be read.
- `tool`: no tool has that name.
- `function`: a function of the program's own failed.
- `refused`: the policy forbids the call.
- `approval`: somebody has to agree to it, and nobody has yet.
- `declined`: somebody said no.
- `credential`: the operation needs one that nobody gave.
- `not_sent`: the request never left.
- `timeout`: no answer came in time.
- `network`: no answer came, or it broke off.
- `http`: the API answered with an error; `status` is its number.
"""
_EXCEPTIONS: Final[Mapping[str, type[CallError]]] = {
    "arguments": InvalidArguments,
    "tool": UnknownTool,
    "refused": Refused,
    "approval": ApprovalNeeded,
    "declined": Declined,
    "credential": MissingCredential,
    "not_sent": NotSent,
    "timeout": TimedOut,
    "network": NetworkError,
    "http": HTTPStatusError,
}
"""What each kind is as an exception; a special one stands before the general one."""


def error_kind(error: Exception) -> ErrorKind:
    """Return what kind of failure an exception of ours, or Python's TimeoutError, stands for."""
    if isinstance(error, TimeoutError):
        return "timeout"
    kinds = (kind for kind, exception in _EXCEPTIONS.items() if isinstance(error, exception))
    # What else keeps a call back, such as a document without a server, is found before it goes out.
    return next(kinds, "not_sent")  # type: ignore[arg-type]  # the keys are ErrorKinds


class Headers(dict[str, str]):
    """The headers of a message, found in any case (RFC 9110, section 5.1) and kept in lower case.

    Example:
        result.headers["X-Request-Id"]
    """

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__({name.lower(): text for name, text in (headers or {}).items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header, or the default where it is not there."""
        return super().get(name.lower(), default)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a model or a program wants made; `arguments` are in the plain (not strict) shape.

    `fault` says what is wrong with a call that could not be read (arguments that are no JSON): it
    is answered, never sent.
    """

    tool: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    id: str = ""
    fault: str = ""
    caller: Json = None  # what a vendor wants echoed with the result


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a result that is not text: an image, a file.

    `data` holds the bytes, or `path` names the file they were kept in.
    """

    media_type: str
    data: bytes = field(default=b"", repr=False)
    name: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: `text` for the model, `data` for the program.

    Attributes:
        call_id: The id of the call.
        tool: The tool that was called.
        text: What the model reads.
        data: What the API answered, as values. A number that a float cannot hold is a float that
            `str` writes with all digits.
        selected: What `fields` chose of `data`, which `text` then shows; likewise the words of a
            page and the values of XML that were cut. None where that is `data` itself.
        status: The HTTP status; None when no answer came.
        is_error: Whether the call failed.
        truncated: Whether `text` was shortened, or an answer without end cut (`data` is then its
            first part).
        parts: What the answer has besides text: images, files.
        notes: Which arguments were repaired, and the like.
        headers: The headers of the answer, in any case.
        next: The call that gives the next page.
        caller: What a vendor wants echoed with the result.
        error: What kind of failure it is; None when the call went well.
        sent: Whether the request went out, or may have: it may have taken effect.

    Example:
        result = client.call("create_order", {"book_id": 102})
        if result.error == "timeout" and result.sent:
            ...  # look whether the order is there before it is made again
    """

    call_id: str
    tool: str
    text: str
    data: Json = field(default=None, repr=False)
    selected: Json = field(default=None, repr=False, kw_only=True)
    status: int | None = None
    is_error: bool = False
    truncated: bool = False
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    next: Call | None = None
    caller: Json = None
    error: ErrorKind | None = None
    sent: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))
        was_answered = self.status is not None
        if was_answered:
            object.__setattr__(self, "sent", True)
        if self.error is not None:
            object.__setattr__(self, "is_error", True)
        elif self.is_error:
            object.__setattr__(self, "error", "http" if was_answered else "function")

    @classmethod
    def failed(
        cls, call: Call, error: Exception | ErrorKind, text: str = "", *, sent: bool = False
    ) -> Self:
        """Return the result of a call that failed.

        Args:
            call: The call.
            error: What kind of failure it is, or the exception that says so.
            text: What the model reads; the exception's text unless given.
            sent: Whether the request may have gone out.
        """
        kind = error if isinstance(error, str) else error_kind(error)
        return cls(
            call.id, call.tool, text or str(error), caller=call.caller, error=kind, sent=sent
        )

    @property
    def shown(self) -> Json:
        """What `text` was written from: the chosen fields, or all of `data`."""
        return self.data if self.selected is None else self.selected

    @property
    def ok(self) -> bool:
        """Whether the call went well."""
        return not self.is_error

    def raise_for_error(self) -> Self:
        """Return this result when the call went well, and raise what went wrong otherwise.

        Raises:
            HTTPStatusError: The API answered with an error; `error.status` is its number.
            CallError: Anything else: `InvalidArguments`, `UnknownTool`, `Refused`,
                `ApprovalNeeded`, `Declined`, `MissingCredential`, `NotSent`, `TimedOut` or
                `NetworkError`, by `error`.

        Example:
            book = client.call("get_book", {"book_id": 101}).raise_for_error().data
        """
        if self.error is None:
            return self
        if self.error == "http":
            raise HTTPStatusError(self.text, self.status)
        raise _EXCEPTIONS.get(self.error, CallError)(self.text)

    def to_dict(self) -> JsonObject:
        """Return all of it as JSON, but for the cookies that the API sets; bytes are base64.

        Example:
            json.dumps(result.to_dict())
        """
        members = {each.name: to_json(getattr(self, each.name)) for each in fields(self)}
        members["headers"].pop("set-cookie", None)
        return members
