"""Keep what calls were answered in a file, and answer the same calls from it, offline.

Each line of the file is one exchange: the operation, what was asked of it, and the answer. A call
is found again by what it means, so that the file outlives other names of tools and another order of
arguments. No credential is in it, and of arguments and answers no password and no token.
"""

from __future__ import annotations

import base64
from binascii import Error as Base64Error
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools._core.json import exact_json
from openapi2tools._core.reader import for_reader
from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.credentials.masking import MASK, is_secret_field, is_secret_header
from openapi2tools.call.serialization.files import find_file, put_files_back, set_files_aside
from openapi2tools.call.serialization.media import is_json
from openapi2tools.call.serialization.streams import digest_text
from openapi2tools.errors import InvalidOption, NotRecorded
from openapi2tools.model import ABSENT
from openapi2tools.tools.arguments.check import check_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.call.credentials.masking import Masker
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json, JsonObject, Tool

_OF_THE_WAY: Final = frozenset({"connection", "content-encoding", "content-length", "date"})
"""Headers of an answer that are about its way, and not true of what is kept."""
_MAX_DIFFERENCES: Final = 4
_MAX_VALUE_CHARS: Final = 60


class RecordedAnswer(NamedTuple):
    """An answer from a file."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Exchange(NamedTuple):
    """One line of a file; `api` is empty where the line is of any API."""

    api: str
    operation: str
    request: JsonObject
    answer: RecordedAnswer

    def is_of(self, tool: Tool) -> bool:
        return self.operation == tool.operation.key and self.api in ("", tool.api.title)


class Recording:
    """Keeps the exchanges of a client in a file; `record` makes one."""

    def __init__(self, path: Path, *, add: bool) -> None:
        self.path = path
        self._lock = Lock()
        try:
            with path.open("ab" if add else "wb"):
                pass
        except OSError as error:
            option = for_reader(f"record({str(path)!r})", f"--record {path}")
            raise InvalidOption(f"{option}: it cannot be written: {error.strerror}.") from None

    def keep(
        self,
        prepared: Prepared,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        masker: Masker,
    ) -> None:
        """Add an exchange, without what `masker` knows as the secrets that were sent."""
        kept_headers = {
            name: masker.text(value)
            for name, value in headers.items()
            if name not in _OF_THE_WAY and not is_secret_header(name)
        }
        line = {
            "api": prepared.tool.api.title,
            "operation": prepared.tool.operation.key,
            "request": masker.value(meaning_of(prepared)),
            "status": status,
            "headers": kept_headers,
            **_readable(headers.get("content-type", ""), masker.data(body)),
        }
        text = exact_json.dumps(line, ensure_ascii=False)
        with self._lock, self.path.open("ab") as file:
            file.write(text.encode("utf-8", "backslashreplace") + b"\n")


class Replay:
    """Answers calls from a file; `replay` makes one.

    Of several answers to the same call each is given once, in their order, and the last from then
    on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._exchanges = _read(path)
        self._given: Counter[str] = Counter()
        self._lock = Lock()

    def answer(self, prepared: Prepared) -> RecordedAnswer:
        """Return the answer to a call.

        Raises:
            NotRecorded: The call is not in the file; the message says what is nearest.
        """
        tool = prepared.tool
        request = meaning_of(prepared)
        of_operation = [each for each in self._exchanges if each.is_of(tool)]
        same = [each.answer for each in of_operation if each.request == request]
        if not same:
            raise NotRecorded(self._why_not(tool, request, of_operation))
        key = exact_json.dumps([tool.api.title, tool.operation.key, request], sort_keys=True)
        with self._lock:
            number = self._given[key]
            self._given[key] += 1
        return same[min(number, len(same) - 1)]

    def _why_not(self, tool: Tool, request: JsonObject, of_operation: list[_Exchange]) -> str:
        name = tool.operation.key
        advice = f"Record it with {for_reader('recording=record(…)', '--record FILE')}."
        if not of_operation:
            keys = sorted({each.operation for each in self._exchanges})
            nearest = did_you_mean(name, keys) or f" It has: {', '.join(keys[:12]) or 'nothing'}."
            return f"No call of {name} is in {self.path}.{nearest} {advice}"
        differences = min((_differences(request, each.request) for each in of_operation), key=len)
        shown = "; ".join(differences[:_MAX_DIFFERENCES])
        more = len(differences) - _MAX_DIFFERENCES
        further = f"; and {more} more" if more > 0 else ""
        return (
            f"This call of {name} is not in {self.path}. The nearest one there differs: "
            f"{shown}{further}. {advice}"
        )


def record(path: str | Path, *, add: bool = False) -> Recording:
    """Return what keeps the exchanges of a client in a file: for `connect(recording=…)`.

    No credential is kept, and of arguments and answers no password and no token.

    Args:
        path: The file; what it held is gone.
        add: Whether to add to what the file holds.

    Raises:
        InvalidOption: The file cannot be written.

    Example:
        with connect(tools, recording=record("pets.jsonl")) as client:
            client.call("get_pet", {"petId": 7})
    """
    return Recording(Path(path), add=add)


