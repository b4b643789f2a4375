"""What may be given for one call, and which call comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import ApprovalNeeded, InvalidOption, MissingCredential
from openapi2tools.model import Call, Json, Result

if TYPE_CHECKING:
    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.fields.select import Fields


class PerCall(TypedDict, total=False):
    """What may be given for one call.

    Attributes:
        approved: Whether somebody has agreed to it; then `approve` is not asked. Only True counts,
            or the `Consent` to a request that this is.
        timeout: How many seconds it may take, instead of the client's.
        headers: Headers that it is sent with besides the client's. They are not shown by
            `Prepared`, since their values may be secret.
        fields: Which fields of the answer `result.text` shows and `result.selected` holds, instead
            of those of the client: dotted names, or a JMESPath expression.
    """

    approved: bool | Consent
    timeout: float | None
    headers: Mapping[str, str] | None
    fields: Fields | None


def as_call(call: Call | str, arguments: Mapping[str, Json] | None) -> Call:
    """Return the call that is meant, given as such or by a tool's name."""
    if isinstance(call, str):
        if arguments is not None and not isinstance(arguments, Mapping):
            raise InvalidOption(
                f"The arguments of {call} are a mapping, such as {{'limit': 5}}: "
                f"not a {type(arguments).__name__}."
            )
        return Call(call, arguments or {})
    if not isinstance(call, Call):
        raise InvalidOption(f"Give the name of a tool or a Call, not {call!r}.")
    if arguments is not None:
        raise InvalidOption(
            "arguments= goes with the name of a tool: a Call has arguments of its own."
        )
    return call


def next_page(result: Result, seen: list[Mapping[str, Json]]) -> Call | None:
    """Return the call of the next page, and note it; None at the end, or where it came before."""
    following = None if result.is_error else result.next
    if following is None or following.arguments in seen:
        return None
    seen.append(following.arguments)
    return following


def words_for_model(error: ApprovalNeeded | MissingCredential, call: Call) -> str:
    """Return what a model reads of a call that waits for somebody: it can do nothing about it."""
    needed = "somebody's approval, which is not there yet"
    if isinstance(error, MissingCredential):
        needed = "a credential that nobody gave"
    return f"{call.tool} needs {needed}. Nothing was sent: go on without it, or say so."


def target_file(path: str | Path | None) -> Path | None:
    """Return the file for an answer, in a folder that is there."""
    if path is None:
        return None
    file = Path(path).absolute()
    if not file.parent.is_dir() or file.is_dir():
        option = for_reader(f"save_to={str(path)!r}", f"--output {path}")
        raise InvalidOption(f"{option}: give a file in a folder that is there.")
    return file
