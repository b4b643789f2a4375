"""What was read of a large document, kept in the cache folder: the second start need not read it.

A kept reading is found by the bytes of the document, its address, the limits, and our own code.
Only a document that stands alone is kept, without Overlays and without references to others: what
is read of it follows from its bytes. It is a hash of what follows and of the key; the length of a
line of JSON; that line (an `Api` without its document, and of each operation what is looked at
often); and the document as compact JSON. The document is parsed, and an operation read, when
somebody looks at them. What is damaged, or is not ours, is as good as not there.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from openapi2tools._core.files.cache_folder import CacheFolder
from openapi2tools._core.files.code_fingerprint import code_fingerprint
from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.json.typed_json import NotOfThisType, from_json, to_json
from openapi2tools._core.on_demand.per_process import PerProcess
from openapi2tools.model import Api, JsonObject, Operation, SecurityRequirement, Server
from openapi2tools.spec.read.read import path_reader

if TYPE_CHECKING:
    from openapi2tools.spec.fetch.fetched import Fetched
    from openapi2tools.spec.limits import Limits
    from openapi2tools.spec.read.paths import PathReader

MIN_KEPT_BYTES: Final = 200_000
"""A smaller document is read faster than it is found."""
MAX_READINGS: Final = 50
"""How many readings are kept, of 256 MiB at most; the longest unused give way."""
_ROOMS: Final = ("_core", "model", "spec")
_HASH_BYTES: Final = 32
_LENGTH_BYTES: Final = 8
_DAMAGE: Final = (NotOfThisType, KeyError, TypeError, ValueError, IndexError)
_OFTEN_LOOKED_AT: Final = ("method", "path", "id", "summary", "tags", "deprecated", "hints")


@dataclass(frozen=True, slots=True)
class KeptReading:
    """The place of the reading of one document."""

    folder: CacheFolder
    key: str

    @classmethod
    def of(cls, fetched: Fetched, limits: Limits) -> Self | None:
        """Return the place for a document; None where it is not kept."""
        if not fetched.may_be_kept or len(fetched.data) < MIN_KEPT_BYTES:
            return None
        try:
            code = code_fingerprint(*_ROOMS)
        except OSError:
            return None
        content = sha256(fetched.data).hexdigest()
        problems = to_json(fetched.problems)
        key = orjson.dumps([code, content, fetched.address, problems, astuple(limits)])
        return cls(CacheFolder.of_user("readings", MAX_READINGS), key.decode())

    def find(self) -> Api | None:
        """Return what was read of the document; None where that is not known."""
        kept = memoryview(self.folder.get(self.key) or b"")
        content = kept[_HASH_BYTES:]
        if kept[:_HASH_BYTES] != self._hash(content):
            return None
        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
        try:
            return _api_of(orjson.loads(content[_LENGTH_BYTES:end]), content[end:])
        except _DAMAGE:
            return None

    @gc_paused()
    def keep(self, api: Api) -> None:
        """Keep what was read, where JSON holds all of it as it is."""
        try:
            document = orjson.dumps(api.document)
            if orjson.loads(document) != api.document:  # such as numbers that are none
                return
            line = orjson.dumps(_line_of(api))
        except (TypeError, ValueError):  # whole numbers beyond 64 bits, or nested too deeply
            return
        content = len(line).to_bytes(_LENGTH_BYTES) + line + document
        self.folder.put(self.key, self._hash(content) + content)

    def _hash(self, content: bytes | memoryview) -> bytes:
        digest = sha256(self.key.encode())
        digest.update(content)
        return digest.digest()


# --- writing -------------------------------------------------------------------------------------


def _line_of(api: Api) -> JsonObject:
    servers = _Table()
    security = _Table()
    operations = [
        [
            *(getattr(operation, name) for name in _OFTEN_LOOKED_AT),
            servers.number_of(operation.servers),
            security.number_of(operation.security),
            operation.pointer,
        ]
        for operation in api.operations
    ]
    return {
        "api": to_json(replace(api, operations=(), document={})),
        "servers": servers.values,
        "security": security.values,
        "operations": operations,
    }


class _Table:
    """Values that many operations share, each written once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[bytes, int] = {}

    def number_of(self, value: Any) -> int:
        written = to_json(value)
        number = self._numbers.setdefault(orjson.dumps(written), len(self.values))
        if number == len(self.values):
            self.values.append(written)
        return number


# --- reading -------------------------------------------------------------------------------------


def _api_of(line: JsonObject, document: memoryview) -> Api:
    """Return an API whose document is parsed, and whose operations are read, when looked at."""
    reader = PerProcess(lambda: _DocumentReader(document))
    light = from_json(Api, line["api"])
    servers = [from_json(tuple[Server, ...], each) for each in line["servers"]]
    security = [from_json(tuple[SecurityRequirement, ...], each) for each in line["security"]]
    operations = []
    for *often, servers_number, security_number, pointer in line["operations"]:
        known = dict(zip(_OFTEN_LOOKED_AT, often, strict=True))
        known["tags"] = tuple(known["tags"])
        operation = Operation.made_later(
            partial(_read_operation, reader, known["path"], known["method"]),
            **known,
            servers=servers[servers_number],
            security=security[security_number],
            pointer=pointer,
        )
        operations.append(operation)
    light = replace(light, operations=tuple(operations))
    known = {name: getattr(light, name) for name in Api.__dataclass_fields__ if name != "document"}
    return Api.made_later(partial(_with_document, light, reader), **known)


class _DocumentReader:
    """The document of a kept reading."""

    def __init__(self, text: memoryview) -> None:
        self._text = text

    @cached_property
    def document(self) -> JsonObject:
        with gc_paused():
            document: JsonObject = orjson.loads(self._text)
        return document

    @cached_property
    def paths(self) -> PathReader:
        return path_reader(self.document)


def _with_document(api: Api, reader: PerProcess[_DocumentReader]) -> Api:
    with reader.in_turn() as kept:
        return replace(api, document=kept.document)


def _read_operation(reader: PerProcess[_DocumentReader], path: str, method: str) -> Operation:
    with reader.in_turn() as kept:
        found = {operation.method: operation for operation in kept.paths.read_path(path)}
    return found[method]
