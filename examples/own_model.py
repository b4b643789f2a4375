"""A model of your own in the loop: anything that reads a record and says a turn.

`python -m examples.own_model "books by Octavia Butler"`. This one is no language model: it takes
the last words of the question for an author, looks them up, and reads the titles out. What it does
with the record is what every model has to do: the questions, its own turns and their results are
all that it knows.
"""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from examples.bookshop.shop import Shop, open_shop
from openapi2tools import (
    Agent,
    AgentError,
    Answer,
    Call,
    Entry,
    Question,
    Result,
    Toolset,
    Turn,
    build_tools,
    connect,
    load,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from openapi2tools import Ask


class Librarian:
    """Searches for an author, then reads out what was found: the protocol `Model` in full."""

    name = "librarian"

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:  # noqa: ARG002
        """Connect for one run: here would be the place to open a connection or to load weights."""
        if "search_books" not in tools:
            raise AgentError("The librarian needs the tool search_books.")
        yield self._ask

    async def _ask(self, record: Sequence[Entry]) -> AsyncGenerator[str | Turn, None]:
        """Say one turn: calls that are to be made, or a text, piece by piece."""
        last = record[-1]
        if isinstance(last, Question):
            author = " ".join(last.text.rstrip("?.").split()[-2:])
            yield Turn(calls=(Call("search_books", {"q": author}, id=f"search-{len(record)}"),))
        elif isinstance(last, Result) and last.is_error:
            yield Turn(text=f"That did not work: {last.text}")
        elif isinstance(last, Result):
            titles = [book["title"] for book in json.loads(last.text)["items"]]
            text = "; ".join(titles) or "None."
            yield text
            yield Turn(text=text)


def answer(question: str, shop: Shop) -> Answer:
    tools = build_tools(load(shop.document)).only(read_only=True)
    with connect(tools, credentials={"bearerAuth": shop.token}) as client:
        return Agent(client, Librarian()).run(question)


def main() -> None:
    with open_shop() as shop:
        print(answer(" ".join(sys.argv[1:]) or "Which books are by Octavia Butler?", shop))


if __name__ == "__main__":
    main()