def replay(path: str | Path) -> Replay:
    """Return what answers the calls of a client from a file: for `connect(recording=…)`.

    Nothing is sent, and no credential is needed. A call is found by its operation and the values
    of its arguments; one that is not in the file raises `NotRecorded`.

    Args:
        path: A file that `record` made, or one written by hand: each line is one exchange.

    Raises:
        InvalidOption: There is no such file, or a line of it is no exchange.

    Example:
        with connect(tools, recording=replay("pets.jsonl")) as client:
            assert client.call("get_pet", {"petId": 7}).data["name"] == "Rex"
    """
    return Replay(Path(path))


def meaning_of(prepared: Prepared) -> JsonObject:
    """Return what a call asks, by the names that its document has, without secrets.

    What the operator fixes for every call, and defaults, are no part of it. Files that the program
    passed are told by their names and contents, wherever they are.

    Raises:
        NetworkError: A file has changed since the call was prepared.
    """
    tool = replace(prepared.tool, fixed_arguments={})
    files: dict[str, Json] = {}
    arguments = check_arguments(tool, set_files_aside(prepared.call.arguments, files)).arguments
    sent = tool.spread(arguments)
    constant = {(each.location, each.name) for each in tool.constants}
    meaning: JsonObject = {}
    for location in ("path", "query", "header", "cookie"):
        values = {
            name.lower() if location == "header" else name: value
            for name, value in getattr(sent, location).items()
            if (location, name) not in constant
        }
        if values:
            meaning[location] = values
    if sent.querystring is not ABSENT:
        meaning["querystring"] = sent.querystring
    if sent.body is not ABSENT:
        meaning["body"] = sent.body
    told = {placeholder: _file_text(file) for placeholder, file in files.items()}
    masked: JsonObject = _without_secrets(put_files_back(meaning, told))
    return masked


def _file_text(file: Json) -> str:
    """Return the name and the content of a file, as a text that stands for them."""
    upload = find_file(file)
    return f"{upload.filename} {digest_text(upload.content)}".strip()


# --- lines of a file ---


def _readable(content_type: str, body: bytes) -> JsonObject:
    """Return a body under the name that says how it is written: json, text or base64."""
    try:
        text = body.decode()
        if is_json(content_type) and text:
            return {"json": _without_secrets(exact_json.loads(text))}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    except (ValueError, RecursionError):
        pass
    return {"text": text} if text else {}


def _without_secrets(value: Json) -> Json:
    """Return a value without the texts and numbers whose names say that they are secrets."""
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: MASK if _is_secret(name, inner) else _without_secrets(inner)
        for name, inner in value.items()
    }


def _is_secret(name: str, value: Json) -> bool:
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return is_text and value != "" and is_secret_field(name)


def _read(path: Path) -> list[_Exchange]:
    option = for_reader(f"replay({str(path)!r})", f"--replay {path}")
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InvalidOption(f"{option}: it cannot be read: {error.strerror}.") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_exchange(exact_json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InvalidOption(
                f"{option}: line {number} is no exchange, which is a JSON object with "
                "`operation` (GET /pets/{id}), `request`, `status`, and `json`, `text` or `base64`."
            ) from None
    return found


def _exchange(line: Any) -> _Exchange:
    operation, request, status = line["operation"], line.get("request", {}), line.get("status", 200)
    headers = {str(name).lower(): str(value) for name, value in line.get("headers", {}).items()}
    if not (isinstance(operation, str) and isinstance(request, dict) and type(status) is int):
        raise TypeError(operation)
    body = b""
    if "json" in line:
        body = exact_json.dumps(line["json"]).encode()
        headers.setdefault("content-type", "application/json")
    elif "text" in line:
        body = line["text"].encode()
    elif "base64" in line:
        try:
            body = base64.b64decode(line["base64"], validate=True)
        except Base64Error as error:
            raise ValueError(operation) from error
    return _Exchange(line.get("api", ""), operation, request, RecordedAnswer(status, headers, body))


# --- what differs ---


def _differences(asked: JsonObject, recorded: JsonObject) -> list[str]:
    """Return a sentence for each value that a call and a recorded one do not share."""
    wanted, known = dict(_leaves(asked)), dict(_leaves(recorded))
    found = []
    for path in dict.fromkeys([*wanted, *known]):
        if path not in known:
            found.append(f"it has no {path} (here {_short(wanted[path])})")
        elif path not in wanted:
            found.append(f"it has {path} {_short(known[path])}")
        elif wanted[path] != known[path]:
            found.append(f"its {path} is {_short(known[path])}, not {_short(wanted[path])}")
    return found


def _leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    if not members:
        yield path, value
        return
    for name, inner in members:
        yield from _leaves(inner, f"{path}.{name}" if path else str(name))


def _short(value: Json) -> str:
    text = exact_json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}…"
