"""How much of an answer a model gets: whole, cut as plain text, cut by us, and with chosen fields.

    python benchmarks/answers.py DOCUMENT… [--seed N] [--limit TOKENS]

Answers are made from the schemas of the documents' responses, the same for the same seed: lists of
some hundred items, and now and then a long text. Of each answer three of its fields are asked for,
chosen by the seed. Columns: the tokens of the whole, of a plain cut, of ours, and of the three
fields alone; then the share of the values of these fields that stands in the plain cut, in ours,
and in the fields alone; and the share of them that one `read_result` gets by its path.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from openapi2tools.call.fields.select import Selection
from openapi2tools.call.response.fitting.cut import json_text
from openapi2tools.call.response.fitting.fit import DEFAULT_LIMIT_TOKENS, fit
from openapi2tools.call.response.fitting.pieces import NoSuchPart, piece
from openapi2tools.mock.answers import Answers
from openapi2tools.spec.load import load
from openapi2tools.tools.schema.convert import Schemas
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = 40
LONG_TEXT = "This sentence is one of many, and says as much as the others do. " * 60
PROBES = 30


class Row(NamedTuple):
    """What is measured of one answer."""

    whole: int
    plain: int
    ours: int
    chosen: int
    in_plain: float
    in_ours: float
    in_fields: float
    reachable: float


def main() -> None:
    """Print one line for each document, and one for all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT_TOKENS)
    parser.add_argument("--most", type=int, default=12, help="answers of one document")
    options = parser.parse_args()
    print(
        f"{'document':26} {'answers':>7} {'whole':>9} {'plain':>8} {'ours':>8} {'fields':>8} "
        f"{'in plain':>8} {'in ours':>8} {'in fields':>9} {'one step':>8}"
    )
    rows: list[Row] = []
    for document in options.documents:
        own = [
            row
            for value in answers(document, options.seed, options.most)
            if (row := measured(value, options.limit, options.seed)) is not None
        ]
        rows += own
        if own:
            show(document.stem, own)
    if rows:
        show("all", rows)


def show(name: str, rows: list[Row]) -> None:
    """Print the sums of tokens and the means of shares."""
    tokens = [sum(getattr(row, each) for row in rows) for each in Row._fields[:4]]
    shares = [sum(getattr(row, each) for row in rows) / len(rows) for each in Row._fields[4:]]
    print(
        f"{name[:26]:26} {len(rows):>7} {tokens[0]:>9,} {tokens[1]:>8,} {tokens[2]:>8,} "
        f"{tokens[3]:>8,} {shares[0]:>8.0%} {shares[1]:>8.0%} {shares[2]:>9.0%} {shares[3]:>8.0%}",
        flush=True,
    )


def answers(document: Path, seed: int, most: int) -> Iterator[Any]:
    """Yield long answers of a document's reading operations."""
    api = load(str(document))
    maker = Answers(api, Schemas(api, "output"), seed)
    reading = [one for one in api.operations if one.method == "GET"]
    for operation in reading[:most]:
        value: Any = None
        for number in range(SAMPLES):
            value = joined(value, maker.sample(operation, f"{number}", length=5))
        if isinstance(value, dict | list):
            yield with_long_texts(value, Random(seed))  # noqa: S311 -- nothing secret is made of it


def joined(one: Any, other: Any) -> Any:
    """Return two samples as one answer: lists one after the other, at any depth of objects."""
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, dict) and isinstance(other, dict):
        return {**other, **{name: joined(value, other.get(name)) for name, value in one.items()}}
    return other if one is None else one


def with_long_texts(value: Any, random: Random) -> Any:
    """Return a value in which one text of fifty is a long one."""
    if isinstance(value, dict):
        return {name: with_long_texts(inner, random) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_long_texts(inner, random) for inner in value]
    is_long = isinstance(value, str) and random.random() < 0.02
    return value + " " + LONG_TEXT if is_long else value


def leaves(value: Any, path: str = "", names: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield each value that is no object and no list: its path, its names alone, and itself."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."), f"{names}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]", names)
    else:
        yield path, names, value


def measured(value: Any, limit: int, seed: int) -> Row | None:
    """Return what is measured of an answer; None for one that is short."""
    text = json_text(value)
    whole = count_tokens(text)
    all_leaves = [leaf for leaf in leaves(value) if leaf[1]]
    if whole <= limit or not all_leaves:
        return None
    random = Random(seed)  # noqa: S311 -- nothing secret is made of it
    known = sorted({names for _, names, _ in all_leaves})
    wanted = random.sample(known, min(3, len(known)))
    asked = [leaf for leaf in all_leaves if leaf[1] in wanted]
    plain = cut_plainly(text, limit)
    ours = fit(value, text, limit)
    selected = Selection(wanted).select(value)
    chosen = fit(selected.value, json_text(selected.value), limit)
    probes = random.sample(asked, min(PROBES, len(asked)))
    reached = [is_reached(value, path, leaf, limit) for path, _, leaf in probes]
    return Row(
        whole,
        count_tokens(plain),
        count_tokens(ours.text),
        count_tokens(chosen.text),
        min(share_in_order(asked, plain), 1),
        share_of(asked, ours.text),
        share_of(asked, chosen.text),
        sum(reached) / len(reached),
    )


def cut_plainly(text: str, limit: int) -> str:
    """Return the first characters of a text that have so many tokens."""
    length = limit * 6
    while count_tokens(text[:length]) > limit:
        length = length * 9 // 10
    return text[:length]


def share_in_order(asked: list[tuple[str, str, Any]], text: str) -> float:
    """Return the share of values that stand in a text, as `"name":value`, one after the other."""
    position = found = 0
    for _, names, leaf in asked:
        written = f"{json_text(names.rpartition('.')[2])}:{json_text(leaf)}"
        place = text.find(written, position)
        if place < 0:
            break
        position, found = place + len(written), found + 1
    return found / len(asked)


def share_of(asked: list[tuple[str, str, Any]], text: str) -> float:
    """Return the share of values that stand whole in a fitted text, tables included."""
    present: dict[str, int] = {}
    for leaf in cells(json.loads(text)):
        present[json_text(leaf)] = present.get(json_text(leaf), 0) + 1
    found = 0
    for _, _, leaf in asked:
        written = json_text(leaf)
        if present.get(written, 0):
            present[written] -= 1
            found += 1
    return found / len(asked)


def cells(value: Any) -> Iterator[Any]:
    """Yield the values of a fitted answer."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from cells(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from cells(inner)
    else:
        yield value


def is_reached(value: Any, path: str, leaf: Any, limit: int) -> bool:
    """Return whether one piece, read by its path, is the value; of a long text its beginning."""
    try:
        found = piece(value, path, 0, limit)
    except NoSuchPart:
        return False
    return found.text == (leaf[: found.end] if isinstance(leaf, str) else json_text(leaf))


if __name__ == "__main__":
    main()
