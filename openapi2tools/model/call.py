"""What goes between a model and an API: a call, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openapi2tools.model.json import Json


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

    `status` is the HTTP status, None when no answer came: `text` says whether anything was sent.
    `notes` say which arguments were repaired. `truncated` says that `text` was shortened, or an
    answer without end cut (`data` is then its first part). `next` is the call that gives the next
    page. A number in `data` that a float cannot hold is a float that `str` writes with all digits.
    """

    call_id: str
    tool: str
    text: str
    data: Json = field(default=None, repr=False)
    status: int | None = None
    is_error: bool = False
    truncated: bool = False
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    next: Call | None = None
    caller: Json = None
