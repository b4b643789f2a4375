"""What a document refers to, found by one search through its compact JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer as json_pointer
from openapi2tools.spec.parse.compact import to_compact_json

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject

# `$ref":"#/components/…"` and the like; a text that ends at its first quote is the common case,
# and looking for that first takes half the time
_REFERENCE_OR_NAME: Final = re.compile(
    rb'\$(?<="\$)('
    rb'(?:ref|id|anchor|dynamicAnchor|self)":"'
    rb'(?:[^"]*(?<!\\)"|[^"\\]*(?:\\.[^"\\]*)*"))'
)
_REFERENCE_PREFIX: Final = b'ref":'


@dataclass(frozen=True)
class Survey:
    """What a document refers to.

    Attributes:
        document: The document itself.
        references: The distinct texts under `$ref`, those in examples included.
        has_names: Whether anything in it has a name of its own (`$id`, `$anchor`, `$self`).
    """

    document: JsonObject
    references: frozenset[str]
    has_names: bool

    @cached_property
    def indirect_references(self) -> frozenset[str]:
        """The references that do not simply lead to a value in this very document.

        They are few, most often none.
        """
        return frozenset(
            reference for reference in self.references if not self._leads_to_value(reference)
        )

    def _leads_to_value(self, reference: str) -> bool:
        if not reference.startswith("#/"):
            return False
        target = json_pointer.target_of(self.document, reference)
        if target is json_pointer.MISSING:
            return False
        is_another_reference = isinstance(target, dict) and "$ref" in target
        return not is_another_reference

    @property
    def has_external_references(self) -> bool:
        """Whether there may be references to other documents."""
        return any(not reference.startswith("#") for reference in self.references)


def survey(document: JsonObject, text: bytes | None = None) -> Survey:
    """Look through a document; `text` is its compact JSON, where that is at hand."""
    text = to_compact_json(document) if text is None else text
    found = set(_REFERENCE_OR_NAME.findall(text))
    references = [
        orjson.loads(item.removeprefix(_REFERENCE_PREFIX))
        for item in found
        if item.startswith(_REFERENCE_PREFIX)
    ]
    return Survey(document, frozenset(references), has_names=len(references) < len(found))
