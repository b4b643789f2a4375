"""Name the tools of an API: legal, unique and readable names.

A name depends neither on the order of the operations nor on the run.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from openapi2tools._core.hints import HINTS_KEY
from openapi2tools._core.naming import (
    LEGAL_CHARACTERS,
    MAX_NAME_LENGTH,
    fit_name,
    name_from_path,
    shorten_with_hash,
    to_ascii,
    to_legal_characters,
)
from openapi2tools.errors import BuildError
from openapi2tools.model import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from openapi2tools.model import Operation

_MIN_NAME_LENGTH: Final = 24
_LETTER: Final = re.compile(r"[A-Za-z]")


def tool_names(
    operations: Sequence[Operation], prefix: str = "", max_chars: int = MAX_NAME_LENGTH
) -> list[str]:
    """Return a name for each operation, in their order.

    An operation is named by its hint, or by its id where that is legal or can be made so, or else
    by its method and path. Of an id that FastAPI made the name of the function is enough, unless
    two operations would have it. A name holds `[A-Za-z0-9_-]`: words in another script are written
    in Latin letters, and words are abbreviated before a hash replaces some of them.

    Operations that would have the same name are told apart by tag, by method, or by path, whichever
    does it first. All of them get a longer name, so that none depends on which came first.

    Args:
        operations: The operations of one API.
        prefix: What goes before every name.
        max_chars: The length of a name, with the prefix.

    Raises:
        BuildError: The prefix is too long or holds characters that no name may have, or the length
            is out of range.
    """
    if not _MIN_NAME_LENGTH <= max_chars <= MAX_NAME_LENGTH:
        raise BuildError(
            f"A tool's name cannot be limited to {max_chars} characters: "
            f"give {_MIN_NAME_LENGTH} to {MAX_NAME_LENGTH}."
        )
    if prefix and (len(prefix) > max_chars // 2 or not LEGAL_CHARACTERS.fullmatch(prefix)):
        raise BuildError(
            f"The prefix {prefix!r} cannot begin a tool's name: give up to {max_chars // 2} "
            "letters (a to z), digits, _ and -."
        )
    max_chars -= len(prefix)
    chosen = [fit_name(name, max_chars) for name in _preferred_names(operations)]
    unique_hints = _unique_hints(operations, chosen)
    for qualify in (_with_tag, _with_method, _with_path, _by_path, _with_hash):
        uses = Counter(chosen)
        if len(uses) == len(chosen):
            break
        proposals = {
            index: fit_name(qualify(operations[index]), max_chars)
            for index, name in enumerate(chosen)
            if uses[name] > 1 and index not in unique_hints
        }
        chosen = _apply_proposals(chosen, proposals)
    return [prefix + name for name in chosen]


def repeated_name_hints(operations: Iterable[Operation]) -> Iterator[Problem]:
    """Report each name that hints give to several operations, once: none of them can have it."""
    hinted: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.hints.get("name"):
            name = fit_name(_preferred_name(operation), MAX_NAME_LENGTH)
            hinted.setdefault(name, []).append(operation)
    for name, (first, *others) in hinted.items():
        if others:
            yield Problem(
                "bad-hint",
                f"Hints name {len(others) + 1} operations {name!r}, {first.key} first: "
                "none of them is called that.",
                f"{others[0].pointer}/{HINTS_KEY}",
                advice="Give each a name of its own.",
            )


def make_unique(wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Return a name of its own for each of these (name, key) pairs, in their order.

    The pair whose key is its name keeps the name, or else the one with the smallest key; the others
    get `_2`, `_3` and so on behind it.
    """
    pairs = list(wanted)
    wanted_names = {name for name, _ in pairs}
    result = [""] * len(pairs)
    used: set[str] = set()
    by_precedence = sorted(
        range(len(pairs)), key=lambda index: (pairs[index][0] != pairs[index][1], pairs[index])
    )
    for index in by_precedence:
        base = pairs[index][0]
        name = base
        number = 1
        # a numbered name must not take one that another pair wants
        while name in used or (number > 1 and name in wanted_names):
            number += 1
            name = f"{base[: MAX_NAME_LENGTH - 4]}_{number}"
        used.add(name)
        result[index] = name
    return result


