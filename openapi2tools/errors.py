"""Every error we raise, one tree: the developer's or the operator's faults.

A document's faults are `Problem` values, a model's and an API's are `Result`s.

OpenAPI2ToolsError
├── SpecError                 nothing can be read from this document
│   ├── FetchError            the address gave no document
│   ├── ParseError            the text is no JSON and no YAML
│   └── UnsupportedVersion    neither Swagger 2.0 nor OpenAPI 3.0, 3.1, 3.2
├── BuildError                no tools can be made, or exported, as asked
├── InvalidOption             an option has a value that it cannot have
├── ConfigError               openapi2tools.toml cannot be used as it is
├── CallError                 this call does not go out, or did not come back
│   ├── UnknownTool           no tool of that name
│   ├── InvalidArguments      the arguments do not fit the tool's schema
│   ├── Refused               the policy forbids it
│   ├── ApprovalNeeded        the policy asks, and nobody agreed yet
│   ├── Declined              the policy asked, and somebody said no
│   ├── MissingCredential     the operation needs a credential that nobody gave
│   ├── NetworkError          no answer came
│   │   ├── BlockedAddress    an address that this program must not talk to
│   │   └── NotSent           the request never left
│   ├── NotRecorded           it is not in the file that calls are answered from
│   ├── TimedOut              no answer came in time
│   └── HTTPStatusError       the API answered with an error (`Result.raise_for_error`)
└── AgentError                the model, or the loop around it, cannot go on
    ├── ModelUnavailable      the model gave no answer this time, and may when it is asked again
    └── ContextTooLong        the conversation is longer than the model can read

Every message says what is wrong, where, and what to do. No message holds a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class OpenAPI2ToolsError(Exception):
    """The root of the tree: catch it to catch everything that this package raises on purpose."""


class SpecError(OpenAPI2ToolsError):
    """Nothing can be read from this document.

    `address` says which document, `pointer` (RFC 6901) and `line`, `column` (from 1) where in it,
    as far as they are known.
    """

    def __init__(
        self,
        message: str,
        *,
        address: str | None = None,
        pointer: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.message = message
        self.address = address
        self.pointer = pointer
        self.line = line
        self.column = column
        super().__init__(message)

    def __str__(self) -> str:
        where = self.address or ""
        if self.line is not None:
            where += f" line {self.line}"
            if self.column is not None:
                where += f", column {self.column}"
        if self.pointer is not None:
            where += f" at {self.pointer or 'the root'}"
        return f"{where.strip()}: {self.message}" if where else self.message


class FetchError(SpecError):
    """The address gave no document: not found, refused, too large, too slow, or blocked."""


class ParseError(SpecError):
    """The text is no JSON and no YAML, or more than one document."""


class UnsupportedVersion(SpecError):
    """Neither Swagger 2.0 nor OpenAPI 3.0, 3.1 or 3.2."""


class BuildError(OpenAPI2ToolsError):
    """No tools can be made, or exported, as asked."""


class InvalidOption(OpenAPI2ToolsError, ValueError):
    """An option has a value that it cannot have."""


class ConfigError(OpenAPI2ToolsError):
    """A configuration file cannot be used as it is.

    `path` says which, and `faults` names all that is wrong, each with its line as far as known.
    """

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{path}: {fault}" for fault in self.faults))


class CallError(OpenAPI2ToolsError):
    """This call does not go out, or did not come back."""


class UnknownTool(CallError, KeyError):
    """No tool of that name; as a KeyError, too, for a `Toolset` is a mapping."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class InvalidArguments(CallError):
    """The arguments do not fit the tool's schema; the message names every fault with its path."""


class Refused(CallError):
    """The policy forbids this call."""


class ApprovalNeeded(CallError):
    """The policy asks before this call, and nobody agreed yet."""


class Declined(CallError):
    """The policy asked before this call, and somebody said no."""


class MissingCredential(CallError):
    """The operation needs a credential that nobody gave."""


class NetworkError(CallError):
    """No answer came: no connection, a broken one, or a broken answer."""


class BlockedAddress(NetworkError):
    """An address that this program must not talk to."""


class NotSent(NetworkError):
    """The request never left: no connection was made, or the request cannot be written."""


class NotRecorded(CallError):
    """Answers come from a file of recorded exchanges, and this call is not in it."""


class TimedOut(CallError):
    """No answer came in time."""


class HTTPStatusError(CallError):
    """The API answered with an error; `status` is its number.

    Calls return it as a `Result`: only `Result.raise_for_error` raises it.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class AgentError(OpenAPI2ToolsError):
    """The model, or the loop around it, cannot go on."""


class ModelUnavailable(AgentError):
    """The model gave no answer this time: its server failed, broke off, or was late.

    It is asked again. `retry_after` is how many seconds its server wants to pass before, if it said
    so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ContextTooLong(AgentError):
    """The conversation is longer than the model can read: it is asked again with less of it."""
