"""Read all the operations of a document: its paths, their path items, and the methods of each."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.model import Json, JsonObject, OnProgress, Operation, Progress
from openapi2tools.spec.read.dialect import methods_of
from openapi2tools.spec.read.operations import PathItem
from openapi2tools.spec.read.source import Located
from openapi2tools.spec.read.values import describe_type, is_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Server
    from openapi2tools.spec.read.operations import OperationReader
    from openapi2tools.spec.read.servers import ServerReader
    from openapi2tools.spec.read.source import Source

_METHOD_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_OPERATIONS_PER_PROGRESS: Final = 200


class _RawOperation(NamedTuple):
    """An operation as written, with its method in upper case."""

    method: str
    pointer: str
    value: Json


class PathReader:
    """Reads the paths of one document."""

    def __init__(self, source: Source, servers: ServerReader, operations: OperationReader) -> None:
        self._source = source
        self._servers = servers
        self._operations = operations
        self._methods = methods_of(source.dialect)

    def read(self, progress: OnProgress | None) -> tuple[Operation, ...]:
        """Read every operation, in the document's order."""
        paths, paths_pointer = self._paths()
        path_items = {path: item for path, item in paths.items() if not path.startswith("x-")}
        # what is no operation in a path item counts, too: the total is an estimate
        total = sum(len(item) for item in path_items.values() if isinstance(item, dict))
        operations: list[Operation] = []
        reported_count = 0
        for path, item in path_items.items():
            pointer = f"{paths_pointer}/{json_pointer.escape(path)}"
            operations += self._read_path_item(path, item, pointer)
            count = len(operations)
            if progress and count // _OPERATIONS_PER_PROGRESS > reported_count:
                reported_count = count // _OPERATIONS_PER_PROGRESS
                progress(Progress("read", count, max(total, count)))
        if progress:
            progress(Progress("read", len(operations), len(operations)))
        self._report_missing_ids(operations)
        self._report_duplicate_ids(operations)
        return tuple(operations)

    def read_path(self, path: str) -> list[Operation]:
        """Read the operations of one path again."""
        paths, paths_pointer = self._paths()
        pointer = f"{paths_pointer}/{json_pointer.escape(path)}"
        return [*self._read_path_item(path, paths[path], pointer)]

    def _paths(self) -> tuple[JsonObject, str]:
        """Return the path items by their paths, and where they stand."""
        paths, pointer = self._source.resolve(self._source.document.get("paths"), "/paths")
        return self._source.as_object(paths, pointer, "`paths`"), pointer

    # --- path items ---

    def _read_path_item(self, path: str, raw: Json, pointer: str) -> Iterator[Operation]:
        if is_reference(raw):
            raw, pointer = self._resolve_path_item(path, raw, pointer)
        if not isinstance(raw, dict):
            if raw is not None:
                message = f"a path item should be an object, but this is {describe_type(raw)}."
                self._reject_path(path, message, pointer)
            return
        if HINTS_KEY in raw:
            self._source.report_misplaced_hints(pointer)
        path_item: PathItem | None = None
        for found in self._operations_in(raw, pointer):
            # what operations share is read only where there is one
            if path_item is None:
                path_item = self._read_shared_parts(path, raw, pointer)
            operation = self._operations.read(found.method, found.value, found.pointer, path_item)
            if operation:
                yield operation

    def _resolve_path_item(self, path: str, raw: JsonObject, pointer: str) -> Located:
        """Return a referenced path item; what stands beside the reference goes over it."""
        target = self._source.resolve(raw, pointer)
        path_item = target.value
        if not isinstance(path_item, dict):
            self._reject_path(path, f"what {path!r} refers to is no path item.", pointer)
            path_item = {}
        siblings = {key: value for key, value in raw.items() if key != "$ref"}
        if siblings:
            return Located({**path_item, **siblings}, pointer)
        return Located(path_item, target.pointer)

    def _reject_path(self, path: str, message: str, pointer: str) -> None:
        self._source.report("bad-path", message, pointer, severity="error", lost=path)

    def _read_shared_parts(self, path: str, raw: JsonObject, pointer: str) -> PathItem:
        """Read what the operations of a path item share."""
        parameters = self._operations.read_parameters(raw.get("parameters"), pointer)
        servers: tuple[Server, ...] = self._servers.read(raw, pointer, self._servers.of_document)
        return PathItem(path, parameters, servers)

    # --- methods ---

    def _operations_in(self, raw: JsonObject, pointer: str) -> Iterator[_RawOperation]:
        """Find the operations of a path item.

        Of two of one method (`get` and `GET`) the one written as the standard has it counts.
        """
        seen = {key.upper() for key in raw.keys() & self._methods}
        for key, operation in raw.items():
            here = f"{pointer}/{key}"
            method = key.upper()
            is_standard = key in self._methods
            is_odd_case = not is_standard and key.lower() in self._methods
            if is_standard or (is_odd_case and self._is_first(method, seen, here)):
                yield _RawOperation(method, here, operation)
        if self._source.dialect == "3.2" and "additionalOperations" in raw:
            additional = raw["additionalOperations"]
            yield from self._additional_in(additional, f"{pointer}/additionalOperations", seen)

    def _additional_in(self, raw: Json, pointer: str, seen: set[str]) -> Iterator[_RawOperation]:
        """Find the operations of other methods than the usual ones (OpenAPI 3.2, section 4.9)."""
        operations = self._source.as_object(raw, pointer, "`additionalOperations`")
        for method, operation in operations.items():
            if not _METHOD_NAME.fullmatch(method):
                message = f"{method!r} cannot be an HTTP method."
                advice = "It is left out."
                self._source.report(
                    "bad-method", message, pointer, advice, severity="error", lost=method
                )
            elif self._is_first(method, seen, f"{pointer}/{method}"):
                here = f"{pointer}/{json_pointer.escape(method)}"
                yield _RawOperation(method, here, operation)

    def _is_first(self, method: str, seen: set[str], pointer: str) -> bool:
        """Return whether a path item had no operation of this method so far, and note this one.

        A second one is reported, because no name could tell it from the first.
        """
        if method not in seen:
            seen.add(method)
            return True
        message = f"{method} stands here twice."
        advice = "This one is left out."
        self._source.report("bad-method", message, pointer, advice, severity="error", lost=method)
        return False

    # --- ids ---

    def _report_missing_ids(self, operations: list[Operation]) -> None:
        """Report operations without an id: one problem for all of them."""
        nameless = [operation for operation in operations if operation.id is None]
        if not nameless:
            return
        first = nameless[0]
        message = (
            f"{len(nameless)} operations have no operationId, {first.key} first:"
            " their names are made of method and path."
        )
        advice = "Add one to each."
        self._source.report("no-operation-id", message, first.pointer, advice, severity="hint")

    def _report_duplicate_ids(self, operations: list[Operation]) -> None:
        """Report each id that stands several times, once, at its second operation."""
        counts = Counter(operation.id for operation in operations)
        first: dict[str, Operation] = {}
        reported: set[str] = set()
        for operation in operations:
            operation_id = operation.id
            if operation_id is None or operation_id in reported or counts[operation_id] == 1:
                continue
            if operation_id not in first:
                first[operation_id] = operation
                continue
            reported.add(operation_id)
            message = (
                f"the operationId {operation_id!r} stands {counts[operation_id]} times,"
                f" at {first[operation_id].key} first."
            )
            advice = "Give each operation its own."
            self._source.report("duplicate-operation-id", message, operation.pointer, advice)
