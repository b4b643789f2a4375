"""Where an agent gets the ids that an operation needs.

Questions never name these operations: "add a song to my playlist" needs `GET /search` for the song
and `GET /me` for the user. An entry point is a GET without path parameters that searches, or tells
about the user, and gives things of the kind whose id is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.search.operation_words import property_names, response_properties
from openapi2tools.tools.search.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openapi2tools.model import Api, Operation

_MAX_ENTRY_POINTS: Final = 3
_HITS_WITH_NEEDS: Final = 8  # the best ones: what the later ones need is hardly asked for
_PLACEHOLDER: Final = re.compile(r"\{([^{}/]+)\}")
_SEARCH_PATH: Final = re.compile(r"/(search|find|lookup|query)$", re.IGNORECASE)
_USER_PATH: Final = re.compile(r"/(me|self|whoami|user|current[-_]?user)$", re.IGNORECASE)
_SEARCH_PARAMETERS: Final = frozenset({"q", "query", "search", "keyword", "term", "s"})
_ID_ARGUMENT: Final = re.compile(r"(^|[_-])(id|ids|uri|uris|uuid)$|[a-z](Id|Ids|Uri|Uris)$")
_ID_WORDS: Final = frozenset(
    {"id", "ids", "uuid", "guid", "key", "slug", "uid", "uri", "name", "number"}
)


def _needs(operation: Operation, api: Api) -> tuple[str, ...]:
    kinds: dict[str, None] = {}
    segments = operation.path.split("/")
    for before, segment in pairwise(segments):
        for name in _PLACEHOLDER.findall(segment):
            kinds.update(dict.fromkeys(_kind(name, before)))
    for name in _other_arguments(operation, api):
        if _ID_ARGUMENT.search(name):
            kinds.update(dict.fromkeys(_kind(name, segments[-1])))
    return tuple(kinds)


def _kind(name: str, beside: str) -> list[str]:
    """Return the kind of thing that an id is of, by its own words or by what stands before it."""
    own = [word for word in words(name) if word not in _ID_WORDS]
    return (own or words(_PLACEHOLDER.sub("", beside)))[-1:]


def _other_arguments(operation: Operation, api: Api) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.location != "path":
            yield parameter.name
    if operation.request_body is not None and operation.request_body.content:
        yield from property_names(operation.request_body.content[0].schema, api.document, 1)


def _gives(operation: Operation, api: Api) -> tuple[str, ...]:
    if operation.method != "GET" or "{" in operation.path:
        return ()
    if _USER_PATH.search(operation.path):
        return ("user",)
    if not _searches(operation):
        return ()
    kinds = dict.fromkeys(words(operation.path))
    for name in response_properties(operation, api, levels=2):
        kinds.update(dict.fromkeys(words(name)[-1:]))
    return tuple(kinds)


def _searches(operation: Operation) -> bool:
    if _SEARCH_PATH.search(operation.path):
        return True
    return any(
        parameter.location == "query" and parameter.name.lower() in _SEARCH_PARAMETERS
        for parameter in operation.parameters
    )


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """What each operation needs, and for each kind of thing the operation that gives it.

    Operations are numbers, as in the index.
    """

    needs: tuple[tuple[str, ...], ...]
    givers: Mapping[str, int]

    @classmethod
    def of(cls, operations: Iterable[tuple[Operation, Api]]) -> EntryPoints:
        """Work out the entry points of some operations."""
        needs: list[tuple[str, ...]] = []
        givers: dict[str, int] = {}
        most: dict[str, int] = {}
        for number, (operation, api) in enumerate(operations):
            needs.append(_needs(operation, api))
            kinds = _gives(operation, api)
            for kind in kinds:
                # The one that gives most kinds of thing searches everything.
                if len(kinds) > most.get(kind, 0):
                    givers[kind], most[kind] = number, len(kinds)
        return cls(tuple(needs), givers)

    def for_hits(self, hits: Sequence[int]) -> list[int]:
        """Return the entry points for what the best hits need, which are none of these hits."""
        best = hits[:_HITS_WITH_NEEDS]
        needed = [kind for hit in best for kind in self.needs[hit]]
        found = dict.fromkeys(self.givers[kind] for kind in needed if kind in self.givers)
        return [number for number in found if number not in best][:_MAX_ENTRY_POINTS]
