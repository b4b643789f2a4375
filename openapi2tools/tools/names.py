"""Operations in; legal, unique, readable tool names out, which depend neither on the order of operations nor on the run."""

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
    to_legal_characters,
)
from openapi2tools.errors import BuildError
from openapi2tools.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openapi2tools.model import Operation

_GOOD: Final = re.compile(r"[A-Za-z]")  # a number alone says nothing


def names(operations: Sequence[Operation], prefix: str = "") -> list[str]:
    """Name each operation: its hint, its id when that is legal or can be made so, else method and path; `prefix` goes before all.

    Two that would have one name are told apart by tag, by method, by path, whichever does it first:
    all of them are, so that none depends on who came first. At most 64 characters of
    `[A-Za-z0-9_-]`: words are abbreviated before a hash replaces the end.
    """
    if prefix and (len(prefix) > MAX_NAME_LENGTH // 2 or not LEGAL_CHARACTERS.fullmatch(prefix)):
        raise BuildError(
            f"The prefix {prefix!r} cannot begin a tool's name: give up to {MAX_NAME_LENGTH // 2} letters (a to z), digits, _ and -."
        )
    room = MAX_NAME_LENGTH - len(prefix)
    found = [fit_name(_wanted(operation), room) for operation in operations]
    hinted = Counter(
        name
        for name, operation in zip(found, operations, strict=True)
        if operation.hints.get("name")
    )
    for qualify in (_with_tag, _with_method, _with_path, _by_path, _with_key):
        taken = Counter(found)
        if len(taken) == len(found):
            break
        several = [i for i, name in enumerate(found) if taken[name] > 1]
        # a curated name stays
        several = [
            i for i in several if not (operations[i].hints.get("name") and hinted[found[i]] == 1)
        ]
        found = _told_apart(
            found, taken, {i: fit_name(qualify(operations[i]), room) for i in several}
        )
    return [prefix + name for name in found]


def names_in_vain(operations: Iterable[Operation]) -> Iterator[Problem]:
    """Report each name that hints give to several operations, once: none of them can have it."""
    hinted: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.hints.get("name"):
            hinted.setdefault(fit_name(_wanted(operation), MAX_NAME_LENGTH), []).append(operation)
    for name, (first, *others) in hinted.items():
        if others:
            message = f"Hints name {len(others) + 1} operations {name!r}, {first.key} first: none of them is called that."
            yield Problem(
                "bad-hint",
                message,
                f"{others[0].pointer}/{HINTS_KEY}",
                advice="Give each a name of its own.",
            )


def _told_apart(found: list[str], taken: Counter[str], proposed: dict[int, str]) -> list[str]:
    """Rename those with a proposal: the groups of equal names for which the qualified names differ from each other and from all others."""
    groups: dict[str, list[int]] = {}
    for i in proposed:
        groups.setdefault(found[i], []).append(i)
    wanted = Counter(proposed.values())
    renamed = list(found)
    for group in groups.values():
        if all(wanted[proposed[i]] == 1 and proposed[i] not in taken for i in group):
            for i in group:
                renamed[i] = proposed[i]
    return renamed


def _wanted(operation: Operation) -> str:
    hint = operation.hints.get("name")
    for name in (hint if isinstance(hint, str) else "", operation.id or ""):
        legal = to_legal_characters(name)
        # half of a name in another script says nothing
        if _GOOD.search(legal) and 2 * len(legal) >= len(name):
            return legal
    return _by_path(operation)


def _by_path(operation: Operation) -> str:
    return name_from_path(operation.method, operation.path)


def _with_tag(operation: Operation) -> str:
    return to_legal_characters(
        f"{operation.tags[0] if operation.tags else ''}_{_wanted(operation)}".lstrip("_")
    )


def _with_method(operation: Operation) -> str:
    return f"{_wanted(operation)}_{operation.method.lower()}"


def _with_path(operation: Operation) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", operation.path) if word]
    said = _wanted(operation).lower()
    return "_".join([_wanted(operation), *(word for word in words if word.lower() not in said)])


def _with_key(operation: Operation) -> str:
    return f"{_wanted(operation)[: MAX_NAME_LENGTH - 10]}_{shorten_with_hash(operation.key * 9, 9)[-8:]}"


def unique(wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Give each of these (name, key) pairs a name of its own: the smallest key keeps a name, the next ones get `_2`, `_3`."""
    pairs = list(wanted)
    taken = {name for name, _ in pairs}
    given: dict[int, str] = {}
    used: set[str] = set()
    for i in sorted(range(len(pairs)), key=lambda i: (pairs[i][0] != pairs[i][1], pairs[i])):
        name, n = pairs[i][0], 1
        while name in used or (n > 1 and name in taken):
            n += 1
            name = f"{pairs[i][0][: MAX_NAME_LENGTH - 4]}_{n}"
        used.add(name)
        given[i] = name
    return [given[i] for i in range(len(pairs))]