def _unique_hints(operations: Sequence[Operation], chosen: Sequence[str]) -> set[int]:
    """Return the indices of the operations whose hint names no other: such a name stays."""
    hinted = [index for index, one in enumerate(operations) if one.hints.get("name")]
    uses = Counter(chosen[index] for index in hinted)
    return {index for index in hinted if uses[chosen[index]] == 1}


def _apply_proposals(chosen: Sequence[str], proposals: dict[int, str]) -> list[str]:
    """Rename groups of operations with equal names, as far as the proposals tell them apart.

    A group is renamed only as a whole: when the proposals for it differ from each other and from
    all other names.
    """
    groups: dict[str, list[int]] = {}
    for index in proposals:
        groups.setdefault(chosen[index], []).append(index)
    taken = set(chosen)
    proposed = Counter(proposals.values())
    renamed = list(chosen)
    for group in groups.values():
        if _are_free([proposals[index] for index in group], taken, proposed):
            for index in group:
                renamed[index] = proposals[index]
    return renamed


def _are_free(candidates: Iterable[str], taken: Collection[str], proposed: Counter[str]) -> bool:
    return all(proposed[name] == 1 and name not in taken for name in candidates)


def _preferred_names(operations: Sequence[Operation]) -> list[str]:
    full_names = [_preferred_name(operation) for operation in operations]
    names = [
        (not operation.hints.get("name") and _fastapi_function(operation)) or full_name
        for operation, full_name in zip(operations, full_names, strict=True)
    ]
    uses = Counter(names)
    return [
        name if uses[name] == 1 else full_name
        for name, full_name in zip(names, full_names, strict=True)
    ]


def _fastapi_function(operation: Operation) -> str:
    """Return the name of the function from an id that FastAPI made, else the empty text.

    Such an id is the function's name and the path, with `_` for what is no letter or digit, then
    `_` and the method: `read_item_items__item_id__get`.
    """
    method = operation.method.lower()
    if not operation.id or not operation.id.endswith(f"_{method}"):
        return ""
    path = re.sub(r"\W", "_", operation.path)
    ending = f"{path}_{method}"
    if not operation.id.endswith(ending):
        return ""
    function = to_legal_characters(operation.id.removesuffix(ending))
    return function if _LETTER.search(function) else ""


def _preferred_name(operation: Operation) -> str:
    hint = operation.hints.get("name")
    for name in filter(None, (hint if isinstance(hint, str) else "", operation.id)):
        legal = to_legal_characters(name)
        # A number alone says nothing, nor does half of a name in another script.
        if _LETTER.search(legal) and 2 * len(legal) >= len(name):
            return legal
    return _by_path(operation)


def _by_path(operation: Operation) -> str:
    return name_from_path(operation.method, operation.path)


def _with_tag(operation: Operation) -> str:
    tag = operation.tags[0] if operation.tags else ""
    return to_legal_characters(f"{tag}_{_preferred_name(operation)}".lstrip("_"))


def _with_method(operation: Operation) -> str:
    return f"{_preferred_name(operation)}_{operation.method.lower()}"


def _with_path(operation: Operation) -> str:
    """Add the words of the path that the name does not hold yet."""
    name = _preferred_name(operation)
    path_words = [word for word in re.split(r"[^A-Za-z0-9]+", to_ascii(operation.path)) if word]
    new_words = [word for word in path_words if word.lower() not in name.lower()]
    return "_".join([name, *new_words])


def _with_hash(operation: Operation) -> str:
    # repeated, so that even a short key is long enough to be replaced by its hash
    key_hash = shorten_with_hash(operation.key * 9, 9)[-8:]
    return f"{_preferred_name(operation)[: MAX_NAME_LENGTH - 10]}_{key_hash}"
